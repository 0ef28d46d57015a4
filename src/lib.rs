//! Understudy: a self-hosted digital coworker.

#![forbid(unsafe_code)]
