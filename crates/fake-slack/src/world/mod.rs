//! The workspace as a test sees it: who is there, what they do, what goes wrong, what was written.

mod acts;
mod breaks;
mod looks;
mod people;
mod says;

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;

use crate::{
    ids::{AppId, ChannelId, TeamId, UserId, now_s},
    settings::Settings,
    state::{App, Channel, Health, Kind, Room, Shared, State, Team, User},
};

pub use breaks::Disconnect;
pub(crate) use breaks::{LONGEST_HOLD, disconnect_frame};
pub use says::Upload;

/// The scopes that a coworker's app asks for, and that [`World::app`] grants.
pub const COWORKER_SCOPES: &[&str] = &[
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "users:read",
    "users:read.email",
];

/// A handle on the fake's world; clones are the same world.
#[derive(Clone)]
pub struct World(pub(crate) Arc<Shared>);

/// An installed app, with all that a client needs to be it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Bot {
    /// The app.
    pub app: AppId,
    /// Its name.
    pub name: String,
    /// Its workspace.
    pub team: TeamId,
    /// Its user, which people mention.
    pub user: UserId,
    /// Its bot id, `B…`.
    pub bot: String,
    /// For `apps.connections.open`.
    pub app_token: String,
    /// For everything else.
    pub bot_token: String,
}

impl Bot {
    /// What a person's client writes when they mention it.
    #[must_use]
    pub fn mention(&self) -> String {
        format!("<@{}>", self.user)
    }
}

impl World {
    /// Changes the settings, from now on.
    pub fn tune(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.0.lock().settings);
    }

    /// The workspace where [`World::app`] and [`World::user`] put everybody.
    #[must_use]
    pub fn home(&self) -> TeamId {
        self.0.lock().home()
    }

    /// Adds another workspace, for people met through Slack Connect.
    #[must_use]
    pub fn team(&self, name: &str) -> TeamId {
        self.0.lock().add_team(name)
    }

    /// Installs an app with tokens made up for it and the [`COWORKER_SCOPES`].
    #[must_use]
    pub fn app(&self, name: &str) -> Bot {
        let key = name.to_lowercase().replace(' ', "-");
        self.app_with_tokens(name, &format!("xapp-fake-{key}"), &format!("xoxb-fake-{key}"))
    }

    /// Installs an app with these tokens.
    #[must_use]
    pub fn app_with_tokens(&self, name: &str, app_token: &str, bot_token: &str) -> Bot {
        self.0.lock().add_app(name, app_token, bot_token)
    }

    /// Takes scopes away from an app and gives it others.
    pub fn set_scopes(&self, app: &AppId, scopes: &[&str]) {
        if let Some(app) = self.0.lock().apps.get_mut(app) {
            app.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
    }

    /// Adds a person, whose address is `name@acme.example` (externals: `name@partner.example`).
    #[must_use]
    pub fn user(&self, name: &str, kind: Kind) -> UserId {
        self.0.lock().add_user(name, kind)
    }

    /// Makes a channel with these members. Nobody is told.
    #[must_use]
    pub fn channel(&self, name: &str, room: Room, members: &[&UserId]) -> ChannelId {
        self.0.lock().add_channel(name, room, members)
    }

    /// The direct message between a person and a bot, made when it is needed first.
    #[must_use]
    pub fn direct(&self, user: &UserId, bot: &Bot) -> ChannelId {
        self.0.lock().direct(user, &bot.user)
    }
}

impl State {
    pub(crate) fn home(&mut self) -> TeamId {
        match self.teams.keys().next() {
            Some(team) => team.clone(),
            None => self.add_team("Acme"),
        }
    }

    fn add_team(&mut self, name: &str) -> TeamId {
        // The number in front keeps the first workspace the first of the map.
        let id = TeamId(format!("T{}{}", self.teams.len(), self.ids.next("")));
        self.teams.insert(id.clone(), Team { id: id.clone(), name: name.to_owned() });
        id
    }

    pub(crate) fn add_user(&mut self, name: &str, kind: Kind) -> UserId {
        let id = UserId(self.ids.next("U"));
        let home = self.home();
        let (team, host) = match &kind {
            Kind::External(team) => (team.clone(), "partner.example"),
            _ => (home, "acme.example"),
        };
        let email = (kind != Kind::Bot).then(|| format!("{}@{host}", name.to_lowercase().replace(' ', ".")));
        let user = User { id: id.clone(), team, name: name.to_owned(), email, kind, deactivated: false };
        self.users.insert(id.clone(), user);
        id
    }

