//! Trains a LoRA adapter for a GGUF base on the processor: GGUF in, GGUF LoRA out.
//!
//! Rows of tokens become [`pack`]s; [`model`] computes a pack's loss and its gradient through [`block`] and
//! [`ops`] with the frozen [`base`] and the learnt [`adapter`]; [`optimise`] takes the steps; [`run`] is a whole
//! [`job`]. [`merge`] makes one model of a base and an adapter.

pub mod adapter;
pub mod base;
pub mod block;
pub mod child;
pub mod job;
pub mod merge;
pub mod model;
pub mod ops;
pub mod optimise;
pub mod pack;
pub mod run;
