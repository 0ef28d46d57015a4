//! A pass over a folder: what becomes a note, what is left out and said, what is removed.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use tempfile::TempDir;
use understudy::{
    domain::Integrity,
    memory::{Embed, Folder, Notes, SyncError, SyncReport, server, sync_folder},
};

use super::{qdrant::TestServer, support::*};

struct Desk {
    notes: Arc<dyn Notes>,
    root: TempDir,
    /// Last, so that the notes are closed before their directory goes.
    _dir: TempDir,
}

impl Desk {
    async fn new() -> Self {
        let (dir, notes) = edge_notes().await;
        Self { notes, root: tempfile::tempdir().unwrap(), _dir: dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn folder(&self) -> Folder {
        folder(self.root.path())
    }

    async fn pass(&self) -> SyncReport {
        self.pass_over(&self.folder()).await
    }

    async fn pass_over(&self, folder: &Folder) -> SyncReport {
        sync_folder(&*self.notes, &EMBED, folder, &|_| ()).await.unwrap()
    }

    async fn listed(&self) -> Vec<String> {
        let notes = self.notes.list(&person("bob")).await.unwrap();
        notes.into_iter().map(|note| note.key.source).collect()
    }
}

fn folder(path: &Path) -> Folder {
    Folder {
        person: person("bob"),
        path: path.to_owned(),
        readers: readers("everyone"),
        integrity: Integrity::Owner,
    }
}

/// Added, changed, unchanged, removed.
fn counts(report: &SyncReport) -> [usize; 4] {
    [report.added, report.changed, report.unchanged, report.removed]
}

fn why<'r>(report: &'r SyncReport, source: &str) -> &'r str {
    let skipped = report.skipped.iter().find(|skipped| skipped.source == source);
    &skipped.unwrap_or_else(|| panic!("{source} in {:?}", report.skipped)).why
}

#[tokio::test]
async fn a_pass_makes_the_notes_equal_to_the_files() {
    let desk = Desk::new().await;
    desk.write("refunds.md", "# Refunds\n\nWithin 30 days.\n\n## Exceptions\n\nGift cards: never.\n");
    desk.write("deep/er/hours.txt", "Open from nine to five.");
    desk.write("page.html", "<title>Travel</title><p>Trains, not planes.</p>");
    assert_eq!(counts(&desk.pass().await), [3, 0, 0, 0]);
    assert_eq!(desk.listed().await, ["deep/er/hours.txt", "page.html", "refunds.md"]);
    let found = find(&*desk.notes, &alice(), &["gift cards"]).await;
    assert_eq!((found[0].title.as_str(), found[0].source.as_str()), ("Refunds > Exceptions", "refunds.md"));
    assert_eq!(found[0].integrity, Integrity::Owner);

    assert_eq!(counts(&desk.pass().await), [0, 0, 3, 0]);

    desk.write("refunds.md", "# Refunds\n\nWithin 14 days.\n");
    desk.write("new.markdown", "News.");
    fs::remove_file(desk.path("page.html")).unwrap();
    assert_eq!(counts(&desk.pass().await), [1, 1, 1, 1]);
    assert_eq!(
        texts(&find(&*desk.notes, &alice(), &["gift refunds within days"]).await)[0],
        "Within 14 days."
    );
    assert_eq!(desk.listed().await, ["deep/er/hours.txt", "new.markdown", "refunds.md"]);
}

#[tokio::test]
async fn what_cannot_be_a_note_is_said_and_the_rest_goes_on() {
    let desk = Desk::new().await;
    desk.write("latin1.md", b"caf\xe9");
    desk.write("empty.md", "");
    desk.write("blank.txt", " \n\n ");
    desk.write("huge.txt", "All work and no play. ".repeat(1_000_000));
    desk.write(".hidden.md", "hidden");
    desk.write(".git/notes.md", "hidden");
    desk.write("photo.jpg", "no note");
    desk.write("zz-good.md", "Good.");
    symlink(desk.path("zz-good.md"), desk.path("link.md")).unwrap();
    symlink(desk.root.path(), desk.path("loop")).unwrap();
    let report = desk.pass().await;
    assert_eq!(desk.listed().await, ["zz-good.md"]);
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    assert_eq!(why(&report, "latin1.md"), "It is not UTF-8 text. Save it as UTF-8 and it will be read.");
    assert_eq!(why(&report, "empty.md"), "It has no text. Write something into it, or delete it.");
    assert_eq!(why(&report, "blank.txt"), why(&report, "empty.md"));
    assert_eq!(
        why(&report, "huge.txt"),
        "It has 21.0 MiB; notes are read up to 2 MiB. Split it, or keep only the part that matters."
    );
    assert!(why(&report, "link.md").contains("symbolic link"));
    assert!(why(&report, "loop").contains("symbolic link"));
    assert_eq!(report.skipped.len(), 6, "{:?}", report.skipped);
    assert_eq!(report.to_string(), "1 added, 0 changed, 0 unchanged, 0 removed, 6 skipped");
}

