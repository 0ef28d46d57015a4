//! Catches made-up figures: every number, date, time, link and mail address in a reply must stand in
//! something the worker was given, however it is written there ("5 pm" and "17:00" are the same).

use std::collections::HashSet;

use super::manners::links;

/// Names one figure that stands in nothing the worker was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// The figure as the reply writes it.
    pub text: String,
    /// What kind of figure it is.
    pub kind: FigureKind,
}

/// Tells the kinds of figures apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureKind {
    /// An amount, count or share, in digits or words.
    Number,
    /// A day of a month, with or without the year.
    Date,
    /// A time of day.
    Time,
    /// A web address.
    Link,
    /// A mail address.
    Mail,
}

/// Lists the figures in `reply` that occur in none of the known texts, each once, in reading order.
pub fn loose_figures(reply: &str, known_text: &[&str]) -> Vec<Loose> {
    let known = Known::of(known_text);
    let mut loose: Vec<Loose> = Vec::new();
    for figure in figures(reply).into_iter().filter(|figure| figure.claims && !known.holds(&figure.value)) {
        let entry = Loose { text: figure.text, kind: figure.value.kind() };
        if !loose.contains(&entry) {
            loose.push(entry);
        }
    }
    loose
}

struct Figure {
    text: String,
    value: Value,
    /// Whether a reply answers for it; "one", list numbers and source numbers only ever support others.
    claims: bool,
}

enum Value {
    Number {
        digits: String,
        ordinal: bool,
    },
    /// Every reading of the date, as "3/4/2026" has two.
    Date(Vec<Day>),
    /// Seconds since midnight.
    Time(u32),
    Link(String),
    Mail(String),
}

impl Value {
    fn kind(&self) -> FigureKind {
        match self {
            Self::Number { .. } => FigureKind::Number,
            Self::Date(_) => FigureKind::Date,
            Self::Time(_) => FigureKind::Time,
            Self::Link(_) => FigureKind::Link,
            Self::Mail(_) => FigureKind::Mail,
        }
    }
}

#[derive(Clone, Copy)]
struct Day {
    year: Option<u32>,
    month: u32,
    day: u32,
}

impl Day {
    fn new(year: Option<u32>, month: u32, day: u32) -> Option<Self> {
        let real = (1..=12).contains(&month) && (1..=31).contains(&day);
        real.then_some(Self { year, month, day })
    }

    fn agrees(self, other: Self) -> bool {
        let years = self.year.is_none() || other.year.is_none() || self.year == other.year;
        years && self.month == other.month && self.day == other.day
    }
}

#[derive(Default)]
struct Known {
    numbers: HashSet<String>,
    days: Vec<Day>,
    times: HashSet<u32>,
    words: HashSet<String>,
}

impl Known {
    fn of(texts: &[&str]) -> Self {
        let mut known = Self::default();
        for figure in texts.iter().flat_map(|text| figures(text)) {
            match figure.value {
                Value::Number { digits, .. } => _ = known.numbers.insert(digits),
                Value::Date(days) => known.add_days(days),
                Value::Time(seconds) => _ = known.times.insert(seconds),
                Value::Link(word) | Value::Mail(word) => _ = known.words.insert(word),
            }
        }
        known
    }

    fn add_days(&mut self, days: Vec<Day>) {
        // A note dated 3 March 2026 also knows the year 2026.
        self.numbers.extend(days.iter().filter_map(|day| day.year).map(|year| year.to_string()));
        self.days.extend(days);
    }

    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Number { digits, ordinal } => {
                // "the 3rd" may point at a note's "3 March".
                let day = |held: &Day| *ordinal && held.day.to_string() == *digits;
                self.numbers.contains(digits) || self.days.iter().any(day)
            }
            Value::Date(days) => days.iter().any(|day| self.days.iter().any(|held| held.agrees(*day))),
            Value::Time(seconds) => self.times.contains(seconds),
            Value::Link(word) | Value::Mail(word) => self.words.contains(word),
        }
    }
}

/// Stands for a link already read, so that its digits are not read again.
const READ: char = '\u{FFFC}';

