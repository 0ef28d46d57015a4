//! `understudy learn`.
//!
//! The command reads the export itself and writes the encrypted bundle; the process that holds the store gives it
//! leave and keeps the key. A hostile export can break this command and nothing else.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::{
    config::Config,
    domain::{PersonId, SourceKind},
    learning::{
        Report,
        consent::Permit,
        intake::{self, Me, Meter},
    },
    ops::{AdapterRequest, LearnRequest, Request},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Takes an export of a person's words in; they have to agree first (`understudy person consent`).
    Add {
        /// Exports: archives, folders or files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Whose words.
        #[arg(short, long)]
        person: PersonId,
        /// What the exports are: slack, mail, transcript, markdown, notes, steps.
        #[arg(long)]
        kind: SourceKind,
        /// The name, handle or address that the person has in the exports; can be given several times.
        #[arg(long, value_name = "NAME_OR_ADDRESS")]
        me: Vec<String>,
    },
    /// Brings in a GGUF LoRA adapter that was trained elsewhere; `understudy eval` judges it before it may serve.
    ImportAdapter {
        /// The adapter.
        file: PathBuf,
        /// Whose.
        #[arg(short, long)]
        person: PersonId,
    },
    /// Makes the examples anew, for instance after notes were added.
    Build {
        /// Whose.
        #[arg(short, long)]
        person: PersonId,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add { paths, person, kind, me } => add(config, paths, person, kind, me).await,
        Command::ImportAdapter { file, person } => import_adapter(config, &file, person).await,
        Command::Build { person } => {
            let built = ask(&config, LearnRequest::Build { person }).await?;
            print(&built)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn add(
    config: Config,
    paths: Vec<PathBuf>,
    person: PersonId,
    kind: SourceKind,
    me: Vec<String>,
) -> anyhow::Result<ExitCode> {
    let opened = ask(&config, LearnRequest::Open { person, kind }).await?;
    let permit: Permit = serde_json::from_value(opened.get("permit").cloned().unwrap_or_default())
        .context("the running understudy is of another version; restart it")?;
    let name = opened.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let me = Me::new(me.into_iter().chain([name]));
    let reading = permit.clone();
    let work = tokio::task::spawn_blocking(move || {
        let bar = Bar::new();
        let report = intake::read(&paths, &me, &reading, &bar);
        bar.0.finish_and_clear();
        report
    });
    let report = match work.await.context("read the export")? {
        Ok(report) => report,
        Err(e) => {
            ask(&config, LearnRequest::GiveUp { intake: permit.intake }).await?;
            return Err(e);
        }
    };
    println!("{report}");
    let spinner = ProgressBar::new_spinner().with_message("making examples");
    spinner.enable_steady_tick(Duration::from_millis(120));
    let built = ask(&config, LearnRequest::Keep { permit, report }).await;
    spinner.finish_and_clear();
    print(&built?)?;
    Ok(ExitCode::SUCCESS)
}

async fn import_adapter(config: Config, file: &Path, person: PersonId) -> anyhow::Result<ExitCode> {
    let file = std::path::absolute(file).context("find the adapter")?;
    let request = AdapterRequest::Import { person: person.clone(), file };
    let placed = super::control::call(config, Request::Adapter(request)).await?;
    let rank = placed.get("rank").and_then(Value::as_u64).unwrap_or(0);
    println!(
        "An adapter of rank {rank} fits the base. `understudy eval {person}` judges it before it may serve."
    );
    Ok(ExitCode::SUCCESS)
}

async fn ask(config: &Config, request: LearnRequest) -> anyhow::Result<Value> {
    super::control::call(config.clone(), Request::Learn(request)).await
}

fn print(built: &Value) -> anyhow::Result<()> {
    let count = |key: &str| built.get(key).and_then(Value::as_u64).unwrap_or(0);
    let report: Report = serde_json::from_value(built.get("report").cloned().unwrap_or_default())?;
    println!("examples: {report}");
    println!("{} to learn from, {} in the sealed exam", count("train"), count("exam"));
    if let Some(not_yet) = built.get("not_yet").and_then(Value::as_str) {
        println!("{not_yet}");
    }
    Ok(())
}

/// Bytes of the export, on the terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

impl Meter for Bar {
    fn starts(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advances(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
