//! Rows of what people agreed to, and of whose understudy has stopped.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::super::{Store, StoreError, audit, to_json};
use crate::domain::{Consent, PersonId, Purpose, SourceKind, Stopped};

/// A consent on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsent {
    /// Who agreed.
    pub person: PersonId,
    /// For what.
    pub purpose: Purpose,
    /// From which sources.
    pub sources: Vec<SourceKind>,
    /// First second of the time whose words are covered.
    pub from_at: i64,
    /// First second after it.
    pub until_at: i64,
    /// Which text they agreed to.
    pub text_version: u32,
    /// How they said so.
    pub how: String,
}

impl Store {
    /// Records a consent and returns its id; an understudy that had stopped answers again.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn give_consent(&self, consent: NewConsent, now: i64) -> Result<i64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let person = consent.person.as_str();
                    let id: i64 = sqlx::query_scalar(
                        "INSERT INTO consent (person, purpose, sources, from_at, until_at, text_version, how, given_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                         RETURNING id",
                    )
                    .bind(person)
                    .bind(consent.purpose.as_str())
                    .bind(to_json(&consent.sources))
                    .bind(consent.from_at)
                    .bind(consent.until_at)
                    .bind(consent.text_version)
                    .bind(&consent.how)
                    .bind(now)
                    .fetch_one(&mut *connection)
                    .await?;
                    sqlx::query("DELETE FROM stopped WHERE person = ?1")
                        .bind(person)
                        .execute(&mut *connection)
                        .await?;
                    audit::insert(connection, now, person, "consent.given", &format!("consent {id}")).await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Everything a person agreed to, oldest first, with what they took back.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn consents(&self, person: &PersonId) -> Result<Vec<Consent>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, purpose, sources, from_at, until_at, text_version, how, given_at, withdrawn_at
             FROM consent WHERE person = ?1 ORDER BY id",
        )
        .bind(person.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_consent).collect()
    }

    /// Takes every consent of a person back and stops their understudy; returns how many still held.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn withdraw_consent(&self, person: &PersonId, by: &str, now: i64) -> Result<u64, StoreError> {
        let (person, by) = (person.to_string(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let held = sqlx::query(
                        "UPDATE consent SET withdrawn_at = ?2 WHERE person = ?1 AND withdrawn_at = 0",
                    )
                    .bind(&person)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                    // The words of corrections were kept because of it.
                    sqlx::query("UPDATE correction SET text = '' WHERE person = ?1")
                        .bind(&person)
                        .execute(&mut *connection)
                        .await?;
                    stop(&mut *connection, &person, Stopped::Withdrawn, now).await?;
                    audit::insert(connection, now, &by, "consent.withdrawn", &person).await?;
                    Ok(held)
                })
            })
            .await
    }

    /// Why a person's understudy answers nobody any more, if it has stopped.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn stopped(&self, person: &PersonId) -> Result<Option<Stopped>, StoreError> {
        let why: Option<String> = sqlx::query_scalar("SELECT why FROM stopped WHERE person = ?1")
            .bind(person.as_str())
            .fetch_optional(&self.readers)
            .await?;
        // A word of a newer version stops the understudy too.
        Ok(why.map(|why| if why == "erased" { Stopped::Erased } else { Stopped::Withdrawn }))
    }
}

/// Writes down that an understudy has stopped; erased outlasts withdrawn.
pub(super) async fn stop(
    connection: &mut SqliteConnection,
    person: &str,
    why: Stopped,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stopped (person, why, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (person) DO UPDATE SET why = excluded.why, at = excluded.at WHERE stopped.why <> 'erased'",
    )
    .bind(person)
    .bind(why.as_str())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

fn read_consent(row: &SqliteRow) -> Result<Consent, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "consent", id, why };
    let purpose: &str = row.try_get("purpose")?;
    Ok(Consent {
        id,
        purpose: purpose.parse().map_err(|e| unreadable(format!("{e}")))?,
        sources: serde_json::from_str(row.try_get("sources")?).map_err(|e| unreadable(e.to_string()))?,
        from_at: row.try_get("from_at")?,
        until_at: row.try_get("until_at")?,
        text_version: row.try_get("text_version")?,
        how: row.try_get("how")?,
        given_at: row.try_get("given_at")?,
        withdrawn_at: row.try_get("withdrawn_at")?,
    })
}
