//! Makes a draft read like a colleague's message: no stock greeting or farewell, no dashes and emoji nobody
//! typed, no pictures or markup, and no link the worker was not given.
//!
//! What stands in code is left as it is, apart from invisible characters and unknown links.

pub(crate) mod links;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Voice;
use links::KnownLinks;

/// Says how a person writes, as far as a rewrite can enforce it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Whether emoji stay.
    pub emoji: bool,
    /// The longest reply in characters; a longer one is cut at a sentence end.
    pub max_chars: usize,
}

impl Manners {
    /// Takes the manners from a person's voice.
    pub fn of(voice: &Voice) -> Self {
        Self { emoji: voice.emoji, max_chars: 1800 }
    }
}

/// Holds a draft that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The text to send, never empty.
    pub text: String,
    /// What was changed, each once, in the order it first happened.
    pub changes: Vec<Change>,
}

/// Names one kind of rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Dashes became commas.
    Dashes,
    /// Emoji were taken out.
    Emoji,
    /// A stock opener was cut.
    Opener,
    /// A stock closer was cut.
    Closer,
    /// Links nobody gave were taken out.
    Links,
    /// Pictures were taken out.
    Images,
    /// Markup was taken out, its text kept.
    Html,
    /// A call to a whole channel lost its at sign.
    Mention,
    /// The end was cut off.
    Length,
    /// Characters nobody can see were dropped.
    Invisible,
}

/// Tells why nothing of a draft can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmendable {
    /// Nothing is left to say.
    Empty,
    /// The draft greets and offers help but answers nothing.
    OnlyFiller,
}

impl fmt::Display for Unmendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the draft is empty",
            Self::OnlyFiller => "the draft is only filler",
        })
    }
}

impl std::error::Error for Unmendable {}

/// How often a draft is gone over: taking one thing out can uncover another.
const MOST_PASSES: usize = 64;

/// Rewrites a draft so that it can be sent; `known_text` holds the links it may use.
///
/// # Errors
///
/// Fails when nothing is left, or nothing but stock phrases.
pub fn mend(draft: &str, known_text: &[&str], manners: &Manners) -> Result<Mended, Unmendable> {
    let known = KnownLinks::of(known_text);
    let mut changes = Changes::default();
    let mut text = draft.to_owned();
    for _ in 0..MOST_PASSES {
        let next = one_pass(&text, &known, manners, &mut changes)?;
        if next == text {
            break;
        }
        text = next;
    }
    if text.is_empty() { Err(Unmendable::Empty) } else { Ok(Mended { text, changes: changes.0 }) }
}

/// Collects the kinds of rewrites, each once.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn note(&mut self, change: Change) {
        if !self.0.contains(&change) {
            self.0.push(change);
        }
    }
}

fn one_pass(
    text: &str,
    known: &KnownLinks,
    manners: &Manners,
    changes: &mut Changes,
) -> Result<String, Unmendable> {
    let visible = visible(text, changes);
    let mut masks = Masks::default();
    let mut text = hide_code(&visible, known, &mut masks, changes);
    text = without_html(&text, changes);
    text = links::mend(&text, known, &mut masks, changes);
    text = without_calls(&text, changes);
    if !manners.emoji {
        text = without_emoji(&text, changes);
    }
    text = without_dashes(&text, changes);
    text = tidy_lines(&text);
    if text.is_empty() {
        return Err(Unmendable::Empty);
    }
    text = without_openers(&text, changes);
    text = without_closers(&text, changes).ok_or(Unmendable::OnlyFiller)?;
    let text = masks.reveal(&text);
    Ok(shortened(text.trim(), manners.max_chars, changes))
}

// Characters nobody sees.

/// Drops the characters nobody can see, which only serve to hide text or instructions.
pub fn strip_invisible(text: &str) -> Cow<'_, str> {
    let (mut out, mut same) = (String::with_capacity(text.len()), true);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let kept = match c {
            '\r' if next == '\n' => false,
            '\n' | '\t' => true,
            '\u{200d}' => (draws_emoji(before) || before == '\u{fe0f}') && draws_emoji(next),
            '\u{fe0f}' => draws_emoji(before) || (is_keycap(before) && next == '\u{20e3}'),
            _ => !is_invisible(c),
        };
        if kept {
            out.push(c);
            before = c;
        }
        same &= kept;
    }
    if same { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn is_invisible(c: char) -> bool {
    let zero_width =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{180e}');
    let turns_text = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let tags = matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    zero_width || turns_text || tags || c.is_control()
}

fn is_keycap(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '#' | '*')
}

