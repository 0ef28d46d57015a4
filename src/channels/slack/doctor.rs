//! What `understudy doctor` finds out about a person's bot: tokens, scopes, sockets.

use serde_json::json;

use super::{Bots, account::Account, api::CallError, bots, frame::str_at, manifest};
use crate::{domain::PersonId, people::People};

/// What was found out about one bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It can work.
    Works(String),
    /// It can work, and something deserves a look.
    Look(String),
    /// It can't work before somebody does what this says.
    Broken(String),
}

/// Tries the tokens of everybody who has any, without opening a socket.
///
/// # Errors
/// When the HTTP client can't be started.
pub async fn check(
    people: &People,
    base: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Vec<(PersonId, Checked)>> {
    let Bots { accounts, problems } = bots(people, base, variable)?;
    let mut found: Vec<_> =
        problems.into_iter().map(|(person, why)| (person, Checked::Broken(why))).collect();
    for (person, account) in accounts {
        found.push((person, try_tokens(&account).await));
    }
    Ok(found)
}

async fn try_tokens(account: &Account) -> Checked {
    let bot = match account.api.ask(&account.tokens.bot, "auth.test", &[]).await {
        Ok(answer) => answer,
        Err(e) => return broken(account, &e),
    };
    if str_at(&bot.body, "/bot_id").is_none() {
        let variable = &account.app.bot_token;
        return Checked::Broken(format!(
            "the token in {variable} is a person's; copy the Bot User OAuth Token instead"
        ));
    }
    // The answer holds the address of a socket that is never opened, which costs nothing.
    if let Err(e) = account.api.write(&account.tokens.app, "apps.connections.open", &json!({})).await {
        return broken(account, &e);
    }
    let missing: Vec<&str> =
        manifest::scopes().filter(|scope| !bot.scopes.iter().any(|granted| granted == scope)).collect();
    let (name, team) = (str_at(&bot.body, "/user").unwrap_or("?"), str_at(&bot.body, "/team").unwrap_or("?"));
    if !bot.scopes.is_empty() && !missing.is_empty() {
        return Checked::Look(format!(
            "@{name} in {team} lacks {}; paste the manifest of `understudy slack manifest -p {}` into the app again and reinstall it",
            missing.join(", "),
            account.person
        ));
    }
    Checked::Works(format!("@{name} in {team}, both tokens are taken"))
}

fn broken(account: &Account, e: &CallError) -> Checked {
    Checked::Broken(match e {
        CallError::Refused { code, .. } if code == "missing_scope" => format!(
            "the token in {} lacks the scope connections:write; make a new app-level token with it under Basic Information",
            account.app.app_token
        ),
        CallError::Refused { .. } if e.is_fatal() => account.refusal(e),
        CallError::Unsent { .. } => {
            format!("{e}; check this machine's way to the internet and UNDERSTUDY_SLACK_API")
        }
        _ => e.to_string(),
    })
}
