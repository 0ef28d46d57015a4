//! Other names for other people: stable within a thread, so that a conversation still reads like one.
//!
//! The person's own name stays. Whoever is not named in the thread or the export is not recognised; the person reviews that under "My data".

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use crate::learning::event::ME;

/// The names that are given, common to no place in particular.
const GIVEN: [&str; 48] = [
    "Robin", "Sascha", "Noor", "Alex", "Jules", "Mika", "Toni", "Kim", "Ari", "Remy", "Luca", "Nika", "Sam",
    "Ines", "Jona", "Eli", "Mara", "Yuri", "Dana", "Lior", "Ravi", "Tess", "Owen", "Ida", "Milo", "Vera",
    "Ezra", "Lena", "Hugo", "Asha", "Finn", "Zora", "Otto", "Nadia", "Emil", "Rosa", "Ivo", "Greta", "Amir",
    "Lotte", "Nils", "Paula", "Omar", "Kaya", "Theo", "Selma", "Bruno", "Alma",
];

/// First names that are also words; without a capital in the middle of a sentence they are left alone.
const ALSO_WORDS: [&str; 20] = [
    "will", "may", "mark", "grace", "hope", "art", "bill", "rich", "rob", "pat", "sue", "joy", "faith",
    "june", "april", "august", "drew", "chase", "miles", "max",
];

/// What may stand between the parts of a name.
const BETWEEN: [&str; 5] = [" ", ".", "_", "-", "'"];

/// Shortest name that is looked for in a text.
const NAME_MIN_CHARS: usize = 3;

/// Everybody who is named in an export, found by the words of their names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    names: Vec<String>,
    by_word: HashMap<String, Vec<usize>>,
}

impl Names {
    /// Collects the names of people.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut all = Self::default();
        let names: BTreeSet<String> = names.into_iter().collect();
        for name in names {
            for word in parts(&name) {
                all.by_word.entry(word).or_default().push(all.names.len());
            }
            all.names.push(name);
        }
        all
    }

    /// Those who may be meant in some texts.
    pub(super) fn in_texts<'t>(&self, texts: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
        let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).map(str::to_lowercase);
        let found = words.filter_map(|word| self.by_word.get(&word)).flatten();
        found.filter_map(|n| self.names.get(*n)).cloned().collect()
    }
}

/// The words of a name in lower case; of a mail address, those before the at sign.
fn parts(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let shown = name.split('@').next().unwrap_or_default();
    shown.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The other names of one thread.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// Whole name in lower case to the name that is given for it.
    of: BTreeMap<String, String>,
    /// What is looked for in texts, in lower case: whole names, then first and last names.
    words: BTreeMap<String, String>,
    /// Words of the longest name.
    longest: usize,
    /// The words of the person's own name.
    own: Vec<String>,
}

impl Masks {
    /// Gives everybody another name; the same people in another thread get others.
    pub fn new(thread: &str, own: &str, names: impl IntoIterator<Item = String>) -> Self {
        let mut masks = Self { own: parts(own), ..Self::default() };
        let mut taken: Vec<String> = Vec::new();
        for name in names {
            let known = name.trim().to_lowercase();
            if known.is_empty() || name == ME || masks.of.contains_key(&known) {
                continue;
            }
            let given = choose(thread, &known, &taken);
            taken.push(given.clone());
            masks.add(&known, &given);
        }
        masks
    }

    fn add(&mut self, known: &str, given: &str) {
        self.of.insert(known.to_owned(), given.to_owned());
        let parts = parts(known);
        self.longest = self.longest.max(parts.len());
        for word in std::iter::once(parts.join(" ")).chain(parts) {
            if word.chars().count() >= NAME_MIN_CHARS && !self.own.contains(&word) {
                self.words.entry(word).or_insert_with(|| given.to_owned());
            }
        }
    }

    /// The other name of somebody; [`ME`] stays.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        if name == ME {
            return ME.to_owned();
        }
        self.of.get(&name.trim().to_lowercase()).cloned().unwrap_or_else(|| "Somebody".to_owned())
    }

    /// Replaces everybody's name in a text.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let pieces = pieces(text);
        let mut masked = String::with_capacity(text.len());
        let mut n = 0;
        while let Some(piece) = pieces.get(n) {
            match self.longest_at(&pieces, n) {
                Some((given, taken)) => {
                    masked.push_str(given);
                    n += taken;
                }
                None => {
                    masked.push_str(piece);
                    n += 1;
                }
            }
        }
        masked
    }

    /// The name that begins at a piece, and how many pieces it takes.
    fn longest_at(&self, pieces: &[&str], n: usize) -> Option<(&str, usize)> {
        // Words and what is between them alternate, so a name of k words takes 2k - 1 pieces.
        for words in (1..=self.longest.min(5)).rev() {
            let taken = 2 * words - 1;
            let Some(part) = pieces.get(n..n + taken) else { continue };
            let between = part.iter().skip(1).step_by(2).all(|piece| BETWEEN.contains(piece));
            let name: Vec<String> = part.iter().step_by(2).map(|word| word.to_lowercase()).collect();
            let name = name.join(" ");
            let Some(given) = self.words.get(&name).filter(|_| between) else { continue };
            if words > 1 || is_name_here(pieces, n, &name) {
                return Some((given, taken));
            }
        }
        None
    }
}

