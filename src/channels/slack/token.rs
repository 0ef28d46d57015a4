//! A person's Slack tokens, read from the variables that their `person.toml` names.

use std::fmt;

use crate::{error::Hint, people::SlackApp};

/// A secret that no log, error or page shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The secret itself, for a request's header only.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a Slack app needs to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For sockets (`xapp-…`).
    pub app: Token,
    /// For everything else (`xoxb-…`).
    pub bot: Token,
}

impl Tokens {
    /// Reads both tokens; `None` when neither is set, so that the person has no Slack yet.
    ///
    /// # Errors
    /// When one is missing or they are swapped; the hint names the variable.
    pub fn read(app: &SlackApp, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Hint> {
        let of = |name: &str| variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        match (of(&app.app_token), of(&app.bot_token)) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing(&app.bot_token, &app.app_token)),
            (None, Some(_)) => Err(missing(&app.app_token, &app.bot_token)),
            (Some(socket), Some(bot)) => {
                begins(&app.app_token, &socket, "xapp-", "the app-level token (Basic Information)")?;
                begins(&app.bot_token, &bot, "xoxb-", "the bot token (OAuth & Permissions)")?;
                Ok(Some(Self { app: Token(socket), bot: Token(bot) }))
            }
        }
    }
}

fn missing(variable: &str, other: &str) -> Hint {
    Hint::new(
        format!("{other} is set and {variable} is not"),
        format!("set {variable} too, see docs/slack.md, or remove both to leave Slack out"),
    )
}

fn begins(variable: &str, value: &str, prefix: &str, what: &str) -> Result<(), Hint> {
    if value.starts_with(prefix) {
        return Ok(());
    }
    let next = format!("copy {what} of the app into it, see docs/slack.md");
    Err(Hint::new(format!("{variable} does not begin with {prefix}"), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Policy;

    #[test]
    fn tokens_are_both_there_and_not_swapped() {
        let app = SlackApp {
            app_token: "BOB_APP".to_owned(),
            bot_token: "BOB_BOT".to_owned(),
            policy: Policy::Thread,
            channels: Default::default(),
            user_per_minute: 10.try_into().unwrap(),
            channel_per_minute: 40.try_into().unwrap(),
        };
        let read = |socket: &str, bot: &str| {
            let given = |name: &str| Some(if name == "BOB_APP" { socket } else { bot }.to_owned());
            Tokens::read(&app, given)
        };
        assert_eq!(read("", " ").unwrap(), None);
        assert!(read("xapp-1", "xoxb-1").unwrap().is_some());
        for (socket, bot, named) in [
            ("xapp-1", "", "BOB_BOT is not"),
            ("", "xoxb-1", "BOB_APP is not"),
            ("xoxb-1", "xapp-1", "BOB_APP does not begin"),
        ] {
            let told = read(socket, bot).unwrap_err().to_string();
            assert!(told.contains(named) && !told.contains("xapp-1"), "{told}");
        }
        assert_eq!(format!("{:?}", read("xapp-secret", "xoxb-secret").unwrap().unwrap().app), "Token(…)");
    }
}
