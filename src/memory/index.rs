//! Makes the notes of a folder equal to its files.
//!
//! After a pass, each readable file is a note, each changed file has replaced its note, and the notes of files
//! that are gone are gone. A file that cannot be read is named with what to do about it. When the folder itself
//! cannot be listed, nothing is removed: a drive that is not mounted is not a decision to forget.
//!
//! Nothing is kept besides the notes: what is known about a file is the hash in its note. A pass that was cut
//! short is finished by the next one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use tracing::info;

use super::{
    Embed, Notes, NotesError,
    chunk::{self, Document},
    note::{Chunk, Note, NoteKey, NoteKind, NoteSummary},
    walk::{self, Content, Found},
};
use crate::domain::{Integrity, PersonId, Readers};

pub use super::walk::Skipped;

/// Texts that are embedded at a time.
const BATCH: usize = 32;
/// Chunks that wait before they are stored: a write waits for the disk, however much it writes.
const STORE_AT: usize = 256;

/// A folder or single file of notes, and what its files count as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Whose understudy answers from it.
    pub person: PersonId,
    /// Where it is.
    pub path: PathBuf,
    /// Who may read what is in it.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
}

/// How far a pass has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Files dealt with.
    pub done: usize,
    /// Files there are.
    pub of: usize,
    /// The file dealt with last.
    pub source: &'a str,
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Files that were not notes before.
    pub added: usize,
    /// Files whose note was replaced.
    pub changed: usize,
    /// Files whose note was as it should be.
    pub unchanged: usize,
    /// Notes whose file is gone or cannot count any more.
    pub removed: usize,
    /// Chunks that were written.
    pub chunks: usize,
    /// Files and folders that were left out.
    pub skipped: Vec<Skipped>,
}

impl SyncReport {
    /// Whether the notes are different from before.
    #[must_use]
    pub fn changed_anything(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }
}

impl fmt::Display for SyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, changed, unchanged, removed, skipped, .. } = self;
        let skipped = skipped.len();
        write!(
            f,
            "{added} added, {changed} changed, {unchanged} unchanged, {removed} removed, {skipped} skipped"
        )
    }
}

