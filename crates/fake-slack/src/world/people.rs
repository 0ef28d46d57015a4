//! What people do besides writing: join, leave, react, press Stop, type a command, click a button.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    Bot, World,
    delivery::Kind as Carries,
    ids::{AppId, ChannelId, TeamId, Ts, UserId, now_s},
    state::{Kind, ResponseUrl, State, Trigger},
};

impl World {
    /// `inviter` brings `user` (a person's or a bot's) into the channel.
    pub fn invites(&self, inviter: &UserId, user: &UserId, channel: &ChannelId) {
        let mut state = self.0.lock();
        let home = state.home();
        let team = state.users.get(user).map_or(home.clone(), |user| user.team.clone());
        let Some(known) = state.channels.get_mut(channel) else { return };
        known.members.insert(user.clone());
        known.may_greet.insert(user.clone());
        if team != home {
            known.shared_with.insert(team.clone());
        }
        let room = known.room;
        let now = state.ids.ts();
        let event = json!({
            "type": "member_joined_channel", "user": user, "channel": channel,
            "channel_type": room.event_letter(), "team": team, "inviter": inviter, "event_ts": now,
        });
        state.announce(channel, &room.read_scope(), &event);
        state.notice(user, channel, "channel_join", "has joined the channel");
    }

    /// `user` leaves the channel or is removed from it.
    pub fn removes(&self, user: &UserId, channel: &ChannelId) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        let home = state.home();
        let Some(known) = state.channels.get_mut(channel) else { return };
        known.members.remove(user);
        let room = known.room;
        let left = json!({
            "type": "member_left_channel", "user": user, "channel": channel,
            "channel_type": room.event_letter(), "team": home, "event_ts": now,
        });
        state.announce(channel, &room.read_scope(), &left);
        let kind = if room == crate::Room::Public { "channel_left" } else { "group_left" };
        let gone = json!({"type": kind, "channel": channel, "actor_id": user, "event_ts": now});
        if let Some(app) = state.app_of(user).map(|app| app.id.clone()) {
            state.tell(&app, channel, &room.read_scope(), &left);
            state.tell(&app, channel, &room.read_scope(), &gone);
        }
        state.notice(user, channel, "channel_leave", "has left the channel");
    }

    /// Shares the channel with another workspace through Slack Connect.
    pub fn shares_channel(&self, channel: &ChannelId, with: &TeamId) {
        let mut state = self.0.lock();
        let Some(known) = state.channels.get_mut(channel) else { return };
        known.shared_with.insert(with.clone());
        let room = known.room;
        let now = state.ids.ts();
        let event = json!({
            "type": "channel_shared", "channel": channel, "connected_team_id": with, "event_ts": now,
        });
        state.announce(channel, &room.read_scope(), &event);
    }

    /// Archives the channel.
    pub fn archives(&self, user: &UserId, channel: &ChannelId) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        let Some(known) = state.channels.get_mut(channel) else { return };
        known.archived = true;
        let room = known.room;
        let event = json!({"type": "channel_archive", "channel": channel, "user": user, "event_ts": now});
        state.announce(channel, &room.read_scope(), &event);
    }

    /// Gives the channel another name.
    pub fn renames(&self, channel: &ChannelId, name: &str) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        let Some(known) = state.channels.get_mut(channel) else { return };
        name.clone_into(&mut known.name);
        let (room, created) = (known.room, known.created_s);
        let event = json!({
            "type": "channel_rename", "event_ts": now,
            "channel": {"id": channel, "name": name, "created": created},
        });
        state.announce(channel, &room.read_scope(), &event);
    }

    /// Changes what a person is, for example from member to guest: every app with `users:read` is told.
    pub fn becomes(&self, user: &UserId, kind: Kind) {
        self.change_user(user, |known| known.kind = kind);
    }

    /// Deactivates a person.
    pub fn deactivates(&self, user: &UserId) {
        self.change_user(user, |known| known.deactivated = true);
    }

    fn change_user(&self, user: &UserId, change: impl FnOnce(&mut crate::state::User)) {
        let mut state = self.0.lock();
        let Some(known) = state.users.get_mut(user) else { return };
        change(known);
        let now = state.ids.ts();
        let apps: Vec<_> = state.apps.keys().cloned().collect();
        for app in apps {
            let user = state.user_json(user, &app);
            let event = json!({"type": "user_change", "user": user, "cache_ts": now_s(), "event_ts": now});
            state.tell(&app, "", "users:read", &event);
        }
    }

    /// `user` reacts to a message.
    pub fn reacts(&self, user: &UserId, channel: &ChannelId, ts: &Ts, emoji: &str) {
        self.0.lock().react(user, channel, ts, emoji);
    }

    /// `user` presses Stop in the thread of `thread`, or in the direct message.
    pub fn stops(&self, user: &UserId, bot: &Bot, channel: &ChannelId, thread: Option<&Ts>) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        let event = json!({
            "type": "agent_session_stopped", "channel": channel, "thread_ts": thread, "user": user,
            "streaming_message_ts": [], "event_ts": now,
        });
        state.tell(&bot.app, channel, "", &event);
    }

    /// `user` opens the bot's messages or home tab.
    pub fn opens_home(&self, user: &UserId, bot: &Bot, tab: &str) {
        let mut state = self.0.lock();
        let channel = state.direct(user, &bot.user);
        let now = state.ids.ts();
        let event = json!({
            "type": "app_home_opened", "user": user, "channel": channel, "tab": tab, "event_ts": now,
        });
        state.tell(&bot.app, &channel, "", &event);
    }

    /// `user` types a slash command.
    pub fn commands(&self, user: &UserId, bot: &Bot, channel: &ChannelId, command: &str, text: &str) {
        let mut state = self.0.lock();
        let (trigger, response_url) = state.interaction(&bot.app, channel, user);
        let name = |state: &State| state.channels.get(channel).map(|channel| channel.name.clone());
        let payload = json!({
            "command": command, "text": text, "user_id": user, "api_app_id": bot.app, "team_id": bot.team,
            "user_name": state.users.get(user).map(|user| &user.name), "channel_id": channel,
            "channel_name": name(&state), "trigger_id": trigger, "response_url": response_url,
            "is_enterprise_install": "false",
        });
        state.deliver(&bot.app, Carries::Command, payload);
    }

    /// `user` chooses a shortcut in the menu of a message.
    pub fn points_at(&self, user: &UserId, bot: &Bot, channel: &ChannelId, ts: &Ts, callback: &str) {
        let mut state = self.0.lock();
        let (trigger, response_url) = state.interaction(&bot.app, channel, user);
        let message = state.channels.get(channel).and_then(|known| {
            Some(state.message_json(known, known.messages.get(ts)?, crate::events::Metadata::Shown))
        });
        let payload = json!({
            "type": "message_action", "callback_id": callback, "trigger_id": trigger,
            "response_url": response_url, "action_ts": state.ids.ts(), "message_ts": ts, "message": message,
            "user": {"id": user, "team_id": bot.team}, "team": {"id": bot.team}, "enterprise": null,
            "channel": {"id": channel}, "is_enterprise_install": false,
        });
        state.deliver(&bot.app, Carries::Interaction, payload);
    }

    /// `user` clicks a button of the bot's message.
    pub fn clicks(
        &self,
        user: &UserId,
        bot: &Bot,
        channel: &ChannelId,
        ts: &Ts,
        action_id: &str,
        value: &str,
    ) {
        let mut state = self.0.lock();
        let (trigger, response_url) = state.interaction(&bot.app, channel, user);
        let message = state.channels.get(channel).and_then(|known| {
            Some(state.message_json(known, known.messages.get(ts)?, crate::events::Metadata::Shown))
        });
        let payload = json!({
            "type": "block_actions", "api_app_id": bot.app, "trigger_id": trigger,
            "response_url": response_url,
            "user": {"id": user, "team_id": bot.team}, "team": {"id": bot.team}, "enterprise": null,
            "channel": {"id": channel}, "is_enterprise_install": false,
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false},
            "message": message,
            "actions": [{
                "type": "button", "action_id": action_id, "block_id": "fake", "value": value,
                "action_ts": state.ids.ts(),
            }],
        });
        state.deliver(&bot.app, Carries::Interaction, payload);
    }
}

