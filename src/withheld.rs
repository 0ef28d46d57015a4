//! What must never leave: the secrets that this process was given, and words that an admin planted to notice a leak.
//!
//! They are the process's own, whoever it speaks for, so they are kept once. What holds one of them is not said and not
//! handed to a tool, and the alarm is raised ([OWASP LLM02:2025](https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/)).

use std::sync::{PoisonError, RwLock};

use crate::learning::clean::scrub::holds_key;

/// A secret of fewer characters, or of letters alone, may stand in ordinary words.
const SHORTEST_CHARS: usize = 8;
/// So long it is a secret even of letters alone.
const LETTERS_CHARS: usize = 16;

/// Without white space, which a text may be cut by.
static VALUES: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Keeps a secret of an account from being said; one that could be an ordinary word is left out.
pub fn withhold(secret: &str) {
    let bare = bare(secret);
    let length = bare.chars().count();
    let is_word = bare.chars().all(char::is_alphabetic) && length < LETTERS_CHARS;
    if length >= SHORTEST_CHARS && !is_word {
        keep(bare);
    }
}

/// Keeps the words that an admin planted from being said, whatever they are.
pub fn withhold_canaries(list: &str) {
    list.split(',').map(bare).filter(|canary| !canary.is_empty()).for_each(keep);
}

fn keep(bare: String) {
    let mut values = VALUES.write().unwrap_or_else(PoisonError::into_inner);
    if !values.contains(&bare) {
        values.push(bare);
    }
}

/// Whether a text holds what must not leave: a secret of this process, a canary, or a key of a well-known service.
#[must_use]
pub fn holds_secret(text: &str) -> bool {
    if holds_key(text) {
        return true;
    }
    let values = VALUES.read().unwrap_or_else(PoisonError::into_inner);
    // Most installations that are only tried have none.
    !values.is_empty() && {
        let bare = bare(text);
        values.iter().any(|value| bare.contains(value.as_str()))
    }
}

/// A text without white space and what can't be seen, in lower case.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c));
    kept.flat_map(char::to_lowercase).collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_canaries_are_known_however_they_are_cut_and_words_are_not() {
        withhold("Tr0ub4dor-of-the-mailbox");
        withhold("password");
        withhold("short-1");
        withhold_canaries("Zanzibar heron, , quokka");
        for held in [
            "it is Tr0ub4dor-of-the-mailbox.",
            "it is tr0ub4dor-\nof-the-mail box",
            "tr0ub4dor\u{200b}-of-the-mailbox",
            "ask the zanzibar  heron",
            "a Quokka",
        ] {
            assert!(holds_secret(held), "{held}");
        }
        for plain in ["the password is with Zora", "short-1", "a heron of Zanzibar", ""] {
            assert!(!holds_secret(plain), "{plain}");
        }
    }
}
