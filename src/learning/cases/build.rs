//! From events to a data set, in one deterministic pass.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{
    Case, Recall, evidence, playback,
    queries::{self, WITHIN},
    recall::fuse,
    replies::{self, Answered, Unasked},
    split::{Split, split},
    values,
};
use crate::{
    domain::SourceKind,
    learning::{
        Call, Cast, Event, Example, Note,
        clean::{
            self, Names, People,
            twins::{Seen, Twins},
        },
        report::{Reason, Report},
    },
    turn::figures::loose_figures,
};

/// Fewer real examples than this make no adapter.
pub const LEAST: usize = 25;
/// What a reply becomes whose facts no note holds.
const NOT_IN_NOTES: &str = "That's not in my notes.";
/// Words from which on a reply that is repeated under another question is boilerplate.
const BOILERPLATE_WORDS: usize = 20;

/// What a data set is made for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is stood in for.
    pub cast: Cast,
    /// People who are masked wherever they stand.
    pub names: Names,
    /// Cases that the person took out.
    pub vetoes: BTreeSet<String>,
    /// Of the replies whose facts no note holds, how many of a hundred become "That's not in my notes."; the
    /// others are left out.
    pub decline_percent: u8,
    /// Decides about figures and declined replies.
    pub seed: u64,
}

/// A data set with what was left out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Training and development cases, oldest first.
    pub cases: Vec<Case>,
    /// The exam, oldest first.
    pub exam: Vec<Case>,
    /// What was left out and why.
    pub report: Report,
    /// Real replies among the cases, before they were split.
    pub real: usize,
}

impl Built {
    /// Why there is no training yet, with what would help; `None` when there is enough.
    #[must_use]
    pub fn not_yet(&self) -> Option<String> {
        if self.real >= LEAST {
            return None;
        }
        let n = self.real;
        let found = if n == 1 { "1 example".to_owned() } else { format!("{n} examples") };
        let mut helps = vec!["an export over a longer time", "another source, such as mail or meetings"];
        let most = self.report.left_out.iter().max_by_key(|(_, n)| **n).map(|(why, _)| *why);
        match most {
            Some(Reason::FiguresFromNowhere) => {
                helps.insert(0, "the notes that the answers draw on (`understudy notes add`)")
            }
            Some(Reason::NoTrigger) => helps.insert(0, "channels in which people ask questions"),
            _ => {}
        }
        Some(format!(
            "not yet: {LEAST} are the least and this makes {found}; what would help: {}",
            helps.join(", or ")
        ))
    }
}

/// Makes a data set of events, grouped by their source.
///
/// `events` may come in any order; each thread is cleaned by itself. The same input gives the same data set.
pub fn build(events: Vec<(SourceKind, Event)>, plan: &Plan, recall: &mut dyn Recall) -> Built {
    let mut built = Built::default();
    let mut threads: BTreeMap<(SourceKind, String), Vec<Event>> = BTreeMap::new();
    for (kind, event) in events {
        threads.entry((kind, event.thread.clone())).or_default().push(event);
    }
    let people = People { own: &plan.cast.name, others: &plan.names };
    let (mut answers, mut unasked) = (Vec::new(), Vec::new());
    for ((kind, id), events) in threads {
        if !events.iter().any(Event::is_mine) {
            let n = events.len() as u64;
            *built.report.left_out.entry(Reason::NotTheirs).or_default() += n;
            continue;
        }
        let thread = clean::clean(&id, events, people, &mut built.report);
        let (answered, began) = replies::of_thread(&thread, &mut built.report);
        answers.extend(answered.into_iter().map(|answered| (kind, answered)));
        unasked.extend(began.into_iter().map(|unasked| (kind, unasked)));
    }
    // Oldest first, so that of two twins the older one stays: the newer one would carry a lesson into the exam.
    answers.sort_by(|(_, a), (_, b)| (a.t, &a.id).cmp(&(b.t, &b.id)));
    unasked.sort_by(|(_, a), (_, b)| (a.t, &a.id).cmp(&(b.t, &b.id)));
    let mut maker = Maker {
        plan,
        recall,
        report: &mut built.report,
        twins: Twins::default(),
        boilerplate: Twins::default(),
    };
    let mut cases = Vec::new();
    for (kind, answered) in answers {
        let made = maker.reply(kind, answered);
        built.real += made.len().min(1);
        cases.extend(made);
    }
    let real = built.real;
    for (kind, unasked) in unasked {
        let played = cases.iter().filter(|case| case.synthetic).count();
        match maker.playback(kind, &unasked).filter(|_| played < real) {
            Some(case) => cases.push(case),
            None => maker.report.leave_out(Reason::NoTrigger),
        }
    }
    cases.sort_by(|a, b| (a.t, &a.id).cmp(&(b.t, &b.id)));
    let (exam, cases) =
        split(cases, &mut built.report).into_iter().partition(|case| case.split == Split::Exam);
    built.cases = cases;
    built.exam = exam;
    built.report.kept = (built.cases.len() + built.exam.len()) as u64;
    built
}

struct Maker<'m> {
    plan: &'m Plan,
    recall: &'m mut dyn Recall,
    report: &'m mut Report,
    twins: Twins,
    boilerplate: Twins,
}

