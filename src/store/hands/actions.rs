//! Actions: what a turn proposed, who decided, and what came of it.
//!
//! A row is in `running` before its tool is called and leaves that state in the commit that holds its receipt, so after a
//! crash it is known which effects are in doubt.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{value, word};
use crate::{
    domain::{ActionId, InboxId, PersonId, ReaderId},
    store::{Claimed, Store, StoreError, audit, outbox::insert_word, pauses::not_paused},
};

/// The oldest approved action whose person is not paused where the request came from.
const NEXT: &str = concat!(
    "SELECT action.id FROM action JOIN inbox AS due ON due.id = action.inbox_id
     -- The first condition is what lets the index of open actions be used.
     WHERE action.state IN ('approved', 'running') AND action.state = 'approved'",
    not_paused!(),
    "ORDER BY action.id LIMIT 1"
);

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Somebody has to approve it.
    Waiting,
    /// Somebody has; it is done next.
    Approved,
    /// The tool was called.
    Running,
    /// It is done, with a receipt.
    Done,
    /// It was not done.
    Failed,
    /// It may or may not have been done.
    Uncertain,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// The message that led to it was changed.
    Withdrawn,
}

/// A step that may be done, at once or after an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAction {
    /// The place of the step in its turn, from 1.
    pub n: i64,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// What an approval is bound to.
    pub fingerprint: String,
    /// Of the message that led to it, in hex.
    pub message_sha256: String,
    /// Who asked.
    pub requester: ReaderId,
    /// What permission depends on, as JSON.
    pub request: Value,
    /// Until when it waits for an approval, in Unix seconds; `None` when it needs none.
    pub waits_until: Option<i64>,
}

/// An action as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionRow {
    /// The row.
    pub id: ActionId,
    /// What the tool is told, so that it does the same only once.
    pub idempotency_key: String,
    /// The message that led to it.
    pub inbox: InboxId,
    /// The place of the step in its turn, from 1.
    pub n: i64,
    /// Whose understudy acts.
    pub person: PersonId,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// What an approval is bound to.
    pub fingerprint: String,
    /// Of the message that led to it, in hex.
    pub message_sha256: String,
    /// Who asked.
    pub requester: ReaderId,
    /// What permission depends on, as JSON.
    pub request: Value,
    /// Where it stands.
    pub state: ActionState,
    /// When it was proposed.
    pub created_at: i64,
    /// Until when it can be approved, or 0.
    pub expires_at: i64,
    /// Who decided, or empty.
    pub decided_by: String,
    /// What people were told of it.
    pub told: String,
    /// What the tool calls what it made.
    pub receipt: String,
    /// What a reading tool returned; never trusted.
    pub found: String,
}

/// A decision on an action that waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// As it was proposed.
    Approve,
    /// With these arguments instead, and their fingerprint.
    ApproveWith(Value, String),
    /// Not at all.
    Reject,
}

macro_rules! select_action {
    () => {
        "SELECT id, idempotency_key, inbox_id, n, person, tool, arguments, fingerprint, message_sha256, requester,
                request, state, created_at, expires_at, decided_by, told, receipt, found FROM action "
    };
}

/// How an action ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    pub told: String,
    pub receipt: String,
    pub found: String,
    /// Whether `told` holds words of others.
    pub quotes: bool,
}

