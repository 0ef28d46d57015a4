//! `understudy mail`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{config::Config, ops::Request};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists mail that nobody answered and why: what could not be read, who is unknown, what programs sent.
    List {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Reads a parked mail again.
    Retry {
        /// Its number, as `mail list` shows it.
        id: i64,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let json = match command {
        Command::List { json } => json,
        Command::Retry { id } => {
            let done = super::control::call(config, Request::MailRetry { id }).await?;
            println!("{}", done.get("done").and_then(Value::as_str).unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
    };
    let list = super::control::call(config, Request::MailList).await?;
    if json {
        super::print_json(&list);
        return Ok(ExitCode::SUCCESS);
    }
    for row in list.get("mails").and_then(Value::as_array).into_iter().flatten() {
        let of = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = row.get("id").and_then(Value::as_i64).unwrap_or(0);
        println!("{id}  {}  {}  {}", of("state"), of("sender"), of("why"));
    }
    let counts = list.get("counts").and_then(Value::as_object).into_iter().flatten();
    let counts: Vec<String> = counts.map(|(state, n)| format!("{n} {state}")).collect();
    println!("{}", if counts.is_empty() { "no mail yet".to_owned() } else { counts.join(", ") });
    Ok(ExitCode::SUCCESS)
}
