//! The notes in this process: one Qdrant Edge shard in a directory.
//!
//! The default. Nothing to install; the whole store is a directory that can be copied while the program is
//! stopped. One shard serves everybody: a shard each would cost a thread pool and a write-ahead log each.
//!
//! A write is on disk when it returns: this version of Edge does not replay its write-ahead log, so every write
//! flushes. A directory that cannot be opened is left as it is and named in the error.

mod rebuild;
mod translate;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use anyhow::anyhow;
use async_trait::async_trait;
use qdrant_edge::{
    CountRequest, CreateIndex, Distance, EdgeConfig, EdgeOptimizersConfig, EdgeShard, EdgeSparseVectorParams,
    EdgeVectorParams, FieldIndexOperations, Filter, HnswIndexConfig, IntegerIndexParams, KeywordIndexParams,
    OperationResult, PayloadFieldSchema, PayloadSchemaParams, PointId, PointInsertOperations,
    PointOperations, ScrollRequest, UpdateOperation, WalOptions,
};
use tracing::error;
use uuid::Uuid;

use super::{
    Notes, NotesError,
    rank::Hit,
    rule::Rule,
    shelf::{Points, Probe, Shelf},
    stored::{DENSE, Point, SPARSE, Stored, field},
};
use translate::{filter, path, payload_but_text, payload_of, point, query};

/// Up to this many kilobytes of vectors that pass the rule, a search compares every one: about 65,000 chunks.
/// Above, it walks the graph, which was built over notes of all readers and so finds approximately.
pub(super) const EXACT_UP_TO_KB: usize = 100_000;

/// Records at a time when everything has to be read.
const PAGE: usize = 1_000;

/// Opens the notes in `dir`, creating the directory when there is none.
///
/// # Errors
/// [`NotesError::Corrupt`] when what lies there cannot be opened, [`NotesError::Denied`] when the directory
/// cannot be written, [`NotesError::Unfit`] when it was made for vectors of another length.
pub async fn open(dir: &Path, dimensions: usize) -> Result<Arc<dyn Notes>, NotesError> {
    let place = dir.display().to_string();
    let dir = dir.to_owned();
    let opening = tokio::task::spawn_blocking({
        let place = place.clone();
        move || open_shard(&dir, &place, dimensions).map(|shard| (dir, shard))
    });
    // A damaged file can make the library panic instead of returning an error; both mean the same to us.
    let (dir, shard) = opening.await.map_err(|panic| damaged(&place, anyhow!(panic)))??;
    let shard = RwLock::new(Some(shard));
    let inner = Inner { dir, place, dimensions, writing: Mutex::new(()), shard };
    Ok(Shelf::over(EdgePoints { inner: Arc::new(inner) }))
}

struct EdgePoints {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    place: String,
    dimensions: usize,
    /// Held through a write and its flush: Edge panics when a flush meets a write or a merge.
    writing: Mutex<()>,
    /// `None` only while a rebuild swaps directories, and for good when that failed half-way.
    shard: RwLock<Option<EdgeShard>>,
}

impl EdgePoints {
    /// Runs `work` on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, NotesError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(anyhow::Error::from).flatten().map_err(|err| damaged(&self.inner.place, err))
    }

    async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&EdgeShard) -> OperationResult<T> + Send + 'static,
    ) -> Result<T, NotesError> {
        self.blocking(move |inner| inner.with_shard(work)).await
    }

    /// Runs `work`, which writes, and flushes.
    async fn writing(
        &self,
        work: impl FnOnce(&EdgeShard) -> OperationResult<()> + Send + 'static,
    ) -> Result<(), NotesError> {
        self.blocking(move |inner| {
            let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
            inner.with_shard(|shard| {
                work(shard)?;
                shard.flush();
                Ok(())
            })
        })
        .await
    }
}

impl Inner {
    fn with_shard<T>(&self, work: impl FnOnce(&EdgeShard) -> OperationResult<T>) -> anyhow::Result<T> {
        let shard = self.shard.read().unwrap_or_else(PoisonError::into_inner);
        let shard = shard.as_ref().ok_or_else(|| anyhow!("closed by a rebuild that failed"))?;
        Ok(work(shard)?)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let shard = self.shard.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // Edge flushes when it is dropped and panics when it cannot; every write was flushed anyway.
        if catch_unwind(AssertUnwindSafe(|| drop(shard))).is_err() {
            error!("The notes in {} could not be closed in order; what was written is kept", self.place);
        }
    }
}

