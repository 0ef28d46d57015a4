//! Browsers that are signed in.

use sqlx::FromRow;

use super::{Store, StoreError};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// SHA-256 of the cookie, in hex.
    pub token_hash: String,
    /// Who it is, as readers lists name them.
    pub reader: String,
    /// The name to show.
    pub name: String,
    /// `owner`, `admin`, `member`.
    pub standing: String,
    /// When it ends.
    pub expires_at: i64,
}

impl Store {
    /// Remembers a session, of somebody who has just proved who they are, and forgets expired ones.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_session(&self, session: SessionRow, now: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM session WHERE expires_at <= ?1")
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query(
                        "INSERT INTO session (token_hash, reader, name, standing, expires_at, confirmed_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )
                    .bind(session.token_hash)
                    .bind(session.reader)
                    .bind(session.name)
                    .bind(session.standing)
                    .bind(session.expires_at)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The session of a cookie, unless it has expired.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn session(&self, token_hash: &str, now: i64) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query_as(
            "SELECT token_hash, reader, name, standing, expires_at FROM session
             WHERE token_hash = ?1 AND expires_at > ?2",
        )
        .bind(token_hash)
        .bind(now)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        let token_hash = token_hash.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM session WHERE token_hash = ?1")
                        .bind(token_hash)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}
