//! `understudy export`.
//!
//! The command copies and merges itself; a process that answers messages meanwhile is not held up.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args as Arguments, ValueEnum};
use serde_json::Value;

use crate::{
    config::Config,
    domain::PersonId,
    learning::handout::Parcel,
    ops::{AdapterRequest, Request},
};

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whose.
    person: PersonId,
    /// What they take along.
    #[arg(long, value_enum, default_value_t = What::Adapter)]
    what: What,
    /// Where it goes: a directory for the adapter, a new file for the others.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The adapter that serves them, with its manifest and report.
    Adapter,
    /// Base and adapter as one GGUF model with 16-bit weights, for programs that load no adapters.
    Merged,
    /// Their examples without the sealed exam, as messages JSONL; they have to agree to it (`--purpose export`).
    Messages,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let out = std::path::absolute(&args.out).context("find the directory of --out")?;
    if args.what == What::Messages {
        let request = AdapterRequest::Messages { person: args.person, out: out.clone() };
        let written = super::control::call(config, Request::Adapter(request)).await?;
        let examples = written.get("examples").and_then(Value::as_u64).unwrap_or(0);
        println!("{examples} examples in {}; the exam stays sealed.", out.display());
        return Ok(ExitCode::SUCCESS);
    }
    let request = AdapterRequest::Parcel { person: args.person };
    let answer = super::control::call(config, Request::Adapter(request)).await?;
    let parcel: Parcel = serde_json::from_value(answer.get("parcel").cloned().unwrap_or_default())
        .context("the running understudy is of another version; restart it")?;
    for file in write(parcel, args.what, &out).await? {
        println!("{}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

async fn write(parcel: Parcel, what: What, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let out = out.to_owned();
    let work = move || match what {
        What::Merged => parcel.merged_into(&out),
        _ => parcel.adapter_into(&out),
    };
    tokio::task::spawn_blocking(work).await.context("write the export")?
}
