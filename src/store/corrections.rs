//! What owners say about answers: that one was good, or what should have been said instead.

use sqlx::FromRow;

use super::{Store, StoreError, audit, now};
use crate::domain::{InboxId, PersonId, Purpose};

/// Longest correction that is taken.
pub const TEXT_MAX_BYTES: usize = 16 * 1024;

/// Why a correction is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCorrection {
    /// There is nothing in it.
    #[error("The correction is empty, so nothing was kept.")]
    Empty,
    /// It has so many bytes.
    #[error("The correction has {0} bytes and up to {TEXT_MAX_BYTES} are kept.")]
    TooLong(usize),
    /// It is what was said.
    #[error("This is what it said already, so nothing was kept.")]
    Same,
}

/// Whether `text` may be kept as what should have been said instead of `said`.
///
/// # Errors
/// When it is empty, too long or no correction.
pub fn check_correction(text: &str, said: &str) -> Result<(), BadCorrection> {
    match text.trim() {
        "" => Err(BadCorrection::Empty),
        _ if text.len() > TEXT_MAX_BYTES => Err(BadCorrection::TooLong(text.len())),
        text if text == said.trim() => Err(BadCorrection::Same),
        _ => Ok(()),
    }
}

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
    /// Keeps a judgement of today on the answer to `inbox`: that it was good, or what it should have said. Returns whether
    /// the words were kept too: they are while the person's consent to learning covers today.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn judge_answer(
        &self,
        person: &PersonId,
        inbox: InboxId,
        text: Option<String>,
        by: &str,
    ) -> Result<bool, StoreError> {
        let consent = self.consent_now(person).await?;
        let keeps_words = text.is_some() && consent.is_some();
        let correction = NewCorrection { inbox, person: person.clone(), text, consent };
        self.keep_correction(correction, by, now()).await?;
        Ok(keeps_words)
    }

    /// The consent to learning that covers what is written now.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn consent_now(&self, person: &PersonId) -> Result<Option<i64>, StoreError> {
        let now = now();
        let consents = self.consents(person).await?;
        let found = consents.iter().rev().find(|consent| {
            consent.purpose == Purpose::Training
                && consent.withdrawn_at == 0
                && (consent.from_at..consent.until_at).contains(&now)
        });
        Ok(found.map(|consent| consent.id))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_says_something_else_in_bounds() {
        assert_eq!(check_correction("on Friday", "on Monday"), Ok(()));
        assert_eq!(check_correction(" \n", "on Monday"), Err(BadCorrection::Empty));
        assert_eq!(check_correction(" on Monday\n", "on Monday"), Err(BadCorrection::Same));
        assert_eq!(check_correction(&"x".repeat(1 << 20), "on Monday"), Err(BadCorrection::TooLong(1 << 20)));
    }
}
