//! What of the found passages a prompt shows: the sentences that speak to the question.
//!
//! A small model reads a page of facts badly and slowly; a few sentences it reads well. A passage is told by its
//! sentences and lines, each ranked by words and by meaning for every leg of the search, under the title of its
//! note. The nearest are weighed by the mind; where none can weigh, the best two are shown, the best first. What a
//! sentence leans on (the one before "It", the line that opens a list) comes with it.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use super::{
    Embed, Leg,
    words::{Sparse, Words},
};
use crate::domain::Passage;

/// Most characters of titles and sentences that are kept, about 65 tokens of English: with 1,000 the same starter gave
/// the right value in 0.47 of its replies instead of 0.59, and took 2.3 s instead of 1.5 s.
const MOST_CHARS: usize = 260;
/// Sentences and lines that are shown, beside what they lean on: with as many as fit the same starter gave the right
/// value in 0.66 of its replies, with two in 0.71.
const MOST_PARTS: usize = 2;
/// What a point of BM25 weighs beside a cosine; anything from 0.01 to 0.03 ranks alike.
const WORDS: f32 = 0.02;
/// Words that a sentence begins with when it goes on about what the one before said.
const LEANING: &[&str] = &[
    "it", "its", "they", "their", "them", "this", "that", "these", "those", "he", "she", "his", "her", "both",
];

/// A shorter word before a full stop may be an abbreviation, and of the longer ones these are.
const LETTERS_OF_WORD: usize = 5;
const ABBREVIATED: &[&str] = &["approx", "equiv", "thurs", "suppl", "abschn", "hausnr"];

/// A sentence with all words of a title of so many names what it is about; "fair" alone may be any fair.
const SUBJECT_WORDS: usize = 2;

/// A sentence or a line of a passage.
struct Part<'p> {
    passage: usize,
    text: &'p str,
    /// Whether it begins a line.
    opens_line: bool,
    /// Whether it goes on about what the sentence before it said.
    leans: bool,
}

/// The sentences of some passages, ranked for a question.
pub struct Sentences<'p> {
    passages: &'p [Passage],
    parts: Vec<Part<'p>>,
    /// Places of the parts, best first.
    order: Vec<usize>,
    /// Of each part; none when everything is shown anyway.
    scores: Vec<f32>,
    most: usize,
    /// Whether all of it is short enough to be shown.
    is_whole: bool,
}

/// A sentence as it is weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Title of the note, the sentence, and what it leans on before it.
    pub text: String,
    /// How near it is by words and by meaning; comparable within one question only.
    pub score: f32,
    place: usize,
}

impl<'p> Sentences<'p> {
    /// Ranks the sentences of `passages` for `questions`, for which `queries` were written.
    ///
    /// # Errors
    /// When the sentences can't be embedded.
    pub async fn ranked(
        embed: &dyn Embed,
        questions: &[Leg],
        queries: &[Leg],
        passages: &'p [Passage],
    ) -> anyhow::Result<Self> {
        let parts: Vec<Part<'_>> =
            passages.iter().enumerate().flat_map(|(n, passage)| parts(n, passage)).collect();
        let size = |passage: &Passage| passage.title.chars().count() + passage.text.chars().count();
        if passages.iter().map(size).sum::<usize>() <= MOST_CHARS {
            let order: Vec<usize> = (0..parts.len()).collect();
            let most = MOST_PARTS.max(questions.len());
            return Ok(Self { passages, parts, order, scores: Vec::new(), most, is_whole: true });
        }
        let told: Vec<String> = parts
            .iter()
            .map(|part| {
                format!("{}: {}", passages.get(part.passage).map_or("", |p| p.title.as_str()), part.text)
            })
            .collect();
        let vectors = embed.embed(&told).await?;
        let (order, scores) = ranked(questions, queries, &told, &vectors);
        let most = MOST_PARTS.max(questions.len());
        Ok(Self { passages, parts, order, scores, most, is_whole: false })
    }

    /// The best of them: what a prompt shows when nobody weighs them.
    ///
    /// Best first, each with the number of its passage; passages that are short enough together stay as they are.
    #[must_use]
    pub fn shown(&self) -> Vec<Passage> {
        if self.is_whole {
            return self.passages.to_vec();
        }
        assemble(self.passages, &self.parts, self.order.get(..self.most).unwrap_or(&self.order))
    }

    /// The first so many, to be weighed; all of them where they are short and in no order.
    #[must_use]
    pub fn candidates(&self, most: usize) -> Vec<Candidate> {
        let most = if self.is_whole { self.parts.len() } else { most };
        self.order.iter().take(most).filter_map(|place| self.candidate(*place)).collect()
    }