#[async_trait]
impl Points for EdgePoints {
    fn place(&self) -> &str {
        &self.inner.place
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions
    }

    async fn nearest(
        &self,
        probes: Vec<Probe>,
        rule: &Rule,
        depth: usize,
    ) -> Result<Vec<Vec<Hit>>, NotesError> {
        let rule = filter(rule);
        let lists = self
            .reading(move |shard| {
                let find = |probe| shard.query(query(probe, &rule, depth));
                probes.into_iter().map(find).collect::<OperationResult<Vec<_>>>()
            })
            .await?;
        Ok(lists.iter().map(|list| list.iter().filter_map(translate::hit).collect()).collect())
    }

    async fn read(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Stored)>, NotesError> {
        let ids: Vec<PointId> = ids.into_iter().map(PointId::Uuid).collect();
        let records = self.reading(move |shard| shard.retrieve(&ids, Some(true.into()), None)).await?;
        let read = |record| payload_of(record).map_err(|err| damaged(&self.inner.place, err));
        records.into_iter().map(read).collect()
    }

    async fn replace(&self, outdated: &Rule, points: Vec<Point>) -> Result<(), NotesError> {
        let outdated = PointOperations::DeletePointsByFilter(filter(outdated));
        let points = points.into_iter().map(point).collect::<Result<Vec<_>, _>>();
        let points = points.map_err(|err| damaged(&self.inner.place, err))?;
        self.writing(move |shard| {
            shard.update(UpdateOperation::PointOperation(outdated))?;
            if points.is_empty() {
                return Ok(());
            }
            let insert = PointOperations::UpsertPoints(PointInsertOperations::PointsList(points));
            shard.update(UpdateOperation::PointOperation(insert))
        })
        .await
    }

    async fn delete(&self, rule: &Rule) -> Result<(), NotesError> {
        let rule = PointOperations::DeletePointsByFilter(filter(rule));
        self.writing(move |shard| shard.update(UpdateOperation::PointOperation(rule))).await
    }

    async fn count(&self, rule: &Rule) -> Result<usize, NotesError> {
        let filter = Some(filter(rule));
        self.reading(move |shard| shard.count(CountRequest { filter, exact: true })).await
    }

    async fn scroll(&self, rule: &Rule) -> Result<Vec<Stored>, NotesError> {
        let rule = filter(rule);
        let records = self.reading(move |shard| scroll_all(shard, &rule)).await?;
        let read = |record| payload_of(record).map_err(|err| damaged(&self.inner.place, err));
        records.into_iter().map(|record| read(record).map(|(_, chunk)| chunk)).collect()
    }

    async fn settle(&self) -> Result<(), NotesError> {
        self.writing(|shard| shard.optimize().map(|_| ())).await?;
        self.blocking(|inner| if rebuild::is_due(&inner.dir) { rebuild::rebuild(inner) } else { Ok(()) })
            .await
    }

    async fn purge(&self) -> Result<(), NotesError> {
        self.blocking(rebuild::rebuild).await
    }

    async fn back_up(&self, to: &Path) -> Result<bool, NotesError> {
        let to = to.to_owned();
        self.blocking(move |inner| {
            // Nothing is written or merged meanwhile, so the copy is of one moment.
            let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
            inner.with_shard(|shard| {
                shard.flush();
                Ok(())
            })?;
            crate::copying::copy_all(&inner.dir, &to)?;
            Ok(true)
        })
        .await
    }

    async fn health(&self) -> Result<String, NotesError> {
        let count = |shard: &EdgeShard| shard.count(CountRequest { filter: None, exact: false });
        let chunks = self.reading(count).await?;
        Ok(format!("Qdrant Edge in {}, {chunks} chunks", self.inner.place))
    }
}

fn scroll_all(shard: &EdgeShard, filter: &Filter) -> OperationResult<Vec<qdrant_edge::Record>> {
    let mut all = Vec::new();
    let mut offset = None;
    loop {
        let request = ScrollRequest {
            offset,
            limit: Some(PAGE),
            filter: Some(filter.clone()),
            with_payload: Some(payload_but_text()),
            ..ScrollRequest::default()
        };
        let (page, next) = shard.scroll(request)?;
        all.extend(page);
        if next.is_none() {
            return Ok(all);
        }
        offset = next;
    }
}

