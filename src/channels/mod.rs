//! Where messages come from and replies go to; a vendor's types stop here.
//!
//! Architecture invariant: a channel knows inbox and outbox, never the turn.

pub mod slack;
