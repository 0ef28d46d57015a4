//! What must hold in every test, whatever it is about.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::{
    ids::{AppId, ChannelId, Ts},
    journal::{Entry, Place, Refused, What},
};

/// Something a coworker must never do, found in the journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Violation {
    /// An event reached the app as often as Slack sends it and was never acknowledged.
    Unacked {
        /// Its id.
        event: String,
    },
    /// One envelope was acknowledged twice.
    AckedTwice {
        /// Its id.
        envelope: String,
    },
    /// A frame acknowledged nothing that was sent on this app's sockets.
    StrayFrame {
        /// Its start.
        text: String,
    },
    /// A post stands where it should not.
    Misplaced {
        /// Its channel.
        channel: ChannelId,
        /// Its time.
        ts: Ts,
        /// What is wrong with the place.
        place: Place,
    },
    /// A post for a thread that never was.
    NoThread {
        /// Its channel.
        channel: ChannelId,
        /// `thread_ts` as named in the call.
        thread: String,
    },
    /// Two posts carry the same metadata.
    PostedTwice {
        /// The first.
        first: Ts,
        /// The second.
        second: Ts,
        /// Their metadata.
        metadata: String,
    },
    /// A call came too fast, or before a 429's `Retry-After` was over.
    AboveRate {
        /// Its method.
        method: String,
        /// The journal's line.
        entry: u64,
    },
    /// A message for a channel where the bot is not a member.
    Outside {
        /// The channel as named in the call.
        channel: String,
        /// The journal's line.
        entry: u64,
    },
    /// A post that holds a token.
    Secret {
        /// Its channel.
        channel: ChannelId,
        /// Its time.
        ts: Ts,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unacked { event } => write!(f, "event {event} was never acknowledged"),
            Self::AckedTwice { envelope } => write!(f, "envelope {envelope} was acknowledged twice"),
            Self::StrayFrame { text } => write!(f, "a frame acknowledges nothing: {text}"),
            Self::Misplaced { channel, ts, place } => {
                write!(f, "post {channel}/{ts} is misplaced: {place:?}")
            }
            Self::NoThread { channel, thread } => {
                write!(f, "a post for {channel}/{thread}, a thread that never was")
            }
            Self::PostedTwice { first, second, metadata } => {
                write!(f, "posts {first} and {second} are the same one, by their metadata {metadata}")
            }
            Self::AboveRate { method, entry } => write!(f, "{method} was called too fast (line {entry})"),
            Self::Outside { channel, entry } => {
                write!(f, "a message for {channel}, where the bot is no member (line {entry})")
            }
            Self::Secret { channel, ts } => write!(f, "post {channel}/{ts} holds a token"),
        }
    }
}

/// Reads the whole journal and names everything that must not be in it.
pub(crate) fn check(entries: &[Entry]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut posted = BTreeMap::new();
    for entry in entries {
        match &entry.what {
            What::GaveUp { event } => found.push(Violation::Unacked { event: event.clone() }),
            What::Acked { envelope, again: true, .. } => {
                found.push(Violation::AckedTwice { envelope: envelope.clone() });
            }
            What::Stray { text, .. } => found.push(Violation::StrayFrame { text: text.clone() }),
            What::Call { method, refused: Some(Refused::TooFast | Refused::TooEarly), .. } => {
                found.push(Violation::AboveRate { method: method.clone(), entry: entry.number });
            }
            What::NoThread { channel, thread } => {
                found.push(Violation::NoThread { channel: channel.clone(), thread: thread.clone() });
            }
            What::Outside { channel, .. } => {
                found.push(Violation::Outside { channel: channel.clone(), entry: entry.number });
            }
            What::Posted { channel, ts, metadata, place, secret, .. } => {
                if *place != Place::Right {
                    found.push(Violation::Misplaced {
                        channel: channel.clone(),
                        ts: ts.clone(),
                        place: *place,
                    });
                }
                if *secret {
                    found.push(Violation::Secret { channel: channel.clone(), ts: ts.clone() });
                }
                found.extend(repeated(&mut posted, entry.app.as_ref(), ts, metadata.as_ref()));
            }
            _ => {}
        }
    }
    found
}

/// Remembers a post by its metadata, and complains about the second one.
fn repeated(
    posted: &mut BTreeMap<(Option<AppId>, String), Ts>,
    app: Option<&AppId>,
    ts: &Ts,
    metadata: Option<&Value>,
) -> Option<Violation> {
    let key = sorted(metadata?);
    match posted.get(&(app.cloned(), key.clone())) {
        Some(first) => {
            Some(Violation::PostedTwice { first: first.clone(), second: ts.clone(), metadata: key })
        }
        None => {
            posted.insert((app.cloned(), key), ts.clone());
            None
        }
    }
}

/// JSON text with the keys of every object in order, so that equal values have equal texts.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: BTreeMap<_, _> = map.iter().collect();
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key}:{}", sorted(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
