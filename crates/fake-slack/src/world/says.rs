//! What people write.

use serde_json::{Map, Value, json};

use crate::{
    World,
    events::rich_text,
    ids::{AppId, ChannelId, FileId, Ts, UserId, now_s},
    journal::What,
    state::{File, FileHealth, Message, State},
};

/// A file that somebody shares.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type as Slack reports it.
    pub mimetype: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// What a download of it yields.
    pub health: FileHealth,
    /// More fields of its JSON, such as `subtype: slack_audio` and `duration_ms`.
    pub more: Map<String, Value>,
}

impl<'a> Upload<'a> {
    /// A file in good health.
    #[must_use]
    pub fn new(name: &'a str, mimetype: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, mimetype, bytes, health: FileHealth::Good, more: Map::new() }
    }
}

impl World {
    /// `user` writes `text` at the root of `channel`.
    pub fn user_says(&self, user: &UserId, channel: &ChannelId, text: &str) -> Ts {
        self.0.lock().user_says(user, channel, None, text, Vec::new())
    }

    /// `user` writes `text` in the thread that starts with `root`.
    pub fn user_says_in_thread(&self, user: &UserId, channel: &ChannelId, root: &Ts, text: &str) -> Ts {
        self.0.lock().user_says(user, channel, Some(root), text, Vec::new())
    }

    /// `user` shares a file, in a thread or at the root, with words or without.
    pub fn user_uploads(
        &self,
        user: &UserId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        text: &str,
        upload: &Upload<'_>,
    ) -> (Ts, FileId) {
        let mut state = self.0.lock();
        let file = state.add_file(user, upload);
        let ts = state.user_says(user, channel, thread, text, vec![file.clone()]);
        if let Some(known) = state.files.get_mut(&file) {
            known.shares.push((channel.clone(), ts.clone()));
        }
        (ts, file)
    }

    /// `user` changes their message.
    pub fn edits(&self, user: &UserId, channel: &ChannelId, ts: &Ts, text: &str) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        state.change(channel, ts, |message| {
            text.clone_into(&mut message.text);
            message.blocks = Some(rich_text(text));
            message.edited = Some((user.clone(), now));
        });
    }

    /// Slack adds a link's preview: `message_changed` with the same text and no `edited`.
    pub fn unfurls(&self, channel: &ChannelId, ts: &Ts, url: &str) {
        self.0.lock().unfurl(channel, ts, url);
    }

    /// A message is deleted.
    pub fn deletes(&self, channel: &ChannelId, ts: &Ts) {
        self.0.lock().delete(channel, ts);
    }
}

impl State {
    pub(crate) fn unfurl(&mut self, channel: &str, ts: &str, url: &str) {
        let preview = json!([{"from_url": url, "original_url": url, "title": "A page", "id": 1}]);
        self.change(channel, ts, |message| message.attachments = Some(preview));
    }

    pub(crate) fn user_says(
        &mut self,
        user: &UserId,
        channel: &ChannelId,
        thread: Option<&Ts>,
        text: &str,
        files: Vec<FileId>,
    ) -> Ts {
        let mut message = self.draft(user, text);
        message.thread = thread.cloned();
        message.blocks = (!text.is_empty()).then(|| rich_text(text));
        message.subtype = (!files.is_empty()).then(|| "file_share".to_owned());
        message.files = files;
        let ts = message.ts.clone();
        let said = What::Said { channel: channel.clone(), ts: ts.clone(), user: user.clone() };
        self.journal.write(None, said);
        self.store(channel, message);
        ts
    }

    /// A message with a timestamp and nothing else.
    pub(crate) fn draft(&mut self, user: &UserId, text: &str) -> Message {
        Message {
            ts: self.ids.ts(),
            user: user.clone(),
            app: None,
            text: text.to_owned(),
            thread: None,
            subtype: None,
            blocks: None,
            attachments: None,
            metadata: None,
            files: Vec::new(),
            reactions: std::collections::BTreeMap::new(),
            edited: None,
        }
    }

    /// A message of an app; it may carry metadata and blocks.
    pub(crate) fn draft_of(&mut self, app: &AppId, text: &str) -> Option<Message> {
        let user = self.apps.get(app)?.user.clone();
        let mut message = self.draft(&user, text);
        message.app = Some(app.clone());
        Some(message)
    }

    /// Keeps a message and tells everybody in the channel.
    pub(crate) fn store(&mut self, channel: &str, message: Message) {
        let ts = message.ts.clone();
        let Some(known) = self.channels.get_mut(channel) else { return };
        known.messages.insert(ts.clone(), message);
        self.announce_message(channel, &ts);
    }

    /// Changes a message and tells everybody; `None` when there is no such message.
    pub(crate) fn change(
        &mut self,
        channel: &str,
        ts: &str,
        change: impl FnOnce(&mut Message),
    ) -> Option<()> {
        let message = self.message_mut(channel, ts)?;
        let before = message.clone();
        change(message);
        self.announce_changed(channel, &before);
        Some(())
    }

    /// Removes a message; the first one of a thread with replies leaves a tombstone, as Slack's does.
    pub(crate) fn delete(&mut self, channel: &str, ts: &str) -> Option<()> {
        // A status line is shown under its thread and goes with it.
        self.statuses.retain(|(of, thread), _| &**of != channel || &**thread != ts);
        let known = self.channels.get_mut(channel)?;
        if known.replies(ts).next().is_some() {
            return self.change(channel, ts, |message| {
                "This message was deleted.".clone_into(&mut message.text);
                message.subtype = Some("tombstone".to_owned());
                (message.blocks, message.metadata) = (None, None);
            });
        }
        let before = known.messages.remove(ts)?;
        known.deleted.insert(before.ts.clone());
        self.announce_deleted(channel, &before);
        Some(())
    }

    pub(crate) fn add_file(&mut self, user: &UserId, upload: &Upload<'_>) -> FileId {
        let id = FileId(self.ids.next("F"));
        let file = File {
            id: id.clone(),
            name: upload.name.to_owned(),
            mimetype: upload.mimetype.to_owned(),
            user: user.clone(),
            bytes: upload.bytes.to_vec(),
            created_s: now_s(),
            shares: Vec::new(),
            more: upload.more.clone(),
            health: upload.health,
        };
        self.files.insert(id.clone(), file);
        id
    }
}