fn visible(text: &str, changes: &mut Changes) -> String {
    let kept: String = strip_invisible(text).chars().filter(|c| !Masks::is_mask(*c)).collect();
    if kept != text.replace("\r\n", "\n") {
        changes.note(Change::Invisible);
    }
    kept
}

// Pieces that rewrites must not see.

/// Swaps code and good links for single private characters while the prose around them is rewritten.
#[derive(Debug, Default)]
struct Masks(Vec<String>);

impl Masks {
    const FIRST: u32 = 0xf_0000;
    const LAST: u32 = 0xf_fffd;

    fn is_mask(c: char) -> bool {
        (Self::FIRST..=Self::LAST).contains(&u32::from(c))
    }

    /// Hides a piece, unless there are more than anybody writes.
    fn hide(&mut self, piece: String) -> Option<char> {
        let at = u32::try_from(self.0.len()).ok()?.checked_add(Self::FIRST)?;
        let mask = char::from_u32(at).filter(|c| Self::is_mask(*c))?;
        self.0.push(piece);
        Some(mask)
    }

    fn reveal(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let at = u32::from(c).checked_sub(Self::FIRST).and_then(|at| usize::try_from(at).ok());
            match at.and_then(|at| self.0.get(at)) {
                Some(piece) => out.push_str(piece),
                None => out.push(c),
            }
        }
        out
    }
}

fn hide_code(text: &str, known: &KnownLinks, masks: &mut Masks, changes: &mut Changes) -> String {
    let (mut out, mut rest, mut line_start) = (String::with_capacity(text.len()), text, true);
    while let Some(c) = rest.chars().next() {
        let code = if line_start { fenced(rest) } else { None }.or_else(|| ticked(rest));
        let Some((piece, after)) = code else {
            line_start = c == '\n' || (line_start && c == ' ');
            let run = if c == '`' { rest.len() - rest.trim_start_matches('`').len() } else { c.len_utf8() };
            let (plain, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
            out.push_str(plain);
            rest = after;
            continue;
        };
        let piece = links::mend_code(piece, known, changes);
        match masks.hide(piece) {
            Some(mask) => out.push(mask),
            None => break,
        }
        (rest, line_start) = (after, false);
    }
    out.push_str(rest);
    out
}

/// Reads a fenced block, up to its closing line or the end.
fn fenced(rest: &str) -> Option<(&str, &str)> {
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let opening = rest.split('\n').next().unwrap_or_default();
    if ticks < 3 || opening.trim_start_matches('`').contains('`') {
        return None;
    }
    let mut end = opening.len();
    for line in rest.split('\n').skip(1) {
        end += 1 + line.len();
        let line = line.trim();
        if line.len() >= ticks && line.chars().all(|c| c == '`') {
            return rest.split_at_checked(end);
        }
    }
    Some((rest, ""))
}

/// Reads a backtick span that closes on its line.
fn ticked(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.trim_start_matches('`');
    let ticks = rest.len() - inner.len();
    if ticks == 0 {
        return None;
    }
    let (mut run, mut end) = (0, ticks);
    for c in inner.chars().chain(['\n']) {
        match c {
            '`' => run += 1,
            _ if run == ticks => return rest.split_at_checked(end),
            '\n' => return None,
            _ => run = 0,
        }
        end += c.len_utf8();
    }
    None
}

/// Closes the hole a removed piece left: no doubled space, no empty brackets, none before a full stop.
fn close_gap<'a>(out: &mut String, after: &'a str) -> &'a str {
    let mut after = after;
    loop {
        let spaced = out.is_empty() || out.ends_with([' ', '\t', '\n', '(']);
        after = if spaced { after.trim_start_matches([' ', '\t']) } else { after };
        match after.strip_prefix(')') {
            Some(tail) if out.ends_with('(') => after = tail,
            _ => break,
        }
        out.pop();
    }
    if after.is_empty() || after.starts_with(['.', ',', ';', ':', '!', '?', ')', '\n']) {
        out.truncate(out.trim_end_matches([' ', '\t']).len());
    }
    after
}

