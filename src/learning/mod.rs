//! Learning: how a person decides, writes and asks, from consented words to an adapter that serves.
//!
//! The [`corpus`] makes the starter's invented lessons and the invented companies that judge it. An [`Example`]
//! is one model call with the answer it should get; it is rendered by the same prompt files that serve.
//!
//! A person's words come in by [`consent`], are read by [`intake`], cleaned ([`clean`]) and made into [`cases`]; the
//! [`vault`] keeps them encrypted, [`retention`] and [`erase`] make them go, [`export`] and [`handout`] give them
//! away. [`import`] brings in what was trained elsewhere.
//!
//! What an adapter is worth is measured by [`evaluation`] and decided by the gate, [`judge`]; whether writing is learnt
//! from sent mail alone, by [`mails`].
//! The invented [`demo`] people decide by rules that stand in no note; [`decisions`] counts how often that was learnt.

pub mod calendar;
pub mod cases;
pub mod clean;
pub mod collection;
pub mod consent;
pub mod corpus;
pub mod dataset;
pub mod decisions;
pub mod demo;
pub mod erase;
pub mod evaluation;
mod event;
mod example;
pub mod export;
pub mod handout;
pub mod import;
pub mod intake;
pub mod judge;
pub mod mails;
pub mod manifest;
pub mod quality;
pub mod rehearse;
mod report;
pub mod reranking;
pub mod retention;
pub mod train;
pub mod vault;

pub use event::{Event, ME};
pub use example::{Call, Cast, Example, Note};
pub use report::{Reason, Report, Skipped};
