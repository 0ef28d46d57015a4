//! Everything that went in and out, in order, with times.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;

use crate::ids::{AppId, ChannelId, Ts, UserId, now_ms};

/// One line of the journal.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counts from 1.
    pub number: u64,
    /// Unix time in milliseconds.
    pub at_ms: u64,
    /// The app it belongs to, if one.
    pub app: Option<AppId>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What a line of the journal tells.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A Web API call and its answer; `refused` says which limit refused it.
    Call {
        /// Such as `chat.postMessage`.
        method: String,
        /// The arguments as they came, without tokens.
        args: Value,
        /// HTTP status; 0 when the connection was cut or held.
        status: u16,
        /// The body of the answer.
        answer: Value,
        /// Why the call got 429.
        refused: Option<Refused>,
    },
    /// A socket was opened and greeted.
    Opened {
        /// Its number, unique in this fake.
        socket: u64,
    },
    /// A socket is gone.
    Closed {
        /// Its number.
        socket: u64,
        /// Who ended it.
        why: String,
    },
    /// An envelope or another frame went out.
    Sent {
        /// The socket it went to.
        socket: u64,
        /// `envelope_id`, new for every attempt.
        envelope: String,
        /// `event_id`, or the first envelope's id where there is none.
        event: String,
        /// `events_api`, `slash_commands` or `interactive`.
        kind: String,
        /// 0 for the first time.
        attempt: u32,
        /// The payload.
        payload: Value,
    },
    /// An envelope was acknowledged.
    Acked {
        /// The socket that brought the acknowledgement.
        socket: u64,
        /// Its `envelope_id`.
        envelope: String,
        /// Its event.
        event: String,
        /// Time since that envelope was sent.
        latency_ms: u64,
        /// Whether this envelope had been acknowledged already.
        again: bool,
        /// The response payload, if one came with it.
        payload: Option<Value>,
    },
    /// A text frame that acknowledges nothing we sent.
    Stray {
        /// The socket.
        socket: u64,
        /// Its start.
        text: String,
    },
    /// An event was sent as often as Slack does, and never acknowledged.
    GaveUp {
        /// Its event.
        event: String,
    },
    /// An event was dropped before it reached anybody, because the test said so.
    Forgotten {
        /// Its event.
        event: String,
    },
    /// A person wrote something.
    Said {
        /// Where.
        channel: ChannelId,
        /// When.
        ts: Ts,
        /// Who.
        user: UserId,
    },
    /// An app's message was stored.
    Posted {
        /// Where.
        channel: ChannelId,
        /// When.
        ts: Ts,
        /// The thread, if one was named.
        thread: Option<Ts>,
        /// The text as stored.
        text: String,
        /// Its metadata.
        metadata: Option<Value>,
        /// Whether it belongs there.
        place: Place,
        /// Whether its text holds a token.
        secret: bool,
    },
    /// An app tried to write in a thread that never was.
    NoThread {
        /// Where.
        channel: ChannelId,
        /// `thread_ts` as named in the call.
        thread: String,
    },
    /// An app tried to write where it is not a member.
    Outside {
        /// The method.
        method: String,
        /// The channel as named in the call.
        channel: String,
    },
}

/// Which limit refused a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Slack's own: the caller went too fast.
    TooFast,
    /// The caller did not wait for as long as an earlier 429 asked.
    TooEarly,
    /// The test asked for it.
    OnCommand,
}

/// Whether a post is where it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a conversation that the bot is part of.
    Right,
    /// At the root of a channel, where nobody asked for it.
    ChannelRoot,
    /// `thread_ts` names a reply; Slack wants the thread's first message.
    ReplyAsRoot,
    /// In a thread where nobody addressed this bot.
    StrangersThread,
}

/// The journal, and whoever waits for its next line.
pub(crate) struct Journal {
    pub entries: Vec<Entry>,
    changed: Arc<Notify>,
}

impl Journal {
    pub fn new(changed: Arc<Notify>) -> Self {
        Self { entries: Vec::new(), changed }
    }

    pub fn write(&mut self, app: Option<&AppId>, what: What) {
        let number = u64::try_from(self.entries.len()).unwrap_or(u64::MAX) + 1;
        self.entries.push(Entry { number, at_ms: now_ms(), app: app.cloned(), what });
        self.changed.notify_waiters();
    }
}
