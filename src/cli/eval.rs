//! `understudy eval`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::{Args as Arguments, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{contract, control::Desk, decide, mails, refuse_unused};
use crate::{
    app::{engine_config, model_path, serving},
    config::Config,
    domain::PersonId,
    error::Hint,
    learning::{
        evaluation,
        manifest::Manifest,
        quality::{self, Quality},
        rehearse::weighed,
        reranking,
    },
    mind::{Brain, Serving, Weights},
    ops::TrainingRequest,
    people::People,
};

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whose adapter is judged; `starter` for the one that knows the job, `reranker` for the one that tells which
    /// sentences answer, `review` for how an invented contract is judged.
    person: String,
    /// The adapter; without it, the one that serves.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// Which arms answer; without it, both.
    #[arg(long, value_enum)]
    arms: Vec<Arm>,
    /// Questions for the adapter; without it, 200. The base alone gets a quarter of them, because it rambles.
    #[arg(long)]
    questions: Option<usize>,
    /// First seed of the invented companies, or what decides every random choice of another measurement; without it, 9001.
    #[arg(long)]
    seed: Option<u64>,
    /// How many companies; without it, 5.
    #[arg(long)]
    companies: Option<u64>,
    /// Only measures how often an invented person's adapter decides as they do, on this many new requests.
    #[arg(long, value_name = "REQUESTS")]
    decisions: Option<usize>,
    /// Only measures whether an adapter that goes on from the starter learns how somebody writes, on the sent mails
    /// of two people who agreed to that: lines of `{"subject":"…","email":"…"}`, oldest first. Nothing of it is kept.
    #[arg(long, value_name = "FILE", num_args = 2)]
    mails: Vec<PathBuf>,
    /// Most tokens of each training of that; without it, 30,000.
    #[arg(long)]
    tokens: Option<usize>,
    /// Where every question with its reply goes, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Where the report on the starter goes, as a page; that of a person lies beside their adapter.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Arm {
    /// The base model without an adapter.
    Base,
    /// The adapter.
    Starter,
}

impl Args {
    /// Takes no flag that would change nothing.
    pub(super) fn check(&self) -> Result<(), Hint> {
        let used: &[&str] = match self.person.as_str() {
            _ if self.decisions.is_some() => &["--decisions", "--adapter", "--seed", "--transcript"],
            "review" => &["--transcript"],
            "reranker" => &["--adapter", "--questions", "--seed", "--transcript"],
            "starter" if !self.mails.is_empty() => &["--mails", "--adapter", "--tokens", "--seed"],
            "starter" => {
                &["--adapter", "--arms", "--questions", "--seed", "--companies", "--transcript", "--report"]
            }
            _ => &["--questions"],
        };
        let given = [
            ("--adapter", self.adapter.is_some()),
            ("--arms", !self.arms.is_empty()),
            ("--questions", self.questions.is_some()),
            ("--seed", self.seed.is_some()),
            ("--companies", self.companies.is_some()),
            ("--decisions", self.decisions.is_some()),
            ("--mails", !self.mails.is_empty()),
            ("--tokens", self.tokens.is_some()),
            ("--transcript", self.transcript.is_some()),
            ("--report", self.report.is_some()),
        ];
        refuse_unused(&format!("eval {}", self.person), &given, used)
    }