// Markup.

const TAGS: &str = " a abbr address article aside audio b base bdi bdo big blockquote body br button canvas caption \
    center cite code col dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form \
    frame h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark math \
    menu meta nav noscript object ol optgroup option p param picture pre progress q s samp script section select \
    small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead \
    time title tr track tt u ul var video wbr ";
const BLOCKS: &str = " br p div li tr td th ul ol hr h1 h2 h3 h4 h5 h6 ";

fn without_html(text: &str, changes: &mut Changes) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        let Some((blocks, after)) = tag(tail) else {
            out.push('<');
            rest = tail;
            continue;
        };
        changes.note(Change::Html);
        let glues =
            out.ends_with(|c: char| !c.is_whitespace()) && after.starts_with(|c: char| c.is_alphanumeric());
        if blocks && glues {
            out.push(' ');
        }
        let lone = out.is_empty() || out.ends_with([' ', '\n']);
        rest = if lone { close_gap(&mut out, after) } else { after };
    }
    out.push_str(rest);
    out
}

/// Reads what follows the `<` of a tag or comment; tells whether it sets its text apart.
fn tag(tail: &str) -> Option<(bool, &str)> {
    if let Some(comment) = tail.strip_prefix("!--") {
        return comment.split_once("-->").map(|(_, after)| (false, after));
    }
    let (inside, after) = tail.split_once('>')?;
    let named = inside.strip_prefix('/').unwrap_or(inside);
    let end = named.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(named.len());
    let (name, attributes) = named.split_at_checked(end)?;
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && (attributes.is_empty() || attributes.starts_with(|c: char| c.is_whitespace() || c == '/'))
        && !attributes.contains('<');
    let name = format!(" {} ", name.to_ascii_lowercase());
    let markup = TAGS.contains(&name) || inside.starts_with('/') || attributes.contains('=');
    (well_formed && markup).then(|| (BLOCKS.contains(&name), after))
}

// Calls to everybody.

const CALLS: [&str; 3] = ["channel", "here", "everyone"];

