//! What happened to whom, as a chain: each row holds a hash over itself and the hash of the row before.
//!
//! A row is written in the transaction of what it tells, so there is no effect without one. Kept besides the table: its
//! last id and hash, in `audit.head` in the data directory, so that rows missing at the end are noticed as well. After a
//! crash the file may be older than the table, never newer; a table that ends before the file says so was cut.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use futures::TryStreamExt as _;
use sha2::{Digest, Sha256};
use sqlx::{Connection as _, FromRow, SqliteConnection};

use super::{Store, StoreError};

/// File name of the last id and hash.
pub const AUDIT_HEAD: &str = "audit.head";
/// Bytes of that file, so that it is written in place and never torn across two blocks.
const HEAD_BYTES: usize = 96;

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct AuditRow {
    /// When.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
}

/// What a look at the whole chain came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditReport {
    /// Rows that were read.
    pub rows: i64,
    /// Where it is broken and why; `None` when all of it is as it was written.
    pub broken: Option<String>,
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let before: Option<String> = sqlx::query_scalar("SELECT hash FROM audit ORDER BY id DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO audit (at, actor, action, subject, hash) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(at)
        .bind(actor)
        .bind(action)
        .bind(subject)
        .bind(link(before.as_deref().unwrap_or_default(), at, [actor, action, subject]))
        .execute(connection)
        .await?;
    Ok(())
}

/// The hash of a row after a row with the hash `before`; each text is preceded by its length in bytes.
fn link(before: &str, at: i64, texts: [&str; 3]) -> String {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(at.to_le_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}

/// Chains the rows of a database that had no chain yet; a single row that has a hash leaves all as they are.
async fn seal(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let chained: i64 =
        sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM audit WHERE hash <> '' LIMIT 1)")
            .fetch_one(&mut *transaction)
            .await?;
    if chained > 0 {
        return Ok(());
    }
    let rows: Vec<(i64, i64, String, String, String)> =
        sqlx::query_as("SELECT id, at, actor, action, subject FROM audit ORDER BY id")
            .fetch_all(&mut *transaction)
            .await?;
    let mut before = String::new();
    for (id, at, actor, action, subject) in rows {
        before = link(&before, at, [&actor, &action, &subject]);
        sqlx::query("UPDATE audit SET hash = ?2 WHERE id = ?1")
            .bind(id)
            .bind(&before)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The end of the chain, as the file outside the database has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Head {
    id: i64,
    hash: String,
}

impl Head {
    async fn of(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last: Option<(i64, String)> =
            sqlx::query_as("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
                .fetch_optional(connection)
                .await?;
        Ok(last.map(|(id, hash)| Self { id, hash }).unwrap_or_default())
    }

    fn line(&self) -> String {
        let line = format!("{} {}", self.id, self.hash);
        format!("{line:<width$}\n", width = HEAD_BYTES - 1)
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        // The end of a table without rows has no hash.
        let (id, hash) = text.split_once(' ').unwrap_or((text, ""));
        Some(Self { id: id.parse().ok()?, hash: hash.to_owned() })
    }
}

/// The line that belongs into the file beside a database, by what the database holds.
pub(super) async fn head_of(connection: &mut SqliteConnection) -> Result<String, StoreError> {
    Ok(Head::of(connection).await?.line())
}

/// Writes the end of the chain into its file after each commit.
pub(super) struct HeadFile {
    file: File,
    last: Head,
    /// The file and the table contradict each other, so the file stays as it is, as proof.
    contradicted: bool,
}

impl HeadFile {
    /// Seals old rows and opens the file; it is created only for a table that has just been sealed or is empty.
    pub(super) async fn open(connection: &mut SqliteConnection, dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(AUDIT_HEAD);
        let unsealed: i64 =
            sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM audit WHERE hash <> '' LIMIT 1)")
                .fetch_one(&mut *connection)
                .await?;
        if unsealed == 0 && !path.exists() {
            // Before the rows are sealed: a crash in between leaves a file that remembers no row yet, not a chain
            // whose file somebody seems to have taken away.
            Self::begin(&path)
                .map_err(|e| StoreError::NotThere(format!("can't write {}: {e}", path.display())))?;
        }
        crate::crash::point("audit begun");
        seal(&mut *connection).await?;
        crate::crash::point("audit sealed");
        let contradicted = contradiction(&mut *connection, &path).await?.is_some();
        let unwritable =
            |e: std::io::Error| StoreError::NotThere(format!("can't write {}: {e}", path.display()));
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let (file, contradicted) = match file {
            Ok(file) => (file, contradicted),
            // Somebody took it away; a new one would hide that.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                (File::open("/dev/null").map_err(unwritable)?, true)
            }
            Err(e) => return Err(unwritable(e)),
        };
        let mut head = Self { file, last: Head { id: -1, hash: String::new() }, contradicted };
        head.write(connection).await?;
        Ok(head)
    }

    /// Makes the file of an audit of which nothing is remembered yet, whole or not at all.
    fn begin(path: &Path) -> std::io::Result<()> {
        let new = path.with_extension("head.new");
        let mut file = File::create(&new)?;
        writeln!(file, "{:<width$}", 0, width = HEAD_BYTES - 1)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    }

    /// Brings the file up to the table.
    pub(super) async fn write(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.contradicted {
            return Ok(());
        }
        let head = Head::of(connection).await?;
        if head == self.last {
            return Ok(());
        }
        let line = head.line();
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(line.as_bytes()));
        match written {
            Ok(()) => self.last = head,
            // The next commit tries again; the file is then older than the table, which is allowed.
            Err(e) => tracing::warn!("Can't write the end of the audit beside the database: {e}"),
        }
        Ok(())
    }
}

