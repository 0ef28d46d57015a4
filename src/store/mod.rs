//! All SQL of the program, over one SQLite file.
//!
//! Every write goes through one writer task that commits in groups: what is queued while a commit is on its
//! way to the disk shares the next one. A caller is told only after the commit, so an acknowledged row
//! survives `kill -9` and power loss (`synchronous=FULL`). Reads use their own connections and never wait for
//! a writer. No transaction is held across a model call or a network send.

mod accounts;
mod audit;
mod backup;
mod cards;
mod corrections;
mod depths;
mod folders;
mod hands;
mod inbox;
mod learning;
mod mail;
mod outbox;
mod overview;
mod pauses;
mod reviews;
mod revise;
mod sessions;
mod slack;
mod thread;
mod writer;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

pub use accounts::{AccountRow, NewInvitation};
pub use audit::{AUDIT_HEAD, AuditFilter, AuditReport, AuditRow};
pub use cards::CardRow;
pub use corrections::{BadCorrection, CorrectionRow, NewCorrection, check_correction};
pub use depths::QueueDepths;
pub use folders::NoteFolder;
pub(crate) use hands::Ended;
pub use hands::{ActionRow, ActionState, Decided, NewAction, NewReminder, Reminding};
pub use inbox::{Accepted, Claimed, InboxCounts, InboxRow, Settled, StepRow};
pub use learning::{Erased, IntakeRow, NewConsent, Receipt, RunRow, RunState};
pub use mail::{
    Judged, KeptMail, LetterEnd, LetterRow, LetterStands, MailCursor, MailRow, MailState, MailTask,
    MailTraffic, NewLetter, NewMail, NewNotice, NoticeRow, Reach, Refusal, SentMail,
};
pub use outbox::{ClaimedReply, NewReply, OutboxRow, ReplyFile, ReplyState, STUCK};
pub use pauses::{Pause, Pauses};
pub use reviews::{ClauseRow, ReviewRow};
pub use revise::{Revised, Span};
pub use sessions::SessionRow;
use writer::Writer;

/// Why the store refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("database: {0}")]
    Database(std::sync::Arc<sqlx::Error>),
    /// The stored schema is not one this version can bring up to date.
    #[error("migrate the database: {0}")]
    Migrate(std::sync::Arc<sqlx::migrate::MigrateError>),
    /// Somebody else holds the lease by now, so this result is not taken.
    #[error("the lease was lost to a later claim")]
    LeaseLost,
    /// There is no such row, or it is not in a state that allows this.
    #[error("{0}")]
    NotThere(String),
    /// The writer has shut down, or could not begin or end its transaction.
    #[error("the database did not confirm the write; is the disk full?")]
    Closed,
    /// A row holds something this version can't read.
    #[error("row {id} of {table} is unreadable: {why}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row.
        id: i64,
        /// What is wrong with it.
        why: String,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        Self::Database(std::sync::Arc::new(e))
    }
}

/// The store; clones share the writer and the readers.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: SqlitePool,
    dir: PathBuf,
}

impl Store {
    /// Opens `dir/understudy.db`, creating and migrating it as needed.
    ///
    /// The caller holds the lock of the data directory, so nobody else writes.
    ///
    /// # Errors
    /// When the file can't be opened or its schema is newer than this program.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(dir.join("understudy.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "on");
        let single = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("src/store/migrations")
            .run(&single)
            .await
            .map_err(|e| StoreError::Migrate(std::sync::Arc::new(e)))?;
        let mut connection = single.acquire().await?.detach();
        let head = audit::HeadFile::open(&mut connection, dir).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        Ok(Self { writer: Writer::start(connection, head), readers, dir: dir.to_owned() })
    }

    /// Number of commits since the store was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// A single value.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query_scalar("SELECT value FROM setting WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// Which installation this database is of: random, made once.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn installation(&self) -> Result<Uuid, StoreError> {
        const NAME: &str = "installation";
        if let Some(id) = self.setting(NAME).await?.and_then(|id| id.parse().ok()) {
            return Ok(id);
        }
        let new = Uuid::new_v4().to_string();
        let kept: String = self
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
                    )
                    .bind(NAME)
                    .bind(new)
                    .execute(&mut *connection)
                    .await?;
                    let kept = sqlx::query_scalar("SELECT value FROM setting WHERE name = ?1")
                        .bind(NAME)
                        .fetch_one(connection)
                        .await?;
                    Ok(kept)
                })
            })
            .await?;
        kept.parse().map_err(|_| {
            StoreError::NotThere("the setting `installation` is not what was written there".to_owned())
        })
    }

    /// Sets a single value.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO setting (name, value) VALUES (?1, ?2)
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    )
                    .bind(name)
                    .bind(value)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

/// Seconds since 1970 by the system's clock.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("domain types have only string keys")
}
