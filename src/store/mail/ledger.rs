//! How far mailboxes were read, and one row per mail.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row};

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

/// A row of the ledger as people see it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct MailRow {
    /// The row.
    pub id: i64,
    /// The mailbox.
    pub mailbox: String,
    /// Its number there.
    pub uid: i64,
    /// What became of it.
    pub state: String,
    /// Why.
    pub why: String,
    /// The address it says it is from.
    pub sender: String,
    /// When the server got it.
    pub arrived_at: i64,
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
                         RETURNING id, raw, size_bytes, arrived_at, attempts, admitted_at",
                    )
                    .bind(id)
                    .fetch_optional(connection)
                    .await?;
                    Ok(row)
                })
            })
            .await
    }

    /// Takes back an attempt that said nothing about the mail, or lets a parked mail be read again.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn reopen_mail(&self, id: i64) -> Result<bool, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE mail SET attempts = 0, state = 'received', why = ''
                         WHERE id = ?1 AND state IN ('received', 'parked')",
                    )
                    .bind(id)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// Lets an old mail be answered after all; returns whether it was one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn admit_mail(&self, id: i64, by: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE mail SET state = 'received', attempts = 0, why = '', admitted_at = ?2
                   WHERE id = ?1 AND state = 'old'";
        self.decide_mail(id, sql, "mail.admitted", by, now).await
    }

    /// Gives up a mail that waits for a person, and its bytes; returns whether it was one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn drop_mail(&self, id: i64, by: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE mail SET state = 'dropped', raw = x'', why = why || ' (dropped)'
                   WHERE id = ?1 AND state IN ('parked', 'held', 'old') AND ?2 > 0";
        self.decide_mail(id, sql, "mail.dropped", by, now).await
    }

    async fn decide_mail(
        &self,
        id: i64,
        sql: &'static str,
        action: &'static str,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(sql).bind(id).bind(now).execute(&mut *connection).await?;
                    if done.rows_affected() == 0 {
                        return Ok(false);
                    }
                    super::super::audit::insert(connection, now, &by, action, &format!("mail {id}")).await?;
                    Ok(true)
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

    /// One mail as people see it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_row(&self, id: i64) -> Result<Option<MailRow>, StoreError> {
        let row =
            sqlx::query_as("SELECT id, mailbox, uid, state, why, sender, arrived_at FROM mail WHERE id = ?1")
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

    /// The newest mails that a person may want to look at: parked and held ones, and what was passed over.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_to_see(&self, limit: u32) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, mailbox, uid, state, why, sender, arrived_at FROM mail
             WHERE state IN ('parked', 'held', 'old', 'silent') ORDER BY id DESC LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// The newest mails that wait for a person: parked, held and old ones.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_to_decide(&self, limit: u32) -> Result<Vec<MailRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, mailbox, uid, state, why, sender, arrived_at FROM mail
             WHERE state IN ('parked', 'held', 'old') ORDER BY id DESC LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// How many mails are in which state, by state.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query("SELECT state, count(*) AS n FROM mail GROUP BY state ORDER BY state")
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok((row.try_get("state")?, row.try_get("n")?))).collect()
    }
}
