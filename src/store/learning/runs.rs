//! Rounds of learning, their bundles, and the receipts of their destruction.

use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::super::{Store, StoreError, audit};
use crate::domain::{Consent, IntakeId, PersonId, RunId, SourceKind};

/// Where a round of learning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Bundles are taken in.
    Collecting,
    /// An adapter is being trained on it.
    Training,
    /// The training ended in order.
    Ended,
    /// The training failed.
    Failed,
    /// Somebody stopped the training.
    Cancelled,
    /// Words and key are gone.
    Destroyed,
}

impl RunState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collecting => "collecting",
            Self::Training => "training",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Destroyed => "destroyed",
        }
    }

    fn of(word: &str) -> Option<Self> {
        use RunState::{Cancelled, Collecting, Destroyed, Ended, Failed, Training};
        [Collecting, Training, Ended, Failed, Cancelled, Destroyed].into_iter().find(|s| s.as_str() == word)
    }
}

/// A round of learning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// The row.
    pub id: RunId,
    /// Whose words.
    pub person: PersonId,
    /// Where it stands.
    pub state: RunState,
    /// When it was opened.
    pub opened_at: i64,
    /// When its first bundle was taken in, or 0.
    pub first_intake_at: i64,
    /// When its latest training ended, or 0.
    pub ended_at: i64,
}

/// A bundle of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeRow {
    /// The row.
    pub id: IntakeId,
    /// Its round.
    pub run: RunId,
    /// Where the words come from.
    pub kind: SourceKind,
    /// The consent that let it in.
    pub consent: i64,
    /// `open`, `kept`, `given_up`.
    pub state: String,
    /// When it was opened.
    pub opened_at: i64,
    /// Messages that were kept.
    pub events: i64,
    /// What was left out and why, as JSON with counts.
    pub report: String,
}

/// Proof that something was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When.
    pub at: i64,
    /// Whose words.
    pub person: String,
    /// Which round.
    pub run: RunId,
    /// Why.
    pub why: String,
    /// How many files went, the key among them.
    pub files: i64,
    /// How many bytes they had.
    pub bytes: i64,
}

macro_rules! select_run {
    ($rest:literal) => {
        concat!("SELECT id, person, state, opened_at, first_intake_at, ended_at FROM learning_run ", $rest)
    };
}

