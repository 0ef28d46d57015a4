//! `remind.set`: says something later, in the thread where it was asked for.
//!
//! The time is that of the person's zone. What would come in their quiet hours comes when those end.

use async_trait::async_trait;

use super::{
    Call, Outcome, Reconcile, Schema, Tool, ToolError,
    when::{moment, spoken},
};
use crate::{
    domain::Effect,
    store::{NewReminder, Reminding},
};

/// Sets a reminder.
pub(super) struct Remind {
    schema: Schema,
}

impl Default for Remind {
    fn default() -> Self {
        Self { schema: Schema::texts(&["text", "when"]) }
    }
}

#[async_trait]
impl Tool for Remind {
    fn name(&self) -> &str {
        "remind.set"
    }

    fn about(&self) -> &str {
        "sets a reminder"
    }

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // The store keeps one reminder for each key.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let text = format!("You asked me to remind you of this: {}", call.text("text"));
        let (id, at) = set(call, &text, Reminding::Always).await?;
        Ok(Outcome {
            told: format!("I'll remind you here on {at}."),
            receipt: format!("reminder {id}"),
            found: Vec::new(),
        })
    }
}

/// Has `text` said at the time that the call names, or when the quiet hours are over; returns its number and when.
///
/// # Errors
/// When the call names no time to come, or the store is out of reach; nothing is set then.
pub(super) async fn set(call: &Call<'_>, text: &str, kind: Reminding) -> Result<(i64, String), ToolError> {
    let (when, hours) = (call.text("when"), &call.person.hours);
    let asked_at = moment(when, call.now, hours.zone).ok_or_else(|| {
        let shown: String = when.chars().take(40).collect();
        ToolError::NotDone(format!(
            "I can't tell when \"{shown}\" is, so I set nothing. Say it like \"tomorrow at 9:30\", \"in 2 hours\" or \"3 May\"."
        ))
    })?;
    if asked_at <= call.now {
        let at = spoken(asked_at, hours.zone);
        return Err(ToolError::NotDone(format!(
            "{at} is over already, so I set nothing. Tell me a time that is still to come."
        )));
    }
    let due_at = hours.after_quiet(asked_at);
    let reminder = NewReminder {
        key: call.key.to_owned(),
        inbox: call.inbox,
        person: call.person.id.clone(),
        text: (call.later)(text),
        due_at,
        kind,
    };
    let id = call.store.remind(reminder).await.map_err(|e| {
        ToolError::NotDone(format!("I could not keep that ({e}). Ask me again in a few minutes."))
    })?;
    let late = if due_at == asked_at { "" } else { ", when the quiet hours are over" };
    Ok((id, format!("{}{late}", spoken(due_at, hours.zone))))
}
