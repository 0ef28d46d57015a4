//! A Word document as Markdown: headings, numbers of clauses, tables row by row, notes at the end.
//!
//! What a reader of the document does not see is left out: hidden text, deleted text of tracked changes, field codes.

use std::collections::HashMap;

use quick_xml::events::BytesStart;
use understudy_ears::{Document, Kind, Trouble};

use super::{
    numbering::Numbering,
    pack::Pack,
    whole,
    xml::{Step, attribute, walk},
};

/// Elements whose content nobody sees: deletions, moved text at its old place, field codes, the second copy of a
/// drawing for old programs.
const UNSEEN: [&str; 5] = ["del", "moveFrom", "instrText", "delText", "Fallback"];

/// Reads the body, then the notes, then what stands above and below each page.
pub(super) fn read(pack: &mut Pack<'_>) -> Result<Document, Trouble> {
    let styles = styles(&optional(pack, "word/styles.xml")?);
    let numbering = Numbering::read(&optional(pack, "word/numbering.xml")?);
    let mut text = part(&pack.file("word/document.xml")?, &styles, numbering)?;
    let notes = vec!["word/footnotes.xml".to_owned(), "word/endnotes.xml".to_owned()];
    let edges = [pack.names("word/header"), pack.names("word/footer")].concat();
    for (title, names) in [("Footnotes", notes), ("Header and footer", edges)] {
        let mut lines: Vec<String> = Vec::new();
        for name in names.iter().filter(|name| name.ends_with(".xml")) {
            let said = part(&optional(pack, name)?, &styles, Numbering::default())?;
            for line in said.lines().map(str::trim).filter(|line| !line.is_empty()) {
                // Every section of a document repeats its header.
                if !lines.iter().any(|known| known == line) {
                    lines.push(line.to_owned());
                }
            }
        }
        if !lines.is_empty() {
            text.push_str("\n# ");
            text.push_str(title);
            text.push_str("\n\n");
            text.push_str(&lines.join("\n"));
        }
    }
    Ok(whole(Kind::Docx, text, true))
}

fn optional(pack: &mut Pack<'_>, name: &str) -> Result<Vec<u8>, Trouble> {
    if pack.has(name) { pack.file(name) } else { Ok(Vec::new()) }
}

fn part(xml: &[u8], styles: &HashMap<String, Style>, numbering: Numbering) -> Result<String, Trouble> {
    let mut part = Part { styles, numbering, ..Part::new(styles) };
    walk(xml, |step| part.step(&step))?;
    Ok(part.text)
}

/// What a style says of its paragraphs.
#[derive(Debug, Clone, Default)]
struct Style {
    /// Its level as a heading, from 1.
    heading: Option<usize>,
    /// The list it counts in, and at which level.
    list: Option<String>,
    list_level: usize,
}

/// The styles by their ids; a heading is known by its outline level or its English name, which Word keeps in every
/// language. A document whose styles are broken still has its text.
fn styles(xml: &[u8]) -> HashMap<String, Style> {
    let mut styles: HashMap<String, Style> = HashMap::new();
    let mut id = String::new();
    let _walked = walk(xml, |step| {
        let Step::Open(name, tag) = step else { return };
        let val = || attribute(tag, "val").unwrap_or_default();
        if name == "style" {
            id = attribute(tag, "styleId").unwrap_or_default();
            styles.insert(id.clone(), Style::default());
        }
        let Some(style) = styles.get_mut(&id) else { return };
        match name {
            "name" => {
                let name = val().to_lowercase();
                let level = name.strip_prefix("heading ").and_then(|level| level.parse().ok());
                style.heading = level.or((name == "title").then_some(1));
            }
            "outlineLvl" => {
                let level = val().parse::<usize>().ok().filter(|level| *level < 9);
                style.heading = style.heading.or(level.map(|level| level + 1));
            }
            "numId" => style.list = Some(val()),
            "ilvl" => style.list_level = val().parse().unwrap_or(0),
            _ => {}
        }
    });
    styles
}

