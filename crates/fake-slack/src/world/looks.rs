//! What a test reads: messages, the journal, the invariants; and waiting for any of them.

use std::{future::Future, time::Duration};

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    World,
    ids::{AppId, ChannelId, FileId, Ts, UserId},
    invariants::{self, Violation},
    journal::{Entry, What},
    state::{Message, Modal, Session},
};

/// The pause between two looks of [`World::wait_for`].
const BREATH: Duration = Duration::from_millis(2);

impl World {
    /// The journal so far.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.0.lock().journal.entries.clone()
    }

    /// The journal as JSON, one entry a line.
    #[must_use]
    pub fn journal_jsonl(&self) -> String {
        let lines = self.journal().into_iter().filter_map(|entry| serde_json::to_string(&entry).ok());
        lines.map(|line| line + "\n").collect()
    }

    /// Everything that the journal holds and must not.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        invariants::check(&self.0.lock().journal.entries)
    }

    /// Fails the test if the journal holds anything that it must not.
    ///
    /// # Panics
    /// When it does; the message names each violation.
    pub fn invariants(&self) {
        let violations = self.violations();
        let lines: Vec<_> = violations.iter().map(|violation| format!("  {violation}\n")).collect();
        assert!(violations.is_empty(), "the fake Slack's journal holds:\n{}", lines.concat());
    }

    /// The messages of a channel, oldest first.
    #[must_use]
    pub fn messages(&self, channel: &ChannelId) -> Vec<Message> {
        let state = self.0.lock();
        state
            .channels
            .get(channel)
            .into_iter()
            .flat_map(|channel| channel.messages.values().cloned())
            .collect()
    }

    /// One message as it stands now.
    #[must_use]
    pub fn message(&self, channel: &ChannelId, ts: &Ts) -> Option<Message> {
        self.0.lock().message(channel, ts).cloned()
    }

    /// What apps have written in the thread of `root`, oldest first.
    #[must_use]
    pub fn replies(&self, channel: &ChannelId, root: &Ts) -> Vec<Message> {
        let state = self.0.lock();
        let Some(channel) = state.channels.get(channel) else { return Vec::new() };
        channel.replies(root).filter(|message| message.app.is_some()).cloned().collect()
    }

    /// The assistant's status line in a thread, such as `is reading…`.
    #[must_use]
    pub fn status(&self, channel: &ChannelId, thread: &Ts) -> Option<String> {
        self.0.lock().statuses.get(&(channel.clone(), thread.clone())).cloned()
    }

    /// The state of an agent's session in a thread.
    #[must_use]
    pub fn session(&self, channel: &ChannelId, thread: Option<&Ts>) -> Option<Session> {
        self.0.lock().sessions.get(&(channel.clone(), thread.cloned())).cloned()
    }

    /// The App Home that an app has published for a person.
    #[must_use]
    pub fn app_home(&self, app: &AppId, user: &UserId) -> Option<Value> {
        self.0.lock().apps.get(app)?.homes.get(user).cloned()
    }

    /// The form that somebody has open with an app, newest first.
    #[must_use]
    pub fn modal(&self, app: &AppId, user: &UserId) -> Option<Modal> {
        let state = self.0.lock();
        state.modals.values().rev().find(|modal| modal.app == *app && modal.user == *user).cloned()
    }

    /// What an app has shown to one person only, oldest first.
    #[must_use]
    pub fn ephemerals(&self, app: &AppId) -> Vec<Value> {
        self.0.lock().apps.get(app).map(|app| app.ephemerals.clone()).unwrap_or_default()
    }

    /// The content of a file.
    #[must_use]
    pub fn file(&self, file: &FileId) -> Option<Vec<u8>> {
        self.0.lock().files.get(file).map(|file| file.bytes.clone())
    }

    /// How many sockets of an app are open.
    #[must_use]
    pub fn open_sockets(&self, app: &AppId) -> usize {
        self.0.lock().apps.get(app).map_or(0, |app| app.sockets.len())
    }

    /// How many events of an app still wait for a socket or for their acknowledgement.
    #[must_use]
    pub fn undelivered(&self, app: &AppId) -> usize {
        self.0.lock().undelivered(app)
    }

    /// How many calls of a method were made, refused ones included.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        let of_method =
            |entry: &&Entry| matches!(&entry.what, What::Call { method: called, .. } if called == method);
        self.0.lock().journal.entries.iter().filter(of_method).count()
    }

    /// Times from sending to acknowledgement, in milliseconds, in the order of the acknowledgements.
    #[must_use]
    pub fn ack_latencies_ms(&self) -> Vec<u64> {
        let latency = |entry: &Entry| match &entry.what {
            What::Acked { latency_ms, again: false, .. } => Some(*latency_ms),
            _ => None,
        };
        self.0.lock().journal.entries.iter().filter_map(latency).collect()
    }

    /// Waits until `look` finds something; it is asked again when the journal has grown.
    ///
    /// Returns `None` after `patience`.
    pub fn wait_for<T>(
        &self,
        patience: Duration,
        mut look: impl FnMut(&Self) -> Option<T>,
    ) -> impl Future<Output = Option<T>> {
        let deadline = Instant::now() + patience;
        async move {
            loop {
                // Listen before looking, so that a line written in between is not missed.
                let changed = self.0.changed.notified();
                if let Some(found) = look(self) {
                    return Some(found);
                }
                if timeout_at(deadline, changed).await.is_err() {
                    return look(self);
                }
                // In a burst, one look answers for many lines.
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    /// Waits for `count` replies of apps in the thread of `root`.
    ///
    /// # Panics
    /// When they do not come within `patience`.
    pub async fn wait_for_replies(
        &self,
        channel: &ChannelId,
        root: &Ts,
        count: usize,
        patience: Duration,
    ) -> Vec<Message> {
        let enough =
            |world: &Self| Some(world.replies(channel, root)).filter(|replies| replies.len() >= count);
        let found = self.wait_for(patience, enough).await;
        found.unwrap_or_else(|| {
            panic!("{count} replies in {channel}/{root}: {:?}", self.replies(channel, root))
        })
    }

    /// Waits until an app has `count` open sockets.
    ///
    /// # Panics
    /// When that does not come about within `patience`.
    pub async fn wait_for_sockets(&self, app: &AppId, count: usize, patience: Duration) {
        let enough = |world: &Self| (world.open_sockets(app) == count).then_some(());
        let found = self.wait_for(patience, enough).await;
        assert!(found.is_some(), "{count} sockets of {app}, not {}", self.open_sockets(app));
    }
}
