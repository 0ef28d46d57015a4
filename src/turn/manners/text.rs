//! Small helpers on text that the manners, the figures and the citations share.

use std::ops::Range;

/// First of the private characters that stand for shielded spans while prose is rewritten.
const SHIELD_FIRST: u32 = 0xF_0000;
/// Last of them; drafts never hold one, because [`super::strip_invisible`] drops the whole plane.
const SHIELD_LAST: u32 = 0xF_FFFD;

/// A text whose code is replaced by one private character each, so that rewriting can't touch it.
pub(in crate::turn) struct Shielded {
    /// The prose, with one placeholder per shielded span.
    pub(in crate::turn) text: String,
    /// The shielded spans, in the order of their placeholders.
    pub(in crate::turn) spans: Vec<String>,
}

impl Shielded {
    /// Shields the code spans and fenced blocks of `text`.
    pub(in crate::turn) fn code(text: &str) -> Self {
        let mut shielded = Self { text: String::with_capacity(text.len()), spans: Vec::new() };
        let mut done = 0;
        for range in code_ranges(text) {
            let (Some(prose), Some(code)) = (text.get(done..range.start), text.get(range.clone())) else {
                continue;
            };
            let Some(stand_in) = shielded.add(code.to_owned()) else {
                break;
            };
            shielded.text.push_str(prose);
            shielded.text.push(stand_in);
            done = range.end;
        }
        shielded.text.push_str(text.get(done..).unwrap_or_default());
        shielded
    }

    /// Puts one more span aside and returns its placeholder, or `None` when they have run out.
    pub(in crate::turn) fn add(&mut self, span: String) -> Option<char> {
        let number = u32::try_from(self.spans.len()).ok()?;
        let stand_in = char::from_u32(SHIELD_FIRST + number).filter(|c| is_stand_in(*c))?;
        self.spans.push(span);
        Some(stand_in)
    }

    /// Puts the shielded spans back into `rewritten`.
    pub(in crate::turn) fn restore(&self, rewritten: &str) -> String {
        let mut whole = String::with_capacity(rewritten.len());
        for c in rewritten.chars() {
            match self.span(c) {
                // A span put aside later may itself hold placeholders of earlier ones.
                Some(span) if span.chars().any(is_stand_in) => whole.push_str(&self.restore(span)),
                Some(span) => whole.push_str(span),
                None => whole.push(c),
            }
        }
        whole
    }

    fn span(&self, c: char) -> Option<&str> {
        let number = u32::from(c).checked_sub(SHIELD_FIRST)?;
        self.spans.get(usize::try_from(number).ok()?).map(String::as_str)
    }
}

/// Rewrites the prose of `text` and leaves its code as it is.
pub(super) fn on_prose(text: &str, rewrite: impl Fn(&str) -> String) -> String {
    let shielded = Shielded::code(text);
    shielded.restore(&rewrite(&shielded.text))
}

/// Says whether `c` stands for a shielded span.
pub(in crate::turn) fn is_stand_in(c: char) -> bool {
    (SHIELD_FIRST..=SHIELD_LAST).contains(&u32::from(c))
}

/// Says whether `c` belongs to a word, or stands for code that reads like one.
pub(in crate::turn) fn is_wordy(c: char) -> bool {
    c.is_alphanumeric() || is_stand_in(c)
}

/// Finds the byte ranges of inline code and fenced blocks; an open fence runs to the end.
pub(in crate::turn) fn code_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut fence: Option<(usize, char, usize)> = None;
    let mut paragraph: Option<usize> = None;
    for (at, line) in lines_at(text) {
        let marker = fence_marker(line);
        if let Some((start, kind, length)) = fence {
            if marker.is_some_and(|(c, n, info)| c == kind && n >= length && info.is_empty()) {
                ranges.push(start..at + line.trim_end().len());
                fence = None;
            }
            continue;
        }
        let opens = marker.filter(|(c, _, info)| *c == '~' || !info.contains('`'));
        if let Some((kind, length, _)) = opens {
            inline_code(text, paragraph.take(), at, &mut ranges);
            fence = Some((at + leading_space(line), kind, length));
        } else if line.trim().is_empty() {
            inline_code(text, paragraph.take(), at, &mut ranges);
        } else {
            paragraph.get_or_insert(at);
        }
    }
    inline_code(text, paragraph, text.len(), &mut ranges);
    if let Some((start, _, _)) = fence {
        ranges.push(start..text.len());
    }
    ranges
}

/// Reads a code fence at the start of a line: its character, its length and the text after it.
pub(super) fn fence_marker(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim();
    let kind = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(kind);
    let length = line.len() - rest.len();
    (length >= 3).then(|| (kind, length, rest.trim()))
}

