//! `understudy train`, and `understudy trainer`, the child process that computes.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Args as Arguments;
use indicatif::{ProgressBar, ProgressStyle};
use understudy_trainer::job::{Event, Job, Recipe};

use super::control::Desk;
use crate::{
    app::{engine_config, model_path},
    config::Config,
    domain::PersonId,
    learning::{Example, corpus, dataset, manifest::Manifest, rehearse::rehearse, train},
    mind::{Brain, Serving},
    ops::{MOST_TOKENS, Status, TrainingRequest},
};

/// Most tokens of the starter's run: an hour on two idle cores.
const STARTER_TOKENS: usize = 350_000;

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whom to train; `starter` makes the shipped adapter that knows the job.
    person: String,
    /// Stops the run that goes on; it can be begun again and goes on from there.
    #[arg(long)]
    stop: bool,
    /// Where the run keeps its data and checkpoint; a run that finds one goes on from it.
    #[arg(long, value_name = "DIR", default_value = "./data/training")]
    work: PathBuf,
    /// Where the adapter goes.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Decides every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most tokens to compute; without it, 350,000 for the starter and 180,000 for a person.
    #[arg(long)]
    tokens: Option<usize>,
    /// Scenes of the starter's corpus.
    #[arg(long, default_value_t = 640)]
    scenes: usize,
    /// Lessons of the starter whose notes the product's own search chooses.
    #[arg(long, value_name = "LESSONS", default_value_t = 0)]
    rehearse: usize,
    /// The adapter that the starter goes on from, instead of from nothing.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// Runs a job in this process and ends it.
pub(super) fn child(job: &std::path::Path) -> anyhow::Result<ExitCode> {
    understudy_trainer::child::run_job(job)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if args.person != "starter" {
        return of_person(config, args).await;
    }
    std::fs::create_dir_all(&args.work).with_context(|| format!("create {}", args.work.display()))?;
    let base = model_path(&config, &config.base)?;
    let train_file = args.work.join("train.jsonl");
    let dev_file = args.work.join("dev.jsonl");
    write_corpus(&config, &base, &args, &train_file, &dev_file).await?;
    let job = Job {
        base,
        start: args.from,
        train: train_file,
        dev: Some(dev_file),
        out: args.out.unwrap_or_else(|| args.work.join("adapter.gguf")),
        work: args.work.join("checkpoint"),
        seed: args.seed,
        recipe: Recipe { most_tokens: args.tokens.unwrap_or(STARTER_TOKENS), ..Recipe::default() },
        ends_with_stdin: true,
    };
    let program = std::env::current_exe().context("find this program")?;
    let bar = progress_bar()?;
    let outcome = train::train(&program, &job, config.threads(), |event| show(&bar, event)).await?;
    bar.finish_and_clear();
    println!(
        "{}: {} steps, {} tokens, dev loss {:.3}",
        job.out.display(),
        outcome.steps,
        outcome.tokens,
        outcome.best_dev.unwrap_or(f64::NAN)
    );
    Manifest::of(&args.person, &job, &outcome)?.write_beside(&job.out)?;
    Ok(ExitCode::SUCCESS)
}

/// Begins a run in the running process, or in this one, and follows it.
async fn of_person(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let person = PersonId::new(&args.person)?;
    let desk = Desk::at(config).await?;
    if args.stop {
        let stopped = desk.ask(TrainingRequest::Cancel { person }).await?;
        let was = stopped.get("stopped").and_then(serde_json::Value::as_bool).unwrap_or(false);
        println!("{}", if was { "The run stops and keeps its checkpoint." } else { "No run goes on." });
        return Ok(desk.close(ExitCode::SUCCESS).await);
    }
    let begun = desk
        .ask(TrainingRequest::Begin {
            person: person.clone(),
            seed: args.seed,
            tokens: args.tokens.unwrap_or(MOST_TOKENS),
        })
        .await?;
    let (run, examples, exam) = (field(&begun, "run"), field(&begun, "examples"), field(&begun, "exam"));
    println!("Run {run} on {examples} examples; {exam} are sealed for the judgement.");
    let status = follow(&desk, &person).await?;
    let code = match status.state.as_str() {
        "ended" => {
            println!("The new adapter is trained. `understudy eval {person}` judges it before it may serve.");
            ExitCode::SUCCESS
        }
        "cancelled" => {
            println!("Stopped at step {}. `understudy train {person}` goes on from there.", status.step);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("understudy: {}", status.error);
            ExitCode::from(1)
        }
    };
    Ok(desk.close(code).await)
}