fn figures(text: &str) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, url, after)) = links::next_url(rest) {
        plain.push_str(before);
        plain.push(READ);
        if let Some(address) = links::without_mailto(url) {
            found.push(claim(address, Value::Mail(address.to_lowercase())));
        } else {
            found.push(claim(url, Value::Link(url.to_owned())));
        }
        rest = after;
    }
    plain.push_str(rest);
    scan(&plain, &mut found);
    found
}

fn claim(text: &str, value: Value) -> Figure {
    Figure { text: text.to_owned(), value, claims: true }
}

fn scan(text: &str, found: &mut Vec<Figure>) {
    let (mut rest, mut before, mut line_start) = (text, None, true);
    while let Some(c) = rest.chars().next() {
        let aside = if line_start { list_number(rest) } else { None }.or_else(|| source_numbers(rest));
        let after = if let Some((numbers, after)) = aside {
            found.extend(numbers.into_iter().map(|digits| support(&digits)));
            after
        } else if let Some((figure, after)) = figure_at(rest, before) {
            found.push(figure);
            after
        } else {
            rest.strip_prefix(c).unwrap_or_default()
        };
        let passed = rest.get(..rest.len() - after.len()).unwrap_or_default();
        line_start = c == '\n' || (line_start && passed.trim().is_empty());
        before = passed.chars().next_back();
        rest = after;
    }
}

fn support(digits: &str) -> Figure {
    Figure { text: String::new(), value: number_value(digits, false), claims: false }
}

fn number_value(digits: &str, ordinal: bool) -> Value {
    Value::Number { digits: normal(digits, ""), ordinal }
}

/// Reads the "1. " or "2) " that numbers a list line.
fn list_number(rest: &str) -> Option<(Vec<String>, &str)> {
    let (digits, tail) = digits(rest)?;
    let after = tail.strip_prefix(['.', ')'])?;
    let listed = digits.len() <= 3 && after.starts_with([' ', '\t']);
    listed.then(|| (vec![digits.to_owned()], after))
}

/// Reads a `[1]` or `[1, 2]` that points at sources.
fn source_numbers(rest: &str) -> Option<(Vec<String>, &str)> {
    let inner = rest.strip_prefix('[')?;
    let (inside, tail) =
        inner.split_at_checked(inner.find(|c: char| !matches!(c, '0'..='9' | ',' | ' '))?)?;
    let after = tail.strip_prefix(']')?;
    let parts: Vec<String> = inside.split(',').map(|part| part.trim().to_owned()).collect();
    let plain = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    plain.then_some((parts, after))
}

fn figure_at(rest: &str, before: Option<char>) -> Option<(Figure, &str)> {
    let first = rest.chars().next()?;
    if !before.is_some_and(is_mail_char)
        && let Some((address, after)) = mail(rest)
    {
        return Some((claim(address, Value::Mail(address.to_lowercase())), after));
    }
    let starts_word = !before.is_some_and(char::is_alphanumeric);
    if first.is_ascii_digit() {
        let (value, after) = digit_date(rest).or_else(|| time(rest)).or_else(|| number(rest))?;
        return Some((claim(passed(rest, after), value), after));
    }
    if !starts_word {
        return None;
    }
    if let Some((value, after)) = month_first(rest) {
        return Some((claim(passed(rest, after), value), after));
    }
    let (value, after) = number_words(rest)?;
    let text = passed(rest, after);
    let mut figure = claim(text, Value::Number { digits: value.to_string(), ordinal: false });
    figure.claims = !["one", "zero"].contains(&text.to_ascii_lowercase().as_str());
    Some((figure, after))
}

fn passed<'a>(rest: &'a str, after: &str) -> &'a str {
    rest.get(..rest.len() - after.len()).unwrap_or_default().trim_end()
}

// Mail addresses.

fn is_mail_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '@')
}

