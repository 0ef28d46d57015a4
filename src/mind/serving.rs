//! Which adapter answers for whom, now.
//!
//! A promoted adapter lies in the data directory under its hash, and `serving.json` beside it names the one that
//! serves and those that served before. Promotion and rollback replace that small file by one rename; a turn reads
//! it once, at its beginning, so the queries and the reply of one turn always come from one adapter.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{domain::PersonId, error::Hint, people::Person};

/// The weights of one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// The adapter's file; none: the base alone.
    pub adapter: Option<PathBuf>,
    /// A few words for people: `base`, `starter`, a person's id, or that with a hash.
    pub name: String,
}

impl Weights {
    /// The base without an adapter.
    #[must_use]
    pub fn base() -> Self {
        Self { adapter: None, name: "base".to_owned() }
    }
}

/// Where adapters are found.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    dir: PathBuf,
    starter: Option<PathBuf>,
    reranker: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    /// File name of the adapter that serves; none after a rollback to what was shipped.
    now: Option<String>,
    /// Those that served before, newest last.
    before: Vec<Option<String>>,
}

impl Serving {
    /// Adapters below `dir`, one folder per person; `starter` serves whoever has none.
    #[must_use]
    pub fn new(dir: PathBuf, starter: Option<PathBuf>) -> Self {
        Self { dir, starter, reranker: None }
    }

    /// The same, with the adapter that tells which sentences answer a message, whoever is asked.
    #[must_use]
    pub fn with_reranker(self, reranker: Option<PathBuf>) -> Self {
        Self { reranker, ..self }
    }

    /// What tells which sentences answer a message, if there is such an adapter.
    #[must_use]
    pub fn reranker(&self) -> Option<Weights> {
        let adapter = self.reranker.clone()?;
        Some(Weights { adapter: Some(adapter), name: "reranker".to_owned() })
    }

    /// What answers for `person`: their promoted adapter, else the one they came with, else the starter.
    #[must_use]
    pub fn of(&self, person: &Person) -> Weights {
        if let Some(file) = self.pointer(&person.id).now {
            let path = self.dir.join(person.id.as_str()).join(&file);
            if path.is_file() {
                let hash: String = file.chars().take(8).collect();
                return Weights { adapter: Some(path), name: format!("{}-{hash}", person.id) };
            }
        }
        if let Some(path) = &person.adapter {
            return Weights { adapter: Some(path.clone()), name: person.id.to_string() };
        }
        match &self.starter {
            Some(path) => Weights { adapter: Some(path.clone()), name: "starter".to_owned() },
            None => Weights::base(),
        }
    }

    /// Whether `person` has a promoted adapter.
    #[must_use]
    pub fn is_promoted(&self, person: &PersonId) -> bool {
        self.pointer(person).now.is_some()
    }

    /// Lets a copy of `adapter`, with the manifest beside it, serve from the next turn on; returns its file.
    ///
    /// # Errors
    /// When it can't be read, is not the one with the hash `sha256`, or the disk is full; what served before goes on
    /// then.
    pub fn promote(&self, person: &PersonId, adapter: &Path, sha256: &str) -> anyhow::Result<PathBuf> {
        let bytes = std::fs::read(adapter).with_context(|| format!("read {}", adapter.display()))?;
        let hash = hex::encode(Sha256::digest(&bytes));
        if hash != sha256 {
            let what = format!("{} is not the adapter that was judged", adapter.display());
            return Err(Hint::new(what, format!("judge it with `understudy eval {person}`")).into());
        }
        let hash: String = hash.chars().take(16).collect();
        let name = format!("{hash}.gguf");
        let file = self.dir.join(person.as_str()).join(&name);
        put(&file, &bytes)?;
        for beside in ["manifest.json", "report.json", "report.html"] {
            if let Ok(text) = std::fs::read(adapter.with_file_name(beside)) {
                put(&file.with_file_name(format!("{hash}.{beside}")), &text)?;
            }
        }
        let mut pointer = self.pointer(person);
        if pointer.now.as_ref() != Some(&name) {
            pointer.before.push(pointer.now.replace(name));
        }
        self.point(person, &pointer)?;
        Ok(file)
    }