impl Store {
    /// Opens a bundle in the person's open round, making a round when there is none.
    ///
    /// A round whose training failed or was cancelled collects again; one that ended, or is in training, does
    /// not, because what it was trained on must stay what it was.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when the consent was taken back meanwhile; otherwise when the database is out
    /// of reach.
    pub async fn open_intake(
        &self,
        person: &PersonId,
        consent: &Consent,
        kind: SourceKind,
        now: i64,
    ) -> Result<(RunId, IntakeId), StoreError> {
        let (person, consent) = (person.to_string(), consent.id);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    holds(&mut *connection, consent).await?;
                    let open: Option<i64> = sqlx::query_scalar(
                        "UPDATE learning_run SET state = 'collecting', ended_at = 0,
                                first_intake_at = CASE WHEN first_intake_at = 0 THEN ?2 ELSE first_intake_at END
                         WHERE id = (SELECT max(id) FROM learning_run WHERE person = ?1)
                           AND state IN ('collecting', 'failed', 'cancelled')
                         RETURNING id",
                    )
                    .bind(&person)
                    .bind(now)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let run = match open {
                        Some(run) => run,
                        None => {
                            sqlx::query_scalar(
                                "INSERT INTO learning_run (person, opened_at, first_intake_at)
                                 VALUES (?1, ?2, ?2) RETURNING id",
                            )
                            .bind(&person)
                            .bind(now)
                            .fetch_one(&mut *connection)
                            .await?
                        }
                    };
                    let id: i64 = sqlx::query_scalar(
                        "INSERT INTO intake (run_id, consent_id, kind, opened_at)
                         VALUES (?1, ?2, ?3, ?4) RETURNING id",
                    )
                    .bind(run)
                    .bind(consent)
                    .bind(kind.as_str())
                    .bind(now)
                    .fetch_one(&mut *connection)
                    .await?;
                    audit::insert(connection, now, &person, "intake.opened", &format!("intake {id}")).await?;
                    Ok((RunId(run), IntakeId(id)))
                })
            })
            .await
    }

    /// Keeps a bundle that was read to its end.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when its consent was taken back or its round destroyed meanwhile; the caller
    /// removes the file then.
    pub async fn keep_intake(&self, id: IntakeId, events: u64, report: String) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let consent: Option<i64> = sqlx::query_scalar(
                        "SELECT intake.consent_id FROM intake
                         JOIN learning_run ON learning_run.id = intake.run_id
                         WHERE intake.id = ?1 AND intake.state = 'open' AND learning_run.state <> 'destroyed'",
                    )
                    .bind(id.0)
                    .fetch_optional(&mut *connection)
                    .await?;
                    let gone = || StoreError::NotThere(format!("intake {id} is not open any more"));
                    holds(&mut *connection, consent.ok_or_else(gone)?).await?;
                    sqlx::query("UPDATE intake SET state = 'kept', events = ?2, report = ?3 WHERE id = ?1")
                        .bind(id.0)
                        .bind(i64::try_from(events).unwrap_or(i64::MAX))
                        .bind(report)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Gives a bundle up that could not be read.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn give_up_intake(&self, id: IntakeId) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE intake SET state = 'given_up' WHERE id = ?1 AND state = 'open'")
                        .bind(id.0)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Bundles of a round, oldest first.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn intakes(&self, run: RunId) -> Result<Vec<IntakeRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, run_id, consent_id, kind, state, opened_at, events, report
             FROM intake WHERE run_id = ?1 ORDER BY id",
        )
        .bind(run.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_intake).collect()
    }

    /// A person's newest round whose words still exist.
    ///
    /// # Errors
    /// When the database is out of reach or the row unreadable.
    pub async fn latest_run(&self, person: &PersonId) -> Result<Option<RunRow>, StoreError> {
        let row =
            sqlx::query(select_run!("WHERE person = ?1 AND state <> 'destroyed' ORDER BY id DESC LIMIT 1"))
                .bind(person.as_str())
                .fetch_optional(&self.readers)
                .await?;
        row.as_ref().map(read_run).transpose()
    }

    /// Every round whose words still exist, oldest first; all people's unless one is given.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn living_runs(&self, person: Option<&PersonId>) -> Result<Vec<RunRow>, StoreError> {
        let rows = sqlx::query(select_run!(
            "WHERE state <> 'destroyed' AND (?1 IS NULL OR person = ?1) ORDER BY id"
        ))
        .bind(person.map(PersonId::as_str))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_run).collect()
    }

    /// Marks a round as being trained on; its words stay until seven days after [`Self::end_training`].
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when its words are gone or it is being trained on already.
    pub async fn begin_training(&self, run: RunId, now: i64) -> Result<(), StoreError> {
        self.move_run(run, &["collecting", "ended", "failed", "cancelled"], RunState::Training, 0, now).await
    }

    /// Records how a training ended; `how` is `Ended`, `Failed` or `Cancelled`.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when it is not being trained on, for instance because its words were destroyed.
    pub async fn end_training(&self, run: RunId, how: RunState, now: i64) -> Result<(), StoreError> {
        self.move_run(run, &["training"], how, now, now).await
    }

    /// Marks trainings that a dead process was running as failed and returns how many; the lock of the data
    /// directory proves that nobody trains.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn free_trainings(&self, now: i64) -> Result<u64, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE learning_run SET state = 'failed', ended_at = ?1 WHERE state = 'training'",
                    )
                    .bind(now)
                    .execute(connection)
                    .await?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }

    async fn move_run(
        &self,
        run: RunId,
        from: &'static [&'static str],
        to: RunState,
        ended_at: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row: Option<(String, String)> =
                        sqlx::query_as("SELECT person, state FROM learning_run WHERE id = ?1")
                            .bind(run.0)
                            .fetch_optional(&mut *connection)
                            .await?;
                    let Some((person, state)) = row else {
                        return Err(StoreError::NotThere(format!("there is no learning run {run}")));
                    };
                    if !from.contains(&state.as_str()) {
                        return Err(StoreError::NotThere(format!("learning run {run} is {state}")));
                    }
                    sqlx::query("UPDATE learning_run SET state = ?2, ended_at = ?3 WHERE id = ?1")
                        .bind(run.0)
                        .bind(to.as_str())
                        .bind(ended_at)
                        .execute(&mut *connection)
                        .await?;
                    let action = format!("learning.{}", to.as_str());
                    audit::insert(connection, now, &person, &action, &format!("run {run}")).await
                })
            })
            .await
    }

    /// Records that the words of a round are gone; called after the files are.
    ///
    /// # Errors
    /// When the database is out of reach; the sweep repeats the destruction then.
    pub async fn mark_destroyed(&self, receipt: Receipt) -> Result<(), StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE learning_run SET state = 'destroyed', destroyed_at = ?2 WHERE id = ?1",
                    )
                    .bind(receipt.run.0)
                    .bind(receipt.at)
                    .execute(&mut *connection)
                    .await?;
                    sqlx::query(
                        "INSERT INTO receipt (at, person, run_id, why, files, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )
                    .bind(receipt.at)
                    .bind(&receipt.person)
                    .bind(receipt.run.0)
                    .bind(&receipt.why)
                    .bind(receipt.files)
                    .bind(receipt.bytes)
                    .execute(&mut *connection)
                    .await?;
                    let subject = format!("run {}", receipt.run);
                    audit::insert(connection, receipt.at, &receipt.person, "learning.destroyed", &subject).await
                })
            })
            .await
    }

    /// Proof of destruction, newest first.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn receipts(&self, person: &PersonId) -> Result<Vec<Receipt>, StoreError> {
        let rows: Vec<(i64, String, i64, String, i64, i64)> = sqlx::query_as(
            "SELECT at, person, run_id, why, files, bytes FROM receipt WHERE person = ?1 ORDER BY id DESC",
        )
        .bind(person.as_str())
        .fetch_all(&self.readers)
        .await?;
        let receipt =
            |(at, person, run, why, files, bytes)| Receipt { at, person, run: RunId(run), why, files, bytes };
        Ok(rows.into_iter().map(receipt).collect())
    }

    /// Takes an example out of the person's data set for good.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_veto(&self, person: &PersonId, example: &str, now: i64) -> Result<(), StoreError> {
        let (person, example) = (person.to_string(), example.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO veto (person, example, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                    )
                    .bind(&person)
                    .bind(&example)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    audit::insert(connection, now, &person, "example.vetoed", &example).await
                })
            })
            .await
    }

    /// Ids of the examples that the person took out.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn vetoes(&self, person: &PersonId) -> Result<std::collections::BTreeSet<String>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT example FROM veto WHERE person = ?1")
            .bind(person.as_str())
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().collect())
    }
}

