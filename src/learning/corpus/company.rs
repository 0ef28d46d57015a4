//! Invented companies with questions whose answers are known.
//!
//! Names come from lists and syllables that no lesson uses, and half of the questions are about kinds of facts
//! from [`super::held_out`]. Each question has one right answer among notes that are easily confused.

use std::collections::BTreeSet;

use super::{
    asked::{self, Asked, Form, Placed, Scope},
    dice::Dice,
    fact::{Fact, Known, Slots, slot_names},
    held_out,
    names::Pool,
    pages::{self, Layout, Page, Shelf, choose_facts, subject_page, topic_page},
    scene::People,
    stage,
    subjects::Subject,
};
use crate::learning::example::Cast;

/// A company with its notes and the questions that judge an understudy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Its name.
    pub name: String,
    /// Who is stood in for.
    pub cast: Cast,
    /// The notes.
    pub files: Vec<File>,
    /// The questions.
    pub questions: Vec<Question>,
}

/// A note in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it lies below the folder of notes; a question's `gold` names it.
    pub source: String,
    /// Its title, which is also its first heading.
    pub title: String,
    /// The text, with headings.
    pub text: String,
}

/// How a question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In words that a note may use.
    Plain,
    /// It needs the thread to be understood.
    FollowUp,
    /// In words that no note would use.
    Colloquial,
    /// Two notes answer it.
    TwoNotes,
}

/// A question and what a right answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who asks.
    pub requester: String,
    /// Earlier messages, oldest first, as (who, what); the understudy's own are by `You`.
    pub thread: Vec<(String, String)>,
    /// The message.
    pub message: String,
    /// The sources of the notes that answer it; empty when none does.
    pub gold: Vec<String>,
    /// The texts that a right answer holds, byte for byte.
    pub values: Vec<String>,
    /// How it is put.
    pub kind: Kind,
    /// Whether a note answers it.
    pub answerable: bool,
    /// Whether lessons know its kind of fact, with other names and values.
    pub seen: bool,
}

/// Questions of a company.
const QUESTIONS: usize = 60;
/// Questions that no note answers.
const UNANSWERABLE: usize = 9;

/// The company of a seed; the same bytes for the same seed.
#[must_use]
pub fn company(seed: u64) -> Company {
    // Far from the streams of the lessons.
    let mut dice = Dice::new(seed, u64::MAX);
    let mut used = BTreeSet::new();
    let people = People::roll(&mut dice, Pool::Judgement, &mut used);
    let name = Pool::Judgement.company(&mut dice);
    let mut cast = people.cast;
    cast.role = format!("{} at {name}", cast.role.split(" at ").next().unwrap_or_default());
    let mut office = Office { used, ..Office::empty(dice, Pool::Judgement, &cast.name) };
    office.furnish(&pages::LESSONS, true);
    office.furnish(&held_out::SHELF, false);
    office.dice.shuffle(&mut office.pages);
    let files = office.files();
    office.ask(&files);
    Company { name, cast, files, questions: office.questions }
}

/// A page, and whether lessons know its kinds of facts.
pub(super) struct Sheet {
    pub page: Page,
    seen: bool,
}

/// A company in the making.
pub(super) struct Office {
    pub dice: Dice,
    pool: Pool,
    pub used: BTreeSet<String>,
    pub you: String,
    pub pages: Vec<Sheet>,
    questions: Vec<Question>,
    /// What was asked in vain already: the kind of fact and its subject.
    vain: BTreeSet<(&'static str, String)>,
}

impl Office {
    /// A company without a page; `you` is who is stood in for.
    pub fn empty(dice: Dice, pool: Pool, you: &str) -> Self {
        Self {
            dice,
            pool,
            used: BTreeSet::new(),
            you: you.to_owned(),
            pages: Vec::new(),
            questions: Vec::new(),
            vain: BTreeSet::new(),
        }
    }

