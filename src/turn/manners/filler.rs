//! Stock phrases: openers and closers that say nothing are cut, answers that look like one stay.

use super::text::{capitalised, on_prose, sentence_ends};

/// A phrase as words; `?` marks a word that may be missing, `|` separates choices, `_` is any word.
type Phrases = &'static [&'static str];

/// They answer a yes or no question, so they go only when something else is said as well.
const ASSENT: Phrases = &["certainly", "absolutely", "definitely", "sure ?thing", "of course"];

const COURTESY: Phrases = &[
    "?that's|that|what|this|such ?is ?a|an ?really|very|truly great|good|excellent|fantastic|wonderful|interesting question ?_",
    "thanks|thank ?you for asking|reaching|contacting|getting ?out ?in ?touch ?me|us ?_",
    "thanks|thank ?you for the|your ?great question|message|inquiry|enquiry ?_",
    "?i hope this|my|the message|email|mail|note finds you well",
    "?i hope you|you're ?are doing|keeping well",
    "?i'm|i|i'd ?am|would|will ?be ?more ?than happy|glad|delighted|pleased|here to help|assist ?you ?out ?with ?that|this|it",
    "let me help|assist ?you ?out ?with that|this",
];

const SELF_INTRODUCTION: Phrases = &[
    "as an ai ?language|chat ?model|assistant|chatbot",
    "as an artificial intelligence",
    "as a ?large language model",
];

const GREETING: Phrases = &["hi|hello|hey|dear ?_ ?_", "good morning|afternoon|evening ?_ ?_"];

/// Knocking without saying what for.
const PING: Phrases = &[
    "?are|r you|u around|there",
    "hey|hi|hello|yo|hiya ?_ ?are|r you|u around|there",
    "hey|hi|hello|yo|hiya ?_ ?do ?you got|have a ?quick minute|min|moment|sec|second",
];

const CLOSER: Phrases = &[
    "?i hope|hoping this|that|it helps|clarifies|answers ?you ?your ?things|question|out",
    "?please ?always feel free to reach ?back out ?to ?me|us ?anytime",
    "?please ?always feel free to ask|contact|message|ping ?me|us ?away|anytime",
    "?please don't|do ?not hesitate to reach ?back out ?to ?me|us ?anytime",
    "?please don't|do ?not hesitate to ask|contact|message ?me|us ?anytime",
    "?i'm|i|i'd ?am|will|would ?be ?always happy|glad|here to help ?you ?further|out ?if ?needed ?anytime",
    "is there anything|something else ?that ?i|you ?can|need|would ?like ?help|assist|do ?you ?with ?for ?you ?today",
];

/// They close only together with a condition: "let me know if you have any questions".
const CLOSER_IF: Phrases = &[
    "?please ?just ?do let me know",
    "?please ?just|always ?feel ?free ?to ask|reach|shout|ping ?me|out ?anytime",
    "i'm|i ?am here|around|available",
];

const CONDITION: Phrases = &[
    "if|should you have any|more|further|other|additional|follow-up ?other|more|further|additional|follow-up questions|question|concerns|doubts ?or|and ?questions|concerns|comments ?about|on|regarding ?this|that|it",
    "if|should you have|need|want|require anything|something ?else|more|further",
    "if|should you need|want|require|have ?any ?other|more|further|additional|some questions|help|assistance|information|info|details|clarification|support ?with|on ?this|that|it",
    "if you'd|you ?would like ?any ?other|more|further|additional|some help|assistance|information|info|details|clarification",
    "if there's|there ?is|are anything|any ?other ?else ?questions ?that ?i|we|you ?can|need ?do|help|assist ?you ?with ?for ?you",
    "if anything|something ?else ?is|remains unclear",
    "if anything|something else comes ?up",
];

const SIGN_OFF: Phrases = &[
    "best ?regards|wishes",
    "?kind|warm|with ?best regards",
    "cheers",
    "?many thanks ?again|so ?much",
    "thank you",
    "?yours sincerely|truly|faithfully",
    "all the best",
    "?many greetings",
];

