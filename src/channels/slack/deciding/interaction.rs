//! Clicks and forms as Slack sends them (<https://docs.slack.dev/interactivity/handling-user-interaction>), read
//! leniently: what is missing is empty, and what is unknown needs nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::frame::str_at;

/// What somebody did.
#[derive(Debug, Clone, PartialEq)]
pub enum Interaction {
    /// They used a button or a menu.
    Clicked(Click),
    /// They sent a form.
    Submitted(Form),
    /// They chose a shortcut in the menu of a message.
    PointedAt(Shortcut),
    /// Nothing that is handled here; the kind is for the log.
    Other(String),
}

/// A button or a menu was used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Click {
    /// Who, by their id in Slack.
    pub user: String,
    /// The workspace it happened in.
    pub team: String,
    /// What the button does.
    pub action: String,
    /// What the button carries, or the choice in a menu.
    pub value: String,
    /// The block that it is in.
    pub block: String,
    /// Opens a form within three seconds.
    pub trigger: String,
    /// The message that it is in; nothing in the home tab.
    pub message: Option<(String, String)>,
    /// What the view carries that it is in.
    pub carries: String,
    /// The version of the view that it is in.
    pub hash: String,
}

/// A form was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    /// Who, by their id in Slack.
    pub user: String,
    /// The workspace it happened in.
    pub team: String,
    /// Which form.
    pub callback: String,
    /// What it carries.
    pub carries: String,
    /// What was typed, by block.
    pub typed: BTreeMap<String, String>,
}

/// A shortcut was chosen in the menu of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shortcut {
    /// Who, by their id in Slack.
    pub user: String,
    /// The workspace it happened in.
    pub team: String,
    /// Which shortcut.
    pub callback: String,
    /// Opens a form within three seconds.
    pub trigger: String,
    /// Where the message is.
    pub channel: String,
    /// Which message.
    pub ts: String,
    /// Takes what is said to whoever chose it, also where the bot is no member.
    pub response_url: String,
}

/// Reads the payload of an `interactive` envelope.
#[must_use]
pub fn read(payload: &Value) -> Interaction {
    let kind = str_at(payload, "/type").unwrap_or("unknown");
    let text = |pointer: &str| str_at(payload, pointer).unwrap_or_default().to_owned();
    // In an organisation the workspace of an installation may be missing; the clicker's is there.
    let team = str_at(payload, "/team/id").or_else(|| str_at(payload, "/user/team_id")).unwrap_or_default();
    let (user, team) = (text("/user/id"), team.to_owned());
    match kind {
        "block_actions" => {
            let message = str_at(payload, "/container/channel_id")
                .or_else(|| str_at(payload, "/channel/id"))
                .zip(str_at(payload, "/container/message_ts").or_else(|| str_at(payload, "/message/ts")));
            Interaction::Clicked(Click {
                user,
                team,
                action: text("/actions/0/action_id"),
                value: str_at(payload, "/actions/0/value")
                    .or_else(|| str_at(payload, "/actions/0/selected_option/value"))
                    .unwrap_or_default()
                    .to_owned(),
                block: text("/actions/0/block_id"),
                trigger: text("/trigger_id"),
                message: message.map(|(channel, ts)| (channel.to_owned(), ts.to_owned())),
                carries: text("/view/private_metadata"),
                hash: text("/view/hash"),
            })
        }
        "view_submission" => Interaction::Submitted(Form {
            user,
            team,
            callback: text("/view/callback_id"),
            carries: text("/view/private_metadata"),
            typed: typed(payload.pointer("/view/state/values")),
        }),
        "message_action" => Interaction::PointedAt(Shortcut {
            user,
            team,
            callback: text("/callback_id"),
            trigger: text("/trigger_id"),
            channel: text("/channel/id"),
            response_url: text("/response_url"),
            ts: str_at(payload, "/message_ts")
                .or_else(|| str_at(payload, "/message/ts"))
                .unwrap_or_default()
                .to_owned(),
        }),
        other => Interaction::Other(other.to_owned()),
    }
}

/// The text of the one input in each block; an empty one is sent as null.
fn typed(values: Option<&Value>) -> BTreeMap<String, String> {
    let blocks = values.and_then(Value::as_object).into_iter().flatten();
    blocks
        .filter_map(|(block, inputs)| {
            let input = inputs.as_object()?.values().next()?;
            Some((block.clone(), str_at(input, "/value").unwrap_or_default().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hostile_interactions_are_empty_or_other() {
        for odd in [json!(null), json!([]), json!({"type": 7}), json!({"type": "shortcut", "actions": "x"})] {
            assert!(matches!(read(&odd), Interaction::Other(_)), "{odd}");
        }
        let bare = read(&json!({"type": "block_actions", "actions": [null], "container": 3, "user": []}));
        assert_eq!(bare, Interaction::Clicked(Click::default()));
        let bare =
            read(&json!({"type": "message_action", "message": null, "channel": "C1", "message_ts": 3}));
        assert_eq!(bare, Interaction::PointedAt(Shortcut::default()));
        let bare =
            read(&json!({"type": "view_submission", "view": {"state": {"values": {"a": [], "b": 1}}}}));
        assert_eq!(bare, Interaction::Submitted(Form::default()));
    }

    #[test]
    fn a_menu_says_what_was_chosen_and_a_form_what_was_typed() {
        let chosen = json!({"type": "block_actions", "team": null, "user": {"id": "U1", "team_id": "T1"},
            "actions": [{"action_id": "grant", "block_id": "b", "selected_option": {"value": "ask"}}]});
        let Interaction::Clicked(click) = read(&chosen) else { panic!("a click") };
        assert_eq!((click.value.as_str(), click.team.as_str(), click.message), ("ask", "T1", None));
        let form = json!({"type": "view_submission", "team": {"id": "T2"}, "view": {"state": {"values":
            {"text": {"typed": {"value": "milk"}}, "more": {"typed": {"value": null}}}}}});
        let Interaction::Submitted(form) = read(&form) else { panic!("a form") };
        assert_eq!((form.typed["text"].as_str(), form.typed["more"].as_str()), ("milk", ""));
    }
}
