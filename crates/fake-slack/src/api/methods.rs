//! The table of methods: who may call them, how often, and what runs.

use super::{Answer, Call, agents, chat, conversations, files, history, people, streams, views};
use crate::rates::Tier;

/// Which kind of token a method takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Token {
    /// `xoxb-…`
    Bot,
    /// `xapp-…`
    App,
}

/// One row of the table. Scopes and tiers are those on
/// `https://docs.slack.dev/reference/methods/{name}`; any one of the scopes is enough. Methods whose scope
/// depends on the channel check it themselves.
pub(crate) struct Method {
    pub name: &'static str,
    pub token: Token,
    pub scopes: &'static [&'static str],
    pub tier: Tier,
    pub run: fn(&mut Call<'_>) -> Answer,
}

impl Method {
    /// Whether its limit is per channel.
    pub fn is_by_channel(&self) -> bool {
        matches!(self.tier, Tier::Posting)
    }
}

pub(crate) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

const fn row(
    name: &'static str,
    scopes: &'static [&'static str],
    tier: Tier,
    run: fn(&mut Call<'_>) -> Answer,
) -> Method {
    Method { name, token: Token::Bot, scopes, tier, run }
}

const WRITE: &[&str] = &["chat:write"];
const ASSIST: &[&str] = &["assistant:write", "chat:write"];
const NONE: &[&str] = &[];

static METHODS: &[Method] = &[
    Method { token: Token::App, ..row("apps.connections.open", NONE, Tier::Three, people::connections_open) },
    row("api.test", NONE, Tier::Four, people::api_test),
    row("auth.test", NONE, Tier::Special(600.0), people::auth_test),
    row("bots.info", &["users:read"], Tier::Three, people::bots_info),
    row("users.info", &["users:read"], Tier::Four, people::info),
    row("users.list", &["users:read"], Tier::Two, people::list),
    row("users.lookupByEmail", &["users:read.email"], Tier::Three, people::by_email),
    row("team.info", NONE, Tier::Three, people::team_info),
    row("chat.postMessage", WRITE, Tier::Posting, chat::post),
    row("chat.postEphemeral", WRITE, Tier::Four, chat::post_ephemeral),
    row("chat.update", WRITE, Tier::Three, chat::update),
    row("chat.delete", WRITE, Tier::Three, chat::delete),
    row("chat.getPermalink", NONE, Tier::Special(600.0), chat::permalink),
    row("chat.startStream", WRITE, Tier::Two, streams::start),
    row("chat.appendStream", WRITE, Tier::Four, streams::append),
    row("chat.stopStream", WRITE, Tier::Two, streams::stop),
    row("conversations.info", NONE, Tier::Three, conversations::info),
    row("conversations.list", NONE, Tier::Two, conversations::list),
    row("conversations.members", NONE, Tier::Four, conversations::members),
    row("conversations.open", &["im:write"], Tier::Three, conversations::open),
    row("conversations.history", NONE, Tier::Three, history::history),
    row("conversations.replies", NONE, Tier::Three, history::replies),
    row("users.conversations", NONE, Tier::Three, conversations::of_user),
    row("reactions.add", &["reactions:write"], Tier::Three, agents::react),
    row("reactions.remove", &["reactions:write"], Tier::Two, agents::unreact),
    row("assistant.threads.setStatus", ASSIST, Tier::Special(600.0), agents::assistant_status),
    row("agents.sessions.setStatus", ASSIST, Tier::Three, agents::session_status),
    row("files.info", &["files:read"], Tier::Four, files::info),
    row("files.getUploadURLExternal", &["files:write"], Tier::Four, files::upload_url),
    row("files.completeUploadExternal", &["files:write"], Tier::Four, files::complete_upload),
    row("views.publish", NONE, Tier::Four, views::publish),
    row("views.open", NONE, Tier::Four, views::open),
];
