//! How a person's data was split.

use serde::{Deserialize, Serialize};

use crate::learning::cases::{Case, Split};

/// Examples by what they were for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// To learn from: the oldest.
    pub train: Part,
    /// To choose settings and the moment to stop with.
    pub dev: Part,
    /// Sealed for the exam: the newest.
    pub exam: Part,
    /// Examples to learn from whose question is made up.
    pub synthetic: usize,
}

/// One part of the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Examples.
    pub examples: usize,
    /// When the first was written, Unix seconds.
    pub from_at: i64,
    /// When the last was written, Unix seconds.
    pub until_at: i64,
}

impl Counts {
    /// Counts the data set of a person.
    #[must_use]
    pub fn of(cases: &[Case], exam: &[Case]) -> Self {
        let part = |split: Split| {
            let times = || cases.iter().chain(exam).filter(|case| case.split == split).map(|case| case.t);
            Part {
                examples: times().count(),
                from_at: times().min().unwrap_or(0),
                until_at: times().max().unwrap_or(0),
            }
        };
        Self {
            train: part(Split::Train),
            dev: part(Split::Dev),
            exam: part(Split::Exam),
            synthetic: cases.iter().filter(|case| case.synthetic).count(),
        }
    }
}
