//! Mail as people see it, and what they decide about it.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row};

use super::super::{Store, StoreError, audit};

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
        self.decide_mail(id, "received", "mail.admitted", by, now).await
    }

    /// Lets a held mail be answered as a stranger's, although nobody vouches for its sender; returns whether it was one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn release_mail(&self, id: i64, by: &str, now: i64) -> Result<bool, StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE mail SET state = 'received', attempts = 0, why = '', admitted_at = ?2, released_at = ?2
                         WHERE id = ?1 AND state = 'held' AND length(raw) > 0",
                    )
                    .bind(id)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Ok(false);
                    }
                    audit::insert(connection, now, &by, "mail.released", &format!("mail {id}")).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Gives up a mail that waits for a person, and its bytes; returns whether it was one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn drop_mail(&self, id: i64, by: &str, now: i64) -> Result<bool, StoreError> {
        self.decide_mail(id, "dropped", "mail.dropped", by, now).await
    }

    async fn decide_mail(
        &self,
        id: i64,
        state: &'static str,
        action: &'static str,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE mail SET state = ?2, attempts = 0, admitted_at = ?3,
                                raw = CASE ?2 WHEN 'dropped' THEN x'' ELSE raw END
                         WHERE id = ?1 AND (state = 'old' OR (?2 = 'dropped' AND state IN ('parked', 'held')))",
                    )
                    .bind(id)
                    .bind(state)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Ok(false);
                    }
                    audit::insert(connection, now, &by, action, &format!("mail {id}")).await?;
                    Ok(true)
                })
            })
            .await
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
