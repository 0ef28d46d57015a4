//! How a person comes across, as far as code enforces it.

use serde::{Deserialize, Serialize};

/// The manner of a person, from `person.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// One or two sentences on how they write; goes into the prompt.
    #[serde(default)]
    pub manner: String,
    /// Whether the person uses emoji.
    #[serde(default)]
    pub emoji: bool,
}
