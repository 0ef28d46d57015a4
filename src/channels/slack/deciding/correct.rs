//! Saying of an answer what it should have been: a shortcut in the menu of the message opens a form.
//!
//! What is kept is what the console keeps, so each shows what was said in the other.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::debug;

use super::{
    Deciding,
    actor::own,
    card::context,
    click::Refused,
    command::AT_ONCE,
    cut, escaped,
    interaction::{Form, Shortcut},
};
use crate::{
    domain::InboxId,
    store::{CorrectionRow, OutboxRow, check_correction},
};

/// The name of the shortcut in the manifest, and of its form.
pub(super) const CALLBACK: &str = "answer.correct";
/// The block of what is typed.
const BLOCK: &str = "answer.text";
/// Most characters that a field takes
/// (<https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>).
const FIELD_CHARS: usize = 3_000;

/// The form for an answer; it carries which, and where to say how it went.
fn form(
    reply: &OutboxRow,
    judged: Option<&CorrectionRow>,
    may_keep_words: bool,
    begin: &str,
    back: &str,
) -> Value {
    let mut blocks = Vec::new();
    if let Some(judged) = judged {
        let verdict = if judged.verdict == "good" { "a good answer" } else { "corrected" };
        blocks.push(context(&escaped(&format!("So far: {verdict}, says {}.", judged.actor))));
    }
    blocks.push(json!({
        "type": "input", "block_id": BLOCK,
        "label": {"type": "plain_text", "text": "What it should have said", "emoji": false},
        "element": {"type": "plain_text_input", "action_id": "typed", "multiline": true, "max_length": FIELD_CHARS,
            "initial_value": begin},
    }));
    if !may_keep_words {
        blocks.push(context(
            "No consent to learning covers today, so that you corrected it is kept, and your words are not.",
        ));
    }
    json!({
        "type": "modal", "callback_id": CALLBACK,
        "private_metadata": json!({"inbox": reply.inbox.0, "back": back}).to_string(),
        "title": {"type": "plain_text", "text": "Correct this answer"},
        "submit": {"type": "plain_text", "text": "Keep it"},
        "close": {"type": "plain_text", "text": "Not now"},
        "blocks": blocks,
    })
}

impl Deciding {
    /// Opens the form for the answer that somebody points at; whatever is wrong is said instead.
    pub(super) async fn pointed_at(&self, shortcut: Shortcut) {
        if let Err(refused) = self.open_correction(&shortcut).await {
            self.say_back(&shortcut.response_url, &refused.to_string()).await;
        }
    }

    async fn open_correction(&self, shortcut: &Shortcut) -> Result<(), Refused> {
        if own(self).is_none_or(|own| own.team != shortcut.team) {
            return Err(Refused::ElsewhereChosen);
        }
        let person = self.person().ok_or(Refused::NoAnswer)?;
        let viewer = self.viewer(person, &shortcut.user).await.map_err(|_| Refused::WhoIsUnclear)?;
        if !viewer.decides() {
            return Err(Refused::MayNotCorrect);
        }
        let receipt = format!("{}/{}", shortcut.channel, shortcut.ts);
        let reply = self.store.reply_by_receipt(&person.id, &receipt).await?.ok_or(Refused::NoAnswer)?;
        let judged = self.store.correction(reply.inbox).await?;
        let earlier = judged.as_ref().map(|judged| judged.text.as_str()).filter(|text| !text.is_empty());
        let begin = earlier.unwrap_or(&reply.reply.text);
        if begin.chars().count() > FIELD_CHARS {
            return Err(Refused::AnswerTooLong);
        }
        let consent = self.store.consent_now(&person.id).await?;
        let view = form(&reply, judged.as_ref(), consent.is_some(), begin, &shortcut.response_url);
        let opened =
            self.account.write("views.open", &json!({"trigger_id": shortcut.trigger, "view": view})).await;
        opened.map(drop).map_err(|e| {
            debug!("A form did not open: {e}");
            Refused::NoFormChosen
        })
    }

    /// Takes the form in; what can't be kept is said in it.
    pub(super) async fn corrected(self: &Arc<Self>, form: &Form) -> Option<Value> {
        let carried: Value = serde_json::from_str(&form.carries).unwrap_or_default();
        let inbox = InboxId(carried.get("inbox").and_then(Value::as_i64).unwrap_or_default());
        let text = form.typed.get(BLOCK).cloned().unwrap_or_default().replace("\r\n", "\n");
        match self.keep_correction(form, inbox, text).await {
            Ok(keeps_words) => {
                let told = if keeps_words {
                    "Thank you. What it should have said is kept beside its answer, for its owner and admins to see."
                } else {
                    "Thank you. That you corrected it is kept, and your words are not: no consent to learning covers today."
                };
                let back = carried.get("back").and_then(Value::as_str).unwrap_or_default().to_owned();
                let deciding = Arc::clone(self);
                self.tasks.spawn(async move { deciding.say_back(&back, told).await });
                None
            }
            Err(refused) => {
                let told = cut(&refused.to_string(), 150);
                Some(json!({"response_action": "errors", "errors": {BLOCK: told}}))
            }
        }
    }

    /// Shows a sentence to whoever chose the shortcut, where they chose it.
    async fn say_back(&self, address: &str, sentence: &str) {
        let answer =
            json!({"response_type": "ephemeral", "replace_original": false, "text": escaped(sentence)});
        self.follow_up(address, &answer).await;
    }

    async fn keep_correction(&self, form: &Form, inbox: InboxId, text: String) -> Result<bool, Refused> {
        if own(self).is_none_or(|own| own.team != form.team) {
            return Err(Refused::ElsewhereChosen);
        }
        let person = self.person().ok_or(Refused::NoAnswer)?;
        // Afresh: they may have become a guest since the form opened. Slack waits three seconds for all of this.
        let actor = timeout(AT_ONCE, self.actor(person, &form.user)).await;
        let actor = actor.map_err(|_| Refused::WhoIsUnclear)?.map_err(|_| Refused::WhoIsUnclear)?;
        if !actor.decides() {
            return Err(Refused::MayNotCorrect);
        }
        let said = self.store.replies_to(inbox, inbox).await?;
        let said = said.into_iter().find(|reply| reply.person == person.id).ok_or(Refused::NoAnswer)?;
        check_correction(&text, &said.reply.text).map_err(Refused::BadCorrection)?;
        Ok(self.store.judge_answer(&person.id, inbox, Some(text), actor.reader.as_str()).await?)
    }
}
