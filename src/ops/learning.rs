//! What commands can ask about consent, intake and erasure.

use std::sync::Arc;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::App,
    channels::email::forget_sign_in,
    domain::{Audience, IntakeId, Passage, PersonId, Purpose, RunId, SourceKind},
    error::Hint,
    files::Files,
    learning::{
        Cast, Note, Report,
        calendar::{DAY_S, day_of},
        cases::{self, Built, Plan, Recall},
        collection,
        consent::{self, Permit},
        erase, retention,
    },
    memory::{Embed, Leg, Notes, Remembering, Search},
    people::Person,
    store::{NewConsent, RunRow, StoreError, now},
    turn::answer::{self, Asked},
};

/// Of the replies whose facts no note holds, how many of a hundred teach to decline.
const DECLINE_PERCENT: u8 = 50;
/// Decides about figures and declined replies; fixed, so that the same words make the same data set.
const SEED: u64 = 1;
/// Passages that a look-up for one query gives.
const NOTES: usize = 6;

/// A request about learning.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnRequest {
    /// Records what a person agreed to.
    Consent {
        /// Who.
        person: PersonId,
        /// For what.
        purposes: Vec<Purpose>,
        /// From which sources.
        sources: Vec<SourceKind>,
        /// First day, as `2026-05-03`.
        from: String,
        /// Last day.
        until: String,
        /// How they said so.
        how: String,
    },
    /// Takes every consent back and destroys what was learned.
    Withdraw {
        /// Who.
        person: PersonId,
    },
    /// Erases everything of a person.
    Erase {
        /// Who.
        person: PersonId,
    },
    /// Asks for leave to take words in; answers with a [`Permit`].
    Open {
        /// Whose words.
        person: PersonId,
        /// From where.
        kind: SourceKind,
    },
    /// Keeps a bundle that was read to its end, and makes the data set anew.
    Keep {
        /// The leave that was given.
        permit: Permit,
        /// What became of the export.
        report: Report,
    },
    /// Gives up a bundle that could not be read.
    GiveUp {
        /// Which.
        intake: IntakeId,
    },
    /// Makes the data set anew, for instance after notes were added.
    Build {
        /// Whose.
        person: PersonId,
    },
}

pub(super) async fn handle(app: &App, request: LearnRequest) -> anyhow::Result<Value> {
    match request {
        LearnRequest::Consent { person, purposes, sources, from, until, how } => {
            agree(app, &person, &purposes, sources, (&from, &until), &how).await
        }
        LearnRequest::Withdraw { person } => {
            let done = retention::withdraw(&app.store, &app.vault(), &person, "operator", now()).await?;
            forget_model(app, &person).await;
            Ok(json!({"consents": done.consents, "runs": done.runs, "files": done.files}))
        }
        LearnRequest::Erase { person } => erase_all(app, &person).await,
        LearnRequest::Open { person, kind } => {
            let person = app.people.find(&person)?;
            let permit = consent::admit(&app.store, &app.vault(), &person.id, kind, now()).await?;
            Ok(json!({"permit": permit, "name": person.name}))
        }
        LearnRequest::Keep { permit, report } => keep(app, &permit, &report).await,
        LearnRequest::GiveUp { intake } => {
            app.store.give_up_intake(intake).await?;
            Ok(json!({}))
        }
        LearnRequest::Build { person } => {
            let person = app.people.find(&person)?;
            let Some(run) = app.store.latest_run(&person.id).await? else {
                let next = format!(
                    "hand an export in with `understudy learn add PATH -p {} --kind KIND`",
                    person.id
                );
                return Err(Hint::new(format!("nothing of {} was taken in", person.name), next).into());
            };
            let built = build(app, person, &run).await?;
            Ok(summary(&built))
        }
    }
}

async fn agree(
    app: &App,
    person: &PersonId,
    purposes: &[Purpose],
    sources: Vec<SourceKind>,
    (from, until): (&str, &str),
    how: &str,
) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    if how.trim().is_empty() {
        let next = "say how the person agreed, for example --how \"signed form of 3 May\"";
        return Err(Hint::new("--how is empty", next).into());
    }
    let (from_at, until_at) = consent::range(from, until)?;
    let mut ids = Vec::new();
    for purpose in purposes {
        let consent = NewConsent {
            person: person.id.clone(),
            purpose: *purpose,
            sources: sources.clone(),
            from_at,
            until_at,
            text_version: consent::TEXT_VERSION,
            how: how.trim().to_owned(),
        };
        ids.push(app.store.give_consent(consent, now()).await?);
    }
    Ok(json!({"consents": ids, "text": consent::TEXT}))
}

