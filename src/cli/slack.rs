//! `understudy slack`.

use std::process::ExitCode;

use serde_json::Value;

use super::control::call;
use crate::{
    channels::slack,
    config::Config,
    domain::PersonId,
    ops::{Request, SlackRequest},
    people::People,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Prints the manifest of a person's Slack app, to be pasted where Slack asks for one.
    Manifest {
        /// Whose understudy.
        #[arg(short, long, value_name = "PERSON")]
        person: PersonId,
    },
    /// Silences an understudy in one channel, or everywhere; what was asked before is still answered.
    Pause(Silence),
    /// Lets it speak again where it was paused.
    Resume(Silence),
}

#[derive(Debug, clap::Args)]
pub(super) struct Silence {
    /// Whose understudy.
    #[arg(short, long, value_name = "PERSON")]
    person: PersonId,
    /// The channel, by its id such as C0123456789; everywhere when left out.
    #[arg(short, long, value_name = "ID")]
    channel: Option<String>,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let request = match command {
        Command::Manifest { person } => {
            let people = People::read(&[&config.people, &config.data.join("adapters")])?;
            print!("{}", slack::manifest(people.find(&person)?));
            return Ok(ExitCode::SUCCESS);
        }
        Command::Pause(Silence { person, channel }) => SlackRequest::Pause { person, channel },
        Command::Resume(Silence { person, channel }) => SlackRequest::Resume { person, channel },
    };
    let answer = call(config, Request::Slack(request)).await?;
    println!("{}", answer.get("done").and_then(Value::as_str).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}
