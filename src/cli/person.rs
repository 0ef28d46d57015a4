//! `understudy person`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{config::Config, domain::PersonId, ops::Request};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists everybody who is stood in for.
    List,
    /// Shows one of them.
    Show {
        /// Who.
        person: PersonId,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List => {
            let list = super::control::call(config, Request::PersonList).await?;
            let people = list.get("people").and_then(Value::as_array).cloned().unwrap_or_default();
            for person in &people {
                let of = |key: &str| person.get(key).and_then(Value::as_str).unwrap_or_default();
                println!("{:16} @{:20} {} (adapter: {})", of("id"), of("handle"), of("role"), of("adapter"));
            }
            if people.is_empty() {
                println!("Nobody yet: add a folder with a person.toml to the people directory.");
            }
        }
        Command::Show { person } => {
            let shown = super::control::call(config, Request::PersonShow { person }).await?;
            println!("{}", serde_json::to_string_pretty(&shown)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
