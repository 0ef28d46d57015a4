//! Who is who: `apps.connections.open`, `auth.test`, `users.*`, `bots.info`, `team.info`.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::state::{App, Kind, State};

/// A ticket for one web socket.
pub(super) fn connections_open(call: &mut Call<'_>) -> Answer {
    let ticket = call.state.ids.next("ticket-");
    let base = call.state.base_url.replace("http://", "ws://");
    if let Some(app) = call.state.apps.get_mut(&call.app) {
        app.tickets.insert(ticket.clone());
    }
    Ok(json!({"url": format!("{base}/link?ticket={ticket}&app_id={}", call.app)}))
}

pub(super) fn api_test(_: &mut Call<'_>) -> Answer {
    Ok(json!({}))
}

pub(super) fn auth_test(call: &mut Call<'_>) -> Answer {
    let app = call.state.apps.get(&call.app).ok_or("invalid_auth")?;
    let team = call.state.teams.get(&app.team).ok_or("invalid_auth")?;
    Ok(json!({
        "url": format!("https://{}.slack.com/", team.name.to_lowercase()),
        "team": team.name, "user": app.name, "team_id": team.id, "user_id": app.user,
        "bot_id": app.bot, "is_enterprise_install": false,
    }))
}

pub(super) fn team_info(call: &mut Call<'_>) -> Answer {
    let app = call.state.apps.get(&call.app).ok_or("invalid_auth")?;
    let team = call.state.teams.get(&app.team).ok_or("team_not_found")?;
    Ok(json!({"team": {"id": team.id, "name": team.name, "domain": team.name.to_lowercase()}}))
}

pub(super) fn bots_info(call: &mut Call<'_>) -> Answer {
    let wanted = call.args.text("bot");
    let by_id = |app: &&App| wanted.as_deref().map_or(app.id == call.app, |bot| app.bot == bot);
    let app = call.state.apps.values().find(by_id).ok_or("bot_not_found")?;
    Ok(json!({"bot": call.state.bot_json(&app.id)}))
}

pub(super) fn info(call: &mut Call<'_>) -> Answer {
    let user = call.args.text("user").ok_or("user_not_found")?;
    match call.state.user_json(&user, &call.app) {
        Value::Null => Err("user_not_found".into()),
        user => Ok(json!({"user": user})),
    }
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let all: Vec<_> = call.state.users.keys().map(|user| call.state.user_json(user, &call.app)).collect();
    let (page, next) = page(&all, call.args.text("cursor").as_deref(), call.args.number("limit"));
    Ok(json!({"members": page, "response_metadata": {"next_cursor": next}}))
}

pub(super) fn by_email(call: &mut Call<'_>) -> Answer {
    let email = call.args.text("email").ok_or("users_not_found")?;
    let user = call.state.users.values().find(|user| user.email.as_deref() == Some(&*email));
    let user = user.ok_or("users_not_found")?;
    Ok(json!({"user": call.state.user_json(&user.id, &call.app)}))
}

/// One page of a list and the cursor of the next, empty at the end.
pub(super) fn page<T: Clone>(all: &[T], cursor: Option<&str>, limit: Option<usize>) -> (Vec<T>, String) {
    let start = cursor.and_then(|cursor| cursor.strip_prefix("next:")?.parse().ok()).unwrap_or(0_usize);
    let limit = limit.unwrap_or(100).clamp(1, 1000);
    let page: Vec<_> = all.iter().skip(start).take(limit).cloned().collect();
    let end = start + page.len();
    (page, if end < all.len() { format!("next:{end}") } else { String::new() })
}

impl State {
    /// A person as an app sees them: the address needs its scope, and is not shown for other workspaces.
    pub(crate) fn user_json(&self, user: &str, app: &str) -> Value {
        let (Some(user), Some(app)) = (self.users.get(user), self.apps.get(app)) else { return Value::Null };
        let handle = user.name.to_lowercase().replace(' ', ".");
        let mut profile = json!({
            "real_name": user.name, "real_name_normalized": user.name, "display_name": handle,
            "display_name_normalized": handle, "team": user.team, "avatar_hash": "fake",
        });
        let external = user.team != app.team;
        if app.scopes.contains("users:read.email")
            && !external
            && let (Some(fields), Some(email)) = (profile.as_object_mut(), &user.email)
        {
            fields.insert("email".to_owned(), email.clone().into());
        }
        let meets = |channel: &&crate::state::Channel| {
            channel.members.contains(&user.id) && channel.members.contains(&app.user)
        };
        let bot = self.app_of(&user.id);
        json!({
            "id": user.id, "team_id": user.team, "name": handle, "real_name": user.name,
            "deleted": user.deactivated, "tz": "Europe/Berlin", "tz_label": "Central European Time",
            "tz_offset": 3600, "profile": profile, "updated": 1_700_000_000,
            "is_admin": user.kind == Kind::Admin, "is_owner": false, "is_primary_owner": false,
            "is_restricted": matches!(user.kind, Kind::Guest | Kind::SingleChannelGuest),
            "is_ultra_restricted": user.kind == Kind::SingleChannelGuest,
            "is_bot": user.kind == Kind::Bot, "is_app_user": false,
            "is_stranger": external && !self.channels.values().any(|channel| meets(&channel)),
            "api_app_id": bot.map(|bot| &bot.id), "bot_id": bot.map(|bot| &bot.bot),
        })
    }

    /// A bot, as in `bots.info` and `bot_profile`.
    pub(crate) fn bot_json(&self, app: &str) -> Value {
        let Some(app) = self.apps.get(app) else { return Value::Null };
        json!({
            "id": app.bot, "deleted": false, "name": app.name, "updated": 1_700_000_000,
            "app_id": app.id, "user_id": app.user, "team_id": app.team,
            "icons": {"image_36": "", "image_48": "", "image_72": ""},
        })
    }
}
