//! What `understudy doctor` finds out about a person's bot: tokens, scopes, sockets, channels.
//!
//! Whether the messages tab is on and which events are subscribed to no bot token may ask; the manifest sets both.

use super::{
    Bots,
    account::Account,
    api::{Answer, CallError},
    bots,
    frame::{Frame, str_at},
    manifest,
    socket::{self, FirstFrame},
};
use crate::{channels::Checked, domain::PersonId, people::People};

/// Whether the program runs that these tokens are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// It has sockets of its own on each app.
    Yes,
    /// Every socket on these apps is somebody else's.
    No,
}

/// Tries the tokens of everybody who has any, with a socket each that is closed after its greeting.
///
/// # Errors
/// When the HTTP client can't be started.
pub async fn check(
    people: &People,
    base: &str,
    running: Running,
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Vec<(PersonId, Checked)>> {
    let Bots { accounts, problems } = bots(people, base, variable)?;
    let mut found: Vec<_> =
        problems.into_iter().map(|(person, why)| (person, Checked::Broken(why))).collect();
    for (person, account) in accounts {
        let checked = try_bot(&account, running).await.unwrap_or_else(Checked::Broken);
        found.push((person, checked));
    }
    Ok(found)
}

/// Tries one bot, or says what it can't work without.
async fn try_bot(account: &Account, running: Running) -> Result<Checked, String> {
    let asked = account.api.ask(&account.tokens.bot, "auth.test", &[]).await;
    let bot = asked.map_err(|e| broken(account, &e))?;
    let Some(bot_id) = str_at(&bot.body, "/bot_id") else {
        let variable = &account.app.bot_token;
        return Err(format!("the token in {variable} is a person's; copy the Bot User OAuth Token instead"));
    };
    let (connections, app) = match socket::first_frame(account).await {
        Ok(Frame::Hello { connections, app }) => (connections, app),
        Ok(Frame::Disconnect { reason }) if reason == "too_many_websockets" => {
            return Err(format!(
                "Slack allows ten sockets for an app and all are open: stop the other processes that use {}",
                account.app.app_token
            ));
        }
        Ok(_) => {
            return Err(
                "Slack does not greet the socket: switch Socket Mode on in the app, under Socket Mode"
                    .to_owned(),
            );
        }
        Err(FirstFrame::Call(e)) => return Err(broken(account, &e)),
        Err(FirstFrame::Socket(why)) => {
            return Err(format!("{why}; let this machine reach wss-primary.slack.com on port 443"));
        }
    };
    same_app(account, bot_id, app.as_deref()).await?;
    let (name, team) = (str_at(&bot.body, "/user").unwrap_or("?"), str_at(&bot.body, "/team").unwrap_or("?"));
    let looks = [missing(account, &bot), others(account, connections, running), nowhere(account, name).await];
    let looks: Vec<String> = looks.into_iter().flatten().collect();
    Ok(match looks.as_slice() {
        [] => Checked::Works(format!("@{name} in {team}, both tokens are taken")),
        looks => Checked::Look(format!("@{name} in {team} {}", looks.join("; "))),
    })
}

/// Whether both tokens belong to one app, as far as Slack tells.
async fn same_app(account: &Account, bot_id: &str, app: Option<&str>) -> Result<(), String> {
    let Some(app) = app else { return Ok(()) };
    let Ok(bot) = account.read("bots.info", &[("bot", bot_id)]).await else { return Ok(()) };
    match str_at(&bot, "/bot/app_id") {
        Some(of_bot) if of_bot != app => Err(format!(
            "{} and {} belong to two different apps; copy both tokens from the app of {}",
            account.app.app_token, account.app.bot_token, account.person
        )),
        _ => Ok(()),
    }
}

fn missing(account: &Account, bot: &Answer) -> Option<String> {
    let missing: Vec<&str> =
        manifest::scopes().filter(|scope| !bot.scopes.iter().any(|granted| granted == scope)).collect();
    (!bot.scopes.is_empty() && !missing.is_empty()).then(|| {
        format!(
            "lacks {}; paste the manifest of `understudy slack manifest -p {}` into the app again and reinstall it",
            missing.join(", "),
            account.person
        )
    })
}

/// Sockets that are neither this program's nor the one that was opened to look.
fn others(account: &Account, connections: u64, running: Running) -> Option<String> {
    let ours = 1 + if running == Running::Yes { socket::SOCKETS as u64 } else { 0 };
    let others = connections.saturating_sub(ours);
    (others > 0).then(|| {
        format!(
            "shares its app with {others} other sockets, which get a part of what is said; stop the other process that uses {}",
            account.app.app_token
        )
    })
}

async fn nowhere(account: &Account, name: &str) -> Option<String> {
    let types = [("types", "public_channel,private_channel"), ("limit", "1")];
    let channels = account.read("users.conversations", &types).await.ok()?;
    let none = channels.get("channels")?.as_array()?.is_empty();
    none.then(|| format!("is in no channel; write `/invite @{name}` in one, or write to it under Apps"))
}

fn broken(account: &Account, e: &CallError) -> String {
    match e {
        CallError::Refused { code, .. } if code == "missing_scope" => format!(
            "the token in {} lacks the scope connections:write; make a new app-level token with it under Basic Information",
            account.app.app_token
        ),
        CallError::Refused { .. } if e.is_fatal() => account.refusal(e),
        CallError::Unsent { .. } => {
            format!("{e}; check this machine's way to the internet and UNDERSTUDY_SLACK_API")
        }
        _ => e.to_string(),
    }
}
