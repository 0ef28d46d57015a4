//! Lessons: one person, a few notes, and what is asked about them.

use std::collections::BTreeSet;

use super::{
    asked::{self, Asked, Form, Placed, Scope},
    dice::Dice,
    fact::{BLANK, Fact, Known, Slots},
    manner::Manner,
    names::Pool,
    pages::{self, LESSONS, Page},
    stage::{self, Stage},
    steps,
    talk::{self, Kind},
    verdicts,
};
use crate::learning::example::{Call, Cast, Example, Note};

/// Examples that show the same notes in the same order, so that a trainer computes them once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The examples; those with notes come first.
    pub examples: Vec<Example>,
}

const ROLES: &[&str] = &[
    "events and office",
    "purchasing",
    "head of sales",
    "IT support",
    "payroll",
    "HR",
    "quality manager",
    "facility manager",
    "brand and press",
    "warehouse lead",
    "customer support",
    "legal",
    "bookkeeping",
    "production planner",
    "site manager",
    "assistant to the board",
    "product owner",
    "fleet manager",
    "training coordinator",
    "shift lead",
    "research",
    "kitchen chef",
    "data protection",
    "project lead",
    "safety officer",
    "operations",
];

/// A line of a phone list, for questions that go through a person.
static REACH: Fact = Fact {
    key: "Phone list",
    note: &["{person} has extension {ext} and sits {spot}.", "{person}: extension {ext}, {spot}."],
    line: &["{person}: ext {ext}, {spot}", "{person}, ext {ext} ({spot})"],
    ask: &["What is the extension of {person}?", "What is {person}'s extension?"],
    loose: &["How do I get {person} on the phone?", "What do I dial for {person}?"],
    answer: &["The extension of {person} is {ext}", "{person} has extension {ext}"],
    short: &["ext {ext}", "{ext}"],
    query: &["{person} extension", "{person} phone"],
    ..BLANK
};

const HOPS: &[&str] = &[
    "What's the extension of whoever runs {s}?",
    "How do I get the person responsible for {s} on the phone?",
    "Which number do I dial to reach the owner of {s}?",
    "I have to ring the person in charge of {s}, what number?",
];

/// Who is stood in for and who asks.
pub(super) struct People {
    pub cast: Cast,
    pub manner: Manner,
    pub requester: String,
}

impl People {
    pub fn roll(dice: &mut Dice, pool: Pool, used: &mut BTreeSet<String>) -> Self {
        let name = if dice.chance(0.7) { pool.first(dice) } else { pool.person(dice) };
        let mut requester = pool.first(dice);
        while name.contains(&requester) {
            requester = pool.first(dice);
        }
        used.insert(name.clone());
        used.insert(requester.clone());
        let manner = Manner::roll(dice);
        let role = *dice.pick(ROLES);
        let role =
            if dice.chance(0.6) { format!("{role} at {}", pool.company(dice)) } else { role.to_owned() };
        let cast = Cast { name, role, manner: manner.words(dice) };
        Self { cast, manner, requester }
    }
}

/// Rolls a scene of judged clauses.
pub(super) fn judged(dice: &mut Dice) -> Scene {
    let mut used = BTreeSet::new();
    let people = People::roll(dice, Pool::Lessons, &mut used);
    let count = dice.count(3, 4);
    let (notes, judged) = verdicts::verdicts(dice, count);
    let examples = judged.into_iter().map(|judged| Example {
        cast: people.cast.clone(),
        requester: people.requester.clone(),
        thread: Vec::new(),
        message: dice.word(verdicts::ASKS).to_owned(),
        call: Call::Verdict {
            notes: notes.clone(),
            clause: judged.clause,
            verdict: judged.verdict,
            quote: judged.quote,
            why: judged.why,
        },
    });
    Scene { examples: examples.collect() }
}

/// Rolls a scene of replies, queries and steps.
pub(super) fn spoken(dice: &mut Dice) -> Scene {
    let mut used = BTreeSet::new();
    let people = People::roll(dice, Pool::Lessons, &mut used);
    let bare = dice.chance(0.03);
    let mut stage =
        if bare { Stage::default() } else { stage::set(dice, Pool::Lessons, &LESSONS, &mut used) };
    if dice.chance(0.12) {
        // Now and then the notes are about the person who is stood in for.
        stage.cast(dice, &people.cast.name);
    }
    let hop = (!bare && dice.chance(0.15)).then(|| phone_list(dice, &mut stage, &mut used)).flatten();
    let hostile =
        (!stage.pages.is_empty() && dice.chance(0.06)).then(|| dice.count(0, stage.pages.len() - 1));
    let notes: Vec<Note> = stage
        .pages
        .iter_mut()
        .enumerate()
        .map(|(place, page)| pages::note(dice, page, hostile == Some(place)))
        .collect();
    let placed = stage.placed();
    let mut lesson = Lesson { people, notes, pages: stage.pages, placed, used, examples: Vec::new() };
    let mut asked: Vec<Asked> = hop.into_iter().collect();
    lesson.replies(dice, &mut asked);
    lesson.queries(dice, &asked);
    if dice.chance(0.48) {
        let (message, tools, step) = steps::step(dice);
        lesson.push(Vec::new(), message, Call::Step { tools, step });
    }
    Scene { examples: lesson.examples }
}

