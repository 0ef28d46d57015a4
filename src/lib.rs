//! Understudy: a self-hosted digital coworker.
//!
//! In the order a message meets them: a channel ([`channels`], and [`web`], the console) makes it a [`domain::Inbound`]; the
//! [`inbox`] commits it before anybody acknowledges it; a worker claims it and runs its [`turn`]: [`people`] says who is
//! addressed, [`tools`] do what [`permission`] allows, the [`mind`] writes queries, [`memory`] finds what the whole audience
//! may read, the mind drafts, the figures are checked, the manners are minded; the [`store`] commits reply and journal at
//! once; the [`outbox`] delivers. What strangers send is read by [`senses`], in other processes; files that came along
//! lie in [`files`]. [`ops`] is what commands can ask for, [`app`] puts the parts together.

#![forbid(unsafe_code)]

pub mod app;
pub mod channels;
pub mod cli;
pub mod config;
pub mod copying;
pub mod crash;
pub mod domain;
pub mod error;
pub mod files;
pub mod inbox;
pub mod learning;
pub mod memory;
pub mod meter;
pub mod mind;
pub mod models;
pub mod ops;
pub mod outbox;
pub mod people;
pub mod permission;
pub mod senses;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod tools;
pub mod turn;
pub mod web;
pub mod withheld;