    /// Lets what served before serve again.
    ///
    /// # Errors
    /// When nothing served before, or the disk is full.
    pub fn roll_back(&self, person: &PersonId) -> anyhow::Result<()> {
        let mut pointer = self.pointer(person);
        let Some(before) = pointer.before.pop() else {
            return Err(Hint::new(
                format!("nothing was promoted for `{person}`, so there is nothing to go back to"),
                "`understudy person show` tells what serves",
            )
            .into());
        };
        pointer.now = before;
        self.point(person, &pointer)
    }

    fn pointer(&self, person: &PersonId) -> Pointer {
        let text = std::fs::read(self.dir.join(person.as_str()).join("serving.json"));
        // Without the file, or with a damaged one, what was shipped serves: never somebody else's.
        text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    fn point(&self, person: &PersonId, pointer: &Pointer) -> anyhow::Result<()> {
        put(&self.dir.join(person.as_str()).join("serving.json"), &serde_json::to_vec(pointer)?)
    }
}

/// The file `name` that belongs to an adapter: under the adapter's hash where many lie in one folder, else by its
/// plain name; none when there is none.
#[must_use]
pub fn beside(adapter: &Path, name: &str) -> Option<PathBuf> {
    let hashed = adapter.with_extension(name);
    let plain = || Some(adapter.with_file_name(name)).filter(|path| path.is_file());
    if hashed.is_file() { Some(hashed) } else { plain() }
}

/// Writes a file under a temporary name, then renames it.
fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let partial = path.with_extension("partial");
        std::fs::write(&partial, bytes)?;
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, path)
    };
    write().with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::People;

    fn demo() -> Person {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let people = People::read(&[&dir]).unwrap();
        let mut person = people.find(&PersonId::new("demetrios").unwrap()).unwrap().clone();
        person.adapter = None;
        person
    }

    #[test]
    fn promotion_and_rollback_change_what_the_next_turn_gets() {
        let dir = tempfile::tempdir().unwrap();
        let person = demo();
        let serving = Serving::new(dir.path().join("adapters"), Some("starter.gguf".into()));
        assert_eq!(serving.of(&person).name, "starter");
        let (first, second) = (dir.path().join("first.gguf"), dir.path().join("second.gguf"));
        std::fs::write(&first, b"first").unwrap();
        std::fs::write(&second, b"second").unwrap();
        let sha256 = |path: &Path| hex::encode(Sha256::digest(std::fs::read(path).unwrap()));
        let promote = |path: &Path| serving.promote(&person.id, path, &sha256(path)).unwrap();
        let other = serving.promote(&person.id, &first, &sha256(&second)).unwrap_err().to_string();
        assert!(other.contains("is not the adapter that was judged"), "{other}");
        promote(&first);
        let of_first = serving.of(&person);
        assert!(of_first.name.starts_with("demetrios-"), "{of_first:?}");
        promote(&second);
        // A second promotion of the same file is no new step to go back over.
        promote(&second);
        assert_ne!(serving.of(&person), of_first);
        serving.roll_back(&person.id).unwrap();
        assert_eq!(serving.of(&person), of_first);
        serving.roll_back(&person.id).unwrap();
        assert_eq!(serving.of(&person).name, "starter");
        assert!(serving.roll_back(&person.id).unwrap_err().to_string().contains("nothing to go back to"));
    }

    #[test]
    fn a_damaged_pointer_or_a_missing_file_leaves_the_starter_serving() {
        let dir = tempfile::tempdir().unwrap();
        let person = demo();
        let serving = Serving::new(dir.path().to_owned(), Some("starter.gguf".into()));
        let folder = dir.path().join("demetrios");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("serving.json"), b"{").unwrap();
        assert_eq!(serving.of(&person).name, "starter");
        std::fs::write(folder.join("serving.json"), br#"{"now":"gone.gguf","before":[]}"#).unwrap();
        assert_eq!(serving.of(&person).name, "starter");
    }
}
