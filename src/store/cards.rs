//! Approval cards in Slack: who was shown which request, where, and what the card shows now.

use sqlx::FromRow;

use super::{ActionRow, Store, StoreError};
use crate::domain::{ActionId, PersonId};

/// A card.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CardRow {
    /// What its buttons carry.
    pub token: String,
    /// The request.
    #[sqlx(rename = "action_id")]
    pub action: i64,
    /// Whose understudy asks.
    pub person: String,
    /// The workspace.
    pub team: String,
    /// Whom it was shown to, by their id in Slack.
    pub user: String,
    /// Of the request as it was shown.
    pub fingerprint: String,
    /// When it was made, before it was posted.
    pub made_at: i64,
    /// The direct message it is in, or empty.
    pub channel: String,
    /// The post, or empty.
    pub ts: String,
    /// The state of the request that it shows, or empty.
    pub shown: String,
}

impl CardRow {
    /// The request it shows.
    #[must_use]
    pub fn action(&self) -> ActionId {
        ActionId(self.action)
    }
}

macro_rules! select_card {
    () => {
        "SELECT token, action_id, person, team, user, fingerprint, made_at, channel, ts, shown FROM slack_card "
    };
}

impl Store {
    /// Notes that a request is about to be shown to somebody; one that was noted before stays as it is.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_card(
        &self,
        row: &ActionRow,
        team: &str,
        user: &str,
        token: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (action, person) = (row.id.0, row.person.to_string());
        let [team, user, token, print] = [team, user, token, &row.fingerprint].map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO slack_card (token, action_id, person, team, user, fingerprint, made_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                    )
                    .bind(token)
                    .bind(action)
                    .bind(person)
                    .bind(team)
                    .bind(user)
                    .bind(print)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes where a card was posted and the state that it shows; `closed` when it will not change any more.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn card_posted(
        &self,
        token: &str,
        channel: &str,
        ts: &str,
        shown: &str,
        closed: bool,
    ) -> Result<(), StoreError> {
        let [token, channel, ts, shown] = [token, channel, ts, shown].map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE slack_card SET channel = ?2, ts = ?3, shown = ?4, closed = ?5 WHERE token = ?1",
                    )
                    .bind(token)
                    .bind(channel)
                    .bind(ts)
                    .bind(shown)
                    .bind(closed)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes the state that a card shows now; `closed` when it will not change any more.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn card_shows(&self, token: &str, shown: &str, closed: bool) -> Result<(), StoreError> {
        let [token, shown] = [token, shown].map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE slack_card SET shown = ?2, closed = ?3 WHERE token = ?1")
                        .bind(token)
                        .bind(shown)
                        .bind(closed)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The card whose buttons carry `token`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn card(&self, token: &str) -> Result<Option<CardRow>, StoreError> {
        let row = sqlx::query_as(concat!(select_card!(), "WHERE token = ?1"))
            .bind(token)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// The cards of a person's bot that do not show how their request stands, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn open_cards(
        &self,
        person: &PersonId,
        team: &str,
        limit: u32,
    ) -> Result<Vec<CardRow>, StoreError> {
        let rows = sqlx::query_as(concat!(
            select_card!(),
            "WHERE person = ?1 AND team = ?2 AND closed = 0 AND shown <> (
                 SELECT CASE state WHEN 'running' THEN 'approved' ELSE state END FROM action WHERE id = action_id)
             ORDER BY action_id, user LIMIT ?3"
        ))
        .bind(person.as_str())
        .bind(team)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Whom a request was shown to, by their ids in Slack, also where the card is closed.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn shown_to(&self, action: ActionId) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query_scalar("SELECT user FROM slack_card WHERE action_id = ?1")
            .bind(action.0)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }
}