/// What speaks against the table by the file of its end, if anything.
async fn contradiction(connection: &mut SqliteConnection, path: &Path) -> Result<Option<String>, StoreError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    let name = path.display();
    if let Err(e) = read {
        return Ok(Some(format!(
            "the end of the audit that is kept beside the database can't be read ({name}: {e})"
        )));
    }
    let Some(head) = Head::parse(&text) else {
        return Ok(Some(format!("{name} is not what the program writes there")));
    };
    if head.id == 0 {
        return Ok(None);
    }
    let hash: Option<String> = sqlx::query_scalar("SELECT hash FROM audit WHERE id = ?1")
        .bind(head.id)
        .fetch_optional(connection)
        .await?;
    Ok(match hash {
        Some(hash) if hash == head.hash => None,
        Some(_) => Some(format!("row {} is not the one that {name} remembers", head.id)),
        None => Some(format!("the audit once went on to row {}, which is gone", head.id)),
    })
}

/// Which rows of the audit are looked for; empty texts let all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Contained in who did it.
    pub actor: String,
    /// What the action begins with, such as `tool.`.
    pub action: String,
    /// Contained in what it was done to.
    pub subject: String,
    /// Only rows with a lower id; 0: from the newest on.
    pub before: i64,
}

impl Store {
    /// Writes down that somebody changed something which lies outside of the database.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn note_change(
        &self,
        action: &str,
        subject: &str,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let [action, subject, by] = [action, subject, by].map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move { insert(connection, now, &by, &action, &subject).await })
            })
            .await
    }

    /// The newest rows that a filter lets through, newest first, each with its id.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn audit_like(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        let rows: Vec<(i64, i64, String, String, String)> = sqlx::query_as(
            "SELECT id, at, actor, action, subject FROM audit
             WHERE (?1 = 0 OR id < ?1) AND instr(lower(actor), lower(?2)) > 0
               AND substr(action, 1, length(?3)) = ?3 AND instr(lower(subject), lower(?4)) > 0
             ORDER BY id DESC LIMIT ?5",
        )
        .bind(filter.before)
        .bind(&filter.actor)
        .bind(&filter.action)
        .bind(&filter.subject)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let read = |(id, at, actor, action, subject)| (id, AuditRow { at, actor, action, subject });
        Ok(rows.into_iter().map(read).collect())
    }

    /// The newest rows of the audit, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query_as("SELECT at, actor, action, subject FROM audit ORDER BY id DESC LIMIT ?1")
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }

    /// Reads the whole chain and holds it against the end that is kept beside the database.
    ///
    /// # Errors
    /// When the database is out of reach; a broken chain is no error but the report.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut connection = self.readers.acquire().await?;
        // Before the rows: what is committed meanwhile only makes the table longer.
        let contradicted = contradiction(&mut connection, &self.dir.join(AUDIT_HEAD)).await?;
        let mut rows = sqlx::query_as::<_, (i64, i64, String, String, String, String)>(
            "SELECT id, at, actor, action, subject, hash FROM audit ORDER BY id",
        )
        .fetch(&mut *connection);
        let (mut before, mut n) = (String::new(), 0);
        while let Some((id, at, actor, action, subject, hash)) = rows.try_next().await? {
            if link(&before, at, [&actor, &action, &subject]) != hash {
                let why =
                    format!("row {id} does not continue the chain: it, or what stood before it, was changed");
                return Ok(AuditReport { rows: n, broken: Some(why) });
            }
            before = hash;
            n += 1;
        }
        Ok(AuditReport { rows: n, broken: contradicted })
    }
}
