//! A document held against rules: its clauses and what they come to.

use serde::{Deserialize, Serialize};

use super::{Integrity, Passage, PersonId, Readers};

/// What a clause is, held against the rules in the notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It fits the rules.
    Ok,
    /// It breaks a rule.
    Problem,
    /// The rules don't say.
    Unsure,
}

/// One clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// What people call it: "clause 7.2", or "paragraph 3" where nothing is numbered.
    pub label: String,
    /// Where it stands, such as "page 3"; may be empty.
    pub place: String,
    /// The heading above it; may be empty.
    pub heading: String,
    /// Its words, without its number.
    pub text: String,
}

impl Clause {
    /// What it is looked up by.
    #[must_use]
    pub fn worded(&self) -> String {
        if self.heading.is_empty() { self.text.clone() } else { format!("{}: {}", self.heading, self.text) }
    }
}

/// A verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What the clause is.
    pub mark: Verdict,
    /// The words of the clause that decide it; empty when it is fine.
    pub quote: String,
    /// Why, in one sentence.
    pub why: String,
    /// The rule.
    pub rule: Option<Passage>,
    /// What the model wrote to search with.
    pub queries: Vec<String>,
}

/// A clause with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The document that it stands in.
    pub document: String,
    /// The clause.
    pub clause: Clause,
    /// The verdict.
    pub finding: Finding,
}

/// What an owner says to a case, to be followed in similar ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Whose understudy follows it.
    pub person: PersonId,
    /// Its name among the rulings; the same name replaces what was said before.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its words.
    pub text: String,
    /// Who may be told.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
}
