//! What commands can ask about training: begin, look, stop, judge, promote, go back.
//!
//! A run is the process's own: it goes on when the command that began it ends, and dies with the process, which
//! marks it as failed at the next start. The rows it learns from lie in the directory of their round, so that
//! whatever destroys the round destroys them too, and the trainer stops as soon as they are gone.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use understudy_trainer::job::{Ending, Event, Job, Recipe};

use crate::{
    app::{App, model_path, serving},
    domain::{PersonId, Purpose, RunId},
    error::{Hint, told},
    learning::{
        Example,
        cases::{self, Split},
        collection::{self, DataSet},
        consent, corpus, dataset,
        evaluation::{self, Candidate, Progress, Report},
        manifest::Manifest,
        train::{self, Outcome},
        vault::Vault,
    },
    mind::{Brain, Weights},
    people::Person,
    store::{RunState, Store, now},
};

/// Most tokens of a person's run, unless the command says otherwise: half an hour on two cores.
pub const MOST_TOKENS: usize = 180_000;
/// Scenes of the starter's lessons that are mixed in, so that the job is not forgotten.
const LESSONS: usize = 40;
/// Examples of a person in one step of the training: about 500 tokens of chat.
const TOGETHER: usize = 9;
/// Seed of those lessons; the starter itself learnt others.
const LESSONS_SEED: u64 = 77;
/// Seeds of the companies that the job is judged on.
const COMPANIES: [u64; 5] = [9101, 9102, 9103, 9104, 9105];

/// A request about training.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingRequest {
    /// Starts a run.
    Begin {
        /// Whose adapter.
        person: PersonId,
        /// Decides every random choice.
        seed: u64,
        /// Most tokens to compute.
        tokens: usize,
    },
    /// Says how far a run is.
    Status {
        /// Whose.
        person: PersonId,
    },
    /// Stops a run; it can be begun again and goes on.
    Cancel {
        /// Whose.
        person: PersonId,
    },
    /// Judges the newest trained adapter.
    Judge {
        /// Whose.
        person: PersonId,
        /// Questions about the job.
        questions: usize,
    },
    /// Says how far judging is.
    Judging {
        /// Whose.
        person: PersonId,
    },
    /// Lets the newest trained adapter serve, if it was judged better.
    Promote {
        /// Whose.
        person: PersonId,
    },
    /// Lets what served before serve again.
    RollBack {
        /// Whose.
        person: PersonId,
    },
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// `training`, `ended`, `cancelled` or `failed`.
    pub state: String,
    /// Steps taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Nats per reply token of the last step.
    pub loss: f64,
    /// Nats per reply token at the last look at the dev rows.
    pub dev_loss: Option<f64>,
    /// Seconds left.
    pub eta_s: f64,
    /// What went wrong.
    pub error: String,
}

/// The runs of this process, and what it is judging.
#[derive(Debug, Clone, Default)]
pub struct Trainings {
    running: Arc<Mutex<HashMap<PersonId, Running>>>,
    judging: Arc<Mutex<HashMap<PersonId, Progress>>>,
}

#[derive(Debug, Clone)]
struct Running {
    status: Status,
    stop: CancellationToken,
    curves: Curves,
}

/// Losses of a run by step, nats per reply token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// Of the rows it learns from.
    pub train: Vec<(usize, f64)>,
    /// Of the dev rows.
    pub dev: Vec<(usize, f64)>,
}