/// Adds a phone list with the owner of something, and the question that needs both notes.
fn phone_list(dice: &mut Dice, stage: &mut Stage, used: &mut BTreeSet<String>) -> Option<Asked> {
    let (place, owner) = stage.pages.iter().enumerate().find_map(|(place, page)| {
        page.facts.iter().find(|known| known.fact.key == "Owner").map(|known| (place, known.clone()))
    })?;
    let person = owner.slots.get("person").cloned()?;
    let reach = Known::roll(dice, Pool::Lessons, &REACH, &Slots::from([("person".to_owned(), person)]), used);
    let mut facts = vec![reach.clone()];
    for _ in 0..dice.count(1, 3) {
        facts.push(Known::roll(dice, Pool::Lessons, &REACH, &Slots::new(), used));
    }
    dice.shuffle(&mut facts);
    let title = dice.word(&["Phone list", "Who sits where", "Extensions", "People and phones"]).to_owned();
    // Last, so that the places of the other pages stay what they are.
    stage.pages.push(Page { title, subject: None, site: None, facts });
    let message = owner.say(dice, HOPS);
    let query = owner.say(dice, &["{n} owner"]);
    let list = dice.word(&["phone list extensions", "staff extensions", "extension of {n} owner"]).to_owned();
    let queries = vec![query, owner.say(dice, &[&list])];
    Some(Asked {
        form: Form::Two,
        thread: Vec::new(),
        message,
        queries,
        facts: vec![(owner, place), (reach, stage.pages.len() - 1)],
        lead: "",
        scope: Scope::Whole,
    })
}

/// A scene in the making.
struct Lesson {
    people: People,
    notes: Vec<Note>,
    pages: Vec<Page>,
    placed: Vec<Placed>,
    used: BTreeSet<String>,
    examples: Vec<Example>,
}

impl Lesson {
    fn push(&mut self, thread: Vec<(String, String)>, message: String, call: Call) {
        self.examples.push(Example {
            cast: self.people.cast.clone(),
            requester: self.people.requester.clone(),
            thread,
            message,
            call,
        });
    }

    fn push_reply(&mut self, thread: Vec<(String, String)>, message: String, reply: String) {
        let notes = self.notes.clone();
        self.push(thread, message, Call::Reply { notes, reply });
    }

    fn replies(&mut self, dice: &mut Dice, asked: &mut Vec<Asked>) {
        let hop = asked.pop();
        let count = dice.count(5, 8);
        let mut order: Vec<Placed> = self.placed.clone();
        dice.shuffle(&mut order);
        let mut order = order.into_iter();
        if let Some(hop) = hop {
            let reply = self.reply(&hop);
            self.push_reply(hop.thread.clone(), hop.message.clone(), reply);
            asked.push(hop);
        }
        while self.examples.len() < count {
            match dice.weighted(&[74, 16, 10]) {
                0 => {
                    let Some(placed) = order.next() else {
                        self.refuse(dice, asked);
                        if self.placed.len() < 3 || dice.chance(0.6) {
                            self.talk(dice);
                        }
                        // Few facts make a short scene.
                        break;
                    };
                    let question = self.question(dice, &placed);
                    let reply = self.reply(&question);
                    self.push_reply(question.thread.clone(), question.message.clone(), reply);
                    asked.push(question);
                }
                1 => self.refuse(dice, asked),
                _ => self.talk(dice),
            }
        }
        dice.shuffle(&mut self.examples);
    }