    fn candidate(&self, place: usize) -> Option<Candidate> {
        let title = &self.passages.get(self.parts.get(place)?.passage)?.title;
        let mut places = with_support(&self.parts, place);
        places.sort_unstable();
        let text = told(places.iter().filter_map(|place| self.parts.get(*place)));
        let score = self.scores.get(place).copied().unwrap_or_default();
        Some(Candidate { text: format!("{title}: {text}"), score, place })
    }

    /// Whether a prompt has room for all of these.
    #[must_use]
    pub fn fit(&self, candidates: &[&Candidate]) -> bool {
        let chars: usize = candidates.iter().map(|candidate| candidate.text.chars().count()).sum();
        candidates.len() <= self.most && chars <= MOST_CHARS
    }

    /// What a prompt shows when these were chosen, best first.
    #[must_use]
    pub fn chosen(&self, candidates: &[&Candidate]) -> Vec<Passage> {
        let places: Vec<usize> = candidates.iter().map(|candidate| candidate.place).take(self.most).collect();
        assemble(self.passages, &self.parts, &places)
    }
}

/// Ranks the parts: the places of the best one for each question, then for each query, then all, best first; and the
/// score of each.
///
/// Scores are added and not ranks, as a search of the whole store has to: between a few sentences about one subject
/// the distance says more than the order. Of 293 questions to lessons with one answer 0.83 then have it in the first
/// place, and 0.75 by ranks.
fn ranked(
    questions: &[Leg],
    queries: &[Leg],
    told: &[String],
    vectors: &[Vec<f32>],
) -> (Vec<usize>, Vec<f32>) {
    let words = Words::new();
    let sparse: Vec<Sparse> = told.iter().map(|text| words.of_text(text)).collect();
    let score = |leg: &Leg| -> Vec<f32> {
        let query = words.of_query(&leg.text);
        let each = vectors.iter().zip(&sparse);
        each.map(|(vector, text)| dot(&leg.dense, vector) + WORDS * query.dot(text)).collect()
    };
    let by_query: Vec<Vec<f32>> = queries.iter().map(score).collect();
    let meant: Vec<usize> = queries.iter().map(|query| closest(questions, query)).collect();
    // A question weighs as much as all of its queries together.
    let by_question: Vec<Vec<f32>> = (0..)
        .zip(questions)
        .map(|(n, question)| {
            let own = by_query.iter().zip(&meant).filter(|(_, of)| **of == n).map(|(scores, _)| scores);
            add(score(question), &mean(own))
        })
        .collect();
    let firsts = |lists: &[Vec<f32>]| -> Vec<usize> {
        lists.iter().filter_map(|scores| best_first(scores).first().copied()).collect()
    };
    let (answers, hints) = (firsts(&by_question), firsts(&by_query));
    let scores = by_question.into_iter().reduce(|one, other| add(one, &other)).unwrap_or_default();
    let mut all = best_first(&scores);
    all.sort_by_key(|place| (!answers.contains(place), !hints.contains(place)));
    (all, scores)
}

/// The place of the question that `query` was written for, as far as meaning tells.
fn closest(questions: &[Leg], query: &Leg) -> usize {
    let near: Vec<f32> = questions.iter().map(|question| dot(&question.dense, &query.dense)).collect();
    best_first(&near).first().copied().unwrap_or_default()
}

fn add(one: Vec<f32>, other: &[f32]) -> Vec<f32> {
    (0..).zip(one).map(|(n, score)| score + other.get(n).copied().unwrap_or_default()).collect()
}

fn mean<'s>(lists: impl Iterator<Item = &'s Vec<f32>>) -> Vec<f32> {
    let lists: Vec<&Vec<f32>> = lists.collect();
    let count = lists.len().max(1) as f32;
    let sum = lists
        .into_iter()
        .fold(Vec::new(), |sum, list| if sum.is_empty() { list.clone() } else { add(sum, list) });
    sum.into_iter().map(|score| score / count).collect()
}

/// The places of `scores`, the highest first; equal ones in their order.
fn best_first(scores: &[f32]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).collect();
    let score = |place: &usize| scores.get(*place).copied().unwrap_or(f32::MIN);
    places.sort_by(|one, other| score(other).total_cmp(&score(one)));
    places
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn parts(n: usize, passage: &Passage) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let subject = passage.title.split(" > ").next().unwrap_or_default();
    for line in passage.text.lines() {
        let mut opens_line = true;
        let bounds = line.split_sentence_bounds().flat_map(before_numbers);
        for sentence in bounds.map(str::trim).filter(|sentence| !sentence.is_empty()) {
            let leans = !opens_line && leans(sentence, subject);
            parts.push(Part { passage: n, text: sentence, opens_line, leans });
            opens_line = false;
        }
    }
    parts
}