fn open_shard(dir: &Path, place: &str, dimensions: usize) -> Result<EdgeShard, NotesError> {
    std::fs::create_dir_all(dir).map_err(|err| denied(place, err))?;
    // Edge would notice late, inside a mapped file.
    try_writing(dir).map_err(|err| denied(place, err))?;
    rebuild::recover(dir).map_err(|err| damaged(place, err))?;
    let shard_dir = rebuild::current(dir);
    if !shard_dir.exists() {
        return create(&shard_dir, dimensions).map_err(|err| damaged(place, err.into()));
    }
    let shard = EdgeShard::load(&shard_dir, None).map_err(|err| damaged(place, err.into()))?;
    let made_for = shard.config().vectors.get(DENSE).map(|params| params.size);
    match made_for {
        Some(made_for) if made_for == dimensions => {
            // A segment that loading added has no indexes yet; those that have them are left alone.
            add_indexes(&shard).map_err(|err| damaged(place, err.into()))?;
            Ok(shard)
        }
        Some(made_for) => Err(NotesError::wrong_dimensions(place, dimensions, made_for)),
        None => Err(damaged(place, anyhow!("it has no vectors named `{DENSE}`"))),
    }
}

/// Makes an empty shard with its indexes, which have to be there before the first point.
fn create(dir: &Path, dimensions: usize) -> OperationResult<EdgeShard> {
    std::fs::create_dir_all(dir)?;
    let shard = EdgeShard::new(dir, config(dimensions))?;
    add_indexes(&shard)?;
    Ok(shard)
}

fn config(dimensions: usize) -> EdgeConfig {
    EdgeConfig::builder()
        .vector(DENSE, EdgeVectorParams::builder(dimensions, Distance::Cosine).build())
        .sparse_vector(SPARSE, EdgeSparseVectorParams::builder().build())
        .hnsw_config(HnswIndexConfig { full_scan_threshold: EXACT_UP_TO_KB, ..HnswIndexConfig::default() })
        .optimizers(EdgeOptimizersConfig {
            indexing_threshold: Some(EXACT_UP_TO_KB),
            default_segment_number: Some(2),
            // A watched folder changes a few notes at a time; their old versions should not pile up.
            vacuum_min_vector_number: Some(100),
            ..EdgeOptimizersConfig::default()
        })
        // The default is 32 MiB, made for a server.
        .wal_options(WalOptions { segment_capacity: 4 * 1024 * 1024, ..WalOptions::default() })
        .build()
}

fn add_indexes(shard: &EdgeShard) -> OperationResult<()> {
    let tenant = KeywordIndexParams { is_tenant: Some(true), ..KeywordIndexParams::default() };
    add_index(shard, field::PERSON, PayloadSchemaParams::Keyword(tenant))?;
    for name in field::KEYWORDS {
        add_index(shard, name, PayloadSchemaParams::Keyword(KeywordIndexParams::default()))?;
    }
    for name in field::INTEGERS {
        let integer = IntegerIndexParams { enable_hnsw: Some(false), ..IntegerIndexParams::default() };
        add_index(shard, name, PayloadSchemaParams::Integer(integer))?;
    }
    shard.flush();
    Ok(())
}

fn add_index(shard: &EdgeShard, name: &str, params: PayloadSchemaParams) -> OperationResult<()> {
    shard.update(UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(CreateIndex {
        field_name: path(name),
        field_schema: Some(PayloadFieldSchema::FieldParams(params)),
    })))
}

fn try_writing(dir: &Path) -> std::io::Result<()> {
    let probe = dir.join(".write-probe");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

fn damaged(place: &str, source: anyhow::Error) -> NotesError {
    NotesError::Corrupt {
        place: place.to_owned(),
        advice: format!(
            "Stop the program, rename the directory (`mv {place} {place}.damaged`), start again and add the \
             folders again: notes read from files are indexed anew. Check the disk if it happens twice."
        ),
        source,
    }
}

fn denied(place: &str, source: std::io::Error) -> NotesError {
    let advice = "Give the account that runs understudy the right to write there, or set UNDERSTUDY_DATA to \
                  another directory.";
    NotesError::Denied { place: place.to_owned(), advice: advice.to_owned(), source: source.into() }
}
