//! `understudy mail`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{
    channels::email,
    config::Config,
    domain::PersonId,
    ops::{MailRequest, Request},
    people::People,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists mail that nobody answered and why, and what owners are told about their mail.
    List {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Signs in to a mailbox whose provider wants tokens instead of a password.
    SignIn {
        /// Whose mailbox.
        #[arg(short, long)]
        person: PersonId,
    },
    /// Reads a parked mail again.
    Retry {
        /// Its number, as `mail list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Answers a mail that lay in the mailbox for long before it was read.
    Answer {
        /// Its number, as `mail list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Answers a held mail as a stranger's, although nobody vouches for its sender; its owner reads the reply first.
    Release {
        /// Its number, as `mail list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Gives up a parked, held or old mail; in the mailbox it stays.
    Drop {
        /// Its number, as `mail list` shows it.
        #[arg(value_parser = number)]
        id: i64,
    },
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "give the number that `understudy mail list` shows before the mail".to_owned())
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let request = match command {
        Command::List { json } => return list(config, json).await,
        Command::SignIn { person } => return sign_in(&config, &person).await,
        Command::Retry { id } => MailRequest::Retry { id },
        Command::Answer { id } => MailRequest::Answer { id },
        Command::Release { id } => MailRequest::Release { id },
        Command::Drop { id } => MailRequest::Drop { id },
    };
    let done = super::control::call(config, Request::Mail(request)).await?;
    println!("{}", done.get("done").and_then(Value::as_str).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

async fn sign_in(config: &Config, person: &PersonId) -> anyhow::Result<ExitCode> {
    let people = People::read(&[&config.people, &config.data.join("adapters")])?;
    let person = people.find(person)?;
    email::sign_in(person, &config.data, |name| std::env::var(name).ok(), |words| println!("{words}"))
        .await?;
    println!(
        "Signed in. A program that runs notices it within a few seconds; `understudy doctor` tries the mailbox."
    );
    Ok(ExitCode::SUCCESS)
}

async fn list(config: Config, json: bool) -> anyhow::Result<ExitCode> {
    let list = super::control::call(config, Request::Mail(MailRequest::List)).await?;
    if json {
        super::print_json(&list);
        return Ok(ExitCode::SUCCESS);
    }
    let rows = |key: &str| list.get(key).and_then(Value::as_array).into_iter().flatten();
    let of = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    for row in rows("mails") {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or(0);
        println!("{id}  {}  {}  {}", of(row, "state"), of(row, "sender"), of(row, "why"));
    }
    for row in rows("addresses") {
        println!("{} is {}: {}", of(row, "address"), of(row, "state"), of(row, "said"));
    }
    for row in rows("notices") {
        println!("to the owner of {}: {}", of(row, "person"), of(row, "words"));
    }
    let counts = list.get("counts").and_then(Value::as_object).into_iter().flatten();
    let counts: Vec<String> = counts.map(|(state, n)| format!("{n} {state}")).collect();
    println!("{}", if counts.is_empty() { "no mail yet".to_owned() } else { counts.join(", ") });
    Ok(ExitCode::SUCCESS)
}
