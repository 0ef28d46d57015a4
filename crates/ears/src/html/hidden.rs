//! Which elements of a page its reader does not see.
//!
//! Looked at are the element's own attributes, its inline style, and the rules of the page's style sheets whose
//! selector is a tag, classes and ids together: `.note`, `#top`, `p.small`. Selectors that ask for an element's
//! surroundings, sheets on other servers and colours take a browser; what only they hide is read.

use std::collections::HashMap;

use html2text::{Element, Handle};

/// Rules that are kept; each is tried on every element that has its class.
const MOST_RULES: usize = 2_000;

/// Elements that are never text of the page.
const NEVER_SHOWN: [&str; 14] = [
    "script", "style", "noscript", "template", "iframe", "object", "embed", "canvas", "svg", "math", "audio",
    "video", "datalist", "dialog",
];

/// The rules of a page that can hide an element.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// By one name that the element must have: `#id`, `.class` or a tag.
    rules: HashMap<String, Vec<Rule>>,
    size: usize,
}

#[derive(Debug)]
struct Rule {
    tag: String,
    ids: Vec<String>,
    classes: Vec<String>,
    /// How many rules stand before it.
    place: usize,
    says: Vec<Saying>,
}

/// What a declaration says about being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Saying {
    property: &'static str,
    hides: bool,
    is_important: bool,
}

/// Which of several declarations counts: important before inline before ids, classes and tags; then the last one.
type Weight = (bool, bool, usize, usize, usize, usize);

impl Sheet {
    /// Reads the style sheets in the page below `root`.
    pub(super) fn of(root: &Handle) -> Self {
        let mut sheet = Self::default();
        let mut open = vec![root.clone()];
        // In the order of the page, because the later rule wins.
        while let Some(node) = open.pop() {
            if is_sheet(&node) {
                sheet.read(&without_comments(&raw_text(&node)), 0);
            } else if !matches!(&node.data, Element { name, .. } if NEVER_SHOWN.contains(&&*name.local)) {
                open.extend(node.children.borrow().iter().rev().cloned());
            }
        }
        sheet
    }

    fn read(&mut self, css: &str, depth: usize) {
        let mut rest = css;
        while let Some((prelude, body, after)) = next_block(rest) {
            rest = after;
            // Statements without a block, such as `@import …;`, stand before the prelude.
            let prelude = prelude.rsplit(';').next().unwrap_or_default().trim();
            if let Some(condition) = prelude.strip_prefix('@') {
                if depth < 3 && is_for_screens(condition) {
                    self.read(body, depth + 1);
                }
                continue;
            }
            let says = sayings(body);
            if says.is_empty() {
                continue;
            }
            for selector in prelude.split(',') {
                self.add(selector.trim(), &says);
            }
        }
    }

    fn add(&mut self, selector: &str, says: &[Saying]) {
        let Some((tag, ids, classes)) = compound(selector).filter(|_| self.size < MOST_RULES) else { return };
        let key = match (ids.first(), classes.first()) {
            (Some(id), _) => format!("#{id}"),
            (None, Some(class)) => format!(".{class}"),
            (None, None) => tag.clone(),
        };
        let rule = Rule { tag, ids, classes, place: self.size, says: says.to_vec() };
        self.rules.entry(key).or_default().push(rule);
        self.size += 1;
    }

    /// Whether a reader of the page does not see this element.
    pub(super) fn hides(&self, node: &Handle) -> bool {
        let Element { name, attrs, .. } = &node.data else {
            return false;
        };
        let tag: &str = &name.local;
        let attrs = attrs.borrow();
        let of = |wanted: &str| {
            attrs.iter().find(|attr| &*attr.name.local == wanted).map(|attr| attr.value.to_string())
        };
        if NEVER_SHOWN.contains(&tag)
            || of("hidden").is_some()
            || of("aria-hidden").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
            || (tag == "input" && of("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")))
        {
            return true;
        }
        // Pages fade in: a sheet that hides all of it waits for a script.
        if matches!(tag, "html" | "body") {
            return false;
        }
        let inline = of("style").map(|style| sayings(&without_comments(&style))).unwrap_or_default();
        let (id, classes) = (of("id").unwrap_or_default(), of("class").unwrap_or_default());
        let classes: Vec<&str> = classes.split_ascii_whitespace().collect();
        let keys = [format!("#{id}"), tag.to_owned()].into_iter();
        let keys = keys.chain(classes.iter().map(|class| format!(".{class}")));
        let rules = keys.filter_map(|key| self.rules.get(&key)).flatten();
        let said = rules
            .filter(|rule| rule.is_about(tag, &id, &classes))
            .flat_map(|rule| rule.says.iter().map(|saying| (saying, rule.weight(saying.is_important))))
            .chain(inline.iter().map(|saying| (saying, (saying.is_important, true, 0, 0, 0, 0))));
        let mut strongest: HashMap<&str, (&Saying, Weight)> = HashMap::new();
        for (saying, weight) in said {
            let so_far = strongest.entry(saying.property).or_insert((saying, weight));
            if weight >= so_far.1 {
                *so_far = (saying, weight);
            }
        }
        strongest.values().any(|(saying, _)| saying.hides)
    }
}

