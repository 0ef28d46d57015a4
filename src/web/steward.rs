//! What the admin pages ask of the rest of the program, which the web doesn't know.

use async_trait::async_trait;
use serde_json::Value;

use crate::{domain::PersonId, people::Person};

/// A training of this process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Training {
    /// `training`, `ended`, `cancelled` or `failed`.
    pub state: String,
    /// Steps taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Seconds left.
    pub eta_s: f64,
    /// What went wrong.
    pub error: String,
    /// Loss by step, nats per reply token.
    pub curve: Vec<(usize, f64)>,
    /// Dev loss by step, likewise.
    pub dev_curve: Vec<(usize, f64)>,
}

/// Looks after adapters, trainings and erasures.
#[async_trait]
pub trait Steward: Send + Sync {
    /// The name of what answers for a person now: `base`, `starter`, their id, or that with a hash.
    fn adapter_of(&self, person: &Person) -> String;

    /// How far the newest training of a person in this process is.
    fn training_of(&self, person: &PersonId) -> Option<Training>;

    /// Lets a person's newest adapter serve if it was judged better, and returns its name.
    ///
    /// # Errors
    /// A [`crate::error::Hint`] that says why not.
    async fn promote(&self, person: &PersonId) -> anyhow::Result<String>;

    /// Lets what served before serve again, and returns its name.
    ///
    /// # Errors
    /// A [`crate::error::Hint`] that says why not.
    async fn roll_back(&self, person: &PersonId) -> anyhow::Result<String>;

    /// Erases everything of a person.
    ///
    /// # Errors
    /// When something can't be removed; it has to be repeated.
    async fn erase(&self, person: &PersonId) -> anyhow::Result<()>;

    /// How the parts are, as one JSON object.
    ///
    /// # Errors
    /// When the store is out of reach.
    async fn health(&self) -> anyhow::Result<Value>;
}
