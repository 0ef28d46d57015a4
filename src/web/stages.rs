//! Remembers where each running turn is, for pages that are loaded in the middle of one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast::error::RecvError;

use crate::{
    domain::InboxId,
    inbox::{Progress, Stage},
};

/// The last stage of every turn that has not ended.
#[derive(Default)]
pub(super) struct Stages {
    // A std mutex: held for a map access, never across an await.
    running: Mutex<HashMap<InboxId, Stage>>,
}

impl Stages {
    /// Follows `progress` until nobody can report any more.
    pub(super) fn follow(progress: &Progress) -> Arc<Self> {
        let stages = Arc::new(Self::default());
        let (watching, mut moments) = (Arc::clone(&stages), progress.watch());
        tokio::spawn(async move {
            loop {
                match moments.recv().await {
                    Ok(moment) => watching.note(moment.inbox, moment.stage),
                    // A missed moment leaves an older word on a page until the next one.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        stages
    }

    /// Where a turn is, as far as it is known.
    pub(super) fn of(&self, inbox: InboxId) -> Option<Stage> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&inbox).copied()
    }

    fn note(&self, inbox: InboxId, stage: Stage) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match stage {
            Stage::Settled | Stage::Parked | Stage::Withdrawn => running.remove(&inbox),
            _ => running.insert(inbox, stage),
        };
    }
}