    fn add_app(&mut self, name: &str, app_token: &str, bot_token: &str) -> Bot {
        let (id, bot, team) = (AppId(self.ids.next("A")), self.ids.next("B"), self.home());
        let user = self.add_user(name, Kind::Bot);
        let app = App {
            id: id.clone(),
            name: name.to_owned(),
            team: team.clone(),
            user: user.clone(),
            bot: bot.clone(),
            app_token: app_token.to_owned(),
            bot_token: bot_token.to_owned(),
            scopes: COWORKER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            health: Health::Installed,
            sockets: Vec::new(),
            turn: 0,
            tickets: BTreeSet::new(),
            wait_until: std::collections::BTreeMap::new(),
            homes: std::collections::BTreeMap::new(),
            ephemerals: Vec::new(),
        };
        let handle = app.handle();
        self.apps.insert(id, app);
        handle
    }

    pub(crate) fn add_channel(&mut self, name: &str, room: Room, members: &[&UserId]) -> ChannelId {
        let id = ChannelId(self.ids.next(if room == Room::Direct { "D" } else { "C" }));
        let home = self.home();
        let members: BTreeSet<UserId> = members.iter().map(|user| (*user).clone()).collect();
        let teams = members.iter().filter_map(|user| self.users.get(user)).map(|user| user.team.clone());
        let channel = Channel {
            id: id.clone(),
            name: name.to_owned(),
            room,
            team: home.clone(),
            creator: members.first().cloned().unwrap_or_else(|| UserId::from("USLACKBOT")),
            created_s: now_s(),
            shared_with: teams.filter(|team| *team != home).collect(),
            members,
            archived: false,
            messages: std::collections::BTreeMap::new(),
            deleted: BTreeSet::new(),
            open_floor: false,
            may_greet: BTreeSet::new(),
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(crate) fn direct(&mut self, one: &UserId, other: &UserId) -> ChannelId {
        let pair: BTreeSet<_> = [one.clone(), other.clone()].into();
        let known = self.channels.values().find(|channel| channel.is_direct() && channel.members == pair);
        match known {
            Some(channel) => channel.id.clone(),
            None => self.add_channel("", Room::Direct, &[one, other]),
        }
    }

    /// A channel or user by id or by name, for callers that know only names.
    pub(crate) fn named_channel(&self, name: &str) -> Option<ChannelId> {
        let name = name.trim_start_matches('#');
        let by_name = || self.channels.values().find(|channel| !name.is_empty() && channel.name == name);
        self.channels.get(name).or_else(by_name).map(|channel| channel.id.clone())
    }

    pub(crate) fn named_user(&self, name: &str) -> Option<UserId> {
        let name = name.trim_start_matches('@');
        let by_name = || self.users.values().find(|user| user.name == name);
        self.users.get(name).or_else(by_name).map(|user| user.id.clone())
    }

    pub(crate) fn named_app(&self, name: &str) -> Option<AppId> {
        let by_name = || self.apps.values().find(|app| app.name == name);
        self.apps.get(name).or_else(by_name).map(|app| app.id.clone())
    }
}

impl App {
    pub(crate) fn handle(&self) -> Bot {
        Bot {
            app: self.id.clone(),
            name: self.name.clone(),
            team: self.team.clone(),
            user: self.user.clone(),
            bot: self.bot.clone(),
            app_token: self.app_token.clone(),
            bot_token: self.bot_token.clone(),
        }
    }
}

impl Channel {
    /// The channel as `conversations.info` shows it to `user`.
    pub(crate) fn json(&self, user: &str) -> serde_json::Value {
        let mut all = json!({
            "id": self.id,
            "created": self.created_s,
            "creator": self.creator,
            "is_archived": self.archived,
            "is_channel": self.room == Room::Public,
            "is_group": self.room == Room::Private,
            "is_im": self.room == Room::Direct,
            "is_mpim": self.room == Room::Group,
            "is_private": self.room != Room::Public,
            "is_member": self.members.contains(user),
            "is_shared": !self.shared_with.is_empty(),
            "is_ext_shared": !self.shared_with.is_empty(),
            "is_org_shared": false,
            "is_general": false,
            "context_team_id": self.team,
            "shared_team_ids": std::iter::once(&self.team).chain(&self.shared_with).collect::<Vec<_>>(),
        });
        if let Some(fields) = all.as_object_mut() {
            let mut set = |key: &str, value| drop(fields.insert(key.to_owned(), value));
            if self.is_direct() {
                set("user", json!(self.members.iter().find(|member| &***member != user)));
                set("is_open", true.into());
            } else {
                let words = json!({"value": "", "creator": "", "last_set": 0});
                set("name", self.name.clone().into());
                set("name_normalized", self.name.clone().into());
                set("topic", words.clone());
                set("purpose", words);
            }
        }
        all
    }
}
