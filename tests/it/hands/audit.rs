//! Any change to the audit is found.

use sqlx::{Connection as _, SqliteConnection};
use understudy::{
    domain::{Grant, Integrity, Mode, Standing},
    store::{AUDIT_HEAD, Store, now},
};

use super::workshop::bob;
use crate::support::Site;

const ROWS: i64 = 40;

struct Books {
    store: Store,
    dir: tempfile::TempDir,
}

impl Books {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let books = Self { store: Store::open(dir.path()).await.unwrap(), dir };
        for n in 0..ROWS {
            books.write(n).await;
        }
        assert_eq!(books.broken().await, None);
        books
    }

    async fn write(&self, n: i64) {
        let (tool, class, highest_taint) = (format!("tool-{n}"), Standing::Owner, Integrity::Internal);
        let grant = Grant { person: bob(), tool, class, highest_taint, mode: Mode::Allow };
        self.store.put_grant(grant, "carol", now()).await.unwrap();
    }

    async fn broken(&self) -> Option<String> {
        self.store.verify_audit().await.unwrap().broken
    }

    /// Somebody who can write to the file does this.
    async fn tamper(&self, sql: &'static str, id: i64) {
        let path = self.dir.path().join("understudy.db");
        let mut connection =
            SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(sql).bind(id).execute(&mut connection).await.unwrap();
    }

    fn head(&self) -> std::path::PathBuf {
        self.dir.path().join(AUDIT_HEAD)
    }
}

#[tokio::test]
async fn every_change_removal_and_swap_of_every_row_is_found() {
    let books = Books::new().await;
    for (change, back) in [
        (
            "UPDATE audit SET actor = 'x' || actor WHERE id = ?1",
            "UPDATE audit SET actor = substr(actor, 2) WHERE id = ?1",
        ),
        (
            "UPDATE audit SET action = 'x' || action WHERE id = ?1",
            "UPDATE audit SET action = substr(action, 2) WHERE id = ?1",
        ),
        (
            "UPDATE audit SET subject = 'x' || subject WHERE id = ?1",
            "UPDATE audit SET subject = substr(subject, 2) WHERE id = ?1",
        ),
        ("UPDATE audit SET at = at + 1 WHERE id = ?1", "UPDATE audit SET at = at - 1 WHERE id = ?1"),
        (
            "UPDATE audit SET hash = 'x' || hash WHERE id = ?1",
            "UPDATE audit SET hash = substr(hash, 2) WHERE id = ?1",
        ),
        // Removed from its place, and put back.
        (
            "UPDATE audit SET id = id + 100000 WHERE id = ?1",
            "UPDATE audit SET id = id - 100000 WHERE id = ?1 + 100000",
        ),
    ] {
        for id in 1..=ROWS {
            books.tamper(change, id).await;
            assert!(books.broken().await.is_some(), "{change} of row {id}");
            books.tamper(back, id).await;
        }
        assert_eq!(books.broken().await, None, "{back}");
    }
    for id in 1..ROWS {
        let swap = "UPDATE audit SET id = CASE id WHEN ?1 THEN -1 WHEN ?1 + 1 THEN -2 ELSE id END";
        let settle = "UPDATE audit SET id = CASE id WHEN -1 THEN ?1 + 1 WHEN -2 THEN ?1 ELSE id END";
        books.tamper(swap, id).await;
        books.tamper(settle, id).await;
        assert!(books.broken().await.is_some(), "rows {id} and {} were swapped", id + 1);
        books.tamper(swap, id).await;
        books.tamper(settle, id).await;
    }
    assert_eq!(books.broken().await, None);
    for id in (1..=ROWS).rev() {
        books.tamper("DELETE FROM audit WHERE id >= ?1", id).await;
        let why = books.broken().await.expect("cut rows are noticed");
        assert!(why.contains("is gone"), "{why}");
    }
}

#[tokio::test]
async fn a_cut_stays_visible_when_the_program_starts_again_and_writes_on() {
    let books = Books::new().await;
    books.tamper("DELETE FROM audit WHERE id > ?1", ROWS - 2).await;
    let again = Books { store: Store::open(books.dir.path()).await.unwrap(), dir: books.dir };
    again.write(99).await;
    assert!(again.broken().await.is_some());
    std::fs::remove_file(again.head()).unwrap();
    let once_more = Books { store: Store::open(again.dir.path()).await.unwrap(), dir: again.dir };
    once_more.write(100).await;
    let why = once_more.broken().await.unwrap();
    assert!(why.contains("can't be read"), "taking the file away is noticed as well: {why}");
}

#[tokio::test]
async fn rows_from_before_the_chain_are_sealed_once() {
    let books = Books::new().await;
    books.tamper("UPDATE audit SET hash = '' WHERE id > ?1", 0).await;
    std::fs::remove_file(books.head()).unwrap();
    let migrated = Books { store: Store::open(books.dir.path()).await.unwrap(), dir: books.dir };
    assert_eq!(migrated.broken().await, None);
    migrated.write(99).await;
    assert_eq!(migrated.store.verify_audit().await.unwrap().rows, ROWS + 1);
    // One row without a hash among others is no old row.
    migrated.tamper("UPDATE audit SET hash = '' WHERE id = ?1", 7).await;
    let again = Books { store: Store::open(migrated.dir.path()).await.unwrap(), dir: migrated.dir };
    assert!(again.broken().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_an_old_audit_is_sealed_leaves_no_broken_chain() {
    for place in ["audit begun", "audit sealed"] {
        let books = Books::new().await;
        // As a program wrote it that had no chain yet.
        books.tamper("UPDATE audit SET hash = '' WHERE id > ?1", 0).await;
        std::fs::remove_file(books.head()).unwrap();
        let Books { store, dir } = books;
        drop(store);
        let site = Site::new();
        let verify = |die_at: Option<&str>| {
            let mut command = site.command();
            command.env("UNDERSTUDY_DATA", dir.path()).args(["audit", "verify"]);
            command.envs(die_at.map(|place| ("UNDERSTUDY_DIE_AT", place))).output().unwrap()
        };
        assert!(!verify(Some(place)).status.success(), "it did not die at `{place}`");
        let after = verify(None);
        assert!(after.status.success(), "`{place}`: {}", String::from_utf8_lossy(&after.stderr));
        let store = Store::open(dir.path()).await.unwrap();
        let report = store.verify_audit().await.unwrap();
        assert_eq!((report.broken, report.rows >= ROWS), (None, true), "`{place}`");
    }
}
