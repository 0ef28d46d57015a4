//! Rows of the inbox and the steps of their turns.

use sqlx::{FromRow, Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    NewReply, Revised, Store, StoreError, outbox, pauses::not_paused, revise::with_follow_ups, to_json,
};
use crate::domain::{Attachment, Conversation, Inbound, InboxId, PersonId};

/// A message is parked when this many claims in a row ended without an orderly result.
const CLAIMS_MAX: i64 = 3;

/// What became of a message that was offered to the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored and will be answered.
    New(InboxId),
    /// It was there already.
    Repeat(InboxId),
    /// It is stored and will be answered with this earlier message, which it follows up.
    Joined(Revised),
}

impl Accepted {
    /// The row that is answered, new or not.
    #[must_use]
    pub fn id(self) -> InboxId {
        match self {
            Self::New(id) | Self::Repeat(id) => id,
            Self::Joined(earlier) => earlier.id,
        }
    }
}

/// A claimed message.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The row.
    pub id: InboxId,
    /// The message.
    pub message: Inbound,
    /// Claims so far, this one included.
    pub attempts: i64,
    /// Orderly failures so far.
    pub failures: i64,
    /// When it was accepted.
    pub accepted_at: i64,
    /// Proof that this claim is the latest.
    pub lease_token: i64,
}

/// A step of a turn, for the journal.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct StepRow {
    /// `queries`, `passages`, `draft`, `timings`, …
    pub kind: String,
    /// The result as JSON.
    pub result: String,
    /// How long it took.
    pub took_us: i64,
}

/// How a turn ended, to be committed with everything it leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// `answered`, `refused`, …
    pub outcome: &'static str,
    /// What it did.
    pub steps: Vec<StepRow>,
    /// What it says.
    pub reply: Option<NewReply>,
    /// What it says besides to the asker alone, in a conversation of their own.
    pub aside: Option<(Conversation, NewReply)>,
}

/// A row of the inbox as people see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InboxRow {
    /// The row.
    pub id: InboxId,
    /// The channel.
    pub channel: String,
    /// The channel's own key of the message.
    pub key: String,
    /// The thread.
    pub conversation: Conversation,
    /// Who is addressed.
    pub person: PersonId,
    /// Who wrote.
    pub from: String,
    /// What was written.
    pub text: String,
    /// `ready`, `running`, `done`, `parked`, `dropped`, `cancelled`, `merged`.
    pub state: String,
    /// How the turn ended, empty until then.
    pub outcome: String,
    /// Claims since the last orderly end.
    pub attempts: i64,
    /// The last error.
    pub last_error: String,
    /// When it was accepted.
    pub accepted_at: i64,
    /// When it was done, or 0.
    pub done_at: i64,
}

/// How many rows of the inbox are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InboxCounts {
    /// Waiting.
    pub ready: i64,
    /// Being answered.
    pub running: i64,
    /// Waiting for a person.
    pub parked: i64,
    /// Finished.
    pub done: i64,
}

macro_rules! select_row {
    () => {
        "SELECT id, channel, source_key, conversation, message, state, outcome, attempts, last_error, accepted_at, done_at
         FROM inbox "
    };
}
pub(super) use select_row;

