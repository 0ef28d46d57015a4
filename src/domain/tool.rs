//! What an understudy may do: effects, grants, and the ids of what it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Integrity, PersonId, Standing};

/// A row of the journal of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub i64);

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a tool does to the world; later variants do more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It only looks.
    Read,
    /// It changes something that stays in the company's hands.
    Write,
    /// It lets words out to somebody.
    Send,
}

/// What a grant says; later variants give more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Never.
    Deny,
    /// After somebody has approved it.
    Ask,
    /// At once.
    Allow,
}

/// Where the people come from that a call names as its receivers; later variants are trusted less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipients {
    /// It names nobody.
    Nobody,
    /// The requester, members of the audience, people of this installation.
    Known,
    /// At least one that only the model or a text came up with.
    New,
}

/// What an admin has switched on or off for a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whose understudy.
    pub person: PersonId,
    /// Which tool, by its name.
    pub tool: String,
    /// Asked by whom: `ask` and `allow` hold for these requesters and the more trusted, `deny` for these and the
    /// less trusted.
    pub class: Standing,
    /// The least trusted words for which it holds in full; beyond them `allow` asks and `ask` denies.
    pub highest_taint: Integrity,
    /// What holds.
    pub mode: Mode,
}
