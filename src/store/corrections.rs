//! What owners say about answers: that one was good, or what should have been said instead.

use sqlx::FromRow;

use super::{Store, StoreError, audit};
use crate::domain::{InboxId, PersonId};

/// A judgement on one answer.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CorrectionRow {
    /// `good` or `corrected`.
    pub verdict: String,
    /// What should have been said; empty when it was good, or nobody agreed to keep it.
    pub text: String,
    /// Who said so.
    pub actor: String,
    /// When.
    pub at: i64,
}

/// A judgement to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCorrection {
    /// The message whose answer is judged.
    pub inbox: InboxId,
    /// Whose understudy answered.
    pub person: PersonId,
    /// What should have been said; `None` when the answer was good.
    pub text: Option<String>,
    /// The consent that lets the words be kept; without one only the judgement is.
    pub consent: Option<i64>,
}

impl Store {
    /// Keeps a judgement on an answer; a later one replaces it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn keep_correction(
        &self,
        correction: NewCorrection,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let NewCorrection { inbox, person, text, consent } = correction;
                    let verdict = if text.is_some() { "corrected" } else { "good" };
                    sqlx::query(
                        "INSERT INTO correction (inbox_id, person, verdict, text, consent_id, actor, at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                         ON CONFLICT (inbox_id) DO UPDATE SET verdict = excluded.verdict, text = excluded.text,
                             consent_id = excluded.consent_id, actor = excluded.actor, at = excluded.at",
                    )
                    .bind(inbox.0)
                    .bind(person.as_str())
                    .bind(verdict)
                    .bind(text.filter(|_| consent.is_some()).unwrap_or_default())
                    .bind(consent.unwrap_or(0))
                    .bind(&by)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    let action = format!("answer.{verdict}");
                    audit::insert(connection, now, &by, &action, &format!("inbox {inbox}")).await
                })
            })
            .await
    }

    /// The judgement on an answer.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn correction(&self, inbox: InboxId) -> Result<Option<CorrectionRow>, StoreError> {
        let row = sqlx::query_as("SELECT verdict, text, actor, at FROM correction WHERE inbox_id = ?1")
            .bind(inbox.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// Forgets the words of judgements that were given before `before`; the judgements stay.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn forget_corrections(&self, before: i64) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let gone = sqlx::query("UPDATE correction SET text = '' WHERE text <> '' AND at < ?1")
                        .bind(before)
                        .execute(connection)
                        .await?;
                    Ok(gone.rows_affected())
                })
            })
            .await
    }
}
