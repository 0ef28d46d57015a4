//! `understudy backup` and `understudy restore`.

use std::{path::PathBuf, process::ExitCode};

use serde_json::Value;

use crate::{
    config::Config,
    learning::calendar::day_of,
    ops::{self, Request},
};

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// A directory that is not there yet, best on another disk; it is as secret as the data directory.
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A directory that `understudy backup` has made.
    from: PathBuf,
    /// The installation did nothing after the backup, so its open messages are answered now instead of waiting for a
    /// person.
    #[arg(long)]
    nothing_since: bool,
}

pub(super) async fn back_up(config: Config, args: Backup) -> anyhow::Result<ExitCode> {
    let to = std::path::absolute(&args.to)?;
    let answer = super::control::call(config, Request::Backup { to: to.clone() }).await?;
    println!("Everything is in {}", to.display());
    if answer.get("notes").and_then(Value::as_bool) != Some(true) {
        println!(
            "  without notes: there are none, or they lie on a Qdrant server, which makes its own snapshots"
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(config: Config, args: Restore) -> anyhow::Result<ExitCode> {
    let answer = ops::restore(config, std::path::absolute(&args.from)?, !args.nothing_since).await?;
    let number = |key: &str| answer.get(key).and_then(Value::as_i64).unwrap_or(0);
    println!("Restored as of {}. Start it with `understudy run`.", day_of(number("made_at")));
    let parked = number("parked");
    if parked > 0 {
        println!(
            "  {parked} messages were open and may have been answered since; see them with `understudy inbox list`"
        );
    }
    println!("  Words of learning are in no backup; what was open there has to be taken in again.");
    Ok(ExitCode::SUCCESS)
}
