//! What the fake knows: workspaces, apps, people, channels, messages, files, sockets.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc::UnboundedSender},
};

use crate::{
    delivery::Deliveries,
    faults::Rule,
    ids::{AppId, ChannelId, FileId, Ids, TeamId, Ts, UserId},
    journal::Journal,
    rates::Buckets,
    settings::Settings,
};

/// The one lock around everything; it is never held across an `await`.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub changed: Arc<Notify>,
}

impl Shared {
    pub fn new(base_url: &str, runtime: Handle) -> Arc<Self> {
        let changed = Arc::new(Notify::new());
        Arc::new_cyclic(|me| {
            let state = State::new(me.clone(), runtime, base_url, Arc::clone(&changed));
            Self { state: Mutex::new(state), changed }
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct State {
    pub me: Weak<Shared>,
    pub runtime: Handle,
    pub base_url: String,
    pub settings: Settings,
    pub ids: Ids,
    pub teams: BTreeMap<TeamId, Team>,
    pub apps: BTreeMap<AppId, App>,
    pub users: BTreeMap<UserId, User>,
    pub channels: BTreeMap<ChannelId, Channel>,
    pub files: BTreeMap<FileId, File>,
    pub sessions: BTreeMap<(ChannelId, Option<Ts>), Session>,
    /// The assistant's status line per thread; a post there clears it.
    pub statuses: BTreeMap<(ChannelId, Ts), String>,
    pub streams: BTreeMap<(ChannelId, Ts), Stream>,
    /// Threads in which somebody has named a bot, even if that message was changed since.
    pub addressed: BTreeSet<(ChannelId, Ts, UserId)>,
    pub triggers: BTreeMap<String, Trigger>,
    /// Forms that somebody has open, by their view's id.
    pub modals: BTreeMap<String, Modal>,
    pub responses: BTreeMap<String, ResponseUrl>,
    pub rules: VecDeque<Rule>,
    pub buckets: Buckets,
    pub deliveries: Deliveries,
    pub journal: Journal,
    pub dice: Dice,
}

impl State {
    fn new(me: Weak<Shared>, runtime: Handle, base_url: &str, changed: Arc<Notify>) -> Self {
        Self {
            me,
            runtime,
            base_url: base_url.to_owned(),
            settings: Settings::default(),
            ids: Ids::default(),
            teams: BTreeMap::new(),
            apps: BTreeMap::new(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            files: BTreeMap::new(),
            sessions: BTreeMap::new(),
            statuses: BTreeMap::new(),
            streams: BTreeMap::new(),
            addressed: BTreeSet::new(),
            triggers: BTreeMap::new(),
            modals: BTreeMap::new(),
            responses: BTreeMap::new(),
            rules: VecDeque::new(),
            buckets: Buckets::default(),
            deliveries: Deliveries::default(),
            journal: Journal::new(changed),
            dice: Dice(1),
        }
    }

    /// Runs `then` on this state after `wait`, if the fake still lives.
    pub fn later(&self, wait: Duration, then: impl FnOnce(&mut Self) + Send + 'static) {
        let me = self.me.clone();
        drop(self.runtime.spawn(async move {
            tokio::time::sleep(wait).await;
            if let Some(shared) = me.upgrade() {
                then(&mut shared.lock());
            }
        }));
    }

    /// The app whose bot posts as `user`.
    pub fn app_of(&self, user: &str) -> Option<&App> {
        self.apps.values().find(|app| &*app.user == user)
    }

    pub fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.channels.get(channel)?.messages.get(ts)
    }

    pub fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.channels.get_mut(channel)?.messages.get_mut(ts)
    }
}

/// A small generator of chances, the same in every run; tests need no better one.
pub(crate) struct Dice(pub u64);

impl Dice {
    /// A number below `limit`, or 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(limit).unwrap_or(0)
    }
}

pub(crate) struct Team {
    pub id: TeamId,
    pub name: String,
}

pub(crate) struct App {
    pub id: AppId,
    pub name: String,
    pub team: TeamId,
    pub user: UserId,
    pub bot: String,
    pub app_token: String,
    pub bot_token: String,
    pub scopes: BTreeSet<String>,
    pub health: Health,
    pub sockets: Vec<Socket>,
    /// Whose turn it is to get the next envelope.
    pub turn: usize,
    /// Tickets of `apps.connections.open` that were not used yet.
    pub tickets: BTreeSet<String>,
    /// Until when a method must not be called again, by method and channel.
    pub wait_until: BTreeMap<String, Instant>,
    /// App Home per user.
    pub homes: BTreeMap<UserId, Value>,
    pub ephemerals: Vec<Value>,
}

/// Whether an app's tokens are good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Health {
    Installed,
    Revoked,
    Uninstalled,
}

/// One open web socket, seen from the fake's side.
pub(crate) struct Socket {
    pub number: u64,
    pub out: UnboundedSender<Out>,
}

/// What the fake tells a socket's task.
pub(crate) enum Out {
    Text(String),
    Binary(Vec<u8>),
    /// Close it in good order.
    Close,
    /// Cut the connection, as `kill -9` does.
    Cut,
    /// Stop reading and writing, and leave the connection open.
    Freeze,
}

/// What a person is in the workspace of the bots.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A member.
    Member,
    /// An administrator.
    Admin,
    /// A guest in several channels (`is_restricted`).
    Guest,
    /// A guest in one channel (`is_restricted` and `is_ultra_restricted`).
    SingleChannelGuest,
    /// Somebody of another workspace, met through Slack Connect.
    External(TeamId),
    /// An app's user.
    Bot,
}

