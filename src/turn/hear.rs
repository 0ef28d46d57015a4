//! Voice notes of a message: what is told to the ear beforehand, and what is said about what it heard.

use std::collections::HashMap;

use understudy_ears::{HINT_MAX_BYTES, Speech};

use super::Desk;
use crate::{
    domain::{Audience, Inbound},
    memory::{Leg, Search},
    people::Person,
};

/// Passages that are looked through for names.
const LOOKED_THROUGH: usize = 120;
/// What is looked for: notes that hold names of people, products and terms.
const WANTED: &str = "names of people, customers, products, projects, places and abbreviations";
/// Less sure than this, what was heard is asked about. A clear voice gives 0.8 and more.
const UNSURE: f32 = 0.55;
/// Longest transcript that is taken as the message itself, in characters; a longer one is a document.
const MESSAGE_CHARS: usize = 1_200;
/// Most characters of a transcript that a reply shows.
const SHOWN_CHARS: usize = 600;

/// Names that may be said to this person by somebody in this audience, the likeliest last, where Whisper heeds them most.
///
/// Only what everybody in the audience may read is looked through: a name that appears in a transcript is seen by all.
///
/// # Errors
/// When the notes are out of reach.
pub(super) async fn hint(
    desk: &Desk,
    message: &Inbound,
    audience: &Audience,
    now: i64,
) -> anyhow::Result<String> {
    let dense = desk.embed.embed(&[WANTED.to_owned()]).await?.into_iter().next().unwrap_or_default();
    let leg = Leg { text: WANTED.to_owned(), dense };
    let search = Search { person: &message.person, legs: vec![leg], audience, limit: LOOKED_THROUGH, now };
    let passages = desk.notes.search(&search).await?;
    let texts = passages.iter().flat_map(|passage| [passage.title.as_str(), passage.text.as_str()]);
    let mut names = names_in(texts);
    names.truncate(80);
    names.reverse();
    let present = desk.people.get(&message.person).map(|person: &Person| person.name.clone());
    names.extend([message.requester.name.clone()].into_iter().chain(present));
    Ok(listed(&names))
}

/// Names as one line, from the end as many as fit.
fn listed(names: &[String]) -> String {
    let (mut room, mut taken) = (HINT_MAX_BYTES - 1, 0);
    for name in names.iter().rev() {
        let Some(left) = room.checked_sub(name.len() + 2) else { break };
        (room, taken) = (left, taken + 1);
    }
    let fitting = names.get(names.len() - taken..).unwrap_or_default();
    if fitting.is_empty() { String::new() } else { format!("{}.", fitting.join(", ")) }
}

/// Words that are written like names, the most frequent first: with a capital inside a sentence, or with two of them.
fn names_in<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let (mut counts, mut small): (HashMap<String, usize>, HashMap<String, usize>) = Default::default();
    for text in texts {
        let mut begins = true;
        for written in text.split_whitespace() {
            let word = written.trim_matches(|c: char| !c.is_alphanumeric());
            let word = word.strip_suffix("'s").or(word.strip_suffix("\u{2019}s")).unwrap_or(word);
            let is_word = word.chars().count() > 2 && word.chars().all(|c| c.is_alphabetic() || c == '-');
            let capitals = word.chars().filter(|c| c.is_uppercase()).count();
            let is_name = word.starts_with(char::is_uppercase) && (!begins || capitals > 1);
            if is_word && is_name {
                *counts.entry(word.to_owned()).or_default() += 1;
            } else if is_word && capitals == 0 {
                *small.entry(word.to_lowercase()).or_default() += 1;
            }
            begins = written.ends_with(['.', '!', '?', ':', '|']) || word.is_empty();
        }
    }
    let mut names: Vec<(String, usize)> = counts.into_iter().collect();
    // A heading writes every word large; what is also written small is no name.
    names.retain(|(name, _)| !small.contains_key(&name.to_lowercase()));
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    names.into_iter().map(|(name, _)| name).collect()
}

/// Whether a transcript is taken as the message, and not as a document beside it.
pub(super) fn is_message(speech: &Speech) -> bool {
    speech.text().chars().count() <= MESSAGE_CHARS
}

/// Whether what was heard has to be asked about.
pub(super) fn is_unsure(speech: &Speech) -> bool {
    speech.confidence() < UNSURE
}

/// What a reply says about a recording, so that its sender sees what was understood.
pub(super) fn told(name: &str, speech: &Speech) -> String {
    let all = shown(&speech.text());
    let mut text: String = all.chars().take(SHOWN_CHARS).collect();
    if text.len() < all.len() {
        text.push('\u{2026}');
    }
    let said = if is_unsure(speech) {
        format!("I heard \u{201c}{text}\u{201d}, is that right?")
    } else {
        format!("I heard \u{201c}{text}\u{201d}.")
    };
    let minutes = understudy_ears::SOUND_MAX_S / 60;
    match (is_message(speech), speech.is_cut) {
        (true, false) => said,
        (_, true) => format!("{said} That is {name}, of which I heard the first {minutes} minutes only."),
        (false, false) => format!("{said} That is the beginning of {name}; ask me about any part of it."),
    }
}

/// Where in a recording something was said, such as "2:05".
pub(super) fn place(start_s: f32) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of half an hour")]
    let seconds = start_s.max(0.0) as u32;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Spoken words for a sentence of ours: nothing in them can be read as a mention, a link or a quotation mark.
fn shown(words: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || " .,;:?!'%&$/+-".contains(c) { c } else { ' ' };
    let plain: String = words.chars().map(plain).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use understudy_ears::Utterance;

    use super::*;

    fn speech(text: &str, confidence: f32) -> Speech {
        let said = Utterance { start_s: 0.0, end_s: 1.0, text: text.to_owned(), confidence };
        Speech { duration_s: 1.0, utterances: vec![said], ..Speech::default() }
    }

    #[test]
    fn names_are_found_and_common_words_are_not() {
        let texts = [
            "Pricing Rules",
            "The rules of pricing: ask Demetrios. We sell the Heron and the OntoGraph to Zephyr Labs. Demetrios signs.",
        ];
        let names = names_in(texts.into_iter());
        assert_eq!(names.first().map(String::as_str), Some("Demetrios"));
        for name in ["Heron", "OntoGraph", "Zephyr", "Labs"] {
            assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
        }
        assert!(
            !names.iter().any(|name| ["Rules", "The", "We", "Pricing"].contains(&name.as_str())),
            "{names:?}"
        );
    }

    #[test]
    fn the_likeliest_names_stay_when_not_all_fit() {
        let names: Vec<String> = (0..200).map(|n| format!("Name{n:03}")).collect();
        let hint = listed(&names);
        assert!(hint.len() <= HINT_MAX_BYTES && hint.ends_with("Name198, Name199."), "{hint}");
        assert_eq!(listed(&[]), "");
    }

    #[test]
    fn a_reply_shows_what_was_understood_and_asks_when_in_doubt() {
        let told = |text: &str, confidence| told("note.m4a", &speech(text, confidence));
        assert_eq!(told("Is it open?", 0.9), "I heard \u{201c}Is it open?\u{201d}.");
        assert_eq!(
            told("Is it <!here> open.", 0.3),
            "I heard \u{201c}Is it !here open\u{201d}, is that right?"
        );
        let long = told(&"very long words ".repeat(100), 0.9);
        assert!(long.contains("\u{2026}\u{201d}. That is the beginning of note.m4a"), "{long}");
        assert_eq!(place(125.4), "2:05");
    }
}
