//! Changing the arguments before saying yes, in a form.

use std::sync::Arc;

use serde_json::{Value, json};
use tracing::debug;

use super::{
    Deciding,
    click::{Refused, Wish},
    cut,
    interaction::Form,
};
use crate::{
    store::{ActionRow, ActionState},
    tools::{edited, shown},
};

/// The name of the form.
const CALLBACK: &str = "card.edit";
/// Most characters that a field may begin with
/// (<https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>).
const FIELD_CHARS: usize = 3_000;
/// Most fields that make sense in a form.
const FIELDS: usize = 30;
/// What a block of an argument is called, before the argument's place.
const BLOCK: &str = "argument.";

/// Whether the arguments of a request fit into a form.
pub(super) fn can_be_edited(row: &ActionRow) -> bool {
    let Some(arguments) = row.arguments.as_object() else { return false };
    (1..=FIELDS).contains(&arguments.len())
        && arguments.values().all(|value| shown(value).chars().count() <= FIELD_CHARS)
}

/// The form for a request.
pub(super) fn form(row: &ActionRow, token: &str) -> Value {
    let arguments = row.arguments.as_object().into_iter().flatten();
    let fields = arguments.enumerate().map(|(place, (name, value))| {
        let mut element = json!({"type": "plain_text_input", "action_id": "typed", "multiline": true});
        // Slack takes no empty beginning.
        if let (begin, Some(fields)) = (shown(value), element.as_object_mut())
            && !begin.is_empty()
        {
            fields.insert("initial_value".to_owned(), json!(begin));
        }
        json!({
            "type": "input", "block_id": format!("{BLOCK}{place}"), "optional": true, "element": element,
            "label": {"type": "plain_text", "text": cut(name, 100), "emoji": false},
        })
    });
    json!({
        "type": "modal", "callback_id": CALLBACK, "private_metadata": token,
        "title": {"type": "plain_text", "text": "Change it first"},
        "submit": {"type": "plain_text", "text": "Save and do it"},
        "close": {"type": "plain_text", "text": "Not now"},
        "blocks": fields.collect::<Vec<_>>(),
    })
}

impl Deciding {
    /// Opens the form; whatever is wrong is said instead.
    pub(super) async fn open_form(&self, token: &str, user: &str, trigger: &str) -> Result<(), Refused> {
        let (person, row) = self.asked(token).await?;
        // Looked up again, and afresh, when the form comes back: a trigger ends after three seconds.
        let viewer = self.viewer(person, user).await.map_err(|_| Refused::WhoIsUnclear)?;
        super::click::may(person, &viewer, &row, Wish::Yes)?;
        if row.state != ActionState::Waiting {
            return Err(Refused::Over(super::card::ended(&row)));
        }
        if !can_be_edited(&row) {
            return Err(Refused::TooLong);
        }
        let arguments = json!({"trigger_id": trigger, "view": form(&row, token)});
        match self.account.write("views.open", &arguments).await {
            Ok(_) => Ok(()),
            Err(e) => {
                debug!("A form did not open: {e}");
                Err(Refused::NoForm)
            }
        }
    }

    /// Takes a form in: what its tool would not take is said in the form, the rest is decided after the
    /// acknowledgement.
    pub(super) async fn submitted(self: &Arc<Self>, form: Form) -> Option<Value> {
        if form.callback != CALLBACK {
            debug!("A form that is not ours came in");
            return None;
        }
        let card = self.store.card(&form.carries).await.ok().flatten();
        let row = match &card {
            Some(card) => self.store.action(card.action()).await.ok().flatten(),
            None => None,
        };
        let decided = row.as_ref().map(|row| {
            let names: Vec<String> =
                row.arguments.as_object().into_iter().flatten().map(|(n, _)| n.clone()).collect();
            let place = |name: &str| names.iter().position(|known| known == name).unwrap_or(0);
            let typed = |name: &str| {
                let block = format!("{BLOCK}{}", place(name));
                form.typed.get(&block).cloned().unwrap_or_default().replace("\r\n", "\n")
            };
            edited(&self.levers.toolbox, row, typed).map_err(|why| {
                // The sentence names the argument that it is about.
                let about = names.iter().position(|name| why.contains(&format!("`{name}`"))).unwrap_or(0);
                (format!("{BLOCK}{about}"), why)
            })
        });
        let decided = match decided {
            Some(Ok(decided)) => Some(decided),
            Some(Err((block, why))) => {
                let told = cut(&format!("Nothing was done: {why}."), 150);
                return Some(json!({"response_action": "errors", "errors": {block: told}}));
            }
            None => None,
        };
        let (deciding, place) = (Arc::clone(self), card.map(|card| card.channel));
        self.tasks.spawn(async move {
            let ended = match decided {
                Some(decided) => deciding.decide(&form.carries, &form.user, &form.team, decided).await,
                None => Err(Refused::Unknown),
            };
            if let (Err(refused), Some(place)) = (ended, place) {
                deciding.whisper(&place, &form.user, &refused.to_string()).await;
            }
        });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{super::card::tests::request, *};

    #[test]
    fn a_form_begins_with_the_arguments_as_they_are() {
        let row = request(json!({"text": "milk", "n": 3}), ActionState::Waiting);
        assert!(can_be_edited(&row));
        let form = form(&row, "t0k");
        let fields: Vec<(&str, &str)> = form["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| {
                (
                    block["label"]["text"].as_str().unwrap(),
                    block["element"]["initial_value"].as_str().unwrap(),
                )
            })
            .collect();
        assert!(fields.contains(&("text", "milk")) && fields.contains(&("n", "3")), "{fields:?}");
        for long in [json!({}), json!({"text": "x".repeat(3_001)})] {
            assert!(!can_be_edited(&request(long, ActionState::Waiting)));
        }
    }
}
