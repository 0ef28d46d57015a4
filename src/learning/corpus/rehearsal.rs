//! Questions to a company of lessons, whose notes are searched as in earnest before the lesson is written.
//!
//! A scene's notes are chosen by the corpus; here the product's own search chooses, so that a lesson shows excerpts
//! in the order, with the neighbours and with the gaps that a served prompt has. What the search did not bring is
//! declined, as it should be.

use std::collections::BTreeSet;

use super::{
    asked::{self, Asked},
    company::{File, Office, wanted},
    dice::Dice,
    fact::Known,
    manner::Manner,
    names::Pool,
    pages::{self, Page},
    scene::People,
    stage, talk,
};
use crate::learning::example::{Call, Cast, Example, Note};

/// A question to a company, and what its reply will be made of.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    cast: Cast,
    manner: Manner,
    requester: String,
    thread: Vec<(String, String)>,
    /// The message.
    pub message: String,
    /// What to look for.
    pub queries: Vec<String>,
    answer: Answer,
}

#[derive(Debug, Clone)]
enum Answer {
    /// These facts, after "Yes", "No" or nothing.
    Facts(Vec<Known>, &'static str),
    /// No note has it.
    Absent,
    /// It needs no note.
    Said(String),
}

/// A company of lessons with `count` questions; the same for the same `seed` and `stream`.
#[must_use]
pub fn rehearsals(seed: u64, stream: u64, count: usize) -> (Vec<File>, Vec<Rehearsal>) {
    // Counted down from the stream of the companies that judge; scenes count up from none.
    let dice = Dice::new(seed, u64::MAX - 1 - stream);
    let mut office = Office::empty(dice, Pool::Lessons, "");
    // As many pages as a company that judges has.
    office.furnish(&pages::LESSONS, true);
    office.furnish(&pages::LESSONS, true);
    let mut titles = BTreeSet::new();
    office.pages.retain(|sheet| titles.insert(sheet.page.title.to_lowercase()));
    office.dice.shuffle(&mut office.pages);
    let files = office.files();
    let pages: Vec<Page> = office.pages.iter().map(|sheet| sheet.page.clone()).collect();
    let mut placed = stage::Stage { pages: pages.clone() }.placed();
    office.dice.shuffle(&mut placed);
    let mut facts = placed.iter().cycle();
    let mut rehearsed = Vec::new();
    while rehearsed.len() < count {
        let people = People::roll(&mut office.dice, Pool::Lessons, &mut office.used);
        office.you.clone_from(&people.cast.name);
        match office.dice.weighted(&[76, 14, 10]) {
            0 => {
                let Some(one) = facts.next() else { break };
                let asked = if office.dice.chance(0.08) {
                    asked::check(&mut office.dice, Pool::Lessons, one, &people.cast.name)
                } else {
                    office.form(one, &placed)
                };
                let Some(asked) = asked else { continue };
                let known = asked.facts.iter().map(|(known, _)| known.clone()).collect();
                let answer = Answer::Facts(known, asked.lead);
                rehearsed.push(people.rehearse(asked, answer));
            }
            1 => {
                let Office { dice, used, .. } = &mut office;
                let absent = stage::absent(dice, Pool::Lessons, &pages::LESSONS, &pages, used);
                let loose = dice.chance(0.3);
                let asked = asked::single(dice, &absent, loose, &people.cast.name);
                rehearsed.push(people.rehearse(asked, Answer::Absent));
            }
            _ => rehearsed.push(people.talk(&mut office.dice)),
        }
    }
    (files, rehearsed)
}

impl People {
    fn rehearse(self, asked: Asked, answer: Answer) -> Rehearsal {
        let Self { cast, manner, requester } = self;
        let thread = asked
            .thread
            .into_iter()
            .map(|(who, what)| (if who == "You" { who } else { requester.clone() }, what))
            .collect();
        let Asked { message, queries, .. } = asked;
        Rehearsal { cast, manner, requester, thread, message, queries, answer }
    }

    fn talk(self, dice: &mut Dice) -> Rehearsal {
        let (kind, other) = (talk::kind(dice), Pool::Lessons.first(dice));
        let talk = talk::talk(dice, kind, self.manner, &self.cast.name, &self.requester, &other);
        let Self { cast, manner, requester } = self;
        let (message, queries) = (talk.message, vec![talk.query]);
        Rehearsal {
            cast,
            manner,
            requester,
            thread: Vec::new(),
            message,
            queries,
            answer: Answer::Said(talk.reply),
        }
    }
}

impl Rehearsal {
    /// The lesson, now that it is known what a search shows; `None` when that is half of the answer.
    #[must_use]
    pub fn lesson(self, notes: Vec<Note>) -> Option<Example> {
        let reply = match &self.answer {
            Answer::Said(reply) => reply.clone(),
            Answer::Absent => self.manner.refuse(None),
            Answer::Facts(facts, lead) => self.facts(facts, lead, &notes)?,
        };
        let Self { cast, requester, thread, message, .. } = self;
        Some(Example { cast, requester, thread, message, call: Call::Reply { notes, reply } })
    }

    /// Whether a sentence under its title answers it, or a part of it.
    #[must_use]
    pub fn is_answered_by(&self, sentence: &str) -> bool {
        match &self.answer {
            Answer::Facts(facts, _) => facts.iter().any(|known| holds(known, sentence)),
            Answer::Absent | Answer::Said(_) => false,
        }
    }

    /// Whether some note answers it.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        matches!(self.answer, Answer::Facts(..))
    }

    /// The lesson that says of one sentence whether it answers the message.
    #[must_use]
    pub fn weighed(&self, note: String) -> Example {
        let call = Call::Rerank { answers: self.is_answered_by(&note), note };
        let Self { cast, requester, thread, message, .. } = self.clone();
        Example { cast, requester, thread, message, call }
    }

    fn facts(&self, facts: &[Known], lead: &str, notes: &[Note]) -> Option<String> {
        let places: Vec<Option<usize>> = facts.iter().map(|known| place(known, notes)).collect();
        if places.iter().all(Option::is_none) {
            return Some(self.manner.refuse(None));
        }
        let mut lead = lead;
        let mut sentences = Vec::new();
        for (known, place) in facts.iter().zip(places) {
            let place = place?;
            let title = notes.get(place).map(|note| note.title.as_str()).unwrap_or_default();
            sentences.push(self.manner.say(known, place + 1, title, lead));
            lead = "";
        }
        Some(self.manner.join(&sentences))
    }
}

/// The first of `notes` that holds all of a fact.
fn place(known: &Known, notes: &[Note]) -> Option<usize> {
    notes.iter().position(|note| holds(known, &format!("{} {}", note.title, note.text)))
}

/// Whether a text has the subject of a fact and every value that an answer brings.
fn holds(known: &Known, text: &str) -> bool {
    let subject = known.slots.get("n").map(|subject| subject.to_lowercase()).unwrap_or_default();
    wanted(known).iter().all(|value| has_word(text, value)) && text.to_lowercase().contains(&subject)
}

/// Whether `words` stand in `text` with nothing grown to their ends: "5 days" is not in "15 days".
fn has_word(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + words.len()..).and_then(|after| after.chars().next());
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}
