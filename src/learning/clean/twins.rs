//! Repeats and near repeats: texts that share at least four fifths of their runs of five words.
//!
//! `MinHash` with bands finds pairs that may be near; each pair is then compared exactly.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

/// Words of a run.
const RUN: usize = 5;
/// Share of common runs from which on two texts count as one.
pub const NEAR: f64 = 0.8;
/// Bands, and rows in each: texts that share 0.8 are found with a chance of 0.9997.
const BANDS: usize = 32;
const ROWS: usize = 4;

/// What a text is to those that were seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing like it.
    New,
    /// Word for word one of them, but for case and punctuation.
    Same,
    /// Nearly one of them.
    Near,
}

/// Texts that were seen.
#[derive(Debug, Default)]
pub struct Twins {
    exact: BTreeSet<[u8; 16]>,
    bands: HashMap<(usize, u64), Vec<usize>>,
    runs: Vec<BTreeSet<u64>>,
}

impl Twins {
    /// Compares a text with those before it, and remembers it when it is new.
    pub fn see(&mut self, text: &str) -> Seen {
        let words = words(text);
        let digest = Sha256::digest(words.join(" ").as_bytes());
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        if !self.exact.insert(key) {
            return Seen::Same;
        }
        let runs = runs(&words);
        let bands = bands(&runs);
        for (n, band) in bands.iter().enumerate() {
            for other in self.bands.get(&(n, *band)).into_iter().flatten() {
                if self.runs.get(*other).is_some_and(|other| share(&runs, other) >= NEAR) {
                    return Seen::Near;
                }
            }
        }
        let id = self.runs.len();
        for (n, band) in bands.into_iter().enumerate() {
            self.bands.entry((n, band)).or_default().push(id);
        }
        self.runs.push(runs);
        Seen::New
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Hashes of the runs of five words; a shorter text is one run.
fn runs(words: &[String]) -> BTreeSet<u64> {
    if words.len() < RUN {
        return BTreeSet::from([hash(&words.join(" "))]);
    }
    words.windows(RUN).map(|run| hash(&run.join(" "))).collect()
}

/// The common runs among all runs of two texts (Jaccard).
fn share(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> f64 {
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}

/// FNV-1a: small, and the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One number per band, over the smallest of many hashes of the runs.
fn bands(runs: &BTreeSet<u64>) -> Vec<u64> {
    let smallest = |row: usize| runs.iter().map(|run| mix(*run, row as u64)).min().unwrap_or(0);
    let band = |band: usize| {
        (band * ROWS..(band + 1) * ROWS).fold(0xcbf2_9ce4_8422_2325, |sum, row| mix(sum ^ smallest(row), 1))
    };
    (0..BANDS).map(band).collect()
}

/// <https://prng.di.unimi.it/splitmix64.c>
fn mix(value: u64, seed: u64) -> u64 {
    let mut z = value ^ seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_and_near_repeats_are_seen() {
        let mut twins = Twins::default();
        let letter: String = (0..60).map(|n| format!("word{n} ")).collect();
        assert_eq!(twins.see(&letter), Seen::New);
        assert_eq!(twins.see(&letter.to_uppercase()), Seen::Same);
        assert_eq!(twins.see(&letter.replace("word0 ", "hello ")), Seen::Near);
        assert_eq!(twins.see(&letter.replace("word59", "bye")), Seen::Near);
        // A change in the middle breaks five runs; four of them break twenty of 56.
        let other = ["word10 ", "word20 ", "word30 ", "word40 "]
            .iter()
            .fold(letter, |text, word| text.replace(word, "x "));
        assert_eq!(twins.see(&other), Seen::New);
        assert_eq!(twins.see("yes, go ahead"), Seen::New);
        assert_eq!(twins.see("Yes! Go ahead."), Seen::Same);
        assert_eq!(twins.see("yes, go on"), Seen::New);
    }
}
