//! Rows of the outbox.

use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, pauses::not_paused, to_json};
use crate::domain::{Channel, Conversation, InboxId, OutboxId, PersonId};

/// What the sender of a parked message reads, once for each message.
pub const STUCK: &str = "I got stuck on this and could not answer: your message is kept, an admin sees it and \
    can let me try again, and if it can't wait, write it in other words or ask somebody else.";

/// A reply as it is committed: text and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReply {
    /// What people read.
    pub text: String,
    /// Numbers of the passages it cites.
    pub cites: Vec<usize>,
    /// What goes along with it, when it is too long to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ReplyFile>,
}

/// A file that goes along with a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFile {
    /// Its name.
    pub name: String,
    /// What it is, such as `text/csv`.
    pub media_type: String,
    /// Its content.
    pub content: String,
}

/// Where a reply stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyState {
    /// Waits for its owner's yes, edit or no.
    Draft,
    /// Waits for delivery.
    Ready,
    /// A channel is delivering it.
    Sending,
    /// Delivered, with a receipt.
    Sent,
    /// It may or may not have left; its channel looks before anything is sent again.
    Uncertain,
    /// Waits for a person.
    Parked,
    /// Will not leave.
    Dropped,
}

impl ReplyState {
    fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }
}

/// A reply that a channel is to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedReply {
    /// The row.
    pub id: OutboxId,
    /// The channel's idempotency key.
    pub idempotency_key: String,
    /// The message it answers.
    pub inbox: InboxId,
    /// The channel it leaves by.
    pub channel: Channel,
    /// The thread it belongs to.
    pub conversation: Conversation,
    /// The reply.
    pub reply: NewReply,
    /// Whether an earlier attempt may have reached its destination.
    pub uncertain: bool,
    /// Attempts so far, this one included.
    pub attempts: i64,
    /// When it was committed.
    pub created_at: i64,
    lease_token: i64,
}

/// A row of the outbox as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The row.
    pub id: OutboxId,
    /// The message it answers.
    pub inbox: InboxId,
    /// The channel it leaves by.
    pub channel: String,
    /// Who answers.
    pub person: PersonId,
    /// The reply.
    pub reply: NewReply,
    /// Where it stands.
    pub state: ReplyState,
    /// The last error.
    pub last_error: String,
    /// When it was delivered, or 0.
    pub sent_at: i64,
}

/// Where a reply belongs.
pub(super) struct Place<'p> {
    pub(super) inbox: InboxId,
    /// `reply`, or `aside` for what the asker alone reads.
    pub(super) kind: &'static str,
    pub(super) channel: &'static str,
    pub(super) conversation: &'p str,
    pub(super) person: &'p str,
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    place: &Place<'_>,
    reply: &NewReply,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox (idempotency_key, inbox_id, channel, conversation, person, reply, state, created_at, run_after_at, kind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6,
                 CASE WHEN EXISTS (SELECT 1 FROM draft_mode WHERE person = ?5 AND channel = ?3)
                        -- A mail leaves by itself only when its task says so.
                        OR (?3 = 'mail' AND NOT EXISTS (
                              SELECT 1 FROM mail_task JOIN inbox ON inbox.source_key = mail_task.source_key
                              WHERE inbox.id = ?2 AND mail_task.automatic))
                      THEN 'draft' ELSE 'ready' END,
                 ?7, ?7, ?8)",
    )
    .bind(format!("{}-{}", place.kind, place.inbox))
    .bind(place.inbox.0)
    .bind(place.channel)
    .bind(place.conversation)
    .bind(place.person)
    .bind(to_json(reply))
    .bind(now)
    .bind(place.kind)
    .execute(connection)
    .await?;
    Ok(())
}

/// Tells the sender of a message, by the way it came, that it is parked; a second time changes nothing.
///
/// It waits for no owner, because it says nothing in their name.
pub(super) async fn tell_that_it_is_stuck(
    connection: &mut SqliteConnection,
    inbox: InboxId,
    now: i64,
) -> Result<(), StoreError> {
    // A key of its own: a message that is retried later still gets its reply.
    insert_notice(connection, "stuck", inbox, STUCK, now).await
}

