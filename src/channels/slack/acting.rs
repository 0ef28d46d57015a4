//! `slack.…`: reads what was said in a channel the understudy is in, and posts there.
//!
//! What is read is told where everybody who listens is in that channel too. A post carries the mark of its action, by
//! which a try after a crash finds what the one before has posted.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Slack,
    account::{Account, Identity},
    api::CallError,
    frame::str_at,
    introduce::{in_channel, named, user},
    mrkdwn,
    place::Place,
    send,
};
use crate::{
    domain::{Audience, Effect, Integrity, Members, Passage, READERS_IN_FULL, Readers, Standing},
    outbox::DeliveryError,
    people::Policy,
    tools::{Call, Outcome, Reconcile, Schema, Tool, ToolError},
};

/// Posts that are read.
const POSTS: &str = "15";
/// Pages of channels that a name is looked for on.
const PAGES: usize = 10;
/// After this, a post that Slack took without saying so stands in its channel.
const SETTLING: Duration = Duration::from_secs(3);
/// Longest piece of one post, and of all together.
const POST_MAX_CHARS: usize = 300;
const PASSAGE_MAX_CHARS: usize = 1500;

/// The tools, when anybody is in Slack.
#[must_use]
pub fn tools(slack: &Arc<Slack>) -> Vec<Arc<dyn Tool>> {
    if slack.accounts.is_empty() {
        return Vec::new();
    }
    let tool = |kind: Kind| {
        Arc::new(SlackTool { kind, schema: kind.schema(), slack: Arc::clone(slack) }) as Arc<dyn Tool>
    };
    [Kind::Read, Kind::Post].map(tool).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Post,
}

impl Kind {
    fn schema(self) -> Schema {
        match self {
            Self::Read => Schema::texts(&["channel"]),
            Self::Post => Schema::texts(&["channel", "text"]),
        }
    }
}

struct SlackTool {
    kind: Kind,
    schema: Schema,
    slack: Arc<Slack>,
}

/// A channel the bot is in.
struct Found {
    id: String,
    name: String,
    is_private: bool,
}

#[async_trait]
impl Tool for SlackTool {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Read => "slack.read",
            Kind::Post => "slack.post",
        }
    }

    fn about(&self) -> &str {
        match self.kind {
            Kind::Read => "reads the last posts of a channel",
            Kind::Post => "posts in a channel",
        }
    }

    fn effect(&self) -> Effect {
        match self.kind {
            Kind::Read => Effect::Read,
            Kind::Post => Effect::Send,
        }
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // What carries the mark already is not posted again.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let done = self.use_it(call).await;
        match done {
            // What an earlier try may have posted is not undone by a failed look.
            Err(ToolError::NotDone(why)) if self.kind == Kind::Post && call.is_again => {
                Err(ToolError::Unknown(format!(
                    "I was interrupted while posting. Look whether it stands there. {why}"
                )))
            }
            done => done,
        }
    }
}

impl SlackTool {
    async fn use_it(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let Some(account) = self.slack.accounts.get(&call.person.id) else {
            return Err(ToolError::NotDone(format!(
                "{}'s understudy is not in Slack, so I did nothing. docs/slack.md shows how it gets there.",
                call.person.name
            )));
        };
        let own = account.identity().await.map_err(|e| looked(&e))?;
        let found = channel(account, call.text("channel")).await.map_err(|e| looked(&e))?;
        let channel = found.ok_or_else(|| closed(call))?;
        match self.kind {
            Kind::Read => self.read(account, own, &channel, call).await,
            Kind::Post => self.post(account, own, &channel, call).await,
        }
    }

