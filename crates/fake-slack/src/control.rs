//! The world by HTTP, for clients in another process: `POST /_control/say {"user": "Alice", …}`.
//!
//! Channels, people and apps may be named by id or by name. A person is made when they are named first, a
//! channel when somebody speaks in it first. An answer is `{"ok": true, …}` or 400 with what is wrong.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, Query, State as Extract},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Disconnect, Fault, Kind, Room, Upload, World,
    ids::{AppId, ChannelId, Ts, UserId},
};

pub(crate) fn router() -> Router<World> {
    Router::new()
        .route("/world", get(world))
        .route("/journal", get(journal))
        .route("/invariants", get(invariants))
        .route("/messages", get(messages))
        .route("/{act}", post(act))
}

/// Who and what is there.
async fn world(Extract(world): Extract<World>) -> Json<Value> {
    let state = world.0.lock();
    let apps: Vec<_> =
        state.apps.values().map(|app| json!({"app": app.handle(), "sockets": app.sockets.len()})).collect();
    let users: Vec<_> = state.users.values().map(|user| json!({"id": user.id, "name": user.name})).collect();
    let channel = |channel: &crate::state::Channel| json!({"id": channel.id, "name": channel.name, "type": channel.room.wire(), "members": channel.members});
    let channels: Vec<_> = state.channels.values().map(channel).collect();
    Json(json!({"apps": apps, "users": users, "channels": channels}))
}

async fn journal(Extract(world): Extract<World>) -> String {
    world.journal_jsonl()
}

async fn invariants(Extract(world): Extract<World>) -> Json<Value> {
    let violations: Vec<_> = world.violations().iter().map(ToString::to_string).collect();
    Json(json!({"ok": violations.is_empty(), "violations": violations}))
}

#[derive(Deserialize)]
struct Where {
    channel: String,
}

async fn messages(Extract(world): Extract<World>, Query(place): Query<Where>) -> Json<Value> {
    let state = world.0.lock();
    let channel = state.named_channel(&place.channel).and_then(|id| state.channels.get(&id));
    let shown: Vec<_> = channel
        .into_iter()
        .flat_map(|channel| channel.messages.values().map(move |message| (channel, message)))
        .map(|(channel, message)| state.message_json(channel, message, crate::events::Metadata::Shown))
        .collect();
    Json(json!({"messages": shown}))
}

async fn act(Extract(world): Extract<World>, Path(act): Path<String>, Json(wish): Json<Value>) -> Response {
    match carry_out(&world, &act, &Wish(wish)) {
        Ok(done) => Json(crate::events::merged(&[&json!({"ok": true}), &done])).into_response(),
        Err(wrong) => (StatusCode::BAD_REQUEST, Json(json!({"ok": false, "error": wrong}))).into_response(),
    }
}