fn without_calls(text: &str, changes: &mut Changes) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['@', '<']) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let in_word =
            out.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%'));
        if let Some((name, after)) = call(tail).filter(|_| !in_word || tail.starts_with('<')) {
            changes.note(Change::Mention);
            out.push_str(name);
            rest = after;
        } else {
            let mark = if tail.starts_with('@') { '@' } else { '<' };
            out.push(mark);
            rest = tail.strip_prefix(mark).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

fn call(tail: &str) -> Option<(&str, &str)> {
    let bracketed = tail.strip_prefix("<!");
    let named = bracketed.or_else(|| tail.strip_prefix('@'))?;
    for call in CALLS {
        let Some((name, after)) = named.split_at_checked(call.len()) else { continue };
        if !name.eq_ignore_ascii_case(call) {
            continue;
        }
        if bracketed.is_some() {
            return after
                .split_once('>')
                .filter(|(label, _)| is_label(label))
                .map(|(_, after)| (name, after));
        }
        let host = after.strip_prefix(['.', '-']).unwrap_or(after);
        return (!host.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some((name, after));
    }
    None
}

fn is_label(label: &str) -> bool {
    label.is_empty() || (label.starts_with('|') && !label.contains(['<', '\n']))
}

// Emoji.

fn without_emoji(text: &str, changes: &mut Changes) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.graphemes(true).next() {
        let after = rest.strip_prefix(first).unwrap_or_default();
        if !is_emoji(first) {
            out.push_str(first);
            rest = after;
            continue;
        }
        changes.note(Change::Emoji);
        rest = close_gap(&mut out, after);
        if out.ends_with(char::is_alphanumeric) && rest.starts_with(char::is_alphanumeric) {
            out.push(' ');
        }
    }
    out
}

fn is_emoji(grapheme: &str) -> bool {
    grapheme.contains(['\u{20e3}', '\u{fe0f}']) || grapheme.chars().any(shows_as_emoji)
}

/// Tells the characters people see as emoji even without a variation selector.
fn shows_as_emoji(c: char) -> bool {
    let modern = matches!(c, '\u{1f000}'..='\u{1f0ff}' | '\u{1f18e}'..='\u{1f19a}' | '\u{1f1e6}'..='\u{1f1ff}'
        | '\u{1f201}'..='\u{1f265}' | '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f7e0}'..='\u{1f7ff}' | '\u{1f900}'..='\u{1faff}');
    let clocks = matches!(c, '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23f3}' | '\u{25fd}' | '\u{25fe}');
    let symbols = matches!(c, '\u{2600}'..='\u{2604}' | '\u{260e}' | '\u{2614}' | '\u{2615}' | '\u{2618}'
        | '\u{261d}' | '\u{2620}'..='\u{2623}' | '\u{2639}'..='\u{263b}' | '\u{2648}'..='\u{2653}'
        | '\u{2660}'..='\u{2668}' | '\u{267b}' | '\u{267f}' | '\u{2692}'..='\u{26ff}');
    let dingbats = matches!(c, '\u{2702}' | '\u{2705}' | '\u{2708}'..='\u{270d}' | '\u{2728}' | '\u{2744}'
        | '\u{274c}' | '\u{274e}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2763}' | '\u{2764}'
        | '\u{2795}'..='\u{2797}' | '\u{27b0}' | '\u{27bf}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}');
    modern || clocks || symbols || dingbats
}

/// Tells the characters that a variation selector turns into, or joins as, emoji.
fn draws_emoji(c: char) -> bool {
    let signs = matches!(
        c,
        '\u{203c}'
            | '\u{2049}'
            | '\u{2139}'
            | '\u{24c2}'
            | '\u{2934}'
            | '\u{2935}'
            | '\u{3030}'
            | '\u{303d}'
            | '\u{3297}'
            | '\u{3299}'
    );
    let blocks = matches!(c, '\u{2194}'..='\u{21aa}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    signs || blocks
}

// Dashes.

fn without_dashes(text: &str, changes: &mut Changes) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let tail = rest.trim_start_matches(is_gap);
        let spaced = tail.len() < rest.len();
        if let Some(after) = dash(tail, spaced) {
            changes.note(Change::Dashes);
            rest = rejoin(&mut out, after);
            continue;
        }
        let run = if spaced { rest.len() - tail.len() } else { c.len_utf8() };
        let (plain, after) = rest.split_at_checked(run).unwrap_or((rest, ""));
        out.push_str(plain);
        rest = after;
    }
    out
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// Reads a dash used as punctuation, with any more long dashes and spaces behind it.
fn dash(rest: &str, spaced: bool) -> Option<&str> {
    let first = rest.chars().next()?;
    let after = match first {
        '\u{2014}' | '\u{2015}' | '\u{2e3a}' | '\u{2e3b}' => rest.strip_prefix(first)?,
        '\u{2013}' if spaced => rest.strip_prefix(first).filter(|after| ends_dash(after))?,
        '-' if spaced && rest.starts_with("--") => {
            let after = rest.trim_start_matches('-');
            Some(after).filter(|after| ends_dash(after) && !after.trim_start().starts_with('|'))?
        }
        _ => return None,
    };
    Some(
        after.trim_start_matches(|c| {
            is_gap(c) || matches!(c, '\u{2014}' | '\u{2015}' | '\u{2e3a}' | '\u{2e3b}')
        }),
    )
}

fn ends_dash(after: &str) -> bool {
    after.is_empty() || after.starts_with(char::is_whitespace)
}

/// Writes what belongs where a dash stood.
fn rejoin<'a>(out: &mut String, after: &'a str) -> &'a str {
    let (before, next) = (out.chars().next_back().unwrap_or('\n'), after.chars().next().unwrap_or('\n'));
    let joint = match (before, next) {
        ('\n', _) | (_, '\n') | ('(' | '[', _) => "",
        (a, b) if a.is_ascii_digit() && b.is_ascii_digit() => "\u{2013}",
        ('|', _) | (_, '|') => " - ",
        (_, ',' | '.' | ';' | ':' | '!' | '?' | ')' | ']') => "",
        (',' | ';' | ':' | '.' | '!' | '?', _) => " ",
        _ => ", ",
    };
    out.push_str(joint);
    after
}

