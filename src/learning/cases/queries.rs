//! Queries in hindsight: which words would have found the note that the reply draws on.
//!
//! A candidate counts only if it finds the note among the first five. Candidates mix words of the question with
//! words that question, reply and note share, because at the time of asking the reply was not there yet.

use super::{
    Recall,
    evidence::{content_words, stem},
};
use crate::learning::Note;

/// A query has to find the note among this many.
pub(super) const WITHIN: usize = 5;
/// Most queries of a case.
const MOST: usize = 3;
/// Most words of a query.
const WORDS: usize = 5;

/// Queries that find `source` at the time `t`, the best first; empty when none does.
pub(super) fn mine(
    source: &Note,
    question: &str,
    reply: &str,
    t: i64,
    recall: &mut dyn Recall,
) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for candidate in candidates(source, question, reply) {
        let rank = recall.find(&candidate, t).iter().take(WITHIN).position(|note| note == source);
        if let Some(rank) = rank {
            found.push((rank, candidate));
        }
    }
    // A stable sort: of two that find it equally well, the one with more of the question comes first.
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, query)| query).take(MOST).collect()
}

fn candidates(source: &Note, question: &str, reply: &str) -> Vec<String> {
    let note: Vec<String> =
        content_words(&format!("{} {}", source.title, source.text)).iter().map(|word| stem(word)).collect();
    let in_note = |word: &&String| note.contains(&stem(word));
    // Figures are what is looked for, so nobody asks with them.
    let no_figure = |word: &&String| !word.chars().any(|c| c.is_ascii_digit());
    let asked = content_words(question);
    let asked_in_note: Vec<String> = asked.iter().filter(in_note).take(WORDS).cloned().collect();
    let answered: Vec<String> =
        content_words(reply).iter().filter(in_note).filter(no_figure).take(WORDS).cloned().collect();
    let title: Vec<String> =
        content_words(&source.title).iter().filter(no_figure).take(WORDS).cloned().collect();
    let mixed = merge(&asked_in_note, &answered);
    let topical = merge(&title, &asked_in_note);
    let whole: Vec<String> = asked.iter().take(WORDS).cloned().collect();
    let mut candidates: Vec<String> = Vec::new();
    for words in [asked_in_note, mixed, topical, answered, title, whole] {
        let query = words.join(" ");
        if words.len() >= 2 && !candidates.contains(&query) {
            candidates.push(query);
        }
    }
    candidates
}

/// The words of both, those of the first before.
fn merge(first: &[String], second: &[String]) -> Vec<String> {
    let mut merged: Vec<String> = Vec::new();
    for word in first.iter().chain(second) {
        if !merged.iter().any(|known| stem(known) == stem(word)) && merged.len() < WORDS {
            merged.push(word.clone());
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(title: &str, text: &str) -> Note {
        Note { title: title.into(), text: text.into() }
    }

    #[test]
    fn only_queries_that_find_the_note_are_kept() {
        let dinner = note("Winter dinner", "The winter dinner costs 40 a head at Larkholt farm.");
        let fair = note("Spring fair", "The spring fair is in hall B27.");
        let shelf = [fair, dinner.clone()];
        let mut asked = Vec::new();
        let mut recall = |query: &str, t: i64| {
            asked.push((query.to_owned(), t));
            let hit = |note: &&Note| query.split(' ').any(|word| note.text.to_lowercase().contains(word));
            shelf.iter().filter(hit).cloned().collect::<Vec<_>>()
        };
        let queries =
            mine(&dinner, "what does the dinner cost this winter?", "40 a head at larkholt", 7, &mut recall);
        assert!(!queries.is_empty() && queries.len() <= MOST, "{queries:?}");
        assert!(queries[0].contains("dinner"), "{queries:?}");
        assert!(queries.iter().all(|query| !query.contains("40")), "{queries:?}");
        assert!(asked.iter().all(|(_, t)| *t == 7), "notes are those of the time");
        assert!(mine(&dinner, "what?", "no", 7, &mut |_: &str, _: i64| Vec::new()).is_empty());
    }
}
