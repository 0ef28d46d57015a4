//! What a sender changes about a message that is not answered yet: other words, more files, a follow-up, Stop,
//! taking it back.
//!
//! Each change gives the row a new lease token, so a turn that is at it can't commit an answer to the old state;
//! the message is claimed again as it is now. A follow-up keeps a row of its own, in the state `merged`: a repeat of
//! it is still dropped, an edit of it still counts, and the claim puts its text behind the text it follows.

use sqlx::{Row, SqliteConnection};

use super::{Accepted, Store, StoreError, inbox::insert_message, to_json};
use crate::domain::{Attachment, Channel, Conversation, Inbound, InboxId};

/// A message follows another one up when it comes within so many seconds of it.
const FOLLOW_UP_S: i64 = 20;
/// Follow-ups of one message; further ones are answered by themselves, so that nobody talks an answer away.
const FOLLOW_UPS_MAX: i64 = 5;

/// A row that has changed: turns that claimed it before have become pointless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revised {
    /// The row that is read again, or not at all any more.
    pub id: InboxId,
    /// Claims with a smaller token were made before the change.
    pub lease_token: i64,
}

/// A range of conversations, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    from: String,
    until: String,
}

impl Span {
    /// One conversation.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        Self { from: conversation.0.clone(), until: conversation.0.clone() }
    }

    /// All conversations whose names begin like this and go on with digits or letters.
    #[must_use]
    pub fn below(prefix: &str) -> Self {
        // The last ASCII sign: everything that a name may go on with sorts before it.
        Self { from: prefix.to_owned(), until: format!("{prefix}~") }
    }

    /// The first name.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    /// The last name.
    pub(super) fn until(&self) -> &str {
        &self.until
    }
}

