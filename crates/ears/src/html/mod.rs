//! HTML as the text that a reader of the page would see.
//!
//! html2text prints hidden text like any other, so hidden elements are cut out of the tree first.

mod hidden;

use html2text::{Element, Handle, render::TextDecorator};

use hidden::Sheet;

/// Wide enough that nothing is wrapped: pieces are cut by sentences, not by columns.
const WIDTH: usize = 100_000;
/// Elements inside each other that are still read; rendering takes time in the square of it.
const DEEPEST: usize = 200;
/// Marks the line of a heading in the rendered text. A page cannot forge it: control characters are not text.
pub const MARK: char = '\u{1}';
/// Stands between the cells of a row.
const CELL_END: &str = " | ";

/// The text of a fragment, headings as plain lines.
#[must_use]
pub fn visible_text(html: &str) -> String {
    let (_, text) = render(html);
    let plain = |line: &str| match line.strip_prefix(MARK) {
        Some(heading) => heading.chars().skip(1).collect(),
        None => line.to_owned(),
    };
    text.lines().map(plain).collect::<Vec<String>>().join("\n")
}

/// The title of a page and its text, each heading on a line of its own after [`MARK`] and the digit of its level.
#[must_use]
pub fn render(html: &str) -> (Option<String>, String) {
    let html: String = html.chars().filter(|c| *c != MARK).collect();
    let config = html2text::config::with_decorator(Plain::default()).no_table_borders().no_link_wrapping();
    let Ok(mut dom) = config.parse_html(html.as_bytes()) else {
        return (None, String::new());
    };
    let title = cut_hidden(&dom.document);
    if html.contains("<t") || html.contains("<T") {
        let mut written = Vec::new();
        if dom.serialize(&mut written).is_ok()
            && let Ok(flat) = config.parse_html(rows_as_lines(&String::from_utf8_lossy(&written)).as_bytes())
        {
            dom = flat;
        }
    }
    let text = config.dom_to_render_tree(&dom).and_then(|tree| config.render_to_string(tree, WIDTH));
    let text = text.unwrap_or_default();
    let lines = text.lines().map(|line| line.trim_end().trim_end_matches(CELL_END.trim_end()));
    (title, lines.collect::<Vec<_>>().join("\n"))
}

/// Makes each row of a table a line: html2text would set columns and wrap what stands in them.
///
/// `html` is as html5ever writes it, so tags are lower-case and text has no angle brackets.
fn rows_as_lines(html: &str) -> String {
    let mut flat = html.to_owned();
    for (tag, instead) in [("table", "div"), ("tr", "div"), ("td", "span"), ("th", "span")] {
        let end = if instead == "span" { CELL_END } else { "" };
        flat = flat.replace(&format!("<{tag}>"), &format!("<{instead}>"));
        flat = flat.replace(&format!("<{tag} "), &format!("<{instead} "));
        flat = flat.replace(&format!("</{tag}>"), &format!("{end}</{instead}>"));
    }
    flat
}

/// Removes what is hidden below `root` or nests too deeply, and returns the page's title.
fn cut_hidden(root: &Handle) -> Option<String> {
    let mut title = None;
    let sheet = Sheet::of(root);
    let mut open = vec![(root.clone(), 0)];
    while let Some((node, depth)) = open.pop() {
        let mut children = node.children.borrow_mut();
        if title.is_none() {
            title = children.iter().find(|child| is_named(child, "title")).and_then(inner_text);
        }
        if depth == DEEPEST {
            children.clear();
        }
        children.retain(|child| !sheet.hides(child));
        children.iter().for_each(drop_repeated_target);
        open.extend(children.iter().map(|child| (child.clone(), depth + 1)));
    }
    title
}

fn is_named(node: &Handle, wanted: &str) -> bool {
    matches!(&node.data, Element { name, .. } if &*name.local == wanted)
}

/// A link whose words are its target needs no target after them.
fn drop_repeated_target(node: &Handle) {
    if let Element { attrs, .. } = &node.data
        && is_named(node, "a")
        && let Some(words) = inner_text(node)
    {
        let repeats = |target: &str| target.strip_prefix("mailto:").unwrap_or(target) == words;
        attrs.borrow_mut().retain(|attr| &*attr.name.local != "href" || !repeats(&attr.value));
    }
}

/// The words of an element without elements in it. Text nodes are private to html2text, so they are read from
/// the serialised element.
fn inner_text(element: &Handle) -> Option<String> {
    let mut written = Vec::new();
    element.serialize(&mut written).ok()?;
    let written = String::from_utf8(written).ok()?;
    let (_, inner) = written.rsplit_once("</")?.0.split_once('>')?;
    let text = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
    Some(squeeze(&text)).filter(|text| !text.is_empty() && !inner.contains('<'))
}

/// Text without decoration, except that headings are marked and links keep their targets.
#[derive(Default)]
struct Plain {
    links: Vec<String>,
}

impl TextDecorator for Plain {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.links.push(url.to_owned());
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        match self.links.pop() {
            Some(url) if !url.is_empty() && !url.starts_with(['#', '?']) && !is_script(&url) => {
                format!(" ({})", url.strip_prefix("mailto:").unwrap_or(&url))
            }
            _ => String::new(),
        }
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }

    fn header_prefix(&self, level: usize) -> String {
        format!("{MARK}{level}")
    }

    fn quote_prefix(&self) -> String {
        String::new()
    }

    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }

    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self::default()
    }
}

fn is_script(url: &str) -> bool {
    url.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
}

/// One line, with single spaces.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
