//! Letters: to owners, and those that a tool writes. Written once, tried until a server has one, never sent twice.

use sqlx::FromRow;

use super::super::{Store, StoreError, outbox};
use crate::domain::{InboxId, PersonId};

/// A letter to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// What it is about and whom it goes to.
    pub key: String,
    /// Whose understudy writes.
    pub person: PersonId,
    /// The address it goes to.
    pub recipient: String,
    /// `ask`, `digest` or `tool`.
    pub kind: &'static str,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub words: String,
}

/// A letter that waits to leave.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LetterRow {
    /// The row.
    pub id: i64,
    /// See [`NewLetter`].
    pub key: String,
    /// See [`NewLetter`].
    pub recipient: String,
    /// See [`NewLetter`].
    pub kind: String,
    /// See [`NewLetter`].
    pub subject: String,
    /// See [`NewLetter`].
    pub words: String,
    /// Earlier attempts.
    pub attempts: i64,
    /// When its content was handed to a server, or 0.
    pub tried_at: i64,
}

/// What became of an attempt to send a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterEnd {
    /// A server has it.
    Sent,
    /// It may have left; it is not sent again.
    Unclear(String),
    /// It will not leave.
    Refused(String),
    /// What it asks was decided before it left.
    Late,
    /// It is tried again at this time.
    Again(i64, String),
}

/// How a letter stands, with what was said when it did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterStands {
    /// It is tried again.
    Waiting(String),
    /// A server has it.
    Sent,
    /// It may have left.
    Unclear(String),
    /// It will not leave.
    Refused(String),
}

impl Store {
    /// How the letter with this key stands.
    ///
    /// # Errors
    /// When the database is out of reach or there is no such letter.
    pub async fn letter_stands(&self, key: &str) -> Result<LetterStands, StoreError> {
        let (state, why): (String, String) =
            sqlx::query_as("SELECT state, last_error FROM owner_letter WHERE key = ?1")
                .bind(key)
                .fetch_one(&self.readers)
                .await?;
        Ok(match state.as_str() {
            "waiting" => LetterStands::Waiting(why),
            "sent" => LetterStands::Sent,
            "unclear" => LetterStands::Unclear(why),
            _ => LetterStands::Refused(why),
        })
    }

    /// Keeps a letter; returns whether there was none with its key.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn write_letter(&self, letter: NewLetter, now: i64) -> Result<bool, StoreError> {
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM owner_letter WHERE key = ?1")
            .bind(&letter.key)
            .fetch_optional(&self.readers)
            .await?;
        if known.is_some() {
            return Ok(false);
        }
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "INSERT INTO owner_letter (key, person, recipient, kind, subject, words, made_at, due_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (key) DO NOTHING",
                    )
                    .bind(letter.key)
                    .bind(letter.person.as_str())
                    .bind(letter.recipient)
                    .bind(letter.kind)
                    .bind(letter.subject)
                    .bind(letter.words)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// The letters of a person's understudy that are due, oldest first; what a tool wrote waits while it is paused.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn due_letters(
        &self,
        person: &PersonId,
        now: i64,
        limit: u32,
    ) -> Result<Vec<LetterRow>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, key, recipient, kind, subject, words, attempts, tried_at FROM owner_letter
             WHERE state = 'waiting' AND person = ?1 AND due_at <= ?2
             AND (kind <> 'tool' OR NOT EXISTS (
                 SELECT 1 FROM pause WHERE pause.person IN ('', ?1) AND pause.channel IN ('', 'mail')))
             ORDER BY id LIMIT ?3",
        )
        .bind(person.as_str())
        .bind(now)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// Notes that the content of a letter is handed to a server now.
    ///
    /// # Errors
    /// When the database is out of reach; it must not be handed over then.
    pub async fn letter_leaves(&self, id: i64, now: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE owner_letter SET tried_at = ?2 WHERE id = ?1")
                        .bind(id)
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Notes what became of an attempt, and says it to the sender of a message, when the tool has not waited for it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn end_letter(
        &self,
        id: i64,
        end: LetterEnd,
        told: Option<(InboxId, String)>,
        now: i64,
    ) -> Result<(), StoreError> {
        let (state, due_at, error) = match end {
            LetterEnd::Sent => ("sent", 0, String::new()),
            LetterEnd::Unclear(why) => ("unclear", 0, why),
            LetterEnd::Refused(why) => ("refused", 0, why),
            LetterEnd::Late => ("late", 0, String::new()),
            LetterEnd::Again(due_at, why) => ("waiting", due_at, why),
        };
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE owner_letter SET state = ?2, due_at = ?3, last_error = ?4, attempts = attempts + 1,
                                tried_at = CASE ?2 WHEN 'waiting' THEN 0 ELSE tried_at END,
                                words = CASE ?2 WHEN 'waiting' THEN words ELSE '' END
                         WHERE id = ?1",
                    )
                    .bind(id)
                    .bind(state)
                    .bind(due_at)
                    .bind(error)
                    .execute(&mut *connection)
                    .await?;
                    let given_up: i64 = sqlx::query_scalar("SELECT given_up_at FROM owner_letter WHERE id = ?1")
                        .bind(id)
                        .fetch_one(&mut *connection)
                        .await?;
                    if let (Some((inbox, text)), true) = (told, given_up > 0) {
                        let key = format!("letter-{id}-{inbox}");
                        outbox::insert_word(connection, &key, inbox, &text, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Stops waiting for the end of a letter, which is said later then; returns whether there is still none.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn give_up_letter(&self, key: &str, now: i64) -> Result<bool, StoreError> {
        let key = key.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE owner_letter SET given_up_at = ?2 WHERE key = ?1 AND state = 'waiting'",
                    )
                    .bind(key)
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// When an owner was last written a digest, or 0.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn last_digest(&self, person: &PersonId) -> Result<i64, StoreError> {
        let at: Option<i64> =
            sqlx::query_scalar("SELECT max(made_at) FROM owner_letter WHERE person = ?1 AND kind = 'digest'")
                .bind(person.as_str())
                .fetch_one(&self.readers)
                .await?;
        Ok(at.unwrap_or(0))
    }

    /// How many mails of a mailbox have begun to wait for a person since a row, and the newest row that waits.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn mail_waiting_since(&self, mailbox: &str, row: i64) -> Result<(i64, i64), StoreError> {
        let found: (i64, Option<i64>) = sqlx::query_as(
            "SELECT count(*), max(id) FROM mail
             WHERE mailbox = ?1 AND id > ?2 AND state IN ('parked', 'held', 'old')",
        )
        .bind(mailbox)
        .bind(row)
        .fetch_one(&self.readers)
        .await?;
        Ok((found.0, found.1.unwrap_or(row)))
    }

    /// What an owner was told after a row and has not put aside, oldest first, with the rows' numbers.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn notices_since(
        &self,
        person: &PersonId,
        row: i64,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT id, words FROM mail_notice WHERE person = ?1 AND id > ?2 AND seen_at = 0 ORDER BY id LIMIT ?3",
        )
        .bind(person.as_str())
        .bind(row)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }
}
