//! Mail addresses and network addresses.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::tokens;

/// Mail addresses in a text.
pub(super) fn mails(text: &str) -> Vec<Range<usize>> {
    let local = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    let host = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let other = before.char_indices().rev().find(|(_, c)| !local(*c));
        let start = other.map_or(0, |(n, c)| n + c.len_utf8());
        let end = after.find(|c| !host(c)).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        let top = domain.rsplit('.').next().unwrap_or_default();
        let named = domain.contains('.') && top.len() >= 2 && top.chars().all(char::is_alphabetic);
        if start < at && named {
            found.push(start..at + 1 + domain.len());
        }
    }
    found
}

/// Network addresses in a text; versions such as `v1.2.3.4` are none.
pub(super) fn ips(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, token) in tokens(text) {
        // "http://10.1.2.3:8080/x" and "10.1.2.0/24"
        let after_scheme = token.find("://").map_or(0, |n| n + 3);
        let bare = token.get(after_scheme..).unwrap_or_default();
        let end = bare.find(['/', '%']).unwrap_or(bare.len());
        let host = bare.get(..end).unwrap_or_default().trim_matches(['[', ']']);
        let four = host.split(':').next().unwrap_or_default();
        let start = at.start + after_scheme + bare.find(host).unwrap_or(0);
        if four.parse::<Ipv4Addr>().is_ok() {
            found.push(start..start + four.len());
        } else if host.matches(':').count() >= 2 && host.len() >= 3 && host.parse::<Ipv6Addr>().is_ok() {
            found.push(start..start + host.len());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_end() {
        let found = |text: &str, at: Vec<Range<usize>>| {
            at.into_iter().map(|at| text.get(at).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let mail = |text: &str| found(text, mails(text));
        let ip = |text: &str| found(text, ips(text));
        assert_eq!(mail("<a.b@example.org>, c@d, @alice"), ["a.b@example.org"]);
        assert_eq!(mail("é@example.org."), ["é@example.org"]);
        assert_eq!(ip("http://10.1.2.3:80/x and 1.2.3"), ["10.1.2.3"]);
        assert_eq!(ip("fe80::1%eth0 12:30 a::b:c:d"), ["fe80::1", "a::b:c:d"]);
        assert!(ip(":: is no address of anybody").is_empty());
    }
}
