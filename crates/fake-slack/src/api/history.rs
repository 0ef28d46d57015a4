//! Reading messages: `conversations.history` and `conversations.replies`.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, people::page};
use crate::{
    events::Metadata,
    state::{Channel, Message, Room},
};

/// The root messages of a channel and the replies that were also sent to it, newest first.
pub(super) fn history(call: &mut Call<'_>) -> Answer {
    let channel = readable(call)?;
    let at_root = |message: &&Message| {
        message.thread.as_ref().is_none_or(|root| *root == message.ts)
            || message.subtype.as_deref() == Some("thread_broadcast")
    };
    let found: Vec<_> =
        channel.messages.values().filter(at_root).filter(|one| in_span(call, one)).rev().collect();
    paged(call, channel, &found)
}

/// A thread: its first message on every page, then its replies, oldest first.
pub(super) fn replies(call: &mut Call<'_>) -> Answer {
    let channel = readable(call)?;
    let ts = call.args.text("ts").ok_or("thread_not_found")?;
    let asked = channel.messages.get(ts.as_str()).ok_or("thread_not_found")?;
    let root = asked.thread.as_deref().unwrap_or(&asked.ts);
    // Asked for a reply, Slack gives that reply alone.
    let first = channel.messages.get(ts.as_str());
    let rest = channel.replies(if root == ts { root } else { "" });
    let found: Vec<_> = first.into_iter().chain(rest.filter(|one| in_span(call, one))).collect();
    paged(call, channel, &found)
}

fn readable<'a>(call: &'a Call<'_>) -> Result<&'a Channel, ApiError> {
    let channel = call.channel()?;
    call.need_scope(&[&channel.room.history_scope()])?;
    if channel.room == Room::Public && !channel.members.contains(&call.bot_user()) {
        return Err("not_in_channel".into());
    }
    Ok(channel)
}

/// Whether a message lies between `oldest` and `latest`; the ends count only with `inclusive`.
fn in_span(call: &Call<'_>, message: &Message) -> bool {
    let (at, inclusive) = (micros(&message.ts), call.args.yes("inclusive"));
    let after = |oldest: u64| at > oldest || inclusive && at == oldest;
    let before = |latest: u64| at < latest || inclusive && at == latest;
    call.args.text("oldest").is_none_or(|oldest| after(micros(&oldest)))
        && call.args.text("latest").is_none_or(|latest| before(micros(&latest)))
}

/// A timestamp in microseconds; callers also send whole seconds.
fn micros(ts: &str) -> u64 {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, "0"));
    let rest: u64 = format!("{rest:0<6}").parse().unwrap_or(0);
    seconds.parse::<u64>().unwrap_or(0).saturating_mul(1_000_000).saturating_add(rest)
}

fn paged(call: &Call<'_>, channel: &Channel, found: &[&Message]) -> Answer {
    let metadata = if call.args.yes("include_all_metadata") { Metadata::Shown } else { Metadata::Hidden };
    let (page, next) = page(found, call.args.text("cursor").as_deref(), call.args.number("limit"));
    let messages: Vec<Value> =
        page.iter().map(|message| call.state.message_json(channel, message, metadata)).collect();
    Ok(json!({
        "messages": messages,
        "has_more": !next.is_empty(),
        "pin_count": 0,
        "response_metadata": {"next_cursor": next},
    }))
}