    fn questions(&self) -> usize {
        self.questions.unwrap_or(200)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(9001)
    }
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    args.check()?;
    if let Some(cases) = args.decisions {
        let (person, seed) = (PersonId::new(&args.person)?, args.seed());
        let Args { adapter, transcript, .. } = args;
        return decide::run(&config, decide::Measure { person, adapter, cases, seed, transcript }).await;
    }
    match args.person.as_str() {
        "review" => return contract::run(&config, args.transcript).await,
        "reranker" => return reranking(&config, &args).await,
        "starter" => {}
        _ => return of_person(config, &args).await,
    }
    let people = People::read(&[&config.people])?;
    let adapter = args.adapter.clone().or_else(|| people.starter().map(PathBuf::from));
    let adapter = adapter.ok_or_else(|| {
        Hint::new(
            "there is no starter adapter",
            "name one with --adapter, or train it with `understudy train starter`",
        )
    })?;
    if !args.mails.is_empty() {
        let (tokens, seed) = (args.tokens.unwrap_or(30_000), args.seed());
        let measure = mails::Measure { files: mails::two(args.mails)?, starter: adapter, tokens, seed };
        return mails::run(&config, measure).await;
    }
    let (base, encoder) = (model_path(&config, &config.base)?, model_path(&config, &config.embedding)?);
    let brain = Brain::start(engine_config(&config), &base, &encoder, serving(&config, &people)).await?;
    let seeds: Vec<u64> = (0..args.companies.unwrap_or(5)).map(|n| args.seed() + n).collect();
    let arms = if args.arms.is_empty() { vec![Arm::Base, Arm::Starter] } else { args.arms.clone() };
    let mut results = serde_json::Map::new();
    let mut transcript = String::new();
    let mut measured = BTreeMap::new();
    for arm in arms {
        let (name, adapter, questions) = match arm {
            Arm::Base => ("base", None, args.questions().div_ceil(4)),
            Arm::Starter => ("starter", Some(adapter.clone()), args.questions()),
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
        measured
            .insert(if arm == Arm::Base { evaluation::Arm::Base } else { evaluation::Arm::Starter }, quality);
    }
    if let Some(path) = &args.report {
        write_page(path, &adapter, measured, &seeds)?;
    }
    if let Some(path) = &args.transcript {
        std::fs::write(path, transcript).with_context(|| format!("write {}", path.display()))?;
    }
    println!("{}", serde_json::to_string_pretty(&json!({"seeds": seeds, "arms": results}))?);
    Ok(ExitCode::SUCCESS)
}

/// Measures how well the reranker tells which sentence answers.
async fn reranking(config: &Config, args: &Args) -> anyhow::Result<ExitCode> {
    let people = People::read(&[&config.people])?;
    let adapter = args.adapter.clone().or_else(|| people.reranker().map(PathBuf::from));
    let adapter = adapter.ok_or_else(|| {
        let next = "name one with --adapter, or train it with `make adapters`";
        Hint::new("there is no reranker", next)
    })?;
    let (base, encoder) = (model_path(config, &config.base)?, model_path(config, &config.embedding)?);
    let brain = Brain::start(engine_config(config), &base, &encoder, Serving::default()).await?;
    let weights = Weights { adapter: Some(adapter), name: "reranker".to_owned() };
    // Far from the companies of the training, however many those are.
    let questions = weighed(&brain, args.seed(), 1 << 34, args.questions(), |_| {}).await?;
    let bar = ProgressBar::new(questions.len() as u64);
    let measured =
        reranking::measure(&brain, &weights, &questions, |done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    if let Some(path) = &args.transcript {
        let lines: String = measured.judged.iter().map(|judged| format!("{}\n", json!(judged))).collect();
        std::fs::write(path, lines).with_context(|| format!("write {}", path.display()))?;
    }
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(ExitCode::SUCCESS)
}

/// Writes what was measured of the starter as a page.
fn write_page(
    path: &Path,
    adapter: &Path,
    arms: BTreeMap<evaluation::Arm, Quality>,
    seeds: &[u64],
) -> anyhow::Result<()> {
    let manifest = Manifest::beside(adapter)?.ok_or_else(|| {
        let what = format!("there is no manifest.json beside {}, which a report needs", adapter.display());
        Hint::new(what, "leave out --report, or train the adapter with `understudy train starter`")
    })?;
    let evaluation = evaluation::of_starter(manifest, arms, seeds);
    std::fs::write(path, evaluation::html::of_starter(&evaluation).into_string())
        .with_context(|| format!("write {}", path.display()))?;
    eprintln!("The report is {}.", path.display());
    Ok(())
}

/// Judges the newest trained adapter of a person, and says whether it may serve.
async fn of_person(config: Config, args: &Args) -> anyhow::Result<ExitCode> {
    let person = PersonId::new(&args.person)?;
    let desk = Desk::at(config).await?;
    let judging = desk.ask(TrainingRequest::Judge { person: person.clone(), questions: args.questions() });
    let judged = tokio::select! {
        judged = judging => judged,
        failed = follow(&desk, &person) => Err(failed),
    };
    let mut report = judged?;
    let page = report.as_object_mut().and_then(|report| report.remove("page"));
    println!("{}", serde_json::to_string_pretty(&report)?);
    let objections = report.get("objections").and_then(Value::as_array).map_or(0, Vec::len);
    if objections == 0 {
        eprintln!("It may serve: `understudy promote {person}`.");
    } else {
        eprintln!("The starter goes on serving, for the reasons under \"objections\".");
    }
    if let Some(page) = page.as_ref().and_then(Value::as_str) {
        eprintln!("The report to look at is {page}.");
    }
    Ok(desk.close(ExitCode::SUCCESS).await)
}

/// Shows how far judging is, for as long as it is polled; ends only when nobody can say.
async fn follow(desk: &Desk, person: &PersonId) -> anyhow::Error {
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {elapsed}");
    let bar = ProgressBar::new(0);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    let mut part = String::new();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let answer = match desk.ask(TrainingRequest::Judging { person: person.clone() }).await {
            Ok(answer) => answer,
            Err(e) => return e,
        };
        let Ok(Some(progress)) = serde_json::from_value::<Option<evaluation::Progress>>(answer) else {
            continue;
        };
        bar.set_length(progress.of as u64);
        bar.set_position(progress.done as u64);
        if progress.part != part {
            part = progress.part;
            bar.set_message(part.clone());
            if bar.is_hidden() {
                eprintln!("{part}, {} to do", progress.of);
            }
        }
    }
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
        answer.get("serves").and_then(Value::as_str).unwrap_or("?")
    );
    Ok(desk.close(ExitCode::SUCCESS).await)
}