/// A clause that leans on the assent before it: "Sure, but only until Friday".
const LEANS_ON_ASSENT: [&str; 28] = [
    "but",
    "as",
    "if",
    "unless",
    "only",
    "though",
    "although",
    "provided",
    "providing",
    "assuming",
    "when",
    "once",
    "after",
    "before",
    "until",
    "till",
    "except",
    "with",
    "without",
    "just",
    "not",
    "and",
    "or",
    "however",
    "because",
    "since",
    "so",
    "for",
];

/// Cuts stock openers, one after the other, as long as something is left to say.
pub(super) fn cut_openers(text: &str) -> String {
    on_prose(text, |prose| {
        let (greeting, body) = split_greeting(prose);
        let mut body = body.to_owned();
        while let Some(rest) = without_opener(&body) {
            body = rest;
        }
        format!("{greeting}{body}")
    })
}

/// Cuts stock closers, also above a sign-off, as long as something is left to say.
pub(super) fn cut_closers(text: &str) -> String {
    on_prose(text, |prose| {
        let (mut body, sign_off) = split_sign_off(prose);
        for end in sentence_ends(body).into_iter().rev() {
            let Some((before, last)) = body.split_at_checked(end) else { continue };
            let words = words(last);
            if words.is_empty() {
                continue;
            }
            if !has_words(before) || !closes(&words) {
                break;
            }
            body = before.trim_end();
        }
        format!("{body}{sign_off}")
    })
}

/// Says whether the whole text knocks without saying what for: "Hey, you around?".
pub(super) fn is_bare_ping(text: &str) -> bool {
    any_matches(PING, &words(text))
}

/// Says whether the whole text is a stock phrase.
pub(super) fn is_stock_phrase(text: &str) -> bool {
    let words = words(text);
    let only_greets = text.trim_end().ends_with(',') && any_matches(GREETING, &words);
    only_greets || any_matches(COURTESY, &words) || any_matches(SELF_INTRODUCTION, &words) || closes(&words)
}

fn without_opener(text: &str) -> Option<String> {
    let ends: Vec<(usize, char)> = text
        .char_indices()
        .take(160)
        .filter(|(_, c)| matches!(c, '.' | ',' | '!' | '?' | ':' | ';' | '…' | '\n'))
        .take(8)
        .collect();
    // The longest phrase first, so that "Great question, Alice!" goes as a whole.
    ends.iter().rev().find_map(|(at, mark)| {
        let (head, rest) = text.split_at_checked(*at)?;
        let emphasis = head.chars().next().filter(|c| matches!(c, '*' | '_'));
        let rest = rest
            .trim_start_matches(|c: char| ".,!?:;…".contains(c) || c.is_whitespace() || Some(c) == emphasis);
        let unquoted = head.starts_with(|c: char| c.is_alphanumeric()) || emphasis.is_some();
        (unquoted && has_words(rest) && is_opener(head, *mark, rest)).then(|| capitalised(rest))
    })
}

fn is_opener(head: &str, mark: char, rest: &str) -> bool {
    let words = words(head);
    let leans = first_word_of(rest).is_some_and(|w| LEANS_ON_ASSENT.contains(&w.as_str()));
    if mark == ',' {
        let answers = leans || sentence_words(rest) < 3;
        any_matches(SELF_INTRODUCTION, &words)
            || (!leans && any_matches(COURTESY, &words))
            || (!answers && any_matches(ASSENT, &words))
    } else {
        (mark == '!' && !leans && any_matches(ASSENT, &words))
            || any_matches(COURTESY, &words)
            || (mark != ':' && any_matches(PING, &words))
    }
}

fn sentence_words(text: &str) -> usize {
    let end = sentence_ends(text).first().copied().unwrap_or(text.len());
    words(text.get(..end).unwrap_or(text)).len()
}

