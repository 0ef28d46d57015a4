//! Training speed and memory in both ways of keeping activations, and what a run costs those who wait for answers.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use serde_json::{Value, json};
use understudy_engine::{Content, Engine, EngineConfig, Generate, Model, Prompt};
use understudy_trainer::{
    job::{Event, Job, Recipe},
    model::Activations,
    pack::Row,
};

use super::median;
use crate::{app::model_path, config::Config, learning::train};

/// Tokens of every sequence.
const SEQUENCE: u32 = 512;

pub(super) async fn run(config: &Config, steps: usize) -> anyhow::Result<Value> {
    let base = model_path(config, &config.base)?;
    let dir = std::env::temp_dir().join(format!("understudy-bench-train-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = measure(config, &base, &dir, steps).await;
    std::fs::remove_dir_all(&dir)?;
    measured
}

async fn measure(config: &Config, base: &Path, dir: &Path, steps: usize) -> anyhow::Result<Value> {
    let threads = config.threads();
    let mut modes = serde_json::Map::new();
    for (name, activations) in [("kept", Activations::Kept), ("recomputed", Activations::Recomputed)] {
        let job = job(base, dir, name, activations, steps)?;
        let mut moments = Vec::new();
        let outcome = train::train(&program()?, &job, threads, |event| {
            if matches!(event, Event::Step { .. }) {
                moments.push(Instant::now());
            }
        })
        .await?;
        // Between steps, so that loading the base is not counted.
        let times: Vec<f64> = moments
            .iter()
            .zip(moments.iter().skip(1))
            .map(|(before, after)| after.duration_since(*before).as_secs_f64())
            .collect();
        modes.insert(
            name.to_owned(),
            json!({"tokens_per_s": f64::from(SEQUENCE) / median(&times), "peak_mb": outcome.peak_mb}),
        );
    }
    Ok(json!({
        "bench": "train", "threads": threads, "sequence_tokens": SEQUENCE, "steps": steps,
        "activations": modes, "answers": answers(base, dir, threads).await?,
    }))
}

/// Seconds to a reply of 40 tokens to a new prompt of 400, alone and while a run goes on.
async fn answers(base: &Path, dir: &Path, threads: usize) -> anyhow::Result<Value> {
    let engine = Engine::start(EngineConfig { threads, ..EngineConfig::default() });
    let model = engine.load_model(base).await?;
    reply(&engine, &model, 0).await?;
    let mut alone = Vec::new();
    for n in 1..=5 {
        alone.push(reply(&engine, &model, n).await?);
    }
    let job = job(base, dir, "behind", Activations::Kept, 10_000)?;
    let program = program()?;
    let (started, begun) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let mut run = std::pin::pin!(train::train(&program, &job, threads, move |event| {
        if matches!(event, Event::Step { .. })
            && let Some(started) = started.take()
        {
            started.send(()).ok();
        }
    }));
    let timed = async {
        begun.await.context("the training run took no step")?;
        let mut beside = Vec::new();
        for n in 6..=10 {
            beside.push(reply(&engine, &model, n).await?);
        }
        anyhow::Ok(beside)
    };
    // Dropping the run ends its child's input, and the child stops.
    let beside = tokio::select! {
        ended = &mut run => anyhow::bail!("the training run ended too soon: {ended:?}"),
        beside = timed => beside?,
    };
    Ok(json!({
        "alone_s": median(&alone), "beside_a_run_s": median(&beside), "ratio": median(&beside) / median(&alone),
    }))
}

async fn reply(engine: &Engine, model: &Arc<Model>, n: usize) -> anyhow::Result<f64> {
    let words = model.tokenize(&format!("{n} notes about lamps and dinners, "), Content::Written);
    let tokens: Vec<i32> = words.into_iter().cycle().take(400).collect();
    let began = Instant::now();
    let request = Generate {
        model: Arc::clone(model),
        adapter: None,
        prompt: Prompt { tokens, prefix_tokens: 0 },
        max_tokens: 40,
        grammar: None,
        ignore_end: true,
    };
    engine.generate(request).finish().await?;
    Ok(began.elapsed().as_secs_f64())
}

fn job(base: &Path, dir: &Path, name: &str, activations: Activations, steps: usize) -> anyhow::Result<Job> {
    let train = dir.join(format!("{name}.jsonl"));
    let row = |n: u32| Row {
        group: u64::from(n),
        tokens: (0..SEQUENCE).map(|at| (at * 37 + n * 1001) % 40_000).collect(),
        reply_from: 340,
    };
    let rows =
        (0..4).map(|n| Ok(serde_json::to_string(&row(n))? + "\n")).collect::<anyhow::Result<String>>()?;
    std::fs::write(&train, rows).with_context(|| format!("write {}", train.display()))?;
    let recipe = Recipe {
        activations,
        pack_tokens: SEQUENCE as usize,
        epochs: steps.div_ceil(4) as u64,
        most_tokens: steps.saturating_mul(SEQUENCE as usize),
        checkpoint_every: usize::MAX,
        ..Recipe::default()
    };
    Ok(Job {
        base: base.to_owned(),
        start: None,
        train,
        dev: None,
        out: dir.join(format!("{name}.gguf")),
        work: dir.join(name),
        seed: 1,
        recipe,
        ends_with_stdin: true,
    })
}

fn program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("find this program")
}
