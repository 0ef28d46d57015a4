//! Lets a reply link only to addresses that stand in what the worker was given, byte for byte.

use std::collections::HashSet;

use super::{Change, Changes, Masks, close_gap};

/// Punctuation that ends a sentence or a bracket around a link rather than the link.
const TRAILING: [char; 10] = ['.', ',', ';', ':', '!', '?', ')', '\'', '"', '*'];

/// Splits at the next web, mail or script address: the text before it, the address, the text behind it.
pub(crate) fn next_url(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let run_at = from + rest.find(|c: char| is_scheme_char(c)).unwrap_or(rest.len());
        let run_text = text.get(run_at..)?;
        let run_len = run_text.find(|c: char| !is_scheme_char(c)).unwrap_or(run_text.len());
        if let Some(start) = url_start(run_text, run_len) {
            let tail = run_text.get(start..)?;
            let end = tail.find(ends_url).unwrap_or(tail.len());
            let url = trimmed(tail.get(..end)?);
            if url.len() + start > run_len || is_www(url) {
                let at = run_at + start;
                return Some((text.get(..at)?, url, text.get(at + url.len()..)?));
            }
        }
        from = run_at + run_len;
    }
    None
}

/// Cuts the sentence's punctuation off an address, but not the bracket that closes ".../Foo_(bar)".
fn trimmed(token: &str) -> &str {
    let url = token.trim_end_matches(TRAILING);
    let open = url.matches('(').count() > url.matches(')').count();
    let closed = token.get(..url.len() + 1).filter(|closed| open && closed.ends_with(')'));
    closed.unwrap_or(url)
}

/// Takes the address out of a `mailto:` link.
pub(crate) fn without_mailto(url: &str) -> Option<&str> {
    let (scheme, address) = url.split_once(':')?;
    let address = address.split('?').next().unwrap_or(address);
    (scheme.eq_ignore_ascii_case("mailto") && address.contains('@')).then_some(address)
}

fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn ends_url(c: char) -> bool {
    let opens = matches!(c, '<' | '>' | '"' | '`' | '|' | '[' | ']');
    let typed = matches!(c, '\u{2013}'..='\u{201f}' | '\u{3001}' | '\u{3002}' | '\u{ff0c}');
    c.is_whitespace() || c.is_control() || opens || typed || Masks::is_mask(c)
}

/// Finds where in a run of scheme characters an address begins.
fn url_start(run_text: &str, run_len: usize) -> Option<usize> {
    let (run, tail) = run_text.split_at_checked(run_len)?;
    let start = run.find(|c: char| c.is_ascii_alphabetic())?;
    let name = run.get(start..)?;
    if is_www(name) || tail.starts_with("://") {
        return Some(start);
    }
    let target = tail.strip_prefix(':')?;
    let target = target.get(..target.find(ends_url).unwrap_or(target.len()))?;
    let lower = name.to_ascii_lowercase();
    let found = match lower.as_str() {
        "mailto" => target.contains('@'),
        "javascript" | "vbscript" => target.contains(|c: char| c.is_alphanumeric()),
        "data" => target.contains(','),
        _ => false,
    };
    found.then_some(start)
}

fn is_www(name: &str) -> bool {
    let head = name.get(..4).unwrap_or_default();
    head.eq_ignore_ascii_case("www.") && name.get(4..).is_some_and(|host| host.contains('.'))
}

/// Holds the addresses a reply may use.
pub(crate) struct KnownLinks(HashSet<String>);

impl KnownLinks {
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut known = HashSet::new();
        for text in texts {
            let mut rest = *text;
            while let Some((_, url, after)) = next_url(rest) {
                known.insert(url.to_owned());
                rest = after;
            }
        }
        Self(known)
    }

    fn allows(&self, url: &str) -> bool {
        let lower = url.to_ascii_lowercase();
        let runs = ["javascript:", "vbscript:", "data:"].iter().any(|scheme| lower.starts_with(scheme));
        !runs && self.0.contains(url)
    }
}

