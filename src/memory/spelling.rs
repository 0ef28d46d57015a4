//! Slips of the finger in what people type: two letters swapped, one left out, one typed twice.
//!
//! A small model and an encoder of word pieces both lose a word that is spelt wrong: "seaosn" is near to nothing. A word
//! that the vocabulary does not hold is taken for the commonest one that a single slip makes it of, as in Norvig, "How to
//! Write a Spelling Corrector" (2007). The vocabulary is a general one and lacks the words of an office, so a short word
//! ("vat", "docs", "thu") stays, and so does whatever may be a name, an address, code or another language.

use std::collections::HashMap;

/// Shorter words are left alone; of this length, only swapped letters of the commonest words are mended ("taht").
const FEWEST_LETTERS: usize = 4;
/// Letters that were left out or typed twice are seen in words of this length at least: "latte" is no "late".
const FEWEST_OF_MORE: usize = 6;
/// Longer words are no slips, and trying their neighbours would take long.
const MOST_LETTERS: usize = 20;
/// A slip in a text of so few known words can't be told from a trade's own language.
const FEWEST_KNOWN: usize = 3;
/// Known words for each unknown one.
const KNOWN_PER_UNKNOWN: usize = 2;
/// Places of the words that a short word may be mended to, and of those with one letter more or less.
const COMMONEST: usize = 1_500;
const COMMON: usize = 10_000;
/// Endings that a known word may have.
const ENDINGS: &[&str] = &["s", "es", "ed", "d", "ing", "ly", "er", "r"];
/// A shorter stem may be a chance: "buned" is no form of "bun".
const FEWEST_OF_STEM: usize = 4;

/// A vocabulary to mend words by.
pub struct Spelling {
    /// The place of each word, the commonest first.
    places: HashMap<String, usize>,
}

impl Spelling {
    /// Learns `words`, the commonest first.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        Self { places: words.into_iter().zip(0..).collect() }
    }

    /// `text` with its slips mended; nothing where none are seen.
    #[must_use]
    pub fn mended(&self, text: &str) -> Option<String> {
        if text.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) {
            return None;
        }
        let words: Vec<&str> = text.split_whitespace().map(core).filter(|word| is_plain(word)).collect();
        let known = words.iter().filter(|word| self.knows(word)).count();
        if known < FEWEST_KNOWN || (words.len() - known) * KNOWN_PER_UNKNOWN > known {
            return None;
        }
        let mended: String =
            text.split_inclusive(char::is_whitespace).map(|piece| self.piece(piece)).collect();
        (mended != text).then_some(mended)
    }

    /// A word with the signs and the space around it.
    fn piece(&self, piece: &str) -> String {
        let word = core(piece);
        let better = is_plain(word).then(|| self.better(word)).flatten();
        better.map_or_else(|| piece.to_owned(), |better| piece.replacen(word, better, 1))
    }

    fn knows(&self, word: &str) -> bool {
        let of = |ending: &&str| word.strip_suffix(*ending);
        let is_stem = |stem: &str| stem.len() >= FEWEST_OF_STEM && self.places.contains_key(stem);
        self.places.contains_key(word) || ENDINGS.iter().filter_map(of).any(is_stem)
    }

    /// The word that was meant, if a slip is likely: swapped letters first, because they leave all of a word.
    fn better(&self, word: &str) -> Option<&str> {
        if !(FEWEST_LETTERS..=MOST_LETTERS).contains(&word.len()) || self.knows(word) {
            return None;
        }
        let is_short = word.len() == FEWEST_LETTERS;
        let swapped = self.commonest(swapped(word), if is_short { COMMONEST } else { usize::MAX });
        if word.len() < FEWEST_OF_MORE || swapped.is_some() {
            return swapped;
        }
        self.commonest(doubled(word).chain(left_out(word)), COMMON)
    }

    /// The commonest of `words` among so many.
    fn commonest(&self, words: impl Iterator<Item = String>, among: usize) -> Option<&str> {
        let known = words.filter_map(|word| self.places.get_key_value(&word));
        let common = known.filter(|(_, place)| **place < among);
        common.min_by_key(|(_, place)| **place).map(|(word, _)| word.as_str())
    }
}

/// A word without the signs of a sentence around it.
fn core(word: &str) -> &str {
    word.trim()
        .trim_start_matches(['(', '"', '\''])
        .trim_end_matches(['.', ',', ';', ':', '?', '!', ')', '"', '\''])
}

/// What is written large may be a name, and what holds digits or other signs a code, a handle or an address.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())
}

/// Every word with two neighbours in the other order.
fn swapped(word: &str) -> impl Iterator<Item = String> {
    (1..word.len()).map(|at| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.swap(at - 1, at);
        letters.into_iter().collect()
    })
}

/// Every word with one of two equal neighbours less.
fn doubled(word: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = word.chars().collect();
    (1..letters.len()).filter_map(move |at| {
        let (before, after) = letters.split_at_checked(at)?;
        (before.last() == after.first()).then(|| before.iter().chain(after.iter().skip(1)).collect())
    })
}

/// Every word with one letter more between two others; the first and the last are seldom left out, and a word that
/// differs at its end is often another form.
fn left_out(word: &str) -> impl Iterator<Item = String> {
    let splits = (1..word.len()).filter_map(|at| word.split_at_checked(at));
    splits.flat_map(|(before, after)| ('a'..='z').map(move |c| format!("{before}{c}{after}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling() -> Spelling {
        let words = "the is of where do go when have last list what long burned wish expire invoice invoices eye season \
                     meeting bun form age on at camp site end how does it take for all who vast docks late ist die und was \
                     first buy tree";
        Spelling::new(words.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn a_slip_is_mended_where_it_stands() {
        for (typed, meant) in [
            ("where do the invocies go?", "where do the invoices go?"),
            ("where do the invices go", "where do the invoices go"),
            ("(whne does the season end?)", "(when does the season end?)"),
            (
                "How lnog does it take,\nfor all of the seaosn",
                "How long does it take,\nfor all of the season",
            ),
            ("what is the meetting for", "what is the meeting for"),
        ] {
            assert_eq!(spelling().mended(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_may_be_meant_stays() {
        let long = format!("where is the {}", "a".repeat(300_000));
        for text in [
            "where do the invoices go?",
            "where does the season have lasted",
            "where is the vat of the docs, and when is the season latte?",
            "what does the season have buned",
            "when do they go on wsh for lst",
            "where is Lnog at the end?",
            "where is the file at lnog.example.net/whne or inv-o1ces?",
            "where is the @lnog or /seaosn or `seaosn`?",
            "where is the stopcock?",
            "wo ist die frist und was ist das für lnog",
            "invocies, please",
            "viel rad frist die und ist",
            long.as_str(),
            "",
        ] {
            assert_eq!(spelling().mended(text), None, "{text:.60}");
        }
        assert_eq!(Spelling::new(Vec::new()).mended("where is the whne"), None);
    }
}
