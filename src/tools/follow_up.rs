//! `follow_up.set`: asks again in the thread where it was asked for, unless somebody has written there by then.
//!
//! Like a reminder it is meant in the person's zone and waits for the end of their quiet hours.

use async_trait::async_trait;

use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError, remind};
use crate::{domain::Effect, store::Reminding};

/// Sets a follow-up.
pub(super) struct FollowUp {
    schema: Schema,
}

impl Default for FollowUp {
    fn default() -> Self {
        Self { schema: Schema::texts(&["text", "when"]) }
    }
}

#[async_trait]
impl Tool for FollowUp {
    fn name(&self) -> &str {
        "follow_up.set"
    }

    fn about(&self) -> &str {
        "asks again later if nobody has answered"
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
        let text = format!(
            "I have seen nobody write here since I was asked to follow up on this: {}",
            call.text("text")
        );
        let (id, at) = remind::set(call, &text, Reminding::UnlessAnswered).await?;
        Ok(Outcome {
            told: format!("I'll ask again here on {at}, unless somebody writes here before."),
            receipt: format!("reminder {id}"),
            found: Vec::new(),
        })
    }
}
