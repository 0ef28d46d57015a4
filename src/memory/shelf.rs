//! What both stores share: the rule, the ranking, the order of writes.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tracing::{debug, warn};
use uuid::Uuid;

use super::{
    Notes, NotesError,
    note::{Note, NoteKey, NoteSummary, Search},
    rank::{Hit, fuse},
    rule::{self, Rule},
    stored::{self, Point, Stored, number},
    words::{Sparse, Words},
};
use crate::domain::{Passage, PersonId};

/// What one leg looks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Probe {
    Dense(Vec<f32>),
    Words(Sparse),
}

/// A store of points. Implementations translate and move; they decide nothing.
#[async_trait]
pub(super) trait Points: Send + Sync {
    /// Directory or address, for messages.
    fn place(&self) -> &str;
    /// Numbers in a dense vector.
    fn dimensions(&self) -> usize;
    /// For each probe the `depth` nearest points that `rule` lets through.
    async fn nearest(
        &self,
        probes: Vec<Probe>,
        rule: &Rule,
        depth: usize,
    ) -> Result<Vec<Vec<Hit>>, NotesError>;
    /// The payloads of these points; missing ones are left out.
    async fn read(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Stored)>, NotesError>;
    /// Deletes what `outdated` lets through, then writes or overwrites `points`; durable on return.
    async fn replace(&self, outdated: &Rule, points: Vec<Point>) -> Result<(), NotesError>;
    /// Deletes what `rule` lets through; durable on return.
    async fn delete(&self, rule: &Rule) -> Result<(), NotesError>;
    /// How many points `rule` lets through.
    async fn count(&self, rule: &Rule) -> Result<usize, NotesError>;
    /// All payloads that `rule` lets through, their texts left empty.
    async fn scroll(&self, rule: &Rule) -> Result<Vec<Stored>, NotesError>;
    /// Merges and indexes what many small writes left behind.
    async fn settle(&self) -> Result<(), NotesError>;
    /// Makes deleted points unrecoverable.
    async fn purge(&self) -> Result<(), NotesError>;
    /// Copies its files into a new directory, if it has any here.
    async fn back_up(&self, to: &std::path::Path) -> Result<bool, NotesError>;
    /// Tries the store.
    async fn health(&self) -> Result<String, NotesError>;
}

/// [`Notes`] over any store of points.
pub(super) struct Shelf<P> {
    points: P,
    words: Words,
    /// One writer at a time, so that two versions of a note never interleave.
    writing: Mutex<()>,
}

/// Candidates looked at beyond the limit: enough for the fusion to see what several legs agree on.
const DEPTH_FACTOR: usize = 3;
const LEAST_DEPTH: usize = 30;
/// Hits read beyond the limit, in case some were replaced between the search and the reading.
const SPARE: usize = 8;

impl<P: Points + 'static> Shelf<P> {
    pub fn over(points: P) -> Arc<dyn Notes> {
        Arc::new(Self { points, words: Words::new(), writing: Mutex::new(()) })
    }

    fn check_dimensions<'v>(&self, vectors: impl Iterator<Item = &'v Vec<f32>>) -> Result<(), NotesError> {
        let want = self.points.dimensions();
        for vector in vectors {
            if vector.len() != want {
                return Err(NotesError::wrong_dimensions(self.points.place(), vector.len(), want));
            }
        }
        Ok(())
    }

    fn probes(&self, query: &Search<'_>) -> Vec<Probe> {
        let mut probes = Vec::with_capacity(2 * query.legs.len());
        for leg in &query.legs {
            // A zero vector has no direction, so it is near to nothing.
            if leg.dense.iter().any(|x| *x != 0.0) {
                probes.push(Probe::Dense(leg.dense.clone()));
            }
            let words = self.words.of_query(&leg.text);
            if !words.is_empty() {
                probes.push(Probe::Words(words));
            }
        }
        probes
    }
}

