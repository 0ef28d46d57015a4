//! Markdown as an outline. Front matter and comments are dropped; links keep their targets.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{Outline, html};

pub(super) fn outline(text: &str) -> Outline {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
        | Options::ENABLE_WIKILINKS;
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, options) {
        reader.take(event);
    }
    reader.outline
}

#[derive(Default)]
struct Reader {
    outline: Outline,
    /// Text of the block that is being read.
    text: String,
    /// Open blocks; a block of the outermost level ends a block of the outline.
    depth: usize,
    /// Next number of each open list, `None` for bullets.
    lists: Vec<Option<u64>>,
    /// Target and start of the open links.
    links: Vec<(String, usize)>,
    html: String,
    skipping: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(_) if self.skipping => {}
            Event::Text(text) | Event::Code(text) => self.text.push_str(&text),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(tag) if is_break(&tag) => self.text.push('\n'),
            Event::InlineHtml(_) => {}
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Rule => {}
            Event::FootnoteReference(label) => self.text.push_str(&format!("[{label}]")),
            Event::TaskListMarker(done) => self.text.push_str(if done { "[x] " } else { "[ ] " }),
            Event::InlineMath(math) | Event::DisplayMath(math) => self.text.push_str(&math),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.finish_block(),
            Tag::MetadataBlock(_) => self.skipping = true,
            Tag::List(first) => {
                self.depth += 1;
                self.lists.push(first);
            }
            Tag::Item => {
                self.new_line();
                let indent = "  ".repeat(self.lists.len().saturating_sub(1));
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.text.push_str(&indent);
                self.text.push_str(&mark);
            }
            // The first paragraph of an item stands on the line of its mark.
            Tag::Paragraph if self.text.ends_with("- ") || self.text.ends_with(". ") => {}
            Tag::Paragraph | Tag::TableHead | Tag::TableRow => self.new_line(),
            Tag::BlockQuote(_) | Tag::Table(_) => self.depth += 1,
            Tag::FootnoteDefinition(label) => {
                self.depth += 1;
                self.text.push_str(&format!("[{label}] "));
            }
            Tag::CodeBlock(kind) => {
                self.depth += 1;
                self.new_line();
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    self.text.push_str(&format!("{language}:\n"));
                }
            }
            Tag::Link { dest_url, .. } => self.links.push((dest_url.into_string(), self.text.len())),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.text);
                self.outline.heading(number(level), &text);
            }
            TagEnd::MetadataBlock(_) => self.skipping = false,
            TagEnd::List(_) => {
                self.lists.pop();
                self.close();
            }
            TagEnd::BlockQuote(_) | TagEnd::Table | TagEnd::FootnoteDefinition | TagEnd::CodeBlock => {
                self.close();
            }
            TagEnd::Paragraph if self.depth == 0 => self.finish_block(),
            TagEnd::TableCell => self.text.push_str(" | "),
            TagEnd::TableHead | TagEnd::TableRow => {
                let end = self.text.trim_end_matches(" | ").len();
                self.text.truncate(end);
            }
            TagEnd::Link => self.end_link(),
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.html);
                self.new_line();
                self.text.push_str(&html::visible_text(&html));
                if self.depth == 0 {
                    self.finish_block();
                }
            }
            _ => {}
        }
    }

    /// Writes the target after the words of a link, unless they are the same or it stays on the page.
    fn end_link(&mut self) {
        let Some((target, start)) = self.links.pop() else {
            return;
        };
        let said = self.text.get(start..).unwrap_or_default();
        let plain = target.strip_prefix("mailto:").unwrap_or(&target);
        if !plain.is_empty() && !plain.starts_with('#') && said != plain {
            self.text.push_str(&format!(" ({plain})"));
        }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.finish_block();
        }
    }

    fn new_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn finish_block(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.outline.block(&text);
    }
}

fn is_break(tag: &str) -> bool {
    tag.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("<br"))
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
