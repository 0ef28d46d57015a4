//! Cases: what a person did in real situations, as examples that a model can learn from.
//!
//! From cleaned threads come replies with what a prompt would have shown of the notes of their time, and the queries
//! that would have found those notes. Figures that a reply takes from notes are made up anew in both, so that facts stay out of the weights;
//! those of the request stay, because they decide. Cases are split by thread and time; the newest part is the
//! exam, which nobody trains on.

mod build;
mod evidence;
mod playback;
mod queries;
mod recall;
mod replies;
mod split;
mod values;

use serde::{Deserialize, Serialize};

pub use build::{Built, LEAST, Plan, build};
pub use recall::Recall;
pub use split::Split;

use super::Example;
use crate::domain::SourceKind;

/// An example made from a person's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// A hash of where it comes from; the same when the data set is made anew.
    pub id: String,
    /// A hash of its thread.
    pub thread: String,
    /// When the person wrote, in Unix seconds.
    pub t: i64,
    /// What it is for.
    pub split: Split,
    /// Where the words come from.
    pub source: SourceKind,
    /// Whether its question is made up, as for sent mail without one; never in the exam.
    pub synthetic: bool,
    /// The example, masked.
    pub example: Example,
}
