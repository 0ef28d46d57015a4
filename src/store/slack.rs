//! What the Slack channel keeps: where an admin wants silence, and until when everything was heard.

use super::{Span, Store, StoreError};
use crate::domain::PersonId;

impl Store {
    /// Silences a person's understudy in one channel of Slack, or everywhere; returns whether that is new.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn pause_slack(
        &self,
        person: &PersonId,
        channel: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (person, channel) = (person.to_string(), channel.unwrap_or_default().to_owned());
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "INSERT INTO slack_pause (person, channel, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    )
                    .bind(&person)
                    .bind(&channel)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    let subject = format!("{person} {}", where_of(&channel));
                    super::audit::insert(connection, now, &by, "slack.paused", &subject).await?;
                    Ok(done.rows_affected() == 1)
                })
            })
            .await
    }

    /// Lets it speak again there; returns whether it was silenced there.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn resume_slack(
        &self,
        person: &PersonId,
        channel: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (person, channel) = (person.to_string(), channel.unwrap_or_default().to_owned());
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM slack_pause WHERE person = ?1 AND channel = ?2")
                        .bind(&person)
                        .bind(&channel)
                        .execute(&mut *connection)
                        .await?;
                    if done.rows_affected() == 0 {
                        return Ok(false);
                    }
                    let subject = format!("{person} {}", where_of(&channel));
                    super::audit::insert(connection, now, &by, "slack.resumed", &subject).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Whether a person's understudy is silent in a channel of Slack.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn is_paused_in_slack(&self, person: &PersonId, channel: &str) -> Result<bool, StoreError> {
        let row: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM slack_pause WHERE person = ?1 AND channel IN ('', ?2) LIMIT 1")
                .bind(person.as_str())
                .bind(channel)
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.is_some())
    }

    /// The channels where a person's understudy is silent; the empty one means everywhere.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn slack_pauses(&self, person: &PersonId) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query_scalar("SELECT channel FROM slack_pause WHERE person = ?1 ORDER BY channel")
            .bind(person.as_str())
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }

    /// Until when a bot has heard everything, or `None` when it never connected.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn heard_in_slack(&self, person: &PersonId, team: &str) -> Result<Option<i64>, StoreError> {
        let at = sqlx::query_scalar("SELECT at FROM slack_heard WHERE person = ?1 AND team = ?2")
            .bind(person.as_str())
            .bind(team)
            .fetch_optional(&self.readers)
            .await?;
        Ok(at)
    }

    /// Remembers until when a bot has heard everything.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn set_heard_in_slack(&self, person: &PersonId, team: &str, at: i64) -> Result<(), StoreError> {
        let (person, team) = (person.to_string(), team.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO slack_heard (person, team, at) VALUES (?1, ?2, ?3)
                         ON CONFLICT (person, team) DO UPDATE SET at = excluded.at",
                    )
                    .bind(person)
                    .bind(team)
                    .bind(at)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Conversations in `among` in which something was accepted since `since_at`, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn recent_conversations(
        &self,
        among: &Span,
        since_at: i64,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query_scalar(
            "SELECT conversation FROM inbox WHERE conversation BETWEEN ?1 AND ?2
             GROUP BY conversation HAVING max(accepted_at) >= ?3 ORDER BY max(id) DESC LIMIT ?4",
        )
        .bind(among.from())
        .bind(among.until())
        .bind(since_at)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }
}

fn where_of(channel: &str) -> &str {
    if channel.is_empty() { "everywhere" } else { channel }
}
