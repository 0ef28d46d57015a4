//! Figures: every number, date, time, amount, link and address in a reply must come from the notes.
//!
//! A person notices that the coworker says "not in my notes" instead of making a number up. The
//! reply is compared with the passages and the thread by value, so "5 pm" is held by "17:00" and
//! "1,200" by "1200", but "5" is not held by "15".
//!
//! Nothing is kept; the same texts always give the same answer.

mod dates;
mod numbers;
#[cfg(test)]
mod tests;
mod tokens;

use dates::{Day, Quarter, Time};
use tokens::{Cursor, Token};

use super::manners::links::{candidates, find_links, find_mails};
use super::manners::markup::is_citation;
use super::manners::text::lines_at;

/// A figure in a reply that neither the passages nor the thread hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// The figure as the reply writes it.
    pub text: String,
    /// What it was read as.
    pub kind: FigureKind,
}

/// What a figure was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureKind {
    /// A count, a measure, a year or an ordinal: `42`, `ten`, `3rd`.
    Number,
    /// A share: `5%`, `five percent`.
    Percent,
    /// An amount of money: `€1,200`, `5 million dollars`.
    Amount,
    /// A day, a month of a year, or a quarter: `3 March`, `2026-03-03`, `Q3`.
    Date,
    /// A time of day: `17:00`, `5 pm`, `noon`.
    Time,
    /// A telephone number.
    Phone,
    /// A mail address.
    Mail,
    /// A web address, or anything else that turns into a link.
    Link,
    /// A reference made of letters and digits, or of dotted numbers: `INV-2024-117`, `10.0.0.1`.
    Code,
}

/// Finds the figures of `reply` that are not in `known_text`, the passages and the thread.
///
/// Values are compared, not spellings. Citations such as `[1]`, list numbers, and words that
/// mostly don't count anything ("one", "first", "second") are never loose. Each loose figure is
/// named once, in the order of the reply.
pub fn loose_figures(reply: &str, known_text: &[&str]) -> Vec<Loose> {
    let known: Vec<Figure<'_>> = known_text.iter().flat_map(|text| figures(text, Side::Known)).collect();
    let lower_known: Vec<String> = known_text.iter().map(|text| text.to_lowercase()).collect();
    let mut loose: Vec<Loose> = Vec::new();
    for figure in figures(reply, Side::Reply) {
        let held = figure.is_vague
            || known.iter().any(|known| known.holds(&figure))
            || (!figure.value.counts_by_value()
                && lower_known.iter().any(|text| holds_verbatim(text, figure.text)));
        let found = Loose { text: figure.text.to_owned(), kind: figure.value.kind() };
        if !held && !loose.contains(&found) {
            loose.push(found);
        }
    }
    loose
}

/// Which of the two texts is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// List numbers are the reply's own.
    Reply,
    /// List numbers can be asked about, so they count.
    Known,
}

/// One figure of a text.
#[derive(Debug, Clone)]
struct Figure<'a> {
    text: &'a str,
    value: Value,
    /// It holds other figures, but is itself too common a word to be checked.
    is_vague: bool,
}

/// What a figure means, so that two spellings can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number {
        /// In plain decimal notation without needless zeros.
        value: String,
        is_ordinal: bool,
        /// No unit follows, as in a table cell; the unit may stand in the heading.
        stands_alone: bool,
    },
    Percent(String),
    Amount {
        currency: &'static str,
        value: String,
    },
    Day(Day),
    Month {
        year: u32,
        month: u32,
    },
    Quarter(Quarter),
    Time(Time),
    Phone(String),
    Mail(String),
    Link(String),
    Code(String),
    /// Letters with a digit or two, such as B2B, which nobody means as a figure.
    Ignored,
}

impl Value {
    fn kind(&self) -> FigureKind {
        match self {
            Self::Number { .. } => FigureKind::Number,
            Self::Percent(_) => FigureKind::Percent,
            Self::Amount { .. } => FigureKind::Amount,
            Self::Day(_) | Self::Month { .. } | Self::Quarter(_) => FigureKind::Date,
            Self::Time(_) => FigureKind::Time,
            Self::Phone(_) => FigureKind::Phone,
            Self::Mail(_) => FigureKind::Mail,
            Self::Link(_) => FigureKind::Link,
            Self::Code(_) | Self::Ignored => FigureKind::Code,
        }
    }
}