fn mail(rest: &str) -> Option<(&str, &str)> {
    let at = rest.find(|c: char| c == '@' || !is_mail_char(c))?;
    let (local, tail) = rest.split_at_checked(at)?;
    let host = tail.strip_prefix('@')?;
    let end = host.find(|c: char| c == '@' || !is_mail_char(c)).unwrap_or(host.len());
    let host = host.get(..end)?.trim_end_matches(['.', '-', '_', '%', '+']);
    let dotted = host.split_once('.').is_some_and(|(name, top)| !name.is_empty() && !top.is_empty());
    if local.is_empty() || !dotted {
        return None;
    }
    rest.split_at_checked(at + 1 + host.len())
}

// Dates.

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month_name(rest: &str) -> Option<(u32, &str)> {
    let (word, after) = word(rest)?;
    if word == "may" {
        return None; // "3 may apply" is no date.
    }
    let lower = word.to_ascii_lowercase();
    let stem = if lower == "sept" { "sep" } else { lower.as_str() };
    let names = |name: &str| name == stem || (stem.len() == 3 && name.starts_with(stem));
    let month = (1..).zip(MONTHS).find(|(_, name)| names(name))?.0;
    let after =
        if lower.len() <= 4 && lower != "may" { after.strip_prefix('.').unwrap_or(after) } else { after };
    Some((month, after))
}

fn digit_date(rest: &str) -> Option<(Value, &str)> {
    numeric_date(rest).or_else(|| day_first(rest))
}

fn numeric_date(rest: &str) -> Option<(Value, &str)> {
    let (a, tail) = digits(rest)?;
    let sign = tail.chars().next().filter(|c| matches!(c, '-' | '.' | '/'))?;
    let (b, tail) = digits(tail.strip_prefix(sign)?)?;
    let (c, after) = digits(tail.strip_prefix(sign)?)?;
    if b.len() > 2 || after.strip_prefix(sign).is_some_and(|more| digits(more).is_some()) {
        return None;
    }
    let (x, y, z): (u32, u32, u32) = (a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
    let days: Vec<Day> = match (a.len(), c.len(), sign) {
        (4, 1..=2, _) => Day::new(Some(x), y, z).into_iter().collect(),
        (1..=2, 4, '/') => [Day::new(Some(z), y, x), Day::new(Some(z), x, y)].into_iter().flatten().collect(),
        (1..=2, 4, _) => Day::new(Some(z), y, x).into_iter().collect(),
        _ => Vec::new(),
    };
    (!days.is_empty()).then_some((Value::Date(days), after))
}

/// Reads "3 March 2026", "3rd of March" and "3. March", or the "3" of "3 to 5 March 2026".
fn day_first(rest: &str) -> Option<(Value, &str)> {
    let (day, after) = day_of_month(rest)?;
    if let Some((month, year, after)) = month_behind(after) {
        return Some((Value::Date(vec![Day::new(year, month, day)?]), after));
    }
    let (_, end) = range_end(after).and_then(day_of_month)?;
    let (month, year, _) = month_behind(end)?;
    Some((Value::Date(vec![Day::new(year, month, day)?]), after))
}

fn month_behind(tail: &str) -> Option<(u32, Option<u32>, &str)> {
    let tail = tail.strip_prefix('.').unwrap_or(tail);
    let tail = tail.trim_start_matches([' ', '\u{a0}', '-']);
    let tail = tail.strip_prefix("of ").unwrap_or(tail);
    let (month, after) = month_name(tail)?;
    let (year, after) = year_after(after);
    Some((month, year, after))
}

/// Steps over what joins the two ends of a range.
fn range_end(rest: &str) -> Option<&str> {
    ["-", "\u{2013}", " - ", " \u{2013} ", " to ", " and ", " or "]
        .iter()
        .find_map(|sign| rest.strip_prefix(sign).filter(|end| end.starts_with(|c: char| c.is_ascii_digit())))
}

/// Reads "March 3, 2026" and "March the 3rd".
fn month_first(rest: &str) -> Option<(Value, &str)> {
    let (month, tail) = month_name(rest)?;
    let tail = tail.strip_prefix([' ', '\u{a0}'])?;
    let tail = tail.strip_prefix("the ").unwrap_or(tail);
    let (day, after) = day_of_month(tail)?;
    let longer = after.strip_prefix(['.', ',']).is_some_and(|more| digits(more).is_some());
    let ends = !longer && !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '%'));
    let (year, after) = year_after(after);
    ends.then_some((Value::Date(vec![Day::new(year, month, day)?]), after))
}

