//! The outbox: committed replies leave through their channel, once.
//!
//! A reply is a row before anybody sees it. Kept: its state, attempts and receipt. After a crash in the middle
//! of a delivery the row is uncertain: its channel looks for the idempotency key before it sends anything.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    crash,
    domain::{Channel, InboxId},
    inbox::{OUTAGE_FAILURES_MAX, retry_after},
    store::{ClaimedReply, ReplyState, Store, now},
};

const LOOK: Duration = Duration::from_secs(1);

/// Why a delivery did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It did not leave; try again.
    #[error("{0}")]
    Retryable(String),
    /// It did not leave, and its channel says when to try again.
    #[error("rate limited, retry in {} s", after.as_secs())]
    RateLimited {
        /// How long to wait.
        after: Duration,
    },
    /// It may have left.
    #[error("{0}")]
    Uncertain(String),
    /// It will never leave.
    #[error("{0}")]
    Permanent(String),
}

/// A channel's way out.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Delivers a reply and returns what the channel calls it.
    ///
    /// When `reply.uncertain`, the channel first looks whether an earlier attempt arrived.
    ///
    /// # Errors
    /// See [`DeliveryError`].
    async fn deliver(&self, reply: &ClaimedReply) -> Result<String, DeliveryError>;
}

/// A channel whose readers look into the store themselves: the console and the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown;

#[async_trait]
impl Deliver for Shown {
    async fn deliver(&self, reply: &ClaimedReply) -> Result<String, DeliveryError> {
        // Marking the row delivered is what shows it, so a repeat changes nothing.
        Ok(format!("shown-{}", reply.id))
    }
}

/// Sends committed replies.
pub struct Outbox {
    /// The store.
    pub store: Store,
    /// Ways out by channel.
    pub channels: HashMap<Channel, Arc<dyn Deliver>>,
    /// Rung when a reply was committed.
    pub wake: Arc<Notify>,
    /// Tells which message's reply has been delivered.
    pub delivered: broadcast::Sender<InboxId>,
}

impl Outbox {
    /// Delivers until `stop`; run several side by side, so that a slow channel holds up no other reply.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let woken = self.wake.notified();
            match self.store.claim_reply(now()).await {
                Ok(Some(reply)) => {
                    // Another sender may find the next one while this one is on its way.
                    self.wake.notify_one();
                    self.deliver(&reply).await;
                    // The conversation is free again.
                    self.wake.notify_one();
                }
                Ok(None) => {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep(LOOK) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Err(e) => {
                    warn!("Can't claim from the outbox: {e:#}");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    async fn deliver(&self, reply: &ClaimedReply) {
        let (id, attempt) = (reply.id, reply.attempts);
        let outcome = match self.channels.get(&reply.channel) {
            Some(channel) => channel.deliver(reply).await,
            None => Err(DeliveryError::Permanent(format!(
                "the channel {} is not connected",
                reply.channel.as_str()
            ))),
        };
        let result = if outcome.is_ok() { "sent" } else { "failed" };
        metrics::counter!("understudy_deliveries_total", "result" => result).increment(1);
        let recorded = match &outcome {
            Ok(receipt) => self.store.mark_delivered(reply, receipt, now()).await,
            Err(e) => {
                let wait = retry_after(attempt, OUTAGE_FAILURES_MAX)
                    .map(|after| now() + after.as_secs().cast_signed());
                let (state, at) = match (e, wait) {
                    // Whole seconds, and never too early.
                    (DeliveryError::RateLimited { after }, Some(_)) => {
                        (ReplyState::Ready, now() + after.as_secs().cast_signed() + 1)
                    }
                    (DeliveryError::Retryable(_), Some(at)) => (ReplyState::Ready, at),
                    (DeliveryError::Uncertain(_), Some(at)) => (ReplyState::Uncertain, at),
                    _ => (ReplyState::Parked, 0),
                };
                warn!(outbox.id = %id, attempt, "Attempt {attempt} to deliver outbox row {id} failed: {e:#}");
                self.store.mark_undelivered(reply, state, &e.to_string(), at).await
            }
        };
        match recorded {
            Ok(()) if outcome.is_ok() => {
                crash::point("reply recorded");
                info!(outbox.id = %id, attempt, "Delivered outbox row {id} on attempt {attempt}");
                // Nobody may be waiting.
                self.delivered.send(reply.inbox).ok();
            }
            Ok(()) => {}
            Err(e) => warn!(outbox.id = %id, "Could not record the delivery of outbox row {id}: {e:#}"),
        }
    }
}
