//! What was said in a conversation before a message.

use super::{Store, StoreError};
use crate::domain::{Inbound, InboxId};

impl Store {
    /// The messages before `message` in its conversation, at most `limit`, each followed by the replies that were
    /// delivered, oldest first: who said what. In replies speaks `own`.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn said_before(
        &self,
        message: &Inbound,
        limit: u32,
        own: &str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let id: Option<i64> =
            sqlx::query_scalar("SELECT id FROM inbox WHERE channel = ?1 AND source_key = ?2")
                .bind(message.channel.as_str())
                .bind(&message.key)
                .fetch_optional(&self.readers)
                .await?;
        let id = InboxId(id.unwrap_or(i64::MAX));
        let rows = self.conversation(&message.conversation, limit).await?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.id < id).collect();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
        let replies = self.replies_to(first.id, last.id).await?;
        let mut said = Vec::new();
        for row in rows {
            let replies = replies.iter().filter(|reply| reply.inbox == row.id && reply.sent_at > 0);
            said.push((row.from, row.text));
            said.extend(replies.map(|reply| (own.to_owned(), reply.reply.text.clone())));
        }
        Ok(said)
    }
}
