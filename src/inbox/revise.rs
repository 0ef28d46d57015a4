//! Changes of mind: what a sender edits, adds, takes back or stops reaches the turn that is at it.
//!
//! The store decides by the row; here the turn that has become pointless is ended at once, so that the model stops
//! too. A turn that ends in the same instant finds its lease gone and commits nothing; one that has claimed the row
//! since then, as it is now, goes on: turns are told apart by the token of their lease.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{Inbox, MESSAGE_MAX_BYTES, Refused, count_accepted};
use crate::{
    domain::{Attachment, Channel, Inbound, InboxId},
    store::{Accepted, Claimed, Revised, Span, StoreError, now},
};

/// The turns of this process that are under way.
#[derive(Clone, Default)]
pub(super) struct AtWork(Arc<Mutex<HashMap<InboxId, Work>>>);

/// What is known of a turn.
struct Work {
    lease_token: i64,
    pointless: CancellationToken,
}

impl AtWork {
    /// Notes a turn until the guard is dropped.
    pub(super) fn begin(&self, claimed: &Claimed) -> Turn {
        let (id, lease_token, pointless) = (claimed.id, claimed.lease_token, CancellationToken::new());
        self.lock().insert(id, Work { lease_token, pointless: pointless.clone() });
        Turn { at_work: self.clone(), id, lease_token, pointless }
    }

    fn end(&self, revised: Revised) {
        if let Some(work) = self.lock().get(&revised.id).filter(|w| w.lease_token < revised.lease_token) {
            work.pointless.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InboxId, Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn that is under way.
pub(super) struct Turn {
    at_work: AtWork,
    id: InboxId,
    lease_token: i64,
    /// Cancelled when nobody needs its result any more.
    pub(super) pointless: CancellationToken,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut at_work = self.at_work.lock();
        if at_work.get(&self.id).is_some_and(|work| work.lease_token == self.lease_token) {
            at_work.remove(&self.id);
        }
    }
}

impl Inbox {
    /// Stores a message as [`Inbox::accept`] does, or as a follow-up of one by the same sender in `among` that is
    /// not answered yet; both are then answered together.
    ///
    /// # Errors
    /// As for [`Inbox::accept`].
    pub async fn accept_following(&self, message: &Inbound, among: &Span) -> Result<Accepted, Refused> {
        if message.text.len() > MESSAGE_MAX_BYTES {
            return Err(Refused::TooLong { bytes: message.text.len() });
        }
        let accepted = self.store.accept_following(message, among, now()).await?;
        count_accepted(message, accepted);
        if let Accepted::Joined(earlier) = accepted {
            self.at_work.end(earlier);
        }
        self.wake();
        Ok(accepted)
    }

    /// Answers a message at once by a sentence that is no reply, such as that nobody answers here now.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn answer_at_once(
        &self,
        message: &Inbound,
        outcome: &'static str,
        sentence: &str,
    ) -> Result<Accepted, StoreError> {
        let accepted = self.store.answer_at_once(message, outcome, sentence, now()).await?;
        count_accepted(message, accepted);
        Ok(accepted)
    }

    /// Replaces the text of a message that is not answered yet; returns the row that is read again.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn amend(
        &self,
        channel: Channel,
        key: &str,
        text: &str,
    ) -> Result<Option<InboxId>, StoreError> {
        let read = self.store.amend(channel, key, text, now()).await?;
        Ok(self.read_again(read))
    }

    /// Adds the files that came with a message that is not answered yet; returns the row that is read again.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn add_files(
        &self,
        channel: Channel,
        key: &str,
        files: &[Attachment],
    ) -> Result<Option<InboxId>, StoreError> {
        let read = self.store.add_files(channel, key, files, now()).await?;
        Ok(self.read_again(read))
    }

    /// Cancels a message that its sender took back; returns the row whose turn ended.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn cancel(&self, channel: Channel, key: &str) -> Result<Option<InboxId>, StoreError> {
        let ended = self.store.cancel(channel, key, now()).await?;
        Ok(self.read_again(ended))
    }

    /// Cancels everything in `among` that is not answered yet, because `by` said stop; returns how much that was.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn stop_all(&self, among: &Span, by: &str) -> Result<usize, StoreError> {
        let stopped = self.store.stop_all(among, by, now()).await?;
        for revised in &stopped {
            self.at_work.end(*revised);
        }
        self.wake();
        Ok(stopped.len())
    }

    fn read_again(&self, revised: Option<Revised>) -> Option<InboxId> {
        let revised = revised?;
        self.at_work.end(revised);
        self.wake();
        Some(revised.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Audience, Conversation, PersonId, ReaderId, Requester, Standing};

    fn claimed(lease_token: i64) -> Claimed {
        let requester = Requester {
            id: ReaderId::new("alice").unwrap(),
            name: String::new(),
            standing: Standing::Member,
        };
        let message = Inbound {
            channel: Channel::Cli,
            key: "k".to_owned(),
            conversation: Conversation("c".to_owned()),
            person: PersonId::new("bob").unwrap(),
            requester,
            audience: Audience::unknown(),
            text: String::new(),
            attachments: Vec::new(),
        };
        Claimed { id: InboxId(1), message, attempts: 1, failures: 0, accepted_at: 0, lease_token }
    }

    #[test]
    fn a_change_ends_the_turn_of_an_older_claim_and_no_newer_one() {
        let at_work = AtWork::default();
        let old = at_work.begin(&claimed(1));
        // The row was changed (2) and claimed again (3) before the change got here.
        let new = at_work.begin(&claimed(3));
        at_work.end(Revised { id: InboxId(1), lease_token: 2 });
        assert!(!new.pointless.is_cancelled());
        drop(old);
        at_work.end(Revised { id: InboxId(1), lease_token: 4 });
        assert!(new.pointless.is_cancelled(), "the older turn did not take the newer one along");
    }
}
