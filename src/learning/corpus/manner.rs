//! How a person writes, and the same facts said their way.
//!
//! A citation stands before the full stop. Values are copied byte for byte in every manner; what lower case
//! changes is the wording around them.

use super::{
    dice::Dice,
    fact::{Known, continued, fill, lower_first, upper_first, wording},
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

/// Whether a value alone is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brevity {
    /// It is.
    Welcome,
    /// Two facts of one kind are told apart only by their subjects.
    Unclear,
}

/// Beginnings of answers that tell somebody to do something, and so can't follow "says that".
const ORDERS: &[&str] = &["Please", "Use", "Write", "Call", "Tell", "Announce", "Switch", "For", "On", "To"];

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
    pub fn say(
        self,
        dice: &mut Dice,
        known: &Known,
        n: usize,
        title: &str,
        lead: &str,
        brevity: Brevity,
    ) -> String {
        if self == Self::Plain && lead.is_empty() && !known.said.is_empty() && dice.chance(0.2) {
            // The words of the note itself: what always works, also for kinds of facts never met before.
            return format!("{} [{n}]", known.said);
        }
        let template = match self {
            Self::Lower if brevity == Brevity::Welcome && lead.is_empty() && dice.chance(0.65) => {
                dice.pick(known.fact.short)
            }
            _ => dice.pick(known.fact.answer),
        };
        let template = wording(dice, template);
        let within = fill(&continued(&template), &known.slots);
        let alone = fill(&template, &known.slots);
        match self {
            Self::Plain if lead.is_empty() => format!("{alone} [{n}]"),
            Self::Plain => format!("{lead}, {within} [{n}]"),
            Self::Lower if lead.is_empty() => format!("{within} [{n}]"),
            Self::Lower => format!("{}, {within} [{n}]", lower_first(lead)),
            Self::Formal => {
                let title = title.split(" > ").next().unwrap_or(title);
                let order = ORDERS.iter().any(|word| template.starts_with(word));
                let opened = if lead.is_empty() { alone } else { format!("{lead}, {within}") };
                match dice.weighted(&[4, 3, if order { 0 } else { 3 }]) {
                    0 if order || !lead.is_empty() => format!("{opened}, as stated in \"{title}\" [{n}]"),
                    0 => format!("According to \"{title}\", {within} [{n}]"),
                    1 => format!("{opened}, as stated in \"{title}\" [{n}]"),
                    _ if lead.is_empty() => format!("The note \"{title}\" says that {within} [{n}]"),
                    _ => format!("{lead}, the note \"{title}\" says that {within} [{n}]"),
                }
            }
        }
    }

    /// Several sentences as one reply.
    pub fn join(self, dice: &mut Dice, sentences: &[String]) -> String {
        match self {
            Self::Lower => sentences.join(", "),
            _ if sentences.len() > 1 && self == Self::Plain && dice.chance(0.25) => {
                // Only where the second begins with a word that is no name.
                let rest: Vec<&str> = sentences.iter().skip(1).map(String::as_str).collect();
                match rest.first() {
                    Some(second) if second.starts_with("The ") => {
                        let first = sentences.first().map(String::as_str).unwrap_or_default();
                        format!("{first}, and {}.", lower_first(&rest.join(". ")))
                    }
                    _ => format!("{}.", sentences.join(". ")),
                }
            }
            _ => format!("{}.", sentences.join(". ")),
        }
    }

    /// Says that `what` is missing, and who may know it as (who, what they look after, which note says so).
    pub fn refuse(
        self,
        dice: &mut Dice,
        what: Option<&str>,
        helper: Option<(&str, &str, usize)>,
        name: &str,
    ) -> String {
        let missing = match what {
            Some(what) => format!("{what} is not in my notes"),
            None => "that's not in my notes".to_owned(),
        };
        let missing = if self == Self::Lower { missing } else { upper_first(&missing) };
        match (self, helper) {
            (Self::Lower, Some((who, _, n))) => {
                format!("{missing}, {} {who} [{n}]", dice.pick(&["try", "ask", "best ask"]))
            }
            (Self::Lower, None) if dice.chance(0.3) => format!("{missing}, better ask {name}"),
            (Self::Lower, None) => missing,
            (Self::Plain, Some((who, about, n))) => match dice.weighted(&[1, 1]) {
                0 => format!("{missing}. {who} looks after {about} and may know [{n}]."),
                _ => format!("{missing}. You could ask {who} [{n}]."),
            },
            (Self::Plain, None) if dice.chance(0.25) => format!("{missing}. Please ask {name} directly."),
            (Self::Formal, Some((who, _, n))) => {
                format!("{missing}. I suggest asking {who}, who is named there [{n}].")
            }
            (Self::Formal, None) if dice.chance(0.35) => {
                format!("{missing}. I suggest putting the question to {name}.")
            }
            _ => format!("{missing}."),
        }
    }
}