    /// Writes pages from a shelf: subjects with twins, whole topics, boards.
    pub fn furnish(&mut self, shelf: &Shelf, seen: bool) {
        let (dice, pool, used) = (&mut self.dice, self.pool, &mut self.used);
        let mut pages: Vec<Page> = Vec::new();
        let mut heads: BTreeSet<&str> = BTreeSet::new();
        while heads.len() < 9 {
            let class = dice.pick(shelf.classes);
            let subject = Subject::roll(dice, pool, class, used);
            if !heads.insert(subject.head) {
                continue;
            }
            let count = dice.count(3, 6);
            let kinds = choose_facts(dice, shelf, class.letter, count);
            pages.push(subject_page(dice, pool, &subject, &kinds, used));
            if dice.chance(0.6)
                && let Some(twin) = subject.sibling(dice, pool, used)
            {
                let kinds: Vec<&'static Fact> = kinds.into_iter().filter(|_| dice.chance(0.7)).collect();
                if !kinds.is_empty() {
                    pages.push(subject_page(dice, pool, &twin, &kinds, used));
                }
            }
        }
        let mut topics: Vec<_> = shelf.topics.iter().flat_map(|table| table.iter()).collect();
        dice.shuffle(&mut topics);
        for topic in topics.into_iter().take(7) {
            let mut facts: Vec<&'static Fact> = topic.facts.iter().collect();
            dice.shuffle(&mut facts);
            // What is left out can be asked for in vain.
            facts.truncate(topic.facts.len().saturating_sub(1).max(3));
            pages.push(topic_page(dice, pool, topic, &facts, None, used));
        }
        let mut odds: Vec<&'static Fact> = shelf.odds.iter().flat_map(|table| table.iter()).collect();
        dice.shuffle(&mut odds);
        let titles = if seen { ["Notice board", "Weekly mail"] } else { ["Wall chart", "Handover notes"] };
        for (title, facts) in titles.iter().zip(odds.chunks(4)) {
            let facts = facts.iter().map(|fact| Known::roll(dice, pool, fact, &Slots::new(), used)).collect();
            pages.push(Page { title: (*title).to_owned(), subject: None, site: None, facts });
        }
        for page in &mut pages {
            page.title = page.title.split(" > ").next().unwrap_or_default().to_owned();
        }
        self.pages.extend(pages.into_iter().map(|page| Sheet { page, seen }));
    }

    /// The pages as files, in sections where there is much to say.
    pub fn files(&mut self) -> Vec<File> {
        let mut files: Vec<File> = Vec::new();
        for sheet in &mut self.pages {
            let page = &mut sheet.page;
            let mut text = format!("# {}\n\n", page.title);
            let opening = page.facts.len().min(3);
            let (first, rest) = page.facts.split_at_mut(opening);
            let layout = Layout::roll(&mut self.dice);
            text.push_str(&pages::write_out(&mut self.dice, first, layout));
            for part in rest.chunks_mut(2) {
                let heading = match (&*part, &page.subject) {
                    ([only], Some(_)) => only.fact.key,
                    _ => *self.dice.pick(&["Also", "Details", "More", "Good to know", "Other points"]),
                };
                let layout = Layout::roll(&mut self.dice);
                let written = pages::write_out(&mut self.dice, part, layout);
                text.push_str(&format!("\n\n## {heading}\n\n{written}"));
            }
            text.push('\n');
            let folder = match page.subject.as_ref().map(|subject| subject.class.letter) {
                None => "house",
                Some('E' | 'T' | 'c' | 'e') => "events",
                Some('K' | 'C' | 'O' | 'f') => "contracts",
                Some('Q' | 'B' | 'D') => "rules",
                Some(_) => "things",
            };
            files.push(File {
                source: format!("{folder}/{}.md", slug(&page.title)),
                title: page.title.clone(),
                text,
            });
        }
        files
    }

    /// Asks all questions.
    fn ask(&mut self, files: &[File]) {
        let mut placed: [Vec<Placed>; 2] = [Vec::new(), Vec::new()];
        for (place, sheet) in self.pages.iter().enumerate() {
            let [seen, unseen] = &mut placed;
            let shelf = if sheet.seen { seen } else { unseen };
            shelf.extend(sheet.page.facts.iter().map(|known| Placed {
                known: known.clone(),
                page: place,
                site: None,
            }));
        }
        let [seen, unseen] = &mut placed;
        self.dice.shuffle(seen);
        self.dice.shuffle(unseen);
        let answerable = QUESTIONS - UNANSWERABLE;
        let mut tries = 0usize;
        while self.questions.len() < answerable && tries < 4000 {
            let is_seen = tries.is_multiple_of(2);
            let from = if is_seen { &placed[0] } else { &placed[1] };
            let Some(one) = from.get((tries / 2) % from.len().max(1)).cloned() else { break };
            tries += 1;
            let Some(asked) = self.form(&one, from) else { continue };
            self.keep(&asked, files, is_seen);
        }
        while self.questions.len() < QUESTIONS {
            let is_seen = self.questions.len().is_multiple_of(2);
            self.ask_in_vain(is_seen);
        }
    }

