//! What the rest of the program talks about: people, messages, audiences, passages, replies.
//!
//! Architecture invariant: nothing here does I/O, and nothing here knows a vendor's wire format.

mod audience;
mod consent;
mod ids;
mod message;
mod passage;
mod person;
mod review;
mod tool;

pub use audience::{Audience, Members, READERS_IN_FULL};
pub use consent::{Consent, IntakeId, Purpose, RunId, SourceKind, Stopped, UnknownWord};
pub use ids::{Conversation, InboxId, InvalidId, OutboxId, PersonId, ReaderId};
pub use message::{Attachment, Channel, Inbound, Requester, Standing, UnknownChannel};
pub use passage::{Integrity, Passage, Readers};
pub use person::Voice;
pub use review::{Clause, Finding, Judged, Ruling, Verdict};
pub use tool::{ActionId, Effect, Grant, Mode, Recipients};
