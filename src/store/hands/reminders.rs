//! Reminders and follow-ups: they become notices when they are due, follow-ups only where nobody has written since.

use crate::{
    domain::{Conversation, InboxId, PersonId},
    store::{Store, StoreError, audit, outbox},
};

/// Most reminders that become notices in one transaction.
const AT_ONCE: i64 = 32;

/// Drops the follow-ups that are due where somebody has written since: a message that was taken in and is no part of the
/// one that asked, or one that was overheard. In Slack a key ends with the time of its post, which is earlier than when it was
/// read back.
const DROP_ANSWERED: &str = "UPDATE reminder SET told_at = ?1
    WHERE told_at = 0 AND due_at <= ?1 AND unless_answered = 1 AND EXISTS (
        SELECT 1 FROM inbox AS asked WHERE asked.id = reminder.inbox_id AND (
            EXISTS (SELECT 1 FROM inbox AS later WHERE later.conversation = asked.conversation
                    AND later.id > asked.id AND later.merged_into <> asked.id)
            OR EXISTS (SELECT 1 FROM overheard WHERE overheard.conversation = asked.conversation
                       AND overheard.at >= CASE asked.channel WHEN 'slack'
                           THEN CAST(substr(asked.source_key, -17, 10) AS INTEGER) ELSE asked.accepted_at END)))";

/// Whether something is told whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminding {
    /// It is.
    Always,
    /// It is dropped when somebody writes in its conversation first.
    UnlessAnswered,
}

/// Something to be told later, where it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReminder {
    /// Key of the action that sets it; a repeat changes nothing.
    pub key: String,
    /// The message that asked for it.
    pub inbox: InboxId,
    /// Whose understudy reminds.
    pub person: PersonId,
    /// What is said then.
    pub text: String,
    /// When, in Unix seconds.
    pub due_at: i64,
    /// What it is.
    pub kind: Reminding,
}

impl Store {
    /// Sets a reminder and returns its number; a repeat of its key returns the number it has.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn remind(&self, reminder: NewReminder) -> Result<i64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO reminder (key, inbox_id, person, text, due_at, unless_answered)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (key) DO NOTHING",
                    )
                    .bind(&reminder.key)
                    .bind(reminder.inbox.0)
                    .bind(reminder.person.as_str())
                    .bind(&reminder.text)
                    .bind(reminder.due_at)
                    .bind(reminder.kind == Reminding::UnlessAnswered)
                    .execute(&mut *connection)
                    .await?;
                    let id = sqlx::query_scalar("SELECT id FROM reminder WHERE key = ?1")
                        .bind(&reminder.key)
                        .fetch_one(connection)
                        .await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Notes that somebody wrote in a conversation at `at` (Unix seconds) what is kept nowhere.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn overheard_in(&self, conversation: &Conversation, at: i64) -> Result<(), StoreError> {
        let conversation = conversation.0.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO overheard (conversation, at) VALUES (?1, ?2)
                         ON CONFLICT (conversation) DO UPDATE SET at = max(at, excluded.at)",
                    )
                    .bind(conversation)
                    .bind(at)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Turns what is due into notices that leave where they were asked for, and returns how many.
    ///
    /// A follow-up in Slack waits until everything that was said before its time has been heard: after a pause of the
    /// connection the answer may not have been read back yet.
    ///
    /// # Errors
    /// When the database is out of reach; nothing is lost then.
    pub async fn tell_reminders(&self, now: i64) -> Result<u64, StoreError> {
        let due: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM reminder WHERE told_at = 0 AND due_at <= ?1 LIMIT 1")
                .bind(now)
                .fetch_optional(&self.readers)
                .await?;
        if due.is_none() {
            return Ok(0);
        }
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(DROP_ANSWERED).bind(now).execute(&mut *connection).await?;
                    let due: Vec<(i64, i64, String, String, String)> = sqlx::query_as(
                        "UPDATE reminder SET told_at = ?1 WHERE id IN (
                             SELECT id FROM reminder WHERE told_at = 0 AND due_at <= ?1 AND NOT (unless_answered = 1
                                 AND EXISTS (SELECT 1 FROM inbox JOIN slack_heard ON slack_heard.person = inbox.person
                                             WHERE inbox.id = inbox_id AND inbox.channel = 'slack'
                                             AND inbox.conversation >= 'slack:' || inbox.person || ':' || slack_heard.team || ':'
                                             AND inbox.conversation < 'slack:' || inbox.person || ':' || slack_heard.team || ';'
                                             AND slack_heard.at < due_at))
                             ORDER BY due_at LIMIT ?2)
                         RETURNING id, inbox_id, person, text, key",
                    )
                    .bind(now)
                    .bind(AT_ONCE)
                    .fetch_all(&mut *connection)
                    .await?;
                    for (id, inbox, person, text, action) in &due {
                        // The action's own number, which another one of the same message has not.
                        let n = action.rsplit_once('-').map_or(action.as_str(), |(_, n)| n);
                        let key = format!("reminder-{n}-{inbox}");
                        outbox::insert_word(&mut *connection, &key, InboxId(*inbox), text, now).await?;
                        audit::insert(&mut *connection, now, person, "reminder.told", &format!("reminder {id}"))
                            .await?;
                    }
                    Ok(due.len() as u64)
                })
            })
            .await
    }
}
