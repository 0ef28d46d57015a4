//! Understudy: a self-hosted digital coworker.

#![forbid(unsafe_code)]

pub mod domain;
pub mod memory;
pub mod models;