/// Cuts where the next sentence begins with a number, as in "It costs 10,750. 49 people are coming.": Unicode's rules
/// (UAX 29, SB8) take a small letter after a full stop and a number for the same sentence.
///
/// A number of one or two digits before the stop may be a day or a house, and a short word an abbreviation ("No. 12",
/// "Sept. 3"), so they end none.
fn before_numbers(sentence: &str) -> Vec<&str> {
    let ends = sentence.match_indices(". ").map(|(at, _)| at + 1).filter(|end| {
        let (before, after) = sentence.split_at_checked(*end).unwrap_or_default();
        let before = before.trim_end_matches('.');
        let digits = before.chars().rev().take_while(|c| c.is_ascii_digit() || *c == ',').count();
        let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
        let is_word = word.chars().count() >= LETTERS_OF_WORD && !ABBREVIATED.contains(&word.as_str());
        (digits > 2 || is_word) && after.trim_start().starts_with(|c: char| c.is_ascii_digit())
    });
    let mut pieces = Vec::new();
    let mut from = 0;
    for end in ends.chain([sentence.len()]) {
        pieces.extend(sentence.get(from..end));
        from = end;
    }
    pieces
}

/// Takes parts in `order` until there is enough, and puts them together by passage: the best first, because a small
/// model reads what comes first, each behind what it leans on.
fn assemble(passages: &[Passage], parts: &[Part<'_>], order: &[usize]) -> Vec<Passage> {
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let mut shown: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut left = MOST_CHARS;
    for place in order {
        let mut wanted: Vec<usize> =
            with_support(parts, *place).into_iter().filter(|p| !kept.contains(p)).collect();
        let Some(passage) = parts.get(*place).map(|part| part.passage) else { continue };
        let known = shown.iter().position(|(known, _)| *known == passage);
        let title = match passages.get(passage) {
            Some(found) if known.is_none() => found.title.chars().count(),
            _ => 0,
        };
        let texts = wanted.iter().filter_map(|p| parts.get(*p)).map(|part| part.text.chars().count() + 1);
        let needed = title + texts.sum::<usize>();
        if needed > left && !kept.is_empty() {
            break;
        }
        left = left.saturating_sub(needed);
        kept.extend(&wanted);
        wanted.sort_unstable();
        match known.and_then(|known| shown.get_mut(known)) {
            Some((_, places)) => places.extend(wanted),
            None => shown.push((passage, wanted)),
        }
    }
    shown
        .into_iter()
        .filter_map(|(passage, places)| {
            let text = told(places.iter().filter_map(|place| parts.get(*place)));
            Some(Passage { text, ..passages.get(passage)?.clone() })
        })
        .collect()
}

/// Whether a sentence begins with a word that means something before it.
///
/// An "it" that means nothing does not: "It takes 12 people to sail the cutter Heron" under the title "Cutter Heron".
fn leans(sentence: &str, subject: &str) -> bool {
    let words: Vec<String> = sentence.unicode_words().map(str::to_lowercase).collect();
    let Some(first) = words.first() else { return false };
    let subject: Vec<String> = subject.unicode_words().map(str::to_lowercase).collect();
    let means_nothing =
        first == "it" && subject.len() >= SUBJECT_WORDS && subject.iter().all(|word| words.contains(word));
    !means_nothing && LEANING.contains(&first.as_str())
}

/// The texts of parts, one after the other; a line stays a line.
fn told<'p>(parts: impl Iterator<Item = &'p Part<'p>>) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push(if part.opens_line { '\n' } else { ' ' });
        }
        text.push_str(part.text);
    }
    text
}

