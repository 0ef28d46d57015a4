//! Reviews: the verdict on each clause of a document, and what its owner says to it.

use sqlx::Row as _;

use super::{Claimed, Store, StoreError};
use crate::domain::{InboxId, PersonId};

/// A clause with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseRow {
    /// Its place in the review, from 0.
    pub n: i64,
    /// Over document, clause and request, in hex.
    pub print: String,
    /// The clause and its verdict as JSON.
    pub judged: String,
    /// What the owner says it is; empty until they have.
    pub ruled: String,
}

/// A review as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// The message that asked for it.
    pub inbox: InboxId,
    /// Whose understudy judged.
    pub person: PersonId,
    /// When it was asked for, in Unix seconds.
    pub at: i64,
    /// Clauses that were judged.
    pub clauses: i64,
    /// Clauses that its owner has ruled on.
    pub ruled: i64,
}

impl Store {
    /// Keeps the verdict on a clause of a claimed message; a second one for the same place replaces it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a later claim took over.
    pub async fn keep_clause(&self, claimed: &Claimed, row: ClauseRow) -> Result<(), StoreError> {
        let (inbox, token) = (claimed.id.0, claimed.lease_token);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let kept = sqlx::query(
                        "INSERT OR REPLACE INTO review_clause (inbox_id, n, print, judged)
                         SELECT id, ?3, ?4, ?5 FROM inbox
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(inbox)
                    .bind(token)
                    .bind(row.n)
                    .bind(&row.print)
                    .bind(&row.judged)
                    .execute(connection)
                    .await?;
                    super::inbox::held(kept.rows_affected())
                })
            })
            .await
    }

    /// Forgets the clauses from the `n`th on: those of another text that was judged before.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn trim_clauses(&self, claimed: &Claimed, n: i64) -> Result<(), StoreError> {
        let (inbox, token) = (claimed.id.0, claimed.lease_token);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "DELETE FROM review_clause WHERE inbox_id = ?1 AND n >= ?3
                         AND EXISTS (SELECT 1 FROM inbox WHERE id = ?1 AND lease_token = ?2)",
                    )
                    .bind(inbox)
                    .bind(token)
                    .bind(n)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The clauses of a review in their order; none when the message asked for no review.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn clauses(&self, inbox: InboxId) -> Result<Vec<ClauseRow>, StoreError> {
        let rows =
            sqlx::query("SELECT n, print, judged, ruled FROM review_clause WHERE inbox_id = ?1 ORDER BY n")
                .bind(inbox.0)
                .fetch_all(&self.readers)
                .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(ClauseRow {
                n: row.try_get("n")?,
                print: row.try_get("print")?,
                judged: row.try_get("judged")?,
                ruled: row.try_get("ruled")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Records what the owner says a clause is, and that they said it.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when there is no such clause.
    pub async fn rule_clause(
        &self,
        (inbox, n): (InboxId, i64),
        ruled: String,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done =
                        sqlx::query("UPDATE review_clause SET ruled = ?3 WHERE inbox_id = ?1 AND n = ?2")
                            .bind(inbox.0)
                            .bind(n)
                            .bind(ruled)
                            .execute(&mut *connection)
                            .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(
                            "there is no such clause any more; load the page again".to_owned(),
                        ));
                    }
                    let subject = format!("inbox {inbox}, clause {}", n + 1);
                    super::audit::insert(connection, now, &by, "review.ruled", &subject).await
                })
            })
            .await
    }

    /// The newest reviews of a person's understudy.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn reviews(&self, person: &PersonId, limit: u32) -> Result<Vec<ReviewRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT inbox.id, inbox.accepted_at, COUNT(*) AS clauses, SUM(review_clause.ruled <> '') AS ruled
             FROM review_clause JOIN inbox ON inbox.id = review_clause.inbox_id
             WHERE inbox.person = ?1 GROUP BY inbox.id ORDER BY inbox.id DESC LIMIT ?2",
        )
        .bind(person.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            Ok(ReviewRow {
                inbox: InboxId(row.try_get("id")?),
                person: person.clone(),
                at: row.try_get("accepted_at")?,
                clauses: row.try_get("clauses")?,
                ruled: row.try_get("ruled")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
