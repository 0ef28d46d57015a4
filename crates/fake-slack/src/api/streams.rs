//! Streamed messages, <https://docs.slack.dev/reference/methods/chat.startStream/>: in a thread, 12,000
//! characters a chunk, about five minutes long.

use std::time::Instant;

use serde_json::json;

use super::{Answer, ApiError, Call, blocks};
use crate::{
    ids::{ChannelId, Ts},
    state::Stream,
};

pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let channel = call.writable()?;
    let thread = call.thread_of(&channel)?.ok_or("invalid_arguments")?;
    let direct = call.state.channels.get(&channel).is_some_and(crate::state::Channel::is_direct);
    if !direct
        && (call.args.text("recipient_user_id").is_none() || call.args.text("recipient_team_id").is_none())
    {
        return Err("missing_recipient_user_id".into());
    }
    let chunk = chunk(call)?;
    let place = call.place(&channel, Some(&thread));
    let app = call.app.clone();
    let mut message = call.state.draft_of(&app, &chunk).ok_or("invalid_auth")?;
    message.thread = Some(thread);
    let ts = message.ts.clone();
    call.keep(&channel, message, place)?;
    call.state.streams.insert((channel.clone(), ts.clone()), Stream { app, started_at: Instant::now() });
    Ok(json!({"channel": channel, "ts": ts}))
}

pub(super) fn append(call: &mut Call<'_>) -> Answer {
    let (channel, ts) = streaming(call)?;
    grow(call, &channel, &ts)?;
    Ok(json!({"channel": channel, "ts": ts}))
}

pub(super) fn stop(call: &mut Call<'_>) -> Answer {
    let (channel, ts) = streaming(call)?;
    grow(call, &channel, &ts)?;
    let final_blocks = call.args.json("blocks");
    call.state.streams.remove(&(channel.clone(), ts.clone()));
    call.state.change(&channel, &ts, |message| message.blocks = final_blocks.or(message.blocks.take()));
    Ok(json!({"channel": channel, "ts": ts}))
}

fn streaming(call: &mut Call<'_>) -> Result<(ChannelId, Ts), ApiError> {
    let channel = call.writable()?;
    let ts = Ts(call.args.text("ts").ok_or("message_not_found")?);
    call.state.message(&channel, &ts).ok_or("message_not_found")?;
    let key = (channel, ts);
    let stream = call.state.streams.get(&key).ok_or("message_not_in_streaming_state")?;
    if stream.app != call.app {
        return Err("message_not_owned_by_app".into());
    }
    if stream.started_at.elapsed() > call.state.settings.stream_lives {
        call.state.streams.remove(&key);
        return Err("message_not_in_streaming_state".into());
    }
    Ok(key)
}

fn grow(call: &mut Call<'_>, channel: &ChannelId, ts: &Ts) -> Result<(), ApiError> {
    let chunk = chunk(call)?;
    // No event for each chunk: Slack tells of the message once, when it stops.
    if let Some(message) = call.state.message_mut(channel, ts) {
        message.text.push_str(&chunk);
    }
    Ok(())
}

fn chunk(call: &Call<'_>) -> Result<String, ApiError> {
    let chunk = call.args.text("markdown_text").unwrap_or_default();
    if chunk.chars().count() > blocks::MARKDOWN { Err("msg_too_long".into()) } else { Ok(chunk) }
}
