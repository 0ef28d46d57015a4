//! `understudy bench`: what README quotes, measured here; prints one JSON object.
//!
//! Speeds are ratios against a peer in the same run, alternating, because absolute figures of a shared machine
//! wobble. Run it on an idle machine.

mod ears;
mod engine;
mod inbox;
mod memory;
mod train;
mod turn;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use crate::{config::Config, domain::PersonId};

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
    /// Hearing against pywhispercpp, reading documents, and what hearing costs an answer.
    Ears {
        /// The peer: a Python that has pywhispercpp.
        #[arg(long, value_name = "FILE", env = "WHISPER_PYTHON")]
        peer: Option<PathBuf>,
        /// Words that are spoken in short recordings.
        #[arg(long, default_value_t = 1_500)]
        words: usize,
    },
    /// Accepting a burst of messages, then claiming and completing them.
    Inbox {
        /// Messages of the burst.
        #[arg(long, default_value_t = 10_000)]
        messages: usize,
    },
    /// Searching the notes: time with the audience filter, and whether what is found is right.
    Memory {
        /// Chunks of made-up notes that are searched.
        #[arg(long, default_value_t = 2_000)]
        chunks: usize,
        /// Searches per figure.
        #[arg(long, default_value_t = 200)]
        searches: usize,
        /// Whose own notes the recall is measured on.
        #[arg(short, long, default_value = "demetrios")]
        person: PersonId,
    },
    /// Training: tokens per second and memory, and what a run costs those who wait for answers.
    Train {
        /// Steps per figure.
        #[arg(long, default_value_t = 8)]
        steps: usize,
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
        Command::Engine { peer, rounds } => engine::run(&config, peer.as_deref(), rounds).await?,
        Command::Ears { peer, words } => ears::run(&config, peer.as_deref(), words).await?,
        Command::Inbox { messages } => inbox::run(messages).await?,
        Command::Memory { chunks, searches, person } => memory::run(config, person, chunks, searches).await?,
        Command::Train { steps } => train::run(&config, steps).await?,
        Command::Turn { person, turns } => turn::run(config, person, turns).await?,
    };
    println!("{}", serde_json::to_string_pretty(&measured)?);
    Ok(ExitCode::SUCCESS)
}

fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or(f64::NAN)
}

/// Resident memory of this process in megabytes, or `None` where /proc does not tell.
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}
