//! `understudy train`, and `understudy trainer`, the child process that computes.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Args as Arguments;
use indicatif::{ProgressBar, ProgressStyle};
use understudy_trainer::job::{Event, Job, Recipe};

use super::{control::Desk, refuse_unused};
use crate::{
    app::{engine_config, model_path},
    config::Config,
    domain::PersonId,
    error::Hint,
    learning::{
        Example, corpus, dataset,
        manifest::Manifest,
        rehearse::{Weighed, rehearse, weighed},
        train,
    },
    mind::{Brain, Serving},
    ops::{MOST_TOKENS, Status, TrainingRequest},
};

/// Most tokens of the starter's run: an hour on two idle cores.
const STARTER_TOKENS: usize = 350_000;

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whom to train; `starter` makes the shipped adapter that knows the job, `reranker` the one that tells which
    /// sentences answer a question.
    person: String,
    /// Stops the run that goes on; it can be begun again and goes on from there.
    #[arg(long)]
    stop: bool,
    /// Where the run keeps its data and checkpoint; a run that finds one goes on from it. Without it,
    /// ./data/training with the name of what is trained.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Where the adapter goes.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Decides every random choice; without it, 1.
    #[arg(long)]
    seed: Option<u64>,
    /// Most tokens to compute; without it, 350,000 for a shipped adapter and 180,000 for a person.
    #[arg(long)]
    tokens: Option<usize>,
    /// Scenes of the starter's corpus; without it, 640.
    #[arg(long)]
    scenes: Option<usize>,
    /// Questions whose notes the product's own search chooses: lessons of the starter, and all that the reranker learns.
    #[arg(long, value_name = "LESSONS")]
    rehearse: Option<usize>,
    /// The adapter that the starter goes on from, instead of from nothing.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Highest learning rate of a shipped adapter; without it, 0.0012 for the starter and 0.002 for the reranker.
    #[arg(long, value_parser = rate)]
    rate: Option<f64>,
}

impl Args {
    /// Takes no flag that would change nothing.
    pub(super) fn check(&self) -> Result<(), Hint> {
        let used: &[&str] = match self.person.as_str() {
            "starter" => {
                &["--work", "--out", "--seed", "--tokens", "--scenes", "--rehearse", "--from", "--rate"]
            }
            "reranker" => &["--work", "--out", "--seed", "--tokens", "--rehearse", "--from", "--rate"],
            _ if self.stop => &["--stop"],
            _ => &["--seed", "--tokens"],
        };
        let given = [
            ("--stop", self.stop),
            ("--work", self.work.is_some()),
            ("--out", self.out.is_some()),
            ("--seed", self.seed.is_some()),
            ("--tokens", self.tokens.is_some()),
            ("--scenes", self.scenes.is_some()),
            ("--rehearse", self.rehearse.is_some()),
            ("--from", self.from.is_some()),
            ("--rate", self.rate.is_some()),
        ];
        refuse_unused(&format!("train {}", self.person), &given, used)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    fn scenes(&self) -> usize {
        self.scenes.unwrap_or(640)
    }

    fn rehearse(&self) -> usize {
        self.rehearse.unwrap_or(0)
    }

    /// How a shipped adapter learns. The reranker takes steps of half the size at a higher rate: its dev loss was 0.145
    /// and 0.098 after 50 and 100 of them, where it had been 0.122 after 180 usual ones.
    fn recipe(&self) -> Recipe {
        let most_tokens = self.tokens.unwrap_or(STARTER_TOKENS);
        let mut recipe = Recipe { most_tokens, ..Recipe::default() };
        if self.person == "reranker" {
            recipe = Recipe { rate: 2e-3, pack_tokens: 512, dev_every: 50, ..recipe };
        }
        Recipe { rate: self.rate.unwrap_or(recipe.rate), ..recipe }
    }
}

/// A learning rate that can be meant.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().unwrap_or(f64::NAN);
    if rate > 0.0 && rate < 0.1 {
        Ok(rate)
    } else {
        Err("give a number above 0 and below 0.1, such as 0.001".into())
    }
}

