//! `notes.search`: looks something up in the notes, for a model that wants to look twice.

use async_trait::async_trait;

use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError};
use crate::{
    domain::Effect,
    memory::{Leg, Search as LookUp},
};

/// Passages that are looked up.
const PASSAGES: usize = 3;

/// Looks something up in the notes.
pub(super) struct Search {
    schema: Schema,
}

impl Default for Search {
    fn default() -> Self {
        Self { schema: Schema::texts(&["query"]) }
    }
}

#[async_trait]
impl Tool for Search {
    fn name(&self) -> &str {
        "notes.search"
    }

    fn about(&self) -> &str {
        "looks something up in the notes"
    }

    fn effect(&self) -> Effect {
        Effect::Read
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let query = call.text("query").to_owned();
        let away = |e: String| {
            ToolError::NotDone(format!("I can't look into the notes now ({e}). Ask me again later."))
        };
        let dense = call.embed.embed(std::slice::from_ref(&query)).await.map_err(|e| away(e.to_string()))?;
        let legs = dense.into_iter().map(|dense| Leg { text: query.clone(), dense }).collect();
        let audience = &call.request.audience;
        let look_up = LookUp { person: &call.person.id, legs, audience, limit: PASSAGES, now: call.now };
        let found = call.notes.search(&look_up).await.map_err(|e| away(e.to_string()))?;
        let told = if found.is_empty() { "Nothing in my notes speaks to that." } else { "I looked it up." };
        Ok(Outcome { told: told.to_owned(), receipt: format!("{} passages", found.len()), found })
    }
}
