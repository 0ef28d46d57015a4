//! The one writer: queued operations share a transaction, each in a savepoint of its own.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, audit::HeadFile};

/// Operations that wait for the writer; when full, channels stop reading their sockets.
const QUEUE: usize = 1024;
/// Operations of one commit.
const GROUP: usize = 64;

type Done<'c> = Pin<Box<dyn Future<Output = Verdict> + Send + 'c>>;
type Operation = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Done<'c> + Send>;

/// What waits for the writer.
enum Job {
    /// A change, to share a transaction with its neighbours.
    Change(Operation),
    /// Rewrites the file, which can't happen inside a transaction.
    Scrub(oneshot::Sender<Result<(), StoreError>>),
}

/// What an operation left behind: the answer to give after the commit, and whether its changes stay.
struct Verdict {
    keep: bool,
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Handle of the writer task.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, head: HeadFile) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let commits = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(connection, head, queue, Arc::clone(&commits)));
        Self { jobs, commits }
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs `operation` in the next transaction and returns its result after the commit.
    ///
    /// An error of the operation undoes its own changes only.
    pub(super) async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(
                &'c mut SqliteConnection,
            ) -> Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>
            + Send
            + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let boxed: Operation = Box::new(move |connection| {
            Box::pin(async move {
                let result = operation(connection).await;
                let keep = result.is_ok();
                // Answer only when the commit is known: an early yes would be a promise the disk can break.
                let answer: Answer = Box::new(move |committed: Result<(), StoreError>| {
                    sender.send(committed.and(result)).ok();
                });
                Verdict { keep, answer }
            })
        });
        self.jobs.send(Job::Change(boxed)).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    /// Rewrites the file after the changes that were queued before, so that deleted content is gone.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.jobs.send(Job::Scrub(sender)).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(
    mut connection: SqliteConnection,
    mut head: HeadFile,
    mut queue: mpsc::Receiver<Job>,
    commits: Arc<AtomicU64>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let (mut changes, mut scrubs) = (Vec::with_capacity(group.len()), Vec::new());
        for job in group.drain(..) {
            match job {
                Job::Change(operation) => changes.push(operation),
                Job::Scrub(done) => scrubs.push(done),
            }
        }
        if !changes.is_empty() {
            let mut answers = Vec::with_capacity(changes.len());
            let committed = commit(&mut connection, changes.into_iter(), &mut answers).await;
            if committed.is_ok() {
                commits.fetch_add(1, Ordering::Relaxed);
                // After the commit, so that the file never knows a row that the disk does not.
                if let Err(e) = head.write(&mut connection).await {
                    tracing::warn!("Can't read the end of the audit: {e:#}");
                }
            }
            let committed = committed.map_err(StoreError::from);
            for answer in answers {
                answer(committed.clone());
            }
        }
        if !scrubs.is_empty() {
            let scrubbed = scrub(&mut connection).await;
            for done in scrubs {
                done.send(scrubbed.clone()).ok();
            }
        }
    }
    if let Err(e) = connection.close().await {
        tracing::warn!("Closed the database with an error: {e}");
    }
}

/// Times the log is tried to be emptied while a reader holds on to an old snapshot.
const SCRUB_TRIES: u32 = 20;

/// `secure_delete` zeroes what is deleted, but pages that were split or merged keep copies; only a rewrite is
/// certain. It goes through the write-ahead log, so that is emptied last (<https://sqlite.org/wal.html>).
async fn scrub(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("VACUUM").execute(&mut *connection).await?;
    for _ in 0..SCRUB_TRIES {
        let busy: i64 =
            sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
        if busy == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    Err(StoreError::NotThere("the write-ahead log is held by a reader; try again".to_owned()))
}

async fn commit(
    connection: &mut SqliteConnection,
    group: impl Iterator<Item = Operation>,
    answers: &mut Vec<Answer>,
) -> Result<(), sqlx::Error> {
    // IMMEDIATE, because a deferred transaction that reads first can't be upgraded under WAL.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for operation in group {
        let mut savepoint = transaction.begin().await?;
        let verdict = operation(&mut savepoint).await;
        answers.push(verdict.answer);
        if verdict.keep {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
    }
    transaction.commit().await
}
