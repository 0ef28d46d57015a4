//! What a turn did, read back from its journal.

use serde::{Deserialize, Serialize};

use crate::{domain::Passage, store::StepRow};

/// What a turn did, for the journal and `ask --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which weights answered.
    pub adapter: String,
    /// The queries that were written.
    pub queries: Vec<String>,
    /// What was found: first what the model was shown of, best first, then the rest.
    pub passages: Vec<Passage>,
    /// What the model read of the first of them.
    pub read: Vec<String>,
    /// Milliseconds per step.
    pub timings_ms: Vec<(String, f64)>,
}

impl Record {
    /// What the model read of a passage; nothing when it was not shown.
    #[must_use]
    pub fn read_of(&self, passage: &Passage) -> Option<&str> {
        self.read.get(passage.n.checked_sub(1)?).map(String::as_str)
    }

    /// The titles of the passages with these numbers, each as one line.
    #[must_use]
    pub fn titles(&self, cites: &[usize]) -> Vec<(usize, String)> {
        let one_line = |title: &str| title.split_whitespace().collect::<Vec<_>>().join(" ");
        let cited = self.passages.iter().filter(|passage| cites.contains(&passage.n));
        cited.map(|passage| (passage.n, one_line(&passage.title))).collect()
    }

    /// Reads back what the journal kept.
    #[must_use]
    pub fn of(steps: &[StepRow]) -> Self {
        let mut record = Self::default();
        for step in steps {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of one turn")]
            record.timings_ms.push((step.kind.clone(), step.took_us as f64 / 1000.0));
            let Ok(mut result) = serde_json::from_str::<serde_json::Value>(&step.result) else { continue };
            let mut take = |key: &str| result.get_mut(key).map(serde_json::Value::take).unwrap_or_default();
            match step.kind.as_str() {
                "act" => record.adapter = serde_json::from_value(take("adapter")).unwrap_or_default(),
                "ask" => {
                    record.adapter = serde_json::from_value(take("adapter")).unwrap_or_default();
                    record.queries = serde_json::from_value(take("queries")).unwrap_or_default();
                }
                "recall" => record.passages = serde_json::from_value(take("passages")).unwrap_or_default(),
                "judge" => {
                    record.adapter = serde_json::from_value(take("adapter")).unwrap_or_default();
                    record.queries = serde_json::from_value(take("queries")).unwrap_or_default();
                    record.passages = serde_json::from_value(take("passages")).unwrap_or_default();
                    record.read = serde_json::from_value(take("read")).unwrap_or_default();
                }
                "draft" => record.read = serde_json::from_value(take("read")).unwrap_or_default(),
                _ => {}
            }
        }
        record
    }
}
