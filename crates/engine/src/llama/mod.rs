//! Thin safe handles over llama.cpp: model, adapter, context, grammar.
//!
//! Why not llama-cpp-2: it keeps its raw handles private, and its borrows forbid adding an adapter beside a
//! live context; its vocabulary and samplers need its own model handle, so every file would be loaded twice.
//!
//! Architecture invariant: every `unsafe` block of the project lies below this module. [`Model`] may be shared
//! between threads for its vocabulary; [`Adapter`] and [`Context`] are `!Send` and stay on the owner's thread,
//! which is also the only one that changes what a model has loaded.

#![expect(unsafe_code, reason = "llama.cpp is a C library; each block states why it is sound")]

mod adapter;
mod backend;
mod context;
mod grammar;
mod model;

pub(crate) use adapter::Adapter;
pub(crate) use backend::{init, recent_error};
pub(crate) use context::{Context, ContextShape, DecodeError, Outputs};
pub(crate) use grammar::Grammar;
pub use grammar::{GrammarError, json_schema_to_gbnf};
pub use model::{Content, Message, Model, Prompt, Role, TemplateError};

/// A token id of one model's vocabulary.
pub type Token = i32;
