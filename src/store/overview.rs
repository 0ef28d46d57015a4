//! What the pages ask about many people at once, each in one statement.

use std::collections::{BTreeMap, BTreeSet};

use super::inbox::{read_row, select_row};
use super::{InboxRow, Store, StoreError, to_json};
use crate::domain::{Conversation, InboxId, PersonId};

impl Store {
    /// What a person's understudy was asked between two times, newest first, at most `limit` after `skip`.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn asked_between(
        &self,
        person: &PersonId,
        (from_at, until_at): (i64, i64),
        (skip, limit): (u32, u32),
    ) -> Result<Vec<InboxRow>, StoreError> {
        let rows = sqlx::query(concat!(
            select_row!(),
            " WHERE person = ?1 AND accepted_at >= ?2 AND accepted_at < ?3
              ORDER BY accepted_at DESC, id DESC LIMIT ?5 OFFSET ?4"
        ))
        .bind(person.as_str())
        .bind(from_at)
        .bind(until_at)
        .bind(skip)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// The newest message of each of these conversations that has one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn newest_of(
        &self,
        conversations: &[Conversation],
    ) -> Result<BTreeMap<Conversation, InboxId>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT conversation, max(id) FROM inbox
             WHERE conversation IN (SELECT value FROM json_each(?1)) GROUP BY conversation",
        )
        .bind(to_json(&conversations))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|(conversation, id)| (Conversation(conversation), InboxId(id))).collect())
    }

    /// Whose replies wait for a yes, and whose requests do.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn who_waits(&self, now: i64) -> Result<BTreeSet<String>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT person FROM outbox WHERE state = 'draft'
             UNION SELECT DISTINCT person FROM action WHERE state = 'waiting' AND expires_at > ?1",
        )
        .bind(now)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().collect())
    }

    /// How many messages each person's understudy has taken in since a time.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn asked_since(&self, from_at: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let rows =
            sqlx::query_as("SELECT person, count(*) FROM inbox WHERE accepted_at >= ?1 GROUP BY person")
                .bind(from_at)
                .fetch_all(&self.readers)
                .await?;
        Ok(rows)
    }
}
