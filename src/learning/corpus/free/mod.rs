//! Facts of their own shape: what stands in house rules, check lists and memos, grouped by topic.

mod desk;
mod house;
mod memos;
mod money;
mod odds;
mod people;
mod safety;
mod shop;
mod work;

use super::fact::{BLANK, Fact};

/// Facts that belong under one title.
#[derive(Debug)]
pub(super) struct Topic {
    /// The title of the note.
    pub title: &'static str,
    /// Its facts.
    pub facts: &'static [Fact],
}

/// All topics of the lessons.
pub(super) static TOPICS: &[&[Topic]] =
    &[house::TOPICS, safety::TOPICS, money::TOPICS, people::TOPICS, work::TOPICS, desk::TOPICS, shop::TOPICS];

/// Facts that stand anywhere.
pub(super) static ODDS: &[&[Fact]] = &[odds::FACTS, memos::FACTS];

type Texts = &'static [&'static str];

/// A fact that names its subject itself: key, note, line, ask, loose, answer, short, query.
#[expect(clippy::too_many_arguments, reason = "rows of a table, read in columns")]
pub(super) const fn free(
    key: &'static str,
    note: Texts,
    line: Texts,
    ask: Texts,
    loose: Texts,
    answer: Texts,
    short: Texts,
    query: Texts,
) -> Fact {
    Fact { key, note, line, ask, loose, answer, short, query, ..BLANK }
}