/// Runs a job in this process and ends it.
pub(super) fn child(job: &std::path::Path) -> anyhow::Result<ExitCode> {
    understudy_trainer::child::run_job(job)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    args.check()?;
    if !matches!(args.person.as_str(), "starter" | "reranker") {
        return of_person(config, args).await;
    }
    if args.person == "reranker" && args.rehearse() == 0 {
        let next = "name how many with --rehearse, such as 1250";
        return Err(Hint::new("the reranker learns from questions, and none are asked for", next).into());
    }
    // Two adapters never share a checkpoint: a run would go on from the other's.
    let work = args.work.clone().unwrap_or_else(|| PathBuf::from("./data/training").join(&args.person));
    std::fs::create_dir_all(&work).with_context(|| format!("create {}", work.display()))?;
    let base = model_path(&config, &config.base)?;
    let train_file = work.join("train.jsonl");
    let dev_file = work.join("dev.jsonl");
    write_corpus(&config, &base, &args, &train_file, &dev_file).await?;
    let (seed, recipe) = (args.seed(), args.recipe());
    let job = Job {
        base,
        start: args.from,
        train: train_file,
        dev: Some(dev_file),
        out: args.out.unwrap_or_else(|| work.join("adapter.gguf")),
        work: work.join("checkpoint"),
        seed,
        recipe,
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
            seed: args.seed(),
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
    let (train, dev) = if args.person == "reranker" {
        lessons_in_weighing(&brain, args).await?
    } else {
        lessons_in_the_job(&brain, args).await?
    };
    for (file, scenes) in [(train_file, train), (dev_file, dev)] {
        let written = dataset::write(file, brain.prompts(), brain.base(), scenes.iter().map(Vec::as_slice))?;
        println!("{}: {written} examples", file.display());
    }
    Ok(())
}

/// Examples that share a beginning, for training and for looking at how it goes.
type Scenes = Vec<Vec<Example>>;

async fn lessons_in_weighing(brain: &Brain, args: &Args) -> anyhow::Result<(Scenes, Scenes)> {
    let lessons = |questions: Vec<Weighed>| questions.iter().map(Weighed::lessons).collect::<Scenes>();
    let dev = weighed(brain, args.seed(), 1 << 32, args.rehearse() / 20, |_| {}).await?;
    let bar = progress_bar()?.with_message("searching");
    bar.set_length(args.rehearse() as u64);
    let train =
        weighed(brain, args.seed(), 1 << 33, args.rehearse(), |done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    Ok((lessons(train), lessons(dev)))
}

async fn lessons_in_the_job(brain: &Brain, args: &Args) -> anyhow::Result<(Scenes, Scenes)> {
    let for_dev = args.scenes() / 40 + 1;
    let scenes = corpus::starter(args.seed(), args.scenes() + for_dev);
    let (dev, train) = scenes.split_at(for_dev);
    let of = |scenes: &[corpus::Scene]| scenes.iter().map(|scene| scene.examples.clone()).collect::<Vec<_>>();
    // Far from the companies of the training, however many those are.
    let for_dev = rehearse(brain, args.seed(), 1 << 32, args.rehearse() / 20, |_| {}).await?;
    let bar = progress_bar()?.with_message("rehearsing");
    bar.set_length(args.rehearse() as u64);
    let for_training =
        rehearse(brain, args.seed(), 0, args.rehearse(), |done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    // Each has notes of its own, so each makes a group.
    let alone = |lessons: Vec<Example>| lessons.into_iter().map(|lesson| vec![lesson]);
    let (mut train, mut dev) = (of(train), of(dev));
    train.extend(alone(for_training));
    dev.extend(alone(for_dev));
    Ok((train, dev))
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

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_rate_is_a_small_number() {
        assert!((rate("0.001").unwrap() - 0.001).abs() < f64::EPSILON);
        for text in ["0", "-0.001", "nan", "inf", "2", "fast", ""] {
            assert_eq!(
                rate(text).unwrap_err(),
                "give a number above 0 and below 0.1, such as 0.001",
                "{text}"
            );
        }
    }
}
