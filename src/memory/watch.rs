//! Keeps notes as fresh as their folders: a file that was saved, added or deleted counts within seconds.
//!
//! The kernel reports changes; half a second of quiet ends a burst of them, but no change waits longer than two
//! seconds. A folder that the kernel cannot watch (too many watches, some network drives) is looked at every
//! two seconds instead. A folder that is missing is looked for every two seconds, and every few minutes all
//! folders are read anyway, because kernels drop reports under load.
//!
//! Nothing is kept: after a crash the first pass over each folder finds what changed meanwhile.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{
    Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Embed, Followed, Notes, SyncError, sync_folder, walk};
use crate::error::told;

/// Quiet that ends a burst of changes.
const QUIET: Duration = Duration::from_millis(500);
/// The longest a change waits while others keep coming.
const AT_MOST: Duration = Duration::from_secs(2);
/// Between looks at a folder that the kernel does not watch for us.
const POLL: Duration = Duration::from_secs(2);
/// Between passes that happen without any report.
const ANYWAY: Duration = Duration::from_secs(300);
/// Until a pass that failed is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// Without changes for this long, the store may tidy up.
const IDLE: Duration = Duration::from_secs(20);

/// Says which of some folders has to be read again, and when.
pub struct Watch {
    folders: Vec<Watched>,
    reports: mpsc::UnboundedReceiver<notify::Result<Event>>,
    native: Option<RecommendedWatcher>,
    polling: Option<PollWatcher>,
    /// When to look for folders that are not watched.
    look: Instant,
    /// When to read everything.
    anyway: Instant,
}

struct Watched {
    path: PathBuf,
    /// The absolute path that reports start with.
    seen_as: PathBuf,
    /// What is watched for it: itself, or the folder of a single file.
    target: PathBuf,
    means: Means,
    /// When to read it, and the time that must not be put off beyond.
    due: Option<(Instant, Instant)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Means {
    None,
    Kernel,
    Polling,
}

impl Watch {
    /// Watches files and folders, whether or not they exist yet; each is due once at first.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::with(paths, true)
    }

    /// Looks at files and folders every two seconds instead of asking the kernel, for network drives.
    #[must_use]
    pub fn polling(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::with(paths, false)
    }

    fn with(paths: impl IntoIterator<Item = PathBuf>, ask_kernel: bool) -> Self {
        let (tx, reports) = mpsc::unbounded_channel();
        let report = move |tx: &mpsc::UnboundedSender<_>, event| {
            // Nobody listens any more once the watch is dropped.
            tx.send(event).ok();
        };
        let native = ask_kernel.then(|| {
            let tx = tx.clone();
            notify::recommended_watcher(move |event| report(&tx, event))
        });
        let native = native.and_then(|watcher| {
            watcher
                .inspect_err(|err| warn!("The kernel won't watch folders, looking at them instead: {err}"))
                .ok()
        });
        let config = Config::default().with_poll_interval(POLL);
        let polling = PollWatcher::new(move |event| report(&tx, event), config)
            .inspect_err(|err| warn!("Folders can't be looked at regularly: {err}"))
            .ok();
        let now = Instant::now();
        let mut watch =
            Self { folders: Vec::new(), reports, native, polling, look: now + POLL, anyway: now + ANYWAY };
        watch.follow(paths);
        watch
    }

