//! The mind: which model answers for a person, and the two calls a turn makes to it.
//!
//! Architecture invariant: a mind sees text and returns text. It knows no channel, no store, no permission.

mod brain;
mod prompt;
mod prompts;
mod scripted;
mod serving;

use async_trait::async_trait;

pub use brain::{Brain, BrainError, NO, YES};
pub use prompt::{Template, render_passages};
pub use prompts::{Filled, PROMPT_FILES, Prompts, REPLY_TOKENS, Scene};
pub use scripted::Scripted;
pub use serving::{Serving, Weights, beside};

use crate::{domain::Passage, people::Person};

/// What a mind is told about the message it answers.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'s> {
    /// Who is stood in for.
    pub person: &'s Person,
    /// What answers, chosen once a turn.
    pub weights: &'s Weights,
    /// The name of whoever wrote.
    pub requester: &'s str,
    /// Earlier messages of the thread, oldest first, as (who, what).
    pub thread: &'s [(String, String)],
    /// The message.
    pub message: &'s str,
}

impl<'s> Situation<'s> {
    /// What a prompt says of it.
    #[must_use]
    pub fn scene(&self) -> Scene<'s> {
        Scene {
            name: &self.person.name,
            role: &self.person.role,
            manner: &self.person.voice.manner,
            requester: self.requester,
            thread: self.thread,
            message: self.message,
        }
    }
}

/// A draft, and how many of the passages the prompt had room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The first so many passages were shown.
    pub shown: usize,
}

/// Where the forming draft goes; only its owner may see it.
pub type DraftSink<'d> = &'d (dyn Fn(&str) + Send + Sync);

/// What a model may choose its next step from.
#[derive(Debug, Clone, Copy)]
pub struct StepMenu<'m> {
    /// Each tool in one line: name, arguments, what it does.
    pub tools: &'m [String],
    /// The grammar (GBNF) of a step with one of them, or of a plain reply.
    pub grammar: &'m str,
}

/// Somebody's model.
#[async_trait]
pub trait Mind: Send + Sync {
    /// Writes 1 to 4 queries for the notes.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError>;

    /// Tells of each note how surely it answers the message, as log-odds in nats; `None` from a mind that can't.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn relevance(&self, _: &Situation<'_>, _notes: &[String]) -> Result<Option<Vec<f32>>, BrainError> {
        Ok(None)
    }

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
    ) -> Result<Draft, BrainError>;

    /// Chooses the next step and returns it as JSON, or `None` when a reply is all that is needed.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn step(&self, _: &Situation<'_>, _: StepMenu<'_>) -> Result<Option<String>, BrainError> {
        Ok(None)
    }

    /// Judges a clause by rules and returns the verdict as JSON, or `None` from a mind that can't.
    ///
    /// The message is what its sender asks about the document; an answer that is no JSON was cut off.
    ///
    /// # Errors
    /// When the model can't run; the turn is retried.
    async fn verdict(
        &self,
        _: &Situation<'_>,
        _rules: &[Passage],
        _clause: &str,
    ) -> Result<Option<String>, BrainError> {
        Ok(None)
    }

    /// Which weights answer for `person` now.
    fn weights(&self, person: &Person) -> Weights;
}
