//! `/understudy`: what somebody may ask about and change without the console, answered within three seconds.
//!
//! One command serves every understudy of the workspace, because Slack gives a command that several apps have to one of
//! them: `/understudy pause bob` means Bob's, whichever app was asked.

use std::{sync::Arc, time::Duration};

use reqwest::Url;
use serde_json::{Value, json};
use tracing::debug;

use super::{super::frame::str_at, Deciding, actor::own, cut, escaped};
use crate::{
    domain::Mode,
    people::Person,
    store::{StoreError, now},
};

/// How long an answer may take to go with the acknowledgement; Slack waits three seconds.
pub(super) const AT_ONCE: Duration = Duration::from_millis(1_800);
/// Most characters of an answer.
const ANSWER_CHARS: usize = 3_500;
/// Requests that are listed.
const LISTED: usize = 10;

/// What can be asked for.
const HELP: &str = "`/understudy status` says how I am and where I am paused\n\
    `/understudy approvals` lists what waits for a yes of yours\n\
    `/understudy tools` says what I may do for you\n\
    `/understudy pause` stops me everywhere until `/understudy resume`; with `here`, I am silent in this channel\n\
    With several understudies in this workspace, name one: `/understudy pause demetrios`. Questions go into a message \
    that mentions me, or into a direct message.";

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Help,
    Status,
    Approvals,
    Tools,
    Pause(Reach),
    Resume(Reach),
    Unknown,
}

/// Where a pause holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Here,
    Everywhere,
}

/// Reads a command; what is no word of it may be the name of an understudy.
fn read(text: &str) -> (Wish, Option<String>) {
    let mut words = text.split_whitespace().map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    let (mut reach, mut whom) = (Reach::Everywhere, None);
    for word in words {
        match word.as_str() {
            "here" => reach = Reach::Here,
            "everywhere" => {}
            other => whom = Some(other.trim_start_matches('@').to_owned()),
        }
    }
    let wish = match first.as_str() {
        "" | "help" => Wish::Help,
        "status" => Wish::Status,
        "approvals" => Wish::Approvals,
        "tools" => Wish::Tools,
        "pause" => Wish::Pause(reach),
        "resume" => Wish::Resume(reach),
        _ => Wish::Unknown,
    };
    (wish, whom)
}

/// Who asked for what, and where.
struct Asked {
    user: String,
    channel: String,
    wish: Wish,
    whom: Option<String>,
}

impl Deciding {
    /// Takes a command in and returns the answer that goes with the acknowledgement; a slow one follows it.
    pub(in super::super) async fn command(self: &Arc<Self>, payload: &Value) -> Option<Value> {
        let text = |pointer: &str| str_at(payload, pointer).unwrap_or_default().to_owned();
        let is_here = own(self).is_some_and(|own| own.team == text("/team_id"));
        if !is_here {
            return Some(shown("This command came from another workspace, so nothing was done."));
        }
        let (wish, whom) = read(&text("/text"));
        let asked = Asked { user: text("/user_id"), channel: text("/channel_id"), wish, whom };
        let (deciding, later) = (Arc::clone(self), text("/response_url"));
        let mut answering = self.tasks.spawn(async move { deciding.answer(&asked).await });
        match tokio::time::timeout(AT_ONCE, &mut answering).await {
            Ok(answer) => Some(shown(&answer.unwrap_or_else(|_| FAILED.to_owned()))),
            Err(_) => {
                let deciding = Arc::clone(self);
                self.tasks.spawn(async move {
                    let answer = answering.await.unwrap_or_else(|_| FAILED.to_owned());
                    deciding.follow_up(&later, &shown(&answer)).await;
                });
                Some(shown("One moment…"))
            }
        }
    }

    /// Sends an answer that came too late for the acknowledgement.
    pub(super) async fn follow_up(&self, address: &str, answer: &Value) {
        let Some(url) = Url::parse(address).ok().filter(|url| self.is_slacks(url)) else { return };
        if let Err(e) = self.account.api.http().post(url).json(answer).send().await {
            debug!("A late answer to a command was not taken: {}", e.without_url());
        }
    }

