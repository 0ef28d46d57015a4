//! `remind.set`: says something later, in the thread where it was asked for. `follow_up.set`: the same, unless somebody has
//! written there by then.
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

/// Sets a reminder or a follow-up.
pub(super) struct Remind {
    kind: Reminding,
    schema: Schema,
}

impl Remind {
    pub(super) fn new(kind: Reminding) -> Self {
        Self { kind, schema: Schema::texts(&["text", "when"]) }
    }
}

#[async_trait]
impl Tool for Remind {
    fn name(&self) -> &str {
        match self.kind {
            Reminding::Always => "remind.set",
            Reminding::UnlessAnswered => "follow_up.set",
        }
    }

    fn about(&self) -> &str {
        match self.kind {
            Reminding::Always => "sets a reminder",
            Reminding::UnlessAnswered => "asks again later if nobody has answered",
        }
    }

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // The store keeps one for each key.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let (asked, later) = match self.kind {
            Reminding::Always => ("You asked me to remind you of this", "I'll remind you here on"),
            Reminding::UnlessAnswered => (
                "I have seen nobody write here since I was asked to follow up on this",
                "I'll ask again here on",
            ),
        };
        let (id, at) = set(call, &format!("{asked}: {}", call.text("text")), self.kind).await?;
        let unless = match self.kind {
            Reminding::Always => "",
            Reminding::UnlessAnswered => ", unless somebody writes here before",
        };
        Ok(Outcome {
            told: format!("{later} {at}{unless}."),
            receipt: format!("reminder {id}"),
            found: Vec::new(),
        })
    }
}

/// Has `text` said at the time that the call names, or when the quiet hours are over; returns its number and when.
///
/// # Errors
/// When the call names no time to come, or the store is out of reach; nothing is set then.
async fn set(call: &Call<'_>, text: &str, kind: Reminding) -> Result<(i64, String), ToolError> {
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
