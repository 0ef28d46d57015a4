//! Mail that nobody is to answer: programs, lists, bounces (RFC 3834 and what is usual beside it).
//!
//! Two programs that answer each other never stop, and an answer to a list goes to everybody on it.

use understudy_ears::Letter;

use super::address::{self, Address};

/// Local parts that no person reads.
const MACHINES: [&str; 10] = [
    "no-reply",
    "noreply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "mailer-daemon",
    "postmaster",
    "bounce",
    "bounces",
    "mail-daemon",
];

/// How subjects of automatic replies begin, in lower case.
const SUBJECTS: [&str; 16] = [
    "auto:",
    "auto reply",
    "auto-reply",
    "autoreply",
    "automatic reply",
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesend:",
    "out of office",
    "out of the office",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "undeliverable:",
    "undelivered mail",
    "delivery status notification",
];

/// Why a mail is not to be answered; `None` when a person may have written it.
pub(super) fn reason(letter: &Letter, allow: &[String]) -> Option<&'static str> {
    let has = |name: &str| letter.first(name).is_some();
    let first_word = |name: &str| {
        let value = letter.first(name).unwrap_or_default().to_ascii_lowercase();
        // Real values carry comments: `auto-replied (vacation)`.
        value.split([' ', ';', '(', '\t']).next().unwrap_or_default().to_owned()
    };
    if letter.is_report {
        return Some("it reports on another mail");
    }
    if letter.first("Return-Path").is_some_and(|path| path.trim() == "<>") {
        return Some("it wants no answer: its return path is empty");
    }
    let from = letter.first("From").and_then(address::one);
    if from.as_ref().is_some_and(|from| allow.iter().any(|a| a.eq_ignore_ascii_case(&from.to_string()))) {
        return None;
    }
    if !matches!(first_word("Auto-Submitted").as_str(), "" | "no") {
        return Some("a program sent it");
    }
    if ["bulk", "list", "junk", "auto_reply"].contains(&first_word("Precedence").as_str()) {
        return Some("it went to many");
    }
    let is_list = |(name, _): &(String, String)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("list-") || name == "feedback-id"
    };
    if letter.headers.iter().any(is_list) {
        return Some("it came by a list");
    }
    let automatic = ["X-Autoreply", "X-Autorespond", "X-Loop", "X-Auto-Response-Suppress", "X-Understudy-Id"];
    if automatic.into_iter().any(has) {
        return Some("a program sent it");
    }
    if from.as_ref().is_some_and(is_machine) {
        return Some("nobody reads answers to its sender");
    }
    let subject = letter.subject.to_lowercase();
    if SUBJECTS.iter().any(|start| subject.starts_with(start)) {
        return Some("it is an automatic reply");
    }
    if letter.is_calendar {
        return Some("it is about a calendar, and invitations are never answered by a program");
    }
    None
}

fn is_machine(from: &Address) -> bool {
    let local = from.local.split('+').next().unwrap_or_default();
    MACHINES.contains(&local)
        || local.starts_with("owner-")
        || local.ends_with("-request")
        || local.starts_with("bounces-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(headers: &[(&str, &str)]) -> Letter {
        let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let subject =
            headers.iter().find(|(n, _)| n == "Subject").map(|(_, v)| v.clone()).unwrap_or_default();
        Letter { headers, subject, ..Letter::default() }
    }

    #[test]
    fn f02_newsletters_programs_and_bounces_get_no_answer() {
        for header in [
            ("Auto-Submitted", "auto-generated"),
            ("Auto-Submitted", "auto-replied (vacation)"),
            ("auto-submitted", "AUTO-REPLIED; owner-email=x"),
            ("Precedence", "bulk"),
            ("Precedence", "List"),
            ("List-Id", "<news.example.com>"),
            ("List-Unsubscribe", "<mailto:x@example.com>"),
            ("Feedback-ID", "1"),
            ("Return-Path", "<>"),
            ("X-Auto-Response-Suppress", "All"),
            ("X-Loop", "x"),
            ("Subject", "Automatic reply: fair"),
            ("Subject", "Abwesenheitsnotiz"),
            ("Subject", "Undeliverable: fair"),
            ("From", "No-Reply <noreply@example.com>"),
            ("From", "mailer-daemon@example.com"),
            ("From", "owner-news@example.com"),
            ("From", "news-request@example.com"),
            ("From", "bounces+123@example.com"),
        ] {
            assert!(reason(&letter(&[header]), &[]).is_some(), "{header:?}");
        }
        for report in [Letter { is_report: true, ..letter(&[]) }, Letter { is_calendar: true, ..letter(&[]) }]
        {
            assert!(reason(&report, &[]).is_some());
        }
    }

    #[test]
    fn people_and_allowed_programs_get_one() {
        for headers in [
            &[("From", "alice@example.com"), ("Auto-Submitted", "no"), ("Subject", "automatic doors")][..],
            &[
                ("From", "alice@example.com"),
                ("Auto-Submitted", "NO (really)"),
                ("Return-Path", "<alice@example.com>"),
            ],
        ] {
            assert_eq!(reason(&letter(headers), &[]), None, "{headers:?}");
        }
        let build = letter(&[("From", "build@example.com"), ("Precedence", "bulk")]);
        assert_eq!(reason(&build, &["Build@example.com".to_owned()]), None);
        assert!(reason(&build, &["other@example.com".to_owned()]).is_some());
    }
}
