//! Dashes: em-dashes and what stands in for them become a comma, a full stop or a range.

use super::text::{capitalised, close_gap, is_stand_in, is_wordy, on_prose};
use crate::turn::calendar;

/// What a dash is replaced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// It stays: a range, a flag, a rule across the page.
    Keep,
    Comma,
    Stop,
    Colon,
    /// The dash goes, and a space is enough.
    Space,
    /// The dash goes without trace.
    Nothing,
    /// A hyphen in its place: list bullets, empty cells, arrows.
    Hyphen,
    /// An en-dash without spaces: `10–12`.
    Range,
}

/// One dash in a line, with the spaces around it taken off.
struct Dash<'a> {
    /// The dash itself, several characters when they follow each other.
    sign: &'a str,
    left: &'a str,
    right: &'a str,
    space_before: bool,
    space_after: bool,
    /// Another dash stands between the same two sentence ends, so this is one of a pair.
    paired: bool,
    line_goes_on: bool,
}

/// Replaces em-dashes, horizontal bars, spaced en-dashes and spaced double hyphens in prose.
pub(super) fn rewrite_dashes(text: &str) -> String {
    on_prose(text, |prose| {
        let lines: Vec<&str> = prose.split('\n').collect();
        let mut out = Vec::with_capacity(lines.len());
        for (number, line) in lines.iter().enumerate() {
            let next = lines.get(number + 1).copied().unwrap_or_default();
            out.push(rewrite_line(line, next.trim_start().starts_with(char::is_lowercase)));
        }
        out.join("\n")
    })
}

fn rewrite_line(line: &str, line_goes_on: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.to_owned();
    let mut pair_open = false;
    let hyphens = if is_command(line) { Hyphens::Typed } else { Hyphens::ForDash };
    while let Some((before, sign, after)) = split_dash(&rest, hyphens) {
        out.push_str(before);
        let opens_pair = another_dash_in_sentence(after, hyphens);
        let dash = Dash {
            sign,
            left: out.trim_end_matches(is_space),
            right: after.trim_start_matches(is_space),
            space_before: out.ends_with(is_space),
            space_after: after.starts_with(is_space),
            paired: opens_pair || pair_open,
            line_goes_on,
        };
        let join = dash.join();
        pair_open = opens_pair && join == Join::Comma;
        rest = apply(join, &mut out, sign, after);
    }
    out.push_str(&rest);
    out
}

/// Writes `join` behind `out` and returns the rest of the line.
fn apply(join: Join, out: &mut String, sign: &str, after: &str) -> String {
    let right = after.trim_start_matches(is_space);
    let mark = match join {
        Join::Keep => {
            out.push_str(sign);
            return after.to_owned();
        }
        Join::Hyphen => {
            let bullet = !out.ends_with('|') && !right.starts_with(['>', '|']);
            out.push_str(if bullet && !right.is_empty() { "- " } else { "-" });
            return if bullet { right.to_owned() } else { after.to_owned() };
        }
        Join::Nothing => return close_gap(out, after).to_owned(),
        Join::Comma => ",",
        Join::Stop => ".",
        Join::Colon => ":",
        Join::Space => "",
        Join::Range => "–",
    };
    out.truncate(out.trim_end_matches(is_space).len());
    out.push_str(mark);
    if join != Join::Range && !right.is_empty() {
        out.push(' ');
    }
    if join == Join::Stop { capitalised(right) } else { right.to_owned() }
}

/// Splits a line at its first dash of a kind that manners care about.
fn split_dash(line: &str, hyphens: Hyphens) -> Option<(&str, &str, &str)> {
    for (at, c) in line.char_indices() {
        let (before, from) = line.split_at_checked(at)?;
        let length = match c {
            _ if is_em(c) => em_run(from),
            '–' | '‒' => c.len_utf8(),
            '-' if !before.ends_with('-') => from.len() - from.trim_start_matches('-').len(),
            _ => continue,
        };
        let (sign, after) = from.split_at_checked(length)?;
        let wanted = match c {
            '–' | '‒' => {
                (before.ends_with(is_space) || is_bullet_place(before)) && after.starts_with(is_space)
            }
            '-' => hyphens == Hyphens::ForDash && is_double_hyphen(before, sign, after),
            _ => true,
        };
        if wanted {
            return Some((before, sign, after));
        }
    }
    None
}

fn is_em(c: char) -> bool {
    matches!(c, '—' | '―' | '⸺' | '⸻' | '﹘' | '︱' | '︲')
}

fn is_space(c: char) -> bool {
    c != '\n' && c.is_whitespace()
}

/// Length in bytes of the em-dashes at the start of `text`, spaces between them included.
fn em_run(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if is_em(c) {
            end = at + c.len_utf8();
        } else if !is_space(c) {
            break;
        }
    }
    end
}

/// What ` -- ` means in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hyphens {
    /// The line is a command, where it ends the options.
    Typed,
    ForDash,
}

/// Says whether a line holds a command or an option, so that ` -- ` is meant as typed.
fn is_command(line: &str) -> bool {
    const COMMANDS: [&str; 9] = ["git", "cargo", "npm", "yarn", "pnpm", "docker", "kubectl", "xargs", "$"];
    let is_option =
        |word: &str| word.trim_start_matches('-').starts_with(char::is_alphabetic) && word.starts_with('-');
    line.split_whitespace().any(|word| COMMANDS.contains(&word) || is_option(word))
}

/// Says whether a run of hyphens is typed for a dash: two or three, with spaces around.
fn is_double_hyphen(before: &str, sign: &str, after: &str) -> bool {
    matches!(sign.len(), 2 | 3)
        && before.ends_with(is_space)
        && after.starts_with(is_space)
        && before.contains(|c| !is_space(c))
}

