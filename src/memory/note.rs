//! What goes into the notes and what is asked of them.

use serde::{Deserialize, Serialize};

use crate::domain::{Audience, Integrity, PersonId, Readers};

/// The folder of notes that came in a message ("remember this") instead of from a disk.
pub const SAID: &str = "said";

/// One note with everything needed to store it.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// Whose understudy answers from it.
    pub person: PersonId,
    /// Where it was read from and what it is called there.
    pub key: NoteKey,
    /// Its title.
    pub title: String,
    /// Who may read it.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
    /// What it is.
    pub kind: NoteKind,
    /// Unix seconds before which it does not count yet.
    pub valid_from: Option<i64>,
    /// Unix seconds from which it does not count any more.
    pub valid_until: Option<i64>,
    /// Hash over everything that makes a new version of it.
    pub hash: String,
    /// Its text in pieces; a note without any is removed.
    pub chunks: Vec<Chunk>,
}

/// The name of a note among the notes of one person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoteKey {
    /// The folder it was read from, as an absolute path, or [`SAID`].
    pub folder: String,
    /// A stable name that people are shown: the path below the folder.
    pub source: String,
}

/// What a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// Something that was written down.
    Note,
    /// A verdict or answer that its owner approved, to be followed in similar cases.
    Ruling,
}

/// A piece of a note, small enough to be cited.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Title of the note, with the headings that lead to this piece.
    pub title: String,
    /// The text itself.
    pub text: String,
    /// Its embedding, of [`Chunk::worded`].
    pub dense: Vec<f32>,
}

impl Chunk {
    /// The words that stand for a chunk in a search: its title, then its text.
    #[must_use]
    pub fn worded(title: &str, text: &str) -> String {
        format!("{title}\n{text}")
    }
}

/// What [`super::Notes::list`] says about a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSummary {
    /// Its name.
    pub key: NoteKey,
    /// Its title.
    pub title: String,
    /// Who may read it; of a torn note, what its first chunk says.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
    /// What it is.
    pub kind: NoteKind,
    /// The hash it was stored with.
    pub hash: String,
    /// Chunks found.
    pub chunks: usize,
    /// Whether all of its chunks are there and of one version; otherwise it has to be stored again.
    pub whole: bool,
}

/// A look-up: several ways to put one question, and who will see the answer.
#[derive(Debug, Clone)]
pub struct Search<'a> {
    /// Whose notes are searched.
    pub person: &'a PersonId,
    /// The message itself and the queries written for it.
    pub legs: Vec<Leg>,
    /// Everybody who will see the reply.
    pub audience: &'a Audience,
    /// Most passages to return.
    pub limit: usize,
    /// The time that validity is judged by, in Unix seconds.
    pub now: i64,
}

/// One way to put the question.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Its words.
    pub text: String,
    /// Its embedding.
    pub dense: Vec<f32>,
}
