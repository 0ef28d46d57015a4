//! Attribution by style: does a text read like the person, or like anybody who was taught the job?
//!
//! Character 3- to 5-grams tell writers apart by their endings, punctuation and capitals as well as by their
//! words. A naive Bayes classifier learns them from the person's replies that were trained on, against as much
//! text of the starter's invented lessons. Figures and citations say nothing about a style and are levelled.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::arms::reply_of;
use crate::{
    learning::{Call, cases::Case, corpus, quality::Share},
    turn::cites,
};

/// Lengths of the n-grams, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=5;
/// Added to every count (Lidstone), so that one odd n-gram does not decide alone.
const SMOOTHING: f64 = 0.5;
/// Lessons that no adapter was trained on.
const LESSONS_SEED: u64 = 4077;
const LESSONS: usize = 150;
/// Fewer replies than this show no style.
const LEAST: usize = 10;

/// What the classifier does with replies whose writer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The person's own sealed replies that it takes for theirs: the best that an arm can reach.
    pub own: Share,
    /// Replies of invented lessons that it takes for the person's.
    pub others: Share,
}

/// Two styles, told apart.
#[derive(Debug, Clone)]
pub(super) struct Styles {
    /// Counts of each n-gram in the person's and in the others' replies.
    grams: HashMap<String, [f64; 2]>,
    totals: [f64; 2],
    pub reference: Reference,
}

impl Styles {
    /// Learns the person's style from `train` and tries it on `exam`; none when there is too little of them.
    pub fn learn(train: &[&Case], exam: &[&Case]) -> Option<Self> {
        let of = |cases: &[&Case]| -> Vec<String> {
            cases.iter().filter_map(|case| reply_of(case)).map(level).collect()
        };
        let (own, sealed) = (of(train), of(exam));
        if own.len() < LEAST {
            return None;
        }
        let lessons = lessons();
        let (known, unknown) = lessons.split_at(lessons.len() / 2);
        let mut styles = Self::between(&own, known);
        let hits = |texts: &[String]| {
            let mut share = Share::default();
            texts.iter().for_each(|text| share.count(styles.is_theirs(text)));
            share
        };
        styles.reference = Reference { own: hits(&sealed), others: hits(unknown) };
        Some(styles)
    }

    /// Learns from as much text of both, because the longer one would win every unknown n-gram.
    fn between(own: &[String], others: &[String]) -> Self {
        let chars = |texts: &[String]| texts.iter().map(|text| text.chars().count()).sum::<usize>();
        let most = chars(own).min(chars(others));
        let mut styles = Self {
            grams: HashMap::new(),
            totals: [0.0; 2],
            reference: Reference { own: Share::default(), others: Share::default() },
        };
        for (side, texts) in [own, others].into_iter().enumerate() {
            let mut left = most;
            for text in texts {
                let size = text.chars().count();
                if size > left {
                    break;
                }
                left -= size;
                each_gram(text, |gram| {
                    let counts = styles.grams.entry(gram).or_default();
                    counts.iter_mut().skip(side).take(1).for_each(|count| *count += 1.0);
                    styles.totals.iter_mut().skip(side).take(1).for_each(|total| *total += 1.0);
                });
            }
        }
        styles
    }

    /// Whether `text` is likelier to be the person's; n-grams that neither used say nothing.
    pub fn is_theirs(&self, text: &str) -> bool {
        let [own_total, others_total] = self.totals;
        let all = crate::learning::judge::count(self.grams.len()) * SMOOTHING;
        let mut odds = 0.0;
        each_gram(&level(text), |gram| {
            if let Some([own, others]) = self.grams.get(&gram) {
                odds += ((own + SMOOTHING) / (own_total + all)).ln()
                    - ((others + SMOOTHING) / (others_total + all)).ln();
            }
        });
        odds > 0.0
    }
}

/// Replies of invented lessons, which the starter was taught to write like.
fn lessons() -> Vec<String> {
    let scenes = corpus::starter(LESSONS_SEED, LESSONS);
    let reply = |example: &crate::learning::Example| match &example.call {
        Call::Reply { reply, .. } => Some(level(reply)),
        _ => None,
    };
    scenes.iter().flat_map(|scene| scene.examples.iter().filter_map(reply)).collect()
}

/// Takes citations out and makes every digit the same.
fn level(text: &str) -> String {
    let bare = cites::check_cites(text, 0).text;
    bare.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

fn each_gram(text: &str, mut with: impl FnMut(String)) {
    // Marks at both ends, because greetings and endings are where writers differ.
    let chars: Vec<char> = std::iter::once('\u{2}').chain(text.trim().chars()).chain(['\u{3}']).collect();
    for length in LENGTHS {
        for gram in chars.windows(length) {
            with(gram.iter().collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::evaluation::tests::case;

    const THINGS: [&str; 12] = [
        "hall",
        "van",
        "fair",
        "badge",
        "lunch",
        "invoice",
        "projector",
        "room",
        "parking",
        "speaker",
        "permit",
        "train",
    ];

    fn short(thing: &str, n: usize) -> String {
        ["yep, {} is sorted :)", "cool, i'll do the {} tmrw", "no worries, {} is on me!"][n % 3]
            .replace("{}", thing)
    }

    fn stiff(thing: &str, n: usize) -> String {
        [
            "Pursuant to rule 4, the {} requires prior approval.",
            "Kindly note that the {} has been duly registered.",
            "The {} is permitted; please retain the documentation.",
        ][n % 3]
            .replace("{}", thing)
    }

    #[test]
    fn two_invented_styles_are_told_apart_on_things_that_neither_wrote_about() {
        let of = |write: fn(&str, usize) -> String, things: &[&str]| -> Vec<String> {
            things.iter().enumerate().flat_map(|(n, thing)| [write(thing, n), write(thing, n + 1)]).collect()
        };
        let (known, unknown) = THINGS.split_at(8);
        let styles = Styles::between(&of(short, known), &of(stiff, known));
        assert!(of(short, unknown).iter().all(|text| styles.is_theirs(text)));
        assert!(of(stiff, unknown).iter().all(|text| !styles.is_theirs(text)));
    }

    #[test]
    fn the_person_is_told_from_the_lessons_and_a_handful_of_replies_shows_no_style() {
        let cases: Vec<Case> =
            (0..36).map(|n| case(n as i64, "what about it?", &short(THINGS[n % 12], n / 12))).collect();
        let (train, exam): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.t % 5 != 0);
        let Reference { own, others } = Styles::learn(&train, &exam).unwrap().reference;
        assert!(own.value().unwrap() > 0.9 && others.value().unwrap() < 0.1, "{own:?} {others:?}");
        assert!(Styles::learn(&train[..9], &exam).is_none());
    }

    #[test]
    fn figures_and_citations_are_no_style() {
        assert_eq!(level("On 3 May 2026 [1]."), "On 0 May 0000.");
    }
}