impl Trainings {
    fn with<T>(&self, person: &PersonId, change: impl FnOnce(&mut Running) -> T) -> Option<T> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get_mut(person).map(change)
    }

    /// How far the newest run of `person` is.
    #[must_use]
    pub fn status(&self, person: &PersonId) -> Option<Status> {
        self.with(person, |running| running.status.clone())
    }

    /// The curves of the newest run of `person`.
    #[must_use]
    pub fn curves(&self, person: &PersonId) -> Option<Curves> {
        self.with(person, |running| running.curves.clone())
    }

    /// Stops the run of `person`, with a checkpoint; says whether there was one.
    pub fn stop(&self, person: &PersonId) -> bool {
        let stopped = |running: &mut Running| {
            running.stop.cancel();
            running.status.state == "training"
        };
        self.with(person, stopped).unwrap_or(false)
    }

    /// How far judging the adapter of `person` is; `None` when nobody judges it.
    #[must_use]
    pub fn judged(&self, person: &PersonId) -> Option<Progress> {
        self.judging.lock().unwrap_or_else(PoisonError::into_inner).get(person).cloned()
    }

    fn judging(&self, person: &PersonId, progress: Option<Progress>) {
        let mut all = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => all.insert(person.clone(), progress),
            None => all.remove(person),
        };
    }

    /// Opens a run unless one goes on.
    fn open(&self, person: &PersonId, stop: CancellationToken) -> bool {
        let mut all = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(person).is_some_and(|running| running.status.state == "training") {
            return false;
        }
        let state = "training".to_owned();
        let status =
            Status { state, step: 0, steps: 0, loss: 0.0, dev_loss: None, eta_s: 0.0, error: String::new() };
        all.insert(person.clone(), Running { status, stop, curves: Curves::default() });
        true
    }

    fn follow(&self, person: &PersonId, event: &Event) {
        self.with(person, |running| {
            let Running { status, curves, .. } = running;
            match event {
                Event::Planned { steps, done, .. } => (status.steps, status.step) = (*steps, *done),
                Event::Step { step, loss, eta_s, .. } => {
                    (status.step, status.loss, status.eta_s) = (*step, *loss, *eta_s);
                    curves.train.push((*step, *loss));
                }
                Event::Dev { step, loss } => {
                    status.dev_loss = Some(*loss);
                    curves.dev.push((*step, *loss));
                }
                Event::Before { curve, dev_curve } => {
                    (curves.train, curves.dev) = (curve.clone(), dev_curve.clone());
                }
                Event::Done { .. } => {}
            }
        });
    }

    fn close(&self, person: &PersonId, state: &str, error: String) {
        self.with(person, |running| {
            state.clone_into(&mut running.status.state);
            running.status.error = error;
        });
    }
}

pub(super) async fn handle(app: &App, request: TrainingRequest) -> anyhow::Result<Value> {
    match request {
        TrainingRequest::Begin { person, seed, tokens } => begin(app, &person, seed, tokens).await,
        TrainingRequest::Status { person } => Ok(json!(app.trainings.status(&person))),
        TrainingRequest::Cancel { person } => Ok(json!({"stopped": app.trainings.stop(&person)})),
        TrainingRequest::Judge { person, questions } => judge(app, &person, questions).await,
        TrainingRequest::Judging { person } => Ok(json!(app.trainings.judged(&person))),
        TrainingRequest::Promote { person } => promote(app, &person),
        TrainingRequest::RollBack { person } => {
            let person = app.people.find(&person)?;
            let serving = serving(&app.config, &app.people);
            serving.roll_back(&person.id)?;
            Ok(json!({"serves": serving.of(person).name}))
        }
    }
}

async fn begin(app: &App, person: &PersonId, seed: u64, tokens: usize) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    let stop = app.stop.child_token();
    // Before anything is written: the rows of a run that goes on lie where this one's would.
    if !app.trainings.open(&person.id, stop.clone()) {
        let next = format!("`understudy train {} --stop` ends it", person.id);
        return Err(Hint::new(format!("a run for {} goes on already", person.name), next).into());
    }
    let begun = start(app, person, seed, tokens, stop).await;
    if let Err(e) = &begun {
        app.trainings.close(&person.id, RunState::Failed.as_str(), told(e));
    }
    begun
}

async fn start(
    app: &App,
    person: &Person,
    seed: u64,
    tokens: usize,
    stop: CancellationToken,
) -> anyhow::Result<Value> {
    let (set, consents) = ready_set(app, person).await?;
    let brain = brain(app).await?;
    let mut job = prepare(app, person, &set, &brain, seed).await?;
    job.recipe.most_tokens = tokens;
    app.store.begin_training(set.run.id, now()).await?;
    let round = Round {
        person: person.id.clone(),
        run: set.run.id,
        consents,
        store: app.store.clone(),
        vault: app.vault(),
        trainings: app.trainings.clone(),
        threads: app.config.threads(),
    };
    let begun = json!({
        "run": set.run.id, "examples": set.cases.len(), "exam": set.exam.len(), "person": person.name,
    });
    app.spawn(async move { round.see_through(&job, &stop).await });
    Ok(begun)
}

/// A run in the background, with what it needs of the app.
struct Round {
    person: PersonId,
    run: RunId,
    consents: Vec<i64>,
    store: Store,
    vault: Vault,
    trainings: Trainings,
    threads: usize,
}

impl Round {
    async fn see_through(self, job: &Job, stop: &CancellationToken) {
        let follow = |event: &Event| self.trainings.follow(&self.person, event);
        let outcome = run_job(job, self.threads, stop, follow).await;
        let (state, error) = match self.end(job, outcome).await {
            Ok(state) => (state, String::new()),
            Err(e) => {
                warn!("Training run {} failed: {e:#}", self.run);
                (RunState::Failed, told(&e))
            }
        };
        info!(run.id = %self.run, "Training run {}: {}", self.run, state.as_str());
        self.trainings.close(&self.person, state.as_str(), error);
    }

