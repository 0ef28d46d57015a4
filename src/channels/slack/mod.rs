//! Slack: each understudy is a member of the workspace, under its own app and name.
//!
//! Somebody mentions it, writes to it, or replies in a thread it takes part in; they see a status line or eyes
//! within a second, then one reply in that thread. Kept: nothing but the rows of inbox and outbox. A frame is
//! acknowledged after its message is committed, so after a crash Slack sends it again and the inbox drops the
//! repeat; a reply whose post may have arrived is looked for in its thread before it is posted again.
//!
//! In the order a message meets them: `socket` reads frames (and `backfill` what was said while there was none),
//! `event` makes sense of them, `speak` and `limits` decide, `intake` commits (`changes` what comes after), `status` shows a sign, `introduce` asks
//! who that is and who listens and has `files` fetched, `send` delivers and `readback` looks after a doubtful end.
//! Cards, switches and commands are `deciding`; `acting` holds the tools that read and post in channels.

mod account;
mod acting;
mod api;
mod backfill;
mod changes;
mod deciding;
mod directory;
mod doctor;
mod event;
mod files;
mod frame;
mod intake;
mod introduce;
mod limits;
mod manifest;
mod mrkdwn;
mod place;
mod readback;
mod send;
mod socket;
mod speak;
mod status;
mod talks;
mod token;
mod upload;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
};

use anyhow::Context;
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use acting::tools;
pub use deciding::Levers;
pub use doctor::{Running, check};
pub use manifest::manifest;

use crate::{
    domain::{Inbound, PersonId},
    files::Files,
    inbox::Inbox,
    outbox::{Deliver, DeliveryError},
    people::{Introduce, Introduction, People, SlackApp},
    store::{ClaimedReply, Store},
};
use account::Account;
use api::Api;
use deciding::Deciding;
use intake::Intake;
use place::Place;
use send::Pace;
use status::Status;
use token::Tokens;

/// Everybody's bots.
pub struct Slack {
    accounts: BTreeMap<PersonId, Arc<Account>>,
    /// People whose tokens can't be used, and why.
    problems: Vec<(PersonId, String)>,
    store: Store,
    files: Files,
    status: Arc<Status>,
    pace: Arc<Pace>,
}

/// How the sockets of one bot are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Whose bot.
    pub person: PersonId,
    /// Sockets that are open.
    pub sockets: usize,
    /// Seconds since the last frame; `None` before the first.
    pub silent_s: Option<u64>,
    /// Why it does not connect, when nothing but a person can change that.
    pub ended: Option<String>,
}

/// Whoever has tokens.
struct Bots {
    accounts: BTreeMap<PersonId, Arc<Account>>,
    problems: Vec<(PersonId, String)>,
}

