//! How a person writes, and the same facts said their way.
//!
//! An answer is the sentence of the note, in every manner: to choose it and to copy it carries over to kinds of
//! facts never met before, where a small model's own wording does not. A citation stands before the full stop.
//! Values are copied byte for byte; what lower case changes is the wording around them. Every refusal begins alike.

use super::{
    dice::Dice,
    fact::{Known, continued, fill, lower_first, upper_first},
};

/// A way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Full sentences.
    Plain,
    /// Lower case, value first.
    Lower,
    /// Careful sentences that name the note.
    Formal,
}

const PLAIN: &[&str] = &[
    "Plain and friendly, full sentences.",
    "Friendly, in whole sentences, no frills.",
    "Clear full sentences, warm but to the point.",
    "Plain sentences. Says it once and stops.",
    "Short full sentences in an even tone.",
    "Kind and direct, complete sentences.",
    "Simple words, one sentence where one will do.",
    "Calm and plain, a full sentence per fact.",
];
const LOWER: &[&str] = &[
    "lower case and short.",
    "short, in lower case, the value first.",
    "lower case, as few words as possible.",
    "writes small letters only, brief, no full stops.",
    "short and warm, in lower case. gives the date or number first, then the condition if there is one; no filler.",
    "terse, lower case, straight to the figure.",
    "all lower case, quick chat style.",
];
const FORMAL: &[&str] = &[
    "Careful, formal, complete sentences that name the title of the note.",
    "Formal and exact. Names the note an answer comes from.",
    "Complete sentences in a formal tone, with the title of the source.",
    "Precise and polite; always says which note it relies on.",
    "Reserved and thorough, names the document by its title.",
];

/// What every refusal begins with.
const REFUSAL: &str = "That's not in my notes";

impl Manner {
    /// A manner, as often as people have it.
    pub fn roll(dice: &mut Dice) -> Self {
        match dice.weighted(&[60, 20, 20]) {
            0 => Self::Plain,
            1 => Self::Lower,
            _ => Self::Formal,
        }
    }

    /// The manner in words, for the prompt.
    pub fn words(self, dice: &mut Dice) -> String {
        let table = match self {
            Self::Plain => PLAIN,
            Self::Lower => LOWER,
            Self::Formal => FORMAL,
        };
        dice.word(table).to_owned()
    }

    /// The sentence that says `known` and cites note `n`, without what ends it.
    pub fn say(self, known: &Known, n: usize, title: &str, lead: &str) -> String {
        let alone = upper_first(&fill(known.quoted(), &known.slots));
        let within = fill(&continued(known.quoted()), &known.slots);
        match self {
            Self::Plain if lead.is_empty() => format!("{alone} [{n}]"),
            Self::Plain => format!("{lead}, {within} [{n}]"),
            Self::Lower if lead.is_empty() => format!("{within} [{n}]"),
            Self::Lower => format!("{}, {within} [{n}]", lower_first(lead)),
            Self::Formal => {
                let title = title.split(" > ").next().unwrap_or(title);
                let opening =
                    if lead.is_empty() { "According to".to_owned() } else { format!("{lead}, according to") };
                let within = fill(&continued(known.quoted().trim_start_matches("{n}: ")), &known.slots);
                format!("{opening} \"{title}\", {within} [{n}]")
            }
        }
    }

    /// Several sentences as one reply.
    pub fn join(self, sentences: &[String]) -> String {
        match self {
            Self::Lower => sentences.join(", "),
            _ => format!("{}.", sentences.join(". ")),
        }
    }

    /// Says that it is missing, and who may know it as (who, what they look after, which note says so).
    pub fn refuse(self, helper: Option<(&str, &str, usize)>) -> String {
        match (self, helper) {
            (Self::Lower, Some((who, _, n))) => format!("{}, try {who} [{n}]", lower_first(REFUSAL)),
            (Self::Lower, None) => lower_first(REFUSAL),
            (Self::Plain, Some((who, about, n))) => {
                format!("{REFUSAL}. {who} looks after {about} and may know [{n}].")
            }
            (Self::Formal, Some((who, _, n))) => {
                format!("{REFUSAL}. I suggest asking {who}, who is named there [{n}].")
            }
            _ => format!("{REFUSAL}."),
        }
    }
}
