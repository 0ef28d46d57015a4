//! Clauses of contracts held against rules in the notes.

use super::{
    clauses::{Bound, LOOSE, RULES, Rule, WORDS, Word},
    dice::Dice,
    names::Pool,
    values,
};
use crate::{domain::Verdict, learning::example::Note};
use std::collections::{BTreeSet, btree_map::Entry};

/// Words that ask for a verdict.
pub(super) const ASKS: &[&str] = &[
    "Can you check this contract?",
    "Please look over the attached agreement.",
    "is this ok for us?",
    "Does this fit our rules?",
    "Could you go through this offer for me?",
    "check please",
    "Anything wrong with this paragraph?",
    "Please review the draft from legal.",
    "I got this from the supplier, fine with us?",
    "Can we sign that?",
];

/// A judged clause.
pub(super) struct Judged {
    /// The clause.
    pub clause: String,
    /// What it is.
    pub verdict: Verdict,
    /// The words that decide it.
    pub quote: String,
    /// Why.
    pub why: String,
}

enum Laid {
    Number(&'static Rule, u32),
    Word(&'static Word, super::fact::Slots),
}

/// Rules in notes, and clauses judged by them.
pub(super) fn verdicts(dice: &mut Dice, count: usize) -> (Vec<Note>, Vec<Judged>) {
    let mut used = BTreeSet::new();
    let mut numbers: Vec<&Rule> = RULES.iter().collect();
    let mut words: Vec<&Word> = WORDS.iter().collect();
    dice.shuffle(&mut numbers);
    dice.shuffle(&mut words);
    let mut laid: Vec<Laid> = Vec::new();
    for rule in numbers.into_iter().take(dice.count(1, 3)) {
        // Not the outermost, so that a clause can lie on either side.
        let inner = rule
            .numbers
            .split_first()
            .and_then(|(_, rest)| rest.split_last())
            .map_or(rule.numbers, |(_, inner)| inner);
        laid.push(Laid::Number(rule, *dice.pick(inner)));
    }
    for word in words.into_iter().take(dice.count(1, 2)) {
        let mut slots = super::fact::Slots::new();
        for name in [word.1, word.2, word.3.0].iter().flat_map(|text| super::fact::slot_names(text)) {
            if let Entry::Vacant(open) = slots.entry(name.clone()) {
                open.insert(values::fresh(dice, Pool::Lessons, &name, &mut used));
            }
        }
        laid.push(Laid::Word(word, slots));
    }
    dice.shuffle(&mut laid);
    let mut notes = Vec::new();
    for law in &laid {
        notes.push(match law {
            Laid::Number(rule, x) => Note {
                title: format!("Contract rules > {}", rule.title),
                text: dice.pick(rule.rule).replace("{x}", &x.to_string()),
            },
            Laid::Word(word, slots) => {
                Note { title: format!("Contract rules > {}", word.0), text: super::fact::fill(word.1, slots) }
            }
        });
    }
    let judged = (0..count).map(|_| judge(dice, &laid, &mut used)).collect();
    (notes, judged)
}

fn judge(dice: &mut Dice, laid: &[Laid], used: &mut BTreeSet<String>) -> Judged {
    if dice.chance(0.22) {
        return unsure(dice, used);
    }
    let place = dice.count(0, laid.len().saturating_sub(1));
    let n = place + 1;
    match laid.get(place) {
        None => unsure(dice, used),
        Some(Laid::Number(rule, limit)) => {
            let x = *dice.pick(rule.numbers);
            let fits = match rule.bound {
                Bound::AtLeast => x >= *limit,
                Bound::AtMost => x <= *limit,
            };
            let (clause, quote) = dice.pick(rule.clause);
            let put = |text: &str| text.replace("{x}", &x.to_string()).replace("{r}", &limit.to_string());
            let why = if fits { rule.ok } else { rule.problem };
            Judged {
                clause: put(clause),
                verdict: if fits { Verdict::Ok } else { Verdict::Problem },
                quote: if fits { String::new() } else { put(quote) },
                why: format!("{} [{n}].", put(why)),
            }
        }
        Some(Laid::Word(word, slots)) => {
            let (_, _, fine, (broken, quote), why) = word;
            let fits = dice.chance(0.5);
            Judged {
                clause: super::fact::fill(if fits { fine } else { broken }, slots),
                verdict: if fits { Verdict::Ok } else { Verdict::Problem },
                quote: if fits { String::new() } else { super::fact::fill(quote, slots) },
                why: if fits {
                    format!("It follows the rule in the note [{n}].")
                } else {
                    format!("{} [{n}].", super::fact::fill(why, slots))
                },
            }
        }
    }
}

fn unsure(dice: &mut Dice, used: &mut BTreeSet<String>) -> Judged {
    let (clause, quote, topic) = dice.pick(LOOSE);
    let mut slots = super::fact::Slots::new();
    for name in super::fact::slot_names(clause) {
        let value = values::fresh(dice, Pool::Lessons, &name, used);
        slots.insert(name, value);
    }
    Judged {
        clause: super::fact::fill(clause, &slots),
        verdict: Verdict::Unsure,
        quote: super::fact::fill(quote, &slots),
        why: format!("No rule in the notes is about {topic}."),
    }
}
