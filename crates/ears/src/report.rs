//! What a bounce says (RFC 3464): which mail did not arrive, at whom, and whether it ever will.

use mail_parser::{Message, MessageParser, PartType};
use serde::{Deserialize, Serialize};

/// Most recipients of one report.
const RECIPIENTS_MAX: usize = 20;
/// Most characters of what a server said.
const SAID_CHARS: usize = 200;

/// A report on how the delivery of another mail went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Message-ID of the mail that it is about, without brackets; empty when it does not say.
    pub about: String,
    /// What became of it, by recipient.
    pub recipients: Vec<Delivery>,
}

/// What became of a mail at one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The address in lower case.
    pub address: String,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// Such as `5.1.1`.
    pub status: String,
    /// What the last server said.
    pub said: String,
}

/// Reads the parts of a delivery report; `None` when there are none.
pub(super) fn read(parsed: &Message<'_>, kind: impl Fn(usize) -> String) -> Option<Report> {
    let mut report = None::<Report>;
    let mut about = String::new();
    for (n, part) in parsed.parts.iter().enumerate() {
        match kind(n).as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                let text = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
                report.get_or_insert_default().recipients.extend(deliveries(&text));
            }
            "text/rfc822-headers" | "message/global-headers" => {
                let head = MessageParser::default().parse_headers(part.contents());
                about = head.and_then(|head| head.message_id().map(str::to_owned)).unwrap_or_default();
            }
            _ => {
                if let (PartType::Message(inner), Some(_)) = (&part.body, &report) {
                    about = inner.message_id().unwrap_or_default().to_owned();
                }
            }
        }
    }
    let mut report = report?;
    report.about = about;
    report.recipients.truncate(RECIPIENTS_MAX);
    Some(report)
}

/// One for each block of fields that names a recipient.
fn deliveries(text: &str) -> impl Iterator<Item = Delivery> + '_ {
    text.replace("\n ", " ")
        .replace("\n\t", " ")
        .split("\n\n")
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
        .filter_map(|block| {
            let field = |wanted: &str| {
                let mut fields = block.lines().filter_map(|line| line.split_once(':'));
                let (_, value) = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))?;
                Some(value.trim().to_owned())
            };
            // "rfc822; alice@example.com"
            let bare = |value: String| {
                let address = value.split_once(';').map_or(value.as_str(), |(_, address)| address);
                address.trim().trim_matches(['<', '>']).to_ascii_lowercase()
            };
            let address = field("Original-Recipient").or_else(|| field("Final-Recipient")).map(bare)?;
            let plain = |text: String| text.chars().filter(|c| !c.is_control()).take(SAID_CHARS).collect();
            Some(Delivery {
                address,
                action: field("Action").unwrap_or_default().to_ascii_lowercase(),
                status: field("Status")
                    .unwrap_or_default()
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                said: plain(field("Diagnostic-Code").unwrap_or_default()),
            })
        })
}

#[cfg(test)]
mod tests {
    use crate::{Letter, Reading, read};

    fn letter(mail: &str) -> Letter {
        match read(mail.as_bytes()) {
            Reading::Letter(letter) => *letter,
            Reading::OverLimit(why) => panic!("{why}"),
        }
    }

    const REPORT: &str = "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
        --b\nContent-Type: text/plain\n\nIt did not arrive.\n\
        --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
        Original-Recipient: rfc822;Alice@Example.com\nFinal-Recipient: rfc822; a.liddell@example.com\nAction: failed\n\
        Status: 5.1.1 (no such user)\nDiagnostic-Code: smtp; 550 5.1.1\n  no such user\n\n\
        Final-Recipient: rfc822;carol@example.com\nAction: Delayed\nStatus: 4.4.1\n\
        --b\nContent-Type: PART\n\nMessage-ID: <u.1@example.com>\nSubject: Re: x\n\n--b--\n";

    #[test]
    fn a_bounce_says_which_mail_and_whose_address() {
        for part in ["message/rfc822", "text/rfc822-headers"] {
            let report = letter(&REPORT.replace("PART", part)).report.unwrap();
            assert_eq!(report.about, "u.1@example.com", "{part}");
            let seen: Vec<_> = report
                .recipients
                .iter()
                .map(|r| (r.address.as_str(), r.action.as_str(), r.status.as_str(), r.said.as_str()))
                .collect();
            assert_eq!(
                seen,
                [
                    ("alice@example.com", "failed", "5.1.1", "smtp; 550 5.1.1  no such user"),
                    ("carol@example.com", "delayed", "4.4.1", "")
                ]
            );
        }
    }

    #[test]
    fn other_mail_is_no_report() {
        assert_eq!(
            letter("From: a@example.com\n\nFinal-Recipient: rfc822; b@example.com\nAction: failed\n").report,
            None
        );
        // A forwarded mail names an id and reports on nothing.
        let forwarded = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <u.1@example.com>\n\nx\n--b--\n";
        assert_eq!(letter(forwarded).report, None);
    }
}