impl State {
    /// The line that Slack itself writes into a channel.
    fn notice(&mut self, user: &UserId, channel: &ChannelId, subtype: &str, words: &str) {
        let mut message = self.draft(user, &format!("<@{user}> {words}"));
        message.subtype = Some(subtype.to_owned());
        self.store(channel, message);
    }

    /// Adds a reaction; false when it was there already.
    pub(crate) fn react(&mut self, user: &UserId, channel: &str, ts: &str, emoji: &str) -> bool {
        let Some(message) = self.message_mut(channel, ts) else { return false };
        let new = message.reactions.entry(emoji.to_owned()).or_default().insert(user.clone());
        if new {
            self.announce_reaction("reaction_added", user, channel, ts, emoji);
        }
        new
    }

    /// Takes a reaction away; false when there was none.
    pub(crate) fn unreact(&mut self, user: &UserId, channel: &str, ts: &str, emoji: &str) -> bool {
        let Some(message) = self.message_mut(channel, ts) else { return false };
        let there = message.reactions.get_mut(emoji).is_some_and(|users| users.remove(user));
        message.reactions.retain(|_, users| !users.is_empty());
        if there {
            self.announce_reaction("reaction_removed", user, channel, ts, emoji);
        }
        there
    }

    fn announce_reaction(&mut self, kind: &str, user: &UserId, channel: &str, ts: &str, emoji: &str) {
        let now = self.ids.ts();
        let author = self.message(channel, ts).map(|message| message.user.clone());
        let event = json!({
            "type": kind, "user": user, "reaction": emoji, "item_user": author, "event_ts": now,
            "item": {"type": "message", "channel": channel, "ts": ts},
        });
        self.announce(channel, "reactions:read", &event);
    }

    /// A `trigger_id` and a `response_url` for what `user` just did.
    pub(crate) fn interaction(&mut self, app: &AppId, channel: &ChannelId, user: &UserId) -> (String, Value) {
        let trigger = self.ids.next("trigger.");
        self.triggers.insert(trigger.clone(), Trigger { made_at: Instant::now(), user: user.clone() });
        let key = self.ids.next("r");
        let response_url = json!(format!("{}/response/{key}", self.base_url));
        let (app, channel, user) = (app.clone(), channel.clone(), user.clone());
        self.responses.insert(key, ResponseUrl { app, channel, user, made_at: Instant::now(), uses: 0 });
        (trigger, response_url)
    }
}

impl crate::Room {
    /// `channel_type` of membership events: one letter.
    fn event_letter(self) -> &'static str {
        if self == Self::Public { "C" } else { "G" }
    }
}
