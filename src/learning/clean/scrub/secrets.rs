//! Keys, tokens and passwords: by how they begin, by the word before them, or by how random they are.

use std::{collections::BTreeMap, ops::Range};

use super::tokens;

/// How keys of well-known services begin.
const BEGINNINGS: [&str; 36] = [
    "sk-",
    "sk_live_",
    "sk_test_",
    "pk_live_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "npm_",
    "pypi-",
    "hf_",
    "SG.",
    "dop_v1_",
    "shpat_",
    "shpss_",
    "AGE-SECRET-KEY-",
    "lin_api_",
    "sq0",
    "EAAC",
    "whsec_",
    "secret_",
    "Bearer:",
];
/// A key has at least this many characters.
const KEY_MIN_CHARS: usize = 12;
/// Words that a password follows.
const LABELS: [&str; 14] = [
    "password",
    "passwort",
    "passphrase",
    "passwd",
    "pwd",
    "pw",
    "pin",
    "secret",
    "token",
    "api-key",
    "apikey",
    "api_key",
    "kennwort",
    "passcode",
];
/// A text without spaces of this length that is as mixed as chance is no word.
const RANDOM_MIN_CHARS: usize = 20;
/// Bits a character from which on a mixed text is taken for random; English words have about 3.
const RANDOM_BITS: f64 = 3.6;

/// Secrets in a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = private_keys(text);
    let mut labelled = false;
    for (at, token) in tokens(text) {
        let lower = token.trim_end_matches([':', '=']).to_lowercase();
        let ends_label = token.ends_with([':', '=']) && LABELS.contains(&lower.as_str());
        if let Some((label, value)) = token.split_once([':', '='])
            && LABELS.contains(&label.to_lowercase().as_str())
            && !value.is_empty()
        {
            found.push(at.end - value.len()..at.end);
        } else if std::mem::take(&mut labelled)
            && !token.contains("[secret]")
            && token.chars().count() >= 4
            && token != "secret"
        {
            found.push(at.clone());
        } else {
            found.extend(
                parts(token)
                    .filter(|(_, part)| is_key(part))
                    .map(|(from, part)| at.start + from..at.start + from + part.len()),
            );
        }
        labelled = ends_label;
    }
    found
}

/// Whether a text holds a private key, or a key by the way those of well-known services begin.
pub(super) fn holds_key(text: &str) -> bool {
    let begins = |part: &str| {
        part.chars().count() >= KEY_MIN_CHARS
            && BEGINNINGS.iter().any(|start| part.starts_with(start))
            && is_key(part)
            // Digits tell a key from words that happen to begin alike.
            && part.chars().filter(char::is_ascii_digit).count() >= 2
    };
    !private_keys(text).is_empty()
        || tokens(text).any(|(_, token)| parts(token).any(|(_, part)| begins(part)))
}

/// The parts of a token between the separators of addresses, so that only the key in a link goes.
fn parts(token: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    token.split(['/', '?', '&', '=', ':', '#', '@', '|', '"', '\'']).map(move |part| {
        let start = from;
        from += part.len() + 1;
        (start, part)
    })
}

fn is_key(part: &str) -> bool {
    let long = part.chars().count() >= KEY_MIN_CHARS;
    let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+~".contains(c));
    (long && plain && BEGINNINGS.iter().any(|start| part.starts_with(start))) || is_random(part)
}

fn is_random(part: &str) -> bool {
    let count = part.chars().count();
    if count < RANDOM_MIN_CHARS || !part.chars().all(|c| c.is_ascii_alphanumeric() || "-_+".contains(c)) {
        return false;
    }
    let digits = part.chars().filter(char::is_ascii_digit).count();
    let upper = part.chars().filter(char::is_ascii_uppercase).count();
    let lower = part.chars().filter(char::is_ascii_lowercase).count();
    // Hashes and keys in hexadecimal: an identifier in words has hardly any digits.
    let hex = part.chars().all(|c| c.is_ascii_hexdigit()) && count >= 32 && digits >= 6 && digits < count;
    let mixed = digits >= 2 && upper >= 2 && lower >= 2;
    hex || (mixed && bits_per_char(part) >= RANDOM_BITS)
}

/// Shannon entropy over the characters.
fn bits_per_char(text: &str) -> f64 {
    let mut counts: BTreeMap<char, f64> = BTreeMap::new();
    let mut all = 0.0;
    for c in text.chars() {
        *counts.entry(c).or_default() += 1.0;
        all += 1.0;
    }
    counts.values().map(|n| -(n / all) * (n / all).log2()).sum()
}

/// Blocks such as `-----BEGIN PRIVATE KEY-----`, to their end or the end of the text.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")).map(|n| from + n) {
        let rest = text.get(start..).unwrap_or_default();
        let head = rest.lines().next().unwrap_or_default();
        let end = rest.find("-----END ").map_or(rest.len(), |n| {
            let after = rest.get(n..).unwrap_or_default();
            n + after.find('\n').unwrap_or(after.len())
        });
        if head.contains("PRIVATE KEY") {
            found.push(start..start + end);
        }
        from = start + end.max(1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|at| text.get(at).unwrap()).collect()
    }

    /// Made-up keys are put together here, so that no scanner takes this file for a leak.
    fn made_up(beginning: &str) -> String {
        format!("{beginning}{}", "Zx81Qw7Lm2Np9".repeat(2))
    }

    #[test]
    fn keys_are_found_by_their_beginning_or_their_chance() {
        for beginning in ["ghp_", "xapp-", "AKIA", "sk-", ""] {
            let key = made_up(beginning);
            let text = format!("use {key}, please");
            assert_eq!(found(&text), [key.as_str()], "{key}");
        }
        let link = format!("https://example.org/d/{}/edit", made_up(""));
        assert_eq!(find(&link).len(), 1, "only the key in a link goes");
        assert!(find("5f4dcc3b5aa765d61d8327deb882cf99")[0] == (0..32));
        for word in [
            "Donaudampfschifffahrtsgesellschaft",
            "the-quick-brown-fox-jumps-over",
            "eyJust",
            "2026-05-03T10:00:00",
            "SKU-100-200-300-400-500",
        ] {
            assert!(find(word).is_empty(), "{word}");
        }
    }

    #[test]
    fn a_key_is_told_from_words_and_from_mere_chance() {
        for held in [made_up("ghp_"), made_up("xoxb-"), "-----BEGIN PRIVATE KEY-----\nabc".to_owned()] {
            assert!(holds_key(&format!("It is {held}.")), "{held}");
        }
        for plain in ["sk-short", "the secret_garden_party", &made_up(""), "see https://example.org/d/1"] {
            assert!(!holds_key(plain), "{plain}");
        }
    }

    #[test]
    fn a_password_goes_with_its_label_and_a_private_key_with_its_block() {
        assert_eq!(found("pwd=hunter22 x"), ["hunter22"]);
        assert_eq!(found("Passwort: hunter22"), ["hunter22"]);
        assert!(find("the password is lost").is_empty());
        let block = "a -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nb";
        assert_eq!(found(block), [block.get(2..block.len() - 2).unwrap()]);
    }
}
