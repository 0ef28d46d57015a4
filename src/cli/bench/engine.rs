//! Decode and prompt speed, adapter switching, restored prefixes.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::Context;
use serde_json::{Value, json};
use understudy_engine::{
    Content, Engine, EngineConfig, Finished, Generate, Model, Prompt, gguf::write_random_adapter,
};

use super::{median, resident_mb};
use crate::{app::model_path, config::Config};

pub(super) async fn run(config: &Config, peer: Option<&Path>, rounds: usize) -> anyhow::Result<Value> {
    let path = model_path(config, &config.base)?;
    let threads = config.threads();
    let engine = Engine::start(EngineConfig { threads, memory_bytes: 2 << 30, context_tokens: 2048 });
    let model = engine.load_model(&path).await?;
    let (mut prompt, mut decode, mut peer_prompt, mut peer_decode) = (vec![], vec![], vec![], vec![]);
    // The first round warms caches and threads and is not counted.
    for round in 0..=rounds {
        let peer_speeds = || peer.map(|peer| peer_speeds(peer, &path, threads)).transpose();
        // Each goes first in every other round, so that a machine that slows down is nobody's advantage.
        let peer_first = if round % 2 == 1 { peer_speeds()? } else { None };
        let filled = speed(&engine, &model, 512, 1, round).await?;
        let written = speed(&engine, &model, 1, 128, round).await?;
        let peer_round = if round % 2 == 1 { peer_first } else { peer_speeds()? };
        if round == 0 {
            continue;
        }
        prompt.push(512.0 / filled.prompt_time.as_secs_f64());
        decode.push(127.0 / written.decode_time.as_secs_f64());
        if let Some((prompt, decode)) = peer_round {
            peer_prompt.push(prompt);
            peer_decode.push(decode);
        }
    }
    // Round by round: what slows the machine down in a round slows both.
    let ratio = |ours: &[f64], theirs: &[f64]| {
        let by_round: Vec<f64> = ours.iter().zip(theirs).map(|(own, other)| own / other).collect();
        (!by_round.is_empty()).then(|| median(&by_round))
    };
    Ok(json!({
        "bench": "engine", "threads": threads, "model_bytes": model.size_bytes(), "rounds": rounds,
        "prompt_tokens_per_s": median(&prompt), "decode_tokens_per_s": median(&decode),
        "peer": peer.map(|_| json!({"prompt_tokens_per_s": median(&peer_prompt), "decode_tokens_per_s": median(&peer_decode)})),
        "prompt_ratio": ratio(&prompt, &peer_prompt), "decode_ratio": ratio(&decode, &peer_decode),
        "switch_ratio": switching(&engine, &model).await?,
        "prefix": prefix(&engine, &model).await?,
        "resident_mb": resident_mb(),
    }))
}

/// One request of `given` prompt tokens and `wanted` new ones; every round has another prompt, so that nothing is reused.
async fn speed(
    engine: &Engine,
    model: &Arc<Model>,
    given: usize,
    wanted: usize,
    round: usize,
) -> anyhow::Result<Finished> {
    let word = model.tokenize(&format!("{round} and so on, "), Content::Written);
    let tokens: Vec<i32> = word.into_iter().cycle().take(given).collect();
    // A grammar-free text of fixed length: an end mark would make the figure depend on the words.
    generate(engine, model, None, tokens, 0, wanted).await
}

async fn generate(
    engine: &Engine,
    model: &Arc<Model>,
    adapter: Option<&understudy_engine::AdapterId>,
    tokens: Vec<i32>,
    prefix_tokens: usize,
    max_tokens: usize,
) -> anyhow::Result<Finished> {
    let request = Generate {
        model: Arc::clone(model),
        adapter: adapter.cloned(),
        prompt: Prompt { tokens, prefix_tokens },
        max_tokens,
        grammar: None,
        ignore_end: true,
    };
    Ok(engine.generate(request).finish().await?)
}

/// Prompt and decode tokens per second of llama-bench on the same file and thread count.
fn peer_speeds(peer: &Path, model: &Path, threads: usize) -> anyhow::Result<(f64, f64)> {
    let threads = threads.to_string();
    let output = std::process::Command::new(peer)
        .args(["-t", &threads, "-p", "512", "-n", "128", "-r", "1", "-o", "json", "-m"])
        .arg(model)
        .output()
        .with_context(|| format!("run the peer {}", peer.display()))?;
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).context("read the peer's JSON")?;
    let of = |key: &str| {
        let row = rows.iter().find(|row| row.get(key).and_then(Value::as_u64).is_some_and(|n| n > 0));
        row.and_then(|row| row.get("avg_ts"))
            .and_then(Value::as_f64)
            .context("the peer's JSON lacks a figure")
    };
    Ok((of("n_prompt")?, of("n_gen")?))
}

/// Time of alternating between two hot adapters over the time of staying on one.
async fn switching(engine: &Engine, model: &Arc<Model>) -> anyhow::Result<f64> {
    let dir = std::env::temp_dir().join(format!("understudy-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let mut adapters = Vec::new();
    for seed in 1..=2 {
        let path = dir.join(format!("{seed}.gguf"));
        write_random_adapter(&path, model.header(), 4, seed)?;
        adapters.push(engine.add_adapter(model, &path).await?);
    }
    let tokens = model.tokenize("Hello there, how are things", Content::Written);
    let (mut staying, mut alternating) = (vec![], vec![]);
    for round in 0..60 {
        for (times, pick) in [(&mut staying, [0, 0]), (&mut alternating, [0, 1])] {
            let started = Instant::now();
            for which in pick {
                let adapter = adapters.get(which);
                generate(engine, model, adapter, tokens.clone(), 0, 4).await?;
            }
            if round >= 10 {
                times.push(started.elapsed().as_secs_f64());
            }
        }
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(median(&alternating) / median(&staying))
}

/// Time to first token with a restored prefix of about 1,000 tokens over the time with a computed one.
async fn prefix(engine: &Engine, model: &Arc<Model>) -> anyhow::Result<Value> {
    let (mut computed, mut restored) = (vec![], vec![]);
    let mut reused = 0;
    for round in 0..5 {
        let text = format!("Persona number {round} keeps careful notes about every lamp, ");
        let mut tokens: Vec<i32> =
            model.tokenize(&text, Content::Written).into_iter().cycle().take(1024).collect();
        let prefix_tokens = tokens.len();
        tokens.extend(model.tokenize("Now answer: when?", Content::Written));
        let cold = generate(engine, model, None, tokens.clone(), prefix_tokens, 1).await?;
        computed.push(cold.prompt_time.as_secs_f64());
        // Another prompt in between, so that the lane itself no longer holds the prefix.
        let other = model.tokenize("Something else entirely, to push it out.", Content::Written);
        generate(engine, model, None, other, 0, 1).await?;
        let warm = generate(engine, model, None, tokens, prefix_tokens, 1).await?;
        restored.push(warm.prompt_time.as_secs_f64());
        reused = warm.reused_tokens;
    }
    Ok(json!({
        "reused_tokens": reused, "computed_ms": median(&computed) * 1e3, "restored_ms": median(&restored) * 1e3,
        "ratio": median(&restored) / median(&computed),
    }))
}
