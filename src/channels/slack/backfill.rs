//! What was said while nobody listened: read back when a bot connects again, and answered as if it had been heard.
//!
//! Slack sends events again for a while and keeps some of them for hours; what it dropped is still in the channels.
//! Kept: until when everything was heard. What was accepted before is dropped by its key, and nothing older than a
//! day is answered: whoever asked it has found another way.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultDirectRateLimiter, Quota};
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{
    account::Identity,
    api::CallError,
    event::{self, Event, Said},
    frame::str_at,
    intake::Intake,
    limits::Heard,
    place::Place,
};
use crate::store::{StoreError, now};

/// Nothing older is answered.
const OLDEST_S: i64 = 24 * 3600;
/// Threads that began so long before a silence are still looked through.
const THREADS_S: i64 = 24 * 3600;
/// Own threads of so many days are looked through, however old their beginning is.
const OWN_THREADS_S: i64 = 7 * 24 * 3600;
/// Own threads of one channel that are looked through.
const OWN_THREADS: u32 = 20;
/// Clocks differ, and what came in the last moments may have been lost.
const MARGIN_S: i64 = 10;
/// A bot that heard nothing for so long may have missed something: a pong comes every ten seconds.
const SILENCE: Duration = Duration::from_secs(15);
/// How often it is written down that everything was heard.
const NOTED: Duration = Duration::from_secs(60);
/// Tries to read back, and the wait between them.
const TRIES: (usize, Duration) = (5, Duration::from_secs(30));
/// Pages of one list that are read.
const PAGES: usize = 5;
/// Reading calls a minute; Slack takes 50 of each kind.
const CALLS: NonZeroU32 = NonZeroU32::new(40).expect("forty is not zero");

/// Why nothing could be read back now.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A bot says hello after `silent`; `None` when this process has not heard anything before.
pub(super) fn greeted(intake: &Arc<Intake>, silent: Option<Duration>) {
    if silent.is_some_and(|silent| silent < SILENCE) {
        return;
    }
    let intake = Arc::clone(intake);
    tokio::spawn(async move {
        let over = intake.over.clone();
        tokio::select! {
            () = catch_up(&intake, silent) => {}
            () = over.cancelled() => {}
        }
    });
}

/// Writes down every minute that everything was heard, until the end.
pub(super) async fn keep_note(intake: Arc<Intake>) {
    let over = intake.over.clone();
    while !over.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(NOTED) => {}
            () = over.cancelled() => {}
        }
        let Some(silent) = intake.account.line.silent() else { continue };
        // Unless something has not been read back yet.
        let Ok(_caught_up) = intake.catching_up.try_lock() else { continue };
        let Some(own) = intake.account.known_identity() else { continue };
        let at = now() - silent.as_secs().cast_signed();
        if let Err(e) = intake.store.set_heard_in_slack(&intake.account.person, &own.team, at).await {
            warn!("Could not note that everything was heard in Slack: {e:#}");
        }
    }
}

async fn catch_up(intake: &Intake, silent: Option<Duration>) {
    // One at a time; whoever comes second finds that all is done.
    let Ok(_catching_up) = intake.catching_up.try_lock() else { return };
    let person = &intake.account.person;
    for tries in 1..=TRIES.0 {
        match read_back(intake, silent).await {
            Ok(0) => return,
            Ok(posts) => return info!("Read back {posts} posts that {person} had not heard"),
            Err(e) if tries == TRIES.0 => {
                return warn!("What {person} did not hear in Slack stays unanswered: {e:#}; ask them again");
            }
            Err(e) => warn!("Can't read back what {person} did not hear yet: {e:#}"),
        }
        tokio::time::sleep(TRIES.1).await;
    }
}

/// Takes in what was said since the silence began, and returns how many posts were looked at.
async fn read_back(intake: &Intake, silent: Option<Duration>) -> Result<usize, Failed> {
    let own = intake.account.identity().await?;
    let (person, began) = (&intake.account.person, now());
    let heard = match silent {
        Some(silent) => Some(began - silent.as_secs().cast_signed()),
        None => intake.store.heard_in_slack(person, &own.team).await?,
    };
    let mut count = 0;
    if let Some(since) = heard.map(|at| since(at, began)) {
        let calls = DefaultDirectRateLimiter::direct(Quota::per_minute(CALLS));
        let reader = Reader { intake, own, calls, since };
        for channel in reader.channels().await? {
            for said in reader.posts(&channel).await? {
                count += 1;
                intake.said(own, said, Heard::Late).await?;
            }
        }
    }
    intake.store.set_heard_in_slack(person, &own.team, began).await?;
    metrics::counter!("understudy_slack_read_back_total").increment(count as u64);
    Ok(count)
}

/// From when on posts are taken in, by when everything was heard last.
fn since(heard: i64, now: i64) -> i64 {
    (heard - MARGIN_S).max(now - OLDEST_S)
}

/// A channel where the bot is.
struct Channel {
    id: String,
    /// `im` for direct messages, as in events.
    kind: &'static str,
}

struct Reader<'i> {
    intake: &'i Intake,
    own: &'i Identity,
    calls: DefaultDirectRateLimiter,
    since: i64,
}