    /// Keeps the adapter as the candidate, and removes the rows whatever happened.
    async fn end(&self, job: &Job, outcome: anyhow::Result<Outcome>) -> anyhow::Result<RunState> {
        let state = match &outcome {
            Ok(outcome) if outcome.ending == Ending::Cancelled => RunState::Cancelled,
            Ok(_) => RunState::Ended,
            Err(_) => RunState::Failed,
        };
        let mut kept = Ok(());
        if let (RunState::Ended, Ok(outcome)) = (state, &outcome) {
            kept = self.keep_candidate(job, outcome);
        }
        for rows in std::iter::once(&job.train).chain(&job.dev) {
            if let Err(e) = std::fs::remove_file(rows)
                && e.kind() != std::io::ErrorKind::NotFound
            {
                return Err(e).with_context(|| format!("remove {}", rows.display()));
            }
        }
        if let Err(e) = self.store.end_training(self.run, state, now()).await {
            // Withdrawn or erased meanwhile: nothing made of these words may stay.
            std::fs::remove_dir_all(candidate_dir(&self.vault, &self.person)).ok();
            let what = format!("the run ended without a result: {e}");
            return Err(Hint::new(what, "ask the person before you train again").into());
        }
        outcome?;
        kept?;
        Ok(state)
    }

    fn keep_candidate(&self, job: &Job, outcome: &Outcome) -> anyhow::Result<()> {
        let dir = candidate_dir(&self.vault, &self.person);
        std::fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
        // A report that judged the adapter before must not vouch for this one.
        let adapter = dir.join("adapter.gguf");
        evaluation::remove_beside(&adapter);
        let mut manifest = Manifest::of(self.person.as_str(), job, outcome)?;
        manifest.consents.clone_from(&self.consents);
        // First: a crash in between must not leave these weights under the manifest of others.
        std::fs::remove_file(dir.join("manifest.json")).ok();
        std::fs::rename(&job.out, &adapter).with_context(|| format!("put {} in place", adapter.display()))?;
        manifest.write_beside(&adapter)
    }
}

/// The person's data set with the consents that cover it, if there is enough of it and they still agree to every
/// source in it.
async fn ready_set(app: &App, person: &Person) -> anyhow::Result<(DataSet, Vec<i64>)> {
    let set = collection::data_set(&app.store, &app.vault(), &person.id).await?;
    let Some(set) = set else {
        let next = format!("add their words with `understudy learn add PATH -p {} --kind KIND`", person.id);
        return Err(Hint::new(format!("there is nothing to train {} from", person.name), next).into());
    };
    let real = set.cases.iter().chain(&set.exam).filter(|case| !case.synthetic).count();
    if real < cases::LEAST {
        let what =
            format!("not yet: {} examples are the least, and {} has {real}", cases::LEAST, person.name);
        return Err(Hint::new(what, "add an export over a longer time, or another source").into());
    }
    let consents = consents(app, &person.id, &set).await?;
    Ok((set, consents))
}

/// The consents that cover every source of a data set.
pub(super) async fn consents(app: &App, person: &PersonId, set: &DataSet) -> anyhow::Result<Vec<i64>> {
    let kinds: std::collections::BTreeSet<_> =
        set.cases.iter().chain(&set.exam).map(|case| case.source).collect();
    let mut ids = Vec::new();
    for kind in kinds {
        ids.push(consent::covering(&app.store, person, Purpose::Training, kind, now()).await?.id);
    }
    ids.dedup();
    Ok(ids)
}

async fn brain(app: &App) -> anyhow::Result<Arc<Brain>> {
    let brain = app.office().await?.brain.clone();
    brain.ok_or_else(|| {
        Hint::new("the scripted mind can't learn", "unset UNDERSTUDY_MIND, or set it to model").into()
    })
}

