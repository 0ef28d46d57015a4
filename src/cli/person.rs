//! `understudy person`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{
    config::Config,
    domain::{PersonId, Purpose, SourceKind},
    ops::{LearnRequest, Request},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists everybody who is stood in for.
    List,
    /// Shows one of them.
    Show {
        /// Who.
        person: PersonId,
    },
    /// Records that a person agreed to learning from their words; shows what they agree to.
    Consent {
        /// Who agreed.
        person: PersonId,
        /// For what: training, export, mailbox.
        #[arg(long, required = true, value_delimiter = ',')]
        purpose: Vec<Purpose>,
        /// From which sources: slack, mail, transcript, markdown, notes, steps.
        #[arg(long, required = true, value_delimiter = ',')]
        sources: Vec<SourceKind>,
        /// First day whose words are covered, such as 2026-01-01.
        #[arg(long, value_name = "DATE")]
        from: String,
        /// Last day.
        #[arg(long, value_name = "DATE")]
        until: String,
        /// How they said so, such as "signed form of 3 May".
        #[arg(long, value_name = "TEXT")]
        how: String,
    },
    /// Takes a person's consent back: their understudy stops, and what was learned is destroyed at once.
    Withdraw {
        /// Whose.
        person: PersonId,
    },
    /// Erases everything that is kept of a person: words, examples, adapters, notes, messages.
    Erase {
        /// Whom.
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
        Command::Consent { person, purpose, sources, from, until, how } => {
            let request = LearnRequest::Consent {
                person: person.clone(),
                purposes: purpose,
                sources,
                from,
                until,
                how,
            };
            let given = super::control::call(config, Request::Learn(request)).await?;
            println!("{}", given.get("text").and_then(Value::as_str).unwrap_or_default());
            println!("Recorded for {person}. Next: understudy learn add PATH -p {person} --kind KIND");
        }
        Command::Withdraw { person } => {
            let request = Request::Learn(LearnRequest::Withdraw { person: person.clone() });
            let done = super::control::call(config, request).await?;
            let count = |key: &str| done.get(key).and_then(Value::as_u64).unwrap_or(0);
            println!(
                "{person}'s understudy has stopped; {} consents taken back, {} files of {} learning runs destroyed.",
                count("consents"),
                count("files"),
                count("runs")
            );
        }
        Command::Erase { person } => {
            let request = Request::Learn(LearnRequest::Erase { person: person.clone() });
            let done = super::control::call(config, request).await?;
            report(&person, &done);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report(person: &PersonId, done: &Value) {
    let of = |path: &str| done.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    println!("{person} is erased, in {} ms:", of("/erased/took_ms"));
    for (path, what) in [
        ("/erased/files", "files of learning: words, examples, keys, adapters"),
        ("/erased/note_pieces", "pieces of notes"),
        ("/erased/rows/messages", "messages with their steps and replies"),
        ("/erased/rows/folders", "note folders (the files in them are not ours)"),
        ("/erased/rows/consents", "consents and vetoes"),
        ("/erased/rows/sessions", "signed-in browsers"),
    ] {
        println!("  {} {what}", of(path));
    }
    if let Some(folder) = done.get("left_to_you").and_then(Value::as_str) {
        println!("What describes them still lies in {folder}: remove that folder yourself and restart.");
    }
}
