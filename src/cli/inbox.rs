//! `understudy inbox`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{config::Config, domain::InboxId, ops::Request};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists parked messages and counts the others.
    List {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a parked message due again.
    Retry {
        /// Its number, as `inbox list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Gives a parked message up for good.
    Drop {
        /// Its number, as `inbox list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
}

fn number(text: &str) -> Result<i64, String> {
    text.parse()
        .map_err(|_| "give the number that `understudy inbox list` shows before the message".to_owned())
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let request = match command {
        Command::List { json } => return list(config, json).await,
        Command::Retry { id } => Request::InboxRetry { id: InboxId(id) },
        Command::Drop { id } => Request::InboxDrop { id: InboxId(id) },
    };
    let done = super::control::call(config, request).await?;
    println!("{}", done.get("done").and_then(Value::as_str).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

async fn list(config: Config, json: bool) -> anyhow::Result<ExitCode> {
    let list = super::control::call(config, Request::InboxList).await?;
    if json {
        super::print_json(&list);
        return Ok(ExitCode::SUCCESS);
    }
    for row in list.get("parked").and_then(Value::as_array).into_iter().flatten() {
        let of = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = row.get("id").and_then(Value::as_i64).unwrap_or(0);
        println!("{id}  {} -> {}  {}", of("from"), of("person"), of("last_error"));
    }
    let count = |state: &str| list.pointer(&format!("/counts/{state}")).and_then(Value::as_i64).unwrap_or(0);
    println!(
        "{} parked, {} waiting, {} being answered, {} done",
        count("parked"),
        count("ready"),
        count("running"),
        count("done")
    );
    Ok(ExitCode::SUCCESS)
}