    /// Puts a question about `one` in some way.
    pub fn form(&mut self, one: &Placed, from: &[Placed]) -> Option<Asked> {
        let (dice, you) = (&mut self.dice, self.you.clone());
        let others: Vec<&Placed> = from.iter().filter(|other| !other.same(one)).collect();
        let requester = "Requester";
        match dice.weighted(&[60, 14, 16, 10]) {
            0 => Some(asked::single(dice, one, false, &you)),
            1 => {
                let near: Vec<&Placed> = others
                    .iter()
                    .filter(|other| {
                        stage::same_subject(&other.known, &one.known)
                            || (other.known.fact.key == one.known.fact.key
                                && one.known.slots.contains_key("s"))
                    })
                    .copied()
                    .collect();
                if near.is_empty() {
                    let between = *dice.pick(&others);
                    asked::again(dice, one, between, requester)
                } else {
                    let first = *dice.pick(&near);
                    asked::follow(dice, first, one, requester)
                }
            }
            2 => Some(asked::single(dice, one, true, &you)),
            _ => {
                let far: Vec<&Placed> = others.into_iter().filter(|other| other.page != one.page).collect();
                let second = *dice.pick(&far);
                Some(asked::double(dice, one, second, &you))
            }
        }
    }

    /// Keeps a question, unless it was asked already or gives its answer away.
    fn keep(&mut self, asked: &Asked, files: &[File], seen: bool) {
        let mut values: Vec<String> = Vec::new();
        for (known, _) in &asked.facts {
            let mut wanted = wanted(known);
            if asked.scope == Scope::First {
                wanted.truncate(1);
            }
            let open: Vec<String> =
                wanted.into_iter().filter(|value| !asked.message.contains(value.as_str())).collect();
            if open.is_empty() {
                return;
            }
            values.extend(open);
        }
        if self.questions.iter().any(|known| known.message == asked.message && known.thread == asked.thread) {
            return;
        }
        let mut gold: Vec<String> = asked
            .facts
            .iter()
            .filter_map(|(_, page)| files.get(*page))
            .map(|file| file.source.clone())
            .collect();
        gold.dedup();
        self.push(asked, gold, values, seen);
    }

    fn ask_in_vain(&mut self, seen: bool) {
        let shelf: &Shelf = if seen { &pages::LESSONS } else { &held_out::SHELF };
        let pages: Vec<Page> =
            self.pages.iter().filter(|sheet| sheet.seen == seen).map(|sheet| sheet.page.clone()).collect();
        let absent = stage::absent(&mut self.dice, self.pool, shelf, &pages, &mut self.used);
        let loose = self.dice.chance(0.3);
        let asked = asked::single(&mut self.dice, &absent, loose, &self.you);
        let subject = absent.known.slots.get("s").cloned().unwrap_or_default();
        if !self.vain.insert((absent.known.fact.key, subject)) {
            return;
        }
        self.push(&asked, Vec::new(), Vec::new(), seen);
    }

    fn push(&mut self, asked: &Asked, gold: Vec<String>, values: Vec<String>, seen: bool) {
        let requester = self.pool.first(&mut self.dice);
        let thread = asked
            .thread
            .iter()
            .map(|(who, what)| (if who == "You" { who.clone() } else { requester.clone() }, what.clone()))
            .collect();
        let kind = match asked.form {
            Form::Plain | Form::Check => Kind::Plain,
            Form::Loose => Kind::Colloquial,
            Form::Follow => Kind::FollowUp,
            Form::Two => Kind::TwoNotes,
        };
        let (answerable, message) = (!gold.is_empty(), asked.message.clone());
        self.questions.push(Question { requester, thread, message, gold, values, kind, answerable, seen });
    }
}

/// The values that every way to answer brings.
pub(super) fn wanted(known: &Known) -> Vec<String> {
    let ways: Vec<Vec<String>> =
        known.fact.answer.iter().chain(known.fact.short).map(|template| slot_names(template)).collect();
    let names = known.fact.answer_slots();
    let kept = names.into_iter().filter(|name| ways.iter().all(|way| way.contains(name)));
    kept.filter_map(|name| Some(format!("{}{}", known.slots.get(&name)?, unit(known, &name)))).collect()
}

/// The word behind a bare number, where every way to answer has the same: "7" alone is found anywhere.
fn unit(known: &Known, name: &str) -> String {
    let number = known.slots.get(name).is_some_and(|value| value.chars().all(|c| c.is_ascii_digit()));
    let slot = format!("{{{name}}}");
    let mut words = known.fact.answer.iter().chain(known.fact.short).map(|template| {
        let behind =
            template.split_once(&slot).and_then(|(_, behind)| behind.strip_prefix(' ')).unwrap_or_default();
        behind.split([' ', ',']).next().unwrap_or_default()
    });
    match words.next() {
        Some(first) if number && !first.is_empty() && words.all(|word| word == first) => format!(" {first}"),
        _ => String::new(),
    }
}

fn slug(title: &str) -> String {
    let letters = title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let dashed: String = letters.collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
