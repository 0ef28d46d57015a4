//! `understudy bench`: what README quotes, measured here; prints one JSON object.
//!
//! Speeds are ratios against a peer in the same run, alternating, because absolute figures of a shared machine
//! wobble. Run it on an idle machine.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};
use understudy_engine::{
    Content, Engine, EngineConfig, Finished, Generate, Model, Prompt, gguf::write_random_adapter,
};

use crate::{
    app::{App, model_path},
    config::{Config, MindKind},
    domain::{Audience, Channel, Conversation, Inbound, PersonId, ReaderId, Requester, Standing},
    ops::{self, Ask, Request},
    store::{NewReply, Settled, Store, now},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Decode and prompt speed against llama-bench, adapter switching, restored prefixes.
    Engine {
        /// The peer: a llama-bench built from the same llama.cpp.
        #[arg(long, value_name = "FILE", env = "LLAMA_BENCH")]
        peer: Option<PathBuf>,
        /// Rounds per figure.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Accepting a burst of messages, then claiming and completing them.
    Inbox {
        /// Messages of the burst.
        #[arg(long, default_value_t = 10_000)]
        messages: usize,
    },
    /// Whole turns: time of every step, commits, memory.
    Turn {
        /// Whose understudy is asked.
        #[arg(short, long, default_value = "demetrios")]
        person: PersonId,
        /// Turns.
        #[arg(long, default_value_t = 10)]
        turns: usize,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let measured = match command {
        Command::Engine { peer, rounds } => engine(&config, peer.as_deref(), rounds).await?,
        Command::Inbox { messages } => inbox(messages).await?,
        Command::Turn { person, turns } => turn(config, person, turns).await?,
    };
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(ExitCode::SUCCESS)
}

async fn engine(config: &Config, peer: Option<&Path>, rounds: usize) -> anyhow::Result<Value> {
    let path = model_path(config, &config.base)?;
    let threads = config.threads();
    let engine = Engine::start(EngineConfig { threads, memory_bytes: 2 << 30, context_tokens: 2048 });
    let model = engine.load_model(&path).await?;
    let (mut prompt, mut decode, mut peer_prompt, mut peer_decode) = (vec![], vec![], vec![], vec![]);
    // The first round warms caches and threads and is not counted.
    for round in 0..=rounds {
        let filled = speed(&engine, &model, 512, 1, round).await?;
        let written = speed(&engine, &model, 1, 128, round).await?;
        let peer_round = peer.map(|peer| peer_speeds(peer, &path, threads)).transpose()?;
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
    let ratio = |ours: &[f64], theirs: &[f64]| (!theirs.is_empty()).then(|| median(ours) / median(theirs));
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

async fn inbox(messages: usize) -> anyhow::Result<Value> {
    // Beside the real data directory's file system matters: a tmpfs would have no disk to wait for.
    let dir = std::env::current_dir()?.join(format!("bench-inbox-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let store = Store::open(&dir).await?;
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for n in 0..messages {
        let store = store.clone();
        running.spawn(async move {
            let began = Instant::now();
            store.accept(&message(n), now()).await.map(|_| began.elapsed())
        });
    }
    let mut waits = Vec::new();
    while let Some(done) = running.join_next().await {
        waits.push(done??.as_secs_f64());
    }
    let accepting = started.elapsed();
    let accept_commits = store.commits();
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        workers.spawn(async move {
            while let Some(claimed) = store.claim_next(now(), 60).await? {
                let reply = NewReply { text: "done".to_owned(), cites: vec![] };
                let settled = Settled { outcome: "answered", steps: vec![], reply: Some(reply) };
                store.settle(&claimed, settled, now()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    let completing = started.elapsed();
    let counts = store.inbox_counts().await?;
    drop(store);
    std::fs::remove_dir_all(&dir)?;
    waits.sort_by(f64::total_cmp);
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or(0.0);
    #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
    let per_second = |took: Duration| messages as f64 / took.as_secs_f64();
    Ok(json!({
        "bench": "inbox", "messages": messages, "synchronous": "FULL",
        "accepted_per_s": per_second(accepting), "accept_commits": accept_commits, "accept_p99_ms": p99 * 1e3,
        "claimed_and_completed_per_s": per_second(completing), "done": counts.done,
    }))
}

fn message(n: usize) -> Inbound {
    let alice = ReaderId::new("alice").expect("a valid id");
    Inbound {
        channel: Channel::Cli,
        key: format!("bench-{n}"),
        conversation: Conversation(format!("bench-{}", n % 500)),
        person: PersonId::new("bob").expect("a valid id"),
        requester: Requester { id: alice.clone(), name: "Alice".to_owned(), standing: Standing::Member },
        audience: Audience::only(alice),
        text: "When is the fair, and who owns it? ".repeat(20),
        attachments: Vec::new(),
    }
}

/// Asks demo questions one after the other and takes the journal's own timings.
async fn turn(mut config: Config, person: PersonId, turns: usize) -> anyhow::Result<Value> {
    const QUESTIONS: [&str; 4] = [
        "When is the winter dinner?",
        "Who approves an order of 12,000 EUR?",
        "How many seats does the Shade room have?",
        "By when must we give notice on the cleaning contract?",
    ];
    let scratch = std::env::current_dir()?.join(format!("bench-turn-{}", std::process::id()));
    // Found before the data directory changes, because models may lie below it.
    config.models = config.models_dir().to_string_lossy().into_owned();
    config.data.clone_from(&scratch);
    let scripted = config.mind == MindKind::Scripted;
    let started = Instant::now();
    let app = App::open(config).await?;
    app.start_work().await?;
    let ready = started.elapsed();
    let idle_mb = resident_mb();
    app.adopt_folders().await?;
    for folder in app.store.folders().await? {
        app.sync(&folder).await?;
    }
    let (mut overhead, mut total, mut commits) = (vec![], vec![], vec![]);
    for question in QUESTIONS.iter().cycle().take(turns) {
        let before = app.store.commits();
        let began = Instant::now();
        let asked = Ask {
            person: person.clone(),
            from: ReaderId::new("alice")?,
            thread: None,
            key: None,
            text: (*question).to_owned(),
        };
        let answer = ops::handle(&app, Request::Ask(asked)).await?;
        total.push(began.elapsed().as_secs_f64() * 1e3);
        let of = |step: &str| {
            answer.pointer(&format!("/timings_ms/{step}")).and_then(Value::as_f64).unwrap_or(0.0)
        };
        overhead.push(of("identify") + of("recall") + of("manners"));
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        commits.push((app.store.commits() - before) as f64);
    }
    app.close().await;
    drop(app);
    std::fs::remove_dir_all(&scratch)?;
    Ok(json!({
        "bench": "turn", "turns": turns, "scripted": scripted, "ready_ms": ready.as_millis(),
        "total_ms": median(&total), "neither_model_nor_commit_ms": median(&overhead),
        "commits_per_turn": median(&commits), "idle_resident_mb": idle_mb, "resident_mb": resident_mb(),
    }))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Resident memory of this process in megabytes, or `None` where /proc does not tell.
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}
