//! Pins: what tools of MCP servers looked like when somebody looked.

use crate::store::{Store, StoreError, audit};

impl Store {
    /// What the tools of a server looked like, as (tool, SHA-256).
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn pins(&self, server: &str) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query_as("SELECT tool, sha256 FROM mcp_pin WHERE server = ?1 ORDER BY tool")
            .bind(server)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }

    /// Remembers how a tool looks now, because somebody has looked at it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn pin(
        &self,
        server: &str,
        tool: &str,
        sha256: &str,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let [server, tool, sha256, by] = [server, tool, sha256, by].map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO mcp_pin (server, tool, sha256, at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (server, tool) DO UPDATE SET sha256 = excluded.sha256, at = excluded.at",
                    )
                    .bind(&server)
                    .bind(&tool)
                    .bind(&sha256)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    let subject = format!("{server}.{tool} {sha256}");
                    audit::insert(connection, now, &by, "tool.pinned", &subject).await
                })
            })
            .await
    }
}