impl Store {
    /// Stores a message as [`Store::accept`] does, or as a follow-up of one by the same sender in `among` that is
    /// not answered yet.
    ///
    /// # Errors
    /// When the database is out of reach; the caller must not acknowledge then.
    pub async fn accept_following(
        &self,
        message: &Inbound,
        among: &Span,
        now: i64,
    ) -> Result<Accepted, StoreError> {
        let (message, among) = (message.clone(), among.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let accepted = insert_message(&mut *connection, &message, "ready", now).await?;
                    let Accepted::New(new) = accepted else { return Ok(accepted) };
                    let followed: Option<i64> = sqlx::query_scalar(
                        "SELECT id FROM inbox AS followed
                         WHERE conversation BETWEEN ?1 AND ?2 AND state IN ('ready', 'running') AND id < ?3
                           AND person = ?4 AND accepted_at >= ?5
                           AND json_extract(message, '$.requester.id') = ?6
                           AND (SELECT count(*) FROM inbox WHERE merged_into = followed.id AND merged_into <> 0) < ?7
                         ORDER BY id DESC LIMIT 1",
                    )
                    .bind(among.from)
                    .bind(among.until)
                    .bind(new.0)
                    .bind(message.person.as_str())
                    .bind(now - FOLLOW_UP_S)
                    .bind(message.requester.id.as_str())
                    .bind(FOLLOW_UPS_MAX)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let Some(followed) = followed else { return Ok(accepted) };
                    sqlx::query("UPDATE inbox SET state = 'merged', merged_into = ?2 WHERE id = ?1")
                        .bind(new.0)
                        .bind(followed)
                        .execute(&mut *connection)
                        .await?;
                    let reopened = reopen(connection, followed, now).await?;
                    Ok(reopened.map_or(accepted, Accepted::Joined))
                })
            })
            .await
    }

    /// Replaces the text of a message that is not answered yet, and returns the row that is read again, or `None`
    /// when there is no such message any more.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn amend(
        &self,
        channel: Channel,
        key: &str,
        text: &str,
        now: i64,
    ) -> Result<Option<Revised>, StoreError> {
        let (key, text) = (key.to_owned(), text.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let Some(found) = find(&mut *connection, channel, &key).await? else { return Ok(None) };
                    let Some(read) = reopen(&mut *connection, found.read_with(), now).await? else {
                        return Ok(None);
                    };
                    sqlx::query("UPDATE inbox SET message = json_set(message, '$.text', ?2) WHERE id = ?1")
                        .bind(found.id)
                        .bind(text)
                        .execute(connection)
                        .await?;
                    Ok(Some(read))
                })
            })
            .await
    }

    /// Gives a message that is not answered yet the files that came with it, unless it has some, and returns the row
    /// that is read again.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn add_files(
        &self,
        channel: Channel,
        key: &str,
        files: &[Attachment],
        now: i64,
    ) -> Result<Option<Revised>, StoreError> {
        let (key, files) = (key.to_owned(), to_json(&files));
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let Some(found) = find(&mut *connection, channel, &key).await? else { return Ok(None) };
                    let bare: bool = sqlx::query_scalar(
                        "SELECT coalesce(json_array_length(message, '$.attachments'), 0) = 0 FROM inbox WHERE id = ?1",
                    )
                    .bind(found.id)
                    .fetch_one(&mut *connection)
                    .await?;
                    if !bare {
                        return Ok(None);
                    }
                    let Some(read) = reopen(&mut *connection, found.read_with(), now).await? else {
                        return Ok(None);
                    };
                    sqlx::query(
                        "UPDATE inbox SET message = json_set(message, '$.attachments', json(?2)) WHERE id = ?1",
                    )
                    .bind(found.id)
                    .bind(files)
                    .execute(connection)
                    .await?;
                    Ok(Some(read))
                })
            })
            .await
    }

    /// Cancels a message that its sender took back, with any reply that has not begun to leave.
    ///
    /// Its follow-ups stay: the first of them takes its place. Returns the row whose turn must end, or `None` when
    /// nothing of it was left to cancel.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn cancel(&self, channel: Channel, key: &str, now: i64) -> Result<Option<Revised>, StoreError> {
        let key = key.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let Some(found) = find(&mut *connection, channel, &key).await? else { return Ok(None) };
                    super::hands::withdraw(&mut *connection, found.id, "", now).await?;
                    let message = sqlx::query(
                        "UPDATE inbox SET state = 'cancelled', lease_token = lease_token + 1, merged_into = 0
                         WHERE id = ?1 AND state IN ('ready', 'running', 'parked', 'merged')",
                    )
                    .bind(found.id)
                    .execute(&mut *connection)
                    .await?;
                    if message.rows_affected() == 1 {
                        match found.merged_into {
                            0 => promote_follow_up(&mut *connection, found.id, now).await?,
                            followed => {
                                reopen(&mut *connection, followed, now).await?;
                            }
                        }
                    }
                    let replies = sqlx::query(
                        "UPDATE outbox SET state = 'dropped'
                         WHERE inbox_id = ?1 AND state IN ('draft', 'ready', 'parked')",
                    )
                    .bind(found.id)
                    .execute(&mut *connection)
                    .await?;
                    if message.rows_affected() + replies.rows_affected() == 0 {
                        return Ok(None);
                    }
                    let subject = format!("inbox {}", found.id);
                    super::audit::insert(&mut *connection, now, "sender", "inbox.taken_back", &subject)
                        .await?;
                    let lease_token = sqlx::query_scalar("SELECT lease_token FROM inbox WHERE id = ?1")
                        .bind(found.read_with())
                        .fetch_one(connection)
                        .await?;
                    Ok(Some(Revised { id: InboxId(found.read_with()), lease_token }))
                })
            })
            .await
    }

    /// Cancels everything in `among` that is not answered yet, with replies that have not begun to leave, because
    /// `by` said stop; returns the rows whose turns must end.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn stop_all(&self, among: &Span, by: &str, now: i64) -> Result<Vec<Revised>, StoreError> {
        let (among, by) = (among.clone(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let stopped: Vec<(i64, i64)> = sqlx::query_as(
                        "UPDATE inbox SET state = 'cancelled', lease_token = lease_token + 1
                         WHERE conversation BETWEEN ?1 AND ?2 AND state IN ('ready', 'running')
                         RETURNING id, lease_token",
                    )
                    .bind(&among.from)
                    .bind(&among.until)
                    .fetch_all(&mut *connection)
                    .await?;
                    sqlx::query(
                        "UPDATE outbox SET state = 'dropped'
                         WHERE state = 'ready' AND inbox_id IN (
                             SELECT id FROM inbox WHERE conversation BETWEEN ?1 AND ?2)",
                    )
                    .bind(&among.from)
                    .bind(&among.until)
                    .execute(&mut *connection)
                    .await?;
                    let acting: Vec<i64> = sqlx::query_scalar(
                        "SELECT DISTINCT inbox_id FROM action WHERE state IN ('waiting', 'approved')
                         AND inbox_id IN (SELECT id FROM inbox WHERE conversation BETWEEN ?1 AND ?2)",
                    )
                    .bind(&among.from)
                    .bind(&among.until)
                    .fetch_all(&mut *connection)
                    .await?;
                    for inbox in acting {
                        super::hands::withdraw(&mut *connection, inbox, "", now).await?;
                    }
                    for (id, _) in &stopped {
                        let subject = format!("inbox {id}");
                        super::audit::insert(&mut *connection, now, &by, "turn.stopped", &subject).await?;
                    }
                    let revised = |(id, lease_token)| Revised { id: InboxId(id), lease_token };
                    Ok(stopped.into_iter().map(revised).collect())
                })
            })
            .await
    }
}

