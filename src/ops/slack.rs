//! What commands can ask about Slack: silence, and its end.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{app::App, domain::PersonId, error::Hint, store::now};

/// Who decides at the command line.
const OPERATOR: &str = "operator";

/// A request about Slack.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlackRequest {
    /// Silences an understudy in one channel, or everywhere.
    Pause {
        /// Whose.
        person: PersonId,
        /// The id of the channel; everywhere when unset.
        channel: Option<String>,
    },
    /// Lets it speak again there.
    Resume {
        /// Whose.
        person: PersonId,
        /// The id of the channel; everywhere when unset.
        channel: Option<String>,
    },
}

pub(super) async fn handle(app: &App, request: SlackRequest) -> anyhow::Result<Value> {
    match request {
        SlackRequest::Pause { person, channel } => {
            let name = &app.people.find(&person)?.name;
            let place = place(channel.as_deref())?;
            let new = app.store.pause_slack(&person, channel.as_deref(), OPERATOR, now()).await?;
            let told = if new { "is silent" } else { "was silent already" };
            let end = format!("`understudy slack resume -p {person}{}`", option(channel.as_deref()));
            Ok(json!({"done": format!("the understudy of {name} {told} {place}; {end} ends that")}))
        }
        SlackRequest::Resume { person, channel } => {
            let name = &app.people.find(&person)?.name;
            let place = place(channel.as_deref())?;
            if app.store.resume_slack(&person, channel.as_deref(), OPERATOR, now()).await? {
                let still = still_paused(app, &person).await?;
                return Ok(json!({"done": format!("the understudy of {name} speaks again {place}{still}")}));
            }
            let paused = app.store.slack_pauses(&person).await?;
            let next = match paused
                .iter()
                .map(|channel| option(Some(channel.as_str()).filter(|c| !c.is_empty())))
                .next()
            {
                Some(option) => format!("use `understudy slack resume -p {person}{option}`"),
                None => "it is paused nowhere, so look at the channel's policy in its person.toml".to_owned(),
            };
            Err(Hint::new(format!("the understudy of {name} is not paused {place}"), next).into())
        }
    }
}

async fn still_paused(app: &App, person: &PersonId) -> anyhow::Result<String> {
    let paused = app.store.slack_pauses(person).await?;
    let places: Vec<&str> =
        paused.iter().map(|channel| if channel.is_empty() { "everywhere" } else { channel }).collect();
    Ok(if places.is_empty() { String::new() } else { format!("; still paused: {}", places.join(", ")) })
}

fn option(channel: Option<&str>) -> String {
    channel.map_or_else(String::new, |channel| format!(" --channel {channel}"))
}

/// Where that is, in words.
fn place(channel: Option<&str>) -> Result<String, Hint> {
    let Some(channel) = channel else { return Ok("everywhere in Slack".to_owned()) };
    let id = channel.starts_with(['C', 'D', 'G'])
        && channel.len() >= 2
        && channel.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if id {
        return Ok(format!("in {channel}"));
    }
    let what = format!("`{}` is not the id of a channel", channel.chars().take(40).collect::<String>());
    Err(Hint::new(what, "copy it from the end of the channel's details in Slack; it looks like C0123456789"))
}
