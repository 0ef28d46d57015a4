//! The sign that somebody is at it: a status line under the thread, or an eyes reaction where there is none.
//!
//! A sign is a courtesy. It is sent in the background, nothing waits for it, and its failure is no failure.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::json;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::{account::Account, place::Place};

/// What people read while the model works.
const WORKING: &str = "is looking into it…";

/// Signs that are shown.
#[derive(Default)]
pub(super) struct Status {
    tasks: TaskTracker,
    /// Posts with our eyes on them, by thread; after a restart the eyes stay where they are.
    eyes: Mutex<HashMap<Place, Vec<String>>>,
}

impl Status {
    /// Shows that the post `ts` was accepted.
    pub(super) fn begin(self: &Arc<Self>, account: &Arc<Account>, place: &Place, ts: &str) {
        let (status, account) = (Arc::clone(self), Arc::clone(account));
        let (place, ts) = (place.clone(), ts.to_owned());
        self.tasks.spawn(async move {
            if say(&account, &place, WORKING).await {
                return;
            }
            let eyes = json!({"channel": place.channel, "timestamp": ts, "name": "eyes"});
            match account.write("reactions.add", &eyes).await {
                Ok(_) => status.lock().entry(place).or_default().push(ts),
                Err(e) => debug!("No sign of work could be shown: {e}"),
            }
        });
    }

    /// Takes the signs of a thread away once its reply is there.
    pub(super) fn end(self: &Arc<Self>, account: &Arc<Account>, place: &Place) {
        // Slack clears a status by itself when the reply comes.
        let Some(posts) = self.lock().remove(place) else { return };
        let (account, channel) = (Arc::clone(account), place.channel.clone());
        self.tasks.spawn(async move {
            for ts in posts {
                let eyes = json!({"channel": channel, "timestamp": ts, "name": "eyes"});
                if let Err(e) = account.write("reactions.remove", &eyes).await {
                    debug!("The eyes stay: {e}");
                }
            }
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Vec<String>>> {
        self.eyes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the status line of a thread; whether Slack took it.
async fn say(account: &Account, place: &Place, words: &str) -> bool {
    let arguments = json!({"channel_id": place.channel, "thread_ts": place.thread, "status": words});
    match account.write("assistant.threads.setStatus", &arguments).await {
        Ok(_) => true,
        Err(e) => {
            debug!("No status line here: {e}");
            false
        }
    }
}
