//! The invented demo people's way to decide: rules that stand in no note, and requests that they decide.
//!
//! Demetrios and Eudora are made up, so their words have to be made up too. Their rules live here as code and
//! nowhere else: an understudy can only take them from examples. A request is worded in many ways, with rolled
//! values, and says everything that decides about it; the reply gives the decision and the reason in few words.
//! Nothing is kept; the same seed gives the same requests on every machine.

mod demetrios;
mod eudora;
mod export;
mod words;

use crate::{domain::PersonId, learning::corpus::Dice};

pub use export::export;

/// What a person says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// They may.
    Yes,
    /// They may not.
    No,
    /// Somebody else is to be asked first.
    Ask(&'static str),
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::No => f.write_str("no"),
            Self::Ask(who) => write!(f, "ask {who}"),
        }
    }
}

/// A decision with the clause of the rules that led to it, and what the person gives as the reason.
#[derive(Debug, Clone, Copy)]
struct Ruling {
    decision: Decision,
    /// Kind of request and clause, such as `treat/small`.
    clause: &'static str,
    /// Wordings of the reason.
    reasons: &'static [&'static str],
}

const fn yes(clause: &'static str, reasons: &'static [&'static str]) -> Ruling {
    Ruling { decision: Decision::Yes, clause, reasons }
}

const fn no(clause: &'static str, reasons: &'static [&'static str]) -> Ruling {
    Ruling { decision: Decision::No, clause, reasons }
}

const fn ask(who: &'static str, clause: &'static str, reasons: &'static [&'static str]) -> Ruling {
    Ruling { decision: Decision::Ask(who), clause, reasons }
}

/// A request before it is worded: the ways to say it, and what goes into their slots.
///
/// ` || ` in a way parts what is said first, as a message of its own, from the request.
struct Asked {
    ways: &'static [&'static str],
    slots: Vec<(&'static str, String)>,
}

/// A message to the person, with what they answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Who asks.
    pub requester: &'static str,
    /// What they wrote before, if anything.
    pub before: Option<String>,
    /// The message.
    pub message: String,
    /// What the rules decide and by which clause; none for small talk.
    pub ruled: Option<(Decision, &'static str)>,
    /// The reply.
    pub reply: String,
}

impl Exchange {
    /// The kind of request, such as `treat`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.ruled.and_then(|(_, clause)| clause.split_once('/')).map_or("talk", |(kind, _)| kind)
    }
}

/// The rules of one person.
#[derive(Debug)]
pub struct Rules {
    /// Whose.
    id: &'static str,
    /// The name to show.
    name: &'static str,
    /// The channel in which they are asked.
    channel: &'static str,
    /// Those whom they send people to.
    deciders: &'static [&'static str],
    /// Rolls a request.
    request: fn(&mut Dice) -> (Ruling, Asked),
    /// Says a decision with its reason, in the person's manner.
    say: fn(Decision, &str) -> String,
    /// What they are told besides.
    talk: &'static [Talk],
    /// What goes into the slot `{thing}` of that.
    things: &'static [&'static str],
}

/// Small talk, or questions that nobody can answer; any reply goes with any message.
#[derive(Debug)]
struct Talk {
    messages: &'static [&'static str],
    replies: &'static [&'static str],
}

/// The rules of a demo person; nobody else has any.
#[must_use]
pub fn rules_of(person: &PersonId) -> Option<&'static Rules> {
    [&demetrios::RULES, &eudora::RULES].into_iter().find(|rules| rules.id == person.as_str())
}

/// Streams of a seed from here on are never exported, so that what is measured was never taught.
const UNSEEN: u64 = 1 << 32;
/// Share of exchanges that decide nothing.
const TALK: f64 = 0.07;
/// Whoever asks: colleagues who decide nothing themselves.
const COLLEAGUES: &[&str] =
    &["Rosalind", "Piet", "Bruno", "Lotte", "Senna", "Hedda", "Anouk", "Farid", "Oriane", "Wanda", "Yusra"];
const OPENERS: &[&str] =
    &["Hi {you}.", "Hello {you}.", "One question.", "A quick one.", "Morning.", "Something else.", "Hi."];
const CLOSERS: &[&str] = &["Thanks.", "Thank you.", "Let me know.", "Just say.", "Thanks in advance."];

impl Rules {
    /// Those whom the person sends people to.
    #[must_use]
    pub fn deciders(&self) -> &'static [&'static str] {
        self.deciders
    }

    /// The `n`th request of a seed that no export holds.
    #[must_use]
    pub fn unseen(&self, seed: u64, n: u64) -> Exchange {
        self.decided(&mut Dice::new(seed, UNSEEN + n))
    }

    /// The `n`th exchange of an export.
    fn told(&self, seed: u64, n: u64) -> Exchange {
        let mut dice = Dice::new(seed, n % UNSEEN);
        if !dice.chance(TALK) {
            return self.decided(&mut dice);
        }
        let talk = dice.pick(self.talk);
        let thing = dice.word(self.things).to_owned();
        let message = words::fill(dice.word(talk.messages), &[("thing", thing)]);
        let reply = dice.word(talk.replies).to_owned();
        Exchange { requester: dice.word(COLLEAGUES), before: None, message, ruled: None, reply }
    }

    fn decided(&self, dice: &mut Dice) -> Exchange {
        let (ruling, asked) = (self.request)(dice);
        let mut text = words::fill(dice.word(asked.ways), &asked.slots);
        if dice.chance(0.4) {
            let opener = words::fill(dice.word(OPENERS), &[("you", self.name.to_owned())]);
            text = format!("{opener} {text}");
        }
        if dice.chance(0.3) {
            text = format!("{text} {}", dice.word(CLOSERS));
        }
        let (before, message) = match text.split_once(" || ") {
            Some((before, message)) => (Some(before.to_owned()), message.to_owned()),
            None => (None, text),
        };
        let reason = words::fill(dice.word(ruling.reasons), &asked.slots);
        Exchange {
            requester: dice.word(COLLEAGUES),
            before,
            message,
            ruled: Some((ruling.decision, ruling.clause)),
            reply: (self.say)(ruling.decision, &reason),
        }
    }
}

#[cfg(test)]
mod tests;
