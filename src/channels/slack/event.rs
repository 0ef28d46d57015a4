//! What happened in the workspace, as far as an understudy cares.
//!
//! Fields are looked up one by one, so that an odd one (nested metadata, a null, an unknown block) costs itself
//! and not the text beside it.

use serde_json::Value;

use super::frame::str_at;
use crate::{domain::Attachment, inbox::MESSAGE_MAX_BYTES};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody wrote.
    Said(Box<Said>),
    /// Somebody changed what they wrote.
    Edited {
        /// Where.
        channel: String,
        /// Which post.
        ts: String,
        /// What it says now.
        text: String,
    },
    /// Somebody took a post back.
    Deleted {
        /// Where.
        channel: String,
        /// Which post.
        ts: String,
    },
    /// Somebody pressed Stop.
    Stopped {
        /// Where.
        channel: String,
        /// In which thread; everywhere in the channel when Slack does not say.
        thread: Option<String>,
        /// Who.
        user: String,
    },
    /// Somebody came into a channel.
    Joined {
        /// Which.
        channel: String,
        /// Who.
        user: String,
    },
    /// Somebody left a channel.
    Left {
        /// Which.
        channel: String,
        /// Who.
        user: String,
    },
    /// Who is in a channel, or what it is, changed.
    ChannelChanged {
        /// Which.
        channel: String,
    },
    /// What is known of a user changed.
    UserChanged {
        /// Who.
        user: String,
    },
    /// Somebody looks at the bot's home tab.
    HomeOpened {
        /// Who.
        user: String,
    },
    /// The app was removed or its tokens taken away.
    Gone {
        /// Slack's word for it.
        why: String,
    },
    /// Nothing to do; the kind is for counting.
    Other(String),
}

/// A post.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Where.
    pub channel: String,
    /// What kind of place that is.
    pub surface: Surface,
    /// Which post; unique in its channel.
    pub ts: String,
    /// The first post of its thread, when it is a reply.
    pub thread: Option<String>,
    /// Who wrote that first post, when Slack says so.
    pub parent: Option<String>,
    /// Who wrote.
    pub author: Author,
    /// What, in Slack's notation.
    pub text: String,
    /// Files that came with it; nothing of them has been fetched.
    pub files: Vec<Attachment>,
    /// Whether Slack sent it because the bot was mentioned.
    pub is_mention: bool,
}

/// What kind of place a post is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// One person and the bot.
    Direct,
    /// Several people.
    Channel,
}

/// Who wrote a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A person.
    User(String),
    /// A program, by its bot id, and its user id when it has one.
    Bot {
        /// Its bot id.
        bot: String,
        /// Its user id.
        user: Option<String>,
    },
    /// Slack itself, or nobody that can be named.
    Nobody,
}

/// Subtypes of `message` in which somebody says something; all others are noise such as joins and topics.
const SPOKEN: [&str; 5] = ["file_share", "thread_broadcast", "bot_message", "me_message", "reply_broadcast"];

/// Reads the payload of an `events_api` envelope.
#[must_use]
pub fn read(payload: &Value) -> Event {
    let event = payload.get("event").unwrap_or(&Value::Null);
    let kind = str_at(event, "/type").unwrap_or("unknown");
    let named = |pointer| str_at(event, pointer).map(str::to_owned);
    match kind {
        "message" | "app_mention" => message(event, kind),
        "member_joined_channel" | "member_left_channel" | "agent_session_stopped" => {
            by_somebody(event, kind).unwrap_or_else(|| Event::Other(kind.to_owned()))
        }
        "channel_shared" | "channel_unshared" | "channel_convert_to_private" => named("/channel")
            .map_or(Event::Other(kind.to_owned()), |channel| Event::ChannelChanged { channel }),
        "channel_rename" | "group_rename" | "channel_archive" | "group_archive" => named("/channel/id")
            .or_else(|| named("/channel"))
            .map_or(Event::Other(kind.to_owned()), |channel| Event::ChannelChanged { channel }),
        "user_change" | "team_join" => {
            named("/user/id").map_or(Event::Other(kind.to_owned()), |user| Event::UserChanged { user })
        }
        // The same event comes for the tab with the messages.
        "app_home_opened" if str_at(event, "/tab") == Some("home") => {
            named("/user").map_or(Event::Other(kind.to_owned()), |user| Event::HomeOpened { user })
        }
        "tokens_revoked" | "app_uninstalled" => Event::Gone { why: kind.to_owned() },
        _ => Event::Other(kind.to_owned()),
    }
}

