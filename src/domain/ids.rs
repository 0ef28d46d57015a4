//! Identifiers that must not be mixed up.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An id that a person typed or a vendor sent, refused because it has the wrong shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{id}` is not a valid {what}: use 1 to {max} characters of {allowed}")]
pub struct InvalidId {
    id: String,
    what: &'static str,
    max: usize,
    allowed: &'static str,
}

/// The person an understudy stands in for, for example `demetrios`; also the tenant key of the notes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// Somebody or some place that may read a note: a person (`alice`) or a space (`slack:C123`).
///
/// The word `everyone` is not an id: it is written as [`crate::domain::Readers::Everyone`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReaderId(String);

/// The thread a message belongs to; messages of one conversation are answered in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conversation(pub String);

/// A row of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InboxId(pub i64);

/// A row of the outbox, passed to channels as the idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboxId(pub i64);

impl PersonId {
    /// Most characters of a person id.
    pub const MAX_CHARS: usize = 40;

    /// Checks that `id` is a lower-case slug, safe as a file name and as a payload key.
    ///
    /// # Errors
    /// When it is empty, longer than [`Self::MAX_CHARS`], starts with a hyphen or has other characters.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidId> {
        let id = id.into();
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let fits = (1..=Self::MAX_CHARS).contains(&id.len());
        if fits && id.chars().all(slug) && !id.starts_with('-') {
            return Ok(Self(id));
        }
        Err(InvalidId {
            id: shorten(&id),
            what: "person id",
            max: Self::MAX_CHARS,
            allowed: "a-z, 0-9, - and _",
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ReaderId {
    /// Most bytes of a reader id.
    pub const MAX_BYTES: usize = 200;

    /// Checks that `id` can stand in a list of readers.
    ///
    /// # Errors
    /// When it is empty, too long, has white space or commas, or is the reserved word `everyone`.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidId> {
        let id = id.into();
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == ',';
        let fits = (1..=Self::MAX_BYTES).contains(&id.len());
        if fits && !id.contains(odd) && !id.eq_ignore_ascii_case("everyone") {
            return Ok(Self(id));
        }
        Err(InvalidId {
            id: shorten(&id),
            what: "reader",
            max: Self::MAX_BYTES,
            allowed: "anything but white space, commas and the reserved word everyone",
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn shorten(id: &str) -> String {
    id.chars().take(60).collect()
}

macro_rules! text_id {
    ($id:ty) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $id {
            type Err = InvalidId;
            fn from_str(id: &str) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }
        impl TryFrom<String> for $id {
            type Error = InvalidId;
            fn try_from(id: String) -> Result<Self, InvalidId> {
                Self::new(id)
            }
        }
        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.0
            }
        }
    };
}

text_id!(PersonId);
text_id!(ReaderId);

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_id_is_a_slug() {
        for good in ["demetrios", "a", "anna-2", "x_y"] {
            assert!(PersonId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Demetrios", "../etc", "a b", "-p", "é", &"x".repeat(41)] {
            assert!(PersonId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn everyone_is_never_a_reader_id() {
        for bad in ["everyone", "Everyone", "", "a b", "a,b", "a\n"] {
            assert!(ReaderId::new(bad).is_err(), "{bad}");
        }
        assert!(ReaderId::new("slack:C123").is_ok());
    }
}