/// Tells the sender of a message something that is no reply, once for each `key`.
pub(super) async fn insert_notice(
    connection: &mut SqliteConnection,
    key: &'static str,
    inbox: InboxId,
    sentence: &str,
    now: i64,
) -> Result<(), StoreError> {
    let notice = NewReply { text: sentence.to_owned(), cites: Vec::new(), file: None };
    sqlx::query(
        "INSERT INTO outbox (idempotency_key, inbox_id, channel, conversation, person, reply, state, kind,
                             created_at, run_after_at)
         SELECT ?4 || '-' || id, id, channel, conversation, person, ?2, 'ready', 'notice', ?3, ?3
         FROM inbox WHERE id = ?1
         ON CONFLICT (idempotency_key) DO NOTHING",
    )
    .bind(inbox.0)
    .bind(to_json(&notice))
    .bind(now)
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

/// Says something later, where a message came from: a reminder, or what became of an approval. Once for each `key`.
pub(super) async fn insert_word(
    connection: &mut SqliteConnection,
    key: &str,
    inbox: InboxId,
    text: &str,
    now: i64,
) -> Result<(), StoreError> {
    let word = NewReply { text: text.to_owned(), cites: Vec::new(), file: None };
    sqlx::query(
        "INSERT INTO outbox (idempotency_key, inbox_id, channel, conversation, person, reply, state, kind,
                             created_at, run_after_at)
         SELECT ?4, id, channel, conversation, person, ?2, 'ready', 'word', ?3, ?3
         FROM inbox WHERE id = ?1
         ON CONFLICT (idempotency_key) DO NOTHING",
    )
    .bind(inbox.0)
    .bind(to_json(&word))
    .bind(now)
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Claims the oldest due reply whose conversation has no earlier one on its way, or returns `None`.
    ///
    /// The row stays in `sending` across a crash; at the next start it is uncertain, so channels must look for
    /// its idempotency key before they send it again.
    ///
    /// # Errors
    /// Only when the database is out of reach; the caller retries the whole claim.
    pub async fn claim_reply(&self, now: i64) -> Result<Option<ClaimedReply>, StoreError> {
        let due: Option<i64> = sqlx::query_scalar(concat!(
            "SELECT 1 FROM outbox AS due WHERE due.state IN ('ready', 'uncertain') AND due.run_after_at <= ?1",
            not_paused!(),
            "LIMIT 1"
        ))
        .bind(now)
        .fetch_optional(&self.readers)
        .await?;
        if due.is_none() {
            return Ok(None);
        }
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    // RETURNING shows the new state, so whether it was uncertain is read before.
                    let due = sqlx::query(concat!(
                        "SELECT due.id, due.state FROM outbox AS due
                         WHERE due.state IN ('ready', 'uncertain') AND due.run_after_at <= ?1
                           AND NOT EXISTS (
                               SELECT 1 FROM outbox AS earlier
                               WHERE earlier.conversation = due.conversation AND earlier.id < due.id
                                 AND earlier.state IN ('ready', 'sending', 'uncertain'))",
                        not_paused!(),
                        "ORDER BY due.run_after_at, due.id LIMIT 1"
                    ))
                    .bind(now)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let Some(due) = due else { return Ok(None) };
                    let id: i64 = due.try_get("id")?;
                    let uncertain = due.try_get::<&str, _>("state")? == "uncertain";
                    let row = sqlx::query(
                        "UPDATE outbox SET state = 'sending', attempts = attempts + 1, lease_token = lease_token + 1
                         WHERE id = ?1
                         RETURNING id, idempotency_key, inbox_id, channel, conversation, reply, attempts,
                                   created_at, lease_token",
                    )
                    .bind(id)
                    .fetch_one(connection)
                    .await?;
                    read_claim(&row, uncertain).map(Some)
                })
            })
            .await
    }

    /// Records that a reply was delivered.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the row is not being sent under this claim.
    pub async fn mark_delivered(
        &self,
        claimed: &ClaimedReply,
        receipt: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let receipt = receipt.to_owned();
        self.end_sending(claimed, "sent", receipt, String::new(), now).await
    }

    /// Records that a delivery failed for now, for good (`retry_at` is `None`), or with an unknown result.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the row is not being sent under this claim.
    pub async fn mark_undelivered(
        &self,
        claimed: &ClaimedReply,
        state: ReplyState,
        why: &str,
        retry_at: i64,
    ) -> Result<(), StoreError> {
        let state = match state {
            ReplyState::Ready => "ready",
            ReplyState::Uncertain => "uncertain",
            _ => "parked",
        };
        self.end_sending(claimed, state, String::new(), why.to_owned(), retry_at).await
    }

    async fn end_sending(
        &self,
        claimed: &ClaimedReply,
        state: &'static str,
        receipt: String,
        why: String,
        at: i64,
    ) -> Result<(), StoreError> {
        let (id, token) = (claimed.id.0, claimed.lease_token);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE outbox SET state = ?3, receipt = ?4, last_error = ?5,
                                sent_at = CASE WHEN ?3 = 'sent' THEN ?6 ELSE 0 END, run_after_at = ?6
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'sending'",
                    )
                    .bind(id)
                    .bind(token)
                    .bind(state)
                    .bind(receipt)
                    .bind(why)
                    .bind(at)
                    .execute(connection)
                    .await?;
                    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
                })
            })
            .await
    }

    /// Marks replies that a dead process was sending as uncertain and returns how many.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn free_sending(&self) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query("UPDATE outbox SET state = 'uncertain' WHERE state = 'sending'")
                        .execute(connection)
                        .await?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }

    /// Sets whether a person's replies on a channel wait for their owner.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn set_draft_mode(
        &self,
        person: &PersonId,
        channel: Channel,
        on: bool,
    ) -> Result<(), StoreError> {
        let (person, channel) = (person.to_string(), channel.as_str());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let sql = if on {
                        "INSERT INTO draft_mode (person, channel) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
                    } else {
                        "DELETE FROM draft_mode WHERE person = ?1 AND channel = ?2"
                    };
                    sqlx::query(sql).bind(person).bind(channel).execute(connection).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Whether a person's replies on a channel wait for their owner.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn draft_mode(&self, person: &PersonId, channel: Channel) -> Result<bool, StoreError> {
        let row: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM draft_mode WHERE person = ?1 AND channel = ?2")
                .bind(person.as_str())
                .bind(channel.as_str())
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.is_some())
    }

    /// Lets a draft leave, with `text` instead of its own when that is given.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when no draft has this id, for instance because somebody else decided first.
    pub async fn approve_draft(
        &self,
        id: OutboxId,
        text: Option<String>,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let edited = text.is_some();
                    let done = sqlx::query(
                        "UPDATE outbox SET state = 'ready', run_after_at = ?2,
                                reply = CASE WHEN ?3 IS NULL THEN reply ELSE json_set(reply, '$.text', ?3) END
                         WHERE id = ?1 AND state = 'draft'",
                    )
                    .bind(id.0)
                    .bind(now)
                    .bind(text)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("no draft has the id {id} any more")));
                    }
                    let action = if edited { "draft.edited" } else { "draft.approved" };
                    super::audit::insert(connection, now, &by, action, &format!("outbox {id}")).await
                })
            })
            .await
    }

    /// Keeps a draft or a parked reply from ever leaving.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when there is no such row any more.
    pub async fn drop_reply(&self, id: OutboxId, by: &str, now: i64) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE outbox SET state = 'dropped' WHERE id = ?1 AND state IN ('draft', 'parked')",
                    )
                    .bind(id.0)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("no draft has the id {id} any more")));
                    }
                    super::audit::insert(connection, now, &by, "reply.dropped", &format!("outbox {id}")).await
                })
            })
            .await
    }

    /// The replies to the given messages, in order of their messages; notices are none.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn replies_to(&self, first: InboxId, last: InboxId) -> Result<Vec<OutboxRow>, StoreError> {
        self.rows_to(first, last, "reply").await
    }

    /// What the senders of the given messages were told besides a reply: that their message is stuck.
    ///
    /// # Errors
    /// As for [`Self::replies_to`].
    pub async fn notices_to(&self, first: InboxId, last: InboxId) -> Result<Vec<OutboxRow>, StoreError> {
        self.rows_to(first, last, "notice").await
    }

    /// What was said to the senders of the given messages later: reminders, and what became of approvals.
    ///
    /// # Errors
    /// As for [`Self::replies_to`].
    pub async fn words_to(&self, first: InboxId, last: InboxId) -> Result<Vec<OutboxRow>, StoreError> {
        self.rows_to(first, last, "word").await
    }

    /// The reply of `person` that its channel calls `receipt`.
    ///
    /// # Errors
    /// When the database is out of reach or the row unreadable.
    pub async fn reply_by_receipt(
        &self,
        person: &PersonId,
        receipt: &str,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let row = sqlx::query(
            "SELECT id, inbox_id, channel, person, reply, state, last_error, sent_at FROM outbox
             WHERE receipt = ?1 AND receipt <> '' AND person = ?2 AND kind = 'reply'",
        )
        .bind(receipt)
        .bind(person.as_str())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    async fn rows_to(&self, first: InboxId, last: InboxId, kind: &str) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, inbox_id, channel, person, reply, state, last_error, sent_at FROM outbox
             WHERE inbox_id BETWEEN ?1 AND ?2 AND kind = ?3 ORDER BY inbox_id, id",
        )
        .bind(first.0)
        .bind(last.0)
        .bind(kind)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// Replies of `person` that wait for their owner, oldest first.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn drafts(&self, person: &PersonId, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, inbox_id, channel, person, reply, state, last_error, sent_at FROM outbox
             WHERE state = 'draft' AND person = ?1 ORDER BY id LIMIT ?2",
        )
        .bind(person.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// Replies and notices that could not be delivered and wait for a person, oldest first.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn parked_replies(&self, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, inbox_id, channel, person, reply, state, last_error, sent_at FROM outbox
             WHERE state = 'parked' ORDER BY id LIMIT ?1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// One reply or notice.
    ///
    /// # Errors
    /// As for [`Self::parked_replies`].
    pub async fn reply(&self, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        let row = sqlx::query(
            "SELECT id, inbox_id, channel, person, reply, state, last_error, sent_at FROM outbox WHERE id = ?1",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// Lets a parked reply be delivered again, or gives it up.
    ///
    /// It comes back as uncertain: a first try may have arrived, so its channel looks before it sends.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when no parked reply has this id.
    pub async fn decide_parked_reply(
        &self,
        id: OutboxId,
        again: bool,
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let state = if again { "uncertain" } else { "dropped" };
                    let done = sqlx::query(
                        "UPDATE outbox SET state = ?2, attempts = 0, run_after_at = ?3
                         WHERE id = ?1 AND state = 'parked'",
                    )
                    .bind(id.0)
                    .bind(state)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("no parked reply has the id {id}")));
                    }
                    let action = if again { "outbox.retried" } else { "outbox.dropped" };
                    super::audit::insert(connection, now, &by, action, &format!("outbox {id}")).await
                })
            })
            .await
    }

    /// Number of replies and notices that have not left and wait for nobody's decision.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn open_replies(&self) -> Result<i64, StoreError> {
        let n = sqlx::query_scalar(
            "SELECT count(*) FROM outbox WHERE state IN ('ready', 'sending', 'uncertain')",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(n)
    }
}

