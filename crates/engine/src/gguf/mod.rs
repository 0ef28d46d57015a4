//! Reads the header of a GGUF file and checks it before llama.cpp sees the file.
//!
//! llama.cpp aborts the whole process on some bad files, so a file is refused here when its magic, version,
//! sizes, types or shapes do not add up. Only the header is read, except by [`check_numbers`].
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>

mod check;
mod header;
mod numbers;
mod random;

pub use check::{BadAdapter, check_adapter, check_base, check_embedding};
pub use header::{Header, Tensor, Value};
pub use numbers::check_numbers;
pub use random::write_random_adapter;

use std::{io, path::PathBuf};

/// Why a file is not a GGUF that can be served, in words for the person who chose it.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The file could not be read at all.
    #[error("can't read `{path}`: {source}. Check the path and its permissions")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not a GGUF.
    #[error("`{path}` is not a GGUF file ({why}). Download it again, or choose another file")]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
    /// The header promises more bytes than the file has.
    #[error(
        "`{path}` is cut short: it needs {needed_bytes} bytes and has {size_bytes}. Download it again with `understudy models pull`"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that the header promises.
        needed_bytes: u64,
        /// Bytes that are there.
        size_bytes: u64,
    },
    /// A valid GGUF of the wrong kind.
    #[error("`{path}` can't be used as {wanted}: {why}")]
    WrongKind {
        /// The file.
        path: PathBuf,
        /// What it was meant to be.
        wanted: &'static str,
        /// Why it is not.
        why: String,
    },
    /// An adapter that does not fit its base.
    #[error(
        "the adapter `{path}` does not fit its base model: {why}. Set UNDERSTUDY_BASE to the base it was trained on, or move the adapter away and restart"
    )]
    WrongBase {
        /// The adapter.
        path: PathBuf,
        /// What does not fit.
        why: BadAdapter,
    },
    /// A weight that is no number.
    #[error(
        "`{path}` holds NaN or an infinite number in `{tensor}`. Its training went wrong: train again with a lower rate"
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The first tensor with such a weight.
        tensor: String,
    },
}
