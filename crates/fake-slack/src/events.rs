//! The events that Slack sends, <https://docs.slack.dev/reference/events/>.

use serde_json::{Map, Value, json};

use crate::{
    delivery::Kind,
    ids::{AppId, UserId, now_s},
    settings::First,
    state::{Channel, Message, Room, State},
};

/// Whether a message's metadata is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Metadata {
    Shown,
    Hidden,
}

impl Room {
    /// `channel_type` in events.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::Public => "channel",
            Self::Private => "group",
            Self::Direct => "im",
            Self::Group => "mpim",
        }
    }

    /// The first half of the scopes for such channels.
    fn scopes(self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Direct => "im",
            Self::Group => "mpim",
        }
    }

    /// The scope for reading messages there.
    pub(crate) fn history_scope(self) -> String {
        format!("{}:history", self.scopes())
    }

    /// The scope for reading about such a channel.
    pub(crate) fn read_scope(self) -> String {
        format!("{}:read", self.scopes())
    }
}

impl Message {
    /// The parts of a message that need nothing else to be known.
    fn fields(&self, metadata: Metadata) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        set("type", "message".into());
        set("user", json!(self.user));
        set("ts", json!(self.ts));
        set("text", self.text.clone().into());
        for (key, value) in [
            ("subtype", self.subtype.clone().map(Value::from)),
            ("thread_ts", self.thread.as_ref().map(|ts| json!(ts))),
            ("blocks", self.blocks.clone()),
            ("attachments", self.attachments.clone()),
            ("metadata", self.metadata.clone().filter(|_| metadata == Metadata::Shown)),
            ("edited", self.edited.as_ref().map(|(user, ts)| json!({"user": user, "ts": ts}))),
        ] {
            if let Some(value) = value {
                set(key, value);
            }
        }
        if !self.reactions.is_empty() {
            let row = |(name, users): (&String, &std::collections::BTreeSet<UserId>)| json!({"name": name, "users": users, "count": users.len()});
            set("reactions", self.reactions.iter().map(row).collect());
        }
        fields
    }

    /// Whether `<@user>` or `<@user|name>` is in its text.
    pub(crate) fn mentions(&self, user: &str) -> bool {
        self.text.contains(&format!("<@{user}>")) || self.text.contains(&format!("<@{user}|"))
    }
}

impl State {
    /// A message as the Web API and events show it.
    pub(crate) fn message_json(&self, channel: &Channel, message: &Message, metadata: Metadata) -> Value {
        let mut fields = message.fields(metadata);
        let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
        set("team", json!(self.users.get(&message.user).map_or(&channel.team, |user| &user.team)));
        match message.app.as_ref().and_then(|app| self.apps.get(app)) {
            Some(app) => {
                set("bot_id", app.bot.clone().into());
                set("app_id", json!(app.id));
                set("bot_profile", self.bot_json(&app.id));
            }
            None if message.subtype.is_none() => {
                set("client_msg_id", format!("client-{}", message.ts).into());
            }
            None => {}
        }
        if !message.files.is_empty() {
            set("files", message.files.iter().filter_map(|file| self.file_json(file)).collect());
        }
        let replies: Vec<_> = channel.replies(&message.ts).collect();
        if let Some(last) = replies.last() {
            let mut users: Vec<_> = replies.iter().map(|reply| &reply.user).collect();
            users.sort();
            users.dedup();
            set("thread_ts", json!(message.ts));
            set("reply_count", replies.len().into());
            set("reply_users_count", users.len().into());
            set("reply_users", json!(users));
            set("latest_reply", json!(last.ts));
        } else if let Some(root) = message.thread.as_ref().and_then(|root| channel.messages.get(root)) {
            set("parent_user_id", json!(root.user));
        }
        Value::Object(fields)
    }

    /// Tells every app in the channel of a new message: `message`, and `app_mention` where it names the bot.
    pub(crate) fn announce_message(&mut self, channel: &str, ts: &str) {
        let Some((room, event, message)) = self.channels.get(channel).and_then(|channel| {
            let message = channel.messages.get(ts)?;
            let event = self.message_json(channel, message, Metadata::Shown);
            Some((channel.room, event, message.clone()))
        }) else {
            return;
        };
        let common = json!({"channel": channel, "event_ts": message.ts});
        let plain = merged(&[&event, &common, &json!({"channel_type": room.wire()})]);
        let mut mention = merged(&[&event, &common, &json!({"type": "app_mention"})]);
        if let Some(fields) = mention.as_object_mut().filter(|_| !self.settings.files_in_mentions) {
            fields.remove("files");
        }
        self.note_addressed(channel, &message);
        for (app, user) in self.apps_in(channel) {
            let named =
                message.app.as_ref() != Some(&app) && message.subtype.as_deref().is_none_or(mentionable);
            let named = named && room != Room::Direct && message.mentions(&user);
            let mentioned = named.then_some(("app_mentions:read".to_owned(), &mention));
            let said = Some((room.history_scope(), &plain));
            let order = match self.settings.first {
                First::Mention => [mentioned, said],
                First::Message => [said, mentioned],
            };
            for (scope, event) in order.into_iter().flatten() {
                self.tell(&app, channel, &scope, event);
            }
        }
    }

