//! What a mail asks of a person.

use sqlx::FromRow;

use super::super::{Store, StoreError};
use crate::domain::{Conversation, InboxId, PersonId};

/// What a mail asks of one person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MailTask {
    /// The key of the message in the inbox.
    pub source_key: String,
    /// The mail.
    pub mail_id: i64,
    /// Who is addressed.
    pub person: String,
    /// The thread.
    pub conversation: String,
    /// Who wrote.
    pub sender: String,
    /// The mail's Message-ID, without brackets.
    pub message_id: String,
    /// What the reply needs to know of the mail, as JSON.
    pub head: String,
    /// Whether the reply leaves without its owner's yes.
    pub automatic: bool,
    /// When it was taken in.
    pub at: i64,
}

/// What was taken in lately, for the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct MailTraffic {
    /// In the thread, in ten minutes.
    pub thread: i64,
    /// From the sender, in a day.
    pub sender: i64,
    /// From everybody, in an hour.
    pub everybody: i64,
    /// With the same text in the thread, at any time.
    pub same_text: i64,
}

impl Store {
    /// Notes what a mail asks; a task that is there already stays as it is.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_mail_task(&self, task: MailTask) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO mail_task (source_key, mail_id, person, conversation, sender, message_id,
                                                head, automatic, at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                         ON CONFLICT (source_key) DO NOTHING",
                    )
                    .bind(task.source_key)
                    .bind(task.mail_id)
                    .bind(task.person)
                    .bind(task.conversation)
                    .bind(task.sender)
                    .bind(task.message_id)
                    .bind(task.head)
                    .bind(task.automatic)
                    .bind(task.at)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The task with this key.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_task(&self, source_key: &str) -> Result<Option<MailTask>, StoreError> {
        let row = sqlx::query_as(
            "SELECT source_key, mail_id, person, conversation, sender, message_id, head, automatic, at
             FROM mail_task WHERE source_key = ?1",
        )
        .bind(source_key)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row)
    }

    /// The task behind a message of the inbox.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_task_of(&self, inbox: InboxId) -> Result<Option<MailTask>, StoreError> {
        let row = sqlx::query_as(
            "SELECT task.source_key, task.mail_id, task.person, task.conversation, task.sender,
                    task.message_id, task.head, task.automatic, task.at
             FROM mail_task AS task JOIN inbox ON inbox.source_key = task.source_key
             WHERE inbox.id = ?1 AND inbox.channel = 'mail'",
        )
        .bind(inbox.0)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row)
    }

    /// The thread between a person and a sender that a mail with one of these ids belongs to.
    ///
    /// Only the sender's own threads are found: an id selects a thread and never opens somebody else's.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_thread(
        &self,
        person: &PersonId,
        sender: &str,
        ids: &[String],
    ) -> Result<Option<Conversation>, StoreError> {
        for id in ids {
            let found: Option<String> = sqlx::query_scalar(
                "SELECT conversation FROM mail_sent
                 WHERE (message_id = ?3 OR learnt_id = ?3) AND person = ?1 AND recipient = ?2
                 UNION ALL
                 SELECT conversation FROM mail_task WHERE person = ?1 AND sender = ?2 AND message_id = ?3
                 LIMIT 1",
            )
            .bind(person.as_str())
            .bind(sender)
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
            if found.is_some() {
                return Ok(found.map(Conversation));
            }
        }
        Ok(None)
    }

    /// What was taken in lately, apart from the mail `mail_id` itself.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_traffic(
        &self,
        mail_id: i64,
        conversation: &Conversation,
        sender: &str,
        text_hash: &str,
        now: i64,
    ) -> Result<MailTraffic, StoreError> {
        let row = sqlx::query_as(
            "SELECT
               (SELECT count(*) FROM mail_task WHERE conversation = ?2 AND at > ?5 - 600 AND mail_id <> ?1)
                 AS thread,
               (SELECT count(*) FROM mail_task WHERE sender = ?3 AND at > ?5 - 86400 AND mail_id <> ?1)
                 AS sender,
               (SELECT count(*) FROM mail_task WHERE at > ?5 - 3600 AND mail_id <> ?1) AS everybody,
               (SELECT count(*) FROM mail_task AS task JOIN mail ON mail.id = task.mail_id
                 WHERE task.conversation = ?2 AND mail.text_hash = ?4 AND mail.id <> ?1) AS same_text",
        )
        .bind(mail_id)
        .bind(&conversation.0)
        .bind(sender)
        .bind(text_hash)
        .bind(now)
        .fetch_one(&self.readers)
        .await?;
        Ok(row)
    }
}
