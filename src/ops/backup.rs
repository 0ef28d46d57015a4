//! Backup and restore of the data directory, one command each.
//!
//! A backup is a directory: the database as of one moment, the notes as of one moment, adapters, files, and the sealed
//! sign-ins of mailboxes. Words of learning and their keys are left out on purpose: they are promised to be gone after 30
//! days at the latest, and a copy would break that. Models and the people directory lie elsewhere. The mark is written
//! last, so half a backup is never taken for a whole one.

use std::{
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::{App, RESTORING},
    config::Config,
    copying::copy_all,
    domain::RunId,
    error::Hint,
    store::{AUDIT_HEAD, Receipt, now},
};

/// Name of the file that says that a backup is whole.
pub const MARK: &str = "backup.json";
/// What of the data directory is not copied as it is: the first are made in another way, the others left out.
const NOT_COPIED: [&str; 9] = [
    "understudy.db",
    "understudy.db-wal",
    "understudy.db-shm",
    AUDIT_HEAD,
    "notes",
    "lock",
    "control.sock",
    "learning",
    "keys",
];

/// What stands in the mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The program's version.
    pub version: String,
    /// When the backup was made.
    pub made_at: i64,
    /// Whether the notes are in it; otherwise they lie on a server.
    pub notes: bool,
}

/// Copies an installation, which may be at work, into the new directory `to`.
///
/// # Errors
/// A [`Hint`] when there is such a directory already; otherwise when something can't be read or the disk is full.
pub(super) async fn back_up(app: &App, to: &Path) -> anyhow::Result<Value> {
    // Real paths: a link or `..` must not lead back in, where the copy would copy itself.
    let data = app.config.data.canonicalize().context("find the data directory")?;
    let beside = to.parent().unwrap_or(to).canonicalize().map_err(|e| {
        Hint::new(format!("can't make {}: {e}", to.display()), "name a directory whose parent is there")
    })?;
    if beside.starts_with(&data) {
        let next = "name one outside of it, best on another disk";
        return Err(Hint::new("a backup can't lie in the data directory", next).into());
    }
    fs::DirBuilder::new().mode(0o700).create(to).map_err(|e| {
        Hint::new(format!("can't make {}: {e}", to.display()), "name a directory that is not there yet")
    })?;
    app.store.back_up(to).await.context("copy the database")?;
    let notes = copy_notes(app, to).await?;
    let (data, place) = (app.config.data.clone(), to.to_owned());
    tokio::task::spawn_blocking(move || copy_rest(&data, &place)).await??;
    let mark = Mark { version: env!("CARGO_PKG_VERSION").to_owned(), made_at: now(), notes };
    fs::write(to.join(MARK), serde_json::to_vec_pretty(&mark)?).context("write the mark of the backup")?;
    app.store.note_change("store.backed_up", "everything", "operator", now()).await?;
    Ok(json!({"made": to, "notes": notes}))
}

async fn copy_notes(app: &App, to: &Path) -> anyhow::Result<bool> {
    let place = to.join("notes");
    if let Some(office) = app.loaded_office() {
        return Ok(office.notes.back_up(&place).await?);
    }
    // Nobody has them open: we hold the lock of the data directory.
    let notes = app.config.data.join("notes");
    if !notes.is_dir() {
        return Ok(false);
    }
    tokio::task::spawn_blocking(move || copy_all(&notes, &place)).await??;
    Ok(true)
}

fn copy_rest(data: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(data).with_context(|| format!("read {}", data.display()))? {
        let name = entry?.file_name();
        if !NOT_COPIED.iter().any(|left| name == *left) {
            copy_all(&data.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

/// Brings a backup into an empty data directory; answers with how many open messages wait for a person.
///
/// # Errors
/// A [`Hint`] when the backup is not whole or the data directory is not empty; otherwise when the disk is full.
pub async fn restore(config: Config, from: PathBuf, went_on: bool) -> anyhow::Result<Value> {
    let data = config.data.clone();
    let mark = fs::read(from.join(MARK)).ok().and_then(|text| serde_json::from_slice::<Mark>(&text).ok());
    let Some(mark) = mark else {
        let what = format!("{} is no whole backup: it has no {MARK}", from.display());
        return Err(Hint::new(what, "name a directory that `understudy backup` has made").into());
    };
    let is_empty = fs::read_dir(&data).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty {
        let what = format!("the data directory {} is not empty", data.display());
        let next = "move it away, or set UNDERSTUDY_DATA to another one; a restore never overwrites";
        return Err(Hint::new(what, next).into());
    }
    fs::create_dir_all(&data).with_context(|| format!("make {}", data.display()))?;
    // Until everything below is done, nobody starts on what may have gone on elsewhere.
    let restoring = data.join(RESTORING);
    fs::write(&restoring, b"").with_context(|| format!("write {}", restoring.display()))?;
    let place = data.clone();
    tokio::task::spawn_blocking(move || copy_all(&from, &place)).await??;
    fs::remove_file(data.join(MARK)).context("remove the mark of the backup")?;
    let app = App::open_any(config).await?;
    let parked = app.store.after_restore(went_on, now()).await?;
    for run in app.store.living_runs(None).await? {
        // Its words are in no backup.
        let gone = Receipt {
            at: now(),
            person: run.person.to_string(),
            run: RunId(run.id.0),
            why: "not in the backup".to_owned(),
            files: 0,
            bytes: 0,
        };
        app.store.mark_destroyed(gone).await?;
    }
    app.close().await;
    fs::remove_file(&restoring).with_context(|| format!("remove {}", restoring.display()))?;
    Ok(json!({"restored": data, "made_at": mark.made_at, "parked": parked, "notes": mark.notes}))
}
