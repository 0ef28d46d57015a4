//! The mind: which model answers for a person, and the two calls a turn makes to it.
//!
//! Architecture invariant: a mind sees text and returns text. It knows no channel, no store, no permission.

mod brain;
mod prompt;
mod scripted;

use async_trait::async_trait;

pub use brain::{Brain, BrainError};
pub use prompt::{Template, render_passages};
pub use scripted::Scripted;

use crate::{domain::Passage, people::Person};

/// What a mind is told about the message it answers.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'s> {
    /// Who is stood in for.
    pub person: &'s Person,
    /// The name of whoever wrote.
    pub requester: &'s str,
    /// Earlier messages of the thread, oldest first, as (who, what).
    pub thread: &'s [(String, String)],
    /// The message.
    pub message: &'s str,
}

/// Where the forming draft goes; only its owner may see it.
pub type DraftSink<'d> = &'d (dyn Fn(&str) + Send + Sync);

/// Somebody's model.
#[async_trait]
pub trait Mind: Send + Sync {
    /// Writes 1 to 4 queries for the notes.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError>;

    /// Drafts a reply from numbered passages; `again` says what was wrong with the draft before.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<String, BrainError>;

    /// A few words on which weights answer for `person`, for instance `base` or an adapter's hash.
    fn adapter_name(&self, person: &Person) -> String;
}
