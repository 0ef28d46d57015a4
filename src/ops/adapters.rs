//! What commands can ask about adapters that come from elsewhere, and about what a person takes along.
//!
//! An import is checked and placed by this process, which holds the directory. An export is told where the adapter
//! lies, and the command copies it; only the messages, whose key this process has, are written here.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::training;
use crate::{
    app::{App, model_path, serving},
    domain::{PersonId, Stopped},
    error::Hint,
    learning::{
        collection, consent, dataset,
        export::{self, Rendered},
        handout::{self, Parcel},
        import::Import,
    },
    mind::Prompts,
    people::Person,
    store::now,
};

/// A request about adapters from elsewhere, or to elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterRequest {
    /// Brings an adapter in that was trained elsewhere; it waits for its judgement then.
    Import {
        /// Whose.
        person: PersonId,
        /// Absolute path.
        file: PathBuf,
    },
    /// Says where the adapter that serves a person lies; answers with a [`Parcel`].
    Parcel {
        /// Whose.
        person: PersonId,
    },
    /// Writes a person's data set as `messages` JSONL.
    Messages {
        /// Whose.
        person: PersonId,
        /// Absolute path of the new file.
        out: PathBuf,
    },
}

pub(super) async fn handle(app: &App, request: AdapterRequest) -> anyhow::Result<Value> {
    match request {
        AdapterRequest::Import { person, file } => import(app, &person, file).await,
        AdapterRequest::Parcel { person } => parcel(app, &person).await,
        AdapterRequest::Messages { person, out } => messages(app, &person, out).await,
    }
}

async fn import(app: &App, person: &PersonId, file: PathBuf) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    if app.trainings.status(&person.id).is_some_and(|status| status.state == "training") {
        let next = format!("wait for it, or end it with `understudy train {} --stop`", person.id);
        return Err(
            Hint::new(format!("a run for {} goes on and would take its place", person.name), next).into()
        );
    }
    let consents = leave(app, &person.id).await?;
    let base = model_path(&app.config, &app.config.base)?;
    let candidate = training::candidate_dir(&app.vault(), &person.id);
    let import = Import { file, base, person: person.id.clone(), consents };
    let dir = candidate.clone();
    let manifest = tokio::task::spawn_blocking(move || import.bring_in(&dir)).await.context("import")??;
    if let Err(e) = leave(app, &person.id).await {
        // Withdrawn or erased meanwhile, after their other adapters were destroyed.
        std::fs::remove_dir_all(&candidate).ok();
        return Err(e);
    }
    Ok(json!({"adapter_sha256": manifest.adapter_sha256, "rank": manifest.recipe.rank, "name": person.name}))
}

/// The consents that allow an adapter of the person: to every source of their data set, as training asks for, or
/// to any when there is none.
async fn leave(app: &App, person: &PersonId) -> anyhow::Result<Vec<i64>> {
    match collection::data_set(&app.store, &app.vault(), person).await? {
        Some(set) => training::consents(app, person, &set).await,
        None => consent::to_train(&app.store, person, now()).await,
    }
}

async fn parcel(app: &App, person: &PersonId) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    must_serve(app, person).await?;
    let serves = serving(&app.config, &app.people).of(person);
    let own = serves.adapter.filter(|adapter| Some(adapter.as_path()) != app.people.starter());
    let Some(adapter) = own else {
        let what = format!("{} has no adapter of their own, the {} serves", person.name, serves.name);
        let id = &person.id;
        let next = format!(
            "train one with `understudy train {id}`, then `understudy eval {id}` and `understudy promote {id}`"
        );
        return Err(Hint::new(what, next).into());
    };
    // The command may run in another directory.
    let absolute = |path: &Path| std::path::absolute(path);
    // An adapter alone is handed out without its base.
    let base = model_path(&app.config, &app.config.base).ok();
    let base = base.as_deref().map(absolute).transpose()?;
    let parcel = Parcel { adapter: absolute(&adapter)?, base };
    Ok(json!({"parcel": parcel, "serves": serves.name}))
}

async fn messages(app: &App, person: &PersonId, out: PathBuf) -> anyhow::Result<Value> {
    let person = app.people.find(person)?;
    must_serve(app, person).await?;
    // What is only in the sealed exam does not leave, so it is not there to be exported.
    let set = collection::data_set(&app.store, &app.vault(), &person.id).await?;
    let Some(set) = set.filter(|set| !set.cases.is_empty()) else {
        let next = format!("add their words with `understudy learn add PATH -p {} --kind KIND`", person.id);
        return Err(Hint::new(format!("there are no examples of {} to export", person.name), next).into());
    };
    export::allow(&app.store, &person.id, &set.cases, now()).await?;
    let brain = app.office().await?.brain.clone();
    let prompts = match &brain {
        Some(brain) => brain.prompts().clone(),
        None => Prompts::for_context(app.config.engine_context_tokens),
    };
    let work = move || {
        let model = brain.as_ref().map(|brain| brain.base());
        handout::write_new(&out, |file| {
            let render = |example: &_| {
                let lesson = dataset::lesson(&prompts, model, example);
                Rendered { system: lesson.prompt.system, user: lesson.prompt.user, assistant: lesson.answer }
            };
            Ok(export::messages(&set.cases, render, file)?)
        })
    };
    let written = tokio::task::spawn_blocking(work).await.context("write the messages")??;
    Ok(json!({"examples": written}))
}

/// Nothing of a person leaves after they took their consent back.
async fn must_serve(app: &App, person: &Person) -> anyhow::Result<()> {
    let Some(stopped) = app.store.stopped(&person.id).await? else { return Ok(()) };
    let what = match stopped {
        Stopped::Withdrawn => format!("{} has withdrawn their consent", person.name),
        Stopped::Erased => format!("{} is erased", person.name),
    };
    Err(Hint::new(what, "there is nothing of them to export any more").into())
}