/// A row that is about to change.
struct Found {
    id: i64,
    /// The row that it follows up, or 0.
    merged_into: i64,
}

impl Found {
    /// The row whose turn reads it.
    fn read_with(&self) -> i64 {
        if self.merged_into == 0 { self.id } else { self.merged_into }
    }
}

async fn find(
    connection: &mut SqliteConnection,
    channel: Channel,
    key: &str,
) -> Result<Option<Found>, StoreError> {
    let row = sqlx::query("SELECT id, merged_into FROM inbox WHERE channel = ?1 AND source_key = ?2")
        .bind(channel.as_str())
        .bind(key)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found { id: row.try_get("id")?, merged_into: row.try_get("merged_into")? }))
}

/// Makes a message that is not answered yet due again, as new; `None` when it is answered or gone.
async fn reopen(connection: &mut SqliteConnection, id: i64, now: i64) -> Result<Option<Revised>, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE inbox SET state = 'ready', run_after_at = ?2, attempts = 0, failures = 0,
                lease_token = lease_token + 1, lease_until_at = 0
         WHERE id = ?1 AND state IN ('ready', 'running', 'parked')
         RETURNING id, lease_token",
    )
    .bind(id)
    .bind(now)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(id, lease_token)| Revised { id: InboxId(id), lease_token }))
}

/// Lets the first follow-up of a cancelled message be answered in its place.
async fn promote_follow_up(connection: &mut SqliteConnection, id: i64, now: i64) -> Result<(), StoreError> {
    let heir: Option<i64> = sqlx::query_scalar(
        "SELECT min(id) FROM inbox WHERE merged_into = ?1 AND merged_into <> 0 AND state = 'merged'",
    )
    .bind(id)
    .fetch_one(&mut *connection)
    .await?;
    let Some(heir) = heir else { return Ok(()) };
    sqlx::query("UPDATE inbox SET state = 'ready', merged_into = 0, run_after_at = ?2 WHERE id = ?1")
        .bind(heir)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE inbox SET merged_into = ?2 WHERE merged_into = ?1 AND merged_into <> 0 AND state = 'merged'",
    )
    .bind(id)
    .bind(heir)
    .execute(connection)
    .await?;
    Ok(())
}

/// The follow-ups of a row. That `merged_into` is not 0 is said for the planner, which uses the index only then.
const FOLLOW_UPS: &str =
    "SELECT message FROM inbox WHERE merged_into = ?1 AND merged_into <> 0 AND state = 'merged' ORDER BY id";

/// A claimed message with the text and the files of its follow-ups behind its own, or `None` when one of them is
/// unreadable.
pub(super) async fn with_follow_ups(
    connection: &mut SqliteConnection,
    id: i64,
    mut message: Inbound,
) -> Result<Option<Inbound>, StoreError> {
    let more: Vec<String> = sqlx::query_scalar(FOLLOW_UPS).bind(id).fetch_all(connection).await?;
    for json in more {
        let Ok(follow_up) = serde_json::from_str::<Inbound>(&json) else { return Ok(None) };
        if !follow_up.text.is_empty() {
            if !message.text.is_empty() {
                message.text.push('\n');
            }
            message.text.push_str(&follow_up.text);
        }
        message.attachments.extend(follow_up.attachments);
    }
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};

    use super::*;

    #[tokio::test]
    async fn a_claim_finds_follow_ups_without_reading_the_whole_inbox() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let explaining = store.writer.write(move |connection| {
            Box::pin(async move {
                let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FOLLOW_UPS}")));
                let steps = plan.bind(1).fetch_all(connection).await?;
                Ok(steps.iter().map(|step| step.get::<String, _>("detail")).collect::<Vec<_>>())
            })
        });
        let plan = explaining.await.unwrap();
        assert!(plan.iter().any(|step| step.contains("USING INDEX inbox_merged")), "{plan:?}");
    }
}
