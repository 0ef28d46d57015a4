//! Errors for people: what happened, and what they can do about it.

use std::fmt;

/// A failure with the next step, printed as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    what: String,
    next: String,
}

impl Hint {
    /// Makes a hint from what happened and what to do next.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what.trim_end_matches('.');
        write!(f, "{what}: {}", self.next)
    }
}

impl std::error::Error for Hint {}
