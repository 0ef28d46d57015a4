//! Mark-up that never leaves: images, HTML tags, reference links and their definitions.

use super::links::find_links;
use super::text::{close_gap, on_prose};

/// The text in a pair of square brackets, and what follows them.
pub(super) struct Label<'a> {
    pub(super) text: &'a str,
    pub(super) after: &'a str,
}

/// Removes images, HTML tags, link definitions, and the brackets of reference links.
pub(super) fn remove_markup(text: &str) -> String {
    on_prose(text, |prose| {
        let lines: Vec<&str> = prose.split('\n').filter(|line| !is_definition(line)).collect();
        let prose = lines.join("\n");
        rewrite(&prose, &['!', '[', '<'], |out, at| {
            image(out, at).or_else(|| reference(out, at)).or_else(|| tag(out, at))
        })
    })
}

/// Walks over `text` and lets `step` take something at each of the `starts`.
///
/// `step` gets what is written so far and the text from there on; it returns the text behind what
/// it took, or `None` to leave the character alone.
pub(super) fn rewrite<'a>(
    text: &'a str,
    starts: &[char],
    mut step: impl FnMut(&mut String, &'a str) -> Option<&'a str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(starts) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        rest = step(&mut out, from).unwrap_or_else(|| {
            let mut chars = from.chars();
            out.extend(chars.next());
            chars.as_str()
        });
    }
    out.push_str(rest);
    out
}

/// Reads balanced square brackets at the start of `at`, within one paragraph.
pub(super) fn label(at: &str) -> Option<Label<'_>> {
    let inside = at.strip_prefix('[')?;
    let mut depth = 1;
    let mut last = '[';
    let (end, _) = inside.char_indices().take(1000).find(|(_, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '\n' if last == '\n' => depth = -1,
            _ => {}
        }
        last = *c;
        depth <= 0
    })?;
    let (text, after) = inside.split_at_checked(end)?;
    Some(Label { text, after: after.strip_prefix(']')? })
}

/// Says whether the text of a bracket is numbers only, which makes it a citation: `1`, `1, 3`.
pub(in crate::turn) fn is_citation(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | ';' | '-' | '–'))
}

/// `[name]: https://…`, with nothing else on the line but a title.
fn is_definition(line: &str) -> bool {
    let Some(Label { text, after }) = label(line.trim_start_matches([' ', '\t', '>'])) else {
        return false;
    };
    let Some(target) = after.strip_prefix(':').map(str::trim) else {
        return false;
    };
    let title = target.split_once(char::is_whitespace).map_or("", |(_, title)| title.trim_start());
    !text.starts_with('^') && !target.is_empty() && (title.is_empty() || title.starts_with(['"', '\'', '(']))
        || find_links(target).first().is_some_and(|link| link.start <= 1)
}

fn image<'a>(out: &mut String, at: &'a str) -> Option<&'a str> {
    let Label { after, .. } = label(at.strip_prefix('!')?)?;
    let after = match after.chars().next() {
        Some('(') => round_brackets(after)?.1,
        Some('[') => label(after)?.after,
        _ => return None,
    };
    Some(close_gap(out, after))
}

/// Reads balanced round brackets at the start of `at`, and returns what is in them and what follows.
pub(super) fn round_brackets(at: &str) -> Option<(&str, &str)> {
    let (content, after) = up_to_closing(at.strip_prefix('(')?)?;
    Some((content, after.strip_prefix(')')?))
}

/// Splits a text before the first round bracket that closes more than was opened.
pub(super) fn up_to_closing(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    let (end, _) = text.char_indices().take(4000).find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth < 0
    })?;
    text.split_at_checked(end)
}

/// `[text][name]` and `[text][]` become their text; `[1][2]` are two citations and stay.
fn reference<'a>(out: &mut String, at: &'a str) -> Option<&'a str> {
    let first = label(at)?;
    let second = label(first.after)?;
    if is_citation(first.text) || first.text.trim().is_empty() || out.ends_with(char::is_alphanumeric) {
        return None;
    }
    out.push_str(first.text);
    if is_citation(second.text) {
        // A citation that followed a bracket by chance, not the name of a definition.
        out.extend([" [", second.text, "]"]);
    }
    Some(second.after)
}

fn tag<'a>(out: &mut String, at: &'a str) -> Option<&'a str> {
    let inside = at.strip_prefix('<')?;
    if let Some(comment) = inside.strip_prefix("!--") {
        let (_, after) = comment.split_once("-->")?;
        return Some(close_gap(out, after));
    }
    let (end, _) = inside.char_indices().find(|(_, c)| matches!(c, '<' | '>'))?;
    let (content, after) = inside.split_at_checked(end)?;
    let after = after.strip_prefix('>')?;
    let name: String = content
        .trim_start_matches('/')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if !is_tag(content, &name) {
        return None;
    }
    if name == "br" && !out.ends_with('\n') {
        out.push('\n');
    }
    let hidden = matches!(name.as_str(), "script" | "style") && !content.starts_with('/');
    Some(if hidden { after_closing_tag(after, &name) } else { after })
}

/// Tells `<b>` and `<x onclick=…>` from `Vec<String>` and from `a<b and c>d`.
fn is_tag(content: &str, name: &str) -> bool {
    if content.starts_with("?xml") || content.to_ascii_lowercase().starts_with("!doctype") {
        return true;
    }
    let attributes = content.trim_start_matches('/').get(name.len()..).unwrap_or_default();
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && (attributes.is_empty() || attributes.starts_with([' ', '/', '\n', '\t']));
    let plain = attributes.trim_matches(['/', ' ']).is_empty();
    named && (attributes.contains('=') || (is_element(name) && (plain || name.len() > 1)))
}

fn is_element(name: &str) -> bool {
    const ELEMENTS: &str = " a abbr address area article aside audio b base bdi bdo blockquote body \
        br button canvas caption center cite code col colgroup data datalist dd del details dfn \
        dialog div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 \
        h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map \
        mark marquee math menu meta meter nav noscript object ol optgroup option output p param \
        picture pre progress q s samp script section select slot small source span strike strong \
        style sub summary sup svg table tbody td template textarea tfoot th thead time title tr \
        track tt u ul var video wbr ";
    ELEMENTS.contains(&format!(" {name} "))
}

fn after_closing_tag<'a>(after: &'a str, name: &str) -> &'a str {
    let closing = format!("</{name}");
    let found = after.to_ascii_lowercase().find(&closing);
    found
        .and_then(|at| after.get(at..))
        .and_then(|from| from.split_once('>'))
        .map_or(after, |(_, after)| after)
}
