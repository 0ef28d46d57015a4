//! `understudy eval starter --mails FILE FILE`: whether an adapter that goes on from the starter learns how one
//! person writes.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::json;
use tempfile::TempDir;
use understudy_trainer::job::{Event, Job, Recipe};

use crate::{
    app::{engine_config, model_path},
    config::Config,
    error::Hint,
    learning::{
        dataset,
        mails::{Arms, Writer},
        train,
    },
    mind::{Brain, Serving, Weights},
    ops::recipe_of_person,
};

/// Beginning of the name of the directory that a measurement works in, and the file in it that is locked meanwhile.
const SCRATCH: &str = "mails-";
const IN_USE: &str = "in-use";

/// What is measured.
pub(super) struct Measure {
    /// The files of two writers.
    pub files: [PathBuf; 2],
    /// What both adapters go on from.
    pub starter: PathBuf,
    /// Most tokens of a run.
    pub tokens: usize,
    pub seed: u64,
}

/// Trains an adapter for each writer and predicts what was kept back with all of them; nothing is kept.
pub(super) async fn run(config: &Config, measure: Measure) -> anyhow::Result<ExitCode> {
    let [one, two] = &measure.files;
    let (one, two) = (Writer::read(one)?, Writer::read(two)?);
    let (base, encoder) = (model_path(config, &config.base)?, model_path(config, &config.embedding)?);
    let brain = Brain::start(engine_config(config), &base, &encoder, Serving::default()).await?;
    let starter = Weights { adapter: Some(measure.starter.clone()), name: "starter".to_owned() };
    // Before the trainings, so that a mail that can't be predicted is known at once.
    let mut without = Vec::new();
    for writer in [&one, &two] {
        without.push((writer.costs(&brain, &Weights::base()).await?, writer.costs(&brain, &starter).await?));
    }
    let (work, _in_use) = scratch(&config.data)?;
    let mut adapters = Vec::new();
    for (n, writer) in [&one, &two].into_iter().enumerate() {
        adapters.push(learn(config, &measure, &brain, &work.path().join(n.to_string()), writer).await?);
    }
    let mut results = serde_json::Map::new();
    let others = adapters.iter().rev();
    for ((writer, (base, starter)), (own, other)) in
        [&one, &two].into_iter().zip(without).zip(adapters.iter().zip(others))
    {
        let (own, other) = (writer.costs(&brain, own).await?, writer.costs(&brain, other).await?);
        let predicted = Arms { base, starter, other, own }.compare(writer.taught.len(), measure.seed);
        results.insert(writer.name.clone(), json!(predicted));
    }
    println!("{}", serde_json::to_string_pretty(&json!({"mails": results}))?);
    Ok(ExitCode::SUCCESS)
}

/// A directory that goes with the command, in use as long as the file stays open; one that a kill left behind goes first.
fn scratch(data: &Path) -> anyhow::Result<(TempDir, File)> {
    std::fs::create_dir_all(data).with_context(|| format!("create {}", data.display()))?;
    for entry in std::fs::read_dir(data).with_context(|| format!("read {}", data.display()))? {
        let entry = entry?;
        let is_in_use = || File::open(entry.path().join(IN_USE)).is_ok_and(|file| file.try_lock().is_err());
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) && !is_in_use() {
            std::fs::remove_dir_all(entry.path())
                .with_context(|| format!("remove {}", entry.path().display()))?;
        }
    }
    let dir = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(data);
    let dir = dir.context("create a directory for the training")?;
    let in_use = File::create(dir.path().join(IN_USE)).context("create a file in it")?;
    in_use.try_lock().context("lock that file")?;
    Ok((dir, in_use))
}

async fn learn(
    config: &Config,
    measure: &Measure,
    brain: &Brain,
    dir: &Path,
    writer: &Writer,
) -> anyhow::Result<Weights> {
    std::fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    let (train, out) = (dir.join("train.jsonl"), dir.join("adapter.gguf"));
    dataset::write(&train, brain.prompts(), brain.base(), [writer.taught.as_slice()])?;
    let recipe = recipe_of_person(measure.tokens);
    let job = Job {
        base: model_path(config, &config.base)?,
        start: Some(measure.starter.clone()),
        train,
        dev: None,
        out: out.clone(),
        work: dir.join("checkpoint"),
        seed: measure.seed,
        // All mails begin alike; a step takes as many as in the run of a person.
        recipe: Recipe { tree_tokens: recipe.pack_tokens, ..recipe },
        ends_with_stdin: true,
    };
    let program = std::env::current_exe().context("find this program")?;
    let bar = ProgressBar::new(0);
    let outcome = train::train(&program, &job, config.threads(), |event| match event {
        Event::Planned { steps, dropped, .. } => {
            bar.set_length(*steps as u64);
            if *dropped > 0 {
                eprintln!("{}: {dropped} mails are too long and left out", writer.name);
            }
        }
        Event::Step { step, .. } => bar.set_position(*step as u64),
        _ => {}
    })
    .await?;
    bar.finish_and_clear();
    eprintln!("{}: {} steps, {} tokens", writer.name, outcome.steps, outcome.tokens);
    Ok(Weights { adapter: Some(out), name: writer.name.clone() })
}

/// The two files that were named.
///
/// # Errors
/// A [`Hint`] when they are not two, or bear one name, by which the results are told apart.
pub(super) fn two(files: Vec<PathBuf>) -> anyhow::Result<[PathBuf; 2]> {
    let two: [PathBuf; 2] = files
        .try_into()
        .map_err(|_| Hint::new("mails are compared by pairs of writers", "name two files, one per writer"))?;
    let [one, other] = &two;
    if one.file_stem() == other.file_stem() {
        return Err(Hint::new("both files have one name", "name each after its writer").into());
    }
    Ok(two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kill_left_goes_and_what_another_uses_stays() {
        let data = tempfile::tempdir().unwrap();
        let left = data.path().join("mails-left");
        std::fs::create_dir(&left).unwrap();
        let (used, in_use) = scratch(data.path()).unwrap();
        assert!(!left.exists());
        let (other, _other) = scratch(data.path()).unwrap();
        assert!(used.path().exists() && other.path().exists());
        let path = used.keep();
        drop(in_use);
        scratch(data.path()).unwrap();
        assert!(!path.exists() && other.path().exists());
    }
}
