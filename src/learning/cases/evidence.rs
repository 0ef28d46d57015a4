//! Which note a reply draws on, by the words and figures that they share and the question does not have.

use std::collections::BTreeSet;

use crate::learning::Note;

/// Words that say nothing about what a text is about.
const EMPTY_WORDS: &str = "a about above after again all also am an and any are as at be because been before being \
below between both but by can could did do does doing done down during each else ever every few for from further get \
got had has have having he her here hers him his how i if in into is it its just let like made make many may me might \
more most much must my need no nor not now of off ok on once one only or other our out over own please put same see she \
should so some such sure take than thank thanks that the their them then there these they thing this those through to \
too under until up us use very want was we well were what when where which while who why will with would yes you your \
hi hello hey dear regards best cheers";

/// Fewest characters of a word that counts.
const WORD_MIN_CHARS: usize = 3;

/// The words of a text that say what it is about, in order and in lower case, each once.
pub(super) fn content_words(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= WORD_MIN_CHARS || word.chars().any(|c| c.is_ascii_digit()))
        .filter(|word| !EMPTY_WORDS.split(' ').any(|empty| empty == word))
        .filter(|word| seen.insert(stem(word)))
        .collect()
}

/// A word without the commonest endings, so that "fairs" meets "fair".
pub(super) fn stem(word: &str) -> String {
    for ending in ["ings", "ing", "edly", "ies", "ied", "ers", "est", "es", "ed", "er", "ly", "s"] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3) {
            return stem.to_owned();
        }
    }
    word.to_owned()
}

fn stems(text: &str) -> BTreeSet<String> {
    content_words(text).iter().map(|word| stem(word)).collect()
}

/// What a note gives to a reply beyond what the question already has.
///
/// A figure counts as three words: it is what answers are looked up for.
fn drawn(note: &Note, reply: &BTreeSet<String>, question: &BTreeSet<String>) -> usize {
    let note = stems(&format!("{} {}", note.title, note.text));
    let shared = reply.intersection(&note).filter(|word| !question.contains(*word));
    shared.map(|word| if word.chars().any(|c| c.is_ascii_digit()) { 3 } else { 1 }).sum()
}

/// Least that a reply must draw from a note to be taken as drawn from it.
const DRAWN_LEAST: usize = 2;

/// The note that a reply draws on most, if it draws on any.
pub(super) fn source<'n>(notes: &'n [Note], reply: &str, question: &str) -> Option<&'n Note> {
    let (reply, question) = (stems(reply), stems(question));
    let scored = notes.iter().map(|note| (drawn(note, &reply, &question), note));
    // The first of equals: notes come best first.
    let best = scored.fold(None, |best: Option<(usize, &Note)>, next| match best {
        Some(best) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    });
    best.filter(|(drawn, _)| *drawn >= DRAWN_LEAST).map(|(_, note)| note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(title: &str, text: &str) -> Note {
        Note { title: title.into(), text: text.into() }
    }

    #[test]
    fn a_reply_is_traced_to_the_note_it_draws_on() {
        let notes = [
            note("Spring fair", "The spring fair is in hall B27."),
            note("Dinner", "The winter dinner costs 40 a head at Larkholt farm."),
        ];
        let found = source(&notes, "we pay 40 a head, at larkholt", "what is the dinner?");
        assert_eq!(found.map(|note| &*note.title), Some("Dinner"));
        assert_eq!(source(&notes, "no idea, sorry", "what is the dinner?"), None);
        // What the question said already proves nothing.
        assert_eq!(source(&notes, "the spring fair is on", "is the spring fair on?"), None);
    }

    #[test]
    fn content_words_leave_out_the_rest() {
        assert_eq!(content_words("When is the Spring fair, and the fairs?"), ["spring", "fair"]);
    }
}
