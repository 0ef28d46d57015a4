//! Erasure: everything that this installation holds of a person goes, so that no byte of it can be found.
//!
//! The understudy stops first. Then go the words and their keys, the adapters, the notes, and the rows: messages with
//! their steps and replies, folders, consents, sign-ins. Last, the database file is rewritten, because deleted rows
//! may lie in it for long. Kept: ids and counts in the audit, and the receipts.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{retention, vault::Vault};
use crate::{
    domain::PersonId,
    memory::Notes,
    store::{Erased, Store},
};

/// What an erasure deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Rows of the database.
    pub rows: Erased,
    /// Rounds of learning.
    pub runs: usize,
    /// Files: bundles, examples, keys, adapters.
    pub files: u64,
    /// Pieces of their notes.
    pub note_pieces: usize,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Erases a person; `notes` is `None` when this installation has none.
///
/// # Errors
/// When something can't be removed. The understudy has stopped then, and the erasure has to be repeated.
pub async fn erase(
    store: &Store,
    vault: &Vault,
    notes: Option<&dyn Notes>,
    person: &PersonId,
    by: &str,
    now: i64,
) -> anyhow::Result<Erasure> {
    let started = Instant::now();
    let withdrawn = retention::withdraw(store, vault, person, by, now).await?;
    let note_pieces = match notes {
        Some(notes) => notes.forget(person).await?,
        None => 0,
    };
    let rows = store.erase_person(person, by, now).await?;
    store.scrub().await?;
    Ok(Erasure {
        rows,
        runs: withdrawn.runs,
        files: withdrawn.files,
        note_pieces,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