/// Drops unknown addresses from code, where nothing else is touched.
pub(super) fn mend_code(code: &str, known: &KnownLinks, changes: &mut Changes) -> String {
    let (mut out, mut rest) = (String::with_capacity(code.len()), code);
    while let Some((before, url, after)) = next_url(rest) {
        out.push_str(before);
        if known.allows(url) || !(url.contains("://") || is_www(url)) {
            out.push_str(url);
        } else {
            changes.note(Change::Links);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Mends every link and image in prose; the links that stay are masked against later rewrites.
pub(super) fn mend(text: &str, known: &KnownLinks, masks: &mut Masks, changes: &mut Changes) -> String {
    let text = without_definitions(text, changes);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(at) = rest.find('[') {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let picture = before.strip_suffix('!').and_then(|before| Some((before, image(tail)?)));
        bare(picture.map_or(before, |(before, _)| before), known, masks, changes, &mut out);
        if let Some((_, after)) = picture {
            changes.note(Change::Images);
            rest = close_gap(&mut out, after);
        } else if let Some((label, target, after)) = inline_link(tail) {
            let written = out.len();
            link(label, target, known, masks, changes, &mut out);
            rest = if out.len() == written { close_gap(&mut out, after) } else { after };
        } else {
            out.push('[');
            rest = tail.strip_prefix('[').unwrap_or_default();
        }
    }
    bare(rest, known, masks, changes, &mut out);
    out
}

fn link(
    label: &str,
    target: &str,
    known: &KnownLinks,
    masks: &mut Masks,
    changes: &mut Changes,
    out: &mut String,
) {
    let label = mend(label, known, masks, changes);
    if known.allows(target)
        && !label.is_empty()
        && let Some(mask) = masks.hide(format!("]({target})"))
    {
        out.push('[');
        out.push_str(&label);
        out.push(mask);
        return;
    }
    changes.note(Change::Links);
    out.push_str(&label);
    if let Some(address) = without_mailto(target).filter(|address| !label.contains(address)) {
        out.push_str(&format!(" ({address})"));
    }
}

/// Mends the addresses that stand in prose without brackets.
fn bare(text: &str, known: &KnownLinks, masks: &mut Masks, changes: &mut Changes, out: &mut String) {
    let mut rest = text;
    while let Some((before, url, after)) = next_url(rest) {
        out.push_str(before);
        rest = after;
        if let Some(mask) = known.allows(url).then(|| masks.hide(url.to_owned())).flatten() {
            out.push(mask);
        } else {
            changes.note(Change::Links);
            rest = replace(url, after, out);
        }
    }
    out.push_str(rest);
}

/// Removes an address, with the angle brackets around it; a label inside them stays.
fn replace<'a>(url: &str, after: &'a str, out: &mut String) -> &'a str {
    let mut after = after;
    let mut kept = without_mailto(url).unwrap_or_default();
    if out.ends_with('<')
        && let Some((inside, tail)) = after.split_once('>')
        && !inside.contains(['<', '\n'])
    {
        out.pop();
        kept = if kept.is_empty() { inside.strip_prefix('|').unwrap_or_default() } else { kept };
        after = tail;
    }
    out.push_str(kept);
    if kept.is_empty() { close_gap(out, after) } else { after }
}

/// Reads what follows the exclamation mark of a picture.
fn image(tail: &str) -> Option<&str> {
    if let Some((_, _, after)) = inline_link(tail) {
        return Some(after);
    }
    let (_, after) = bracketed(tail, '[', ']')?;
    bracketed(after, '[', ']').map(|(_, after)| after)
}

fn inline_link(rest: &str) -> Option<(&str, &str, &str)> {
    let (label, tail) = bracketed(rest, '[', ']')?;
    let (inside, after) = bracketed(tail, '(', ')')?;
    let inside = inside.trim();
    let target = match inside.strip_prefix('<').and_then(|inside| inside.split_once('>')) {
        Some((target, _)) => target,
        None => inside.split_whitespace().next().unwrap_or_default(),
    };
    Some((label, target, after))
}

/// How deep brackets may nest before they are plain text.
const DEEPEST: usize = 12;

/// Reads a bracketed piece of at most a paragraph, minding brackets inside it.
fn bracketed(rest: &str, open: char, close: char) -> Option<(&str, &str)> {
    let inner = rest.strip_prefix(open)?;
    let (mut depth, mut last) = (0_usize, ' ');
    for (at, c) in inner.char_indices() {
        if (c == '\n' && last == '\n') || depth > DEEPEST {
            return None;
        } else if c == open {
            depth += 1;
        } else if c == close && depth == 0 {
            return Some((inner.get(..at)?, inner.get(at + c.len_utf8()..)?));
        } else if c == close {
            depth -= 1;
        }
        last = c;
    }
    None
}

/// Removes lines such as "[1]: https://..." and the labels that pointed at them.
fn without_definitions(text: &str, changes: &mut Changes) -> String {
    let labels: Vec<&str> = text.lines().filter_map(definition).collect();
    if labels.is_empty() {
        return text.to_owned();
    }
    changes.note(Change::Links);
    let kept: Vec<&str> = text.split('\n').filter(|line| definition(line).is_none()).collect();
    let mut kept = kept.join("\n");
    // "[2][1]" may be two source numbers, so labels of digits stay.
    for label in labels.iter().filter(|label| !label.chars().all(|c| c.is_ascii_digit())) {
        kept = kept.replace(&format!("][{label}]"), "]");
    }
    kept
}

fn definition(line: &str) -> Option<&str> {
    let (label, target) = line.trim_start().strip_prefix('[')?.split_once("]:")?;
    let target = target.trim();
    let address =
        target.starts_with(['<', '/', '#']) || next_url(target).is_some_and(|(before, ..)| before.is_empty());
    (address && !label.is_empty() && !label.contains(['[', ']'])).then_some(label)
}