async fn keep(app: &App, permit: &Permit, report: &Report) -> anyhow::Result<Value> {
    let person = app.people.find(&permit.person)?;
    let counts = serde_json::to_string(&report.counts())?;
    if let Err(e) = app.store.keep_intake(permit.intake, report.kept, counts).await {
        // Withdrawn while it was being read: the file that was finished after the others were destroyed goes too.
        let gone = app.vault().bundle(&permit.person, permit.run, permit.intake);
        tokio::fs::remove_file(gone).await.ok();
        return Err(match e {
            StoreError::NotThere(why) => {
                Hint::new(format!("nothing was kept: {why}"), "ask the person before you try again").into()
            }
            e => e.into(),
        });
    }
    let run = living(app, &permit.person, permit.run).await?;
    let built = build(app, person, &run).await?;
    Ok(summary(&built))
}

async fn living(app: &App, person: &PersonId, run: RunId) -> anyhow::Result<RunRow> {
    let runs = app.store.living_runs(Some(person)).await?;
    runs.into_iter().find(|living| living.id == run).context("the words were destroyed meanwhile")
}

fn summary(built: &Built) -> Value {
    json!({
        "train": built.cases.len(), "exam": built.exam.len(), "real": built.real,
        "report": built.report, "not_yet": built.not_yet(),
    })
}

/// Makes the data set of a round and seals it.
async fn build(app: &App, person: &Person, run: &RunRow) -> anyhow::Result<Built> {
    let intakes = app.store.intakes(run.id).await?;
    let vetoes = app.store.vetoes(&person.id).await?;
    let office = app.office().await?;
    let empty = office.notes.list(&person.id).await?.is_empty();
    let (notes, embed, runtime) =
        (Arc::clone(&office.notes), Arc::clone(&office.embed), tokio::runtime::Handle::current());
    let cast =
        Cast { name: person.name.clone(), role: person.role.clone(), manner: person.voice.manner.clone() };
    let (vault, run) = (app.vault(), run.clone());
    let work = move || -> anyhow::Result<Built> {
        let (events, names) = collection::gather(&vault, &run, &intakes)?;
        let plan = Plan { cast, names, vetoes, decline_percent: DECLINE_PERCENT, seed: SEED };
        let embed = Remembering::new(&*embed);
        let mut shelf =
            Shelf { person: &run.person, notes: &*notes, embed: &embed, runtime, empty, failed: None };
        let built = cases::build(events, &plan, &mut shelf);
        // A data set without its notes would teach to answer from nothing.
        if let Some(e) = shelf.failed {
            return Err(e).context("look the notes of an answer up");
        }
        collection::seal(&vault, &run, &built)?;
        Ok(built)
    };
    tokio::task::spawn_blocking(work).await.context("make the data set")?
}

/// The person's notes as a look-up that blocks, for a thread of its own.
struct Shelf<'s> {
    person: &'s PersonId,
    notes: &'s dyn Notes,
    embed: &'s dyn Embed,
    runtime: tokio::runtime::Handle,
    empty: bool,
    /// Why the first look-up that failed did.
    failed: Option<anyhow::Error>,
}

impl Shelf<'_> {
    /// Notes that everybody may read, as they were at `at`: what is trained on can be told to anybody later.
    async fn search(&self, query: &str, at: i64) -> anyhow::Result<Vec<Passage>> {
        let text: String = query.chars().take(1000).collect();
        let vector = self.embed.embed(std::slice::from_ref(&text)).await?;
        let legs = std::iter::once(text).zip(vector).map(|(text, dense)| Leg { text, dense }).collect();
        let search =
            Search { person: self.person, legs, audience: &Audience::unknown(), limit: NOTES, now: at };
        Ok(self.notes.search(&search).await?)
    }

    /// What a turn would show if nobody weighed it, to an audience of which nobody is known.
    async fn excerpts(&self, message: &str, queries: &[String], at: i64) -> anyhow::Result<Vec<Passage>> {
        let asked = Asked { person: self.person, message, queries };
        let recalled = answer::recall(self.embed, self.notes, asked, &Audience::unknown(), at).await?;
        Ok(recalled.excerpts)
    }

    fn taken(&mut self, found: anyhow::Result<Vec<Passage>>) -> Vec<Note> {
        let passages = found.unwrap_or_else(|e| {
            self.failed.get_or_insert(e);
            Vec::new()
        });
        passages.into_iter().map(|passage| Note { title: passage.title, text: passage.text }).collect()
    }
}

