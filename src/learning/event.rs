//! What every export is turned into: one message after the other, in one shape.

use serde::{Deserialize, Serialize};

/// The author of the person's own messages, whatever the export calls them.
pub const ME: &str = "@me";

/// One message, page or step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Unique in its export.
    pub id: String,
    /// The conversation it belongs to.
    pub thread: String,
    /// When it was written, in Unix seconds.
    pub t: i64,
    /// Who wrote it; [`ME`] for the person.
    pub author: String,
    /// Where: `#events`, `dm`, `mail`, `meeting`, `page`, `steps`.
    pub channel: String,
    /// To whom, as far as the export says; [`ME`] for the person.
    pub to: Vec<String>,
    /// What it says.
    pub text: String,
    /// The message it answers, if the export says so.
    pub reply_to: Option<String>,
}

impl Event {
    /// Whether the person wrote it.
    #[must_use]
    pub fn is_mine(&self) -> bool {
        self.author == ME
    }
}