    /// A question about a fact of the notes.
    fn question(&mut self, dice: &mut Dice, placed: &Placed) -> Asked {
        let you = self.people.cast.name.clone();
        let requester = self.people.requester.clone();
        let others: Vec<&Placed> = self.placed.iter().filter(|other| !other.same(placed)).collect();
        let about = |other: &&&Placed| {
            other.known.slots.get("s") == placed.known.slots.get("s") && other.known.slots.contains_key("s")
        };
        let form = dice.weighted(&[38, 20, 20, 12, 10]);
        let found = match form {
            2 => {
                let near: Vec<&Placed> = others.iter().filter(about).copied().collect();
                let twins: Vec<&Placed> = others
                    .iter()
                    .filter(|other| {
                        other.known.fact.key == placed.known.fact.key && other.known.slots.contains_key("s")
                    })
                    .copied()
                    .collect();
                match dice.weighted(&[5, 3, 3]) {
                    0 if !near.is_empty() => follow_one(dice, &near, placed, &requester),
                    1 if !twins.is_empty() => follow_one(dice, &twins, placed, &requester),
                    _ if !others.is_empty() => {
                        let between = *dice.pick(&others);
                        asked::again(dice, placed, between, &requester)
                    }
                    _ => None,
                }
            }
            3 => {
                let far: Vec<&Placed> = others
                    .iter()
                    .filter(|other| other.page != placed.page || dice.chance(0.3))
                    .copied()
                    .collect();
                let twins: Vec<&Placed> = far
                    .iter()
                    .filter(|other| {
                        other.known.fact.key == placed.known.fact.key && other.known.slots.contains_key("s")
                    })
                    .copied()
                    .collect();
                let pool = if !twins.is_empty() && dice.chance(0.4) { twins } else { far };
                let pool: Vec<&Placed> =
                    pool.into_iter().filter(|other| other.site.is_none() && placed.site.is_none()).collect();
                (!pool.is_empty()).then(|| {
                    let second = *dice.pick(&pool);
                    asked::double(dice, placed, second, &you)
                })
            }
            4 if placed.site.is_none() => asked::check(dice, Pool::Lessons, placed, &you),
            _ => None,
        };
        let mut question = found.unwrap_or_else(|| asked::single(dice, placed, form == 1, &you));
        if question.thread.is_empty() && dice.chance(0.1) {
            // A thread that has nothing to do with it.
            if let Some(other) = others.first() {
                question.thread = asked::exchange(dice, other, &requester);
            }
        }
        question
    }

    fn reply(&self, asked: &Asked) -> String {
        let manner = self.people.manner;
        let mut lead = asked.lead;
        let mut sentences = Vec::new();
        for (known, page) in &asked.facts {
            let title = self.pages.get(*page).map(|page| page.title.as_str()).unwrap_or_default();
            sentences.push(manner.say(known, page + 1, title, lead));
            lead = "";
        }
        manner.join(&sentences)
    }

    /// A question that the notes don't answer.
    fn refuse(&mut self, dice: &mut Dice, asked: &mut Vec<Asked>) {
        let absent = stage::absent(dice, Pool::Lessons, &LESSONS, &self.pages, &mut self.used);
        let you = self.people.cast.name.clone();
        let near: Vec<&Placed> =
            self.placed.iter().filter(|other| stage::same_subject(&other.known, &absent.known)).collect();
        let question = if !near.is_empty() && dice.chance(0.25) {
            follow_one(dice, &near, &absent, &self.people.requester)
        } else {
            None
        };
        let loose = dice.chance(0.3);
        let question = question.unwrap_or_else(|| asked::single(dice, &absent, loose, &you));
        let helper =
            near.iter().find(|other| matches!(other.known.fact.key, "Owner" | "Contact")).and_then(|other| {
                let who = other.known.slots.get("person")?;
                let about = other.known.slots.get("s")?;
                Some((who.as_str(), about.as_str(), other.page + 1))
            });
        let helper = helper.filter(|_| dice.chance(0.6));
        let reply = self.people.manner.refuse(helper);
        self.push_reply(question.thread.clone(), question.message.clone(), reply);
        asked.push(question);
    }

    fn talk(&mut self, dice: &mut Dice) {
        let kind = talk::kind(dice);
        let person = Pool::Lessons.first(dice);
        let talk = talk::talk(
            dice,
            kind,
            self.people.manner,
            &self.people.cast.name,
            &self.people.requester,
            &person,
        );
        let thread = match self.placed.first() {
            Some(placed) if kind == Kind::Small && dice.chance(0.4) => {
                asked::exchange(dice, placed, &self.people.requester)
            }
            _ => Vec::new(),
        };
        self.push_reply(thread, talk.message, talk.reply);
    }

    /// Queries for some of what was asked, hard ones rather than plain ones.
    fn queries(&mut self, dice: &mut Dice, asked: &[Asked]) {
        let mut left: Vec<&Asked> = asked.iter().collect();
        dice.shuffle(&mut left);
        left.sort_by_key(|asked| asked.form == Form::Plain && !dice.chance(0.35));
        for asked in left.into_iter().take(dice.count(1, 3)) {
            let call = Call::Queries { queries: asked.queries.clone() };
            self.push(asked.thread.clone(), asked.message.clone(), call);
        }
        if dice.chance(0.1) {
            let kind = talk::kind(dice);
            let person = Pool::Lessons.first(dice);
            let (name, requester) = (&self.people.cast.name, &self.people.requester);
            let talk = talk::talk(dice, kind, self.people.manner, name, requester, &person);
            self.push(Vec::new(), talk.message, Call::Queries { queries: vec![talk.query] });
        }
    }
}

/// Asks for `then` after one of `before` was asked for.
fn follow_one(dice: &mut Dice, before: &[&Placed], then: &Placed, requester: &str) -> Option<Asked> {
    let first = *dice.pick(before);
    asked::follow(dice, first, then, requester)
}