// Lines.

/// Trims every line's end, keeps one blank line between paragraphs and none around the whole.
fn tidy_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.split('\n').map(str::trim_end) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        out.push_str(line);
        blank = false;
    }
    out.trim().to_owned()
}

// Stock phrases.

/// Openers that are an answer when nothing follows.
const ANSWERS: [&str; 8] =
    ["certainly", "sure", "sure thing", "of course", "absolutely", "hello", "hi", "no problem"];
/// Openers that never answer anything.
const OPENERS: [&str; 16] = [
    "great question",
    "good question",
    "that's a great question",
    "i'd be happy to help",
    "i would be happy to help",
    "i'd be happy to help you",
    "i'd be happy to help with that",
    "i'd be happy to help you with that",
    "happy to help",
    "happy to help with that",
    "thank you for reaching out",
    "thanks for reaching out",
    "i hope this finds you well",
    "i hope this message finds you well",
    "i hope this email finds you well",
    "hey, you around",
];
/// Openers that only a comma ends.
const ROLES: [&str; 3] = ["as an ai", "as an ai language model", "as an ai assistant"];

fn without_openers(text: &str, changes: &mut Changes) -> String {
    let (mut rest, mut raise) = (text, false);
    while let Some((after, upper)) = opener(rest).filter(|(after, _)| !after.is_empty()) {
        changes.note(Change::Opener);
        (rest, raise) = (after, raise || upper);
    }
    raise.then(|| raised(rest)).flatten().unwrap_or_else(|| rest.to_owned())
}

/// Reads a stock opener with its punctuation; tells whether it began with a capital.
fn opener(text: &str) -> Option<(&str, bool)> {
    let upper = text.starts_with(char::is_uppercase);
    for phrase in ANSWERS.into_iter().chain(OPENERS).chain(ROLES) {
        let Some(tail) = after_phrase(text, phrase) else { continue };
        let ends: &[char] = match phrase {
            "hello" | "hi" => &['!'],
            phrase if ROLES.contains(&phrase) => &[','],
            "hey, you around" => &['?', '!', '.'],
            _ => &['!', '.', ',', ':'],
        };
        let after = tail.trim_start_matches(ends);
        if after.len() < tail.len() && (after.is_empty() || after.starts_with(char::is_whitespace)) {
            return Some((after.trim_start(), upper));
        }
    }
    None
}

/// Strips a phrase, in any case and with either apostrophe.
fn after_phrase<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let mut rest = text;
    for wanted in phrase.chars() {
        let c = rest.chars().next()?;
        let plain = if c == '\u{2019}' { '\'' } else { c.to_ascii_lowercase() };
        rest = rest.strip_prefix(c).filter(|_| plain == wanted)?;
    }
    Some(rest)
}

fn raised(text: &str) -> Option<String> {
    let first = text.chars().next().filter(|c| c.is_lowercase())?;
    Some(first.to_uppercase().chain(text.strip_prefix(first)?.chars()).collect())
}

const CLOSERS: [&str; 20] = [
    "i hope this helps",
    "i hope that helps",
    "hope this helps",
    "hope that helps",
    "let me know if you have any",
    "let me know if you need any",
    "let me know if there's anything else",
    "let me know if there is anything else",
    "please let me know if you have any",
    "please let me know if you need any",
    "if you have any other questions",
    "if you have any questions",
    "if you have any further questions",
    "feel free to reach out",
    "feel free to ask",
    "please feel free to",
    "please don't hesitate to",
    "don't hesitate to",
    "please do not hesitate to",
    "is there anything else",
];
const FAREWELLS: [&str; 7] = [
    "best regards",
    "kind regards",
    "warm regards",
    "regards",
    "best wishes",
    "sincerely",
    "yours sincerely",
];

