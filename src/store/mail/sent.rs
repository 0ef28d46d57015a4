//! Replies as they leave by mail.

use sqlx::FromRow;

use super::super::{Store, StoreError};
use crate::domain::OutboxId;

/// A reply as it leaves.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SentMail {
    /// The row of the outbox.
    pub outbox_id: i64,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Another id that a server gave it, or nothing.
    pub learnt_id: String,
    /// Who answers.
    pub person: String,
    /// Who gets it.
    pub recipient: String,
    /// The thread.
    pub conversation: String,
    /// Who else gets it, separated by commas.
    pub copies: String,
    /// Exactly what is sent.
    pub bytes: Vec<u8>,
    /// When it was made.
    pub made_at: i64,
    /// When its content was last handed to a server, or 0.
    pub tried_at: i64,
    /// When our own copy came in, or 0.
    pub seen_at: i64,
    /// What a server said no with after it had the content.
    #[sqlx(try_from = "String")]
    pub refusal: Refusal,
    /// Its words.
    pub refused_with: String,
}

/// What a server said to the content of a mail, when it did not say yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing.
    #[default]
    Unsaid,
    /// Not now.
    Later,
    /// Never.
    Never,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Later => "later",
            Self::Never => "never",
        }
    }
}

impl From<String> for Refusal {
    fn from(name: String) -> Self {
        match name.as_str() {
            "later" => Self::Later,
            "never" => Self::Never,
            _ => Self::Unsaid,
        }
    }
}

impl Store {
    /// The mail that a row of the outbox became, once it has become one.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sent_mail(&self, id: OutboxId) -> Result<Option<SentMail>, StoreError> {
        let row = sqlx::query_as(
            "SELECT outbox_id, message_id, learnt_id, person, recipient, conversation, copies, bytes, made_at,
                    tried_at, seen_at, refusal, refused_with
             FROM mail_sent WHERE outbox_id = ?1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row)
    }

    /// Whose reply the mail with this Message-ID is, and who got it: the person, then the recipients.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn sent_to(&self, message_id: &str) -> Result<Option<(String, Vec<String>)>, StoreError> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT person, recipient, copies FROM mail_sent
             WHERE message_id = ?1 OR (learnt_id = ?1 AND learnt_id <> '') LIMIT 1",
        )
        .bind(message_id)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|(person, recipient, copies)| {
            let copies = copies.split(',').filter(|copy| !copy.is_empty()).map(str::to_owned);
            (person, std::iter::once(recipient).chain(copies).collect())
        }))
    }

    /// Keeps a mail as it will be sent; a row that has become one already keeps that one.
    ///
    /// # Errors
    /// When the database is out of reach; nothing must be sent then.
    pub async fn freeze_mail(&self, mail: SentMail) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO mail_sent (outbox_id, message_id, person, recipient, conversation, bytes,
                                                made_at, copies)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                         ON CONFLICT (outbox_id) DO NOTHING",
                    )
                    .bind(mail.outbox_id)
                    .bind(mail.message_id)
                    .bind(mail.person)
                    .bind(mail.recipient)
                    .bind(mail.conversation)
                    .bind(mail.bytes)
                    .bind(mail.made_at)
                    .bind(mail.copies)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes that the content is about to be handed to a server: from now on it may have left.
    ///
    /// # Errors
    /// When the database is out of reach; it must not be handed over then.
    pub async fn mail_leaves(&self, id: OutboxId, now: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let sql = "UPDATE mail_sent SET tried_at = ?2, refusal = '', refused_with = '' WHERE outbox_id = ?1";
                    sqlx::query(sql)
                        .bind(id.0)
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes that a server refused the content, so that it has certainly not left.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_stays(&self, id: OutboxId) -> Result<(), StoreError> {
        self.mail_leaves(id, 0).await
    }

    /// Notes that a server said no after it had the content, so that it may have arrived all the same.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_disputed(&self, id: OutboxId, refusal: Refusal, words: &str) -> Result<(), StoreError> {
        let words = words.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE mail_sent SET refusal = ?2, refused_with = ?3 WHERE outbox_id = ?1")
                        .bind(id.0)
                        .bind(refusal.as_str())
                        .bind(words)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes that our own copy came in under `seen_as`; returns whether `message_id` is one of ours.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_came_back(
        &self,
        message_id: &str,
        seen_as: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (message_id, seen_as) = (message_id.to_owned(), seen_as.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE mail_sent SET seen_at = ?3,
                                learnt_id = CASE WHEN ?2 = message_id THEN learnt_id ELSE ?2 END
                         WHERE message_id = ?1",
                    )
                    .bind(message_id)
                    .bind(seen_as)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }
}
