//! What a `person.toml` says about the person's Slack app.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::Deserialize;

/// The `[slack]` table of a `person.toml`.
///
/// It names variables, never tokens, so the file can be shared and kept under version control.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackApp {
    /// Environment variable of the app-level token (`xapp-…`).
    pub app_token: String,
    /// Environment variable of the bot token (`xoxb-…`).
    pub bot_token: String,
    /// When it speaks in channels that `channels` does not name.
    #[serde(default)]
    pub policy: Policy,
    /// When it speaks in a channel, by the channel's id.
    #[serde(default)]
    pub channels: BTreeMap<String, Policy>,
    /// Questions of one person that are answered in a minute.
    #[serde(default = "user_per_minute")]
    pub user_per_minute: NonZeroU32,
    /// Questions in one channel that are answered in a minute.
    #[serde(default = "channel_per_minute")]
    pub channel_per_minute: NonZeroU32,
}

fn user_per_minute() -> NonZeroU32 {
    NonZeroU32::new(10).expect("ten is not zero")
}

fn channel_per_minute() -> NonZeroU32 {
    NonZeroU32::new(40).expect("forty is not zero")
}

/// When an understudy speaks in a channel. Direct messages are always answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Never.
    Off,
    /// When it is mentioned.
    Mention,
    /// When it is mentioned, and in threads it takes part in.
    #[default]
    Thread,
    /// Whenever a person writes.
    All,
}

impl SlackApp {
    /// When it speaks in a channel.
    #[must_use]
    pub fn policy_in(&self, channel: &str) -> Policy {
        self.channels.get(channel).copied().unwrap_or(self.policy)
    }
}
