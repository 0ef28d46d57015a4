//! XML as a flat walk over what opens, what closes and the text between.

use quick_xml::{
    Reader,
    events::{BytesRef, BytesStart, Event},
};
use understudy_ears::Trouble;

/// What a walk comes by. Names are without their prefix.
pub(super) enum Step<'s> {
    Open(&'s str, &'s BytesStart<'s>),
    Close(&'s str),
    Text(&'s str),
}

/// Walks over `bytes`.
///
/// # Errors
/// When they are not XML; what came before was walked over.
pub(super) fn walk(bytes: &[u8], mut visit: impl FnMut(Step<'_>)) -> Result<(), Trouble> {
    let text = super::text::decoded(bytes);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().map_err(|_| Trouble::Damaged)? {
            Event::Start(tag) => visit(Step::Open(tag.local_name().into_inner(), &tag)),
            Event::Empty(tag) => {
                visit(Step::Open(tag.local_name().into_inner(), &tag));
                visit(Step::Close(tag.local_name().into_inner()));
            }
            Event::End(tag) => visit(Step::Close(tag.local_name().into_inner())),
            Event::Text(text) => visit(Step::Text(&text.xml10_content())),
            Event::CData(text) => visit(Step::Text(&text.xml10_content())),
            Event::GeneralRef(name) => {
                if let Some(c) = meant(&name) {
                    visit(Step::Text(c.encode_utf8(&mut [0; 4])));
                }
            }
            Event::Eof => return Ok(()),
            // An entity that a document defines for itself is never resolved: it could grow without end.
            Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

/// The value of an attribute, whatever its prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        tag.attributes().with_checks(false).flatten().find(|a| a.key.local_name().into_inner() == name);
    let found = found?;
    Some(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
}

fn meant(name: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c);
    }
    match &**name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}
