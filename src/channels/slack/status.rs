//! The sign that somebody is at it: a status line with a Stop button under the thread, or an eyes reaction where
//! there is none.
//!
//! A sign is a courtesy. It is sent in the background, nothing waits for it, and its failure is no failure.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use governor::{DefaultKeyedRateLimiter, Quota};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::{account::Account, place::Place};

/// What people read while the model works.
const WORKING: &str = "is looking into it…";
/// Changes of sessions a minute for each bot; Slack takes 50. Beyond that there is a status line without Stop.
const SESSIONS: NonZeroU32 = NonZeroU32::new(40).expect("forty is not zero");
/// A session is begun and ended.
const BOTH: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");

/// Signs that are shown.
pub(super) struct Status {
    tasks: TaskTracker,
    sessions: DefaultKeyedRateLimiter<String>,
    /// What is shown, by thread; after a restart the eyes stay where they are.
    shown: Mutex<HashMap<Place, Shown>>,
}

/// What is shown in one thread.
#[derive(Default)]
struct Shown {
    /// Posts with our eyes on them.
    eyes: Vec<String>,
    /// Whether a session is under way.
    session: bool,
}

impl Default for Status {
    fn default() -> Self {
        let sessions = DefaultKeyedRateLimiter::keyed(Quota::per_minute(SESSIONS));
        Self { tasks: TaskTracker::new(), sessions, shown: Mutex::default() }
    }
}

impl Status {
    /// Shows that the post `ts` was accepted.
    pub(super) fn begin(self: &Arc<Self>, account: &Arc<Account>, place: &Place, ts: &str) {
        // Before anything is sent, so that a reply that is faster than the sign takes it away again.
        self.lock().entry(place.clone()).or_default();
        let (status, account) = (Arc::clone(self), Arc::clone(account));
        let (place, ts) = (place.clone(), ts.to_owned());
        self.tasks.spawn(async move {
            let (line, session) =
                tokio::join!(say(&account, &place, WORKING), status.begin_session(&account, &place));
            let eyes = if line || session { None } else { react(&account, &place, &ts).await };
            let late = match status.lock().get_mut(&place) {
                Some(shown) => {
                    shown.eyes.extend(eyes.clone());
                    shown.session |= session;
                    false
                }
                None => true,
            };
            if late {
                take_away(&account, &place, Shown { eyes: eyes.into_iter().collect(), session }, line).await;
            }
        });
    }

    /// Takes the signs of a thread away once its reply is there.
    pub(super) fn end(self: &Arc<Self>, account: &Arc<Account>, place: &Place) {
        // Slack clears the status line by itself when the reply comes.
        self.clear(account, place, false);
    }

    /// Takes the signs of a thread away because there will be no reply.
    pub(super) fn give_up(self: &Arc<Self>, account: &Arc<Account>, place: &Place) {
        self.clear(account, place, true);
    }

    fn clear(self: &Arc<Self>, account: &Arc<Account>, place: &Place, line: bool) {
        if place.thread().is_none() {
            return;
        }
        let known = self.lock().remove(place);
        // A thread that this process does not know was begun by the one before it.
        let shown = known.unwrap_or_else(|| {
            let session = self.sessions.check_key(&account.person.to_string()).is_ok();
            Shown { eyes: Vec::new(), session }
        });
        let (account, place) = (Arc::clone(account), place.clone());
        self.tasks.spawn(async move { take_away(&account, &place, shown, line).await });
    }

    async fn begin_session(&self, account: &Account, place: &Place) -> bool {
        let person = account.person.to_string();
        // The end is paid for at the beginning, so that every session ends.
        matches!(self.sessions.check_key_n(&person, BOTH), Ok(Ok(())))
            && session(account, place, "processing").await
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take_away(account: &Account, place: &Place, shown: Shown, line: bool) {
    if line {
        say(account, place, "").await;
    }
    if shown.session {
        session(account, place, "active").await;
    }
    for ts in shown.eyes {
        call(account, "reactions.remove", &eyes(place, &ts)).await;
    }
}

/// Sets the status line of a thread; whether Slack took it.
async fn say(account: &Account, place: &Place, words: &str) -> bool {
    let arguments = json!({"channel_id": place.channel, "thread_ts": place.thread, "status": words});
    call(account, "assistant.threads.setStatus", &arguments).await
}

/// Sets the state of a session, which has a Stop button while it is `processing`; whether Slack took it.
async fn session(account: &Account, place: &Place, state: &str) -> bool {
    let arguments = json!({"channel_id": place.channel, "thread_ts": place.thread, "status": state});
    call(account, "agents.sessions.setStatus", &arguments).await
}

/// Puts eyes on a post, and returns it when Slack took them.
async fn react(account: &Account, place: &Place, ts: &str) -> Option<String> {
    call(account, "reactions.add", &eyes(place, ts)).await.then(|| ts.to_owned())
}

fn eyes(place: &Place, ts: &str) -> Value {
    json!({"channel": place.channel, "timestamp": ts, "name": "eyes"})
}

async fn call(account: &Account, method: &str, arguments: &Value) -> bool {
    match account.write(method, arguments).await {
        Ok(_) => true,
        Err(e) => {
            debug!("A sign of work was not taken: {e}");
            false
        }
    }
}