fn first_word_of(text: &str) -> Option<String> {
    words(text.split_whitespace().next()?).into_iter().next()
}

/// Splits off a first line such as "Hi Alice," with the space below it.
fn split_greeting(text: &str) -> (&str, &str) {
    let line = text.lines().next().unwrap_or_default();
    let below = text.strip_prefix(line).unwrap_or_default();
    if below.trim().is_empty() || !any_matches(GREETING, &words(line)) {
        return ("", text);
    }
    let body = below.trim_start();
    (text.strip_suffix(body).unwrap_or_default(), body)
}

/// Splits off "Best regards" and the name below it, with the space above.
fn split_sign_off(text: &str) -> (&str, &str) {
    let text = text.trim_end();
    let mut start = text.len();
    for line in text.rsplit('\n').take(5) {
        start -= line.len();
        if any_matches(SIGN_OFF, &words(line)) {
            let body = text.get(..start).unwrap_or_default().trim_end();
            return text.split_at_checked(body.len()).unwrap_or((text, ""));
        }
        start = start.saturating_sub(1);
    }
    (text, "")
}

/// Says whether a sentence is made of closers and the conditions that go with them.
fn closes(words: &[String]) -> bool {
    const JOINERS: [&str; 5] = ["and", "or", "so", "but", "also"];
    if words.len() > 40 {
        return false;
    }
    let has_condition =
        (0..words.len()).any(|start| condition_at(words.get(start..).unwrap_or_default()).is_some());
    let is_part =
        |part: &[String]| any_matches(CLOSER, part) || (has_condition && any_matches(CLOSER_IF, part));
    fn parts(words: &[String], closed: bool, is_part: &dyn Fn(&[String]) -> bool) -> bool {
        let Some((first, rest)) = words.split_first() else {
            return closed;
        };
        if JOINERS.contains(&first.as_str()) && parts(rest, closed, is_part) {
            return true;
        }
        if let Some(length) = condition_at(words) {
            return parts(words.get(length..).unwrap_or_default(), closed, is_part);
        }
        (1..=words.len()).rev().any(|length| {
            words
                .split_at_checked(length)
                .is_some_and(|(head, tail)| is_part(head) && parts(tail, true, is_part))
        })
    }
    parts(words, false, &is_part)
}

/// Length in words of the longest condition that `words` start with.
fn condition_at(words: &[String]) -> Option<usize> {
    (1..=words.len().min(20))
        .rev()
        .find(|length| words.get(..*length).is_some_and(|head| any_matches(CONDITION, head)))
}

fn has_words(text: &str) -> bool {
    text.strip_suffix(super::CUT_TAIL).unwrap_or(text).contains(super::text::is_wordy)
}

/// The words of `text` in lower case, without the punctuation around them.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .flat_map(|word| word.split([',', '—', '/']))
        .map(|word| word.trim_matches(|c: char| !super::text::is_wordy(c)).to_lowercase().replace('’', "'"))
        .filter(|word| !word.is_empty())
        .collect()
}

fn any_matches(phrases: Phrases, words: &[String]) -> bool {
    // No phrase is longer, and a whole paragraph need not be tried word by word.
    words.len() <= 24
        && phrases.iter().any(|phrase| {
            let pattern: Vec<&str> = phrase.split(' ').collect();
            matches_words(&pattern, words)
        })
}

fn matches_words(pattern: &[&str], words: &[String]) -> bool {
    let Some((slot, pattern)) = pattern.split_first() else {
        return words.is_empty();
    };
    let (choices, optional) = match slot.strip_prefix('?') {
        Some(choices) => (choices, true),
        None => (*slot, false),
    };
    let taken = words.split_first().is_some_and(|(word, rest)| {
        choices.split('|').any(|choice| choice == word || choice == "_") && matches_words(pattern, rest)
    });
    taken || (optional && matches_words(pattern, words))
}
