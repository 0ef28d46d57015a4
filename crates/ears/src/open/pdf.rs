//! A PDF page by page.
//!
//! A page that breaks the reader costs that page: fonts that no program understands are common.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Document as Pdf, PlainTextOutput, output_doc_page};
use understudy_ears::{Document, Kind, Section, Trouble};

/// Most pages that are read.
const PAGES_MAX: usize = 2_000;
/// A page with fewer letters than this is a picture with a page number.
const LETTERS_MIN: usize = 12;

/// Reads the text layer of each page.
pub(super) fn read(bytes: &[u8]) -> Result<Document, Trouble> {
    let mut pdf = Pdf::load_mem(bytes).map_err(|e| match e {
        pdf_extract::Error::Decryption(_) | pdf_extract::Error::InvalidPassword => Trouble::Encrypted,
        _ => Trouble::Damaged,
    })?;
    // Many are locked against changes with an empty password, which everybody may open.
    if pdf.is_encrypted() && pdf.decrypt("").is_err() {
        return Err(Trouble::Encrypted);
    }
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    if pages.is_empty() {
        return Err(Trouble::Damaged);
    }
    let (mut sections, mut pictures, mut broken) = (Vec::new(), 0, 0);
    for n in pages.iter().take(PAGES_MAX) {
        let Some(text) = page(&pdf, *n) else {
            broken += 1;
            continue;
        };
        if text.chars().filter(|c| c.is_alphanumeric()).count() < LETTERS_MIN {
            pictures += 1;
            continue;
        }
        sections.push(Section { place: format!("page {n}"), text: joined(&text), is_markdown: false });
    }
    if sections.is_empty() {
        return Err(if broken > 0 { Trouble::Damaged } else { Trouble::Scanned });
    }
    let counted = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let left_out = [
        counted(pictures, "pages without text"),
        counted(broken, "pages that I could not open"),
        counted(pages.len().saturating_sub(PAGES_MAX), "pages at its end"),
    ];
    let left_out = left_out.into_iter().flatten().collect();
    Ok(Document { kind: Kind::Pdf, sections, left_out, ..Document::default() })
}

fn page(pdf: &Pdf, n: u32) -> Option<String> {
    catch_unwind(AssertUnwindSafe(|| {
        let mut text = String::new();
        output_doc_page(pdf, &mut PlainTextOutput::new(&mut text), n).ok()?;
        Some(text)
    }))
    .ok()
    .flatten()
}

/// Lines that were broken for the width of the page, as paragraphs; an empty line ends one, and so does a short line
/// that ends a sentence.
fn joined(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut out = String::with_capacity(text.len());
    for (n, line) in lines.iter().enumerate() {
        out.push_str(line);
        let next = lines.get(n + 1).copied().unwrap_or_default();
        let is_full = line.chars().count() * 10 >= width * 7;
        let goes_on = next.chars().next().is_some_and(|c| c.is_lowercase() || c.is_ascii_digit());
        if line.is_empty() || next.is_empty() {
            out.push('\n');
        } else if is_full && (goes_on || !line.ends_with(['.', ':', ';', '!', '?'])) {
            out.push(' ');
        } else {
            out.push('\n');
        }
    }
    out
}
