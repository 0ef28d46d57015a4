//! `understudy slack`.

use std::process::ExitCode;

use crate::{channels::slack, config::Config, domain::PersonId, people::People};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Prints the manifest of a person's Slack app, to be pasted where Slack asks for one.
    Manifest {
        /// Whose understudy.
        #[arg(short, long, value_name = "PERSON")]
        person: PersonId,
    },
}

pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Manifest { person } = command;
    let people = People::read(&[&config.people, &config.data.join("adapters")])?;
    print!("{}", slack::manifest(people.find(person)?));
    Ok(ExitCode::SUCCESS)
}