impl Store {
    /// Stores a message and returns after the commit; a repeat of (channel, key) changes nothing.
    ///
    /// # Errors
    /// When the database is out of reach; the caller must not acknowledge then.
    pub async fn accept(&self, message: &Inbound, now: i64) -> Result<Accepted, StoreError> {
        let message = message.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move { insert_message(connection, &message, "ready", now).await })
            })
            .await
    }

    /// Stores a message that is answered without a turn, by this sentence; a repeat of (channel, key) changes nothing.
    ///
    /// The sentence says nothing in the person's name, so it waits for no owner.
    ///
    /// # Errors
    /// As for [`Self::accept`].
    pub async fn answer_at_once(
        &self,
        message: &Inbound,
        outcome: &'static str,
        sentence: &str,
        now: i64,
    ) -> Result<Accepted, StoreError> {
        let (message, sentence) = (message.clone(), sentence.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let accepted = insert_message(&mut *connection, &message, "done", now).await?;
                    let Accepted::New(id) = accepted else { return Ok(accepted) };
                    sqlx::query("UPDATE inbox SET outcome = ?2, done_at = ?3 WHERE id = ?1")
                        .bind(id.0)
                        .bind(outcome)
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    outbox::insert_notice(&mut *connection, "notice", id, &sentence, now).await?;
                    let subject = format!("inbox {id}");
                    let action = format!("message.{outcome}");
                    super::audit::insert(connection, now, message.person.as_str(), &action, &subject).await?;
                    Ok(accepted)
                })
            })
            .await
    }

    /// Claims the oldest due message whose conversation is free for `lease_s` seconds, or returns `None`.
    ///
    /// The attempt is counted here, before any work. A message that has used up its claims is parked instead, and
    /// its sender told so in the same transaction.
    ///
    /// # Errors
    /// When the database is out of reach; the caller retries the whole claim.
    pub async fn claim_next(&self, now: i64, lease_s: i64) -> Result<Option<Claimed>, StoreError> {
        // A look on a reading connection, so that idle workers cost no transaction.
        let due: Option<i64> = sqlx::query_scalar(concat!(
            "SELECT 1 FROM inbox AS due WHERE due.state = 'ready' AND due.run_after_at <= ?1",
            not_paused!(),
            "LIMIT 1"
        ))
        .bind(now)
        .fetch_optional(&self.readers)
        .await?;
        if due.is_none() {
            return Ok(None);
        }
        self.writer.write(move |connection| Box::pin(claim(connection, now, lease_s))).await
    }

    /// Extends a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it by now.
    pub async fn extend_lease(&self, claimed: &Claimed, until_at: i64) -> Result<(), StoreError> {
        let (id, token) = (claimed.id.0, claimed.lease_token);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE inbox SET lease_until_at = ?3
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(id)
                    .bind(token)
                    .bind(until_at)
                    .execute(connection)
                    .await?;
                    held(done.rows_affected())
                })
            })
            .await
    }

    /// Commits the end of a turn: message done, steps, reply and audit row, all or nothing.
    ///
    /// The reply waits as a draft when the person's draft mode is on for the channel.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a later claim took over; nothing is changed then.
    pub async fn settle(&self, claimed: &Claimed, settled: Settled, now: i64) -> Result<(), StoreError> {
        let (id, token) = (claimed.id, claimed.lease_token);
        let (person, channel) = (claimed.message.person.to_string(), claimed.message.channel.as_str());
        let conversation = claimed.message.conversation.0.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE inbox SET state = 'done', outcome = ?3, done_at = ?4, last_error = ''
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(id.0)
                    .bind(token)
                    .bind(settled.outcome)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    held(done.rows_affected())?;
                    insert_steps(&mut *connection, id, &settled.steps).await?;
                    if let Some(reply) = &settled.reply {
                        let place = outbox::Place {
                            inbox: id,
                            kind: "reply",
                            channel,
                            conversation: &conversation,
                            person: &person,
                        };
                        outbox::insert(&mut *connection, &place, reply, now).await?;
                    }
                    if let Some((conversation, reply)) = &settled.aside {
                        let place = outbox::Place {
                            inbox: id,
                            kind: "aside",
                            channel,
                            conversation: &conversation.0,
                            person: &person,
                        };
                        outbox::insert(&mut *connection, &place, reply, now).await?;
                    }
                    let action = format!("turn.{}", settled.outcome);
                    super::audit::insert(connection, now, &person, &action, &format!("inbox {id}")).await
                })
            })
            .await
    }

    /// Records an orderly failure: the message is due again at `retry_at`, or parked when that is `None`.
    ///
    /// The sender of a parked message is told so, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a later claim took over.
    pub async fn fail(
        &self,
        claimed: &Claimed,
        why: &str,
        retry_at: Option<i64>,
        now: i64,
    ) -> Result<(), StoreError> {
        let (id, token, why) = (claimed.id, claimed.lease_token, why.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let state = if retry_at.is_some() { "ready" } else { "parked" };
                    let done = sqlx::query(
                        "UPDATE inbox SET state = ?3, run_after_at = ?4, last_error = ?5,
                                failures = failures + 1, attempts = 0, lease_until_at = 0
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(id.0)
                    .bind(token)
                    .bind(state)
                    .bind(retry_at.unwrap_or(0))
                    .bind(why)
                    .execute(&mut *connection)
                    .await?;
                    held(done.rows_affected())?;
                    if retry_at.is_none() {
                        outbox::tell_that_it_is_stuck(connection, id, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Gives a claim back uncounted, because the process is shutting down.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a later claim took over.
    pub async fn give_back(&self, claimed: &Claimed) -> Result<(), StoreError> {
        let (id, token) = (claimed.id.0, claimed.lease_token);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE inbox SET state = 'ready', attempts = attempts - 1, lease_until_at = 0
                         WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(id)
                    .bind(token)
                    .execute(connection)
                    .await?;
                    held(done.rows_affected())
                })
            })
            .await
    }

    /// Frees claims after a restart or an expired lease and returns how many.
    ///
    /// `everything` frees unexpired leases too: right at start, when the lock of the data directory proves
    /// that whoever held them is gone.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn free_claims(&self, now: i64, everything: bool) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE inbox SET state = 'ready', lease_until_at = 0
                         WHERE state = 'running' AND (?2 OR lease_until_at <= ?1)",
                    )
                    .bind(now)
                    .bind(everything)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }

    /// Takes in a message that needs no turn, and tells its sender a sentence about it, once for each `key`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn accept_done(
        &self,
        message: &Inbound,
        key: &'static str,
        sentence: String,
        now: i64,
    ) -> Result<(), StoreError> {
        let message = message.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let Accepted::New(id) = insert_message(&mut *connection, &message, "done", now).await?
                    else {
                        return Ok(());
                    };
                    sqlx::query("UPDATE inbox SET outcome = 'answered', done_at = ?2 WHERE id = ?1")
                        .bind(id.0)
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    outbox::insert_notice(connection, key, id, &sentence, now).await
                })
            })
            .await
    }

    /// Whether a conversation has any message.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn takes_part(&self, conversation: &Conversation) -> Result<bool, StoreError> {
        let row: Option<i64> = sqlx::query_scalar("SELECT 1 FROM inbox WHERE conversation = ?1 LIMIT 1")
            .bind(&conversation.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    /// Makes a parked message due again, with all its attempts.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when no parked message has this id.
    pub async fn retry_parked(&self, id: InboxId, now: i64) -> Result<(), StoreError> {
        self.change_parked(id, "ready", now).await
    }

    /// Gives up a parked message for good.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when no parked message has this id.
    pub async fn drop_parked(&self, id: InboxId, now: i64) -> Result<(), StoreError> {
        self.change_parked(id, "dropped", now).await
    }

    async fn change_parked(&self, id: InboxId, state: &'static str, now: i64) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE inbox SET state = ?2, attempts = 0, failures = 0, run_after_at = ?3
                         WHERE id = ?1 AND state = 'parked'",
                    )
                    .bind(id.0)
                    .bind(state)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("no parked message has the id {id}")));
                    }
                    let action = format!("inbox.{state}");
                    super::audit::insert(connection, now, "operator", &action, &format!("inbox {id}")).await
                })
            })
            .await
    }

    /// One row.
    ///
    /// # Errors
    /// When the database is out of reach or the row unreadable.
    pub async fn inbox_row(&self, id: InboxId) -> Result<Option<InboxRow>, StoreError> {
        let row = sqlx::query(concat!(select_row!(), " WHERE id = ?1"))
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read_row).transpose()
    }

    /// The newest `limit` rows of a conversation, oldest first.
    ///
    /// # Errors
    /// As for [`Self::inbox_row`].
    pub async fn conversation(
        &self,
        conversation: &Conversation,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        let rows = sqlx::query(concat!(select_row!(), " WHERE conversation = ?1 ORDER BY id DESC LIMIT ?2"))
            .bind(&conversation.0)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().rev().map(read_row).collect()
    }

    /// Parked messages, oldest first.
    ///
    /// # Errors
    /// As for [`Self::inbox_row`].
    pub async fn parked(&self, limit: u32) -> Result<Vec<InboxRow>, StoreError> {
        let rows = sqlx::query(concat!(select_row!(), " WHERE state = 'parked' ORDER BY id LIMIT ?1"))
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read_row).collect()
    }

    /// Steps of a turn, in order.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn steps(&self, id: InboxId) -> Result<Vec<StepRow>, StoreError> {
        let rows = sqlx::query_as("SELECT kind, result, took_us FROM step WHERE inbox_id = ?1 ORDER BY n")
            .bind(id.0)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows)
    }

    /// The files that came with earlier messages of a conversation, newest first, as the turns found them.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn files_before(
        &self,
        conversation: &Conversation,
        before: InboxId,
    ) -> Result<Vec<Attachment>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT step.result FROM step JOIN inbox ON inbox.id = step.inbox_id
             WHERE inbox.conversation = ?1 AND inbox.id < ?2 AND step.kind = 'sense'
             ORDER BY inbox.id DESC LIMIT 12",
        )
        .bind(&conversation.0)
        .bind(before.0)
        .fetch_all(&self.readers)
        .await?;
        let files = |row: &String| {
            let step: serde_json::Value = serde_json::from_str(row).unwrap_or_default();
            let files = step.get("files").cloned().unwrap_or_default();
            serde_json::from_value::<Vec<Attachment>>(files).unwrap_or_default()
        };
        Ok(rows.iter().flat_map(files).collect())
    }

    /// How many rows are in which state.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn inbox_counts(&self) -> Result<InboxCounts, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT state, count(*) FROM inbox GROUP BY state")
            .fetch_all(&self.readers)
            .await?;
        let of = |state: &str| rows.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n);
        Ok(InboxCounts { ready: of("ready"), running: of("running"), parked: of("parked"), done: of("done") })
    }
}

