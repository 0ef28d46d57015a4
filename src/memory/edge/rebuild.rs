//! Rewrites the shard so that deleted points are gone from every file.
//!
//! Edge marks deleted points and reuses their room at leisure, and the write-ahead log keeps what was written
//! for a while. After an erasure that is not enough, so the points that stay are copied into a new shard, which
//! takes the place of the old one.
//!
//! Kept: `current/` is the shard. `next/` and `former/` exist only during a swap. After a crash: a `former/`
//! without `current/` is put back and the erasure is still to be done; any other leftover is removed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::PoisonError,
};

use anyhow::Context;
use qdrant_edge::{
    EdgeShard, PointInsertOperations, PointOperations, PointStructPersisted, Record, ScrollRequest,
    UpdateOperation, VectorStructPersisted, WithPayloadInterface, WithVector,
};

use walkdir::WalkDir;

use super::{Inner, PAGE, create};

/// A log up to this size is never worth a rewrite.
const SPARE_LOG_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn current(dir: &Path) -> PathBuf {
    dir.join("current")
}

fn next(dir: &Path) -> PathBuf {
    dir.join("next")
}

fn former(dir: &Path) -> PathBuf {
    dir.join("former")
}

/// Puts the directory in order after a crash during [`rebuild`].
pub(super) fn recover(dir: &Path) -> anyhow::Result<()> {
    if former(dir).exists() && !current(dir).exists() {
        fs::rename(former(dir), current(dir)).context("put the former shard back")?;
    }
    for leftover in [next(dir), former(dir)] {
        if leftover.exists() {
            fs::remove_dir_all(&leftover).with_context(|| format!("remove {}", leftover.display()))?;
        }
    }
    Ok(())
}

/// Whether the write-ahead log, which Edge never shortens, has outgrown what it is about.
pub(super) fn is_due(dir: &Path) -> bool {
    bytes_below(&current(dir).join("wal")) > SPARE_LOG_BYTES + 2 * bytes_below(&current(dir).join("segments"))
}

fn bytes_below(dir: &Path) -> u64 {
    let files = WalkDir::new(dir).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    files.filter(|meta| meta.is_file()).map(|meta| meta.len()).sum()
}

/// Copies all points into a new shard and swaps it in; searches go on until the swap.
pub(super) fn rebuild(inner: &Inner) -> anyhow::Result<()> {
    let dir = &inner.dir;
    let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let old = inner.shard.read().unwrap_or_else(PoisonError::into_inner);
        let old = old.as_ref().context("closed by a rebuild that failed")?;
        recover(dir)?;
        copy(old, &next(dir), inner.dimensions)?;
    }
    let mut slot = inner.shard.write().unwrap_or_else(PoisonError::into_inner);
    // Dropping flushes, and it must do so before its directory moves.
    drop(slot.take());
    fs::rename(current(dir), former(dir)).context("set the former shard aside")?;
    fs::rename(next(dir), current(dir)).context("put the new shard in place")?;
    *slot = Some(EdgeShard::load(&current(dir), None).context("open the new shard")?);
    drop(slot);
    fs::remove_dir_all(former(dir)).context("remove the former shard")
}

/// Leaves a complete, closed shard in `dir`.
fn copy(old: &EdgeShard, dir: &Path, dimensions: usize) -> anyhow::Result<()> {
    let new = create(dir, dimensions).context("make a new shard")?;
    let mut offset = None;
    loop {
        let request = ScrollRequest {
            offset,
            limit: Some(PAGE),
            with_payload: Some(WithPayloadInterface::Bool(true)),
            with_vector: WithVector::Bool(true),
            ..ScrollRequest::default()
        };
        let (page, following) = old.scroll(request).context("read the former shard")?;
        let points = page.into_iter().map(to_write).collect::<anyhow::Result<Vec<_>>>()?;
        if !points.is_empty() {
            let insert = PointOperations::UpsertPoints(PointInsertOperations::PointsList(points));
            new.update(UpdateOperation::PointOperation(insert)).context("write the new shard")?;
        }
        offset = following;
        if offset.is_none() {
            new.flush();
            return Ok(());
        }
    }
}

fn to_write(record: Record) -> anyhow::Result<PointStructPersisted> {
    let vectors = record.vector.with_context(|| format!("point {} has no vectors", record.id))?;
    let vector = VectorStructPersisted::from(vectors);
    Ok(PointStructPersisted { id: record.id, vector, payload: record.payload })
}
