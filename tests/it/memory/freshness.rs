//! Watched folders: a changed, added or removed file is reflected within five seconds.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use understudy::{
    domain::Integrity,
    memory::{Folder, Followed, Notes, Watch, keep_fresh},
};

use super::support::*;

const PROMISED: Duration = Duration::from_secs(5);

struct Desk {
    notes: Arc<dyn Notes>,
    root: TempDir,
    followed: Arc<Followed>,
    stop: CancellationToken,
    watching: Option<JoinHandle<()>>,
    /// Last, so that the notes are closed before their directory goes.
    _dir: TempDir,
}

impl Desk {
    async fn new() -> Self {
        let (dir, notes) = edge_notes().await;
        let (root, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
        Self { notes, root, followed: Arc::default(), stop, watching: None, _dir: dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn watch(&mut self, path: PathBuf) {
        self.follow(&[path]);
        let watching =
            keep_fresh(self.notes.clone(), Arc::new(EMBED), self.followed.clone(), self.stop.clone());
        self.watching = Some(tokio::spawn(watching));
    }

    /// Follows these and no others.
    fn follow(&self, paths: &[PathBuf]) {
        let folder = |path: &PathBuf| Folder {
            person: person("bob"),
            path: path.clone(),
            readers: readers("everyone"),
            integrity: Integrity::Internal,
        };
        self.followed.set(paths.iter().map(folder).collect());
    }

    async fn close(mut self) {
        self.stop.cancel();
        let watching = self.watching.take().unwrap();
        timeout(PROMISED, watching).await.expect("watching ends when it is told to").unwrap();
        // A write that was under way has the directory until it is done.
        self.notes.settle().await.unwrap();
    }

    /// Waits until exactly these texts are found, no longer than promised.
    async fn soon(&self, want: &[&str]) {
        let since = Instant::now();
        loop {
            let found = find(&*self.notes, &alice(), &["the plan"]).await;
            let mut found = texts(&found);
            found.sort_unstable();
            if found == want {
                eprintln!("reflected after {:?}", since.elapsed());
                return;
            }
            assert!(since.elapsed() < PROMISED, "{found:?} instead of {want:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn an_added_changed_or_removed_file_counts_within_five_seconds() {
    let mut desk = Desk::new().await;
    fs::write(desk.path("before.md"), "plan 1").unwrap();
    desk.watch(desk.root.path().to_owned());
    desk.soon(&["plan 1"]).await;
    fs::create_dir(desk.path("sub")).unwrap();
    fs::write(desk.path("sub/new.md"), "plan 2").unwrap();
    desk.soon(&["plan 1", "plan 2"]).await;
    fs::write(desk.path("sub/new.md"), "plan 3").unwrap();
    desk.soon(&["plan 1", "plan 3"]).await;
    // As editors save.
    fs::write(desk.path("sub/.new.md.tmp"), "plan 4").unwrap();
    fs::rename(desk.path("sub/.new.md.tmp"), desk.path("sub/new.md")).unwrap();
    desk.soon(&["plan 1", "plan 4"]).await;
    fs::remove_file(desk.path("before.md")).unwrap();
    desk.soon(&["plan 4"]).await;
    fs::remove_dir_all(desk.path("sub")).unwrap();
    desk.soon(&[]).await;
    desk.close().await;
}

#[tokio::test]
async fn a_folder_may_appear_later_and_may_be_replaced() {
    let mut desk = Desk::new().await;
    let later = desk.path("later");
    desk.watch(later.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    fs::create_dir(&later).unwrap();
    fs::write(later.join("a.md"), "plan 1").unwrap();
    desk.soon(&["plan 1"]).await;
    fs::rename(&later, desk.path("former")).unwrap();
    fs::create_dir(&later).unwrap();
    fs::write(later.join("a.md"), "plan 2").unwrap();
    desk.soon(&["plan 2"]).await;
    fs::write(later.join("a.md"), "plan 3").unwrap();
    desk.soon(&["plan 3"]).await;
    desk.close().await;
}

#[tokio::test]
async fn a_single_file_is_watched_through_every_way_of_saving_it() {
    let mut desk = Desk::new().await;
    let file = desk.path("a.md");
    fs::write(&file, "plan 1").unwrap();
    desk.watch(file.clone());
    desk.soon(&["plan 1"]).await;
    fs::write(desk.path("a.md~"), "plan 2").unwrap();
    fs::rename(desk.path("a.md~"), &file).unwrap();
    desk.soon(&["plan 2"]).await;
    fs::remove_file(&file).unwrap();
    desk.soon(&[]).await;
    fs::write(&file, "plan 3").unwrap();
    desk.soon(&["plan 3"]).await;
    desk.close().await;
}

#[tokio::test]
async fn folders_come_and_go_while_others_are_followed() {
    let mut desk = Desk::new().await;
    let (outer, inner) = (desk.path("outer"), desk.path("outer/inner"));
    fs::create_dir_all(&inner).unwrap();
    fs::write(desk.path("file.md"), "plan 1").unwrap();
    fs::write(inner.join("a.md"), "plan 2").unwrap();
    desk.watch(desk.path("file.md"));
    desk.soon(&["plan 1"]).await;
    desk.follow(&[desk.path("file.md"), inner.clone()]);
    desk.soon(&["plan 1", "plan 2"]).await;
    fs::write(inner.join("a.md"), "plan 3").unwrap();
    desk.soon(&["plan 1", "plan 3"]).await;
    // A folder around one that is followed already; each files its notes under its own name.
    desk.follow(&[desk.path("file.md"), inner.clone(), outer.clone()]);
    desk.soon(&["plan 1", "plan 3", "plan 3"]).await;
    // Giving up the inner one makes no hole in the outer one.
    desk.follow(&[desk.path("file.md"), outer]);
    tokio::time::sleep(Duration::from_millis(100)).await;
    fs::write(inner.join("a.md"), "plan 4").unwrap();
    desk.soon(&["plan 1", "plan 3", "plan 4"]).await;
    fs::write(desk.path("file.md"), "plan 5").unwrap();
    desk.soon(&["plan 3", "plan 4", "plan 5"]).await;
    desk.close().await;
}

#[tokio::test]
async fn a_folder_that_went_away_for_a_while_is_read_when_it_is_back() {
    let mut desk = Desk::new().await;
    let drive = desk.path("drive");
    fs::create_dir(&drive).unwrap();
    fs::write(drive.join("a.md"), "plan 1").unwrap();
    desk.watch(drive.clone());
    desk.soon(&["plan 1"]).await;
    fs::remove_dir_all(&drive).unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    fs::create_dir(&drive).unwrap();
    fs::write(drive.join("a.md"), "plan 2").unwrap();
    desk.soon(&["plan 2"]).await;
    desk.close().await;
}

/// The path that is due next, or `None` when nothing is within `patience`.
async fn due(watch: &mut Watch, patience: Duration) -> Option<PathBuf> {
    timeout(patience, watch.next()).await.ok()
}

async fn settled(root: &Path) -> Watch {
    let mut watch = Watch::new([root.to_owned()]);
    while due(&mut watch, Duration::from_millis(900)).await.is_some() {}
    watch
}

#[tokio::test]
async fn a_burst_of_changes_is_one_pass_and_reading_is_none() {
    let root = tempfile::tempdir().unwrap();
    let mut watch = settled(root.path()).await;
    for i in 0..50 {
        fs::write(root.path().join(format!("{i}.md")), "x").unwrap();
    }
    assert_eq!(due(&mut watch, PROMISED).await.as_deref(), Some(root.path()));
    for entry in fs::read_dir(root.path()).unwrap() {
        fs::read(entry.unwrap().path()).unwrap();
    }
    assert_eq!(due(&mut watch, Duration::from_millis(1_500)).await, None);
}

#[tokio::test]
async fn endless_writing_does_not_put_a_pass_off() {
    let root = tempfile::tempdir().unwrap();
    let mut watch = settled(root.path()).await;
    let file = root.path().join("log.md");
    let writing = tokio::spawn(async move {
        loop {
            fs::write(&file, "x").unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let since = Instant::now();
    assert!(due(&mut watch, PROMISED).await.is_some());
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    writing.abort();
}

#[tokio::test]
async fn where_the_kernel_says_nothing_folders_are_looked_at() {
    let root = tempfile::tempdir().unwrap();
    let mut watch = Watch::polling([root.path().to_owned()]);
    while due(&mut watch, Duration::from_millis(900)).await.is_some() {}
    fs::write(root.path().join("a.md"), "x").unwrap();
    let since = Instant::now();
    assert_eq!(due(&mut watch, PROMISED).await.as_deref(), Some(root.path()));
    eprintln!("seen after {:?}", since.elapsed());
}
