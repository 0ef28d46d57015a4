//! A reply as a mail: plain text with a simple page beside it, in the thread of what it answers.
//!
//! Made once and kept; whatever happens on the way, exactly these bytes are sent again.

use hmac::{Hmac, Mac};
use lettre::message::{
    Attachment, Mailbox, Message, MultiPart,
    header::{ContentType, HeaderName, HeaderValue},
};
use sha2::Sha256;

use super::{account::Addressee, head::Head};
use crate::store::ReplyFile;

/// Lines of the question that are quoted below the answer.
const QUOTED_LINES: usize = 10;

/// Whether a person pressed send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// Its owner read it first.
    Person,
    /// Nobody did; programs are told so (RFC 3834).
    Program,
}

/// The id of a reply, without brackets: the same for the same reply, guessed by nobody.
pub(super) fn message_id(key: &[u8], reply: &str, domain: &str) -> String {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(reply.as_bytes());
    let code: String = hex::encode(mac.finalize().into_bytes()).chars().take(40).collect();
    format!("u.{code}@{domain}")
}

/// Makes the mail.
///
/// # Errors
/// When an address can't stand in a mail.
pub(super) fn compose(
    person: &Addressee,
    head: &Head,
    message_id: &str,
    (text, file): (&str, Option<&ReplyFile>),
    sources: &[(usize, String)],
    sender: Sender,
) -> anyhow::Result<Vec<u8>> {
    let from = Mailbox::new(Some(plain_name(&format!("{} (understudy)", person.name))), head.own.parse()?);
    let name = Some(plain_name(&head.from_name)).filter(|name| !name.is_empty());
    let to = Mailbox::new(name, head.from.parse()?);
    let mut builder = Message::builder()
        .from(from)
        .to(to)
        .subject(head.reply_subject())
        .message_id(Some(format!("<{message_id}>")))
        .raw_header(header("X-Understudy-Id", format!("<{message_id}>"))?)
        .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned())?);
    for copy in &head.cc {
        builder = builder.cc(Mailbox::new(None, copy.parse()?));
    }
    if !head.message_id.is_empty() {
        builder = builder.in_reply_to(format!("<{}>", head.message_id));
    }
    let thread = head.thread();
    if !thread.is_empty() {
        let joined = thread.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
        builder = builder.references(joined);
    }
    if sender == Sender::Program {
        builder = builder.raw_header(header("Auto-Submitted", "auto-replied".to_owned())?);
    }
    let parts = parts(person, head, text, sources);
    let bodies = MultiPart::alternative_plain_html(plain(&parts), page(&parts));
    let whole = match file {
        Some(file) => {
            let attached = Attachment::new(file.name.clone());
            let attached = attached.body(file.content.clone(), ContentType::parse(&file.media_type)?);
            MultiPart::mixed().multipart(bodies).singlepart(attached)
        }
        None => bodies,
    };
    Ok(builder.multipart(whole)?.formatted())
}

/// A name as one line: lettre panics on a line break in one.
pub(super) fn plain_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

fn header(name: &'static str, value: String) -> anyhow::Result<HeaderValue> {
    let name = HeaderName::new_from_ascii(name.to_owned())?;
    Ok(HeaderValue::new(name, value))
}

/// What a reply consists of.
struct Parts {
    text: String,
    sources: String,
    signature: String,
    quote: Vec<String>,
    quoted_from: String,
}

fn parts(person: &Addressee, head: &Head, text: &str, sources: &[(usize, String)]) -> Parts {
    let titles: Vec<String> = sources.iter().map(|(n, title)| format!("[{n}] {title}")).collect();
    let who = if head.from_name.is_empty() { &head.from } else { &head.from_name };
    Parts {
        text: text.trim().to_owned(),
        sources: if titles.is_empty() { String::new() } else { format!("Sources: {}", titles.join(" · ")) },
        signature: format!("{}'s understudy, a program that answers for {}.", person.name, person.name),
        quote: head.words.lines().take(QUOTED_LINES).map(str::to_owned).collect(),
        quoted_from: format!("{who} wrote:"),
    }
}

fn plain(parts: &Parts) -> String {
    let mut out = parts.text.clone();
    if !parts.sources.is_empty() {
        out.push_str(&format!("\n\n{}", parts.sources));
    }
    out.push_str(&format!("\n\n-- \n{}\n", parts.signature));
    if !parts.quote.is_empty() {
        out.push_str(&format!("\n{}\n", parts.quoted_from));
        for line in &parts.quote {
            out.push_str(format!("> {line}").trim_end());
            out.push('\n');
        }
    }
    out
}

