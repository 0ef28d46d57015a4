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

use super::StoreError;

/// Operations that wait for the writer; when full, channels stop reading their sockets.
const QUEUE: usize = 1024;
/// Operations of one commit.
const GROUP: usize = 64;

type Done<'c> = Pin<Box<dyn Future<Output = Verdict> + Send + 'c>>;
type Operation = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> Done<'c> + Send>;

/// What an operation left behind: the answer to give after the commit, and whether its changes stay.
struct Verdict {
    keep: bool,
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Handle of the writer task.
#[derive(Clone)]
pub(super) struct Writer {
    operations: mpsc::Sender<Operation>,
    commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (operations, queue) = mpsc::channel(QUEUE);
        let commits = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(connection, queue, Arc::clone(&commits)));
        Self { operations, commits }
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
        self.operations.send(boxed).await.map_err(|_| StoreError::Closed)?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Operation>,
    commits: Arc<AtomicU64>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let mut answers = Vec::with_capacity(group.len());
        let committed = commit(&mut connection, group.drain(..), &mut answers).await;
        if committed.is_ok() {
            commits.fetch_add(1, Ordering::Relaxed);
        }
        let committed = committed.map_err(StoreError::from);
        for answer in answers {
            answer(committed.clone());
        }
    }
    if let Err(e) = connection.close().await {
        tracing::warn!("Closed the database with an error: {e}");
    }
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
