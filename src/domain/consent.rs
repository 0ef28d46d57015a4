//! What a person agreed to, and what may be learned because of it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A round of learning: what was taken in, up to the end of the training that used it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

/// One bundle of words that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntakeId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IntakeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A word that names no purpose or no kind of source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {what}; it is one of: {allowed}")]
pub struct UnknownWord {
    word: String,
    what: &'static str,
    allowed: String,
}

/// A closed set of words, as the command line, the database and JSON write them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)+
        }
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                let found = Self::ALL.iter().find(|known| known.as_str() == word).copied();
                found.ok_or_else(|| UnknownWord {
                    word: word.chars().take(40).collect(),
                    what: $what,
                    allowed: [$($word,)+].join(", "),
                })
            }
        }
    };
}

words! {
    /// What the words may be used for.
    Purpose, "purpose", {
        /// Training the person's adapter and judging it.
        Training = "training",
        /// Handing the data set out, for training elsewhere.
        Export = "export",
        /// Looking into the person's own mailbox when they ask for it.
        Mailbox = "mailbox",
    }
}

words! {
    /// Where words come from.
    SourceKind, "kind of source", {
        /// A Slack workspace export.
        Slack = "slack",
        /// Mail: mbox, Maildir or `.eml` files.
        Mail = "mail",
        /// Transcripts of meetings and calls.
        Transcript = "transcript",
        /// Pages: markdown, HTML, a Notion export.
        Markdown = "markdown",
        /// Plain notes.
        Notes = "notes",
        /// A log of steps at the computer.
        Steps = "steps",
    }
}

/// One purpose that a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The row.
    pub id: i64,
    /// For what.
    pub purpose: Purpose,
    /// From which sources.
    pub sources: Vec<SourceKind>,
    /// First second of the time whose words are covered.
    pub from_at: i64,
    /// First second after it.
    pub until_at: i64,
    /// Which text they agreed to.
    pub text_version: u32,
    /// How they said so, such as "signed form of 3 May".
    pub how: String,
    /// When.
    pub given_at: i64,
    /// When they took it back, or 0.
    pub withdrawn_at: i64,
}

impl Consent {
    /// Whether it still holds and covers this use of this source.
    #[must_use]
    pub fn covers(&self, purpose: Purpose, kind: SourceKind) -> bool {
        self.withdrawn_at == 0 && self.purpose == purpose && self.sources.contains(&kind)
    }
}

/// Why an understudy no longer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Consent was taken back.
    Withdrawn,
    /// Everything of the person was erased.
    Erased,
}

impl Stopped {
    /// The word for it in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_covers_its_purpose_and_sources_until_it_is_withdrawn() {
        let mut consent = Consent {
            id: 1,
            purpose: Purpose::Training,
            sources: vec![SourceKind::Mail],
            from_at: 0,
            until_at: 10,
            text_version: 1,
            how: "signed".into(),
            given_at: 0,
            withdrawn_at: 0,
        };
        assert!(consent.covers(Purpose::Training, SourceKind::Mail));
        assert!(!consent.covers(Purpose::Training, SourceKind::Slack));
        assert!(!consent.covers(Purpose::Export, SourceKind::Mail));
        consent.withdrawn_at = 5;
        assert!(!consent.covers(Purpose::Training, SourceKind::Mail));
    }

    #[test]
    fn an_unknown_word_is_answered_with_those_there_are() {
        let text = "telepathy".parse::<SourceKind>().unwrap_err().to_string();
        assert!(text.contains("telepathy") && text.contains("transcript"), "{text}");
        assert_eq!("export".parse(), Ok(Purpose::Export));
    }
}