fn day_of_month(rest: &str) -> Option<(u32, &str)> {
    let (day, tail) = digits(rest)?;
    if day.len() > 2 {
        return None;
    }
    let after = ordinal_ending(tail).unwrap_or(tail);
    Some((day.parse().ok()?, after))
}

fn year_after(rest: &str) -> (Option<u32>, &str) {
    let read = || {
        let tail = rest.strip_prefix(',').unwrap_or(rest).trim_start_matches([' ', '\u{a0}', '-']);
        let (year, after) = digits(tail)?;
        let more = after.strip_prefix(['.', ',', ':', '-']).is_some_and(|more| digits(more).is_some());
        let plain = year.len() == 4 && (year.starts_with("19") || year.starts_with("20")) && !more;
        plain.then_some((year.parse().ok()?, after))
    };
    read().map_or((None, rest), |(year, after)| (Some(year), after))
}

fn ordinal_ending(rest: &str) -> Option<&str> {
    let (ending, after) = word(rest)?;
    matches!(ending, "st" | "nd" | "rd" | "th").then_some(after)
}

// Times.

/// Reads "17:00", "5 pm" and the "9" of "9 to 11 am".
fn time(rest: &str) -> Option<(Value, &str)> {
    let clock = clock(rest)?;
    let (half, after) = match half_of_day(clock.after).or_else(|| half_of_range(&clock)) {
        Some((pm, after)) if (1..=12).contains(&clock.hour) => (Some(pm), after),
        _ => (None, clock.after),
    };
    let hour = match half {
        Some(pm) => clock.hour % 12 + if pm { 12 } else { 0 },
        None if clock.minute.is_some() && clock.hour <= 24 => clock.hour,
        None => return None,
    };
    Some((Value::Time(hour * 3600 + clock.minute.unwrap_or(0) * 60 + clock.second), after))
}

struct Clock<'a> {
    hour: u32,
    minute: Option<u32>,
    second: u32,
    after: &'a str,
}

fn clock(rest: &str) -> Option<Clock<'_>> {
    let (hour, after) = digits(rest)?;
    let hour = Some(hour).filter(|hour| hour.len() <= 2)?.parse().ok()?;
    let Some((minute, after)) = sixtieths(after) else {
        return Some(Clock { hour, minute: None, second: 0, after });
    };
    let (second, after) = sixtieths(after).unwrap_or((0, after));
    Some(Clock { hour, minute: Some(minute), second, after })
}

/// Takes the half of the day from the range's end: "9-11 am" starts at 9 am, and so does "9-5 pm".
fn half_of_range<'a>(start: &Clock<'a>) -> Option<(bool, &'a str)> {
    let end = range_end(start.after).and_then(clock)?;
    let (pm, _) = half_of_day(end.after)?;
    Some((pm && start.hour % 12 <= end.hour % 12, start.after))
}

fn sixtieths(rest: &str) -> Option<(u32, &str)> {
    let (pair, after) = digits(rest.strip_prefix(':')?)?;
    let value: u32 = Some(pair).filter(|pair| pair.len() == 2)?.parse().ok()?;
    (value < 60).then_some((value, after))
}

fn half_of_day(rest: &str) -> Option<(bool, &str)> {
    let tail = rest.strip_prefix([' ', '\u{a0}', '\u{202f}']).unwrap_or(rest);
    for (sign, pm) in
        [("am", false), ("a.m.", false), ("a.m", false), ("pm", true), ("p.m.", true), ("p.m", true)]
    {
        let head = tail.get(..sign.len()).unwrap_or_default();
        let after = tail.get(sign.len()..).unwrap_or_default();
        if head.eq_ignore_ascii_case(sign) && !after.starts_with(char::is_alphanumeric) {
            return Some((pm, after));
        }
    }
    None
}

// Numbers.

fn digits(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())
}

fn word(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    rest.split_at_checked(end).filter(|(word, _)| !word.is_empty())
}