impl Recall for Shelf<'_> {
    fn find(&mut self, query: &str, t: i64) -> Vec<Note> {
        if self.empty || query.trim().is_empty() {
            return Vec::new();
        }
        let found = self.runtime.block_on(self.search(query, t));
        self.taken(found)
    }

    fn show(&mut self, message: &str, queries: &[String], t: i64) -> Vec<Note> {
        if self.empty || message.trim().is_empty() {
            return Vec::new();
        }
        let found = self.runtime.block_on(self.excerpts(message, queries, t));
        self.taken(found)
    }
}

async fn erase_all(app: &App, person: &PersonId) -> anyhow::Result<Value> {
    // People who are gone from the people directory can be erased too, so there is no look-up here.
    // The understudy stops before anything else may fail.
    app.store.withdraw_consent(person, "operator", now()).await?;
    let has_notes = !app.config.qdrant_url.is_empty() || app.config.data.join("notes").exists();
    let notes = if has_notes { Some(Arc::clone(&app.office().await?.notes)) } else { None };
    // Their folders go before the notes, or a pass over one would bring the notes back.
    let mut folders = 0;
    for folder in app.store.folders().await?.into_iter().filter(|folder| folder.person == *person) {
        folders += u64::from(app.store.remove_folder(person, &folder.path).await?);
    }
    app.follow_watched().await?;
    let mut erased = {
        // A pass that is under way would write back what is deleted here.
        let _between = app.followed.between_passes().await;
        erase::erase(&app.store, &app.vault(), notes.as_deref(), person, "operator", now()).await?
    };
    erased.rows.folders += folders;
    erased.files += Files::below(&app.config.data).forget(person).context("delete what was sent along")?;
    erased.files += forget_sign_in(&app.config.data, person).context("delete their sign-in")?;
    forget_model(app, person).await;
    let shipped = app.people.get(person).is_some().then(|| app.config.people.join(person.as_str()));
    Ok(json!({"erased": erased, "left_to_you": shipped.filter(|folder| folder.exists())}))
}

/// Ends the person's training, and takes their adapters and what was computed with them out of memory.
async fn forget_model(app: &App, person: &PersonId) {
    app.trainings.stop(person);
    let Some(brain) = app.loaded_office().and_then(|office| office.brain.as_ref()) else { return };
    if let Err(e) = brain.forget_below(&app.vault().adapters(person)).await {
        tracing::warn!("An adapter of {person} could not be taken out of memory: {e}");
    }
}

/// What `person show` says about consent and learning.
pub(super) async fn shown(app: &App, person: &PersonId) -> anyhow::Result<Value> {
    let consents = app.store.consents(person).await?;
    let consents = consents.iter().map(|c| {
        json!({"purpose": c.purpose, "sources": c.sources, "from": day_of(c.from_at), "until": day_of(c.until_at - DAY_S),
               "how": c.how, "given": day_of(c.given_at), "withdrawn": c.withdrawn_at > 0})
    });
    let run = app.store.latest_run(person).await?;
    let run = run
        .map(|run| json!({"run": run.id, "state": run.state, "first_intake": day_of(run.first_intake_at)}));
    let receipts = app.store.receipts(person).await?;
    let receipts = receipts
        .iter()
        .map(|r| json!({"at": day_of(r.at), "why": r.why, "files": r.files, "bytes": r.bytes}));
    Ok(
        json!({"stopped": app.store.stopped(person).await?, "consents": consents.collect::<Vec<_>>(), "learning": run,
              "destroyed": receipts.collect::<Vec<_>>()}),
    )
}