/// Adds the code spans of one paragraph: runs of backticks that a run of the same length closes.
fn inline_code(text: &str, start: Option<usize>, end: usize, ranges: &mut Vec<Range<usize>>) {
    let Some(start) = start else { return };
    let runs = backtick_runs(text.get(start..end).unwrap_or_default());
    let mut from = 0;
    for (number, (open, length)) in runs.iter().enumerate() {
        if *open < from {
            continue;
        }
        let closing = runs.iter().skip(number + 1).find(|(_, other)| other == length);
        if let Some((close, _)) = closing {
            from = close + length;
            ranges.push(start + open..start + from);
        }
    }
}

fn backtick_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

/// Yields each line with its line break and the byte where it starts.
pub(in crate::turn) fn lines_at(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

fn leading_space(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Tidies the place where something was taken out between `before` and `after`.
///
/// Spaces are not doubled, no space is left before punctuation, empty brackets and emphasis go,
/// and two words are not run together. Returns what is left of `after`.
pub(in crate::turn) fn close_gap<'a>(before: &mut String, after: &'a str) -> &'a str {
    let mut after = drop_empty_pairs(before, after);
    if before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || "([{“‘".contains(c)) {
        after = after.trim_start_matches([' ', '\t']);
    }
    let next = after.chars().next();
    if next.is_none_or(|c| c == '\n' || ".,;:!?)]}".contains(c)) {
        before.truncate(before.trim_end_matches([' ', '\t']).len());
    }
    if before.ends_with([',', ';', ':']) && next.is_some_and(|c| ".!?".contains(c)) {
        before.pop();
    }
    if before.ends_with(['!', '?']) && next.is_some_and(|c| ".,;".contains(c)) {
        after = after.strip_prefix(['.', ',', ';']).unwrap_or(after);
    }
    let joins_ticks = before.ends_with('`') && after.starts_with('`');
    if joins_ticks || (before.ends_with(is_wordy) && after.starts_with(is_wordy)) {
        before.push(' ');
    }
    after
}

fn drop_empty_pairs<'a>(before: &mut String, mut after: &'a str) -> &'a str {
    const PAIRS: [(&str, &str); 8] =
        [("(", ")"), ("[", "]"), ("<", ">"), ("\"", "\""), ("“", "”"), ("**", "**"), ("*", "*"), ("_", "_")];
    while let Some((open, rest)) = PAIRS.iter().find_map(|(open, close)| {
        let rest = after.trim_start_matches(' ').strip_prefix(close)?;
        before.trim_end_matches(' ').ends_with(open).then_some((open, rest))
    }) {
        before.truncate(before.trim_end_matches(' ').len() - open.len());
        after = rest;
    }
    after
}

/// Finds the byte offsets right after each sentence, the end of each line included.
pub(super) fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\n' {
            ends.push(at);
        } else if matches!(c, '.' | '!' | '?' | '…') {
            let mut end = at + c.len_utf8();
            while let Some((next, c)) = chars.next_if(|(_, c)| ".!?…)\"'”’*_".contains(*c)) {
                end = next + c.len_utf8();
            }
            let stands_free = chars.peek().is_none_or(|(_, c)| c.is_whitespace());
            if stands_free && !(c == '.' && is_abbreviation(text, at)) {
                ends.push(end);
            }
        }
    }
    ends
}

/// Says whether the full stop at byte `at` ends an abbreviation, an initial or a list number.
fn is_abbreviation(text: &str, at: usize) -> bool {
    const SHORT: [&str; 12] =
        ["mr", "mrs", "ms", "dr", "prof", "vs", "approx", "cf", "inc", "ltd", "e.g", "i.e"];
    let before = text.get(..at).unwrap_or_default();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lead = before.strip_suffix(word).unwrap_or_default().trim_end_matches([' ', '\t']);
    let starts_line = lead.is_empty() || lead.ends_with('\n');
    let numbers_a_line = starts_line && bare.chars().all(|c| c.is_ascii_digit());
    let initial = bare.chars().count() == 1 && bare.chars().all(char::is_alphabetic) && bare != "I";
    numbers_a_line || initial || SHORT.contains(&bare.to_lowercase().as_str())
}

/// Writes the first word with a capital when it is a plain lower-case word.
pub(in crate::turn) fn capitalised(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let plain = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
    let is_plain = plain.chars().all(|c| c.is_lowercase() || matches!(c, '\'' | '’' | '-'));
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if is_plain && first.is_lowercase() => first.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