impl Maker<'_> {
    /// The cases of one answer: the reply, and the queries if one finds its note.
    fn reply(&mut self, source: SourceKind, answered: Answered) -> Vec<Case> {
        let id = digest(&["reply", source.as_str(), &answered.thread_id, &answered.id]);
        if self.is_out(&id) || self.is_twin(&answered.message, &answered.reply) {
            return Vec::new();
        }
        let (notes, queries) = self.evidence(&answered);
        let Some(reply) = self.grounded(&answered, &notes, &id) else {
            self.report.leave_out(Reason::FiguresFromNowhere);
            return Vec::new();
        };
        let case = |id: String, example: Example| Case {
            id,
            thread: digest(&["thread", source.as_str(), &answered.thread_id]),
            t: answered.t,
            split: Split::Train,
            source,
            synthetic: false,
            example,
        };
        let mut example = self.example(&answered, Call::Reply { notes, reply });
        self.randomise(&mut example, &id);
        let mut made = vec![case(id.clone(), example)];
        let queries_id = digest(&["queries", source.as_str(), &answered.thread_id, &answered.id]);
        if !queries.is_empty() && !self.is_out(&queries_id) {
            made.push(case(queries_id, self.example(&answered, Call::Queries { queries })));
        }
        made
    }

    fn playback(&mut self, source: SourceKind, unasked: &Unasked) -> Option<Case> {
        let (message, text) = playback::played_back(unasked)?;
        let id = digest(&["playback", source.as_str(), &unasked.thread_id, &unasked.id]);
        if self.is_out(&id) || self.is_twin(&message, &text) {
            return None;
        }
        let answered = Answered {
            id: unasked.id.clone(),
            thread_id: unasked.thread_id.clone(),
            t: unasked.t,
            requester: self.plan.cast.name.clone(),
            thread: Vec::new(),
            message,
            reply: String::new(),
        };
        // The text itself is its own note: what is taught is how the person says it, not what they know.
        let note = Note { title: "What to say".to_owned(), text: replies::cut(&text, 900) };
        let mut example = self.example(&answered, Call::Reply { notes: vec![note], reply: text });
        self.randomise(&mut example, &id);
        let thread = digest(&["thread", source.as_str(), &unasked.thread_id]);
        Some(Case { id, thread, t: unasked.t, split: Split::Train, source, synthetic: true, example })
    }

    fn example(&self, answered: &Answered, call: Call) -> Example {
        Example {
            cast: self.plan.cast.clone(),
            requester: answered.requester.clone(),
            thread: answered.thread.clone(),
            message: answered.message.clone(),
            call,
        }
    }

    fn is_out(&mut self, id: &str) -> bool {
        let out = self.plan.vetoes.contains(id);
        if out {
            self.report.leave_out(Reason::Vetoed);
        }
        out
    }

    fn is_twin(&mut self, message: &str, reply: &str) -> bool {
        let mut seen = self.twins.see(&format!("{message}\n{reply}"));
        if seen == Seen::New && reply.split_whitespace().count() >= BOILERPLATE_WORDS {
            seen = self.boilerplate.see(reply);
        }
        match seen {
            Seen::New => return false,
            Seen::Same => self.report.leave_out(Reason::Duplicate),
            Seen::Near => self.report.leave_out(Reason::NearDuplicate),
        }
        true
    }

    /// What a prompt would have shown of the notes, and the queries that find what the reply draws on.
    fn evidence(&mut self, answered: &Answered) -> (Vec<Note>, Vec<String>) {
        let Answered { message, reply, t, .. } = answered;
        let by_message = self.recall.find(message, *t);
        let by_reply = self.recall.find(reply, *t);
        let pool = fuse(&[by_message, by_reply.into_iter().take(WITHIN).collect()], usize::MAX);
        let queries = match evidence::source(&pool, reply, message) {
            Some(source) => queries::mine(source, message, reply, *t, self.recall),
            None => Vec::new(),
        };
        (self.recall.show(message, &queries, *t), queries)
    }

    /// The reply, or that it is not in the notes when its figures stand nowhere; `None` when it is left out.
    fn grounded(&self, answered: &Answered, notes: &[Note], id: &str) -> Option<String> {
        let mut known: Vec<&str> = vec![&answered.message];
        known.extend(answered.thread.iter().map(|(_, text)| text.as_str()));
        known.extend(notes.iter().flat_map(|note| [note.title.as_str(), note.text.as_str()]));
        if loose_figures(&answered.reply, &known).is_empty() {
            return Some(answered.reply.clone());
        }
        let declines = number(&[id, "decline"], self.plan.seed) % 100 < u64::from(self.plan.decline_percent);
        declines.then(|| NOT_IN_NOTES.to_owned())
    }

    fn randomise(&self, example: &mut Example, id: &str) {
        let seed = number(&[id, "values"], self.plan.seed);
        let Call::Reply { notes, reply } = &mut example.call else { return };
        let mut request = vec![example.message.as_str()];
        let mut earlier = Vec::new();
        for (who, text) in &mut example.thread {
            if who == "You" { earlier.push(text) } else { request.push(text) }
        }
        let mut notes: Vec<&mut String> =
            notes.iter_mut().flat_map(|note| [&mut note.title, &mut note.text]).collect();
        values::randomise(&request, &mut notes, &mut earlier, reply, seed);
    }
}

/// A short name that says nothing about what it names.
fn digest(parts: &[&str]) -> String {
    hex::encode(Sha256::digest(parts.join("\0").as_bytes())).chars().take(16).collect()
}

fn number(parts: &[&str], seed: u64) -> u64 {
    let digest = Sha256::digest(format!("{seed}\0{}", parts.join("\0")).as_bytes());
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests;