    async fn read(
        &self,
        account: &Arc<Account>,
        own: &Identity,
        channel: &Found,
        call: &Call<'_>,
    ) -> Result<Outcome, ToolError> {
        let Found { id, name, .. } = channel;
        let readers = self.readers(account, own, channel, call).await?;
        if !call.request.audience.may_read(&readers) {
            return Err(closed(call));
        }
        let arguments = [("channel", id.as_str()), ("limit", POSTS)];
        let answer = account.read("conversations.history", &arguments).await.map_err(|e| looked(&e))?;
        let mut lines: Vec<String> = Vec::new();
        let mut chars = 0;
        // Newest first, as Slack gives them, so that what is cut off is the oldest.
        for post in answer.get("messages").and_then(Value::as_array).into_iter().flatten() {
            let Some(line) = line(account, own, post).await.map_err(|e| looked(&e))? else { continue };
            chars += line.chars().count() + 1;
            if chars > PASSAGE_MAX_CHARS {
                break;
            }
            lines.push(line);
        }
        let receipt = format!("{} posts of #{name}", lines.len());
        if lines.is_empty() {
            let told = format!("Nothing is written in #{name}.");
            return Ok(Outcome { told, receipt, found: Vec::new() });
        }
        lines.reverse();
        let passage = Passage {
            n: 1,
            source: format!("slack {id}"),
            title: format!("The last posts of #{name}, oldest first"),
            text: lines.join("\n"),
            score: 1.0,
            // Guests and web hooks write there too.
            integrity: Integrity::External,
            readers,
        };
        Ok(Outcome { told: format!("I've read #{name}."), receipt, found: vec![passage] })
    }

    /// Who may be told what is written in a channel: those who are in it, and what is posted in it anyway.
    async fn readers(
        &self,
        account: &Arc<Account>,
        own: &Identity,
        channel: &Found,
        call: &Call<'_>,
    ) -> Result<Readers, ToolError> {
        let inside = in_channel(account, own, &channel.id, &self.slack.own_bots()).await;
        let inside = inside.map_err(|e| looked(&e))?;
        let mut readers: BTreeSet<_> = inside.space.iter().cloned().collect();
        match inside.members {
            Members::Known(members) if members.len() <= READERS_IN_FULL => readers.extend(members),
            // A colleague can open a public channel whenever they like; who is in a large private one is not looked up.
            Members::Known(_)
                if !channel.is_private && call.request.requester.standing <= Standing::Member =>
            {
                readers.insert(call.request.requester.id.clone());
            }
            Members::Known(_) | Members::SomeUnknown => {}
        }
        Ok(Readers::Only(readers))
    }

    async fn post(
        &self,
        account: &Arc<Account>,
        own: &Identity,
        channel: &Found,
        call: &Call<'_>,
    ) -> Result<Outcome, ToolError> {
        let Found { id, name, is_private } = channel;
        if *is_private && !is_inside(call, &self.readers(account, own, channel, call).await?) {
            return Err(closed(call));
        }
        let is_silent = account.app.policy_in(id) == Policy::Off
            || call.store.is_paused_in_slack(&account.person, id).await.unwrap_or(true);
        if is_silent {
            return Err(ToolError::NotDone(format!(
                "An admin has silenced me in #{name}, so I posted nothing there. `understudy slack resume` ends that."
            )));
        }
        let place = Place::top(account.person.clone(), &own.team, id);
        let key = format!("tool {}", call.mark);
        let text = mrkdwn::from_reply(call.text("text"));
        let say = |looked_for| send::say(account, &self.slack.pace, &place, &key, &text, looked_for);
        let first = say(call.is_again.then_some(call.asked_at)).await;
        let (posted, is_doubtful) = match first {
            // Whether it stands there is seen at another look, which posts what does not.
            Err(DeliveryError::Uncertain(_)) => {
                tokio::time::sleep(SETTLING).await;
                (say(Some(if call.is_again { call.asked_at } else { call.now })).await, true)
            }
            // Of several parts one may stand when the next is refused.
            posted => (posted, call.is_again || mrkdwn::split(&text, mrkdwn::POST_MAX_CHARS).len() > 1),
        };
        let (ts, _) = posted.map_err(|e| match e {
            DeliveryError::Uncertain(why) => doubtful(name, &why),
            other if is_doubtful => doubtful(name, &other.to_string()),
            other => {
                ToolError::NotDone(format!("I could not post in #{name} ({other}), so nothing stands there."))
            }
        })?;
        Ok(Outcome {
            told: format!("I've posted it in #{name}."),
            receipt: format!("{id}/{ts}"),
            found: Vec::new(),
        })
    }
}