impl Rule {
    fn is_about(&self, tag: &str, id: &str, classes: &[&str]) -> bool {
        (self.tag.is_empty() || self.tag == tag)
            && self.ids.iter().all(|wanted| wanted == id)
            && self.classes.iter().all(|wanted| classes.contains(&wanted.as_str()))
    }

    fn weight(&self, is_important: bool) -> Weight {
        let tags = usize::from(!self.tag.is_empty());
        (is_important, false, self.ids.len(), self.classes.len(), tags, self.place)
    }
}

fn is_sheet(node: &Handle) -> bool {
    let Element { name, attrs, .. } = &node.data else {
        return false;
    };
    let attrs = attrs.borrow();
    let media = attrs.iter().find(|attr| &*attr.name.local == "media");
    &*name.local == "style" && media.is_none_or(|media| is_for_screens(&format!("media {}", media.value)))
}

/// The text of a style element; text nodes are private to html2text, so it is read from the serialised element.
fn raw_text(style: &Handle) -> String {
    let mut written = Vec::new();
    if style.serialize(&mut written).is_err() {
        return String::new();
    }
    let written = String::from_utf8_lossy(&written);
    let inner = written.rsplit_once("</").and_then(|(before, _)| before.split_once('>'));
    inner.map_or_else(String::new, |(_, css)| css.to_owned())
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

/// Splits at the next block in braces, those inside it included: what is before, in and after it.
fn next_block(css: &str) -> Option<(&str, &str, &str)> {
    let (prelude, inside) = css.split_once('{')?;
    let mut depth = 1;
    let end = inside.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    });
    // A browser closes what is open at the end of a sheet.
    let (body, after) = inside.split_at_checked(end.unwrap_or(inside.len()))?;
    Some((prelude, body, after.strip_prefix('}').unwrap_or_default()))
}

/// Whether a condition such as `media screen` holds for whoever reads the page on any screen.
fn is_for_screens(condition: &str) -> bool {
    let condition = condition.to_ascii_lowercase();
    let words: Vec<&str> = condition.split_ascii_whitespace().collect();
    matches!(words.as_slice(), ["media"] | ["media", "all" | "screen"] | ["media", "only", "screen"])
        || words.first() == Some(&"layer")
}

/// Reads `tag#id.class.class` in any order; anything else is not understood.
fn compound(selector: &str) -> Option<(String, Vec<String>, Vec<String>)> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let (mut tag, mut ids, mut classes) = (String::new(), Vec::new(), Vec::new());
    let end = selector.find(|c| !is_name(c)).unwrap_or(selector.len());
    let (first, mut rest) = selector.split_at_checked(end)?;
    tag.push_str(&first.to_ascii_lowercase());
    rest = if first.is_empty() { rest.strip_prefix('*').unwrap_or(rest) } else { rest };
    while let Some(sign) = rest.chars().next() {
        let named = rest.strip_prefix(['.', '#'])?;
        let end = named.find(|c| !is_name(c)).unwrap_or(named.len());
        let (name, after) = named.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        if sign == '#' {
            ids.push(name.to_owned())
        } else {
            classes.push(name.to_owned())
        }
        rest = after;
    }
    let is_some = !(tag.is_empty() && ids.is_empty() && classes.is_empty());
    is_some.then_some((tag, ids, classes))
}

/// What the declarations of a block say about being seen, the last word on each property only.
fn sayings(block: &str) -> Vec<Saying> {
    let squeezed: String = block.chars().filter(|c| !c.is_whitespace()).collect();
    let squeezed = squeezed.to_ascii_lowercase();
    let mut said: Vec<Saying> = Vec::new();
    for (property, value) in squeezed.split(';').filter_map(|declaration| declaration.split_once(':')) {
        let plain = value.trim_end_matches("!important");
        let is_important = plain.len() < value.len();
        if let Some((property, hides)) = hiding(property, plain) {
            said.retain(|earlier| (earlier.property, earlier.is_important) != (property, is_important));
            said.push(Saying { property, hides, is_important });
        }
    }
    said
}

/// The property, if it can take an element out of sight, and whether this value does.
fn hiding(property: &str, value: &str) -> Option<(&'static str, bool)> {
    const SIZES: [&str; 6] = ["font-size", "opacity", "max-height", "height", "width", "max-width"];
    match property {
        "display" => Some(("display", value == "none")),
        "visibility" => Some(("visibility", matches!(value, "hidden" | "collapse"))),
        // `font: 0/0 a` is an old way to hide text behind a picture.
        "font" => value.starts_with("0/0").then_some(("font-size", true)),
        _ => {
            let size = SIZES.into_iter().find(|size| *size == property)?;
            let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
            Some((size, digits.parse::<f32>().is_ok_and(|number| number == 0.0)))
        }
    }
}