    /// Tells of an edit; `before` is the message as it was.
    ///
    /// An edit that newly names a bot also sends `app_mention`, with the `edited` field.
    pub(crate) fn announce_changed(&mut self, channel: &str, before: &Message) {
        let Some((room, new, old, message)) = self.channels.get(channel).and_then(|channel| {
            let message = channel.messages.get(&before.ts)?;
            let new = self.message_json(channel, message, Metadata::Shown);
            let old = self.message_json(channel, before, Metadata::Shown);
            Some((channel.room, new, old, message.clone()))
        }) else {
            return;
        };
        let now = self.ids.ts();
        let changed = json!({
            "type": "message", "subtype": "message_changed", "hidden": true,
            "message": new, "previous_message": old,
            "channel": channel, "channel_type": room.wire(), "ts": now, "event_ts": now,
        });
        let mention = merged(&[&new, &json!({"type": "app_mention", "channel": channel, "event_ts": now})]);
        self.note_addressed(channel, &message);
        for (app, user) in self.apps_in(channel) {
            self.tell(&app, channel, &room.history_scope(), &changed);
            let newly = message.mentions(&user) && !before.mentions(&user);
            if newly && room != Room::Direct && message.app.as_ref() != Some(&app) {
                self.tell(&app, channel, "app_mentions:read", &mention);
            }
        }
    }

    /// Tells that a message is gone.
    pub(crate) fn announce_deleted(&mut self, channel: &str, before: &Message) {
        let Some((room, old)) = self
            .channels
            .get(channel)
            .map(|channel| (channel.room, self.message_json(channel, before, Metadata::Shown)))
        else {
            return;
        };
        let now = self.ids.ts();
        let event = json!({
            "type": "message", "subtype": "message_deleted", "hidden": true,
            "deleted_ts": before.ts, "previous_message": old,
            "channel": channel, "channel_type": room.wire(), "ts": now, "event_ts": now,
        });
        self.announce(channel, &room.history_scope(), &event);
    }

    /// Sends `event` to every app in `channel` that holds `scope`.
    pub(crate) fn announce(&mut self, channel: &str, scope: &str, event: &Value) {
        for (app, _) in self.apps_in(channel) {
            self.tell(&app, channel, scope, event);
        }
    }

    /// Sends `event` to one app, if it holds `scope`; no scope is needed when that is empty.
    pub(crate) fn tell(&mut self, app: &AppId, channel: &str, scope: &str, event: &Value) {
        let allowed = |app: &&crate::state::App| scope.is_empty() || app.scopes.contains(scope);
        if self.apps.get(app).filter(allowed).is_none() {
            return;
        }
        let payload = self.payload(app, channel, event);
        self.deliver(app, Kind::Event, payload);
    }

    /// The outer half of an event, <https://docs.slack.dev/apis/events-api/#callback-field>.
    pub(crate) fn payload(&mut self, app: &AppId, channel: &str, event: &Value) -> Value {
        let event_id = self.ids.next("Ev");
        let app = self.apps.get(app);
        let (team, user) = (app.map(|app| &app.team), app.map(|app| &app.user));
        let shared = self.channels.get(channel).is_some_and(|channel| !channel.shared_with.is_empty());
        json!({
            "type": "event_callback",
            "token": "fake-verification-token",
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": null,
            "api_app_id": app.map(|app| &app.id),
            "event": event,
            "event_id": event_id,
            "event_time": now_s(),
            "authorizations": [{
                "enterprise_id": null, "team_id": team, "user_id": user,
                "is_bot": true, "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": shared,
            "event_context": format!("4-{event_id}"),
        })
    }

    /// Remembers which bots a message names, for the thread it belongs to.
    fn note_addressed(&mut self, channel: &str, message: &Message) {
        let root = message.thread.as_ref().unwrap_or(&message.ts);
        let named = self.apps.values().filter(|app| message.mentions(&app.user) && message.user != app.user);
        self.addressed.extend(named.map(|app| (channel.into(), root.clone(), app.user.clone())));
    }

    /// The apps whose bots are members of `channel`, with their users.
    fn apps_in(&self, channel: &str) -> Vec<(AppId, UserId)> {
        let Some(channel) = self.channels.get(channel) else { return Vec::new() };
        let inside = self.apps.values().filter(|app| channel.members.contains(&app.user));
        inside.map(|app| (app.id.clone(), app.user.clone())).collect()
    }
}

impl Channel {
    /// The replies in the thread of `root`, oldest first.
    pub(crate) fn replies<'a>(&'a self, root: &'a str) -> impl Iterator<Item = &'a Message> {
        let inside =
            move |message: &&Message| message.thread.as_deref() == Some(root) && &*message.ts != root;
        self.messages.values().filter(inside)
    }

    /// Whether two may talk here and nobody else.
    pub(crate) fn is_direct(&self) -> bool {
        self.room == Room::Direct
    }
}

/// Mentions in these kinds of message reach the bot.
fn mentionable(subtype: &str) -> bool {
    matches!(subtype, "file_share" | "thread_broadcast" | "bot_message")
}

/// One object with the fields of all; later ones win.
pub(crate) fn merged(parts: &[&Value]) -> Value {
    let mut all = Map::new();
    for part in parts.iter().filter_map(|part| part.as_object()) {
        all.extend(part.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Value::Object(all)
}

/// `<@U1> hello` as the `rich_text` block that Slack's own clients send along.
pub(crate) fn rich_text(text: &str) -> Value {
    let mut elements = Vec::new();
    let mut rest = text;
    while let Some((before, user, after)) = next_mention(rest) {
        elements.extend(words(before));
        elements.push(json!({"type": "user", "user_id": user}));
        rest = after;
    }
    elements.extend(words(rest));
    json!([{
        "type": "rich_text",
        "block_id": "fake",
        "elements": [{"type": "rich_text_section", "elements": elements}],
    }])
}

fn next_mention(text: &str) -> Option<(&str, &str, &str)> {
    let (before, inside) = text.split_once("<@")?;
    let (user, after) = inside.split_once('>')?;
    Some((before, user.split('|').next()?, after))
}

fn words(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
}