pub(crate) struct User {
    pub id: UserId,
    pub team: TeamId,
    pub name: String,
    pub email: Option<String>,
    pub kind: Kind,
    pub deactivated: bool,
}

/// What kind of channel it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Room {
    /// Anybody may join.
    Public,
    /// By invitation.
    Private,
    /// A direct message between two.
    Direct,
    /// A direct message among several.
    Group,
}

pub(crate) struct Channel {
    pub id: ChannelId,
    pub name: String,
    pub room: Room,
    pub team: TeamId,
    pub creator: UserId,
    pub created_s: u64,
    pub members: BTreeSet<UserId>,
    /// Other workspaces that share it.
    pub shared_with: BTreeSet<TeamId>,
    pub archived: bool,
    pub messages: BTreeMap<Ts, Message>,
    pub deleted: BTreeSet<Ts>,
    /// Whether bots may post at the root and in threads where nobody asked them.
    pub open_floor: bool,
    /// Bots that were just invited, and may greet once.
    pub may_greet: BTreeSet<UserId>,
}

/// A message as stored.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its time.
    pub ts: Ts,
    /// Who wrote it.
    pub user: UserId,
    /// The app that wrote it, if one did.
    pub app: Option<AppId>,
    /// Its text.
    pub text: String,
    /// Its thread's first message; for that one, its own time once there are replies.
    pub thread: Option<Ts>,
    /// `file_share`, `channel_join`, `thread_broadcast`, `tombstone`…
    pub subtype: Option<String>,
    /// Its blocks.
    pub blocks: Option<Value>,
    /// Its attachments.
    pub attachments: Option<Value>,
    /// Its metadata.
    pub metadata: Option<Value>,
    /// Its files.
    pub files: Vec<FileId>,
    /// Who reacted, by emoji.
    pub reactions: BTreeMap<String, BTreeSet<UserId>>,
    /// When it was edited last, and by whom.
    pub edited: Option<(UserId, Ts)>,
}

pub(crate) struct File {
    pub id: FileId,
    pub name: String,
    pub mimetype: String,
    pub user: UserId,
    pub bytes: Vec<u8>,
    pub created_s: u64,
    /// Where it was shared, and by which message.
    pub shares: Vec<(ChannelId, Ts)>,
    /// More fields for its JSON, such as `subtype: slack_audio`.
    pub more: serde_json::Map<String, Value>,
    pub health: FileHealth,
}

/// What a download of a file yields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FileHealth {
    /// Its bytes.
    Good,
    /// A log-in page with status 200, whatever the token.
    LoginPage,
    /// Status 404.
    Gone,
}

/// A message that is being streamed.
pub(crate) struct Stream {
    pub app: AppId,
    pub started_at: Instant,
}

/// An agent's session in a thread.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Session {
    /// `processing`, `active`, `suspended` or `closed`.
    pub status: String,
    /// Its title, if one was set.
    pub title: Option<String>,
}

/// What opens a form, once and soon.
pub(crate) struct Trigger {
    pub made_at: Instant,
    pub user: UserId,
}

/// A form that somebody has open.
#[derive(Clone, Debug)]
pub struct Modal {
    /// The app that opened it.
    pub app: AppId,
    /// Who sees it.
    pub user: UserId,
    /// The view.
    pub view: Value,
    /// What the app said is wrong with what was sent, by block.
    pub errors: Value,
}

pub(crate) struct ResponseUrl {
    pub app: AppId,
    pub channel: ChannelId,
    pub user: UserId,
    pub made_at: Instant,
    pub uses: u32,
}
