//! What a training run is told, and what it says while it goes on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Activations;

/// A training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The GGUF base that will serve.
    pub base: PathBuf,
    /// Adapter to start from; none: a new one.
    #[serde(default)]
    pub start: Option<PathBuf>,
    /// Lines of [`crate::pack::Row`] to learn.
    pub train: PathBuf,
    /// Lines of [`crate::pack::Row`] to watch; none: no early stop.
    #[serde(default)]
    pub dev: Option<PathBuf>,
    /// Where the GGUF adapter goes.
    pub out: PathBuf,
    /// Directory of the checkpoint; a run that finds one goes on from it.
    pub work: PathBuf,
    /// Decides the first weights and every order.
    pub seed: u64,
    /// How to learn.
    #[serde(default)]
    pub recipe: Recipe,
    /// Stops with a checkpoint when standard input ends, so that no run outlives its parent.
    #[serde(default)]
    pub ends_with_stdin: bool,
}

/// How to learn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Rank of a new adapter.
    pub rank: usize,
    /// Numerator of the scale of a new adapter.
    pub alpha: f64,
    /// Highest learning rate.
    pub rate: f64,
    /// Weight decay of `AdamW`.
    pub weight_decay: f64,
    /// Share of the steps in which the rate rises.
    pub warm_up: f64,
    /// Highest norm of a step's gradient.
    pub clip: f64,
    /// Passes over the data.
    pub epochs: u64,
    /// Most tokens to compute in all; the plan is cut there.
    pub most_tokens: usize,
    /// Most tokens of a tree, examples that share a beginning.
    pub tree_tokens: usize,
    /// Most tokens of a pack; a larger tree is a pack of its own.
    pub pack_tokens: usize,
    /// Packs per step.
    pub accumulate: usize,
    /// Steps between looks at the dev rows.
    pub dev_every: usize,
    /// Looks without a better dev loss before the run stops early.
    pub patience: usize,
    /// Steps between checkpoints.
    pub checkpoint_every: usize,
    /// What a forward pass keeps.
    pub activations: Activations,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            rank: 8,
            alpha: 16.0,
            rate: 1.2e-3,
            weight_decay: 0.01,
            warm_up: 0.06,
            clip: 1.0,
            epochs: 1,
            most_tokens: 350_000,
            tree_tokens: 1024,
            pack_tokens: 1024,
            accumulate: 1,
            dev_every: 60,
            patience: 4,
            checkpoint_every: 20,
            activations: Activations::Kept,
        }
    }
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every planned step was taken.
    Finished,
    /// The dev loss no longer fell; the best adapter was written.
    Early,
    /// It was told to stop; the checkpoint is kept and no adapter was written.
    Cancelled,
}

/// What a run says, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// Before the first step.
    Planned {
        /// Steps in all.
        steps: usize,
        /// Steps that a checkpoint already holds.
        done: usize,
        /// Tokens that will be computed.
        tokens: usize,
        /// Rows that were left out: no prompt, no reply, or too long.
        dropped: usize,
        /// Values that are learnt.
        trainable: usize,
    },
    /// What the steps before a checkpoint came to, when the run goes on from one.
    Before {
        /// Loss by step, nats per reply token.
        curve: Vec<(usize, f64)>,
        /// Dev loss by step, likewise.
        dev_curve: Vec<(usize, f64)>,
    },
    /// After a step.
    Step {
        /// Its number, from 1.
        step: usize,
        /// Steps in all.
        steps: usize,
        /// Nats per reply token, before the step.
        loss: f64,
        /// Norm of the gradient before clipping.
        norm: f64,
        /// Learning rate.
        rate: f64,
        /// Tokens computed so far.
        tokens: usize,
        /// Tokens computed per second since this process began.
        tokens_per_s: f64,
        /// Seconds left at that speed.
        eta_s: f64,
    },
    /// After a look at the dev rows.
    Dev {
        /// Steps taken.
        step: usize,
        /// Nats per reply token.
        loss: f64,
    },
    /// The last line.
    Done {
        /// Why.
        ending: Ending,
        /// Steps taken.
        steps: usize,
        /// Tokens computed.
        tokens: usize,
        /// Lowest dev loss, when there were dev rows.
        best_dev: Option<f64>,
        /// Most resident memory of this process so far, in megabytes; 0 where the system does not say.
        peak_mb: u64,
    },
}
