//! A mail as text and facts: which body a reader sees, what came with it, what kind of mail it is.

use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use crate::{
    DEPTH_MAX, ENCLOSURE_MAX_BYTES, ENCLOSURES_MAX, Enclosure, Letter, MAIL_MAX_BYTES, PARTS_MAX,
    RECIPIENTS_MAX, Reading, TEXT_MAX_BYTES, headers, html, nesting, report,
};

/// A plain body this much shorter than the page beside it only says that there is a page.
const STUB_CHARS: usize = 120;

/// Reads a mail.
#[must_use]
pub fn read(mail: &[u8]) -> Reading {
    match letter(mail) {
        Ok(letter) => Reading::Letter(Box::new(letter)),
        Err(why) => Reading::OverLimit(why),
    }
}

fn letter(mail: &[u8]) -> Result<Letter, String> {
    if mail.len() > MAIL_MAX_BYTES {
        return Err(format!("it has more than {} MB", MAIL_MAX_BYTES >> 20));
    }
    if nesting::is_deeper(mail, DEPTH_MAX) {
        return Err(format!("it holds more than {DEPTH_MAX} mails inside each other"));
    }
    let headers = headers::read(mail)?;
    let mut letter = Letter { headers, body_sha256: sha256(body_of(mail)), ..Letter::default() };
    // A mail without any header that the parser knows is still shown with what it has.
    let Some(parsed) = MessageParser::default().parse(mail) else { return Ok(letter) };
    if parsed.parts.len() > PARTS_MAX {
        return Err(format!("it has more than {PARTS_MAX} parts"));
    }
    letter.recipients = addresses(parsed.to()).chain(addresses(parsed.cc())).collect();
    if letter.recipients.len() > RECIPIENTS_MAX {
        return Err(format!("it went to more than {RECIPIENTS_MAX} addresses"));
    }
    letter.subject = one_line(parsed.subject().unwrap_or_default());
    letter.from_name =
        one_line(parsed.from().and_then(Address::first).and_then(|a| a.name()).unwrap_or_default());
    letter.message_id = parsed.message_id().unwrap_or_default().to_owned();
    letter.references = ids(parsed.references());
    letter.in_reply_to = ids(parsed.in_reply_to());
    letter.written_at = parsed.date().map(mail_parser::DateTime::to_timestamp);
    for part in &parsed.parts {
        match kind(part).as_str() {
            "multipart/report" | "message/disposition-notification" | "message/delivery-status" => {
                letter.is_report = true;
            }
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                letter.is_encrypted = true;
            }
            "text/calendar" | "application/ics" => letter.is_calendar = true,
            _ => {}
        }
    }
    letter.report = report::read(&parsed, |n| parsed.parts.get(n).map(kind).unwrap_or_default());
    letter.text = text(&parsed);
    letter.is_encrypted |= letter.text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----");
    letter.enclosures = enclosures(&parsed)?;
    Ok(letter)
}

/// Everything after the first empty line.
fn body_of(mail: &[u8]) -> &[u8] {
    let end =
        |needle: &[u8]| mail.windows(needle.len()).position(|w| w == needle).map(|at| at + needle.len());
    let at = [end(b"\n\r\n"), end(b"\n\n")].into_iter().flatten().min().unwrap_or(mail.len());
    mail.get(at..).unwrap_or_default()
}

/// What a reader sees: the plain text, unless it is empty or a stub beside a page.
fn text(parsed: &Message<'_>) -> String {
    let mut plain: Vec<String> = Vec::new();
    let mut pages: Vec<String> = Vec::new();
    for part in parsed.text_bodies().filter(|part| kind(part) != "text/calendar") {
        match &part.body {
            PartType::Text(text) => plain.push(unflowed(part, text)),
            PartType::Html(page) => plain.push(html::visible_text(page)),
            _ => {}
        }
    }
    for part in parsed.html_bodies() {
        if let PartType::Html(page) = &part.body {
            pages.push(html::visible_text(page));
        }
    }
    let (plain, page) = (tidy(&plain.join("\n\n")), tidy(&pages.join("\n\n")));
    let (short, long) = (plain.chars().count(), page.chars().count());
    let is_stub = short == 0 || (short < STUB_CHARS && long > 4 * short);
    if is_stub && long > 0 { page } else { plain }
}

