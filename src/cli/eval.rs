//! `understudy eval`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args as Arguments, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::control::Desk;
use crate::{
    app::{engine_config, model_path},
    config::Config,
    domain::PersonId,
    error::Hint,
    learning::quality,
    mind::{Brain, Serving, Weights},
    ops::TrainingRequest,
    people::People,
};

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whose adapter is judged; `starter` for the one that knows the job.
    person: String,
    /// The adapter; without it, the one that serves.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// Which arms answer.
    #[arg(long, value_enum, default_values_t = [Arm::Base, Arm::Starter])]
    arms: Vec<Arm>,
    /// Questions for the adapter; the base alone gets a quarter of them, because it rambles.
    #[arg(long, default_value_t = 200)]
    questions: usize,
    /// First seed of the invented companies.
    #[arg(long, default_value_t = 9001)]
    seed: u64,
    /// How many companies.
    #[arg(long, default_value_t = 5)]
    companies: u64,
    /// Where every question with its reply goes, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Arm {
    /// The base model without an adapter.
    Base,
    /// The adapter.
    Starter,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if args.person != "starter" {
        return of_person(config, &args).await;
    }
    let people = People::read(&[&config.people])?;
    let adapter = args.adapter.clone().or_else(|| people.starter().map(PathBuf::from));
    let adapter = adapter.ok_or_else(|| {
        Hint::new(
            "there is no starter adapter",
            "name one with --adapter, or train it with `understudy train starter`",
        )
    })?;
    let (base, encoder) = (model_path(&config, &config.base)?, model_path(&config, &config.embedding)?);
    let brain = Brain::start(engine_config(&config), &base, &encoder, Serving::default()).await?;
    let seeds: Vec<u64> = (0..args.companies).map(|n| args.seed + n).collect();
    let mut results = serde_json::Map::new();
    let mut transcript = String::new();
    for arm in &args.arms {
        let (name, adapter, questions) = match arm {
            Arm::Base => ("base", None, args.questions.div_ceil(4)),
            Arm::Starter => ("starter", Some(adapter.clone()), args.questions),
        };
        let weights = Weights { adapter, name: name.to_owned() };
        let bar = ProgressBar::new(questions as u64).with_message(name).with_style(
            ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}").context("draw a bar")?,
        );
        let follow = |done: usize| bar.set_position(done as u64);
        let quality = quality::measure(&brain, &brain, &weights, &seeds, questions, follow).await?;
        bar.finish_and_clear();
        for judged in &quality.judged {
            let line = json!({"arm": name, "judged": judged});
            transcript.push_str(&format!("{line}\n"));
        }
        results.insert(name.to_owned(), serde_json::to_value(&quality)?);
    }
    if let Some(path) = &args.transcript {
        std::fs::write(path, transcript).with_context(|| format!("write {}", path.display()))?;
    }
    println!("{}", serde_json::to_string_pretty(&json!({"seeds": seeds, "arms": results}))?);
    Ok(ExitCode::SUCCESS)
}

/// Judges the newest trained adapter of a person, and says whether it may serve.
async fn of_person(config: Config, args: &Args) -> anyhow::Result<ExitCode> {
    let person = PersonId::new(&args.person)?;
    let desk = Desk::at(config).await?;
    let verdict =
        desk.ask(TrainingRequest::Judge { person: person.clone(), questions: args.questions }).await?;
    println!("{}", serde_json::to_string_pretty(&verdict)?);
    let objections = verdict.get("objections").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    if objections == 0 {
        eprintln!("It may serve: `understudy promote {person}`.");
    } else {
        eprintln!("The starter goes on serving, for the reasons under \"objections\".");
    }
    Ok(desk.close(ExitCode::SUCCESS).await)
}

/// Lets the newest trained adapter serve, if it was judged better; takes effect at the next turn.
pub(super) async fn promote(config: Config, person: PersonId) -> anyhow::Result<ExitCode> {
    serve(config, TrainingRequest::Promote { person }).await
}

/// Lets what served before serve again; takes effect at the next turn.
pub(super) async fn roll_back(config: Config, person: PersonId) -> anyhow::Result<ExitCode> {
    serve(config, TrainingRequest::RollBack { person }).await
}

async fn serve(config: Config, request: TrainingRequest) -> anyhow::Result<ExitCode> {
    let desk = Desk::at(config).await?;
    let answer = desk.ask(request).await?;
    println!(
        "{} serves from the next message on.",
        answer.get("serves").and_then(serde_json::Value::as_str).unwrap_or("?")
    );
    Ok(desk.close(ExitCode::SUCCESS).await)
}
