//! A piece of a note, as found by a search.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{InvalidId, ReaderId};

/// Who may read a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub enum Readers {
    /// Anybody, strangers included.
    Everyone,
    /// These people and spaces; an empty set is readable by nobody.
    Only(BTreeSet<ReaderId>),
}

impl Readers {
    /// The word that stands for [`Readers::Everyone`] on the wire, in files and on the command line.
    pub const EVERYONE: &str = "everyone";

    /// Parses a comma-separated list such as `alice,slack:C123` or `everyone`.
    ///
    /// # Errors
    /// When an id in the list is not valid.
    pub fn parse(list: &str) -> Result<Self, InvalidId> {
        let ids = list.split(',').map(str::trim).filter(|id| !id.is_empty());
        Self::try_from(ids.map(str::to_owned).collect::<Vec<_>>())
    }
}

impl TryFrom<Vec<String>> for Readers {
    type Error = InvalidId;
    fn try_from(ids: Vec<String>) -> Result<Self, InvalidId> {
        if ids.iter().any(|id| id == Self::EVERYONE) {
            return Ok(Self::Everyone);
        }
        ids.into_iter().map(ReaderId::new).collect::<Result<_, _>>().map(Self::Only)
    }
}

impl From<Readers> for Vec<String> {
    fn from(readers: Readers) -> Self {
        match readers {
            Readers::Everyone => vec![Readers::EVERYONE.to_owned()],
            Readers::Only(ids) => ids.into_iter().map(String::from).collect(),
        }
    }
}

/// How far a text is to be trusted; later variants are trusted less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Written or approved by the person who is stood in for.
    Owner,
    /// Written by an admin.
    Admin,
    /// Written by a colleague.
    Internal,
    /// Returned by a tool.
    Tool,
    /// Written by anybody else.
    External,
}

/// A passage of a note that the whole audience may read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Its number in this turn, from 1; replies cite it as `[n]`.
    pub n: usize,
    /// Where it comes from: a path below the notes folder, or another stable name.
    pub source: String,
    /// Title of the note, with the heading of the section.
    pub title: String,
    /// The text itself.
    pub text: String,
    /// Fused rank score of the search, higher is better; comparable within one search only.
    pub score: f32,
    /// How far it is to be trusted.
    pub integrity: Integrity,
    /// Who may read it.
    pub readers: Readers,
}
