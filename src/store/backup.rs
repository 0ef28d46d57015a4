//! A copy of the store while it works, and what a store that was restored has to assume.

use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::{AUDIT_HEAD, Store, StoreError, audit};

/// Why a message that was open in a backup waits for a person.
const RESTORED: &str =
    "restored from a backup: it may have been answered since, so look before you let it be answered again";
/// What is said of a step that was open in a backup.
const UNSURE: &str =
    "I was restored from a backup, so I can't tell whether this was done. Look before you ask for it again.";
/// How far ids jump: what was written after the backup had ids that must never be given to something else.
const JUMP: i64 = 1_000_000;

impl Store {
    /// Writes a copy of everything that is committed into `dir`, with the end of its audit beside it.
    ///
    /// Writers go on meanwhile; what they commit is not in the copy.
    ///
    /// # Errors
    /// When the directory has one already or the disk is full.
    pub async fn back_up(&self, dir: &Path) -> Result<(), StoreError> {
        let file = dir.join("understudy.db");
        sqlx::query("VACUUM INTO ?1").bind(file.to_string_lossy()).execute(&self.readers).await?;
        let mut copy = SqliteConnectOptions::new().filename(&file).connect().await?;
        let head = audit::head_of(&mut copy).await?;
        copy.close().await?;
        std::fs::write(dir.join(AUDIT_HEAD), head)
            .map_err(|e| StoreError::NotThere(format!("can't write the end of the audit: {e}")))
    }

    /// Prepares a store that was just restored: whatever was open in it may have gone on since, elsewhere.
    ///
    /// Messages that were open wait for a person, unless `went_on` says that nobody did; replies that had not left are
    /// looked for before they are sent; steps that were approved are not done; everybody signs in anew.
    ///
    /// # Errors
    /// When the database is out of reach; nothing is changed then.
    pub async fn after_restore(&self, went_on: bool, now: i64) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    if went_on {
                        // What is read back, told or sent again would be a second time.
                        for statement in [
                            "DELETE FROM slack_heard",
                            "UPDATE outbox SET state = 'parked', last_error = 'restored from a backup' WHERE state = 'draft'",
                            "UPDATE owner_letter SET state = 'unclear', words = '' WHERE state = 'waiting'",
                        ] {
                            sqlx::query(statement).execute(&mut *connection).await?;
                        }
                        sqlx::query("UPDATE reminder SET told_at = ?1 WHERE told_at = 0 AND due_at <= ?1")
                            .bind(now)
                            .execute(&mut *connection)
                            .await?;
                    }
                    let open = if went_on {
                        sqlx::query(
                            "UPDATE inbox SET state = 'parked', last_error = ?1, lease_until_at = 0
                             WHERE state IN ('ready', 'running')",
                        )
                        .bind(RESTORED)
                        .execute(&mut *connection)
                        .await?
                        .rows_affected()
                    } else {
                        0
                    };
                    for statement in [
                        "UPDATE outbox SET state = 'uncertain' WHERE state IN ('ready', 'sending')",
                        "UPDATE action SET state = 'expired' WHERE state = 'waiting'",
                        "DELETE FROM session",
                    ] {
                        sqlx::query(statement).execute(&mut *connection).await?;
                    }
                    sqlx::query(
                        "UPDATE action SET state = 'uncertain', told = ?1 WHERE state IN ('approved', 'running')",
                    )
                    .bind(UNSURE)
                    .execute(&mut *connection)
                    .await?;
                    sqlx::query("UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name <> 'audit'")
                        .bind(JUMP)
                        .execute(&mut *connection)
                        .await?;
                    audit::insert(connection, now, "operator", "store.restored", &format!("{open} messages parked"))
                        .await?;
                    Ok(open)
                })
            })
            .await
    }
}
