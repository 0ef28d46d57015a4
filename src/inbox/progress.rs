//! How far each turn is, for whoever watches; nothing here is kept.

use std::borrow::Cow;

use tokio::sync::broadcast;

use crate::{
    domain::{InboxId, PersonId},
    store::Claimed,
};

/// Where a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was claimed.
    Started,
    /// A recording is heard.
    Hearing {
        /// How much of it was heard, of 100.
        percent: u8,
    },
    /// The model chooses a tool, or one is used.
    Acting,
    /// The model writes queries.
    Asking,
    /// The notes are searched.
    Recalling,
    /// A document is gone through.
    Judging {
        /// The clause that is judged, from 1.
        clause: usize,
        /// How many there are.
        of: usize,
    },
    /// The model drafts.
    Drafting,
    /// The reply is committed.
    Settled,
    /// It failed and will be tried again.
    Waiting,
    /// It waits for a person.
    Parked,
    /// Its message was taken back, or changed so that it begins anew.
    Withdrawn,
}

impl Stage {
    /// What people read while it lasts.
    #[must_use]
    pub fn words(self) -> Cow<'static, str> {
        let words = match self {
            Self::Judging { clause, of } => return format!("reading clause {clause} of {of}").into(),
            Self::Hearing { percent } => return format!("listening, {percent} % heard").into(),
            Self::Started => "reading",
            Self::Acting => "seeing what is to be done",
            Self::Asking => "thinking about what to look up",
            Self::Recalling => "looking it up",
            Self::Drafting => "writing",
            Self::Settled => "done",
            Self::Waiting => "something failed, trying again in a moment",
            Self::Parked => "stuck, somebody has to look at it",
            Self::Withdrawn => "taken back",
        };
        words.into()
    }
}

/// Something that happened in a turn.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The message that is answered.
    pub inbox: InboxId,
    /// Who answers.
    pub person: PersonId,
    /// Where the turn is.
    pub stage: Stage,
    /// The draft so far; for its owner's eyes only.
    pub draft: Option<String>,
}

/// Tells watchers how far turns are; slow watchers miss moments, turns never wait.
#[derive(Debug, Clone)]
pub struct Progress {
    moments: broadcast::Sender<Moment>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { moments: broadcast::channel(1024).0 }
    }
}

impl Progress {
    /// Watches all turns from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Moment> {
        self.moments.subscribe()
    }

    /// Says where a turn is.
    pub fn stage(&self, claimed: &Claimed, stage: Stage) {
        self.say(claimed, stage, None);
    }

    /// Shows the draft so far.
    pub fn draft(&self, claimed: &Claimed, draft: &str) {
        self.say(claimed, Stage::Drafting, Some(draft.to_owned()));
    }

    fn say(&self, claimed: &Claimed, stage: Stage, draft: Option<String>) {
        let moment = Moment { inbox: claimed.id, person: claimed.message.person.clone(), stage, draft };
        // Without watchers there is nobody to tell.
        self.moments.send(moment).ok();
    }
}