fn bots(people: &People, base: &str, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Bots> {
    let api = Api::new(base)?;
    let (mut accounts, mut problems) = (BTreeMap::new(), Vec::new());
    for person in people.everybody() {
        let Some(app) = &person.slack else { continue };
        match Tokens::read(app, &variable) {
            Ok(Some(tokens)) => {
                let same =
                    |other: &&Arc<Account>| other.tokens.app == tokens.app || other.tokens.bot == tokens.bot;
                if let Some(other) = accounts.values().find(same) {
                    problems.push((person.id.clone(), shared(app, &other.person)));
                    continue;
                }
                let account = Account::new(person, app.clone(), tokens, api.clone());
                accounts.insert(person.id.clone(), Arc::new(account));
            }
            Ok(None) => {}
            Err(e) => problems.push((person.id.clone(), e.to_string())),
        }
    }
    Ok(Bots { accounts, problems })
}

/// What an operator is told when two people have one app: each would answer half of what is said to both.
fn shared(app: &SlackApp, other: &PersonId) -> String {
    let SlackApp { app_token, bot_token, .. } = app;
    format!(
        "{app_token} or {bot_token} holds a token of {other}'s app; each person needs an app of their own, see docs/slack.md"
    )
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Slack {
    /// Reads everybody's tokens by `variable`; nothing is sent yet.
    ///
    /// # Errors
    /// When the HTTP client can't be started.
    pub fn open(
        people: &People,
        store: Store,
        files: Files,
        base: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let Bots { accounts, problems } = bots(people, base, variable)?;
        Ok(Self { accounts, problems, store, files, status: Arc::default(), pace: Arc::default() })
    }

    /// The tasks that keep everybody's sockets open until `stop`.
    pub fn listen(&self, inbox: &Inbox, levers: Levers, stop: &CancellationToken) -> Vec<Task> {
        for (person, why) in &self.problems {
            warn!("{person} is not in Slack: {why}");
        }
        let (levers, bots) =
            (Arc::new(levers), Arc::new(self.accounts.values().cloned().collect::<Vec<_>>()));
        let mut tasks: Vec<Task> = Vec::new();
        for account in self.accounts.values() {
            let (store, status) = (self.store.clone(), Arc::clone(&self.status));
            let over = stop.child_token();
            let (bots, levers, pace) = (Arc::clone(&bots), Arc::clone(&levers), Arc::clone(&self.pace));
            let deciding =
                Deciding::new(Arc::clone(account), bots, pace, store.clone(), levers, over.clone());
            let deciding = Arc::new(deciding);
            tasks.push(Box::pin(deciding::keep(Arc::clone(&deciding))));
            let intake = Intake::new(Arc::clone(account), inbox.clone(), store, status, deciding, over);
            let intake = Arc::new(intake);
            for n in 0..socket::SOCKETS {
                tasks.push(Box::pin(socket::keep(Arc::clone(&intake), n)));
            }
            tasks.push(Box::pin(backfill::keep_note(intake)));
        }
        tasks
    }

    /// How everybody's connections are.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        let of = |account: &Arc<Account>| Connection {
            person: account.person.clone(),
            sockets: account.line.sockets(),
            silent_s: account.line.silent().map(|silent| silent.as_secs()),
            ended: account.line.ended(),
        };
        let bad = self.problems.iter().map(|(person, why)| Connection {
            person: person.clone(),
            sockets: 0,
            silent_s: None,
            ended: Some(why.clone()),
        });
        self.accounts.values().map(of).chain(bad).collect()
    }

    fn account(&self, place: &Place) -> Option<&Arc<Account>> {
        self.accounts.get(&place.person)
    }

    /// The bots of this installation as users: they read nothing that their people's notes don't hold already.
    fn own_bots(&self) -> BTreeSet<String> {
        self.accounts.values().filter_map(|account| Some(account.known_identity()?.user.clone())).collect()
    }
}

#[async_trait]
impl Deliver for Slack {
    async fn deliver(&self, reply: &ClaimedReply) -> Result<String, DeliveryError> {
        let Some(place) = Place::of(&reply.conversation) else {
            return Err(DeliveryError::Permanent("the row names no thread in Slack".to_owned()));
        };
        let Some(account) = self.account(&place) else {
            let told =
                format!("{} is not in Slack any more: set their tokens, see docs/slack.md", place.person);
            return Err(DeliveryError::Permanent(told));
        };
        let receipt = send::deliver(account, &self.pace, &self.store, &place, reply).await?;
        self.status.end(account, &place);
        Ok(receipt)
    }
}

#[async_trait]
impl Introduce for Slack {
    async fn introduce(&self, message: &Inbound) -> anyhow::Result<Introduction> {
        let found = Place::of(&message.conversation).and_then(|place| Some((self.account(&place)?, place)));
        let Some((account, place)) = found else {
            anyhow::bail!("{} is not in Slack any more: set their tokens, see docs/slack.md", message.person)
        };
        introduce::introduce(account, &place, &self.own_bots(), &self.files, message)
            .await
            .context("ask Slack who that is")
    }
}