/// Joins the lines that a mail program broke for narrow screens (RFC 3676).
fn unflowed(part: &MessagePart<'_>, text: &str) -> String {
    let of = |name: &str| part.content_type().and_then(|kind| kind.attribute(name)).unwrap_or_default();
    if !of("format").eq_ignore_ascii_case("flowed") {
        return text.to_owned();
    }
    let deletes = of("delsp").eq_ignore_ascii_case("yes");
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        // The line before a signature ends in a space and flows into nothing.
        let flows = line.ends_with(' ') && line != "-- ";
        let line = line.strip_prefix(' ').unwrap_or(line);
        out.push_str(if flows && deletes { line.strip_suffix(' ').unwrap_or(line) } else { line });
        if !flows {
            out.push('\n');
        }
    }
    out
}

/// Text without control characters, cut to what is handed on.
fn tidy(text: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    let mut kept: String = plain.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let mut end = TEXT_MAX_BYTES.min(kept.len());
    while !kept.is_char_boundary(end) {
        end -= 1;
    }
    kept.truncate(end);
    kept.trim().to_owned()
}

/// The content of the `n`th file of a mail, counted from 0 in the order of [`Letter::enclosures`].
#[must_use]
pub fn enclosed(mail: &[u8], n: usize) -> Option<Vec<u8>> {
    if mail.len() > MAIL_MAX_BYTES || nesting::is_deeper(mail, DEPTH_MAX) {
        return None;
    }
    let parsed = MessageParser::default().parse(mail)?;
    let content = parsed.attachments().filter_map(content).nth(n);
    content.filter(|content| content.len() <= ENCLOSURE_MAX_BYTES).map(<[u8]>::to_vec)
}

/// The content of a part that is a file.
fn content<'p>(part: &'p MessagePart<'_>) -> Option<&'p [u8]> {
    match &part.body {
        PartType::Message(inner) => Some(inner.raw_message()),
        PartType::Text(text) | PartType::Html(text) => Some(text.as_bytes()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(bytes),
        PartType::Multipart(_) => None,
    }
}

fn enclosures(parsed: &Message<'_>) -> Result<Vec<Enclosure>, String> {
    let mut files = Vec::new();
    for part in parsed.attachments() {
        let Some(bytes) = content(part) else { continue };
        let name = match &part.body {
            PartType::Message(inner) => {
                Some(format!("{}.eml", one_line(inner.subject().unwrap_or("a mail"))))
            }
            _ => None,
        };
        if bytes.len() > ENCLOSURE_MAX_BYTES {
            return Err(format!("a file in it has more than {} MB", ENCLOSURE_MAX_BYTES >> 20));
        }
        if files.len() == ENCLOSURES_MAX {
            return Err(format!("more than {ENCLOSURES_MAX} files came with it"));
        }
        let name = part.attachment_name().map(one_line).filter(|name| !name.is_empty()).or(name);
        let name = name.unwrap_or_else(|| format!("a file of the kind {}", kind(part)));
        files.push(Enclosure { name, size_bytes: bytes.len() as u64, sha256: sha256(bytes) });
    }
    Ok(files)
}

/// The kind of a part in lower case, such as `text/plain`.
fn kind(part: &MessagePart<'_>) -> String {
    let Some(kind) = part.content_type() else { return String::new() };
    format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
}

fn addresses<'a>(address: Option<&'a Address<'a>>) -> impl Iterator<Item = String> + 'a {
    address.into_iter().flat_map(Address::iter).filter_map(|one| Some(one.address()?.to_owned()))
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let many = value.as_text_list().map(|list| list.iter().map(ToString::to_string).collect());
    many.or_else(|| value.as_text().map(|id| vec![id.to_owned()])).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(500).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
