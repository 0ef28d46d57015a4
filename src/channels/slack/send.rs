//! Replies leave: in their thread, in posts that Slack takes, each of them once.
//!
//! A post carries the key of its outbox row as metadata. Slack has no idempotent post, so after an attempt whose
//! end is unknown the thread is read back, and only what is not there yet is posted.

use std::{collections::BTreeSet, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota};
use serde_json::{Value, json};
use tracing::warn;

use super::{
    account::{Account, Identity},
    api::CallError,
    frame::str_at,
    mrkdwn,
    place::Place,
    readback, upload,
};
use crate::{
    inbox::Record,
    outbox::DeliveryError,
    store::{ClaimedReply, ReplyFile, Store},
};

/// The type of our metadata.
pub(super) const EVENT_TYPE: &str = "understudy_reply";
/// Slack takes about one post a second in a channel, and short bursts
/// (<https://docs.slack.dev/apis/web-api/rate-limits>).
const BURST: NonZeroU32 = NonZeroU32::new(3).expect("three is not zero");
/// A reply waits so long for its turn in a channel before it makes room for others.
const PATIENCE: Duration = Duration::from_secs(10);
/// How the line begins that names what a reply rests on.
const SOURCES: &str = "Sources: ";

/// Keeps the pace of posts in each channel.
pub(super) struct Pace(DefaultKeyedRateLimiter<String>);

impl Default for Pace {
    fn default() -> Self {
        let one = NonZeroU32::new(1).expect("one is not zero");
        Self(DefaultKeyedRateLimiter::keyed(Quota::per_second(one).allow_burst(BURST)))
    }
}

impl Pace {
    /// Waits for the turn of a post in its channel; one that waits long makes room for others instead.
    pub(super) async fn wait(&self, place: &Place) -> Result<(), DeliveryError> {
        let channel = format!("{}/{}", place.team, place.channel);
        let turn = tokio::time::timeout(PATIENCE, self.0.until_key_ready(&channel)).await;
        self.0.retain_recent();
        turn.map_err(|_| DeliveryError::RateLimited { after: PATIENCE })
    }
}

/// Delivers a reply and returns the `ts` of its last post.
pub(super) async fn deliver(
    account: &Arc<Account>,
    pace: &Pace,
    store: &Store,
    place: &Place,
    reply: &ClaimedReply,
) -> Result<String, DeliveryError> {
    let own = account.identity().await.map_err(|e| failed(account, &e))?;
    let place = &reachable(account, place).await?;
    let text = with_sources(store, reply).await;
    let looked_for = reply.uncertain.then_some(reply.created_at);
    let (receipt, left) = say(account, pace, place, &key(reply), &text, looked_for).await?;
    if let Some(file) = &reply.reply.file {
        attach(account, own, place, file, reply.uncertain && !left).await?;
    }
    Ok(format!("{}/{receipt}", place.channel))
}

/// Posts a text (mrkdwn) in parts that carry `key`; returns the `ts` of the last one and whether any was posted now.
///
/// When `looked_for` is a time (Unix seconds), parts may have been posted since then: only the others are posted.
pub(super) async fn say(
    account: &Arc<Account>,
    pace: &Pace,
    place: &Place,
    key: &str,
    text: &str,
    looked_for: Option<i64>,
) -> Result<(String, bool), DeliveryError> {
    let own = account.identity().await.map_err(|e| failed(account, &e))?;
    let (mut there, mut receipt) = (BTreeSet::new(), String::new());
    if let Some(made_at) = looked_for {
        for (part, ts) in readback::find(account, own, place, made_at, key).await? {
            there.insert(part);
            receipt = ts;
        }
    }
    let posts = mrkdwn::split(text, mrkdwn::POST_MAX_CHARS);
    let (mut left, mut posted_now) = (!there.is_empty(), false);
    for (part, text) in (1_u64..).zip(&posts).filter(|(part, _)| !there.contains(part)) {
        pace.wait(place).await.map_err(|e| or_uncertain(e, left))?;
        let posted = account.write("chat.postMessage", &post(place, text, key, part)).await;
        let posted = posted.map_err(|e| or_uncertain(failed(account, &e), left))?;
        receipt = str_at(&posted, "/ts").unwrap_or_default().to_owned();
        (left, posted_now) = (true, true);
    }
    Ok((receipt, posted_now))
}

