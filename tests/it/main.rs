//! The integration tests, in one binary.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::type_complexity,
    missing_docs,
    reason = "a test may panic, and its tables are read once"
)]

mod browser;
mod crash;
mod direction;
mod errors;
mod inbox;
mod memory;
mod real_turn;
mod support;
mod web;