/// Whether a single word is meant as a name: it has a capital or an at sign before it.
fn is_name_here(pieces: &[&str], n: usize, name: &str) -> bool {
    let before = n.checked_sub(1).and_then(|n| pieces.get(n)).copied().unwrap_or("");
    if before.ends_with('@') {
        return true;
    }
    let capital = pieces.get(n).and_then(|word| word.chars().next()).is_some_and(char::is_uppercase);
    let begins = before.is_empty() || before.contains(['.', '!', '?', '\n', ':']);
    if ALSO_WORDS.contains(&name) {
        return capital && !begins;
    }
    // In chats nobody bothers with capitals, and most names are no other word.
    capital || name.chars().count() > NAME_MIN_CHARS
}

/// Cuts a text into words and what is between them, alternating, beginning with a word (perhaps empty).
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut rest, mut word) = (text, true);
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_alphanumeric() != word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after;
        word = !word;
    }
    pieces
}

/// Picks a name by what it stands for, and the next free one when that is taken.
fn choose(thread: &str, name: &str, taken: &[String]) -> String {
    let digest = Sha256::digest(format!("{thread}\0{name}").as_bytes());
    let start = digest.iter().take(4).fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let free = (0..GIVEN.len())
        .filter_map(|step| GIVEN.get((start + step) % GIVEN.len()))
        .find(|given| !taken.iter().any(|t| t == *given) && !name.contains(&given.to_lowercase()));
    free.map_or_else(|| format!("Person {}", taken.len() + 1), |given| (*given).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_replaced_wherever_it_stands_and_always_by_the_same() {
        let masks = Masks::new(
            "t1",
            "Bob",
            ["Bob Ng".into(), "Alice Ng".into(), "Will Smith".into(), "carol.jones@example.org".into()],
        );
        let (alice, will, carol) =
            (masks.name("Alice Ng"), masks.name("will smith"), masks.name("carol.jones@example.org"));
        for (text, masked) in [
            ("Hi Alice, ask alice ng", format!("Hi {alice}, ask {alice}")),
            ("@alice and Alice's cat's bowl", format!("@{alice} and {alice}'s cat's bowl")),
            ("I will ask Will. Will you?", format!("I will ask {will}. Will you?")),
            ("carol jones and Jones", format!("{carol} and {carol}")),
            ("hi Bob, bob here", "hi Bob, bob here".to_owned()),
            ("malice, alicey", "malice, alicey".to_owned()),
            ("", String::new()),
            ("  'tis  ", "  'tis  ".to_owned()),
        ] {
            assert_eq!(masks.apply(text), masked, "{text}");
        }
        assert_eq!(masks.name(ME), ME);
        assert_eq!(masks.name("a stranger"), "Somebody");
    }

    #[test]
    fn names_are_stable_in_a_thread_and_distinct() {
        let names: Vec<String> = (0..60).map(|n| format!("Person{n:02} Example")).collect();
        let masks = Masks::new("t", "Bob", names.clone());
        let given: std::collections::BTreeSet<String> = names.iter().map(|name| masks.name(name)).collect();
        assert_eq!(given.len(), 60);
        assert_eq!(Masks::new("t", "Bob", names.clone()).name(&names[3]), masks.name(&names[3]));
        let elsewhere = (0..9).map(|n| Masks::new(&format!("t{n}"), "Bob", names.clone()).name(&names[3]));
        assert!(
            elsewhere.collect::<std::collections::BTreeSet<_>>().len() > 3,
            "other threads give other names"
        );
    }

    proptest::proptest! {
        #[test]
        fn a_text_without_names_stays_as_it_is(text in "[a-z'. @!äß\n]{0,60}") {
            let masks = Masks::new("t", "Bob", ["Qwertzy Uiopasdf".into()]);
            proptest::prop_assert_eq!(masks.apply(&text), text);
        }
    }
}