/// Writes the rows of a run and describes it.
async fn prepare(
    app: &App,
    person: &Person,
    set: &DataSet,
    brain: &Arc<Brain>,
    seed: u64,
) -> anyhow::Result<Job> {
    let dir = app.vault().run_dir(&person.id, set.run.id).join("training");
    let (train, dev) = (dir.join("train.jsonl"), dir.join("dev.jsonl"));
    let of = |split: Split| -> Vec<Example> {
        set.cases.iter().filter(|case| case.split == split).map(|case| case.example.clone()).collect()
    };
    let (own, watched) = (of(Split::Train), of(Split::Dev));
    let (brain, rows) = (Arc::clone(brain), (train.clone(), dev.clone()));
    tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        std::fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
        let lessons = corpus::starter(LESSONS_SEED, LESSONS);
        let scenes = own.chunks(TOGETHER).chain(lessons.iter().map(|scene| scene.examples.as_slice()));
        dataset::write(&rows.0, brain.prompts(), brain.base(), scenes)?;
        dataset::write(&rows.1, brain.prompts(), brain.base(), [watched.as_slice()])?;
        Ok(())
    })
    .await
    .context("write the rows")??;
    let dir = train.parent().unwrap_or(Path::new(".")).to_owned();
    let has_dev = set.cases.iter().any(|case| case.split == Split::Dev);
    Ok(Job {
        base: model_path(&app.config, &app.config.base)?,
        start: app.people.starter().map(Path::to_owned),
        train,
        dev: has_dev.then_some(dev),
        out: dir.join("adapter.gguf"),
        work: dir.join("checkpoint"),
        seed,
        recipe: recipe_of_person(MOST_TOKENS),
        ends_with_stdin: true,
    })
}

/// How a person's adapter goes on from the starter.
#[must_use]
pub fn recipe_of_person(most_tokens: usize) -> Recipe {
    Recipe { rate: 2.5e-3, epochs: 3, most_tokens, pack_tokens: 512, dev_every: 60, ..Recipe::default() }
}

async fn run_job(
    job: &Job,
    threads: usize,
    stop: &CancellationToken,
    follow: impl FnMut(&Event),
) -> anyhow::Result<Outcome> {
    let program = std::env::current_exe().context("find this program")?;
    tokio::select! {
        outcome = train::train(&program, job, threads, follow) => outcome,
        () = stop.cancelled() => Ok(Outcome::cancelled()),
    }
}

/// Where a trained adapter waits for its judgement.
pub(super) fn candidate_dir(vault: &Vault, person: &PersonId) -> PathBuf {
    vault.adapters(person).join("candidate")
}

/// Measures the newest trained adapter, and writes the report beside it.
async fn judge(app: &App, person: &PersonId, questions: usize) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    let brain = brain(app).await?;
    let adapter = candidate_dir(&app.vault(), &person.id).join("adapter.gguf");
    let Some(manifest) = Manifest::beside(&adapter)? else {
        let next = format!("train one with `understudy train {}`", person.id);
        return Err(Hint::new(format!("there is no new adapter of {} to judge", person.name), next).into());
    };
    // A candidate before this one lay at the same path.
    brain.forget_below(&candidate_dir(&app.vault(), &person.id)).await?;
    let set = collection::data_set(&app.store, &app.vault(), &person.id).await?;
    let candidate = Candidate {
        person,
        weights: Weights { adapter: Some(adapter.clone()), name: "candidate".to_owned() },
        starter: Weights { adapter: app.people.starter().map(Path::to_owned), name: "starter".to_owned() },
        manifest,
        set: set.as_ref(),
    };
    let follow = |progress: Progress| app.trainings.judging(&person.id, Some(progress));
    let report = candidate.evaluate(&brain, questions, &COMPANIES, &follow).await;
    app.trainings.judging(&person.id, None);
    let report = report?;
    let page = evaluation::write_beside(&report, &adapter)?;
    let mut answer = json!(report);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("page".to_owned(), json!(page));
    }
    Ok(answer)
}

fn promote(app: &App, person: &PersonId) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    let adapter = candidate_dir(&app.vault(), &person.id).join("adapter.gguf");
    let Some(manifest) = Manifest::beside(&adapter)? else {
        let next = format!("train one with `understudy train {}`", person.id);
        return Err(Hint::new(format!("there is no new adapter of {}", person.name), next).into());
    };
    let report = std::fs::read(adapter.with_file_name("report.json")).ok();
    let report: Option<Report> = report.and_then(|text| serde_json::from_slice(&text).ok());
    let Some(report) = report.filter(|report| report.adapter_sha256 == manifest.adapter_sha256) else {
        let next = format!("judge it with `understudy eval {}`", person.id);
        return Err(Hint::new(format!("the new adapter of {} was not judged", person.name), next).into());
    };
    if !report.objections.is_empty() {
        let what = format!("the starter goes on serving {}: {}", person.name, report.objections.join("; "));
        return Err(Hint::new(what, "add more of their words and train again").into());
    }
    let serving = serving(&app.config, &app.people);
    serving.promote(&person.id, &adapter, &report.adapter_sha256)?;
    Ok(json!({"serves": serving.of(person).name}))
}