fn carry_out(world: &World, act: &str, wish: &Wish) -> Result<Value, String> {
    match act {
        "app" => {
            let name = wish.text("name")?;
            let made = || world.app(name);
            let bot = match (wish.text("app_token"), wish.text("bot_token")) {
                (Ok(app_token), Ok(bot_token)) => world.app_with_tokens(name, app_token, bot_token),
                _ => made(),
            };
            Ok(json!({"app": bot}))
        }
        "user" => Ok(json!({"user": world.user(wish.text("name")?, kind(world, wish)?)})),
        "channel" => {
            let members: Result<Vec<_>, _> =
                wish.list("members").into_iter().map(|member| person(world, member)).collect();
            let channel =
                world.channel(wish.text("name")?, room(wish)?, &members?.iter().collect::<Vec<_>>());
            Ok(json!({"channel": channel}))
        }
        "direct" => {
            Ok(json!({"channel": world.direct(&person(world, wish.text("user")?)?, &bot(world, wish)?)}))
        }
        "say" | "upload" => say(world, wish),
        "edit" => {
            let (user, channel, ts) = wish.message(world)?;
            world.edits(&user, &channel, &ts, wish.text("text")?);
            Ok(json!({}))
        }
        "delete" => {
            let (_, channel, ts) = wish.message(world)?;
            world.deletes(&channel, &ts);
            Ok(json!({}))
        }
        "react" => {
            let (user, channel, ts) = wish.message(world)?;
            world.reacts(&user, &channel, &ts, wish.text("name")?);
            Ok(json!({}))
        }
        "command" => {
            let bot = bot(world, wish)?;
            let (user, channel) = (person(world, wish.text("user")?)?, wish.channel(world)?);
            let words = wish.text("text").unwrap_or_default();
            world.commands(&user, &bot, &channel, wish.text("command")?, words);
            Ok(json!({}))
        }
        "invite" => {
            let (user, channel) = (person(world, wish.text("user")?)?, wish.channel(world)?);
            let inviter = wish.text("inviter").ok().map_or(Ok(user.clone()), |name| person(world, name))?;
            world.invites(&inviter, &user, &channel);
            Ok(json!({}))
        }
        "remove" => {
            world.removes(&person(world, wish.text("user")?)?, &wish.channel(world)?);
            Ok(json!({}))
        }
        "drop" => {
            world.drop_sockets(&wish.app(world)?);
            Ok(json!({}))
        }
        "freeze" => {
            world.freeze_sockets(&wish.app(world)?);
            Ok(json!({}))
        }
        "disconnect" => {
            let reason = match wish.text("reason")? {
                "warning" => Disconnect::Warning,
                "refresh_requested" => Disconnect::RefreshRequested,
                "link_disabled" => Disconnect::LinkDisabled,
                _ => return Err("reason: warning, refresh_requested or link_disabled".to_owned()),
            };
            world.disconnect(&wish.app(world)?, reason);
            Ok(json!({}))
        }
        "revoke" => {
            world.revokes_tokens(&wish.app(world)?);
            Ok(json!({}))
        }
        "fail" => fail(world, wish),
        "tune" => Ok(tune(world, wish)),
        "send_event" => {
            let event = wish.0.get("event").ok_or("event is missing")?;
            Ok(json!({"event_id": world.send_event(&wish.app(world)?, event)}))
        }
        _ => Err(format!("no such act: {act}")),
    }
}

fn say(world: &World, wish: &Wish) -> Result<Value, String> {
    let user = person(world, wish.text("user")?)?;
    let channel = match wish.channel(world) {
        Ok(channel) => channel,
        Err(_) => {
            // A new channel with everybody in it.
            let everybody: Vec<_> = world.0.lock().users.keys().cloned().collect();
            world.channel(wish.text("channel")?, Room::Public, &everybody.iter().collect::<Vec<_>>())
        }
    };
    let text = expanded(world, wish.text("text").unwrap_or_default());
    let thread = wish.text("thread_ts").ok().map(Ts::from);
    let ts = match (wish.text("file"), &thread) {
        (Ok(name), _) => {
            let content = wish.text("content").unwrap_or_default();
            let mimetype = wish.text("mimetype").unwrap_or("text/plain");
            let upload = Upload::new(name, mimetype, content.as_bytes());
            world.user_uploads(&user, &channel, thread.as_ref(), &text, &upload).0
        }
        (Err(_), Some(root)) => world.user_says_in_thread(&user, &channel, root, &text),
        (Err(_), None) => world.user_says(&user, &channel, &text),
    };
    Ok(json!({"channel": channel, "ts": ts, "user": user}))
}

/// `@demetrios` becomes `<@U…>`, as people's clients do it.
fn expanded(world: &World, text: &str) -> String {
    let state = world.0.lock();
    let mut text = text.to_owned();
    for user in state.users.values() {
        text = text.replace(&format!("@{}", user.name), &format!("<@{}>", user.id));
    }
    text
}

