//! The integration tests, in one binary.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::type_complexity,
    missing_docs,
    reason = "a test may panic, and its tables are read once"
)]

mod adapters;
mod bench;
mod browser;
mod crash;
mod direction;
mod email;
mod errors;
mod hands;
mod hearing;
mod inbox;
mod learning;
mod memory;
mod metrics;
mod pausing;
mod real_turn;
mod restoring;
mod review;
mod senses;
mod sign_in;
mod slack;
mod support;
mod training;
mod watching;
mod web;
