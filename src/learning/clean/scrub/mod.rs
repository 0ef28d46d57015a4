//! Personal data and secrets in a text: found by shape, kept only when a check confirms them, and replaced.
//!
//! Found are mail addresses, telephone numbers, payment cards (Luhn), bank accounts (IBAN, modulo 97), network
//! addresses, and keys and tokens (known beginnings, or too much chance for a word). None of this promises to find
//! everything; the person sees the result under "My data".

mod accounts;
mod addresses;
mod phones;
mod secrets;

use std::ops::Range;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// A mail address.
    Mail,
    /// A key, token or password.
    Secret,
    /// A bank account.
    Iban,
    /// A payment card.
    Card,
    /// A network address.
    Ip,
    /// A telephone number.
    Phone,
}

impl Found {
    /// What stands in its place.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Mail => "[mail address]",
            Self::Secret => "[secret]",
            Self::Iban => "[account]",
            Self::Card => "[card]",
            Self::Ip => "[network address]",
            Self::Phone => "[phone]",
        }
    }

    /// The kind in a report.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Mail => "mail addresses",
            Self::Secret => "keys, tokens and passwords",
            Self::Iban => "bank accounts",
            Self::Card => "payment cards",
            Self::Ip => "network addresses",
            Self::Phone => "phone numbers",
        }
    }
}

/// A text without personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    /// The text with marks.
    pub text: String,
    /// What the marks stand for, in order.
    pub found: Vec<Found>,
}

/// Replaces personal data by marks.
#[must_use]
pub fn scrub(text: &str) -> Scrubbed {
    let mut hits: Vec<(Range<usize>, Found)> = Vec::new();
    hits.extend(secrets::find(text).into_iter().map(|at| (at, Found::Secret)));
    hits.extend(addresses::mails(text).into_iter().map(|at| (at, Found::Mail)));
    hits.extend(accounts::ibans(text).into_iter().map(|at| (at, Found::Iban)));
    hits.extend(accounts::cards(text).into_iter().map(|at| (at, Found::Card)));
    hits.extend(addresses::ips(text).into_iter().map(|at| (at, Found::Ip)));
    hits.extend(phones::find(text).into_iter().map(|at| (at, Found::Phone)));
    // The earliest wins, then the longest, then the order of the kinds.
    hits.sort_by_key(|(at, kind)| (at.start, std::cmp::Reverse(at.end), *kind));
    let mut scrubbed = Scrubbed { text: String::with_capacity(text.len()), found: Vec::new() };
    let mut from = 0;
    for (at, kind) in hits {
        if at.start < from {
            continue;
        }
        scrubbed.text.push_str(text.get(from..at.start).unwrap_or_default());
        scrubbed.text.push_str(kind.mark());
        scrubbed.found.push(kind);
        from = at.end;
    }
    scrubbed.text.push_str(text.get(from..).unwrap_or_default());
    scrubbed
}

/// Whether a text holds a private key, or a key of a well-known service; what is only random is none.
#[must_use]
pub fn holds_key(text: &str) -> bool {
    secrets::holds_key(text)
}

/// Whether a mark of [`scrub`] stands in a text.
#[must_use]
pub fn has_mark(text: &str) -> bool {
    const ALL: [Found; 6] = [Found::Mail, Found::Secret, Found::Iban, Found::Card, Found::Ip, Found::Phone];
    ALL.iter().any(|found| text.contains(found.mark()))
}

/// The parts of a text without white space, with where they lie; brackets and full stops around them are cut off.
fn tokens(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let edge = |c: char| {
        matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '"' | '\'' | '`' | ',' | ';' | '.' | '!' | '?' | '*')
    };
    let mut from = 0;
    text.split(char::is_whitespace).filter_map(move |word| {
        let start = from;
        from += word.len()
            + text.get(start + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let left = word.trim_start_matches(edge);
        let start = start + word.len() - left.len();
        let bare = left.trim_end_matches(edge);
        (!bare.is_empty()).then(|| (start..start + bare.len(), bare))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_replaced_and_look_alikes_are_not() {
        for (text, clean) in [
            ("write to alice.ng+x@mail.example.org.", "write to [mail address]."),
            ("call +44 20 7946 0958 or (030) 901820-11", "call [phone] or [phone]"),
            ("card 4111 1111 1111 1111, not 4111 1111 1111 1112", "card [card], not 4111 1111 1111 1112"),
            ("pay to DE89 3704 0044 0532 0130 00 today", "pay to [account] today"),
            ("pay to GB82WEST12345698765432.", "pay to [account]."),
            ("host 10.1.2.3, version 1.2.3, v1.2.3.4", "host [network address], version 1.2.3, v1.2.3.4"),
            ("at 2001:db8::1 since 12:30:15", "at [network address] since 12:30:15"),
            ("token xoxb-0000-EXAMPLE-made-up", "token [secret]"),
            ("password: hunter2hunter2", "password: [secret]"),
            (
                "on 2026-05-03 at 12:30, 1,250.00 for order 20260503001",
                "on 2026-05-03 at 12:30, 1,250.00 for order 20260503001",
            ),
            ("room B27, 3 of 12, 50 %", "room B27, 3 of 12, 50 %"),
            (
                "the internationalisation-and-localisation-guidelines page",
                "the internationalisation-and-localisation-guidelines page",
            ),
        ] {
            assert_eq!(scrub(text).text, clean);
        }
        assert!(has_mark("call [phone]") && !has_mark("call me"));
    }

    proptest::proptest! {
        #[test]
        fn scrubbing_twice_is_scrubbing_once(text in "[a-zA-Z0-9 @.+:()\\-\nä]{0,80}") {
            let once = scrub(&text).text;
            proptest::prop_assert_eq!(&scrub(&once).text, &once);
        }
    }
}