/// Stores a message in this state; a repeat of (channel, key) changes nothing.
pub(super) async fn insert_message(
    connection: &mut SqliteConnection,
    message: &Inbound,
    state: &'static str,
    now: i64,
) -> Result<Accepted, StoreError> {
    let (channel, key) = (message.channel.as_str(), message.key.as_str());
    let new: Option<i64> = sqlx::query_scalar(
        "INSERT INTO inbox (channel, source_key, conversation, person, message, state, accepted_at, run_after_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
         ON CONFLICT (channel, source_key) DO NOTHING
         RETURNING id",
    )
    .bind(channel)
    .bind(key)
    .bind(&message.conversation.0)
    .bind(message.person.as_str())
    .bind(to_json(message))
    .bind(state)
    .bind(now)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = new {
        return Ok(Accepted::New(InboxId(id)));
    }
    let id = sqlx::query_scalar("SELECT id FROM inbox WHERE channel = ?1 AND source_key = ?2")
        .bind(channel)
        .bind(key)
        .fetch_one(connection)
        .await?;
    Ok(Accepted::Repeat(InboxId(id)))
}

async fn claim(
    connection: &mut SqliteConnection,
    now: i64,
    lease_s: i64,
) -> Result<Option<Claimed>, StoreError> {
    loop {
        let row = sqlx::query(concat!(
            "UPDATE inbox SET
                 state = CASE WHEN attempts >= ?3 THEN 'parked' ELSE 'running' END,
                 last_error = CASE WHEN attempts >= ?3
                     THEN 'the program ended ' || attempts || ' times while answering this'
                     ELSE last_error END,
                 attempts = attempts + 1, lease_token = lease_token + 1, lease_until_at = ?1 + ?2
             WHERE id = (
                 SELECT due.id FROM inbox AS due
                 WHERE due.state = 'ready' AND due.run_after_at <= ?1
                   AND NOT EXISTS (
                       SELECT 1 FROM inbox AS earlier
                       WHERE earlier.conversation = due.conversation AND earlier.id < due.id
                         AND earlier.state IN ('ready', 'running'))",
            not_paused!(),
            "ORDER BY due.run_after_at, due.id LIMIT 1)
             RETURNING id, message, state, attempts, failures, accepted_at, lease_token"
        ))
        .bind(now)
        .bind(lease_s)
        .bind(CLAIMS_MAX)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id: i64 = row.try_get("id")?;
        if row.try_get::<&str, _>("state")? == "parked" {
            outbox::tell_that_it_is_stuck(connection, InboxId(id), now).await?;
            continue;
        }
        let message = match serde_json::from_str(row.try_get("message")?) {
            Ok(message) => with_follow_ups(&mut *connection, id, message).await?,
            Err(_) => None,
        };
        let Some(message) = message else {
            // Written by a newer version, perhaps: keep it for people instead of losing or looping.
            sqlx::query(
                "UPDATE inbox SET state = 'parked', last_error = 'unreadable by this version' WHERE id = ?1",
            )
            .bind(id)
            .execute(&mut *connection)
            .await?;
            outbox::tell_that_it_is_stuck(connection, InboxId(id), now).await?;
            continue;
        };
        return Ok(Some(Claimed {
            id: InboxId(id),
            message,
            attempts: row.try_get("attempts")?,
            failures: row.try_get("failures")?,
            accepted_at: row.try_get("accepted_at")?,
            lease_token: row.try_get("lease_token")?,
        }));
    }
}

async fn insert_steps(
    connection: &mut SqliteConnection,
    id: InboxId,
    steps: &[StepRow],
) -> Result<(), StoreError> {
    // A turn that ran before without committing its end has left none; one that is retried starts over.
    sqlx::query("DELETE FROM step WHERE inbox_id = ?1").bind(id.0).execute(&mut *connection).await?;
    for (n, step) in (1_i64..).zip(steps) {
        sqlx::query("INSERT INTO step (inbox_id, n, kind, result, took_us) VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(id.0)
            .bind(n)
            .bind(&step.kind)
            .bind(&step.result)
            .bind(step.took_us)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub(super) fn held(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

pub(super) fn read_row(row: &SqliteRow) -> Result<InboxRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "inbox", id, why };
    let message: Inbound =
        serde_json::from_str(row.try_get("message")?).map_err(|e| unreadable(e.to_string()))?;
    Ok(InboxRow {
        id: InboxId(id),
        channel: row.try_get("channel")?,
        key: row.try_get("source_key")?,
        conversation: Conversation(row.try_get("conversation")?),
        person: message.person,
        from: message.requester.name,
        text: message.text,
        state: row.try_get("state")?,
        outcome: row.try_get("outcome")?,
        attempts: row.try_get("attempts")?,
        last_error: row.try_get("last_error")?,
        accepted_at: row.try_get("accepted_at")?,
        done_at: row.try_get("done_at")?,
    })
}
