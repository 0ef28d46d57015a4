//! Documents in pieces that are small enough to be found and cited.
//!
//! A piece never crosses a heading, has at most [`MAX_CHARS`] characters, and is cut between paragraphs before
//! lines, between sentences before words. Pieces do not overlap. Each carries the title of its document and the
//! headings that lead to it. Equal input gives equal pieces.

mod html;
mod markdown;

use std::path::Path;

use unicode_segmentation::UnicodeSegmentation;

/// Counts up when equal files would be cut differently, so that every note is indexed anew.
pub(super) const VERSION: u32 = 3;

/// Most characters of a piece: about 220 tokens of English.
pub(super) const MAX_CHARS: usize = 900;
/// Most characters of a title with its headings.
const MAX_TITLE_CHARS: usize = 200;

/// A document, ready to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its first heading of level one, its HTML title, or the name of its file.
    pub title: String,
    /// Its text.
    pub pieces: Vec<Piece>,
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// "Title > Section > Subsection".
    pub title: String,
    /// The text.
    pub text: String,
}

/// The formats that notes are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Text,
    Html,
}

impl Format {
    /// Tells the format by the file extension; `None` for files that are not notes.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "txt" => Some(Self::Text),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// Cuts the text of the file `path` into pieces; `None` when its extension is not one of a note.
#[must_use]
pub fn document(path: &Path, text: &str) -> Option<Document> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outline = match Format::of(path)? {
        Format::Markdown => markdown::outline(text),
        Format::Html => html::outline(text),
        Format::Text => plain(text),
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Some(outline.into_document(&stem))
}

fn plain(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            outline.block(&paragraph.join("\n"));
            paragraph.clear();
        } else {
            paragraph.push(line);
        }
    }
    outline
}

/// What a format gives: headings and, below each, blocks of text that belong together.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// What the document calls itself outside of its text.
    title: Option<String>,
    first_h1: Option<String>,
    open: Vec<(u8, String)>,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    headings: Vec<(u8, String)>,
    blocks: Vec<String>,
}

impl Outline {
    fn heading(&mut self, level: u8, text: &str) {
        let text = squeeze(text);
        if text.is_empty() {
            return;
        }
        if level == 1 && self.first_h1.is_none() {
            self.first_h1 = Some(text.clone());
        }
        self.open.retain(|(above, _)| *above < level);
        self.open.push((level, text));
        self.sections.push(Section { headings: self.open.clone(), blocks: Vec::new() });
    }

    fn block(&mut self, text: &str) {
        let text = tidy(text);
        if text.is_empty() {
            return;
        }
        if self.sections.is_empty() {
            self.sections.push(Section { headings: Vec::new(), blocks: Vec::new() });
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(text);
        }
    }

    fn into_document(self, stem: &str) -> Document {
        let title = self.first_h1.or(self.title).unwrap_or_else(|| squeeze(stem));
        let mut pieces = Vec::new();
        for section in self.sections {
            let below = section.headings.iter().filter(|(level, text)| (*level, text) != (1, &title));
            let way = std::iter::once(title.as_str()).chain(below.map(|(_, text)| text.as_str()));
            let name: String = way.collect::<Vec<_>>().join(" > ").chars().take(MAX_TITLE_CHARS).collect();
            let texts = pack(section.blocks.iter().flat_map(|block| fit(block, Cut::Lines)), "\n\n");
            pieces.extend(texts.into_iter().map(|text| Piece { title: name.clone(), text }));
        }
        Document { title, pieces }
    }
}

/// Where a text that is too long is cut, from the best place to the worst.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Lines,
    Sentences,
    Words,
    Characters,
}

/// Cuts `text` into parts that fit, at the best places that make them fit.
fn fit(text: &str, cut: Cut) -> Vec<String> {
    if text.chars().count() <= MAX_CHARS {
        return vec![text.to_owned()];
    }
    match cut {
        Cut::Lines => pack(text.lines().flat_map(|line| fit(line.trim_end(), Cut::Sentences)), "\n"),
        Cut::Sentences => {
            pack(text.split_sentence_bounds().flat_map(|sentence| fit(sentence.trim(), Cut::Words)), " ")
        }
        Cut::Words => pack(text.split_whitespace().flat_map(|word| fit(word, Cut::Characters)), " "),
        Cut::Characters => pack(text.graphemes(true).map(str::to_owned), ""),
    }
}

/// Joins neighbours with `glue` for as long as the result fits.
fn pack(parts: impl Iterator<Item = String>, glue: &str) -> Vec<String> {
    let mut packed: Vec<String> = Vec::new();
    let mut room = 0;
    let glue_chars = glue.chars().count();
    for part in parts.filter(|part| !part.is_empty()) {
        let needed = part.chars().count() + glue_chars;
        match packed.last_mut() {
            Some(last) if needed <= room => {
                last.push_str(glue);
                last.push_str(&part);
                room -= needed;
            }
            _ => {
                room = (MAX_CHARS + glue_chars).saturating_sub(needed);
                packed.push(part);
            }
        }
    }
    packed
}

/// One line, single spaces.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Drops what nobody can see: control and zero-width characters, blank edges, space at line ends.
fn tidy(text: &str) -> String {
    let visible = |c: &char| *c == '\n' || *c == '\t' || !(c.is_control() || is_invisible(*c));
    let seen: String = text.chars().filter(visible).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect();
    seen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// Zero-width, direction and tag characters, which carry text past a reader's eyes. Joiners stay: scripts and
/// emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
