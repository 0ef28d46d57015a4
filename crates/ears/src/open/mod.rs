//! Opens one document: tells what it is by its content and takes its text.

mod docx;
mod numbering;
mod pack;
mod pdf;
mod pptx;
mod text;
mod xlsx;
mod xml;

use std::panic::{AssertUnwindSafe, catch_unwind};

use understudy_ears::{
    DOCUMENT_MAX_BYTES, DOCUMENT_TEXT_MAX_BYTES, Document, Kind, Opened, Section, Trouble, is_zip, sniff,
};

/// Opens the document in `bytes`; whatever it does to a parser is the document's fault.
pub(super) fn open(bytes: &[u8]) -> Opened {
    match catch_unwind(AssertUnwindSafe(|| opened(bytes))).unwrap_or(Err(Trouble::Damaged)) {
        Ok(document) => Opened::Document(Box::new(document)),
        Err(trouble) => Opened::Unreadable(trouble),
    }
}

fn opened(bytes: &[u8]) -> Result<Document, Trouble> {
    if bytes.len() > DOCUMENT_MAX_BYTES {
        return Err(Trouble::TooLarge);
    }
    let mut document = if is_zip(bytes) { packed(bytes)? } else { plain(bytes)? };
    let had_pages = document.sections.len();
    for section in &mut document.sections {
        section.text = tidy(&section.text);
    }
    document.sections.retain(|section| !section.text.is_empty());
    if document.sections.is_empty() {
        return Err(if document.kind == Kind::Pdf && had_pages > 0 {
            Trouble::Scanned
        } else {
            Trouble::Empty
        });
    }
    cut(&mut document);
    Ok(document)
}

fn plain(bytes: &[u8]) -> Result<Document, Trouble> {
    match sniff(bytes)? {
        Kind::Pdf => pdf::read(bytes),
        Kind::Audio => Err(Trouble::Sound),
        _ => text::read(bytes),
    }
}

/// An Office document, told by the file that every one of its kind has.
fn packed(bytes: &[u8]) -> Result<Document, Trouble> {
    let mut pack = pack::Pack::open(bytes)?;
    if pack.has("word/document.xml") {
        docx::read(&mut pack)
    } else if pack.has("xl/workbook.xml") {
        pack.measure()?;
        xlsx::read(bytes)
    } else if pack.has("ppt/presentation.xml") {
        pptx::read(&mut pack)
    } else if pack.has("mimetype") && pack.has("content.xml") {
        Err(Trouble::OpenDocument)
    } else {
        Err(Trouble::Archive)
    }
}

/// Text without what nobody sees: control characters, spaces at line ends, more than one empty line.
fn tidy(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        let line = line.trim_end();
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !kept.is_empty() {
            kept.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        kept.push_str(line);
    }
    kept
}

fn cut(document: &mut Document) {
    let mut left = DOCUMENT_TEXT_MAX_BYTES;
    for section in &mut document.sections {
        if section.text.len() > left {
            let mut end = left;
            while !section.text.is_char_boundary(end) {
                end -= 1;
            }
            section.text.truncate(end);
            document.is_cut = true;
        }
        left -= section.text.len();
    }
    document.sections.retain(|section| !section.text.is_empty());
}

/// A document that is one piece.
fn whole(kind: Kind, text: String, is_markdown: bool) -> Document {
    let section = Section { place: String::new(), text, is_markdown };
    Document { kind, sections: vec![section], ..Document::default() }
}
