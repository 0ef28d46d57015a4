//! The engine: small language models, many adapters, one thread that computes.
//!
//! [`Engine::start`] spawns the owner thread, which alone holds contexts and adapters. [`Engine::generate`],
//! [`Engine::score`] and [`Engine::embed`] queue work to it and return at once. Each adapter in use has a
//! context of its own ("lane"), so switching people is choosing a pointer, and no two people's keys and values
//! ever meet. Prompt chunks end at fixed absolute positions and no graph holds two requests, which is why a
//! greedy reply is the same bytes whether or not others are busy.
//!
//! Deliberately absent: batching of several requests in one graph, fairness credits, a disk tier for prefixes.

mod budget;
mod cosine;
mod engine;
pub mod gguf;
mod lane;
mod llama;
mod owner;
mod prefix;
mod sampling;

use std::{fmt, io, path::PathBuf, sync::Arc};

pub use cosine::cosine;
pub use engine::{
    Branch, Cancel, Engine, EngineConfig, Event, Finished, Generate, Generation, Score, StopReason, Usage,
};
pub use llama::{
    Content, GrammarError, Message, Model, Prompt, Role, TemplateError, Token, json_schema_to_gbnf,
};

/// Prompts are computed in chunks that end at multiples of this many tokens; saved prefixes end there too.
pub const CHUNK_TOKENS: usize = 64;

/// SHA-256 of a model's whole GGUF file, in hex: weights, vocabulary and chat template.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub(crate) Arc<str>);

/// SHA-256 of an adapter's file, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdapterId(pub(crate) Arc<str>);

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AdapterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the engine could not do something.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The file is not what it should be.
    #[error(transparent)]
    Gguf(Arc<gguf::GgufError>),
    /// llama.cpp refused a file whose header was fine.
    #[error("llama.cpp can't load `{}`: {why}. Download it again, or choose another file", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What its log said.
        why: String,
    },
    /// The file could not be read.
    #[error("can't read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Everything together needs more memory than the budget allows.
    #[error(
        "this needs {needed_mb} MB of model memory and the budget is {limit_mb} MB. Raise engine_memory_mb (UNDERSTUDY_ENGINE_MEMORY_MB) or choose a smaller model"
    )]
    OutOfBudget {
        /// Megabytes needed.
        needed_mb: u64,
        /// Megabytes allowed.
        limit_mb: u64,
    },
    /// The prompt does not fit the context.
    #[error("the prompt has {tokens} tokens and the context holds {room}")]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of the context, less one for the answer.
        room: usize,
    },
    /// A prompt or a text without tokens.
    #[error("there is nothing to compute: the text is empty")]
    Empty,
    /// The adapter is not registered, or was removed.
    #[error("the adapter {0} is not registered")]
    UnknownAdapter(AdapterId),
    /// The grammar can't be used.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// The request was cancelled.
    #[error("the request was cancelled")]
    Cancelled,
    /// llama.cpp failed in the middle.
    #[error("llama.cpp stopped with code {0}")]
    Failed(i32),
    /// The engine has shut down.
    #[error("the engine is shut down")]
    Stopped,
}

impl From<gguf::GgufError> for EngineError {
    fn from(e: gguf::GgufError) -> Self {
        Self::Gguf(Arc::new(e))
    }
}
