//! Fast data: notes that are looked up for every answer.
//!
//! A person drops a file into a watched folder, says "remember this" or forwards a mail; a few seconds later
//! their understudy answers from it. What is found is never more than everybody who will see the reply may
//! read (DESIGN.md, promise 2): the rule is part of every leg of a search, and every hit is checked again.
//!
//! Kept: chunks of notes with their dense and sparse vectors, in one Qdrant Edge shard on disk ([`edge`], the
//! default) or in one collection of a Qdrant server ([`server`]). Both sit behind [`Notes`] and share every
//! line of the rule, the ranking and the bookkeeping; they differ only in how points are moved.
//!
//! After a crash: a replacement that was not acknowledged leaves the note old, new, or visibly torn
//! ([`NoteSummary::whole`]); the next pass over its folder mends it. Nothing becomes readable to more people.
//!
//! Word scores use a fixed table of background frequencies instead of Qdrant's IDF modifier, because statistics
//! over the collection would let an asker measure what stands in notes they may not see.

mod chunk;
pub mod edge;
mod error;
mod focus;
mod followed;
mod index;
mod note;
mod paper;
mod rank;
mod remembering;
mod rule;
mod said;
pub mod server;
mod shelf;
mod spelling;
mod stored;
mod walk;
mod watch;
mod words;

use async_trait::async_trait;

pub use chunk::{Document, document};
pub use error::NotesError;
pub use focus::{Candidate, Sentences};
pub use followed::Followed;
pub use index::{Folder, Progress, Skipped, SyncError, SyncReport, sync_folder};
pub use note::{Chunk, Leg, Note, NoteKey, NoteKind, NoteSummary, SAID, Search};
pub use paper::{Paper, Sheet, leaf_through};
pub use remembering::Remembering;
pub use said::{Said, remember};
pub use spelling::Spelling;
pub use watch::{Watch, keep_fresh};

use crate::domain::{Passage, PersonId};

/// The notes of everybody, looked up per person and audience.
#[async_trait]
pub trait Notes: Send + Sync {
    /// Stores notes; all chunks of older versions of them are gone when this returns, and a crash after that
    /// loses nothing. Several at once share the wait for the disk.
    ///
    /// # Errors
    /// When the store is out of reach, refuses, or is damaged; an old version may then be incomplete, and
    /// [`Notes::list`] says so.
    async fn replace_all(&self, notes: Vec<Note>) -> Result<(), NotesError>;

    /// Stores one note, as [`Notes::replace_all`] does.
    ///
    /// # Errors
    /// As for [`Notes::replace_all`].
    async fn replace(&self, note: Note) -> Result<(), NotesError> {
        self.replace_all(vec![note]).await
    }

    /// Deletes one note and returns how many chunks it had; 0 when there was none.
    ///
    /// # Errors
    /// As for [`Notes::replace_all`].
    async fn remove(&self, person: &PersonId, key: &NoteKey) -> Result<usize, NotesError>;

    /// Deletes every note of a person, for erasure; embedded notes are rewritten so that no byte stays.
    ///
    /// # Errors
    /// As for [`Notes::replace_all`]; the erasure has to be repeated then.
    async fn forget(&self, person: &PersonId) -> Result<usize, NotesError>;

    /// Lists the notes of a person, ordered by folder and source.
    ///
    /// # Errors
    /// When the store is out of reach or damaged.
    async fn list(&self, person: &PersonId) -> Result<Vec<NoteSummary>, NotesError>;

    /// Finds the passages nearest to any leg that the whole audience may read, best first, numbered from 1.
    ///
    /// # Errors
    /// When the store is out of reach or damaged; there is no weaker search to fall back on.
    async fn search(&self, query: &Search<'_>) -> Result<Vec<Passage>, NotesError>;

    /// Tidies up after many changes; to be called when nobody waits for an answer.
    ///
    /// # Errors
    /// When the store is out of reach or damaged; nothing is lost then.
    async fn settle(&self) -> Result<(), NotesError>;

    /// Copies the notes into the directory `to`, which is made, and says whether it did; notes on a server stay there.
    ///
    /// # Errors
    /// When the store is damaged, or the disk is full.
    async fn back_up(&self, to: &std::path::Path) -> Result<bool, NotesError>;

    /// Tries the store and describes it in a few words for `doctor` and the health page.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn health(&self) -> Result<String, NotesError>;
}

/// Turns texts into vectors whose angle says how close they are in meaning; what it knows of words mends slips in them.
#[async_trait]
pub trait Embed: Send + Sync {
    /// Returns one vector for each text, in order, each [`Embed::dimensions`] long.
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>>;

    /// Numbers in a vector.
    fn dimensions(&self) -> usize;

    /// Which model this is; a change of name makes the next pass index every note anew.
    fn name(&self) -> &str;

    /// `text` with its slips of the finger mended; nothing where none are seen, or no words are known.
    fn mended(&self, _text: &str) -> Option<String> {
        None
    }
}