    /// Whether an address is one of Slack's, or on the host of the API that this installation uses.
    fn is_slacks(&self, url: &Url) -> bool {
        let api = self.account.api.base();
        let same = url.scheme() == api.scheme() && url.host() == api.host() && url.port() == api.port();
        same || (url.scheme() == "https" && url.host_str().is_some_and(|host| host.ends_with(".slack.com")))
    }

    async fn answer(&self, asked: &Asked) -> String {
        let said = match asked.wish {
            Wish::Help => Ok(HELP.to_owned()),
            Wish::Unknown => Ok(format!("I don't know that command, so nothing was done.\n{HELP}")),
            wish => self.carry_out(wish, asked).await,
        };
        said.unwrap_or_else(|e| {
            debug!("A command failed: {e:#}");
            FAILED.to_owned()
        })
    }

    async fn carry_out(&self, wish: Wish, asked: &Asked) -> anyhow::Result<String> {
        let people = match self.meant(asked.whom.as_deref()) {
            Ok(people) => people,
            Err(told) => return Ok(told),
        };
        if matches!(wish, Wish::Pause(_) | Wish::Resume(_)) && people.len() > 1 {
            let names: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
            return Ok(format!("Whose understudy? Name one, nothing was changed: {}", names.join(", ")));
        }
        let mut lines = Vec::new();
        for person in people {
            lines.push(match wish {
                Wish::Status => self.status(person).await?,
                Wish::Approvals => self.approvals(person, asked).await?,
                Wish::Tools => self.allowed(person, asked).await?,
                Wish::Pause(reach) => self.pause(person, asked, reach).await?,
                Wish::Resume(reach) => self.resume(person, asked, reach).await?,
                Wish::Help | Wish::Unknown => HELP.to_owned(),
            });
        }
        Ok(lines.join("\n"))
    }

    /// The understudies of this workspace that are meant: the named one, or all.
    fn meant(&self, whom: Option<&str>) -> Result<Vec<&Person>, String> {
        let team = own(self).map(|own| own.team.as_str());
        let here = self.bots.iter().filter(|bot| bot.known_identity().map(|own| own.team.as_str()) == team);
        let people: Vec<&Person> = here.filter_map(|bot| self.levers.people.get(&bot.person)).collect();
        let Some(whom) = whom else { return Ok(people) };
        let called = |person: &&Person| {
            person.id.as_str() == whom
                || person.handle.to_lowercase() == whom
                || person.name.to_lowercase() == whom
        };
        match people.iter().copied().find(called) {
            Some(person) => Ok(vec![person]),
            None => {
                let names: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
                let whom = escaped(&cut(whom, 40));
                Err(format!("There is no {whom} here, so nothing was done. There is: {}", names.join(", ")))
            }
        }
    }

    async fn status(&self, person: &Person) -> Result<String, StoreError> {
        let name = escaped(&person.name);
        let paused = self.paused(person).await?;
        if paused.is_empty() {
            return Ok(format!("{name}'s understudy answers."));
        }
        Ok(format!("{name}'s understudy is paused {}.", escaped(&paused.join(", "))))
    }

    async fn approvals(&self, person: &Person, asked: &Asked) -> anyhow::Result<String> {
        let name = escaped(&person.name);
        if !self.actor(person, &asked.user).await?.decides() {
            return Ok(format!("On what {name}'s understudy asks, its owner and admins decide, not you."));
        }
        let waiting = self.waiting(person).await?;
        if waiting.is_empty() {
            return Ok(format!("Nothing waits for a yes at {name}'s understudy."));
        }
        let line = |row: &crate::store::ActionRow| {
            let (id, until) = (row.id, row.expires_at);
            let (tool, by) = (escaped(&row.tool), escaped(row.requester.as_str()));
            format!(
                "• request {id}: `{tool}`, asked by {by}, until <!date^{until}^{{date_short_pretty}} {{time}}|its end>"
            )
        };
        let lines: Vec<String> = waiting.iter().take(LISTED).map(line).collect();
        let count = waiting.len();
        Ok(format!(
            "{count} wait at {name}'s understudy; your direct message with it has a card for each that you may decide on:\n{}",
            lines.join("\n")
        ))
    }