/// Shows how far the run is until it ends.
async fn follow(desk: &Desk, person: &PersonId) -> anyhow::Result<Status> {
    let bar = progress_bar()?;
    let mut told = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let status = desk.ask(TrainingRequest::Status { person: person.clone() }).await?;
        let status: Status = serde_json::from_value(status).context("read how far the run is")?;
        bar.set_length(status.steps as u64);
        bar.set_position(status.step as u64);
        let words = format!("loss {:.3}, {:.0} min left", status.loss, status.eta_s / 60.0);
        if bar.is_hidden() && status.step >= told + 10 {
            println!("step {}/{}: {words}", status.step, status.steps);
            told = status.step;
        }
        bar.set_message(words);
        if status.state != "training" {
            bar.finish_and_clear();
            return Ok(status);
        }
    }
}

fn field(of: &serde_json::Value, name: &str) -> u64 {
    of.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0)
}

fn progress_bar() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}").context("draw a bar")?;
    Ok(ProgressBar::no_length().with_style(style))
}

async fn write_corpus(
    config: &Config,
    base: &std::path::Path,
    args: &Args,
    train_file: &std::path::Path,
    dev_file: &std::path::Path,
) -> anyhow::Result<()> {
    let encoder = model_path(config, &config.embedding)?;
    let brain = Brain::start(engine_config(config), base, &encoder, Serving::default()).await?;
    let scenes = corpus::starter(args.seed, args.scenes + args.scenes / 40 + 1);
    let (dev, train) = scenes.split_at(args.scenes / 40 + 1);
    let of = |scenes: &[corpus::Scene]| scenes.iter().map(|scene| scene.examples.clone()).collect::<Vec<_>>();
    // Far from the companies of the training, however many those are.
    let for_dev = rehearse(&brain, args.seed, 1 << 32, args.rehearse / 20, |_| {}).await?;
    let bar = progress_bar()?.with_message("rehearsing");
    bar.set_length(args.rehearse as u64);
    let for_training =
        rehearse(&brain, args.seed, 0, args.rehearse, |done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    // Each has notes of its own, so each makes a group.
    let alone = |lessons: Vec<Example>| lessons.into_iter().map(|lesson| vec![lesson]);
    let (mut train, mut dev) = (of(train), of(dev));
    train.extend(alone(for_training));
    dev.extend(alone(for_dev));
    for (file, scenes) in [(train_file, train), (dev_file, dev)] {
        let written = dataset::write(file, brain.prompts(), brain.base(), scenes.iter().map(Vec::as_slice))?;
        println!("{}: {written} examples", file.display());
    }
    Ok(())
}

fn show(bar: &ProgressBar, event: &Event) {
    match event {
        Event::Planned { steps, done, tokens, dropped, .. } => {
            bar.set_length(*steps as u64);
            bar.set_position(*done as u64);
            bar.suspend(|| println!("{steps} steps, {tokens} tokens; {dropped} rows left out"));
        }
        Event::Step { step, steps, loss, tokens_per_s, eta_s, .. } => {
            bar.set_position(*step as u64);
            let words = format!("loss {loss:.3}, {tokens_per_s:.0} tokens/s, {:.0} min left", eta_s / 60.0);
            if bar.is_hidden() && (step % 10 == 0 || step == steps) {
                println!("step {step}/{steps}: {words}");
            }
            bar.set_message(words);
        }
        Event::Dev { step, loss } => bar.suspend(|| println!("after step {step}: dev loss {loss:.4}")),
        Event::Before { .. } | Event::Done { .. } => {}
    }
}
