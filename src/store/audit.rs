//! What happened to whom. (The hash chain over these rows comes with the permission work.)

use sqlx::{FromRow, SqliteConnection};

use super::{Store, StoreError};

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct AuditRow {
    /// When.
    pub at: i64,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    at: i64,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, actor, action, subject) VALUES (?1, ?2, ?3, ?4)")
        .bind(at)
        .bind(actor)
        .bind(action)
        .bind(subject)
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// The newest rows of the audit, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query_as("SELECT at, actor, action, subject FROM audit ORDER BY id DESC LIMIT ?1")
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }
}