    /// Watches these files and folders from now on, and no others; those that are new are due at once.
    pub fn follow(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.folders);
        for path in paths {
            if self.folders.iter().any(|folder| folder.path == path) {
                continue;
            }
            let known = before.iter().position(|folder| folder.path == path);
            self.folders.push(known.map_or_else(|| Watched::new(path, now), |at| before.swap_remove(at)));
        }
        for gone in before {
            self.leave(&gone);
        }
        self.start_missing();
    }

    fn leave(&mut self, gone: &Watched) {
        let watcher: Option<&mut dyn Watcher> = match gone.means {
            Means::None => None,
            Means::Kernel => self.native.as_mut().map(|native| native as _),
            Means::Polling => self.polling.as_mut().map(|polling| polling as _),
        };
        let Some(watcher) = watcher else { return };
        // It may have gone with its folder.
        watcher.unwatch(&gone.target).ok();
        // It takes the watches of folders inside it along, and a hole into those of folders around it.
        let overlaps = |other: &Path| other.starts_with(&gone.target) || gone.target.starts_with(other);
        for folder in self.folders.iter_mut().filter(|folder| overlaps(&folder.target)) {
            folder.means = Means::None;
        }
    }

    /// Waits for the next folder that has to be read and returns its path as it was given.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> PathBuf {
        loop {
            let now = Instant::now();
            if now >= self.anyway {
                self.anyway = now + ANYWAY;
                self.folders.iter_mut().for_each(|folder| folder.due = Some((now, now)));
            }
            if now >= self.look {
                self.look = now + POLL;
                self.start_missing();
            }
            let due = |folder: &&mut Watched| folder.due.is_some_and(|(at, _)| at <= now);
            if let Some(folder) = self.folders.iter_mut().find(due) {
                folder.due = None;
                return folder.path.clone();
            }
            let next_due = self.folders.iter().filter_map(|folder| folder.due).map(|(at, _)| at).min();
            let wake = self.look.min(self.anyway).min(next_due.unwrap_or(self.anyway));
            tokio::select! {
                // Never `None`: the watchers hold senders. If both failed to start, time still passes.
                Some(report) = self.reports.recv() => self.take(report),
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    /// Asks for `path` again after `delay`, for a pass that failed.
    pub fn again(&mut self, path: &Path, delay: Duration) {
        let at = Instant::now() + delay;
        for folder in self.folders.iter_mut().filter(|folder| folder.path == path && folder.due.is_none()) {
            folder.due = Some((at, at));
        }
    }

    fn take(&mut self, report: notify::Result<Event>) {
        let now = Instant::now();
        let event = match report {
            Ok(event) if event.need_rescan() => Event::default(),
            Ok(event) if is_change(event.kind) => event,
            Ok(_) => return,
            Err(err) => {
                warn!("A report about a watched folder was lost, reading all of them: {err}");
                Event::default()
            }
        };
        for folder in &mut self.folders {
            let everything = event.paths.is_empty();
            if everything || event.paths.iter().any(|path| path.starts_with(&folder.seen_as)) {
                folder.touched(now);
            }
            let moved = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
            if moved && event.paths.iter().any(|path| folder.target.starts_with(path)) {
                // The watch went with the folder; look for a new one of that name.
                folder.means = Means::None;
            }
        }
    }

    /// Starts to watch what is not watched yet, as well as it can be.
    fn start_missing(&mut self) {
        let mut running: Vec<(PathBuf, RecursiveMode, Means)> = self
            .folders
            .iter()
            .filter(|folder| folder.means != Means::None)
            .map(|folder| (folder.target.clone(), folder.mode(), folder.means))
            .collect();
        for folder in self.folders.iter_mut().filter(|folder| folder.means == Means::None) {
            let Ok(root) = walk::root(&folder.path) else {
                continue;
            };
            folder.see_as(root);
            let (target, mode) = (&folder.target, folder.mode());
            // A second watch on a folder would replace the first, and one on a folder inside it would end
            // with whichever of the two is given up.
            let covering = running.iter().find(|(other, reach, _)| {
                (*reach == RecursiveMode::Recursive && target.starts_with(other))
                    || (mode == RecursiveMode::NonRecursive && target == other)
            });
            folder.means = match covering {
                Some((_, _, means)) => *means,
                None => start(&mut self.native, &mut self.polling, target, mode),
            };
            if folder.means != Means::None {
                running.push((folder.target.clone(), mode, folder.means));
                folder.touched(Instant::now());
            }
        }
    }
}

fn start(
    native: &mut Option<RecommendedWatcher>,
    polling: &mut Option<PollWatcher>,
    target: &Path,
    mode: RecursiveMode,
) -> Means {
    // After a folder was replaced, the old watch would make the new one a no-op.
    if let Some(native) = native {
        native.unwatch(target).ok();
        match native.watch(target, mode) {
            Ok(()) => return Means::Kernel,
            Err(err) => warn!("The kernel won't watch a folder, looking at it instead: {:?}", err.kind),
        }
    }
    if let Some(polling) = polling {
        polling.unwatch(target).ok();
        if polling.watch(target, mode).is_ok() {
            return Means::Polling;
        }
    }
    Means::None
}

impl Watched {
    fn new(path: PathBuf, now: Instant) -> Self {
        let (seen_as, target) = (path.clone(), path.clone());
        Self { path, seen_as, target, means: Means::None, due: Some((now, now)) }
    }

    fn see_as(&mut self, root: PathBuf) {
        // Editors replace files, and a watch on a file would stay with the old one.
        self.target = match root.parent() {
            Some(parent) if !root.is_dir() => parent.to_owned(),
            _ => root.clone(),
        };
        self.seen_as = root;
    }

    fn mode(&self) -> RecursiveMode {
        if self.target == self.seen_as { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive }
    }

    fn touched(&mut self, now: Instant) {
        let latest = self.due.map_or(now + AT_MOST, |(_, latest)| latest);
        self.due = Some(((now + QUIET).min(latest), latest));
    }
}

/// Reading is no change; our own passes would set off the next ones.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

/// Reads the followed folders now and whenever they change, until `stop`.
///
/// A folder that is followed later is read at once; one that no longer is, is left alone from then on. A pass
/// that fails is logged and tried again; the other folders go on.
pub async fn keep_fresh(
    notes: Arc<dyn Notes>,
    embed: Arc<dyn Embed>,
    followed: Arc<Followed>,
    stop: CancellationToken,
) {
    let mut changes = followed.changes();
    let mut folders = changes.borrow_and_update().clone();
    let mut watch = Watch::new(folders.iter().map(|folder| folder.path.clone()));
    let mut untidy = false;
    while !stop.is_cancelled() {
        let path = tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = changes.changed() => {
                let before = std::mem::replace(&mut folders, changes.borrow_and_update().clone());
                watch.follow(folders.iter().map(|folder| folder.path.clone()));
                // A pass that was due for it may have been left out, because it had other readers by then.
                for changed in folders.iter().filter(|folder| !before.contains(folder)) {
                    watch.again(&changed.path, Duration::ZERO);
                }
                continue;
            }
            path = watch.next() => path,
            () = tokio::time::sleep(IDLE), if untidy => {
                untidy = false;
                if let Err(err) = notes.settle().await {
                    warn!("The notes could not be tidied up: {:#}", anyhow::Error::from(err));
                }
                continue;
            }
        };
        for folder in folders.iter().filter(|folder| folder.path == path) {
            let _passing = followed.between_passes().await;
            if !followed.holds(folder) {
                continue;
            }
            let pass = sync_folder(&*notes, &*embed, folder, &|_| ());
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = pass => done,
            };
            match done {
                Ok(report) => untidy |= report.changed_anything(),
                Err(err) => {
                    let waits = matches!(err, SyncError::Folder { .. });
                    warn!(person = %folder.person, "{}", told(&anyhow::Error::from(err)));
                    // A missing folder is looked for anyway.
                    if !waits {
                        watch.again(&path, AGAIN);
                    }
                }
            }
        }
    }
    info!("Watched folders are left alone");
}
