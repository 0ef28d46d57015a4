//! What a card looks like: exactly what would be done, and afterwards what became of it.
//!
//! Arguments stand in `plain_text` blocks, which Slack shows as they are. What is too long to be shown in full gets no
//! buttons: nobody says yes to what they can't read.

use serde_json::{Value, json};

use super::{cut, escaped};
use crate::{
    store::{ActionRow, ActionState},
    tools::shown,
};

/// Most characters of one text block (<https://docs.slack.dev/reference/block-kit/blocks/section-block>).
const SECTION_CHARS: usize = 2_900;
/// Most characters of all arguments on a card: a message fails near 13,200 and has more on it.
const ARGUMENTS_CHARS: usize = 8_500;
/// Most blocks that arguments may fill, of the 50 of a message.
const ARGUMENT_BLOCKS: usize = 40;
/// How much of the message that led to it is quoted.
const QUOTE_CHARS: usize = 600;
/// How much is shown of what became of it.
const TOLD_CHARS: usize = 1_500;

/// The buttons of a card.
pub(super) const APPROVE: &str = "card.approve";
/// See [`APPROVE`].
pub(super) const EDIT: &str = "card.edit";
/// See [`APPROVE`].
pub(super) const DECLINE: &str = "card.decline";

/// Everything that a card shows.
pub(super) struct Card<'c> {
    pub row: &'c ActionRow,
    /// The name of the person who is stood in for.
    pub person: &'c str,
    /// Who asked, by the name to show, and in which words.
    pub asker: &'c str,
    pub words: &'c str,
    /// What its buttons carry.
    pub token: &'c str,
    /// Where people reach the console.
    pub console: &'c str,
}

impl Card<'_> {
    /// One line for notifications and screen readers.
    pub(super) fn text(&self) -> String {
        let (person, tool) = (self.person, &self.row.tool);
        escaped(&match self.row.state {
            ActionState::Waiting => format!("{person}'s understudy asks whether it may use {tool}."),
            _ => format!(
                "{person}'s understudy asked whether it may use {tool}. {}",
                cut(&ended(self.row), 300)
            ),
        })
    }

    /// The blocks.
    pub(super) fn blocks(&self) -> Value {
        let Self { row, person, asker, words, .. } = self;
        let mut blocks = vec![
            mrkdwn(&format!("*{}'s understudy asks before it does this*", escaped(person))),
            mrkdwn(&format!("{} asked:{}", escaped(asker), quoted(words))),
            mrkdwn(&format!("It wants to use `{}` with exactly this:", escaped(&row.tool).replace('`', "'"))),
        ];
        let arguments = arguments(row);
        let fits = arguments.is_some();
        match arguments {
            Some(arguments) => blocks.extend(arguments),
            None => blocks.push(mrkdwn(&format!(
                "The arguments are too long to be shown here in full, so decide in the console: {}/admin/approvals#request-{}",
                self.console, row.id
            ))),
        }
        if row.state == ActionState::Waiting {
            if fits {
                blocks.push(self.buttons());
            }
            let until = row.expires_at;
            blocks.push(context(&format!(
                "Request {}. Until <!date^{until}^{{date_short_pretty}} {{time}}|the end of the request>; the owner and admins decide, never whoever asked, and the first decision counts.",
                row.id
            )));
        } else {
            blocks.push(mrkdwn(&format!("*{}*", escaped(&cut(&ended(row), TOLD_CHARS)))));
        }
        Value::Array(blocks)
    }

    fn buttons(&self) -> Value {
        let button = |action: &str, label: &str| {
            json!({"type": "button", "action_id": action, "value": self.token,
                   "text": {"type": "plain_text", "text": label}})
        };
        let mut elements = vec![button(APPROVE, "Do it")];
        if super::edit::can_be_edited(self.row) {
            elements.push(button(EDIT, "Change it first…"));
        }
        elements.push(button(DECLINE, "Don't"));
        for (element, style) in [(0, "primary"), (elements.len() - 1, "danger")] {
            if let Some(fields) = elements.get_mut(element).and_then(Value::as_object_mut) {
                fields.insert("style".to_owned(), json!(style));
            }
        }
        json!({"type": "actions", "block_id": "card", "elements": elements})
    }
}

/// What became of a request, in one sentence or two.
pub(super) fn ended(row: &ActionRow) -> String {
    let by = if row.decided_by.is_empty() { "somebody" } else { row.decided_by.as_str() };
    let with_told = |begin: String| {
        if row.told.is_empty() { begin } else { format!("{begin} {}", row.told) }
    };
    match row.state {
        ActionState::Waiting => "It waits for a decision.".to_owned(),
        ActionState::Approved | ActionState::Running => format!("{by} said yes. It is being done."),
        ActionState::Done => with_told(format!("{by} said yes, and it was done.")),
        ActionState::Failed => with_told(format!("{by} said yes, and it was not done.")),
        ActionState::Uncertain => with_told(format!("{by} said yes.")),
        ActionState::Rejected => format!("{by} said no. Nothing was done."),
        ActionState::Expired => "Nobody decided in time. Nothing was done.".to_owned(),
        ActionState::Withdrawn => {
            "Whoever asked changed their message or took it back. Nothing was done.".to_owned()
        }
    }
}

