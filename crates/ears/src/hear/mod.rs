//! Hears: a recording as samples in one process, samples as words in another that keeps Whisper loaded.

mod decode;
mod listen;
mod silence;

pub(super) use decode::decode;
pub(super) use listen::{Ear, say, serve};
