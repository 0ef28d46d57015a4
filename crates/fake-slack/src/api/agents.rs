//! Signs of life: reactions, the assistant's status line, agent sessions.

use serde_json::json;

use super::{Answer, ApiError, Call};
use crate::{
    ids::{ChannelId, Ts},
    state::Session,
};

/// <https://docs.slack.dev/reference/methods/reactions.add/>
pub(super) fn react(call: &mut Call<'_>) -> Answer {
    let (channel, ts, name) = reaction(call)?;
    let bot = call.bot_user();
    if call.state.react(&bot, &channel, &ts, &name) { Ok(json!({})) } else { Err("already_reacted".into()) }
}

/// <https://docs.slack.dev/reference/methods/reactions.remove/>
pub(super) fn unreact(call: &mut Call<'_>) -> Answer {
    let (channel, ts, name) = reaction(call)?;
    let bot = call.bot_user();
    if call.state.unreact(&bot, &channel, &ts, &name) { Ok(json!({})) } else { Err("no_reaction".into()) }
}

fn reaction(call: &mut Call<'_>) -> Result<(ChannelId, Ts, String), ApiError> {
    let name = call.args.text("name").ok_or("no_item_specified")?;
    let name = name.trim_matches(':').to_owned();
    if !name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_-+:'".contains(char))
    {
        return Err("invalid_name".into());
    }
    let channel = call.writable()?;
    let ts = call.args.text("timestamp").ok_or("bad_timestamp")?;
    let message = call.state.message(&channel, &ts).ok_or("message_not_found")?;
    Ok((channel, message.ts.clone(), name))
}

/// <https://docs.slack.dev/reference/methods/assistant.threads.setStatus/>
pub(super) fn assistant_status(call: &mut Call<'_>) -> Answer {
    let channel = session_channel(call)?;
    let thread = call.args.text("thread_ts").ok_or("invalid_thread_ts")?;
    let thread = call.state.message(&channel, &thread).ok_or("invalid_thread_ts")?.ts.clone();
    match call.args.text("status") {
        Some(status) => drop(call.state.statuses.insert((channel, thread), status)),
        None => drop(call.state.statuses.remove(&(channel, thread))),
    }
    Ok(json!({}))
}

/// <https://docs.slack.dev/reference/methods/agents.sessions.setStatus/>
pub(super) fn session_status(call: &mut Call<'_>) -> Answer {
    let channel = session_channel(call)?;
    let thread = call.args.text("thread_ts").map(Ts);
    let status = call.args.text("status").ok_or("invalid_arguments")?;
    if !matches!(&*status, "processing" | "active" | "suspended" | "closed") {
        return Err("invalid_arguments".into());
    }
    if let Some(thread) = &thread {
        call.state.message(&channel, thread).ok_or("thread_not_found")?;
    }
    let title = call.args.text("title");
    let session = call.state.sessions.entry((channel, thread)).or_default();
    *session = Session { status: status.clone(), title: title.or(session.title.take()) };
    Ok(json!({"status": status, "agent_status": status, "title": session.title}))
}

fn session_channel(call: &Call<'_>) -> Result<ChannelId, ApiError> {
    let id = call.args.text("channel_id").ok_or("channel_not_found")?;
    let channel = call.state.channels.get(id.as_str()).ok_or("channel_not_found")?;
    if channel.members.contains(&call.bot_user()) {
        Ok(channel.id.clone())
    } else {
        Err("channel_not_found".into())
    }
}