/// Cuts stock closers off the end; nothing is left of a draft that was only filler.
fn without_closers(text: &str, changes: &mut Changes) -> Option<String> {
    let mut rest = text;
    while let Some(kept) = before_farewell(rest).or_else(|| before_closer(rest)) {
        changes.note(Change::Closer);
        rest = kept;
    }
    let words = rest.trim_end_matches(['!', '.', ',', ':', '?']);
    let stock = OPENERS.iter().chain(&ROLES).any(|phrase| after_phrase(words, phrase) == Some(""));
    let filler = rest.is_empty() || stock;
    (!filler).then(|| rest.to_owned())
}

fn before_closer(text: &str) -> Option<&str> {
    let (kept, last) = last_sentence(text);
    let closes = CLOSERS.iter().any(|phrase| after_phrase(last, phrase).is_some());
    (closes && is_hollow(last)).then_some(kept.trim_end())
}

/// Tells a stock sentence from one that names somebody, a figure or a place.
fn is_hollow(sentence: &str) -> bool {
    let names = |word: &str| word.starts_with(char::is_uppercase) && word != "I" && !word.starts_with("I'");
    let says = |c: char| c.is_numeric() || c == '@' || Masks::is_mask(c);
    sentence.chars().count() <= 160
        && !sentence.contains(says)
        && !sentence.split_whitespace().skip(1).any(names)
}

fn last_sentence(text: &str) -> (&str, &str) {
    let (mut start, mut ended) = (0, false);
    let body = text.trim_end();
    for (at, c) in body.char_indices() {
        if c == '\n' || (ended && c.is_whitespace()) {
            start = at + c.len_utf8();
        }
        ended = matches!(c, '.' | '!' | '?') || (ended && matches!(c, '"' | ')' | '\'' | ']' | '\u{201d}'));
    }
    body.split_at_checked(start).unwrap_or(("", body))
}

/// Cuts a "Best regards, Anna", on one line or over the last few.
fn before_farewell(text: &str) -> Option<&str> {
    let inline = last_sentence(text);
    if takes_leave(inline.1) {
        return Some(inline.0.trim_end());
    }
    let mut end = text.len();
    for line in text.rsplit('\n').take(4) {
        let start = end.checked_sub(line.len())?;
        let (kept, tail) = text.split_at_checked(start)?;
        if takes_leave(line) {
            return (tail.chars().count() <= 80).then_some(kept.trim_end());
        }
        end = start.saturating_sub(1);
    }
    None
}

fn takes_leave(line: &str) -> bool {
    let ends = |tail: &str| tail.is_empty() || tail.starts_with([',', '.', '!']);
    line.chars().count() <= 60 && FAREWELLS.iter().any(|phrase| after_phrase(line, phrase).is_some_and(ends))
}

// Length.

const CUT: &str = " (cut here)";
const FENCE: &str = "\n```\n";

fn shortened(text: &str, max_chars: usize, changes: &mut Changes) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    changes.note(Change::Length);
    let room = max_chars.saturating_sub(CUT.len() + FENCE.len());
    if room == 0 {
        return text.chars().take(max_chars).collect::<String>().trim().to_owned();
    }
    let kept: String = text.chars().take(room).collect();
    let kept = whole_sentences(&kept);
    let fences = kept.split('\n').filter(|line| line.trim_start().starts_with("```")).count();
    if fences % 2 == 1 { format!("{kept}{FENCE}{}", CUT.trim_start()) } else { format!("{kept}{CUT}") }
}

/// Cuts back to the last sentence end, else to the last word end.
fn whole_sentences(text: &str) -> &str {
    let (mut sentence, mut word, mut ended) = (0, 0, false);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            word = at;
            sentence = if ended || c == '\n' { at } else { sentence };
        }
        ended = matches!(c, '.' | '!' | '?') || (ended && matches!(c, '"' | ')' | ']' | '\''));
    }
    let end = if ended {
        text.len()
    } else if sentence > 0 {
        sentence
    } else {
        word
    };
    let kept = text.get(..end).unwrap_or_default().trim_end();
    if kept.is_empty() { text } else { kept }
}