fn number(rest: &str) -> Option<(Value, &str)> {
    let (parts, signs, after) = spaced_groups(rest).or_else(|| chain(rest))?;
    let value = amount(&parts, &signs);
    if let Some(after) = ordinal_ending(after) {
        return Some((Value::Number { digits: value, ordinal: true }, after));
    }
    let (value, after) = scaled(value, after);
    Some((Value::Number { digits: value, ordinal: false }, after))
}

type Chain<'a> = (Vec<&'a str>, Vec<char>, &'a str);

/// Reads digits joined by points, commas or apostrophes: "1,200.50", "10.0.0.1".
fn chain(rest: &str) -> Option<Chain<'_>> {
    let (first, mut after) = digits(rest)?;
    let (mut parts, mut signs) = (vec![first], Vec::new());
    while let Some(sign) = after.chars().next().filter(|c| matches!(c, '.' | ',' | '\'' | '\u{2019}'))
        && let Some((part, tail)) = after.strip_prefix(sign).and_then(digits)
    {
        parts.push(part);
        signs.push(sign);
        after = tail;
    }
    Some((parts, signs, after))
}

/// Reads "1 200" and "12 000 000,50".
fn spaced_groups(rest: &str) -> Option<Chain<'_>> {
    let (first, mut after) = digits(rest).filter(|(first, _)| opens_groups(first))?;
    let (mut parts, mut signs) = (vec![first], Vec::new());
    while let Some(space) =
        after.chars().next().filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}'))
        && let Some((part, tail)) = after.strip_prefix(space).and_then(digits)
        && part.len() == 3
        && word(tail).is_none()
    {
        parts.push(part);
        signs.push(' ');
        after = tail;
    }
    if signs.is_empty() {
        return None;
    }
    if let Some(sign) = after.chars().next().filter(|c| matches!(c, '.' | ','))
        && let Some((part, tail)) = after.strip_prefix(sign).and_then(digits)
    {
        parts.push(part);
        signs.push(sign);
        after = tail;
    }
    Some((parts, signs, after))
}

fn opens_groups(first: &str) -> bool {
    first.len() <= 3 && !first.starts_with('0')
}

/// Writes the value one way, however it was grouped; a version or address such as 1.2.3 stays as it is.
fn amount(parts: &[&str], signs: &[char]) -> String {
    let (Some((first, groups)), Some((last, fore))) = (parts.split_first(), parts.split_last()) else {
        return String::new();
    };
    let grouped = |groups: &[&str], signs: &[char]| {
        let alike = signs.windows(2).all(|pair| pair.first() == pair.last());
        alike && opens_groups(first) && groups.iter().all(|group| group.len() == 3)
    };
    if grouped(groups, signs) {
        return normal(&parts.concat(), "");
    }
    let (Some((sign, signs)), Some((_, fore_groups))) = (signs.split_last(), fore.split_first()) else {
        return normal(first, "");
    };
    let decimal = matches!(sign, '.' | ',') && !signs.contains(sign);
    if decimal && (fore_groups.is_empty() || grouped(fore_groups, signs)) {
        return normal(&fore.concat(), last);
    }
    parts.join(".")
}

fn normal(whole: &str, decimals: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match decimals.trim_end_matches('0') {
        "" => whole.to_owned(),
        decimals => format!("{whole}.{decimals}"),
    }
}

/// Takes in a "k", "hundred", "thousand", "million" or "billion" behind the digits.
fn scaled(value: String, after: &str) -> (String, &str) {
    let tail = after.trim_start_matches([' ', '\u{a0}', '-']);
    let Some((unit, rest)) = word(tail) else { return (value, after) };
    let zeros = match unit.to_ascii_lowercase().as_str() {
        "k" if tail.len() == after.len() => 3,
        "hundred" => 2,
        "thousand" => 3,
        "million" => 6,
        "billion" => 9,
        _ => return (value, after),
    };
    let (whole, decimals) = value.split_once('.').unwrap_or((&value, ""));
    if decimals.contains('.') {
        return (value, after);
    }
    let moved: String = decimals.chars().chain(std::iter::repeat('0')).take(zeros).collect();
    let left: String = decimals.chars().skip(zeros).collect();
    (normal(&format!("{whole}{moved}"), &left), rest)
}