fn another_dash_in_sentence(after: &str, hyphens: Hyphens) -> bool {
    let mut ended = false;
    // Nobody sets a pair of dashes further apart.
    let sentence = after.char_indices().enumerate().find_map(|(count, (at, c))| {
        let over = (ended && is_space(c)) || count == 400;
        ended = matches!(c, '.' | '!' | '?' | ';');
        over.then_some(at)
    });
    let sentence = sentence.and_then(|end| after.get(..end)).unwrap_or(after);
    split_dash(sentence, hyphens).is_some_and(|(_, _, behind)| !behind.trim().is_empty())
}

/// Says whether only indentation, quote marks and bullets stand before.
fn is_bullet_place(before: &str) -> bool {
    before.chars().all(|c| is_space(c) || c == '>')
}

impl Dash<'_> {
    fn join(&self) -> Join {
        let last = self.left.chars().next_back();
        let next = self.right.chars().next();
        if is_bullet_place(self.left) {
            return if next.is_none() { Join::Nothing } else { Join::Hyphen };
        }
        if next == Some('>') || (last == Some('|') && next.is_none_or(|c| c == '|')) {
            return Join::Hyphen;
        }
        match next {
            None => return self.at_line_end(last),
            Some(c) if ".,;:!?)]}|".contains(c) => return Join::Nothing,
            Some('"' | '”' | '’' | '\'') if self.closes_quote() => return Join::Nothing,
            _ => {}
        }
        if last.is_some_and(|c| ".!?:;,…|".contains(c)) {
            return Join::Space;
        }
        if last.is_some_and(|c| "([{“‘".contains(c)) || self.follows_opening_quote() {
            return Join::Nothing;
        }
        self.range().unwrap_or_else(|| self.between_words())
    }

    fn at_line_end(&self, last: Option<char>) -> Join {
        match last {
            Some(c) if is_wordy(c) && self.line_goes_on => Join::Comma,
            Some(c) if is_wordy(c) => Join::Stop,
            _ => Join::Nothing,
        }
    }

    /// A quote mark right after the dash closes a broken-off speech when no word follows it.
    fn closes_quote(&self) -> bool {
        !self.space_after && !self.right.chars().nth(1).is_some_and(is_wordy)
    }

    fn follows_opening_quote(&self) -> bool {
        let before = self.left.strip_suffix('"').filter(|_| !self.space_before);
        before.is_some_and(|before| before.is_empty() || before.ends_with(is_space))
    }

    /// Keeps `10 – 12` and `Mon – Fri`, and turns `10—12` and `Mon—Fri` into one.
    fn range(&self) -> Option<Join> {
        let digits = self.left.ends_with(|c: char| c.is_ascii_digit())
            && self.right.starts_with(|c: char| c.is_ascii_digit());
        let (from, to) = (last_word(self.left), first_word(self.right));
        let ranges = digits || (is_range_end(from) && is_range_end(to));
        if !ranges {
            None
        } else if self.sign.starts_with(['–', '‒']) {
            Some(Join::Keep)
        } else {
            (!self.space_before && !self.space_after).then_some(Join::Range)
        }
    }

    fn between_words(&self) -> Join {
        if is_bold_label(self.left) {
            Join::Colon
        } else if !self.paired && self.starts_clause() && stands_alone(self.left) {
            Join::Stop
        } else {
            Join::Comma
        }
    }

    /// Says whether a new sentence can start after the dash: it opens with its own subject.
    fn starts_clause(&self) -> bool {
        const SUBJECTS: [&str; 20] = [
            "i", "we", "you", "he", "she", "it", "they", "this", "there", "that's", "let", "let's", "please",
            "thanks", "feel", "hope", "see", "don't", "what's", "who's",
        ];
        let word = first_word(self.right).to_lowercase().replace('’', "'");
        let subject = word.split_once('\'').map_or(word.as_str(), |(subject, _)| subject);
        SUBJECTS.contains(&word.as_str()) || SUBJECTS.contains(&subject)
    }
}

/// Says whether the sentence before the dash can end there: long enough and no "if" or "when".
fn stands_alone(left: &str) -> bool {
    const WAITING: [&str; 14] = [
        "if", "when", "while", "since", "because", "although", "though", "after", "before", "as", "once",
        "unless", "until", "for",
    ];
    let sentence = left.rsplit(['.', '!', '?']).next().unwrap_or(left);
    let mut words = sentence.split_whitespace().filter(|w| w.contains(is_wordy));
    let first = words.next().unwrap_or_default().to_lowercase();
    words.next().is_some() && !WAITING.contains(&first.as_str())
}

/// `- **Deadline** — Friday` introduces what follows, so a colon says it better than a comma.
fn is_bold_label(left: &str) -> bool {
    let label = left.trim_start_matches(|c: char| is_space(c) || "-*+>".contains(c));
    let bare = label.strip_suffix("**").unwrap_or_default();
    !bare.is_empty() && !bare.contains("**")
}

fn last_word(text: &str) -> &str {
    let word = text.split_whitespace().next_back().unwrap_or_default();
    word.trim_start_matches(|c: char| !is_wordy(c))
}

fn first_word(text: &str) -> &str {
    let end = |c: char| !(is_wordy(c) || matches!(c, '\'' | '’')) || is_stand_in(c);
    text.split(end).next().unwrap_or_default()
}

/// Says whether a range can start or end with `word`: a day, a month, or an hour such as `5pm`.
fn is_range_end(word: &str) -> bool {
    let lower = word.to_lowercase();
    let hour = lower.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    calendar::month(&lower).is_some()
        || calendar::is_day(&lower)
        || matches!(lower.as_str(), "am" | "pm")
        || (hour.len() < lower.len() && matches!(hour, "" | "am" | "pm"))
}
