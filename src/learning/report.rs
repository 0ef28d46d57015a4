//! What was kept, what was left out, and why: counts that can be shown to anybody, and names of broken files.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Why a message or an example was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Written before or after the time that the consent covers.
    OutsideConsent,
    /// Joined, left, pinned, renamed: nobody said anything.
    Housekeeping,
    /// Written by a program.
    Bot,
    /// An automatic reply, a list mail, an invitation.
    AutoReply,
    /// Nothing was left after quotes and signatures were cut.
    Empty,
    /// Only a "+1", "ok" or thanks.
    Filler,
    /// Nobody in the thread is the person.
    NotTheirs,
    /// The person wrote without having been asked.
    NoTrigger,
    /// The answer came so late that something else may have led to it.
    TooLate,
    /// Fewer than three words.
    TooShort,
    /// Longer than an answer may be.
    TooLong,
    /// Said before, word for word.
    Duplicate,
    /// Said before, nearly so.
    NearDuplicate,
    /// What remained after personal data was cut says too little.
    PersonalData,
    /// It has figures that no note and no message holds.
    FiguresFromNowhere,
    /// It would stand between two parts of the split.
    BetweenSplits,
    /// Its person took it out.
    Vetoed,
    /// Steps are kept for process learning, which makes no examples yet.
    StepsOnly,
}

impl Reason {
    /// The reason in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::OutsideConsent => "outside the time of the consent",
            Self::Housekeeping => "housekeeping of the tool",
            Self::Bot => "written by a program",
            Self::AutoReply => "automatic replies, lists and invitations",
            Self::Empty => "nothing left after quotes and signatures",
            Self::Filler => "only thanks or a +1",
            Self::NotTheirs => "threads without the person",
            Self::NoTrigger => "not an answer to anybody",
            Self::TooLate => "answered too late to be sure what it answers",
            Self::TooShort => "too short",
            Self::TooLong => "too long for an answer",
            Self::Duplicate => "exact repeats",
            Self::NearDuplicate => "near repeats",
            Self::PersonalData => "personal data in the answer",
            Self::FiguresFromNowhere => "figures that no note and no message holds",
            Self::BetweenSplits => "between training, development and exam",
            Self::Vetoed => "taken out by the person",
            Self::StepsOnly => "steps, kept for process learning",
        }
    }
}

/// A file or message that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its name in the export.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// Most broken files that are named; the rest is counted.
const NAMED: usize = 50;

/// What became of an export or a data set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was kept.
    pub kept: u64,
    /// What was left out, by reason.
    pub left_out: BTreeMap<Reason, u64>,
    /// Pieces of personal data that were replaced, by kind.
    #[serde(default)]
    pub scrubbed: BTreeMap<String, u64>,
    /// Broken files by name, as many as are named.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// How many broken files there were.
    #[serde(default)]
    pub skipped_files: u64,
}

impl Report {
    /// Counts something that is left out.
    pub fn leave_out(&mut self, why: Reason) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Counts replaced pieces of personal data.
    pub fn scrub(&mut self, kind: &str, pieces: u64) {
        *self.scrubbed.entry(kind.to_owned()).or_default() += pieces;
    }

    /// Names a file that could not be read.
    pub fn skip(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.skipped_files += 1;
        if self.skipped.len() < NAMED {
            self.skipped.push(Skipped { name: name.into(), why: why.into() });
        }
    }

    /// How many were left out for this reason.
    #[must_use]
    pub fn left_out_for(&self, why: Reason) -> u64 {
        self.left_out.get(&why).copied().unwrap_or(0)
    }

    /// The counts without the names of files, for the store.
    #[must_use]
    pub fn counts(&self) -> Self {
        Self { skipped: Vec::new(), ..self.clone() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kept", self.kept)?;
        for (why, n) in &self.left_out {
            write!(f, "\n  {n} left out: {}", why.words())?;
        }
        for (kind, n) in &self.scrubbed {
            write!(f, "\n  {n} replaced: {kind}")?;
        }
        for Skipped { name, why } in &self.skipped {
            write!(f, "\n  skipped {name}: {why}")?;
        }
        let unnamed = self.skipped_files.saturating_sub(self.skipped.len() as u64);
        if unnamed > 0 {
            write!(f, "\n  and {unnamed} more files that could not be read")?;
        }
        Ok(())
    }
}