/// Puts a file behind the posts of its reply; what Slack refuses for good is told to the operator and left out.
async fn attach(
    account: &Arc<Account>,
    own: &Identity,
    place: &Place,
    file: &ReplyFile,
    may_be_there: bool,
) -> Result<(), DeliveryError> {
    let uncertain = |e: DeliveryError| DeliveryError::Uncertain(e.to_string());
    if may_be_there {
        let there = upload::lies_there(account, own, place, &file.name).await;
        if there.map_err(|e| uncertain(failed(account, &e)))? {
            return Ok(());
        }
    }
    match upload::upload(account, place, file).await.map_err(|e| failed(account, &e)) {
        Err(DeliveryError::Permanent(why)) => {
            warn!("{} could not be put into Slack for {}: {why}", file.name, account.person);
            Ok(())
        }
        // The words have left.
        other => other.map_err(uncertain),
    }
}

/// The place with the direct message in place of a user; opening one that is open changes nothing.
async fn reachable(account: &Account, place: &Place) -> Result<Place, DeliveryError> {
    if !place.is_a_user() {
        return Ok(place.clone());
    }
    let opened = account.write("conversations.open", &json!({"users": place.channel})).await;
    // Nothing of the reply has left yet, whatever became of this call.
    let opened = opened.map_err(|e| match failed(account, &e) {
        DeliveryError::Uncertain(why) => DeliveryError::Retryable(why),
        other => other,
    })?;
    match str_at(&opened, "/channel/id") {
        Some(channel) => Ok(Place { channel: channel.to_owned(), ..place.clone() }),
        None => Err(DeliveryError::Retryable("conversations.open: Slack named no channel".to_owned())),
    }
}

/// Once a part has left, a repeat must look before it posts.
fn or_uncertain(e: DeliveryError, left: bool) -> DeliveryError {
    match e {
        DeliveryError::Permanent(_) => e,
        _ if left => DeliveryError::Uncertain(e.to_string()),
        _ => e,
    }
}

/// The time keeps rows of a database that was begun anew apart.
fn key(reply: &ClaimedReply) -> String {
    format!("{}@{}", reply.idempotency_key, reply.created_at)
}

fn post(place: &Place, text: &str, key: &str, part: u64) -> Value {
    json!({
        "channel": place.channel,
        "thread_ts": place.thread(),
        "text": text,
        "unfurl_links": false,
        "unfurl_media": false,
        "link_names": false,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"reply": key, "part": part}},
    })
}

/// What a failed call means for the reply.
pub(super) fn failed(account: &Account, e: &CallError) -> DeliveryError {
    match e {
        CallError::RateLimited { after } => DeliveryError::RateLimited { after: *after },
        CallError::Unsent { .. } => DeliveryError::Retryable(e.to_string()),
        CallError::Unclear { .. } => DeliveryError::Uncertain(e.to_string()),
        // An operator may put it right while the reply waits.
        CallError::Refused { .. } if e.is_fatal() => DeliveryError::Retryable(account.refusal(e)),
        CallError::Refused { code, .. } => DeliveryError::Permanent(
            remedy(code).map_or_else(|| e.to_string(), |remedy| format!("{e}: {remedy}")),
        ),
    }
}

/// What an operator can do about a refusal.
fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_in_channel" | "channel_not_found" => "invite the bot to the channel again",
        "is_archived" => "the channel is archived",
        "thread_not_found" | "message_not_found" | "cannot_reply_to_message" => "the question was deleted",
        "restricted_action" | "restricted_action_thread_only_channel" => {
            "the workspace's settings don't let the bot post there"
        }
        "missing_scope" | "no_permission" => {
            "install the app again with the manifest of `understudy slack manifest`"
        }
        _ => return None,
    })
}

/// The reply as mrkdwn, with the titles of what it cites.
async fn with_sources(store: &Store, reply: &ClaimedReply) -> String {
    let mut text = mrkdwn::from_reply(&reply.reply.text);
    if reply.reply.cites.is_empty() {
        return text;
    }
    // Without the journal the reply is still right.
    let Ok(steps) = store.steps(reply.inbox).await else { return text };
    let titles = Record::of(&steps).titles(&reply.reply.cites);
    let titles: Vec<String> = titles.into_iter().map(|(n, title)| format!("[{n}] {title}")).collect();
    if !titles.is_empty() {
        text.push_str(&format!("\n\n{}", mrkdwn::from_reply(&format!("{SOURCES}{}", titles.join(" · ")))));
    }
    text
}

/// An own post as its reply was: the line of sources is for people.
pub(super) fn without_sources(plain: &str) -> String {
    let last = plain.rsplit_once("\n\n").filter(|(_, last)| last.starts_with(SOURCES));
    last.map_or(plain, |(before, _)| before).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_for_people_only() {
        assert_eq!(without_sources("It is Friday [1].\n\nSources: [1] Fair"), "It is Friday [1].");
        assert_eq!(without_sources("Sources: none"), "Sources: none");
    }
}