#[tokio::test]
async fn a_name_that_is_not_utf8_is_said() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new().await;
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.md");
    fs::write(desk.root.path().join(odd), "x").unwrap();
    let report = desk.pass().await;
    assert!(why(&report, "caf\u{fffd}.md").contains("Rename it"));
}

#[tokio::test]
async fn a_file_that_turned_useless_loses_its_note() {
    let desk = Desk::new().await;
    desk.write("a.md", "The price is 7.");
    desk.pass().await;
    desk.write("a.md", b"The price is \xff.");
    assert_eq!(counts(&desk.pass().await), [0, 0, 0, 1]);
    assert_eq!(find(&*desk.notes, &alice(), &["price"]).await, []);
}

#[tokio::test]
async fn a_folder_that_is_gone_is_an_error_and_its_notes_stay() {
    let desk = Desk::new().await;
    desk.write("notes/a.md", "Kept.");
    let folder = folder(&desk.path("notes"));
    desk.pass_over(&folder).await;
    fs::rename(desk.path("notes"), desk.path("unmounted")).unwrap();
    let err = sync_folder(&*desk.notes, &EMBED, &folder, &|_| ()).await.unwrap_err();
    assert!(matches!(err, SyncError::Folder { .. }));
    let said = err.to_string();
    assert!(said.contains("can't be read: No such file") && said.contains("kept as they were"), "{said}");
    assert_eq!(desk.listed().await, ["a.md"]);
    fs::rename(desk.path("unmounted"), desk.path("notes")).unwrap();
    assert_eq!(counts(&desk.pass_over(&folder).await), [0, 0, 1, 0]);
}

