//! A Slack workspace export: a zip with lists of users and channels and, per channel, one JSON file a day.
//!
//! Layout: <https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports>. Messages outside of a
//! thread are cut into conversations where half an hour passes without a word.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Me, Sink, Trouble,
    pack::{Entry, Pack},
    slack_text::plain,
};
use crate::learning::{
    event::{Event, ME},
    report::Reason,
};

/// Silence that ends a conversation in a channel.
const SILENCE_S: i64 = 1800;

/// What messages of people are marked with; everything else is housekeeping.
const SAID: [&str; 5] = ["", "me_message", "file_share", "thread_broadcast", "reply_broadcast"];

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    real_name: Option<String>,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    profile: Profile,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Profile {
    display_name: Option<String>,
    real_name: Option<String>,
    email: Option<String>,
}

impl User {
    fn names(&self) -> impl Iterator<Item = &str> {
        let profile = &self.profile;
        let optional = [&profile.display_name, &profile.real_name, &self.real_name, &profile.email];
        let optional = optional.into_iter().filter_map(|name| name.as_deref());
        optional.chain([self.name.as_str(), self.id.as_str()]).filter(|name| !name.trim().is_empty())
    }

    fn shown(&self) -> String {
        self.names().next().unwrap_or(&self.id).to_owned()
    }
}

#[derive(Deserialize)]
struct Place {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    subtype: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    bot_id: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    ts: String,
    #[serde(default)]
    thread_ts: Option<String>,
}

/// Everybody in the export, by Slack's id.
struct Users<'m> {
    me: &'m Me,
    names: HashMap<String, String>,
    mine: Vec<String>,
    bots: Vec<String>,
}

impl Users<'_> {
    fn author(&self, id: &str) -> String {
        if self.mine.iter().any(|mine| mine == id) || self.me.is(id) {
            return ME.to_owned();
        }
        self.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

pub(super) fn read(path: &std::path::Path, me: &Me, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let mut pack = Pack::open(path)?;
    let entries = pack.entries();
    let Some(root) =
        entries.iter().find_map(|entry| entry.name.strip_suffix("users.json")).map(str::to_owned)
    else {
        let why = "it has no users.json, so it is no Slack export; export it again under Workspace settings";
        return Err(Trouble::Broken(why.to_owned()));
    };
    let users = users(&mut pack, &entries, &root, me)?;
    let mut places = BTreeMap::new();
    for list in ["channels.json", "groups.json", "dms.json", "mpims.json"] {
        for place in listed::<Place>(&mut pack, &entries, &format!("{root}{list}"))? {
            let folder = if list == "dms.json" { place.id.clone() } else { place.name.clone() };
            let shown = if list == "dms.json" { "dm".to_owned() } else { format!("#{}", place.name) };
            places.insert(folder, (shown, place));
        }
    }
    // Entries come in order of their names, so a channel's days come one after the other.
    let mut channel = Channel::default();
    for entry in &entries {
        let Some((folder, day)) = entry.name.strip_prefix(&root).and_then(|name| name.rsplit_once('/'))
        else {
            continue;
        };
        if super::extension(day) != "json" {
            continue;
        }
        if channel.folder != folder {
            channel = Channel { folder: folder.to_owned(), ..Channel::default() };
            channel.shown =
                places.get(folder).map_or_else(|| format!("#{folder}"), |(shown, _)| shown.clone());
            let members = places.get(folder).map(|(_, place)| place.members.as_slice()).unwrap_or_default();
            // Of a channel with a hundred members a message is to nobody in particular.
            channel.members = if members.len() <= 8 { members.to_vec() } else { Vec::new() };
        }
        let day = pack.read(entry).and_then(|bytes| Ok(serde_json::from_slice::<Vec<Message>>(&bytes)?));
        sink.advance(entry.bytes);
        match day {
            Ok(messages) => channel.day(messages, &users, sink)?,
            Err(Trouble::Broken(why)) => sink.skip(&entry.name, &why),
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

fn users<'m>(pack: &mut Pack, entries: &[Entry], root: &str, me: &'m Me) -> Result<Users<'m>, Trouble> {
    let mut users = Users { me, names: HashMap::new(), mine: Vec::new(), bots: Vec::new() };
    for user in listed::<User>(pack, entries, &format!("{root}users.json"))? {
        if me.is_any(user.names()) {
            users.mine.push(user.id.clone());
        }
        if user.is_bot {
            users.bots.push(user.id.clone());
        }
        users.names.insert(user.id.clone(), user.shown());
    }
    Ok(users)
}

/// A list of the export; empty when the export has no such file.
fn listed<T: DeserializeOwned>(pack: &mut Pack, entries: &[Entry], name: &str) -> Result<Vec<T>, Trouble> {
    let Some(entry) = entries.iter().find(|entry| entry.name == name) else { return Ok(Vec::new()) };
    let bytes = pack.read(entry)?;
    serde_json::from_slice(&bytes).map_err(|e| Trouble::Broken(format!("{name} is broken: {e}")))
}

/// Where a channel is, from one day to the next.
#[derive(Default)]
struct Channel {
    folder: String,
    shown: String,
    members: Vec<String>,
    /// When its current conversation began, as Slack writes it.
    began: String,
    last_t: i64,
}

impl Channel {
    fn day(
        &mut self,
        mut messages: Vec<Message>,
        users: &Users<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Trouble> {
        messages.sort_by(|a, b| a.ts.cmp(&b.ts));
        for message in messages {
            if message.kind != "message" || !SAID.contains(&message.subtype.as_str()) {
                let bot = message.subtype == "bot_message";
                sink.leave_out(if bot { Reason::Bot } else { Reason::Housekeeping });
                continue;
            }
            match &message.user {
                Some(user) if message.bot_id.is_none() && !users.bots.contains(user) => {
                    let event = self.event(&message, user, users);
                    sink.event(event)?;
                }
                _ => sink.leave_out(Reason::Bot),
            }
        }
        Ok(())
    }

    fn event(&mut self, message: &Message, user: &str, users: &Users<'_>) -> Event {
        let t = message.ts.split('.').next().and_then(|s| s.parse().ok()).unwrap_or(0);
        let id = |ts: &str| format!("slack:{}:{ts}", self.folder);
        let (thread, reply_to) = match &message.thread_ts {
            Some(root) if *root != message.ts => (id(root), Some(id(root))),
            Some(root) => (id(root), None),
            None => {
                let fresh = self.began.is_empty() || t - self.last_t > SILENCE_S;
                self.last_t = t;
                if fresh {
                    self.began.clone_from(&message.ts);
                }
                (format!("slack:{}:{}", self.folder, self.began), None)
            }
        };
        let to = self.members.iter().filter(|member| *member != user).map(|member| users.author(member));
        Event {
            id: id(&message.ts),
            thread,
            t,
            author: users.author(user),
            channel: self.shown.clone(),
            to: to.collect(),
            text: plain(&message.text, |user| users.names.get(user).cloned()),
            reply_to,
        }
    }
}