/// Why a pass ended early; what it had stored until then stays.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The folder cannot be listed.
    #[error("The folder {} can't be read: {source}. Check that it exists and that the account running understudy may read it; its notes are kept as they were.", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The notes cannot be read or written.
    #[error(transparent)]
    Notes(#[from] NotesError),
    /// The embedding model failed.
    #[error("The embedding model failed, so no further notes were read. Run `understudy doctor`.")]
    Embed(#[source] anyhow::Error),
}

/// Brings the notes of `folder` in line with its files.
///
/// # Errors
/// When the folder, the store or the embedding model fails as a whole; single files are only reported.
pub async fn sync_folder(
    notes: &dyn Notes,
    embed: &dyn Embed,
    folder: &Folder,
    progress: &(dyn Fn(Progress<'_>) + Send + Sync),
) -> Result<SyncReport, SyncError> {
    let (root, found) = list_files(&folder.path).await?;
    let mut known: BTreeMap<String, NoteSummary> = notes
        .list(&folder.person)
        .await?
        .into_iter()
        .filter(|note| note.key.folder == root)
        .map(|note| (note.key.source.clone(), note))
        .collect();
    let mut pass = Pass { notes, embed, folder, root, pending: Vec::new(), report: SyncReport::default() };
    pass.report.skipped.clone_from(&found.skipped);
    let mut keep = BTreeSet::new();
    let of = found.files.len();
    for (i, (source, path)) in found.files.iter().enumerate() {
        if pass.file(source, path, known.get(source)).await? == Verdict::Keep {
            keep.insert(source.as_str());
        }
        progress(Progress { done: i + 1, of, source });
    }
    pass.store_pending().await?;
    known.retain(|source, note| {
        let unseen = found.may_still_have(source) && pass.same_terms(note);
        !unseen && !keep.contains(source.as_str())
    });
    for note in known.into_values() {
        notes.remove(&folder.person, &note.key).await?;
        pass.report.removed += 1;
    }
    info!(person = %folder.person, "Read a folder of notes: {}", pass.report);
    Ok(pass.report)
}

/// What becomes of a note that a file had before.
#[derive(Debug, PartialEq)]
enum Verdict {
    Keep,
    Remove,
}

struct Pass<'a> {
    notes: &'a dyn Notes,
    embed: &'a dyn Embed,
    folder: &'a Folder,
    root: String,
    /// Read but not embedded yet, so that small files share a batch and a write.
    pending: Vec<Draft>,
    report: SyncReport,
}

struct Draft {
    source: String,
    hash: String,
    document: Document,
    is_new: bool,
}

impl Pass<'_> {
    async fn file(
        &mut self,
        source: &str,
        path: &Path,
        known: Option<&NoteSummary>,
    ) -> Result<Verdict, SyncError> {
        if chunk::Format::of(path).is_none() {
            return Ok(self.skip(source, walk::NO_FORMAT));
        }
        let bytes = match read(path).await {
            Ok(Content::Bytes(bytes)) => bytes,
            Ok(Content::TooLarge(size)) => return Ok(self.skip(source, walk::too_large(size))),
            Err(err) => {
                self.skip(source, walk::refusal(&err));
                // It may be readable again in a moment; but not under terms that have changed since.
                let stays =
                    known.is_some_and(|note| self.same_terms(note)) && err.kind() != io::ErrorKind::NotFound;
                return Ok(if stays { Verdict::Keep } else { Verdict::Remove });
            }
        };
        let hash = self.hash(&bytes);
        if known.is_some_and(|note| note.whole && note.hash == hash) {
            self.report.unchanged += 1;
            return Ok(Verdict::Keep);
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(self.skip(source, walk::NOT_UTF8));
        };
        let Some(document) = cut(path, text).await.filter(|document| !document.pieces.is_empty()) else {
            return Ok(self.skip(source, walk::NO_TEXT));
        };
        let is_new = known.is_none();
        self.pending.push(Draft { source: source.to_owned(), hash, document, is_new });
        if self.pending.iter().map(|draft| draft.document.pieces.len()).sum::<usize>() >= STORE_AT {
            self.store_pending().await?;
        }
        Ok(Verdict::Keep)
    }

    fn skip(&mut self, source: &str, why: impl Into<String>) -> Verdict {
        self.report.skipped.push(Skipped::new(source, why));
        Verdict::Remove
    }

    fn same_terms(&self, note: &NoteSummary) -> bool {
        note.readers == self.folder.readers && note.integrity == self.folder.integrity
    }

    async fn store_pending(&mut self) -> Result<(), SyncError> {
        let drafts = std::mem::take(&mut self.pending);
        let pieces = drafts.iter().flat_map(|draft| &draft.document.pieces);
        let texts: Vec<String> = pieces.map(|piece| Chunk::worded(&piece.title, &piece.text)).collect();
        let mut vectors = embed_all(self.embed, &texts).await.map_err(SyncError::Embed)?.into_iter();
        let mut notes = Vec::with_capacity(drafts.len());
        let (mut added, mut changed) = (0, 0);
        for draft in drafts {
            let pieces = draft.document.pieces.into_iter().zip(vectors.by_ref());
            let chunks: Vec<Chunk> =
                pieces.map(|(piece, dense)| Chunk { title: piece.title, text: piece.text, dense }).collect();
            self.report.chunks += chunks.len();
            *(if draft.is_new { &mut added } else { &mut changed }) += 1;
            notes.push(Note {
                person: self.folder.person.clone(),
                key: NoteKey { folder: self.root.clone(), source: draft.source },
                title: draft.document.title,
                readers: self.folder.readers.clone(),
                integrity: self.folder.integrity,
                kind: NoteKind::Note,
                valid_from: None,
                valid_until: None,
                hash: draft.hash,
                chunks,
            });
        }
        self.notes.replace_all(notes).await?;
        self.report.added += added;
        self.report.changed += changed;
        Ok(())
    }

    /// Hashes everything that decides how the note is stored: the file, its terms, the cutter, the model.
    fn hash(&self, bytes: &[u8]) -> String {
        let terms = serde_json::json!([
            self.folder.readers,
            self.folder.integrity,
            chunk::VERSION,
            self.embed.name(),
            self.embed.dimensions()
        ]);
        let terms = terms.to_string();
        let mut hash = Sha256::new();
        hash.update((terms.len() as u64).to_le_bytes());
        hash.update(terms);
        hash.update(bytes);
        hex::encode(hash.finalize())
    }
}

pub(super) async fn embed_all(embed: &dyn Embed, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let embedded = embed.embed(batch).await.context("embed a batch of notes")?;
        ensure!(embedded.len() == batch.len(), "{} texts gave {} vectors", batch.len(), embedded.len());
        vectors.extend(embedded);
    }
    Ok(vectors)
}

async fn list_files(path: &Path) -> Result<(String, Found), SyncError> {
    let given = path.to_owned();
    let listed = blocking(move || {
        let root = walk::root(&given)?;
        let name = root.to_str().ok_or_else(|| io::Error::other("its path is not valid UTF-8"))?.to_owned();
        Ok((name, walk::walk(&root)?))
    });
    listed.await.map_err(|source| SyncError::Folder { path: path.to_owned(), source })
}

async fn read(path: &Path) -> io::Result<Content> {
    let path = path.to_owned();
    blocking(move || walk::read(&path)).await
}

/// Cutting 2 MiB takes long enough to leave the async threads to others.
async fn cut(path: &Path, text: String) -> Option<Document> {
    let path = path.to_owned();
    blocking(move || Ok(chunk::document(&path, &text))).await.ok().flatten()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
