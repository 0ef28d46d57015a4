//! What stands beside an adapter: from what it was made, how, and for which base and prompts.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use understudy_trainer::job::{Job, Recipe};

use super::train::Outcome;
use crate::mind::PROMPT_FILES;

/// The manifest of an adapter, `manifest.json` beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Whose adapter; `starter` for the shipped one.
    pub person: String,
    /// SHA-256 of the adapter's file.
    pub adapter_sha256: String,
    /// SHA-256 of the base it belongs to.
    pub base_sha256: String,
    /// SHA-256 of the adapter that training started from.
    pub start_sha256: Option<String>,
    /// SHA-256 of every prompt file it was taught with.
    pub prompts: BTreeMap<String, String>,
    /// SHA-256 of the rows it learnt.
    pub data_sha256: String,
    /// How many rows those were.
    pub examples: usize,
    /// The consents that allowed them; none for invented lessons.
    pub consents: Vec<i64>,
    /// Decided every random choice.
    pub seed: u64,
    /// How it learnt.
    pub recipe: Recipe,
    /// Steps taken.
    pub steps: usize,
    /// Tokens computed.
    pub tokens: usize,
    /// Loss by step, nats per reply token.
    pub curve: Vec<(usize, f64)>,
    /// Dev loss by step, likewise.
    pub dev_curve: Vec<(usize, f64)>,
    /// When it must be gone or made anew, Unix seconds; none: it keeps.
    pub expires_at: Option<i64>,
    /// Whether it was trained elsewhere: then nothing is known of its rows, prompts and steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

impl Manifest {
    /// Describes what `job` came to.
    ///
    /// # Errors
    /// When a file that took part can't be read.
    pub fn of(person: &str, job: &Job, outcome: &Outcome) -> anyhow::Result<Self> {
        let data = std::fs::read(&job.train).with_context(|| format!("read {}", job.train.display()))?;
        let round = |curve: &[(usize, f64)]| {
            curve.iter().map(|(step, loss)| (*step, (loss * 1e4).round() / 1e4)).collect()
        };
        Ok(Self {
            person: person.to_owned(),
            adapter_sha256: file_sha256(&job.out)?,
            base_sha256: file_sha256(&job.base)?,
            start_sha256: job.start.as_deref().map(file_sha256).transpose()?,
            prompts: PROMPT_FILES
                .iter()
                .map(|(name, text)| ((*name).to_owned(), hex::encode(Sha256::digest(text))))
                .collect(),
            examples: data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(),
            data_sha256: hex::encode(Sha256::digest(&data)),
            consents: Vec::new(),
            seed: job.seed,
            recipe: job.recipe.clone(),
            steps: outcome.steps,
            tokens: outcome.tokens,
            curve: round(&outcome.curve),
            dev_curve: round(&outcome.dev_curve),
            expires_at: None,
            imported: false,
        })
    }

    /// Describes an adapter that was trained elsewhere, as far as its file tells.
    ///
    /// # Errors
    /// When adapter or base can't be read.
    pub fn of_import(
        person: &str,
        adapter: &Path,
        base: &Path,
        (rank, alpha): (usize, f64),
        consents: Vec<i64>,
    ) -> anyhow::Result<Self> {
        let none = Recipe::default();
        Ok(Self {
            person: person.to_owned(),
            adapter_sha256: file_sha256(adapter)?,
            base_sha256: file_sha256(base)?,
            start_sha256: None,
            prompts: BTreeMap::new(),
            data_sha256: hex::encode(Sha256::digest([])),
            examples: 0,
            consents,
            seed: 0,
            recipe: Recipe { rank, alpha, rate: 0.0, epochs: 0, most_tokens: 0, ..none },
            steps: 0,
            tokens: 0,
            curve: Vec::new(),
            dev_curve: Vec::new(),
            expires_at: None,
            imported: true,
        })
    }

    /// Writes it beside `adapter`.
    ///
    /// # Errors
    /// When the directory can't be written.
    pub fn write_beside(&self, adapter: &Path) -> anyhow::Result<()> {
        let path = adapter.with_file_name("manifest.json");
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }

    /// Reads the one beside `adapter`; none when there is none.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn beside(adapter: &Path) -> anyhow::Result<Option<Self>> {
        let path = adapter.with_file_name("manifest.json");
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
        serde_json::from_str(&text).map(Some).with_context(|| format!("read {}", path.display()))
    }

    /// The prompt files that have changed since; an adapter answers worse by each of them.
    #[must_use]
    pub fn changed_prompts(&self) -> Vec<&'static str> {
        let changed = |(name, text): &(&'static str, &str)| {
            let now = hex::encode(Sha256::digest(text));
            self.prompts.get(*name).is_some_and(|then| *then != now).then_some(*name)
        };
        PROMPT_FILES.iter().filter_map(changed).collect()
    }
}

fn file_sha256(path: &Path) -> anyhow::Result<String> {
    let mut file = std::fs::File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).with_context(|| format!("read {}", path.display()))?;
    Ok(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_adapters_were_taught_with_the_prompts_that_serve() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let mut looked_at = 0;
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let adapter = entry.path().join("adapter.gguf");
            if !adapter.is_file() {
                continue;
            }
            let manifest = Manifest::beside(&adapter).unwrap().expect("an adapter has a manifest");
            assert_eq!(manifest.changed_prompts(), Vec::<&str>::new(), "{}", adapter.display());
            assert_eq!(manifest.adapter_sha256, file_sha256(&adapter).unwrap());
            looked_at += 1;
        }
        assert!(looked_at > 0, "no adapter is shipped");
    }
}