impl Reader<'_> {
    /// Where the bot is a member.
    async fn channels(&self) -> Result<Vec<Channel>, Failed> {
        let types = ("types", "public_channel,private_channel,mpim,im");
        let listed =
            self.pages("users.conversations", "channels", &[types, ("exclude_archived", "true")]).await?;
        let channel = |listed: &Value| {
            let direct = listed.get("is_im").and_then(Value::as_bool) == Some(true);
            Some(Channel {
                id: str_at(listed, "/id")?.to_owned(),
                kind: if direct { "im" } else { "channel" },
            })
        };
        Ok(listed.iter().filter_map(channel).collect())
    }

    /// What was said there, oldest first.
    async fn posts(&self, channel: &Channel) -> Result<Vec<Said>, Failed> {
        let roots_from = stamp(self.since - THREADS_S);
        let arguments = [("channel", channel.id.as_str()), ("oldest", &roots_from)];
        let roots = self.pages("conversations.history", "messages", &arguments).await?;
        let mut threads: Vec<String> = roots
            .iter()
            .filter(|root| str_at(root, "/latest_reply").is_some_and(|last| self.is_new(last)))
            .filter_map(|root| str_at(root, "/ts").map(str::to_owned))
            .collect();
        for thread in self.older_own_threads(channel, &roots_from).await? {
            if !threads.contains(&thread) {
                threads.push(thread);
            }
        }
        let mut posts: Vec<Value> = roots;
        let oldest = stamp(self.since);
        for thread in threads {
            let arguments = [("channel", channel.id.as_str()), ("ts", &thread), ("oldest", &oldest)];
            let replies = self.pages("conversations.replies", "messages", &arguments).await?;
            posts.extend(replies.into_iter().filter(|reply| str_at(reply, "/ts") != Some(&thread)));
        }
        posts.retain(|post| str_at(post, "/ts").is_some_and(|ts| self.is_new(ts)));
        posts.sort_by(|one, other| str_at(one, "/ts").cmp(&str_at(other, "/ts")));
        posts.dedup_by(|one, other| str_at(one, "/ts") == str_at(other, "/ts"));
        Ok(posts.into_iter().filter_map(|post| said(post, channel)).collect())
    }

    /// Threads in which the bot takes part and that began too early to be found in the channel.
    async fn older_own_threads(&self, channel: &Channel, roots_from: &str) -> Result<Vec<String>, Failed> {
        let among = Place::channel_span(&self.intake.account.person, &self.own.team, &channel.id);
        let after = now() - OWN_THREADS_S;
        let recent = self.intake.store.recent_conversations(&among, after, OWN_THREADS).await?;
        let thread =
            |name: String| Place::of(&crate::domain::Conversation(name))?.thread().map(str::to_owned);
        Ok(recent.into_iter().filter_map(thread).filter(|thread| thread.as_str() < roots_from).collect())
    }

    fn is_new(&self, ts: &str) -> bool {
        ts > stamp(self.since).as_str()
    }

    /// The items of a list, over its pages; what Slack refuses to show is left out.
    async fn pages(&self, method: &str, key: &str, arguments: &[(&str, &str)]) -> Result<Vec<Value>, Failed> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let mut asked = [arguments, &[("limit", "200")]].concat();
            if !cursor.is_empty() {
                asked.push(("cursor", &cursor));
            }
            self.calls.until_ready().await;
            let mut answer = match self.intake.account.read(method, &asked).await {
                Err(e @ CallError::Refused { .. }) if !e.is_fatal() => {
                    warn!("A part of what was not heard can't be read back: {e}");
                    break;
                }
                answer => answer?,
            };
            if let Some(page) = answer.get_mut(key).and_then(Value::as_array_mut) {
                items.append(page);
            }
            match str_at(&answer, "/response_metadata/next_cursor") {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        Ok(items)
    }
}

/// A second as Slack writes it.
fn stamp(at: i64) -> String {
    format!("{at}.000000")
}

/// A post of a channel's history as the event that was missed.
fn said(mut post: Value, channel: &Channel) -> Option<Said> {
    let fields = post.as_object_mut()?;
    fields.insert("type".to_owned(), json!("message"));
    fields.insert("channel".to_owned(), json!(channel.id));
    fields.insert("channel_type".to_owned(), json!(channel.kind));
    match event::read(&json!({"event": post})) {
        Event::Said(said) => Some(*said),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_older_than_a_day_is_answered() {
        let day = OLDEST_S;
        for (heard, now, from) in
            [(day, day + 60, day - MARGIN_S), (day, 2 * day, day), (day, 9 * day, 8 * day)]
        {
            assert_eq!(since(heard, now), from, "heard {heard}, now {now}");
        }
    }

    #[test]
    fn a_post_of_the_history_is_read_as_its_event() {
        let channel = Channel { id: "D1".to_owned(), kind: "im" };
        let post = json!({"type": "message", "user": "U1", "text": "hi", "ts": "1700000000.000100"});
        let read = said(post, &channel).unwrap();
        assert_eq!((read.channel.as_str(), read.surface), ("D1", event::Surface::Direct));
        let join = json!({"subtype": "channel_join", "user": "U1", "text": "joined", "ts": "1.2"});
        assert_eq!(said(join, &channel), None);
    }
}