impl Figure<'_> {
    /// Says whether a reply may say `asked` because this figure is in the known text.
    fn holds(&self, asked: &Figure<'_>) -> bool {
        match (&asked.value, &self.value) {
            (Value::Link(asked), Value::Link(known)) => asked == known,
            _ if self.text.to_lowercase() == asked.text.to_lowercase() => true,
            (Value::Number { value, stands_alone: true, .. }, Value::Time(time)) => time.is_full_hour(value),
            (Value::Number { value, is_ordinal, .. }, known) => {
                known.holds_number(value) || (*is_ordinal && known.is_on_day(value))
            }
            (
                Value::Percent(value) | Value::Amount { value, .. },
                Value::Number { stands_alone: true, value: known, .. },
            ) => value == known,
            (Value::Month { year, month }, Value::Day(day)) => {
                day.year == Some(*year) && day.falls_in(*month)
            }
            (Value::Day(asked), Value::Day(known)) => known.matches(asked),
            (Value::Quarter(asked), Value::Quarter(known)) => known.matches(asked),
            (Value::Time(asked), Value::Time(known)) => known.holds(asked),
            (Value::Phone(asked), Value::Phone(known)) => same_phone(asked, known),
            (asked, known) => asked == known,
        }
    }
}

impl Value {
    /// Says whether only the value decides: "$5" is in "$5 million", but is not what it says.
    fn counts_by_value(&self) -> bool {
        use Value::{Amount, Link, Number, Percent};
        matches!(self, Number { .. } | Percent(_) | Amount { .. } | Link(_))
    }

    /// Says whether this value has the bare number `asked` in it, not counting parts of numbers.
    fn holds_number(&self, asked: &str) -> bool {
        let is = |number: u32| number.to_string() == asked;
        match self {
            Self::Number { value, .. } | Self::Percent(value) | Self::Amount { value, .. } => value == asked,
            Self::Day(Day { year: Some(year), .. })
            | Self::Month { year, .. }
            | Self::Quarter(Quarter { year: Some(year), .. }) => is(*year),
            _ => false,
        }
    }

    fn is_on_day(&self, asked: &str) -> bool {
        matches!(self, Self::Day(day) if day.days().any(|day| day.to_string() == asked))
    }
}

/// Compares two numbers by their digits; the country code may be missing on either side.
fn same_phone(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short == long || (short.len() >= 7 && long.ends_with(short))
}

/// Says whether lower-case `known` holds `figure` as it is written, not inside a longer one.
fn holds_verbatim(known: &str, figure: &str) -> bool {
    let figure = figure.to_lowercase();
    let joins = |c: char| matches!(c, '.' | ',' | ':' | '-' | '/' | '\'' | '_' | '@');
    known.match_indices(&figure).any(|(at, _)| {
        let (before, from) = known.split_at_checked(at).unwrap_or_default();
        let after = from.strip_prefix(figure.as_str()).unwrap_or_default();
        let cut_before = before.strip_suffix(joins).unwrap_or(before);
        let cut_after = after.strip_prefix(joins).unwrap_or(after);
        !cut_before.ends_with(char::is_alphanumeric) && !cut_after.starts_with(char::is_alphanumeric)
    })
}

