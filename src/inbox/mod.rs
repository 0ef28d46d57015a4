//! The inbox: messages are accepted once, answered in the order of their conversation, and never lost.
//!
//! A person writes; the channel acknowledges only after [`Inbox::accept`] returned, which is after the commit.
//! Kept: one row per message with its state and attempts. After a crash the message is claimed again; one that
//! takes the process down with it, or fails five times (fourteen while the notes are out of reach), is parked where people see it and can retry it, and its
//! sender is told so.

mod progress;
mod record;
mod retry;
mod revise;

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use progress::{Moment, Progress, Stage};
pub use record::Record;
pub use retry::{FAILURES_MAX, OUTAGE_FAILURES_MAX, retry_after};
use revise::AtWork;

use crate::{
    domain::Inbound,
    error::told,
    memory::NotesError,
    store::{Accepted, Claimed, Store, StoreError, now},
    turn::{self, Desk},
};

/// How long a claim holds without a sign of life.
const LEASE: Duration = Duration::from_secs(60);
/// How often a long turn extends its lease.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How often a worker looks for retries that have become due.
const LOOK: Duration = Duration::from_secs(1);
/// Longest message that is taken in; longer ones are refused by the channel with a sentence.
pub const MESSAGE_MAX_BYTES: usize = 256 * 1024;

/// Takes messages in.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    arrived: Arc<Notify>,
    at_work: AtWork,
}

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is too long.
    #[error(
        "This message has {bytes} bytes and I read up to {MESSAGE_MAX_BYTES}. Send the long part as a file, or in pieces."
    )]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// The store is out of reach; the sender must try again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Inbox {
    /// Makes an inbox over `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, arrived: Arc::new(Notify::new()), at_work: AtWork::default() }
    }

    /// Stores a message; when this returns `Ok`, it is committed and the channel may acknowledge.
    ///
    /// # Errors
    /// When the message is too long or the store is out of reach.
    pub async fn accept(&self, message: &Inbound) -> Result<Accepted, Refused> {
        if message.text.len() > MESSAGE_MAX_BYTES {
            return Err(Refused::TooLong { bytes: message.text.len() });
        }
        let accepted = self.store.accept(message, now()).await?;
        count_accepted(message, accepted);
        self.wake();
        Ok(accepted)
    }

    /// Lets a worker look again; it wakes the next one when it finds something.
    pub fn wake(&self) {
        self.arrived.notify_one();
    }
}

fn count_accepted(message: &Inbound, accepted: Accepted) {
    if !matches!(accepted, Accepted::Repeat(_)) {
        metrics::counter!("understudy_messages_accepted_total", "channel" => message.channel.as_str())
            .increment(1);
    }
}

/// Answers messages until `stop`; run as many of these side by side as turns may overlap.
pub async fn work(inbox: Inbox, desk: Arc<Desk>, outbox_wake: Arc<Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // Register before looking, so that a message that arrives meanwhile is not slept through.
        let arrived = inbox.arrived.notified();
        match inbox.store.claim_next(now(), LEASE.as_secs().cast_signed()).await {
            Ok(Some(claimed)) => {
                inbox.arrived.notify_one();
                answer(&inbox, &desk, &claimed, &stop).await;
                outbox_wake.notify_one();
                // The conversation is free again: its next message may be due.
                inbox.arrived.notify_one();
            }
            Ok(None) => {
                tokio::select! {
                    () = arrived => {}
                    () = tokio::time::sleep(LOOK) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(e) => {
                warn!("Can't claim from the inbox: {e:#}");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

async fn answer(inbox: &Inbox, desk: &Desk, claimed: &Claimed, stop: &CancellationToken) {
    let (id, store) = (claimed.id, &inbox.store);
    let at_work = inbox.at_work.begin(claimed);
    desk.progress.stage(claimed, Stage::Started);
    let turn = turn::run(desk, claimed, now());
    let ended = tokio::select! {
        ended = turn => ended,
        () = heartbeat(store, claimed) => Err(StoreError::LeaseLost.into()),
        () = at_work.pointless.cancelled() => Err(StoreError::LeaseLost.into()),
        () = stop.cancelled() => {
            if let Err(e) = store.give_back(claimed).await {
                warn!(inbox.id = %id, "Could not give back inbox row {id}: {e:#}");
            }
            return;
        }
    };
    match ended {
        Ok(()) => desk.progress.stage(claimed, Stage::Settled),
        Err(e) if matches!(e.downcast_ref(), Some(StoreError::LeaseLost)) => {
            info!(inbox.id = %id, "The turn of inbox row {id} ended without a result: its message changed or was taken back");
            desk.progress.stage(claimed, Stage::Withdrawn);
        }
        Err(e) => {
            metrics::counter!("understudy_turn_failures_total").increment(1);
            let failures = claimed.failures + 1;
            let passing = e.downcast_ref::<NotesError>().is_some_and(NotesError::is_passing);
            let most = if passing { OUTAGE_FAILURES_MAX } else { FAILURES_MAX };
            let retry = retry_after(failures, most);
            warn!(inbox.id = %id, failures, "Turn of inbox row {id} failed, {failures} of {most}: {}", told(&e));
            let retry_at = retry.map(|after| now() + after.as_secs().cast_signed());
            if let Err(e) = store.fail(claimed, &told(&e), retry_at, now()).await {
                warn!(inbox.id = %id, "Could not record the failure of inbox row {id}: {e:#}");
            }
            desk.progress.stage(claimed, if retry_at.is_some() { Stage::Waiting } else { Stage::Parked });
        }
    }
}

/// Extends the lease until it is lost.
async fn heartbeat(store: &Store, claimed: &Claimed) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let until = now() + LEASE.as_secs().cast_signed();
        match store.extend_lease(claimed, until).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => return,
            Err(e) => warn!("Can't extend a lease: {e:#}"),
        }
    }
}

/// Frees what a dead process had claimed; called once at start, under the lock of the data directory.
///
/// # Errors
/// When the database is out of reach.
pub async fn recover(store: &Store) -> Result<(), StoreError> {
    let claims = store.free_claims(now(), true).await?;
    let sending = store.free_sending().await?;
    if claims + sending > 0 {
        info!(claims, sending, "Took up {claims} messages and {sending} replies of the run before");
    }
    Ok(())
}
