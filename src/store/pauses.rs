//! Pausing: an understudy stands still in one channel or everywhere until somebody lets it go on.
//!
//! While it is paused its messages are taken in and acknowledged, and wait; no reply leaves and no approved step is
//! done. What is in the middle of a turn, of a delivery or of a step ends as it would have. Nothing is dropped and nobody
//! is told anything: after the pause the messages are answered in their order.

use sqlx::FromRow;

use super::{Store, StoreError, audit};
use crate::domain::{Channel, PersonId};

/// SQL that holds when the row `due`, which has a person and a channel, is not paused.
macro_rules! not_paused {
    () => {
        " AND NOT EXISTS (
              SELECT 1 FROM pause
              WHERE pause.person IN ('', due.person) AND pause.channel IN ('', due.channel)) "
    };
}
pub(super) use not_paused;

/// One place where somebody stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Who; `None` is everybody.
    pub person: Option<PersonId>,
    /// Where; `None` is everywhere.
    pub channel: Option<Channel>,
    /// Who paused it.
    pub actor: String,
    /// Since when.
    pub at: i64,
}

/// All that is paused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(Vec<Pause>);

impl Pauses {
    /// The pause that keeps a person still in a channel, the widest first.
    #[must_use]
    pub fn covering(&self, person: &PersonId, channel: Channel) -> Option<&Pause> {
        self.0.iter().find(|pause| {
            pause.person.as_ref().is_none_or(|paused| paused == person)
                && pause.channel.is_none_or(|paused| paused == channel)
        })
    }

    /// The pause that was set for exactly this person (`None`: everybody) and channel (`None`: every one).
    #[must_use]
    pub fn exactly(&self, person: Option<&PersonId>, channel: Option<Channel>) -> Option<&Pause> {
        self.0.iter().find(|pause| pause.person.as_ref() == person && pause.channel == channel)
    }

    /// Every one, those for everybody first.
    pub fn iter(&self) -> impl Iterator<Item = &Pause> {
        self.0.iter()
    }

    /// Whether nothing is paused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[derive(FromRow)]
struct Row {
    person: String,
    channel: String,
    actor: String,
    at: i64,
}

impl Store {
    /// What is paused now.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn pauses(&self) -> Result<Pauses, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT person, channel, actor, at FROM pause ORDER BY person, channel")
                .fetch_all(&self.readers)
                .await?;
        let read = |row: Row| Pause {
            person: PersonId::new(row.person).ok(),
            channel: row.channel.parse().ok(),
            actor: row.actor,
            at: row.at,
        };
        Ok(Pauses(rows.into_iter().map(read).collect()))
    }

    /// Pauses a person (`None`: everybody) in a channel (`None`: everywhere) from the next claim on.
    ///
    /// A pause that is there already stays as it is, with who set it; `actor` is who does it now.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn pause(
        &self,
        person: Option<&PersonId>,
        channel: Option<Channel>,
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (place, actor) = (Place::of(person, channel), actor.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let new = sqlx::query(
                        "INSERT INTO pause (person, channel, actor, at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (person, channel) DO NOTHING",
                    )
                    .bind(&place.person)
                    .bind(place.channel)
                    .bind(&actor)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                    if new > 0 {
                        audit::insert(connection, now, &actor, "understudy.paused", &place.words()).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Lets a person (`None`: everybody) go on in a channel; without a channel, wherever they were paused.
    ///
    /// A wider pause goes on: whoever was paused together with everybody stays so. Wake the inbox, the outbox and the
    /// hands afterwards, or they notice within a second.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn resume(
        &self,
        person: Option<&PersonId>,
        channel: Option<Channel>,
        actor: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (place, actor) = (Place::of(person, channel), actor.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let gone =
                        sqlx::query("DELETE FROM pause WHERE person = ?1 AND (?2 = '' OR channel = ?2)")
                            .bind(&place.person)
                            .bind(place.channel)
                            .execute(&mut *connection)
                            .await?
                            .rows_affected();
                    if gone > 0 {
                        audit::insert(connection, now, &actor, "understudy.resumed", &place.words()).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// A place as the table has it.
struct Place {
    person: String,
    channel: &'static str,
}

impl Place {
    fn of(person: Option<&PersonId>, channel: Option<Channel>) -> Self {
        Self {
            person: person.map(ToString::to_string).unwrap_or_default(),
            channel: channel.map_or("", Channel::as_str),
        }
    }

    fn words(&self) -> String {
        let or = |word: &'static str, none: &'static str| if word.is_empty() { none } else { word };
        let person = if self.person.is_empty() { "everybody" } else { &self.person };
        format!("{person} {}", or(self.channel, "everywhere"))
    }
}
