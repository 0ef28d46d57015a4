//! Scores by words: BM25 as sparse vectors, computed here for both stores.
//!
//! A text's vector holds, for each stem, how much the text is about it (BM25's saturated term frequency); a
//! query's vector holds how telling each of its stems is. Qdrant's dot product of the two is the BM25 score.
//! How telling a word is comes from a fixed table of common English words and never from the collection, which
//! would let a score depend on notes that the asker may not see.

use std::collections::{BTreeMap, HashMap};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

const COMMON_WORDS: &str = include_str!("common_words.txt");

/// BM25's usual saturation of repeated words.
const K1: f32 = 1.2;
/// BM25's usual penalty on long texts.
const B: f32 = 0.75;
/// Words of a middling chunk; fixed, for the same reason as the table.
const USUAL_WORDS: f32 = 120.0;
/// The rank that words outside the table are taken to have.
const RARE_RANK: usize = 30_000;

/// A sparse vector: indices ascending and unique.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sparse {
    pub indices: Vec<u32>,
    pub values: Vec<f32>,
}

impl Sparse {
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The score of `text` for this query.
    pub fn dot(&self, text: &Self) -> f32 {
        let weight = |index: &u32| text.indices.binary_search(index).ok().and_then(|at| text.values.get(at));
        self.indices.iter().zip(&self.values).filter_map(|(index, own)| Some(own * weight(index)?)).sum()
    }
}

impl From<BTreeMap<u32, f32>> for Sparse {
    fn from(weights: BTreeMap<u32, f32>) -> Self {
        let (indices, values) = weights.into_iter().unzip();
        Self { indices, values }
    }
}

/// The stemmer and the table.
pub(super) struct Words {
    stemmer: Stemmer,
    weights: HashMap<u32, f32>,
}

impl Words {
    pub fn new() -> Self {
        let mut words =
            Self { stemmer: Stemmer::create(Algorithm::English), weights: HashMap::with_capacity(2_000) };
        let table = COMMON_WORDS.lines().filter(|line| !line.starts_with('#'));
        for (rank, word) in (1..).zip(table) {
            let stem = words.stem(word);
            // Forms of one word share a stem; the most common form decides.
            words.weights.entry(stem).or_insert_with(|| telling(rank));
        }
        words
    }

    /// The vector of a stored text.
    pub fn of_text(&self, text: &str) -> Sparse {
        let counts = self.counts(text);
        let length: f32 = counts.values().sum();
        let norm = K1 * (1.0 - B + B * length / USUAL_WORDS);
        let saturated = |(stem, count)| (stem, count * (K1 + 1.0) / (count + norm));
        counts.into_iter().map(saturated).collect::<BTreeMap<_, _>>().into()
    }

    /// The vector of a query.
    pub fn of_query(&self, text: &str) -> Sparse {
        let rare = telling(RARE_RANK);
        let weight = |stem: u32| self.weights.get(&stem).copied().unwrap_or(rare);
        self.counts(text).into_keys().map(|stem| (stem, weight(stem))).collect::<BTreeMap<_, _>>().into()
    }

    fn counts(&self, text: &str) -> BTreeMap<u32, f32> {
        let mut counts = BTreeMap::new();
        for word in text.unicode_words() {
            *counts.entry(self.stem(&word.to_lowercase())).or_insert(0.0) += 1.0;
        }
        counts
    }

    fn stem(&self, lower: &str) -> u32 {
        let possessive = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("\u{2019}s"));
        fnv1a(self.stemmer.stem(possessive.unwrap_or(lower)).as_bytes())
    }
}

/// BM25's inverse document frequency of the word of this rank, by Zipf's law.
fn telling(rank: usize) -> f32 {
    // The word of rank r makes up about 0.1/r of running English.
    let in_a_chunk = 1.0 - (1.0 - 0.1 / rank as f32).powf(USUAL_WORDS);
    (1.0 + (1.0 - in_a_chunk) / in_a_chunk).ln()
}

/// FNV-1a, 32 bits: small, and the same in every release, because stored vectors depend on it.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_meet_in_one_stem() {
        let words = Words::new();
        let text = words.of_text("Refunds were approved by Maria's team.");
        for query in ["refund", "approving", "maria"] {
            assert!(words.of_query(query).dot(&text) > 0.0, "{query}");
        }
    }

    #[test]
    fn a_rare_word_tells_more_than_all_the_common_ones() {
        let words = Words::new();
        let query = words.of_query("what is the indemnity that we have in the contract");
        let rare = words.of_text("The indemnity is capped.");
        let common = words.of_text("What is the time that we have in the house");
        assert!(query.dot(&rare) > query.dot(&common));
    }

    #[test]
    fn a_word_repeated_in_a_long_text_saturates() {
        let words = Words::new();
        let query = words.of_query("tax");
        let once = query.dot(&words.of_text("tax"));
        let often = query.dot(&words.of_text(&"tax ".repeat(1_000)));
        assert!(often < 2.0 * once, "{once} {often}");
    }

    #[test]
    fn a_text_without_words_has_no_vector() {
        assert!(Words::new().of_text(" \u{2026} !? ").is_empty());
    }
}
