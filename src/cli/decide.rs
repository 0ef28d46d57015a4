//! `understudy eval PERSON --decisions N`: whether the person's adapter decides as the person does.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use serde_json::json;

use crate::{
    app::{engine_config, model_path, serving},
    config::Config,
    domain::PersonId,
    learning::decisions,
    mind::{Brain, Weights},
    people::People,
};

/// What is measured.
pub(super) struct Measure {
    pub person: PersonId,
    /// The adapter; without it, the person's own that serves.
    pub adapter: Option<PathBuf>,
    /// Requests for each arm; the base alone gets a quarter of them, because it rambles.
    pub cases: usize,
    pub seed: u64,
    pub transcript: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, measure: Measure) -> anyhow::Result<ExitCode> {
    let people = People::read(&[&config.people])?;
    let person = people.find(&measure.person)?;
    let mut arms = vec![("base", Weights::base(), measure.cases.div_ceil(4))];
    if let Some(starter) = people.starter().map(Path::to_owned) {
        let weights = Weights { adapter: Some(starter), name: "starter".to_owned() };
        arms.push(("starter", weights, measure.cases));
    }
    let own = match &measure.adapter {
        Some(adapter) => Weights { adapter: Some(adapter.clone()), name: "person".to_owned() },
        None => serving(config, &people).of(person),
    };
    // Whoever has no adapter of their own is served by an arm that is there already.
    if arms.iter().all(|(_, weights, _)| weights.adapter != own.adapter) {
        arms.push(("person", own, measure.cases));
    }
    let (base, encoder) = (model_path(config, &config.base)?, model_path(config, &config.embedding)?);
    let brain = Brain::start(engine_config(config), &base, &encoder, serving(config, &people)).await?;
    let mut results = serde_json::Map::new();
    let mut transcript = String::new();
    for (name, weights, cases) in arms {
        let measured = decisions::measure(&brain, person, &weights, cases, measure.seed).await?;
        for judged in &measured.judged {
            let line = json!({"arm": name, "judged": judged});
            transcript.push_str(&format!("{line}\n"));
        }
        results.insert(name.to_owned(), serde_json::to_value(&measured)?);
    }
    if let Some(path) = &measure.transcript {
        std::fs::write(path, transcript).with_context(|| format!("write {}", path.display()))?;
    }
    println!("{}", serde_json::to_string_pretty(&json!({"decisions": results}))?);
    Ok(ExitCode::SUCCESS)
}
