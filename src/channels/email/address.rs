//! Which single address a mail says it is from, taken only when there is no doubt about it.
//!
//! Programs differ in how they read an odd From line, and forgers live on the difference: one program checks the
//! address that another does not show. So anything but one field with one plain mailbox counts as no sender.

use understudy_ears::Letter;

/// A plain address in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Address {
    pub(super) local: String,
    pub(super) domain: String,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// The one sender of a mail.
///
/// # Errors
/// Why there is not exactly one.
pub(super) fn sender(letter: &Letter) -> Result<Address, &'static str> {
    let named = |wanted: &str| {
        let wanted = wanted.to_owned();
        letter.headers.iter().filter(move |(name, _)| bare(name) == wanted)
    };
    let mut from = named("from");
    let Some((name, value)) = from.next() else { return Err("it has no From") };
    if from.next().is_some() {
        return Err("it has more than one From");
    }
    if !name.eq_ignore_ascii_case("from") {
        return Err("its From is written oddly");
    }
    let address = one(value).ok_or("its From does not hold exactly one plain address")?;
    for field in ["sender", "resent-from", "resent-sender"] {
        for (_, value) in named(field) {
            if one(value).as_ref() != Some(&address) {
                return Err("it was sent by somebody else than its From says");
            }
        }
    }
    Ok(address)
}

/// A field name without what should not be in it.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).collect::<String>().to_ascii_lowercase()
}

/// The one mailbox in a field, or nothing when it is anything else.
pub(super) fn one(value: &str) -> Option<Address> {
    let (mut plain, mut angle) = (String::new(), None::<String>);
    let (mut in_angle, mut depth) = (false, 0_usize);
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if (c.is_control() && c != '\t') || c == '\u{fffd}' {
            return None;
        }
        match c {
            '(' if !in_angle => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '\\' if depth > 0 => {
                chars.next()?;
            }
            _ if depth > 0 => {}
            // A quoted name, which says nothing; in an address quotes are refused.
            '"' if !in_angle => loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => {
                        chars.next()?;
                    }
                    _ => {}
                }
            },
            '<' if in_angle || angle.is_some() => return None,
            '<' => {
                in_angle = true;
                angle = Some(String::new());
            }
            '>' if in_angle => in_angle = false,
            // A list, a group or a route.
            ',' | ';' | ':' | '>' | ')' => return None,
            _ => match (&mut angle, in_angle) {
                (Some(inside), true) => inside.push(c),
                (Some(_), false) if !c.is_whitespace() => return None,
                (Some(_), false) => {}
                (None, _) => plain.push(c),
            },
        }
    }
    if in_angle || depth > 0 {
        return None;
    }
    parse(angle.as_deref().unwrap_or(plain.trim()))
}

/// A plain address: letters, digits and the usual signs, one at sign, a domain with a dot.
pub(super) fn parse(text: &str) -> Option<Address> {
    let (local, domain) = text.split_once('@')?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "!#$&'*+-/=?^_`{|}~.".contains(c);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let local_fits = (1..=64).contains(&local.len()) && local.chars().all(is_word) && !local.contains("=?");
    let domain_fits = domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label);
    // `a!b@c` and `a%b@c` were ways to name another host.
    let plain = local_fits && domain_fits && !local.contains(['!', '%']);
    plain.then(|| Address { local: local.to_ascii_lowercase(), domain: domain.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(lines: &[(&str, &str)]) -> Result<String, &'static str> {
        let headers = lines.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        sender(&Letter { headers, ..Letter::default() }).map(|address| address.to_string())
    }

    #[test]
    fn an_honest_sender_is_read() {
        for value in [
            "alice@example.com",
            "<Alice@Example.com>",
            "Alice <alice@example.com>",
            "\"Alice, of Acme\" <alice@example.com>",
            "\"a \\\" <mallory@evil.example>\" <alice@example.com>",
            "alice@example.com (Alice)",
            "=?utf-8?q?=41lice?= <alice@example.com>",
        ] {
            assert_eq!(from(&[("From", value)]).unwrap(), "alice@example.com", "{value}");
        }
        assert!(from(&[("from", "alice@example.com"), ("Sender", "Alice <alice@example.com>")]).is_ok());
    }

    #[test]
    fn f14_no_spoofed_kind_of_sender_is_accepted() {
        let alice = "alice@example.com";
        let values = [
            "",
            "alice",
            "alice@",
            "@example.com",
            "alice@example",
            "alice@@example.com",
            "alice@example.com@evil.example",
            "alice@example.com, mallory@evil.example",
            "mallory@evil.example, alice@example.com",
            "<alice@example.com>, <mallory@evil.example>",
            "<alice@example.com> <mallory@evil.example>",
            "<alice@example.com><mallory@evil.example>",
            "<alice@example.com> mallory@evil.example",
            "alice@example.com <mallory@evil.example",
            "<@evil.example:alice@example.com>",
            "<@a.example,@b.example:alice@example.com>",
            "friends: alice@example.com;",
            "friends: alice@example.com, mallory@evil.example;",
            "\"alice@example.com\"@evil.example",
            "<\"alice\"@example.com>",
            "<alice\\@example.com@evil.example>",
            "<alice@example.com\0.evil.example>",
            "alice@example.com\0",
            "\0alice@example.com",
            "<alice@exa\u{0}mple.com>",
            "<alice@ex\u{430}mple.com>",
            "<alice@[127.0.0.1]>",
            "<alice%example.com@evil.example.>",
            "<evil.example!alice@example.com>",
            "<=?utf-8?q?alice=40example.com?=@evil.example>",
            "<alice@example.com(comment)>",
            "<alice @example.com>",
            "<alice@example.com\u{fffd}>",
            "Alice <alice@example.com> (x",
            "\"Alice <alice@example.com>",
            "alice@example.com>",
            "<alice@-example.com>",
            "<alice@example..com>",
        ];
        for value in values {
            let read = from(&[("From", value)]);
            assert!(read.is_err(), "{value:?} was read as {read:?}");
        }
        for lines in [
            &[("To", "bob-bot@example.com")][..],
            &[("From", alice), ("From", "mallory@evil.example")],
            &[("From", alice), ("from", alice)],
            &[("From ", alice)],
            &[("From", alice), ("From ", "mallory@evil.example")],
            &[("Fr\u{0}om", alice)],
            &[("From", alice), ("Sender", "mallory@evil.example")],
            &[("From", alice), ("Resent-From", "mallory@evil.example")],
            &[("From", alice), ("Sender", "")],
        ] {
            assert!(from(lines).is_err(), "{lines:?}");
        }
        // A name proves nothing: the address is what counts.
        let named = from(&[("From", "\"Alice alice@example.com\" <mallory@evil.example>")]);
        assert_eq!(named.unwrap(), "mallory@evil.example");
    }
}