#[tokio::test]
async fn what_may_not_be_opened_is_said_and_keeps_its_note_for_the_same_readers() {
    let desk = Desk::new().await;
    for name in ["a.md", "locked/b.md", "locked/in/c.md", "open.md"] {
        desk.write(name, name);
    }
    desk.pass().await;
    let lock = |name: &str, mode| {
        let path = if name.is_empty() { desk.root.path().to_owned() } else { desk.path(name) };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    lock("a.md", 0);
    lock("locked", 0);
    if fs::read(desk.path("a.md")).is_ok() {
        eprintln!("not run: this account reads everything");
        return;
    }
    let report = desk.pass().await;
    assert_eq!(counts(&report), [0, 0, 1, 0]);
    assert!(why(&report, "a.md").contains("permission denied"));
    assert!(why(&report, "locked").contains("permission denied"));
    assert_eq!(desk.listed().await.len(), 4);
    // Narrower readers must not leave old notes behind under the wider ones.
    let narrower = Folder { readers: readers("carol"), ..desk.folder() };
    assert_eq!(counts(&desk.pass_over(&narrower).await), [0, 1, 0, 3]);
    assert_eq!(find(&*desk.notes, &alice(), &["md"]).await, []);
    lock("locked", 0o755);
    lock("a.md", 0o644);
    assert_eq!(counts(&desk.pass_over(&narrower).await), [3, 0, 1, 0]);
    lock("", 0);
    let err = sync_folder(&*desk.notes, &EMBED, &narrower, &|_| ()).await.unwrap_err();
    assert!(err.to_string().contains("Permission denied"), "{err}");
    assert_eq!(desk.listed().await.len(), 4);
    lock("", 0o755);
}

#[tokio::test]
async fn other_readers_or_another_model_store_every_note_anew() {
    let desk = Desk::new().await;
    desk.write("a.md", "The bonus is 7.");
    desk.pass().await;
    let narrower = Folder { readers: readers("carol"), ..desk.folder() };
    assert_eq!(counts(&desk.pass_over(&narrower).await), [0, 1, 0, 0]);
    assert_eq!(find(&*desk.notes, &alice(), &["bonus"]).await, []);
    let other = WordHash { name: "another-model" };
    let report = sync_folder(&*desk.notes, &other, &narrower, &|_| ()).await.unwrap();
    assert_eq!(counts(&report), [0, 1, 0, 0]);
}

#[tokio::test]
async fn a_single_file_is_a_folder_of_one() {
    let desk = Desk::new().await;
    desk.write("a.md", "One.");
    desk.write("b.md", "Two.");
    let single = folder(&desk.path("a.md"));
    assert_eq!(counts(&desk.pass_over(&single).await), [1, 0, 0, 0]);
    assert_eq!(desk.listed().await, ["a.md"]);
    // The folder around it is another place: neither removes what the other brought.
    assert_eq!(counts(&desk.pass().await), [2, 0, 0, 0]);
    assert_eq!(counts(&desk.pass_over(&single).await), [0, 0, 1, 0]);
    fs::remove_file(desk.path("a.md")).unwrap();
    assert_eq!(counts(&desk.pass_over(&single).await), [0, 0, 0, 1]);
    assert_eq!(desk.listed().await, ["a.md", "b.md"]);
}

#[tokio::test]
async fn a_folder_by_another_name_is_the_same_folder() {
    let desk = Desk::new().await;
    desk.write("real/a.md", "One.");
    symlink(desk.path("real"), desk.path("alias")).unwrap();
    assert_eq!(counts(&desk.pass_over(&folder(&desk.path("real"))).await), [1, 0, 0, 0]);
    assert_eq!(counts(&desk.pass_over(&folder(&desk.path("alias"))).await), [0, 0, 1, 0]);
    assert_eq!(counts(&desk.pass_over(&folder(&desk.path("real/../real/"))).await), [0, 0, 1, 0]);
}

#[tokio::test]
async fn notes_that_were_said_survive_every_pass() {
    let desk = Desk::new().await;
    desk.notes.replace(note("remembered", "everyone", &["Alice likes tea."])).await.unwrap();
    desk.write("a.md", "One.");
    desk.pass().await;
    fs::remove_file(desk.path("a.md")).unwrap();
    assert_eq!(counts(&desk.pass().await), [0, 0, 0, 1]);
    assert_eq!(desk.listed().await, ["remembered"]);
}

/// Works a few times, then fails until it is told to work again.
struct Tired {
    left: AtomicUsize,
    largest: AtomicUsize,
}

#[async_trait]
impl Embed for Tired {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        self.largest.fetch_max(texts.len(), Ordering::SeqCst);
        let left = self.left.load(Ordering::SeqCst);
        anyhow::ensure!(left > 0, "out of memory");
        self.left.store(left - 1, Ordering::SeqCst);
        EMBED.embed(texts).await
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn name(&self) -> &str {
        EMBED.name
    }
}

#[tokio::test]
async fn a_pass_that_was_cut_short_is_finished_by_the_next_one() {
    let desk = Desk::new().await;
    for i in 0..300 {
        desk.write(&format!("{i:03}.md"), format!("Number {i}."));
    }
    let tired = Tired { left: AtomicUsize::new(9), largest: AtomicUsize::new(0) };
    let err = sync_folder(&*desk.notes, &tired, &desk.folder(), &|_| ()).await.unwrap_err();
    assert!(matches!(err, SyncError::Embed(_)));
    assert!(format!("{:#}", anyhow::Error::from(err)).contains("out of memory"));
    assert_eq!(desk.listed().await.len(), 256);
    assert_eq!(counts(&desk.pass().await), [44, 0, 256, 0]);
    assert_eq!(tired.largest.load(Ordering::SeqCst), 32, "texts are embedded in batches");
}

#[tokio::test]
async fn progress_counts_files_as_they_are_done() {
    let desk = Desk::new().await;
    for name in ["a.md", "b.md", "c.md"] {
        desk.write(name, "x");
    }
    let seen = Mutex::new(Vec::new());
    let progress = |p: understudy::memory::Progress<'_>| {
        seen.lock().unwrap().push((p.done, p.of, p.source.to_owned()));
    };
    sync_folder(&*desk.notes, &EMBED, &desk.folder(), &progress).await.unwrap();
    let want = [(1, 3, "a.md"), (2, 3, "b.md"), (3, 3, "c.md")].map(|(done, of, s)| (done, of, s.to_owned()));
    assert_eq!(*seen.lock().unwrap(), want);
}

#[tokio::test]
async fn a_store_that_is_away_stops_the_pass_with_its_own_words() {
    let server = TestServer::start().await.stopped();
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.md"), "x").unwrap();
    let err = sync_folder(&*notes, &EMBED, &folder(root.path()), &|_| ()).await.unwrap_err();
    assert!(matches!(&err, SyncError::Notes(err) if err.is_passing()));
    assert!(err.to_string().contains("QDRANT_URL"), "{err}");
}

#[tokio::test]
async fn a_large_note_is_stored_whole() {
    let desk = Desk::new().await;
    let sentence = "The indemnity under this clause is capped at the fees of the last twelve months. ";
    desk.write("long.md", sentence.repeat(20_000));
    let report = desk.pass().await;
    assert!(report.chunks > 1_500, "{report:?}");
    let listed = desk.notes.list(&person("bob")).await.unwrap();
    assert_eq!((listed[0].chunks, listed[0].whole), (report.chunks, true));
}