async fn holds(connection: &mut SqliteConnection, consent: i64) -> Result<(), StoreError> {
    let held: Option<i64> = sqlx::query_scalar("SELECT 1 FROM consent WHERE id = ?1 AND withdrawn_at = 0")
        .bind(consent)
        .fetch_optional(connection)
        .await?;
    held.map(|_| ()).ok_or_else(|| StoreError::NotThere("the consent was taken back meanwhile".to_owned()))
}

fn read_run(row: &SqliteRow) -> Result<RunRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    let unreadable = |why: String| StoreError::Unreadable { table: "learning_run", id, why };
    let (person, state): (String, &str) = (row.try_get("person")?, row.try_get("state")?);
    Ok(RunRow {
        id: RunId(id),
        person: PersonId::new(person).map_err(|e| unreadable(e.to_string()))?,
        state: RunState::of(state).ok_or_else(|| unreadable(format!("the state is {state}")))?,
        opened_at: row.try_get("opened_at")?,
        first_intake_at: row.try_get("first_intake_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}

fn read_intake(row: &SqliteRow) -> Result<IntakeRow, StoreError> {
    let id: i64 = row.try_get("id")?;
    let kind: &str = row.try_get("kind")?;
    Ok(IntakeRow {
        id: IntakeId(id),
        run: RunId(row.try_get("run_id")?),
        kind: kind.parse().map_err(|e| StoreError::Unreadable {
            table: "intake",
            id,
            why: format!("{e}"),
        })?,
        consent: row.try_get("consent_id")?,
        state: row.try_get("state")?,
        opened_at: row.try_get("opened_at")?,
        events: row.try_get("events")?,
        report: row.try_get("report")?,
    })
}
