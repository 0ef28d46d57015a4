//! Telephone numbers: plausible by their country code and length, and not a date, an amount or an order number.

use std::ops::Range;

/// Country codes (ITU-T E.164), the longest first where one begins another.
const ONE_DIGIT: [&str; 2] = ["1", "7"];
const TWO_DIGITS: [&str; 46] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98", "00", "99",
];

/// Telephone numbers in a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = ' ';
    for (start, c) in text.char_indices() {
        let begins =
            matches!(c, '+' | '(' | '0'..='9') && !before.is_alphanumeric() && !"+-./,:#_".contains(before);
        before = c;
        if !begins || found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let end =
            rest.find(|c: char| !(c.is_ascii_digit() || "+()-./ \u{a0}".contains(c))).unwrap_or(rest.len());
        let candidate = rest.get(..end).unwrap_or_default();
        let glued = rest
            .get(end..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| c.is_alphanumeric() || ":%_,".contains(c));
        if let Some(length) = longest(candidate, glued) {
            found.push(start..start + length);
        }
    }
    found
}

/// The longest part from the beginning that is a telephone number; parts are cut off at blanks.
fn longest(candidate: &str, glued: bool) -> Option<usize> {
    let mut part = candidate.trim_end_matches(|c: char| !(c.is_ascii_digit() || c == ')'));
    // A number that runs into letters, such as "0301234x", is no telephone number.
    if glued && part.len() == candidate.len() {
        part = part.get(..part.rfind(' ')?)?;
    }
    loop {
        if is_phone(part) {
            return Some(part.len());
        }
        part = part.get(..part.rfind([' ', '\u{a0}'])?)?.trim_end();
    }
}

fn is_phone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if looks_like_a_date(text) || text.contains("..") || text.contains("--") {
        return false;
    }
    if text.starts_with('+') {
        return (8..=15).contains(&digits.len())
            && has_country(&digits)
            && !text.get(1..).unwrap_or_default().contains('+');
    }
    if text.contains('+') || text.matches('(').count() != text.matches(')').count() {
        return false;
    }
    if let Some(international) = digits.strip_prefix("00") {
        return (8..=15).contains(&international.len()) && has_country(international);
    }
    let groups: Vec<usize> =
        text.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|n| *n > 0).collect();
    // Nobody ends a number with a single figure: "020 7946 0958 3 times".
    if groups.last().is_some_and(|last| *last < 2) {
        return false;
    }
    let north_american = groups == [3, 3, 4] || groups == [1, 3, 3, 4] && digits.starts_with('1');
    let national =
        text.starts_with(['0', '(']) && digits.starts_with('0') && (9..=12).contains(&digits.len());
    (north_american && !digits.starts_with('0')) || national
}

fn has_country(digits: &str) -> bool {
    let starts = |codes: &[&str]| codes.iter().any(|code| digits.starts_with(code));
    // Every number from 210 to 999 that does not begin with a shorter code is a code or kept for one.
    starts(&ONE_DIGIT) || starts(&TWO_DIGITS) || !digits.starts_with('0')
}

/// `2026-05-03`, `03.05.2026`, `03/05/26`: two separators of one kind and lengths of a day, a month, a year.
fn looks_like_a_date(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    ['-', '.', '/'].iter().any(|separator| {
        let lengths: Vec<usize> = first.split(*separator).map(str::len).collect();
        matches!(lengths.as_slice(), [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 2 | 4])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_told_from_other_numbers() {
        for phone in [
            "+1 (555) 010-0199",
            "+49 30 901820",
            "0049 30 901820",
            "555-010-0199",
            "(555) 010 0199",
            "020 7946 0958",
            "+442079460958",
            "07700 900123",
        ] {
            assert_eq!(find(phone).first(), Some(&(0..phone.len())), "{phone}");
        }
        for other in [
            "2026-05-03 14",
            "03.05.2026",
            "1250.00",
            "20260503001",
            "3-4",
            "2024/25",
            "12345678",
            "0.25",
            "(2)",
            "10:15",
            "#0301234567",
            "item 0301234567x",
            "1,000,000,000",
        ] {
            assert!(find(other).is_empty(), "{other}");
        }
        assert_eq!(find("ring 020 7946 0958 3 times").first(), Some(&(5..18)));
    }
}