fn doubtful(name: &str, why: &str) -> ToolError {
    ToolError::Unknown(format!(
        "Slack broke off ({why}), so I can't say whether all of it stands in #{name}. Look there before you ask again."
    ))
}

/// Said of a channel that is not there and of one whose name is nobody's business here: the same, so that nobody learns
/// which channels there are.
fn closed(call: &Call<'_>) -> ToolError {
    let shown: String = call.text("channel").chars().take(60).collect();
    ToolError::NotDone(format!(
        "I did nothing: either I'm in no channel \"{shown}\", or not everybody here is in it. Invite me, or ask me there."
    ))
}

/// Whether whoever asks is in a channel with these readers, or asks there.
fn is_inside(call: &Call<'_>, readers: &Readers) -> bool {
    let (person, requester) = (call.person, &call.request.requester);
    let also = person.owner_also.iter().filter(|_| requester.standing == Standing::Owner);
    let mut names = std::iter::once(&requester.id).chain(also);
    names.any(|name| Audience::only(name.clone()).may_read(readers))
        || call.request.audience.may_read(readers)
}

/// The channel that is meant, when the bot is in it.
async fn channel(account: &Account, asked_for: &str) -> Result<Option<Found>, CallError> {
    // Slack's own token names a channel by its id; what people write is a name, whatever it looks like.
    let token = asked_for.strip_prefix("<#").and_then(|rest| rest.strip_suffix('>'));
    let wanted = token.map(|token| token.split('|').next().unwrap_or(token));
    let is_meant = |id: &str, name: &str| match wanted {
        Some(wanted) => id == wanted,
        None => name.eq_ignore_ascii_case(asked_for.trim_start_matches('#')),
    };
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let mut arguments =
            vec![("types", "public_channel,private_channel"), ("exclude_archived", "true"), ("limit", "200")];
        if !cursor.is_empty() {
            arguments.push(("cursor", &cursor));
        }
        let answer = account.read("users.conversations", &arguments).await?;
        for listed in answer.get("channels").and_then(Value::as_array).into_iter().flatten() {
            let (Some(id), Some(name)) = (str_at(listed, "/id"), str_at(listed, "/name")) else { continue };
            if is_meant(id, name) {
                let is_private = listed.get("is_private").and_then(Value::as_bool) != Some(false);
                return Ok(Some(Found { id: id.to_owned(), name: name.to_owned(), is_private }));
            }
        }
        match str_at(&answer, "/response_metadata/next_cursor") {
            Some(next) => cursor = next.to_owned(),
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// A post as one line; joins and other notices of Slack are none.
async fn line(account: &Account, own: &Identity, post: &Value) -> Result<Option<String>, CallError> {
    let text = str_at(post, "/text").unwrap_or_default();
    let is_said = str_at(post, "/subtype")
        .is_none_or(|kind| matches!(kind, "file_share" | "bot_message" | "me_message"));
    if text.trim().is_empty() || !is_said {
        return Ok(None);
    }
    let name = match str_at(post, "/user") {
        Some(id) if id == own.user => Some("You".to_owned()),
        Some(id) => user(account, own, id).await?.map(|user| user.name.clone()),
        None => str_at(post, "/username").map(crate::channels::shown_name),
    };
    let plain = mrkdwn::to_plain(text, |id| account.directory.user(id).map(|user| user.name.clone()));
    let plain = named(account, own, &plain).await?;
    let one_line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = one_line.chars().take(POST_MAX_CHARS).collect();
    let more = if cut.len() < one_line.len() { "…" } else { "" };
    Ok(Some(format!("{}: {cut}{more}", name.unwrap_or_else(|| "Somebody".to_owned()))))
}

fn looked(e: &CallError) -> ToolError {
    ToolError::NotDone(format!(
        "I could not look in Slack ({e}), so I did nothing. An admin can look with `understudy doctor`."
    ))
}
