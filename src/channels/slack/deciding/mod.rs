//! Deciding in Slack: approval cards, the home tab with its switches, corrections, and the command `/understudy`.
//!
//! Whoever may decide on what an understudy asks gets a card in a direct message, with the exact arguments and buttons.
//! Whoever opens the home tab sees what it may do and what waits; an admin switches tools there. Kept: which card stands
//! where, so that a click is known after a restart and a decision made elsewhere is shown on every card.
//!
//! Architecture invariant: nothing that Slack sends along decides. A button carries a random token; who clicked, what
//! they may do, what is asked and whether it still waits are looked up when they click.

mod actor;
mod card;
mod cards;
mod click;
mod command;
mod correct;
mod edit;
mod home;
mod homes;
mod interaction;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Instant,
};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{account::Account, send::Pace};
use crate::{
    domain::ReaderId,
    people::{People, Person},
    store::Store,
    tools::Toolbox,
};
pub(super) use cards::keep;
use homes::Open;

/// What deciding needs besides Slack and the store.
pub struct Levers {
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// What understudies can do.
    pub toolbox: Arc<Toolbox>,
    /// Rung when a request was approved and can be done.
    pub approved: Arc<Notify>,
    /// Rung when something may leave.
    pub wake_outbox: Arc<Notify>,
    /// Where people reach the console, without a slash at its end.
    pub console: String,
}

/// Decisions about one person's understudy.
pub(super) struct Deciding {
    account: Arc<Account>,
    /// The bots of this installation, so that one command serves all of them.
    bots: Arc<Vec<Arc<Account>>>,
    /// Of all posts, replies included.
    pace: Arc<Pace>,
    store: Store,
    levers: Arc<Levers>,
    tasks: TaskTracker,
    over: CancellationToken,
    /// Rung when a card or a home tab may be out of date.
    look: Notify,
    /// The ids in Slack of those who decide, with when they were asked for.
    ids: Mutex<HashMap<ReaderId, (Instant, Option<String>)>>,
    /// Cards that this process made and has not tried to post yet.
    made: Mutex<BTreeSet<String>>,
    /// Home tabs that somebody may be looking at, by their id in Slack.
    homes: Mutex<HashMap<String, Open>>,
}

impl Deciding {
    pub(super) fn new(
        account: Arc<Account>,
        bots: Arc<Vec<Arc<Account>>>,
        pace: Arc<Pace>,
        store: Store,
        levers: Arc<Levers>,
        over: CancellationToken,
    ) -> Self {
        let (tasks, look, ids, made, homes) = Default::default();
        Self { account, bots, pace, store, levers, tasks, over, look, ids, made, homes }
    }

    /// Takes a click or a form in and returns what the acknowledgement carries; the work follows it.
    pub(super) async fn interaction(self: &Arc<Self>, payload: &Value) -> Option<Value> {
        match interaction::read(payload) {
            interaction::Interaction::Clicked(click) => {
                let deciding = Arc::clone(self);
                self.tasks.spawn(async move { deciding.clicked(click).await });
                None
            }
            interaction::Interaction::Submitted(form) if form.callback == correct::CALLBACK => {
                self.corrected(&form).await
            }
            interaction::Interaction::Submitted(form) => self.submitted(form).await,
            interaction::Interaction::PointedAt(shortcut) if shortcut.callback == correct::CALLBACK => {
                let deciding = Arc::clone(self);
                self.tasks.spawn(async move { deciding.pointed_at(shortcut).await });
                None
            }
            interaction::Interaction::PointedAt(shortcut) => {
                debug!("A shortcut named {} is not ours", shortcut.callback);
                None
            }
            interaction::Interaction::Other(kind) => {
                debug!("An interaction of the kind {kind} needs nothing");
                None
            }
        }
    }

    fn person(&self) -> Option<&Person> {
        self.levers.people.get(&self.account.person)
    }

    /// Shows a sentence to one person only.
    async fn whisper(&self, channel: &str, user: &str, sentence: &str) {
        let arguments = json!({"channel": channel, "user": user, "text": escaped(sentence)});
        if let Err(e) = self.account.write("chat.postEphemeral", &arguments).await {
            debug!("A sentence for one person was not taken: {e}");
        }
    }
}

/// A text that Slack shows as it is: nothing in it pings or links.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The beginning of a text, with a mark where it was cut.
fn cut(text: &str, most_chars: usize) -> String {
    if text.chars().count() <= most_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    format!("{kept}…")
}