fn by_somebody(event: &Value, kind: &str) -> Option<Event> {
    let channel = str_at(event, "/channel").or_else(|| str_at(event, "/channel_id"))?.to_owned();
    let user = str_at(event, "/user").or_else(|| str_at(event, "/user_id")).unwrap_or("somebody").to_owned();
    Some(match kind {
        "member_joined_channel" => Event::Joined { channel, user },
        "member_left_channel" => Event::Left { channel, user },
        _ => Event::Stopped { channel, thread: str_at(event, "/thread_ts").map(str::to_owned), user },
    })
}

fn message(event: &Value, kind: &str) -> Event {
    let named = |pointer| str_at(event, pointer).map(str::to_owned);
    let subtype = str_at(event, "/subtype");
    let Some(channel) = named("/channel") else { return Event::Other(format!("{kind} without a channel")) };
    match subtype {
        Some("message_changed") => return edited(event, channel),
        Some("message_deleted") => {
            let ts = named("/deleted_ts").or_else(|| named("/previous_message/ts"));
            return ts.map_or(Event::Other("deletion without a ts".to_owned()), |ts| Event::Deleted {
                channel,
                ts,
            });
        }
        Some(other) if !SPOKEN.contains(&other) => return Event::Other(format!("message.{other}")),
        _ => {}
    }
    let Some(ts) = named("/ts") else { return Event::Other(format!("{kind} without a ts")) };
    let surface = match str_at(event, "/channel_type") {
        Some("im") => Surface::Direct,
        None if channel.starts_with('D') => Surface::Direct,
        _ => Surface::Channel,
    };
    Event::Said(Box::new(Said {
        surface,
        thread: named("/thread_ts").filter(|thread| *thread != ts),
        parent: named("/parent_user_id"),
        author: author(event),
        text: text_of(event),
        files: files(event),
        is_mention: kind == "app_mention",
        channel,
        ts,
    }))
}

fn edited(event: &Value, channel: String) -> Event {
    let (now, before) = (event.get("message"), event.get("previous_message"));
    let Some(message) = now else { return Event::Other("edit of nothing".to_owned()) };
    let Some(ts) = str_at(message, "/ts") else { return Event::Other("edit without a ts".to_owned()) };
    // A deleted post that has a thread stays as a tombstone.
    if str_at(message, "/subtype") == Some("tombstone") {
        return Event::Deleted { channel, ts: ts.to_owned() };
    }
    let text = text_of(message);
    // Slack sends the same event when a link gets its preview: only other words are an edit.
    if before.is_some_and(|before| text_of(before) == text)
        || message.get("edited").is_none_or(Value::is_null)
    {
        return Event::Other("message_changed without other words".to_owned());
    }
    Event::Edited { channel, ts: ts.to_owned(), text }
}

fn author(event: &Value) -> Author {
    let user = str_at(event, "/user").map(str::to_owned);
    match (str_at(event, "/bot_id"), user) {
        (_, Some(user)) if user == "USLACKBOT" => Author::Nobody,
        (Some(bot), user) => Author::Bot { bot: bot.to_owned(), user },
        (None, Some(user)) => Author::User(user),
        (None, None) => Author::Nobody,
    }
}

/// The text of a post; when that is empty, what its blocks and attachments say.
fn text_of(message: &Value) -> String {
    let mut text = str_at(message, "/text").unwrap_or_default().to_owned();
    if text.trim().is_empty() {
        let mut said = Vec::new();
        for key in ["blocks", "attachments"] {
            collect(message.get(key).unwrap_or(&Value::Null), &mut said, 0);
        }
        text = said.join(" ");
    }
    cut(&mut text, MESSAGE_MAX_BYTES);
    text
}

/// Deepest nesting of blocks that is looked into.
const DEEPEST: usize = 12;

fn collect<'v>(value: &'v Value, said: &mut Vec<&'v str>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, said, depth + 1)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text)
                        if matches!(key.as_str(), "text" | "fallback") && !said.contains(&text.as_str()) =>
                    {
                        said.push(text);
                    }
                    Value::Array(_) | Value::Object(_) => collect(value, said, depth + 1),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn cut(text: &mut String, most_bytes: usize) {
    if text.len() > most_bytes {
        let end = (0..=most_bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
}

fn files(message: &Value) -> Vec<Attachment> {
    let files = message.get("files").and_then(Value::as_array);
    let one = |file: &Value| Attachment {
        name: str_at(file, "/name").or_else(|| str_at(file, "/title")).unwrap_or("a file").to_owned(),
        size_bytes: file.get("size").and_then(Value::as_u64).unwrap_or(0),
        sha256: String::new(),
        source: str_at(file, "/id").unwrap_or_default().to_owned(),
    };
    files.into_iter().flatten().filter(|file| file.is_object()).map(one).collect()
}

#[cfg(test)]
mod tests;