/// A paragraph that is open.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: Style,
}

/// What has been read of a file of the document.
struct Part<'s> {
    styles: &'s HashMap<String, Style>,
    numbering: Numbering,
    text: String,
    paragraph: Paragraph,
    /// Open elements that hide what is in them.
    unseen: usize,
    in_hidden_run: bool,
    in_text: bool,
    /// Cells of the rows that are open, of the innermost table last.
    rows: Vec<Vec<String>>,
}

impl<'s> Part<'s> {
    fn new(styles: &'s HashMap<String, Style>) -> Self {
        Self {
            styles,
            numbering: Numbering::default(),
            text: String::new(),
            paragraph: Paragraph::default(),
            unseen: 0,
            in_hidden_run: false,
            in_text: false,
            rows: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Open(name, _) if UNSEEN.contains(name) => self.unseen += 1,
            Step::Close(name) if UNSEEN.contains(name) => self.unseen = self.unseen.saturating_sub(1),
            Step::Open(name, tag) => self.open(name, tag),
            Step::Close(name) => self.close(name),
            Step::Text(text) => {
                if self.in_text && self.unseen == 0 && !self.in_hidden_run {
                    self.paragraph.text.push_str(text);
                }
            }
        }
    }

    fn open(&mut self, name: &str, tag: &BytesStart<'_>) {
        let val = || attribute(tag, "val").unwrap_or_default();
        match name {
            "p" => self.paragraph = Paragraph::default(),
            "pStyle" => self.paragraph.style = self.styles.get(&val()).cloned().unwrap_or_default(),
            "numId" => self.paragraph.style.list = Some(val()),
            "ilvl" => self.paragraph.style.list_level = val().parse().unwrap_or(0),
            "outlineLvl" => {
                let level = val().parse::<usize>().ok().filter(|level| *level < 9);
                self.paragraph.style.heading = level.map(|level| level + 1).or(self.paragraph.style.heading);
            }
            "r" => self.in_hidden_run = false,
            "vanish" => self.in_hidden_run = !matches!(val().as_str(), "0" | "false"),
            "t" => self.in_text = true,
            "tab" if self.unseen == 0 => self.paragraph.text.push(' '),
            "br" | "cr" if self.unseen == 0 => self.paragraph.text.push('\n'),
            "noBreakHyphen" => self.paragraph.text.push('-'),
            "tr" => self.rows.push(Vec::new()),
            "tc" => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "r" => self.in_hidden_run = false,
            "p" => self.end_paragraph(),
            "tr" => {
                let Some(row) = self.rows.pop() else { return };
                let line = row.join(" | ");
                match self.rows.last_mut().and_then(|outer| outer.last_mut()) {
                    // A table inside a cell is a part of that cell.
                    Some(cell) => append(cell, &line, "; "),
                    None => {
                        self.text.push_str(&line);
                        self.text.push('\n');
                    }
                }
            }
            "tbl" if self.rows.is_empty() => self.text.push('\n'),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let Paragraph { text, style } = std::mem::take(&mut self.paragraph);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let label = style.list.and_then(|list| self.numbering.next(&list, style.list_level));
        let label = label.map(|label| format!("{label} ")).unwrap_or_default();
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            return append(cell, &format!("{label}{}", text.replace('\n', " ")), "; ");
        }
        match style.heading {
            Some(level) => {
                self.text.push('\n');
                self.text.push_str(&"#".repeat(level.min(6)));
                self.text.push(' ');
                self.text.push_str(&label);
                self.text.push_str(&text.replace('\n', " "));
            }
            None => {
                self.text.push_str(&label);
                // A line that only looks like a heading is none.
                self.text.push_str(if text.starts_with('#') { "\\" } else { "" });
                self.text.push_str(text);
            }
        }
        self.text.push_str("\n\n");
    }
}

fn append(cell: &mut String, text: &str, glue: &str) {
    if !cell.is_empty() {
        cell.push_str(glue);
    }
    cell.push_str(text);
}