fn fail(world: &World, wish: &Wish) -> Result<Value, String> {
    let fault = match wish.text("kind")? {
        "rate_limited" => Fault::RateLimited { retry_after_s: wish.number("retry_after_s").unwrap_or(1) },
        "server_error" => Fault::ServerError,
        "server_error_after_doing" => Fault::ServerErrorAfterDoing,
        "cut_after_doing" => Fault::CutAfterDoing,
        "not_json" => Fault::NotJson,
        "slow" => Fault::Slow(Duration::from_millis(wish.number("ms").unwrap_or(1000))),
        code => Fault::Refused(code.to_owned()),
    };
    let number = |name| wish.number(name).and_then(|number| u32::try_from(number).ok());
    world.fail_times(wish.text("method")?, number("after").unwrap_or(0), number("times").unwrap_or(1), fault);
    Ok(json!({}))
}

fn tune(world: &World, wish: &Wish) -> Value {
    world.tune(|settings| {
        if let Some(ms) = wish.number("ack_deadline_ms") {
            settings.ack_deadline = Duration::from_millis(ms);
        }
        if let Some(ms) = wish.number("reorder_within_ms") {
            settings.reorder_within = Duration::from_millis(ms);
        }
        if let Some(percent) = wish.number("duplicate_percent") {
            settings.duplicate_percent = u8::try_from(percent).unwrap_or(100);
        }
        if let Some(ms) = wish.number("warned_before_ms") {
            settings.warned_before = Duration::from_millis(ms);
        }
        if wish.0.get("unlimited").and_then(Value::as_bool) == Some(true) {
            settings.rates = crate::Rates::unlimited();
        }
    });
    json!({})
}

fn bot(world: &World, wish: &Wish) -> Result<crate::Bot, String> {
    let app = wish.app(world)?;
    let bot = world.0.lock().apps.get(&app).map(crate::state::App::handle);
    bot.ok_or_else(|| "no such app".to_owned())
}

/// Somebody by id or name, made as a member if there is nobody of that name.
fn person(world: &World, name: &str) -> Result<UserId, String> {
    if name.is_empty() {
        return Err("a person needs a name".to_owned());
    }
    let known = world.0.lock().named_user(name);
    Ok(known.unwrap_or_else(|| world.user(name, Kind::Member)))
}

fn kind(world: &World, wish: &Wish) -> Result<Kind, String> {
    Ok(match wish.text("kind").unwrap_or("member") {
        "member" => Kind::Member,
        "admin" => Kind::Admin,
        "guest" => Kind::Guest,
        "single_channel_guest" => Kind::SingleChannelGuest,
        "external" => Kind::External(world.team("Partner")),
        other => return Err(format!("no such kind of person: {other}")),
    })
}

fn room(wish: &Wish) -> Result<Room, String> {
    Ok(match wish.text("type").unwrap_or("public") {
        "public" => Room::Public,
        "private" => Room::Private,
        "group" => Room::Group,
        other => return Err(format!("no such type of channel: {other}")),
    })
}

/// What the caller sent.
struct Wish(Value);

impl Wish {
    fn text(&self, name: &str) -> Result<&str, String> {
        self.0.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is missing"))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn channel(&self, world: &World) -> Result<ChannelId, String> {
        let name = self.text("channel")?;
        world.0.lock().named_channel(name).ok_or_else(|| format!("no channel {name}"))
    }

    /// The app of that name, or the only one.
    fn app(&self, world: &World) -> Result<AppId, String> {
        let state = world.0.lock();
        match self.text("app") {
            Ok(name) => state.named_app(name).ok_or_else(|| format!("no app {name}")),
            Err(_) => state.apps.keys().next().cloned().ok_or_else(|| "no app".to_owned()),
        }
    }

    fn message(&self, world: &World) -> Result<(UserId, ChannelId, Ts), String> {
        let user = self.text("user").unwrap_or("Alice");
        Ok((person(world, user)?, self.channel(world)?, self.text("ts")?.into()))
    }
}
