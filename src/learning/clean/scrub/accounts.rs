//! Payment cards and bank accounts, by their check digits.

use std::ops::Range;

/// Countries with IBANs and how long theirs are (ISO 13616 registry).
const IBAN_LENGTHS: [(&str, usize); 40] = [
    ("AD", 24),
    ("AE", 23),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("TR", 26),
];

/// Bank accounts in a text.
pub(super) fn ibans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (start, c) in text.char_indices() {
        let begins = c.is_ascii_uppercase() && !before.is_alphanumeric();
        before = c;
        if !begins {
            continue;
        }
        let Some(rest) = text.get(start..) else { continue };
        let Some((_, length)) = IBAN_LENGTHS.iter().find(|(country, _)| rest.starts_with(country)) else {
            continue;
        };
        if let Some(end) = take(rest, *length, |c| c.is_ascii_alphanumeric())
            .filter(|end| rest.get(..*end).is_some_and(is_iban))
        {
            found.push(start..start + end);
        }
    }
    found
}

/// Payment cards in a text.
pub(super) fn cards(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = ' ';
    for (start, c) in text.char_indices() {
        let begins = c.is_ascii_digit() && !before.is_alphanumeric() && !"-.,".contains(before);
        before = c;
        if !begins || found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let card = (13..=19).rev().find_map(|digits| {
            let end = take(rest, digits, |c| c.is_ascii_digit())?;
            let number: String = rest.get(..end)?.chars().filter(char::is_ascii_digit).collect();
            // Cards begin with 2 to 6; numbers of orders and parcels often don't.
            (number.starts_with(['2', '3', '4', '5', '6']) && luhn(&number)).then_some(end)
        });
        found.extend(card.map(|end| start..start + end));
    }
    found
}

/// Where the first `count` wanted characters end, single spaces or hyphens between them; `None` when there are
/// fewer, or more follow.
fn take(text: &str, count: usize, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let (mut seen, mut gap) = (0, false);
    for (at, c) in text.char_indices() {
        if seen == count {
            let after = text.get(at..)?.chars().find(|c| *c != ' ' && *c != '-');
            let glued = c.is_alphanumeric()
                || (matches!(c, ' ' | '-')
                    && after.is_some_and(|c| c.is_ascii_digit())
                    && wanted('0')
                    && !wanted('A'));
            return (!glued).then_some(at);
        }
        if wanted(c) {
            seen += 1;
            gap = false;
        } else if matches!(c, ' ' | '-') && seen > 0 && !gap {
            gap = true;
        } else {
            return None;
        }
    }
    (seen == count).then_some(text.len())
}

fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let Some((head, body)) = compact.split_at_checked(4) else { return false };
    let mut remainder = 0_u32;
    for c in body.chars().chain(head.chars()) {
        let Some(value) = c.to_digit(36) else { return false };
        remainder = if value < 10 { remainder * 10 + value } else { remainder * 100 + value } % 97;
    }
    remainder == 1
}

/// <https://en.wikipedia.org/wiki/Luhn_algorithm>
fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10));
    let sum: u32 =
        (0..).zip(digits).map(|(n, d)| if n % 2 == 0 { d } else { d * 2 - if d > 4 { 9 } else { 0 } }).sum();
    sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_decide() {
        assert!(luhn("4111111111111111") && luhn("378282246310005"));
        assert!(!luhn("4111111111111112") && !luhn("0000000000000000"));
        assert!(is_iban("DE89 3704 0044 0532 0130 00") && is_iban("GB82WEST12345698765432"));
        assert!(!is_iban("DE89 3704 0044 0532 0130 01"));
    }

    #[test]
    fn a_number_inside_of_a_longer_one_is_none() {
        let found = |text: &str, at: Vec<Range<usize>>| {
            at.into_iter().map(|at| text.get(at).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let card = |text: &str| found(text, cards(text));
        let iban = |text: &str| found(text, ibans(text));
        assert!(card("x 41111111111111111111 y").is_empty());
        assert_eq!(card("4111-1111-1111-1111"), ["4111-1111-1111-1111"]);
        assert!(iban("DE8937040044053201300099").is_empty());
        assert_eq!(iban("to NL91 ABNA 0417 1643 00 now"), ["NL91 ABNA 0417 1643 00"]);
    }
}