/// The part at `place` with what it can't be understood without.
fn with_support(parts: &[Part<'_>], place: usize) -> Vec<usize> {
    let mut needed = vec![place];
    let mut at = place;
    while let Some(part) = parts.get(at)
        && let Some(before) = at.checked_sub(1)
        && parts.get(before).is_some_and(|other| other.passage == part.passage)
    {
        if !part.leans {
            break;
        }
        needed.push(before);
        at = before;
    }
    // A list is understood by the line that opens it.
    let mut above = (0..at).rev().map_while(|p| {
        let other = parts.get(p)?;
        (Some(other.passage) == parts.get(at).map(|part| part.passage)).then_some((p, other))
    });
    if parts.get(at).is_some_and(|part| is_item(part.text)) {
        needed.extend(
            above
                .find(|(_, other)| !is_item(other.text))
                .filter(|(_, o)| o.text.ends_with(':'))
                .map(|(p, _)| p),
        );
    }
    needed
}

fn is_item(text: &str) -> bool {
    text.starts_with(['-', '*', '\u{2022}']) || text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Blind, passage};

    async fn focused(questions: &[&str], passages: &[Passage]) -> Vec<Passage> {
        let legs: Vec<Leg> =
            questions.iter().map(|text| Leg { text: (*text).to_owned(), dense: vec![0.0] }).collect();
        let (questions, queries) = legs.split_at(legs.len().min(1));
        Sentences::ranked(&Blind, questions, queries, passages).await.unwrap().shown()
    }

    fn padding(about: &str) -> String {
        (0..14).map(|n| format!("The {about} has a detail number {n} that nobody asked about. ")).collect()
    }

    #[tokio::test]
    async fn what_is_short_stays_as_it_is() {
        let passages = [passage(1, "Fair", "Stand B27."), passage(2, "Leave", "Five days.")];
        assert_eq!(focused(&["Which stand?"], &passages).await, passages);
        assert_eq!(focused(&["Which stand?"], &[]).await, []);
    }

    #[tokio::test]
    async fn the_sentence_that_answers_is_shown_first_and_the_rest_is_cut() {
        let coffee =
            format!("{}The coffee contract costs 405 EUR a month. {}", padding("machine"), padding("cup"));
        let passages = [passage(1, "Parking", &padding("garage")), passage(2, "Coffee", &coffee)];
        let shown = focused(&["What does the coffee contract cost?"], &passages).await;
        assert_eq!((shown[0].n, shown[0].source.as_str()), (2, "2.md"), "it keeps its number");
        assert!(shown[0].text.contains("405 EUR a month"), "{}", shown[0].text);
        let size: usize = shown.iter().map(|p| p.title.chars().count() + p.text.chars().count()).sum();
        assert!(size <= MOST_CHARS, "{size}");
    }

    #[tokio::test]
    async fn both_halves_of_a_question_are_shown() {
        let passages = [
            passage(
                1,
                "Dogs",
                &format!("Dogs may come on Tuesdays. {}", "Dogs of the office and dogs. ".repeat(30)),
            ),
            passage(2, "Stopcock", &format!("{}The stopcock is behind the grey panel.", padding("cellar"))),
        ];
        let shown = focused(&["office dogs days", "stopcock place"], &passages).await;
        let text: String = shown.iter().map(|p| p.text.as_str()).collect();
        assert!(text.contains("Tuesdays") || text.contains("Dogs"), "{text}");
        assert!(text.contains("grey panel"), "{text}");
    }

    #[test]
    fn a_sentence_brings_what_it_leans_on() {
        let text = "The Heron launches in May. It costs 240 EUR.\nStock:\n- Plover: 12\n- Wren: 7\nPress comes later. \
                    It takes two to lift the lamp Heron. They carry the lamp Heron in.";
        let passage = passage(1, "Lamp Heron > Launch", text);
        let parts = parts(0, &passage);
        let with = |needle: &str| {
            let place = parts.iter().position(|part| part.text.contains(needle)).unwrap();
            let mut texts: Vec<&str> =
                with_support(&parts, place).into_iter().map(|p| parts[p].text).collect();
            texts.sort_unstable();
            texts
        };
        assert_eq!(with("240"), ["It costs 240 EUR.", "The Heron launches in May."]);
        assert_eq!(with("Wren"), ["- Wren: 7", "Stock:"]);
        assert_eq!(with("Press"), ["Press comes later."]);
        assert_eq!(with("launches"), ["The Heron launches in May."]);
        assert_eq!(with("lift"), ["It takes two to lift the lamp Heron."], "it means nothing");
        assert_eq!(with("carry").len(), 2, "they are somebody");
    }

    #[test]
    fn a_sentence_ends_with_its_number() {
        for (text, pieces) in [
            (
                "It costs EUR 10,750. 49 people are coming.",
                &["It costs EUR 10,750.", "49 people are coming."][..],
            ),
            ("It is the 12. 3 people wait.", &["It is the 12. 3 people wait."]),
            ("Ask Ina Nyberg. 407 tickets are gone.", &["Ask Ina Nyberg.", "407 tickets are gone."]),
            ("It opens Thurs. 9 am.", &["It opens Thurs. 9 am."]),
            ("Approx. 40 people sit in No. 12 here.", &["Approx. 40 people sit in No. 12 here."]),
            ("Call 3304. Or come by.", &["Call 3304.", "Or come by."]),
            ("It is 1,200.50 EUR.", &["It is 1,200.50 EUR."]),
        ] {
            let passage = passage(1, "Fair", text);
            let told: Vec<&str> = parts(0, &passage).into_iter().map(|part| part.text).collect();
            assert_eq!(told, pieces);
        }
    }

    #[test]
    fn lines_stay_lines() {
        let passages = [passage(1, "Stock", "Stock:\n- Plover: 12\n- Wren: 7. Order soon.")];
        let parts = parts(0, &passages[0]);
        let shown = assemble(&passages, &parts, &[2, 3]);
        assert_eq!(shown[0].text, "Stock:\n- Wren: 7. Order soon.");
    }
}
