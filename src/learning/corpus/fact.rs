//! Kinds of facts, and the small language their wordings are written in.
//!
//! `<a|b>` is one of the two. `{date}` is a value; its name, without a number behind it, says of which kind.
//! `{s}`, `{S}` and `{n}` are the subject: in a sentence, at its beginning, and in a query.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{dice::Dice, names::Pool, values};

/// The values of a fact by the names of their slots.
pub(super) type Slots = BTreeMap<String, String>;

/// A kind of fact, with everything that is said about it in notes, questions, answers and queries.
#[derive(Debug)]
pub(super) struct Fact {
    /// What it is about, and the heading above it.
    pub key: &'static str,
    /// Letters of the classes of subjects that have it; empty for a fact that names its subject itself.
    pub fits: &'static str,
    /// Facts of one group could be mistaken for each other, so a subject never has two of them.
    pub group: &'static str,
    /// Sentences in notes, with the full stop.
    pub note: &'static [&'static str],
    /// Lines of a list, whose subject stands in the title.
    pub line: &'static [&'static str],
    /// Questions.
    pub ask: &'static [&'static str],
    /// Questions in words that a note would not use.
    pub loose: &'static [&'static str],
    /// Questions that need the thread to be understood.
    pub follow: &'static [&'static str],
    /// Answers in a full sentence, without the full stop.
    pub answer: &'static [&'static str],
    /// Answers without a verb, value first.
    pub short: &'static [&'static str],
    /// Queries.
    pub query: &'static [&'static str],
    /// Questions that yes or no answers; the first slot may hold the right value or another.
    pub check: &'static [&'static str],
}

/// A kind of fact without wordings, to be filled in by the tables.
pub(super) const BLANK: Fact = Fact {
    key: "",
    fits: "",
    group: "",
    note: &[],
    line: &[],
    ask: &[],
    loose: &[],
    follow: &[],
    answer: &[],
    short: &[],
    query: &[],
    check: &[],
};

impl Fact {
    /// The slots whose values an answer has to bring, in the order of the answer.
    pub fn answer_slots(&self) -> Vec<String> {
        self.answer.first().map(|first| own_slots(first)).unwrap_or_default()
    }
}

/// A fact with its values, as it stands in a note.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its kind.
    pub fact: &'static Fact,
    /// Its values and its subject.
    pub slots: Slots,
    /// The wording that the note has, without its full stop and with the subject where the note leaves it out; empty
    /// for a fact that stands in no note.
    pub written: String,
}

impl Known {
    /// Rolls values for the slots of `fact` that `given` does not hold; none of them is in `used` yet.
    pub fn roll(
        dice: &mut Dice,
        pool: Pool,
        fact: &'static Fact,
        given: &Slots,
        used: &mut BTreeSet<String>,
    ) -> Self {
        let mut slots = given.clone();
        let templates = fact.note.iter().chain(fact.line);
        for name in templates.flat_map(|template| slot_names(template)) {
            if let Entry::Vacant(open) = slots.entry(name.clone()) {
                open.insert(values::fresh(dice, pool, &name, used));
            }
        }
        Self { fact, slots, written: String::new() }
    }

    /// The fact as its note has it, or, when no note has it, as an answer would.
    pub fn quoted(&self) -> &str {
        if self.written.is_empty() {
            self.fact.answer.first().copied().unwrap_or_default()
        } else {
            &self.written
        }
    }

    /// One of `templates`, filled in.
    pub fn say(&self, dice: &mut Dice, templates: &[&str]) -> String {
        let template = dice.pick(templates);
        let worded = wording(dice, template);
        fill(&worded, &self.slots)
    }
}

/// The slots of a template that are not its subject.
pub(super) fn own_slots(template: &str) -> Vec<String> {
    slot_names(template).into_iter().filter(|name| !matches!(name.as_str(), "s" | "S" | "n")).collect()
}

/// All slots of a template, each once.
pub(super) fn slot_names(template: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in template.split('{').skip(1) {
        if let Some((name, _)) = part.split_once('}')
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// Decides every `<a|b>` of a template.
pub(super) fn wording(dice: &mut Dice, template: &str) -> String {
    let mut worded = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        worded.push_str(before);
        let Some((choices, after)) = after.split_once('>') else { break };
        let choices: Vec<&str> = choices.split('|').collect();
        worded.push_str(dice.word(&choices));
        rest = after;
    }
    worded.push_str(rest);
    worded
}

/// Puts the values into a template.
pub(super) fn fill(template: &str, slots: &Slots) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = slots.get(name).map_or("", String::as_str);
        let article = filled == "a " || filled == "A " || filled.ends_with(" a ");
        if article && value.starts_with(['a', 'e', 'i', 'o', 'u']) {
            filled.truncate(filled.len() - 1);
            filled.push_str("n ");
        }
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The text with its first letter in upper case.
pub(super) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// The text with its first letter in lower case.
pub(super) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// A template whose sentence goes on from other words: lower case, unless it begins with a value.
pub(super) fn continued(template: &str) -> String {
    match template.strip_prefix("{S}") {
        Some(rest) => format!("{{s}}{rest}"),
        None => lower_first(template),
    }
}