    async fn allowed(&self, person: &Person, asked: &Asked) -> anyhow::Result<String> {
        let (name, viewer) = (escaped(&person.name), self.viewer(person, &asked.user).await?);
        let tools = self.tools(person, viewer.standing).await?;
        let lines: Vec<String> = tools
            .iter()
            .filter(|tool| tool.for_viewer > Mode::Deny)
            .map(|tool| {
                let first = if tool.for_viewer == Mode::Ask { ", after somebody said yes" } else { "" };
                format!("• `{}`{first}", escaped(&tool.name))
            })
            .collect();
        Ok(if lines.is_empty() {
            format!("For you {name}'s understudy answers and does nothing else.")
        } else {
            format!("For you {name}'s understudy may use:\n{}", lines.join("\n"))
        })
    }

    async fn pause(&self, person: &Person, asked: &Asked, reach: Reach) -> anyhow::Result<String> {
        let Some(by) = self.in_charge(person, asked).await? else { return Ok(not_in_charge(person)) };
        let name = escaped(&person.name);
        Ok(match reach {
            Reach::Everywhere => {
                self.store.pause(Some(&person.id), None, &by, now()).await?;
                let id = &person.id;
                format!(
                    "{name}'s understudy is paused everywhere: what it is asked waits. `/understudy resume {id}` ends that."
                )
            }
            Reach::Here => {
                self.store.pause_slack(&person.id, Some(&asked.channel), &by, now()).await?;
                let id = &person.id;
                format!(
                    "{name}'s understudy is silent in this channel. `/understudy resume {id} here` ends that."
                )
            }
        })
    }

    async fn resume(&self, person: &Person, asked: &Asked, reach: Reach) -> anyhow::Result<String> {
        let Some(by) = self.in_charge(person, asked).await? else { return Ok(not_in_charge(person)) };
        match reach {
            Reach::Everywhere => {
                self.store.resume(Some(&person.id), None, &by, now()).await?;
            }
            Reach::Here => {
                self.store.resume_slack(&person.id, Some(&asked.channel), &by, now()).await?;
            }
        }
        self.levers.wake_outbox.notify_one();
        self.levers.approved.notify_one();
        Ok(self.status(person).await?)
    }

    /// The name of somebody who may stop an understudy, asked of Slack right now.
    async fn in_charge(&self, person: &Person, asked: &Asked) -> anyhow::Result<Option<String>> {
        let actor = self.actor(person, &asked.user).await?;
        Ok(actor.decides().then(|| actor.reader.to_string()))
    }
}

/// Said when something is out of reach.
const FAILED: &str = "I could not do that, and nothing was changed. Try it again in a moment.";

fn not_in_charge(person: &Person) -> String {
    let name = escaped(&person.name);
    format!("Only its owner or an admin can stop {name}'s understudy, so nothing was changed.")
}

/// An answer that only the asker sees.
fn shown(text: &str) -> Value {
    json!({"response_type": "ephemeral", "text": cut(text, ANSWER_CHARS)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_people_type_them() {
        for (text, wish, whom) in [
            ("", Wish::Help, None),
            ("  HELP ", Wish::Help, None),
            ("status", Wish::Status, None),
            ("Status @Bob-Bot", Wish::Status, Some("bob-bot")),
            ("pause", Wish::Pause(Reach::Everywhere), None),
            ("pause here bob", Wish::Pause(Reach::Here), Some("bob")),
            ("resume bob everywhere", Wish::Resume(Reach::Everywhere), Some("bob")),
            ("approvals", Wish::Approvals, None),
            ("tools", Wish::Tools, None),
            ("drop table", Wish::Unknown, Some("table")),
        ] {
            assert_eq!(read(text), (wish, whom.map(str::to_owned)), "{text}");
        }
    }
}
