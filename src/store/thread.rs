//! What was said in a conversation before a message.

use super::{Store, StoreError};
use crate::domain::{Conversation, Inbound, InboxId, Integrity, Passage};

/// Earlier messages whose replies are looked at; a prompt has room for fewer.
const HEARD_OF: i64 = 12;

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

    /// How far the least trusted text is to be trusted that earlier replies of a conversation rest on.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn heard_before(
        &self,
        conversation: &Conversation,
        before: InboxId,
    ) -> Result<Integrity, StoreError> {
        let rows: Vec<(String, bool, bool)> = sqlx::query_as(
            "SELECT coalesce((SELECT result FROM step WHERE step.inbox_id = earlier.id AND kind = 'recall'), ''),
                    EXISTS (SELECT 1 FROM action WHERE action.inbox_id = earlier.id AND action.quotes = 1),
                    EXISTS (SELECT 1 FROM step WHERE step.inbox_id = earlier.id AND kind = 'judge')
             FROM (SELECT id FROM inbox WHERE conversation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3) AS earlier",
        )
        .bind(&conversation.0)
        .bind(before.0)
        .bind(HEARD_OF)
        .fetch_all(&self.readers)
        .await?;
        #[derive(serde::Deserialize)]
        struct Recalled {
            passages: Vec<Passage>,
        }
        let of = |(recalled, quotes, reviewed): &(String, bool, bool)| {
            // A review quotes the document that somebody sent.
            if *reviewed {
                return Integrity::External;
            }
            let passages = match serde_json::from_str::<Recalled>(recalled) {
                Ok(recalled) => recalled.passages,
                Err(_) if recalled.is_empty() => Vec::new(),
                // What can't be read can't be trusted.
                Err(_) => return Integrity::External,
            };
            let told = if *quotes { Integrity::Tool } else { Integrity::Owner };
            passages.iter().map(|passage| passage.integrity).max().unwrap_or(Integrity::Owner).max(told)
        };
        Ok(rows.iter().map(of).max().unwrap_or(Integrity::Owner))
    }
}