impl Store {
    /// Journals a step of a claimed message: as running, or as waiting for an approval.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when a later claim took over; the step must not be done then.
    pub async fn begin_action(
        &self,
        claimed: &Claimed,
        new: NewAction,
        now: i64,
    ) -> Result<ActionRow, StoreError> {
        let (inbox, token, person) = (claimed.id, claimed.lease_token, claimed.message.person.to_string());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let held: Option<i64> = sqlx::query_scalar(
                        "SELECT 1 FROM inbox WHERE id = ?1 AND lease_token = ?2 AND state = 'running'",
                    )
                    .bind(inbox.0)
                    .bind(token)
                    .fetch_optional(&mut *connection)
                    .await?;
                    if held.is_none() {
                        return Err(StoreError::LeaseLost);
                    }
                    let state = if new.waits_until.is_some() { ActionState::Waiting } else { ActionState::Running };
                    let id: i64 = sqlx::query_scalar(
                        "INSERT INTO action (idempotency_key, inbox_id, n, person, tool, arguments, fingerprint,
                                             message_sha256, requester, request, state, created_at, expires_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id",
                    )
                    .bind(format!("act-{inbox}-{}", new.n))
                    .bind(inbox.0)
                    .bind(new.n)
                    .bind(&person)
                    .bind(&new.tool)
                    .bind(new.arguments.to_string())
                    .bind(&new.fingerprint)
                    .bind(&new.message_sha256)
                    .bind(new.requester.as_str())
                    .bind(new.request.to_string())
                    .bind(word(state))
                    .bind(now)
                    .bind(new.waits_until.unwrap_or(0))
                    .fetch_one(&mut *connection)
                    .await?;
                    let action = format!("action.{}", word(state));
                    audit::insert(&mut *connection, now, &person, &action, &subject(id, &new.tool)).await?;
                    one(connection, id).await
                })
            })
            .await
    }

    /// Ends an action that runs; whoever asked is told in the same transaction when it had to wait for an approval.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when it is not running any more.
    pub(crate) async fn end_action(
        &self,
        id: ActionId,
        state: ActionState,
        ended: Ended,
        now: i64,
    ) -> Result<ActionRow, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE action SET state = ?2, told = ?3, receipt = ?4, found = ?5, done_at = ?6, quotes = ?7
                         WHERE id = ?1 AND state = 'running'",
                    )
                    .bind(id.0)
                    .bind(word(state))
                    .bind(&ended.told)
                    .bind(&ended.receipt)
                    .bind(&ended.found)
                    .bind(now)
                    .bind(ended.quotes)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("action {id} is not running")));
                    }
                    let row = one(&mut *connection, id.0).await?;
                    let action = format!("action.{}", word(state));
                    audit::insert(
                        &mut *connection,
                        now,
                        row.person.as_str(),
                        &action,
                        &subject(id.0, &row.tool),
                    )
                    .await?;
                    if !row.decided_by.is_empty() {
                        tell(connection, &row, now).await?;
                    }
                    Ok(row)
                })
            })
            .await
    }

    /// Decides on an action that waits, if it still is what `fingerprint` was shown for; the first decision counts.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when it was decided, has expired, or is another one than was shown.
    pub async fn decide_action(
        &self,
        id: ActionId,
        fingerprint: &str,
        decided: Decided,
        by: &str,
        now: i64,
    ) -> Result<ActionRow, StoreError> {
        let (fingerprint, by) = (fingerprint.to_owned(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let (state, edited, word_for_it) = match &decided {
                        Decided::Approve => (ActionState::Approved, None, "approved"),
                        Decided::ApproveWith(arguments, print) => {
                            (ActionState::Approved, Some((arguments.to_string(), print.clone())), "edited")
                        }
                        Decided::Reject => (ActionState::Rejected, None, "rejected"),
                    };
                    let (arguments, print) = edited.unzip();
                    let done = sqlx::query(
                        "UPDATE action SET state = ?4, decided_by = ?5, decided_at = ?3,
                                arguments = coalesce(?6, arguments), fingerprint = coalesce(?7, fingerprint),
                                told = CASE WHEN ?4 = 'rejected' THEN ?8 ELSE '' END
                         WHERE id = ?1 AND fingerprint = ?2 AND state = 'waiting' AND expires_at > ?3",
                    )
                    .bind(id.0)
                    .bind(fingerprint)
                    .bind(now)
                    .bind(word(state))
                    .bind(&by)
                    .bind(arguments)
                    .bind(print)
                    .bind(format!("{by} decided not to let me do this. Ask them what to do instead."))
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere(format!("request {id} does not wait any more")));
                    }
                    let row = one(&mut *connection, id.0).await?;
                    let action = format!("action.{word_for_it}");
                    audit::insert(&mut *connection, now, &by, &action, &subject(id.0, &row.tool)).await?;
                    if state == ActionState::Rejected {
                        tell(connection, &row, now).await?;
                    }
                    Ok(row)
                })
            })
            .await
    }

    /// Takes the oldest approved action to be done now, or returns `None`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn claim_action(&self, now: i64) -> Result<Option<ActionRow>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(NEXT).fetch_optional(&self.readers).await?;
        if next.is_none() {
            return Ok(None);
        }
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let id: Option<i64> = sqlx::query_scalar(NEXT).fetch_optional(&mut *connection).await?;
                    let Some(id) = id else { return Ok(None) };
                    sqlx::query("UPDATE action SET state = 'running' WHERE id = ?1")
                        .bind(id)
                        .execute(&mut *connection)
                        .await?;
                    let row = one(&mut *connection, id).await?;
                    let at = subject(id, &row.tool);
                    audit::insert(connection, now, row.person.as_str(), "action.running", &at).await?;
                    Ok(Some(row))
                })
            })
            .await
    }

    /// Actions that a dead process was doing after an approval.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn actions_in_doubt(&self) -> Result<Vec<ActionRow>, StoreError> {
        let rows = sqlx::query(concat!(
            select_action!(),
            "WHERE state = 'running' AND decided_by <> '' ORDER BY id"
        ))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Lets an action that may be repeated be done again.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn redo_action(&self, id: ActionId) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE action SET state = 'approved' WHERE id = ?1 AND state = 'running'")
                        .bind(id.0)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Ends what nobody decided in time, tells whoever asked, and returns how many that were.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn expire_actions(&self, now: i64) -> Result<u64, StoreError> {
        let due: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM action WHERE state = 'waiting' AND expires_at <= ?1 LIMIT 1")
                .bind(now)
                .fetch_optional(&self.readers)
                .await?;
        if due.is_none() {
            return Ok(0);
        }
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let ids: Vec<i64> = sqlx::query_scalar(
                        "UPDATE action SET state = 'expired', told = ?2
                         WHERE state = 'waiting' AND expires_at <= ?1 RETURNING id",
                    )
                    .bind(now)
                    .bind("Nobody decided on this in time, so I did not do it. Ask me again if you still need it.")
                    .fetch_all(&mut *connection)
                    .await?;
                    for id in &ids {
                        let row = one(&mut *connection, *id).await?;
                        let at = subject(*id, &row.tool);
                        audit::insert(&mut *connection, now, row.person.as_str(), "action.expired", &at).await?;
                        tell(&mut *connection, &row, now).await?;
                    }
                    Ok(ids.len() as u64)
                })
            })
            .await
    }

    /// Takes back what waits because of an earlier wording of a claimed message.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn withdraw_actions(
        &self,
        inbox: InboxId,
        message_sha256: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let sha256 = message_sha256.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move { withdraw(connection, inbox.0, &sha256, now).await })
            })
            .await
    }

    /// The actions of a message, in order.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn actions(&self, inbox: InboxId) -> Result<Vec<ActionRow>, StoreError> {
        let rows = sqlx::query(concat!(select_action!(), "WHERE inbox_id = ?1 ORDER BY n"))
            .bind(inbox.0)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(read).collect()
    }

    /// One action.
    ///
    /// # Errors
    /// As for [`Self::actions`].
    pub async fn action(&self, id: ActionId) -> Result<Option<ActionRow>, StoreError> {
        let row = sqlx::query(concat!(select_action!(), "WHERE id = ?1"))
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// What waits for an approval, oldest first.
    ///
    /// # Errors
    /// As for [`Self::actions`].
    pub async fn waiting_actions(
        &self,
        person: &PersonId,
        now: i64,
        limit: u32,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let rows = sqlx::query(concat!(
            select_action!(),
            "WHERE state = 'waiting' AND person = ?1 AND expires_at > ?2 ORDER BY id LIMIT ?3"
        ))
        .bind(person.as_str())
        .bind(now)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn subject(id: i64, tool: &str) -> String {
    format!("action {id} {tool}")
}

/// Tells whoever asked what became of an action that waited.
async fn tell(connection: &mut SqliteConnection, row: &ActionRow, now: i64) -> Result<(), StoreError> {
    // By its place in the turn, so that a mail of it is found again by a database that numbers its rows anew.
    insert_word(connection, &format!("action-{}-{}", row.n, row.inbox), row.inbox, &row.told, now).await
}

async fn one(connection: &mut SqliteConnection, id: i64) -> Result<ActionRow, StoreError> {
    let row = sqlx::query(concat!(select_action!(), "WHERE id = ?1")).bind(id).fetch_one(connection).await?;
    read(&row)
}

fn read(row: &SqliteRow) -> Result<ActionRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "action", id, why };
    let json = |column: &str| -> Result<Value, StoreError> {
        serde_json::from_str(row.try_get(column)?).map_err(|e| unreadable(e.to_string()))
    };
    let state: String = row.try_get("state")?;
    Ok(ActionRow {
        id: ActionId(id),
        idempotency_key: row.try_get("idempotency_key")?,
        inbox: InboxId(row.try_get("inbox_id")?),
        n: row.try_get("n")?,
        person: PersonId::new(row.try_get::<String, _>("person")?).map_err(|e| unreadable(e.to_string()))?,
        tool: row.try_get("tool")?,
        arguments: json("arguments")?,
        fingerprint: row.try_get("fingerprint")?,
        message_sha256: row.try_get("message_sha256")?,
        requester: ReaderId::new(row.try_get::<String, _>("requester")?)
            .map_err(|e| unreadable(e.to_string()))?,
        request: json("request")?,
        state: value(state).ok_or_else(|| unreadable("unknown state".to_owned()))?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        decided_by: row.try_get("decided_by")?,
        told: row.try_get("told")?,
        receipt: row.try_get("receipt")?,
        found: row.try_get("found")?,
    })
}

/// Withdraws what waits for a yes or has one, of one message, unless the message still has the words `but`.
pub(in crate::store) async fn withdraw(
    connection: &mut SqliteConnection,
    inbox: i64,
    but: &str,
    now: i64,
) -> Result<(), StoreError> {
    let gone: Vec<(i64, String, String)> = sqlx::query_as(
        "UPDATE action SET state = 'withdrawn'
         WHERE inbox_id = ?1 AND message_sha256 <> ?2 AND state IN ('waiting', 'approved')
         RETURNING id, person, tool",
    )
    .bind(inbox)
    .bind(but)
    .fetch_all(&mut *connection)
    .await?;
    for (id, person, tool) in gone {
        audit::insert(&mut *connection, now, &person, "action.withdrawn", &subject(id, &tool)).await?;
    }
    Ok(())
}
