//! Tests of the fake Slack itself: what it enforces, what it sends, what its invariants catch; and the stock
//! Bolt applications that judge it.

#![allow(clippy::indexing_slicing, clippy::string_slice, missing_docs, reason = "a test may panic")]

mod conformance;
mod control;
mod events;
mod faults;
mod invariants;
mod sockets;
mod support;
mod web_api;