// Number words.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Reads "thirty-five", "two hundred and six" or "five thousand".
fn number_words(rest: &str) -> Option<(u64, &str)> {
    let (mut total, mut after) = match below_hundred(rest) {
        Some((value, after)) => (value, after),
        None => (1, rest),
    };
    let mut seen = after.len() < rest.len();
    for (name, factor) in [("hundred", 100), ("thousand", 1000), ("million", 1_000_000)] {
        if let Some(tail) = next_word(after, name, seen) {
            (total, after, seen) = (total * factor, tail, true);
            let joined = after.strip_prefix(" and").unwrap_or(after);
            if let Some((more, tail)) = joined.strip_prefix(' ').and_then(below_hundred)
                && factor == 100
            {
                (total, after) = (total + more, tail);
            }
        }
    }
    seen.then_some((total, after))
}

fn next_word<'a>(rest: &'a str, name: &str, spaced: bool) -> Option<&'a str> {
    let rest = if spaced { rest.strip_prefix([' ', '-', '\u{a0}'])? } else { rest };
    word(rest).filter(|(word, _)| word.eq_ignore_ascii_case(name)).map(|(_, after)| after)
}

fn below_hundred(rest: &str) -> Option<(u64, &str)> {
    let (first, after) = word(rest)?;
    if let Some(value) = small(first) {
        return Some((value, after));
    }
    let ten = (2..).zip(TENS).find(|(_, name)| first.eq_ignore_ascii_case(name))?.0 * 10;
    let unit =
        after.strip_prefix(['-', ' ']).and_then(word).and_then(|(unit, after)| Some((small(unit)?, after)));
    match unit {
        Some((unit, after)) if (1..10).contains(&unit) => Some((ten + unit, after)),
        _ => Some((ten, after)),
    }
}