/// The arguments in full, or nothing when they don't fit.
fn arguments(row: &ActionRow) -> Option<Vec<Value>> {
    let (mut blocks, mut chars) = (Vec::new(), 0);
    for (name, value) in row.arguments.as_object().into_iter().flatten() {
        let text = format!("{name}: {}", shown(value));
        let all: Vec<char> = text.chars().collect();
        chars += all.len();
        for part in all.chunks(SECTION_CHARS) {
            let part: String = part.iter().collect();
            // Slack refuses a text of nothing but white space, and cuts what surrounds it.
            let part = if part.trim().is_empty() { "(blank)".to_owned() } else { part };
            blocks.push(
                json!({"type": "section", "text": {"type": "plain_text", "text": part, "emoji": false}}),
            );
        }
    }
    (chars <= ARGUMENTS_CHARS && blocks.len() <= ARGUMENT_BLOCKS).then_some(blocks)
}

/// Somebody's words as a quote in which nothing pings.
fn quoted(words: &str) -> String {
    let words = cut(words.trim(), QUOTE_CHARS);
    if words.is_empty() {
        return " (no words)".to_owned();
    }
    let lines: Vec<String> = words.lines().map(|line| format!("> {}", escaped(line))).collect();
    format!("\n{}", lines.join("\n"))
}

pub(super) fn mrkdwn(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

pub(super) fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": true}]})
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{ActionId, InboxId, PersonId, ReaderId};

    pub(in super::super) fn request(arguments: Value, state: ActionState) -> ActionRow {
        ActionRow {
            id: ActionId(7),
            idempotency_key: "act-1-1".to_owned(),
            inbox: InboxId(1),
            n: 1,
            person: PersonId::new("bob").unwrap(),
            tool: "notes.remember".to_owned(),
            arguments,
            fingerprint: "print".to_owned(),
            message_sha256: String::new(),
            requester: ReaderId::new("alice@example.com").unwrap(),
            request: json!({}),
            state,
            created_at: 0,
            expires_at: 1_700_000_000,
            decided_by: if state == ActionState::Waiting { String::new() } else { "bob".to_owned() },
            told: String::new(),
            receipt: String::new(),
            found: String::new(),
        }
    }

    fn blocks(row: &ActionRow) -> String {
        let words = "note it <!channel> & *now*";
        let card =
            Card { row, person: "Bob", asker: "Alice", words, token: "t0k", console: "http://127.0.0.1:1" };
        card.blocks().to_string()
    }

    #[test]
    fn a_card_shows_every_argument_in_full_and_pings_nobody() {
        let long = "wörd ".repeat(1_000);
        let row = request(json!({"text": long, "to": "<!here> <@U1>", "n": 3}), ActionState::Waiting);
        let shown = blocks(&row);
        let all: String = serde_json::from_str::<Value>(&shown)
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .filter(|block| block.pointer("/text/type") == Some(&json!("plain_text")))
            .map(|block| block["text"]["text"].as_str().unwrap().to_owned())
            .collect();
        assert!(all.contains(&long) && all.contains("to: <!here> <@U1>") && all.contains("n: 3"), "{all}");
        assert!(shown.contains("&lt;!channel&gt; &amp; *now*") && !shown.contains("<!channel>"), "{shown}");
        for button in [APPROVE, DECLINE] {
            assert!(shown.contains(button), "{shown}");
        }
    }

    #[test]
    fn what_can_not_be_shown_in_full_is_not_approved_here() {
        let row = request(json!({"text": "x".repeat(9_000)}), ActionState::Waiting);
        let shown = blocks(&row);
        assert!(!shown.contains(APPROVE) && shown.contains("http://127.0.0.1:1/admin/approvals#request-7"));
    }

    #[test]
    fn a_card_that_was_decided_says_by_whom_and_has_no_buttons() {
        for (state, words) in [
            (ActionState::Approved, "bob said yes. It is being done."),
            (ActionState::Done, "bob said yes, and it was done."),
            (ActionState::Rejected, "bob said no. Nothing was done."),
            (ActionState::Expired, "Nobody decided in time. Nothing was done."),
            (ActionState::Withdrawn, "took it back. Nothing was done."),
        ] {
            let shown = blocks(&request(json!({"text": "milk"}), state));
            assert!(shown.contains(words) && !shown.contains("\"actions\""), "{shown}");
        }
    }
}