/// Escaped words and nothing else: no picture, no link that anything would load.
fn page(parts: &Parts) -> String {
    let lines = |text: &str| escape(text).replace('\n', "<br>\n");
    let paragraphs = |text: &str| {
        text.split("\n\n").map(|paragraph| format!("<p>{}</p>\n", lines(paragraph))).collect::<String>()
    };
    let mut out = String::from("<!DOCTYPE html>\n<html><body>\n");
    out.push_str(&paragraphs(&parts.text));
    if !parts.sources.is_empty() {
        out.push_str(&paragraphs(&parts.sources));
    }
    out.push_str(&format!("<p>-- <br>\n{}</p>\n", escape(&parts.signature)));
    if !parts.quote.is_empty() {
        let quote = lines(&parts.quote.join("\n"));
        out.push_str(&format!("<p>{}</p>\n<blockquote>{quote}</blockquote>\n", escape(&parts.quoted_from)));
    }
    out.push_str("</body></html>\n");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PersonId, ReaderId};

    fn bob() -> Addressee {
        let table = "address = \"bob-bot@example.com\"\nimap = \"imaps://x\"\nsmtp = \"submissions://x\"\npassword = \"P\"";
        Addressee {
            id: PersonId::new("bob").unwrap(),
            name: "Bob".to_owned(),
            owner: ReaderId::new("bob").unwrap(),
            owner_also: Vec::new(),
            mail: toml::from_str(table).unwrap(),
        }
    }

    fn head() -> Head {
        Head {
            message_id: "q@example.com".to_owned(),
            references: vec!["first@example.com".to_owned()],
            subject: "F\u{e4}ir".to_owned(),
            from: "alice@example.com".to_owned(),
            from_name: "Alice <b>, \"x\"\r\nBcc: mallory@evil.example".to_owned(),
            own: "bob-bot@example.com".to_owned(),
            cc: Vec::new(),
            words: "when is the <fair>?\n\nplease".to_owned(),
            quoted: String::new(),
        }
    }

    #[test]
    fn a_reply_can_be_read_by_every_mail_program() {
        let long = "w\u{f6}rd ".repeat(400);
        let text = format!("On Friday [1].\n\n{long}");
        let sources = [(1, "Fair".to_owned())];
        let bytes =
            compose(&bob(), &head(), "u.1@example.com", (&text, None), &sources, Sender::Program).unwrap();
        assert!(bytes.is_ascii());
        assert!(bytes.split(|b| *b == b'\n').all(|line| line.len() < 998));
        let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.message_id(), Some("u.1@example.com"));
        assert_eq!(mail.subject(), Some("Re: F\u{e4}ir"));
        assert_eq!(mail.in_reply_to().as_text(), Some("q@example.com"));
        let references = mail.references().as_text_list().unwrap();
        assert_eq!(references, ["first@example.com", "q@example.com"]);
        assert!(mail.bcc().is_none() && mail.cc().is_none() && mail.date().is_some());
        assert_eq!(mail.to().unwrap().iter().count(), 1);
        assert_eq!(mail.header("Auto-Submitted").unwrap().as_text(), Some("auto-replied"));
        let plain = mail.body_text(0).unwrap().replace("\r\n", "\n");
        assert!(plain.starts_with("On Friday [1].\n\nw\u{f6}rd"), "{plain}");
        assert!(plain.contains("\n\nSources: [1] Fair\n\n-- \nBob's understudy, a program"), "{plain}");
        assert!(plain.ends_with("\n> when is the <fair>?\n>\n> please\n"), "{plain}");
        let page = mail.body_html(0).unwrap();
        assert!(page.contains("when is the &lt;fair&gt;?") && !page.contains("<fair>"), "{page}");
    }

    #[test]
    fn what_a_person_sent_is_not_marked_as_automatic() {
        let bytes = compose(&bob(), &head(), "u.1@example.com", ("yes", None), &[], Sender::Person).unwrap();
        assert!(!String::from_utf8(bytes).unwrap().contains("Auto-Submitted"));
    }

    #[test]
    fn an_id_is_the_same_for_the_same_reply_only() {
        let id = message_id(b"key", "reply-1@5", "example.com");
        assert_eq!(id, message_id(b"key", "reply-1@5", "example.com"));
        assert_ne!(id, message_id(b"key", "reply-2@5", "example.com"));
        assert_ne!(id, message_id(b"other", "reply-1@5", "example.com"));
        assert!(id.starts_with("u.") && id.ends_with("@example.com"));
    }
}
