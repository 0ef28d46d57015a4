//! Consent, rounds of learning, vetoes and receipts.

mod consent;
mod erase;
mod runs;

pub use consent::NewConsent;
pub use erase::Erased;
pub use runs::{IntakeRow, Receipt, RunRow, RunState};
