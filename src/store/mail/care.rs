//! What owners are told about mail, and addresses that nothing reaches.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::super::{Store, StoreError};
use crate::domain::PersonId;

/// Something that an owner is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// The same for what was told before.
    pub key: String,
    /// Whose understudy it is about.
    pub person: String,
    /// `bounce`, `loop`, `limit`, `old` or `silent`.
    pub kind: &'static str,
    /// The sentence.
    pub words: String,
}

/// Something that an owner was told.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
pub struct NoticeRow {
    /// The row.
    pub id: i64,
    /// Whose understudy it is about.
    pub person: String,
    /// See [`NewNotice`].
    pub kind: String,
    /// The sentence.
    pub words: String,
    /// When.
    pub at: i64,
}

/// How an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A server still tries.
    Delayed,
    /// A server gave up.
    Dead,
}

impl Store {
    /// Tells an owner something; returns whether it is new.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn tell_owner(&self, notice: NewNotice, now: i64) -> Result<bool, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "INSERT INTO mail_notice (key, person, kind, words, at) VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT (key) DO NOTHING",
                    )
                    .bind(notice.key)
                    .bind(notice.person)
                    .bind(notice.kind)
                    .bind(notice.words)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// What owners were told and have not put aside, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_notices(&self, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, person, kind, words, at FROM mail_notice WHERE seen_at = 0 ORDER BY id DESC LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Whom a notice that is still to be read is about.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn notice_of(&self, id: i64) -> Result<Option<String>, StoreError> {
        let row = sqlx::query_scalar("SELECT person FROM mail_notice WHERE id = ?1 AND seen_at = 0")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// Puts a notice aside.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_notice_aside(&self, id: i64, now: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE mail_notice SET seen_at = ?2 WHERE id = ?1 AND seen_at = 0")
                        .bind(id)
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes that a reply did not reach an address; a dead one stays dead whatever comes later.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_bounced(
        &self,
        address: &str,
        reach: Reach,
        status: &str,
        said: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (address, status, said) = (address.to_owned(), status.to_owned(), said.to_owned());
        let state = if reach == Reach::Dead { "dead" } else { "delayed" };
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO mail_address (address, state, status, said, at) VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT (address) DO UPDATE SET state = excluded.state, status = excluded.status,
                             said = excluded.said, at = excluded.at
                         WHERE mail_address.state <> 'dead' OR excluded.state = 'dead'",
                    )
                    .bind(address)
                    .bind(state)
                    .bind(status)
                    .bind(said)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Forgets that an address could not be reached, because its owner has written.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_reached(&self, address: &str) -> Result<(), StoreError> {
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM mail_address WHERE address = ?1")
            .bind(address)
            .fetch_optional(&self.readers)
            .await?;
        if known.is_none() {
            return Ok(());
        }
        let address = address.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM mail_address WHERE address = ?1")
                        .bind(address)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Addresses that replies did not reach: address, `delayed` or `dead`, and what the last server said.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_addresses(&self, limit: u32) -> Result<Vec<(String, String, String)>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT address, state, trim(status || ' ' || said) FROM mail_address ORDER BY address LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Which of these addresses have written to a person by mail that was known to be theirs, and are not dead.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_correspondents(
        &self,
        person: &PersonId,
        addresses: Vec<String>,
    ) -> Result<Vec<String>, StoreError> {
        let mut known = Vec::new();
        for address in addresses {
            let row: Option<i64> = sqlx::query_scalar(
                "SELECT 1 FROM mail_task JOIN mail ON mail.id = mail_task.mail_id
                 WHERE mail_task.sender = ?2 AND person = ?1 AND released_at = 0
                   AND NOT EXISTS (SELECT 1 FROM mail_address WHERE address = ?2 AND state = 'dead') LIMIT 1",
            )
            .bind(person.as_str())
            .bind(&address)
            .fetch_optional(&self.readers)
            .await?;
            if row.is_some() {
                known.push(address);
            }
        }
        Ok(known)
    }
}