/// Finds all figures of `text` in order.
fn figures(text: &str, side: Side) -> Vec<Figure<'_>> {
    let (mut found, mut covered) = addresses(text);
    covered.extend(citations(text));
    if side == Side::Reply {
        covered.extend(lines_at(text).filter_map(|(at, line)| list_number(at, line)));
    }
    let tokens = tokens::tokenise(text, &covered);
    let mut cursor = Cursor::new(&tokens);
    while !cursor.is_done() {
        let read = READERS.iter().find_map(|read| {
            let mut ahead = cursor;
            let value = read(&mut ahead)?;
            Some((value, ahead))
        });
        let Some((value, mut ahead)) = read else {
            cursor.skip();
            continue;
        };
        let day = if let Value::Day(day) = value { Some(day) } else { None };
        found.extend(figure(text, value, &cursor, &ahead));
        // The second day of `March 3–5` is a day of March as well.
        if let Some(day) = day
            && ahead.attempt(dates::range_sign).is_some()
        {
            cursor = ahead;
            if let Some(value) = ahead.attempt(|c| dates::range_end(c, day)) {
                found.extend(figure(text, value, &cursor, &ahead));
            }
        }
        cursor = ahead;
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, figure)| figure).collect()
}

/// Makes a figure of what was read between two places, and says at which byte it starts.
fn figure<'a>(
    text: &'a str,
    value: Value,
    from: &Cursor<'_, 'a>,
    up_to: &Cursor<'_, 'a>,
) -> Option<(usize, Figure<'a>)> {
    let range = from.range_up_to(up_to);
    let text = text.get(range.clone())?;
    let is_vague = numbers::is_vague(text, up_to);
    (value != Value::Ignored).then_some((range.start, Figure { text, value, is_vague }))
}

/// Reads a value at the cursor and moves it on, or returns `None` and leaves it anywhere.
type Reader = fn(&mut Cursor<'_, '_>) -> Option<Value>;

/// The readers in the order in which they are tried: the most special spelling first.
const READERS: [Reader; 10] = [
    dates::numeric_day,
    dates::day_before_month,
    dates::day_after_month,
    dates::month_of_year,
    dates::quarter,
    numbers::phone,
    dates::time,
    numbers::amount,
    numbers::code,
    numbers::number,
];

/// Finds links and mail addresses, and the byte ranges that they cover.
fn addresses(text: &str) -> (Vec<(usize, Figure<'_>)>, Vec<std::ops::Range<usize>>) {
    let mut found = Vec::new();
    let mut covered = Vec::new();
    for link in find_links(text) {
        let token = text.get(link.clone()).unwrap_or_default();
        let url = candidates(token).last().unwrap_or(token);
        let value = match url.strip_prefix("mailto:") {
            Some(mail) => Value::Mail(mail.to_lowercase()),
            None => Value::Link(url.to_owned()),
        };
        covered.push(link.start..link.start + url.len());
        found.push((link.start, Figure { text: url, value, is_vague: false }));
    }
    for mail in find_mails(text) {
        let inside_link = covered.iter().any(|link| link.contains(&mail.start));
        if let Some(address) = text.get(mail.clone()).filter(|_| !inside_link) {
            let value = Value::Mail(address.to_lowercase());
            found.push((mail.start, Figure { text: address, value, is_vague: false }));
            covered.push(mail);
        }
    }
    (found, covered)
}

/// Finds `[1]` and `[1, 3]`, which point at passages.
fn citations(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    text.match_indices('[').filter_map(|(at, _)| {
        let (inside, _) = text.get(at + 1..)?.split_once(']')?;
        let small = inside.split(|c: char| !c.is_ascii_digit()).all(|number| number.len() <= 3);
        (small && is_citation(inside)).then(|| at..at + inside.len() + 2)
    })
}

/// Finds the number of a line such as `2. Then…`, `2) Then…`, `(2) Then…` or `Step 2: Then…`.
fn list_number(at: usize, line: &str) -> Option<std::ops::Range<usize>> {
    let start = line.trim_start_matches(|c: char| c.is_whitespace() || "#>*-(".contains(c));
    let number = start.strip_prefix("Step ").unwrap_or(start);
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = number.len() - rest.len();
    let mark = rest.strip_prefix(['.', ')', ':'])?.trim_start_matches('*');
    let named = number.len() < start.len();
    let marks = named || (!rest.starts_with(':') && mark.starts_with([' ', '\t']));
    let says_more = named || !mark.trim().is_empty();
    let from = at + line.len() - number.len();
    ((1..=2).contains(&digits) && marks && says_more).then(|| from..from + digits)
}
