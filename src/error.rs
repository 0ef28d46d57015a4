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

/// What a person reads of an error: its own sentences, and in brackets what lies below them.
///
/// Errors for operators are joined by colons, as `{:#}` does; a part that repeats what was said is left out.
#[must_use]
pub fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    let mut open = false;
    for part in error.chain().map(ToString::to_string) {
        if told.contains(&part) {
            continue;
        }
        if told.ends_with('.') && !open {
            told.push_str(" (");
            open = true;
        } else if !told.is_empty() {
            told.truncate(told.trim_end_matches('.').len());
            told.push_str(": ");
        }
        told.push_str(&part);
    }
    if open {
        told.truncate(told.trim_end_matches('.').len());
        told.push(')');
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_come_first_and_causes_in_brackets() {
        for (chain, wanted) in [
            (&["disk full"][..], "disk full"),
            (&["disk full", "write the row"], "write the row: disk full"),
            (
                &["refused", "The notes are away. Start Qdrant."],
                "The notes are away. Start Qdrant. (refused)",
            ),
            (
                &["code -1", "embed a batch.", "The model failed. Run doctor.", "index notes"],
                "index notes: The model failed. Run doctor. (embed a batch: code -1)",
            ),
            (&["no folder", "can't read x: no folder. Check it."], "can't read x: no folder. Check it."),
        ] {
            let error = chain.iter().skip(1).fold(anyhow::anyhow!(chain[0]), |e, part| e.context(*part));
            assert_eq!(told(&error), wanted);
        }
    }
}