#[async_trait]
impl<P: Points + 'static> Notes for Shelf<P> {
    async fn replace_all(&self, notes: Vec<Note>) -> Result<(), NotesError> {
        let vectors = notes.iter().flat_map(|note| &note.chunks).map(|chunk| &chunk.dense);
        self.check_dimensions(vectors)?;
        if notes.is_empty() {
            return Ok(());
        }
        let _writing = self.writing.lock().await;
        // The tails go first: a crash between the two steps leaves an old head, which list() shows as torn. The
        // other order could leave an old tail under old readers next to the new version.
        let tail = |note: &Note| rule::of_note(&note.person, &note.key, number(note.chunks.len()));
        let tails = Rule::Any(notes.iter().map(tail).collect());
        let points = notes.into_iter().flat_map(|note| stored::points(note, &self.words)).collect();
        self.points.replace(&tails, points).await
    }

    async fn remove(&self, person: &PersonId, key: &NoteKey) -> Result<usize, NotesError> {
        let _writing = self.writing.lock().await;
        let all = rule::of_note(person, key, 0);
        let chunks = self.points.count(&all).await?;
        if chunks > 0 {
            self.points.delete(&all).await?;
        }
        Ok(chunks)
    }

    async fn forget(&self, person: &PersonId) -> Result<usize, NotesError> {
        let _writing = self.writing.lock().await;
        let all = rule::of_person(person);
        let chunks = self.points.count(&all).await?;
        self.points.delete(&all).await?;
        self.points.purge().await?;
        Ok(chunks)
    }

    async fn list(&self, person: &PersonId) -> Result<Vec<NoteSummary>, NotesError> {
        Ok(stored::summaries(self.points.scroll(&rule::of_person(person)).await?))
    }

    async fn search(&self, query: &Search<'_>) -> Result<Vec<Passage>, NotesError> {
        self.check_dimensions(query.legs.iter().map(|leg| &leg.dense))?;
        let probes = self.probes(query);
        if probes.is_empty() || query.limit == 0 {
            return Ok(Vec::new());
        }
        let rule = rule::recall(query.person, query.audience, query.now);
        let depth = query.limit.saturating_mul(DEPTH_FACTOR).max(LEAST_DEPTH);
        let mut hits = fuse(self.points.nearest(probes, &rule, depth).await?);
        hits.truncate(query.limit.saturating_add(SPARE));
        let found = self.points.read(hits.iter().map(|hit| hit.id).collect()).await?;
        Ok(passages(&hits, found, query))
    }

    async fn settle(&self) -> Result<(), NotesError> {
        let _writing = self.writing.lock().await;
        self.points.settle().await
    }

    async fn back_up(&self, to: &std::path::Path) -> Result<bool, NotesError> {
        let _writing = self.writing.lock().await;
        self.points.back_up(to).await
    }

    async fn health(&self) -> Result<String, NotesError> {
        self.points.health().await
    }
}

/// Checks every hit once more and numbers those that pass.
fn passages(hits: &[Hit], found: Vec<(Uuid, Stored)>, query: &Search<'_>) -> Vec<Passage> {
    let mut found: std::collections::HashMap<Uuid, Stored> = found.into_iter().collect();
    let mut passages = Vec::with_capacity(query.limit.min(hits.len()));
    let mut dropped = 0_usize;
    for hit in hits {
        let Some(chunk) = found.remove(&hit.id) else {
            debug!(point.id = %hit.id, "Point {} went away during a search", hit.id);
            continue;
        };
        if !chunk.may_be_told(query.person, query.audience, query.now) {
            dropped += 1;
            warn!(point.id = %hit.id, "Dropped hit {}: its readers changed or the filter let it through", hit.id);
            continue;
        }
        if passages.len() < query.limit {
            passages.push(Passage {
                n: passages.len() + 1,
                source: chunk.key.source,
                title: chunk.title,
                text: chunk.text,
                score: hit.score,
                integrity: chunk.integrity,
                readers: chunk.readers,
            });
        }
    }
    metrics::counter!("understudy_notes_hits_dropped_total").increment(dropped as u64);
    passages
}
