//! How far mailboxes were read, and one row per mail.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::super::{Store, StoreError};

/// How far a mailbox was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct MailCursor {
    /// The numbering that `uid_next` belongs to.
    pub uid_validity: u32,
    /// The first number that was not read yet.
    pub uid_next: u32,
    /// When it was last read to its end.
    pub read_at: i64,
}

/// A mail as it is kept before anything looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Its number in the mailbox.
    pub uid: u32,
    /// Its bytes, or its header fields when it is too big.
    pub raw: Vec<u8>,
    /// Size of the whole mail.
    pub size_bytes: i64,
    /// When the server got it.
    pub arrived_at: i64,
}

/// A mail that waits to be read.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KeptMail {
    /// The row.
    pub id: i64,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// Size of the whole mail.
    pub size_bytes: i64,
    /// When the server got it.
    pub arrived_at: i64,
    /// Attempts to read it, this one included.
    pub attempts: i64,
    /// When somebody let it be answered although it is old, or 0.
    pub admitted_at: i64,
    /// When somebody let it be answered although nobody vouches for its sender, or 0.
    pub released_at: i64,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It is a message in the inbox.
    Taken,
    /// It is of a kind that nobody answers.
    Silent,
    /// Nobody knows who sent it.
    Held,
    /// We sent it.
    Own,
    /// The same mail was here before.
    Repeat,
    /// It could not be read and waits for a person.
    Parked,
    /// It lay there for so long that its owner is asked first.
    Old,
}

impl MailState {
    /// The name in the database and in the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Silent => "silent",
            Self::Held => "held",
            Self::Own => "own",
            Self::Repeat => "repeat",
            Self::Parked => "parked",
            Self::Old => "old",
        }
    }

    /// Whether somebody may still want to see the bytes.
    fn keeps_bytes(self) -> bool {
        matches!(self, Self::Taken | Self::Held | Self::Parked | Self::Old)
    }
}

/// The verdict on a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What becomes of it.
    pub state: MailState,
    /// Why, for people.
    pub why: String,
    /// See the schema.
    pub content_key: String,
    /// See the schema.
    pub text_hash: String,
    /// The address it says it is from.
    pub sender: String,
}

impl Store {
    /// How far a mailbox was read; `None` when it never was.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_cursor(&self, mailbox: &str) -> Result<Option<MailCursor>, StoreError> {
        let row =
            sqlx::query_as("SELECT uid_validity, uid_next, read_at FROM mail_cursor WHERE mailbox = ?1")
                .bind(mailbox)
                .fetch_optional(&self.readers)
                .await?;
        Ok(row)
    }

    /// Keeps mails and moves the cursor behind them, all or nothing; returns how many were new.
    ///
    /// A mail that is there already stays as it is.
    ///
    /// # Errors
    /// When the database is out of reach; the cursor has not moved then.
    pub async fn keep_mail(
        &self,
        mailbox: &str,
        uid_validity: u32,
        mails: Vec<NewMail>,
        cursor: MailCursor,
        now: i64,
    ) -> Result<u64, StoreError> {
        let mailbox = mailbox.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut new = 0;
                    for mail in mails {
                        let done = sqlx::query(
                            "INSERT INTO mail (mailbox, uid_validity, uid, raw, size_bytes, arrived_at, kept_at)
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                             ON CONFLICT (mailbox, uid_validity, uid) DO NOTHING",
                        )
                        .bind(&mailbox)
                        .bind(uid_validity)
                        .bind(mail.uid)
                        .bind(mail.raw)
                        .bind(mail.size_bytes)
                        .bind(mail.arrived_at)
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                        new += done.rows_affected();
                    }
                    sqlx::query(
                        "INSERT INTO mail_cursor (mailbox, uid_validity, uid_next, read_at)
                         VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (mailbox) DO UPDATE SET uid_validity = excluded.uid_validity,
                             uid_next = excluded.uid_next, read_at = excluded.read_at",
                    )
                    .bind(&mailbox)
                    .bind(cursor.uid_validity)
                    .bind(cursor.uid_next)
                    .bind(cursor.read_at)
                    .execute(connection)
                    .await?;
                    Ok(new)
                })
            })
            .await
    }

    /// The rows of a mailbox that nobody has read yet, oldest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn unread_mail(&self, mailbox: &str, limit: u32) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query_scalar(
            "SELECT id FROM mail WHERE mailbox = ?1 AND state = 'received' ORDER BY id LIMIT ?2",
        )
        .bind(mailbox)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Counts an attempt to read a mail, before the attempt, and returns the mail.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn begin_mail(&self, id: i64) -> Result<Option<KeptMail>, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row = sqlx::query_as(
                        "UPDATE mail SET attempts = attempts + 1 WHERE id = ?1 AND state = 'received'
                         RETURNING id, raw, size_bytes, arrived_at, attempts, admitted_at, released_at",
                    )
                    .bind(id)
                    .fetch_optional(connection)
                    .await?;
                    Ok(row)
                })
            })
            .await
    }

    /// When the server got a mail.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_arrived_at(&self, id: i64) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query_scalar("SELECT arrived_at FROM mail WHERE id = ?1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// Records what became of a mail.
    ///
    /// # Errors
    /// When the database is out of reach; the mail is read again then.
    pub async fn judge_mail(&self, id: i64, judged: Judged) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE mail SET state = ?2, why = ?3, content_key = ?4, text_hash = ?5, sender = ?6,
                                raw = CASE WHEN ?7 THEN raw ELSE x'' END
                         WHERE id = ?1 AND state = 'received'",
                    )
                    .bind(id)
                    .bind(judged.state.as_str())
                    .bind(judged.why)
                    .bind(judged.content_key)
                    .bind(judged.text_hash)
                    .bind(judged.sender)
                    .bind(judged.state.keeps_bytes())
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Whether the same mail was dealt with under an earlier row of the mailbox.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_was_here(&self, mailbox: &str, content_key: &str, id: i64) -> Result<bool, StoreError> {
        let row: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM mail
             WHERE mailbox = ?1 AND content_key = ?2 AND id <> ?3 AND state NOT IN ('received', 'repeat')
             LIMIT 1",
        )
        .bind(mailbox)
        .bind(content_key)
        .bind(id)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.is_some())
    }

    /// The bytes of a mail; `None` when there is no such mail, nothing when they are gone.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT raw FROM mail WHERE id = ?1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?)
    }

    /// Forgets the bytes of mails that were dealt with before `before`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn forget_mail_bytes(&self, before: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE mail SET raw = x''
                         WHERE kept_at < ?1 AND state IN ('taken', 'held', 'old') AND length(raw) > 0",
                    )
                    .bind(before)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
