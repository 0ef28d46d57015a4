//! Cleaning: what a person said, without what their tools, their mail program and their neighbours added.
//!
//! Quotes, signatures and disclaimers are cut, fillers and automatic replies left out, turns of one sender merged,
//! personal data replaced, other people given other names. Everything that goes is counted by its reason.

mod filler;
mod masks;
mod quotes;
pub mod scrub;
pub mod twins;

use std::collections::BTreeMap;

use super::{
    event::{Event, ME},
    report::{Reason, Report},
};
pub use masks::{Masks, Names};
pub use quotes::own_words;

/// Turns of one sender with less than this between them are one turn.
const MERGE_S: i64 = 120;

/// What one person said in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The first message of it.
    pub id: String,
    /// Who; [`ME`] for the person.
    pub author: String,
    /// When it began.
    pub t: i64,
    /// When its last message was written.
    pub last_t: i64,
    /// Where.
    pub channel: String,
    /// To whom.
    pub to: Vec<String>,
    /// What.
    pub text: String,
    /// What it answers.
    pub reply_to: Option<String>,
}

/// One thread, cleaned, oldest turn first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id in the export.
    pub id: String,
    /// Its turns.
    pub turns: Vec<Turn>,
}

/// Who is who while threads are cleaned.
#[derive(Debug, Clone, Copy)]
pub struct People<'p> {
    /// The person's own name, which stays.
    pub own: &'p str,
    /// Everybody else, besides those who write in the thread.
    pub others: &'p Names,
}

/// Cleans the events of one thread.
pub fn clean(id: &str, mut events: Vec<Event>, people: People<'_>, report: &mut Report) -> Thread {
    events.sort_by(|a, b| (a.t, &a.id).cmp(&(b.t, &b.id)));
    events.dedup_by(|a, b| a.id == b.id);
    let mut turns: Vec<Turn> = Vec::new();
    for event in events {
        let mail = event.channel == "mail";
        let text = if mail { quotes::own_words(&event.text) } else { quotes::without_quotes(&event.text) };
        if text.is_empty() {
            report.leave_out(Reason::Empty);
        } else if mail && filler::is_auto_reply(&text) {
            report.leave_out(Reason::AutoReply);
        } else if filler::is_filler(&text) {
            report.leave_out(Reason::Filler);
        } else {
            add(&mut turns, event, text);
        }
    }
    mask(&mut turns, id, people, report);
    Thread { id: id.to_owned(), turns }
}

/// Adds what was said to the last turn when the same person goes on, or as a turn of its own.
fn add(turns: &mut Vec<Turn>, event: Event, text: String) {
    if let Some(last) = turns.last_mut()
        && last.author == event.author
        && event.t - last.last_t <= MERGE_S
        // Two mails are two mails, and two sections of a page two sections.
        && !["mail", "page", "steps"].contains(&event.channel.as_str())
    {
        last.text.push('\n');
        last.text.push_str(&text);
        last.last_t = event.t;
        return;
    }
    let Event { id, t, author, channel, to, reply_to, .. } = event;
    turns.push(Turn { id, author, t, last_t: t, channel, to, text, reply_to });
}

/// Takes personal data out and gives other people other names, the same ones all through the thread.
fn mask(turns: &mut [Turn], thread: &str, people: People<'_>, report: &mut Report) {
    let here = turns.iter().flat_map(|turn| std::iter::once(&turn.author).chain(&turn.to));
    let here = here.filter(|name| *name != ME).cloned();
    let named = people.others.in_texts(turns.iter().map(|turn| turn.text.as_str()));
    let masks = Masks::new(thread, people.own, here.chain(named));
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for turn in &mut *turns {
        // Data first: a name inside of a mail address would tear it.
        let scrubbed = scrub::scrub(&turn.text);
        for found in &scrubbed.found {
            *counts.entry(found.words()).or_default() += 1;
        }
        turn.text = masks.apply(&scrubbed.text);
        turn.author = masks.name(&turn.author);
        turn.to = turn.to.iter().map(|name| masks.name(name)).collect();
    }
    for (kind, pieces) in counts {
        report.scrub(kind, pieces);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> People<'static> {
        People { own: "Bob", others: Box::leak(Box::default()) }
    }

    fn event(id: &str, author: &str, t: i64, channel: &str, text: &str) -> Event {
        Event {
            id: id.into(),
            thread: "x".into(),
            t,
            author: author.into(),
            channel: channel.into(),
            text: text.into(),
            ..Event::default()
        }
    }

    #[test]
    fn a_thread_is_cleaned_merged_scrubbed_and_masked() {
        let mut report = Report::default();
        let events = vec![
            event("3", ME, 130, "#events", "yes, Alice, call me: +44 20 7946 0958"),
            event("1", "Alice Ng", 0, "#events", "is the fair on?"),
            event("2", "Alice Ng", 100, "#events", "and who goes?"),
            event("4", "Alice Ng", 140, "#events", "+1"),
            event("4", "Alice Ng", 140, "#events", "+1"),
        ];
        let thread = clean("x", events, nobody(), &mut report);
        assert_eq!(thread.turns.len(), 2);
        assert_eq!(thread.turns[0].text, "is the fair on?\nand who goes?");
        let alice = thread.turns[0].author.clone();
        assert!(!alice.contains("Alice"), "{alice}");
        let first = alice.split(' ').next().unwrap();
        assert_eq!(thread.turns[1].text, format!("yes, {first}, call me: [phone]"));
        assert_eq!(thread.turns[1].author, ME);
        assert_eq!(report.left_out_for(Reason::Filler), 1);
        assert_eq!(report.scrubbed.get("phone numbers"), Some(&1));
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let mut report = Report::default();
        let away = "I am out of the office until Monday with no access to mail.";
        let quoted = "On 3 May 2026, Alice wrote:\n> is it on?\n";
        let events = vec![event("1", "Alice", 0, "mail", away), event("2", ME, 9, "mail", quoted)];
        assert!(clean("x", events, nobody(), &mut report).turns.is_empty());
        assert_eq!(report.left_out_for(Reason::AutoReply), 1);
        assert_eq!(report.left_out_for(Reason::Empty), 1);
    }
}