fn small(word: &str) -> Option<u64> {
    (0..).zip(SMALL).find(|(_, name)| word.eq_ignore_ascii_case(name)).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::FigureKind::{Date, Link, Mail, Number, Time};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_figure_is_held_however_the_note_writes_it() {
        let cases = [
            ("It costs 5 euros.", "The price is 5."),
            ("1,200 seats", "1200 seats"),
            ("1200 seats", "1,200 seats"),
            ("1 200 seats", "1.200 seats"),
            ("1'200 seats", "1200"),
            ("12 000 000 rows", "12,000,000 rows"),
            ("1,200.50", "1200.5"),
            ("1.200,50", "1,200.50"),
            ("$5", "5 EUR"),
            ("5%", "5 percent"),
            ("5.50", "5.5"),
            ("5,5", "5.5"),
            ("3rd place", "place 3"),
            ("on the 3rd", "3 March"),
            ("three people", "3 people"),
            ("3 people", "Three people"),
            ("thirty-five", "35"),
            ("35", "thirty five"),
            ("two hundred", "200"),
            ("two hundred and six", "206"),
            ("five thousand", "5,000"),
            ("5 thousand", "5000"),
            ("5k", "5000"),
            ("1.5 million", "1,500,000"),
            ("a hundred", "100"),
            ("twenty", "20 days"),
            ("one thing", ""),
            ("the first and the second", ""),
            ("No figures at all.", ""),
            ("5 pm", "17:00"),
            ("5pm", "at 17:00 sharp"),
            ("17:00", "5 p.m."),
            ("9:30", "09:30"),
            ("9:30 am", "9:30"),
            ("12 am", "0:00"),
            ("12 pm", "12:00"),
            ("2026-03-03", "3 March 2026"),
            ("March 3, 2026", "2026-03-03"),
            ("March 3rd", "3 March 2026"),
            ("3rd of March", "2026-03-03"),
            ("03.03.2026", "March 3, 2026"),
            ("3.3.2026", "03.03.2026"),
            ("3 March 2026", "March 3"),
            ("Mar 3", "3 March"),
            ("3 Sept. 2026", "September 3"),
            ("3 May", "May 3, 2026"),
            ("03/04/2026", "3 April 2026"),
            ("03/04/2026", "4 March 2026"),
            ("in 2026", "3 March 2026"),
            ("March 2026", "2026-03-03"),
            ("See https://x.test/a.", "(https://x.test/a)"),
            ("Write to Anna@x.test.", "anna@x.test"),
            ("mailto:anna@x.test", "anna@x.test"),
            ("Friday [1], [2, 3].", ""),
            ("1. Plug it in\n2) Wait\n  3. Go", ""),
            ("Step 2", "1. Plug\n2. Wait"),
            ("version 1.2.3", "1.2.3 is out"),
            ("10.0.0.1", "host 10.0.0.1"),
            ("Q3", "quarter 3"),
            ("it may be", ""),
            ("5km", "5 km"),
            ("from 9 am to 11 am", "9-11 am"),
            ("9\u{2013}11:30 am", "from 9:00 to 11:30"),
            ("9 to 5 pm", "9:00 and 17:00"),
            ("3 March to 5 March", "3-5 March 2026"),
            ("between 3 and 5 March", "2026-03-03, 2026-03-05"),
            ("zero trouble", ""),
            ("16:9", "16 by 9"),
        ];
        for (reply, note) in cases {
            assert_eq!(loose_figures(reply, &["", note]), [], "{reply:?} against {note:?}");
        }
    }

    #[test]
    fn a_figure_from_nowhere_is_named() {
        let cases = [
            ("It costs 5.", "15", "5", Number),
            ("It costs 5.", "2025", "5", Number),
            ("It costs 5.", "5.5", "5", Number),
            ("It costs 5.", "5,500", "5", Number),
            ("It costs 200.", "1 200", "200", Number),
            ("It costs 1,200.", "200", "1,200", Number),
            ("1 200 seats", "1", "1 200", Number),
            ("5.5 days", "5", "5.5", Number),
            ("two days", "3 days", "two", Number),
            ("thirty-five", "30 and 5", "thirty-five", Number),
            ("a hundred", "", "hundred", Number),
            ("3rd place", "2", "3rd", Number),
            ("3 people", "3 March", "3", Number),
            ("1.2.3", "1.2", "1.2.3", Number),
            ("5k", "5", "5k", Number),
            ("9 to 11 am", "9 people at 11 am", "9", Time),
            ("5 pm", "5:00", "5 pm", Time),
            ("17:00", "17", "17:00", Time),
            ("9:30", "9:31", "9:30", Time),
            ("5 a.m.", "17:00", "5 a.m.", Time),
            ("3 March", "4 March", "3 March", Date),
            ("3 March 2026", "3 March 2025", "3 March 2026", Date),
            ("2026-03-03", "3 and 2026", "2026-03-03", Date),
            ("03.04.2026", "March 4, 2026", "03.04.2026", Date),
            ("on March 3rd, please", "", "March 3rd", Date),
            ("https://x.test/a", "https://x.test/ab", "https://x.test/a", Link),
            ("https://x.test/A", "https://x.test/a", "https://x.test/A", Link),
            ("www.x.test", "x.test", "www.x.test", Link),
            ("anna@x.test", "banna@x.test", "anna@x.test", Mail),
            ("mailto:anna@x.test", "", "anna@x.test", Mail),
        ];
        for (reply, note, text, kind) in cases {
            let expected = [Loose { text: text.to_owned(), kind }];
            assert_eq!(loose_figures(reply, &[note]), expected, "{reply:?} against {note:?}");
        }
    }

    #[test]
    fn each_loose_figure_is_named_once() {
        assert_eq!(loose_figures("5 and 5 and 6", &[]).len(), 2);
    }

    proptest! {
        #[test]
        fn a_text_always_holds_its_own_figures(text in any::<String>()) {
            prop_assert_eq!(loose_figures(&text, &[&text]), []);
        }

        #[test]
        fn a_text_full_of_figures_holds_them_all(
            text in "([0-9]{1,4}|[.,:/ @-]|March|May|pm|thirty|hundred|thousand|one|two|[\n\\[\\]]|https://|a\\.b|rd|k){0,25}"
        ) {
            prop_assert_eq!(loose_figures(&text, &[&text]), []);
        }
    }
}
