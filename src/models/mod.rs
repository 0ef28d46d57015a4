//! Models: the catalogue, and how a model file gets onto this machine.
//!
//! A person types `understudy models pull` and watches a bar; a source that says no is passed
//! over within seconds and the next one is asked. When it cannot work, they read one sentence
//! that says what to do. A model is in the models directory whole and checked, or not at all.
//!
//! Kept there: the models under the names the catalogue gives them; `<file>.part` with
//! `<file>.part.from` while a hub download is unfinished; `<file>.pip/` while a package is
//! unpacked; `.pull.lock`, which lets one process pull at a time.
//!
//! After a crash the next pull goes on from `<file>.part` where the hub still has the same file,
//! and throws `<file>.pip/` away. Only a rename makes a file a model, so a crash never leaves
//! half of one behind.

mod bert_gguf;
mod catalogue;
mod ct2;
mod error;
mod gguf_writer;
mod hub;
mod mel;
mod part;
mod progress;
mod pull;
mod pypi;
mod whisper_ggml;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, Convert, Entry, HubFile, Kind, PypiFile, Source};
pub use error::PullError;
pub use progress::{Progress, progress_bar};
pub use pull::{Reach, installed, pull, pull_via};
