//! Pages that the person wrote: markdown, HTML, a Notion export, plain notes.
//!
//! A page is cut into its sections, as the notes are; each section is an event of its own.

use std::path::Path;

use super::{
    Sink, Trouble, extension,
    pack::{Entry, Pack},
};
use crate::{
    learning::event::{Event, ME},
    memory,
};

/// Which pages count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// Markdown, HTML and text.
    Any,
    /// Text and markdown.
    Plain,
}

impl Pages {
    fn take(self, name: &str) -> bool {
        match extension(name).as_str() {
            "md" | "markdown" | "txt" => true,
            "html" | "htm" => self == Self::Any,
            _ => false,
        }
    }
}

pub(super) fn read(path: &Path, pages: Pages, sink: &mut dyn Sink) -> Result<(), Trouble> {
    if path.is_file() && extension(&path.to_string_lossy()) != "zip" {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(path)?;
        sink.advance(bytes.len() as u64);
        return page(&name, &bytes, super::changed_at(path), sink);
    }
    let mut pack = Pack::open(path)?;
    for entry in pack.entries() {
        sink.advance(entry.bytes);
        if extension(&entry.name) == "zip" {
            sink.skip(&entry.name, "it is an archive inside the archive; unpack it and hand it in by itself");
        } else if pages.take(&entry.name) {
            match read_entry(&mut pack, &entry, sink) {
                Err(Trouble::Broken(why)) => sink.skip(&entry.name, &why),
                other => other?,
            }
        }
    }
    Ok(())
}

fn read_entry(pack: &mut Pack, entry: &Entry, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let bytes = pack.read(entry)?;
    let at = pack.changed_at(entry);
    page(&entry.name, &bytes, at, sink)
}

fn page(name: &str, bytes: &[u8], t: i64, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Trouble::Broken("it is not text in UTF-8".to_owned()))?;
    let path = Path::new(name);
    let Some(document) = memory::document(path, text) else {
        return Err(Trouble::Broken("it is no page".to_owned()));
    };
    let thread = format!("page:{}", without_notion_id(name));
    for (n, piece) in (1..).zip(document.pieces) {
        sink.event(Event {
            id: format!("{thread}:{n}"),
            thread: thread.clone(),
            t,
            author: ME.to_owned(),
            channel: "page".to_owned(),
            to: Vec::new(),
            text: format!("{}\n\n{}", without_notion_id(&piece.title), piece.text),
            reply_to: None,
        })?;
    }
    Ok(())
}

/// Notion puts 32 hexadecimal digits behind every name.
fn without_notion_id(name: &str) -> String {
    let is_id = |word: &&str| word.len() == 32 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut kept = Vec::new();
    for word in name.split(' ') {
        let (head, tail) = word
            .split_once(['.', '/'])
            .map_or((word, ""), |(head, _)| (head, word.get(head.len()..).unwrap_or("")));
        if !is_id(&head) {
            kept.push(word.to_owned());
        } else if let Some(last) = kept.last_mut() {
            last.push_str(tail);
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notion_ids_are_cut_off_names() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(without_notion_id(&format!("Plans {id}/Fair {id}.md")), "Plans/Fair.md");
        assert_eq!(without_notion_id("Plans/Fair.md"), "Plans/Fair.md");
    }
}