fn read_claim(row: &SqliteRow, uncertain: bool) -> Result<ClaimedReply, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "outbox", id, why };
    Ok(ClaimedReply {
        id: OutboxId(id),
        idempotency_key: row.try_get("idempotency_key")?,
        inbox: InboxId(row.try_get("inbox_id")?),
        channel: row
            .try_get::<&str, _>("channel")?
            .parse()
            .map_err(|e: crate::domain::UnknownChannel| unreadable(e.to_string()))?,
        conversation: Conversation(row.try_get("conversation")?),
        reply: serde_json::from_str(row.try_get("reply")?).map_err(|e| unreadable(e.to_string()))?,
        uncertain,
        attempts: row.try_get("attempts")?,
        created_at: row.try_get("created_at")?,
        lease_token: row.try_get("lease_token")?,
    })
}

fn read_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "outbox", id, why };
    let state: &str = row.try_get("state")?;
    let person: String = row.try_get("person")?;
    Ok(OutboxRow {
        id: OutboxId(id),
        inbox: InboxId(row.try_get("inbox_id")?),
        channel: row.try_get("channel")?,
        person: PersonId::new(person).map_err(|e| unreadable(e.to_string()))?,
        reply: serde_json::from_str(row.try_get("reply")?).map_err(|e| unreadable(e.to_string()))?,
        state: ReplyState::parse(state).ok_or_else(|| unreadable(format!("unknown state `{state}`")))?,
        last_error: row.try_get("last_error")?,
        sent_at: row.try_get("sent_at")?,
    })
}
