//! Days, months, quarters and times of day, in the spellings people use for them.

use super::Value;
use super::numbers::number_word;
use super::tokens::Cursor;
use crate::turn::calendar;

/// A day of the year; the year may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: Option<u32>,
    month: u32,
    day: u32,
    /// `3/4/2026` is the third of April in one country and the fourth of March in another.
    swaps: bool,
}

impl Day {
    /// Says whether both can be the same day; a missing year matches every year.
    pub(super) fn matches(&self, other: &Self) -> bool {
        let years = self.year.is_none() || other.year.is_none() || self.year == other.year;
        years && self.readings().any(|one| other.readings().any(|another| one == another))
    }

    pub(super) fn falls_in(&self, month: u32) -> bool {
        self.readings().any(|(m, _)| m == month)
    }

    /// The days of the month that it can be.
    pub(super) fn days(&self) -> impl Iterator<Item = u32> {
        self.readings().map(|(_, day)| day)
    }

    fn readings(&self) -> impl Iterator<Item = (u32, u32)> {
        let swapped = self.swaps.then_some((self.day, self.month));
        std::iter::once((self.month, self.day)).chain(swapped)
    }
}

/// A quarter or a half of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quarter {
    pub(super) year: Option<u32>,
    number: u32,
    is_half: bool,
}

impl Quarter {
    pub(super) fn matches(&self, other: &Self) -> bool {
        let years = self.year.is_none() || other.year.is_none() || self.year == other.year;
        years && self.number == other.number && self.is_half == other.is_half
    }
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    seconds: u32,
    /// `5:00` without am or pm can be read as either.
    is_open: bool,
}

impl Time {
    /// Says whether `asked` may be said; only what the reply leaves open is read either way.
    pub(super) fn holds(&self, asked: &Self) -> bool {
        const HALF_DAY: u32 = 12 * 3600;
        self.seconds == asked.seconds
            || (asked.is_open && self.seconds % HALF_DAY == asked.seconds % HALF_DAY)
    }

    /// Says whether people may say the bare number `asked` for it, as in "at 5" for 17:00.
    pub(super) fn is_full_hour(&self, asked: &str) -> bool {
        let hour = self.seconds / 3600;
        let on_dial = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
        let is = |hour: u32| hour.to_string() == asked;
        self.seconds.is_multiple_of(3600) && (is(hour) || is(on_dial))
    }
}

/// `2026-03-03`, `2026/03/03`, `03.03.2026`, `3/3/2026`, `3.3.26`.
pub(super) fn numeric_day(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let day = c.attempt(year_first).or_else(|| c.attempt(year_last))?;
    if c.attempt(|c| c.sign(&['.', '-', '/']).filter(|_| c.is_at_digits())).is_some() {
        return None;
    }
    // `2026-03-03T17:00` goes on with a time.
    c.attempt(|c| c.any_word(&["T"]).filter(|_| c.is_at_digits()));
    Some(Value::Day(day))
}

fn year_first(c: &mut Cursor<'_, '_>) -> Option<Day> {
    let year = c.count(4..=4, 1900..=2199)?;
    let sign = c.sign(&['-', '/', '.'])?;
    let month = c.count(1..=2, 1..=12)?;
    c.sign(&[sign])?;
    let day = c.count(1..=2, 1..=31)?;
    Some(Day { year: Some(year), month, day, swaps: false })
}

fn year_last(c: &mut Cursor<'_, '_>) -> Option<Day> {
    let first = c.count(1..=2, 1..=31)?;
    let sign = c.sign(&['.', '/', '-'])?;
    let second = c.count(1..=2, 1..=31)?;
    c.sign(&[sign])?;
    let full_year = c.count(4..=4, 1900..=2199);
    let year = match full_year {
        Some(year) => year,
        None if sign == '-' => return None,
        None => 2000 + c.count(2..=2, 0..=99)?,
    };
    let year = Some(year);
    match (first, second) {
        (day, month @ 1..=12) => {
            Some(Day { year, month, day, swaps: sign != '.' && day <= 12 && day != month })
        }
        (month @ 1..=12, day) if sign != '.' => Some(Day { year, month, day, swaps: false }),
        _ => None,
    }
}

/// `3 March`, `3rd of March, 2026`, `3. March`, and the 3 of `3–5 March`.
pub(super) fn day_before_month(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let day = day_number(c)?;
    let mut rest = *c;
    if range_sign(&mut rest).is_some() && day_number(&mut rest).is_some() {
        let month = named_month(&mut rest)?;
        return Some(Value::Day(Day { year: None, month, day, swaps: false }));
    }
    // "I have 3. March is over." has no year behind it; "3. April 2026" has.
    let has_stop = c.sign(&['.']).is_some();
    let month = named_month(c)?;
    let year = year(c);
    (!has_stop || year.is_some()).then_some(Value::Day(Day { year, month, day, swaps: false }))
}

/// Reads the second day of `March 3–5`, right behind the first.
pub(super) fn range_end(c: &mut Cursor<'_, '_>, first: Day) -> Option<Value> {
    let day = day_number(c)?;
    let mut rest = *c;
    rest.space();
    (!rest.is_at_word() && first.day < day).then_some(Value::Day(Day { day, ..first }))
}

fn named_month(c: &mut Cursor<'_, '_>) -> Option<u32> {
    c.space()?;
    c.attempt(|c| c.any_word(&["of"]).and_then(|_| c.space()));
    month(c)
}

/// `March 3`, `Mar. 3rd, 2026`, and all of `March 3–5` as the first of its days.
pub(super) fn day_after_month(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let month = month(c)?;
    c.space()?;
    c.attempt(|c| c.any_word(&["the"]).and_then(|_| c.space()));
    let day = day_number(c)?;
    if c.attempt(|c| c.sign(&[':', '.', ',']).filter(|_| c.is_at_digits())).is_some() {
        return None;
    }
    Some(Value::Day(Day { year: year(c), month, day, swaps: false }))
}

fn day_number(c: &mut Cursor<'_, '_>) -> Option<u32> {
    let day = c.count(1..=2, 1..=31)?;
    c.any_word(&["st", "nd", "rd", "th"]);
    (!c.is_at_word()).then_some(day)
}

/// Takes the sign or the word between the two ends of a range.
pub(super) fn range_sign(c: &mut Cursor<'_, '_>) -> Option<()> {
    c.attempt(|c| {
        c.space();
        let found = c.sign(&['-', '–']).is_some() || c.any_word(&["to", "and"]).is_some();
        c.space();
        found.then_some(())
    })
}

/// `March 2026`.
pub(super) fn month_of_year(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let month = month(c)?;
    Some(Value::Month { year: year(c)?, month })
}

/// A year after a month or a day: ` 2026` or `, 2026`.
fn year(c: &mut Cursor<'_, '_>) -> Option<u32> {
    c.attempt(|c| {
        c.sign(&[',']);
        c.space()?;
        let year = c.count(4..=4, 1900..=2199)?;
        let goes_on = c.attempt(|c| c.sign(&['.', ',', ':']).filter(|_| c.is_at_digits()));
        (goes_on.is_none() && !c.is_at_word()).then_some(year)
    })
}

/// Takes the name of a month; `may` in lower case is the verb.
fn month(c: &mut Cursor<'_, '_>) -> Option<u32> {
    c.attempt(|c| {
        let word = c.word(Some)?;
        let lower = word.to_lowercase();
        let month = calendar::month(&lower)?;
        if calendar::is_cut(&lower) {
            c.attempt(|c| c.sign(&['.']));
        }
        (word != "may").then_some(month)
    })
}

/// `Q3`, `Q3 2026`, `H1/2026`.
pub(super) fn quarter(c: &mut Cursor<'_, '_>) -> Option<Value> {
    let is_half = c.any_word(&["q", "h"])?.eq_ignore_ascii_case("h");
    let number = c.count(1..=1, 1..=if is_half { 2 } else { 4 })?;
    let year = c.attempt(|c| {
        if c.sign(&['/', '-']).is_none() {
            c.space()?;
        }
        c.count(4..=4, 1900..=2199)
    });
    (!c.is_at_word()).then_some(Value::Quarter(Quarter { year, number, is_half }))
}

/// `17:00`, `17:00:05`, `5 pm`, `5.30 p.m.`, `17h30`, `five o'clock`, `noon`.
pub(super) fn time(c: &mut Cursor<'_, '_>) -> Option<Value> {
    if let Some(word) = c.any_word(&["noon", "midnight"]) {
        let seconds = if word.eq_ignore_ascii_case("noon") { 12 * 3600 } else { 0 };
        return Some(Value::Time(Time { seconds, is_open: false }));
    }
    let (hour, minute, second, is_clock) = clock(c)?;
    let half = c.attempt(half_of_day);
    let on_the_hour = minute == 0 && c.attempt(|c| o_clock(c)).is_some();
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(is_pm) => hour % 12 + if is_pm { 12 } else { 0 },
        None if is_clock || on_the_hour => hour % 24,
        None => return None,
    };
    let is_open = half.is_none() && hour <= 12;
    Some(Value::Time(Time { seconds: hour * 3600 + minute * 60 + second, is_open }))
}

/// Reads hour, minute and second, and whether they can only be a time.
fn clock(c: &mut Cursor<'_, '_>) -> Option<(u32, u32, u32, bool)> {
    let Some(hour) = c.count(1..=2, 0..=24) else {
        let hour = number_word(c)?.parse().ok().filter(|hour| (1..=12).contains(hour))?;
        return Some((hour, 0, 0, false));
    };
    let mut is_clock = false;
    let minute = c.attempt(|c| {
        // `17.30` can be a price, so it is a time only with am or pm behind it.
        is_clock = c.sign(&['.']).is_none();
        if is_clock && c.sign(&[':']).is_none() {
            c.any_word(&["h"])?;
        }
        c.count(2..=2, 0..=59)
    });
    let mut dotted = *c;
    let second = minute.and_then(|_| {
        c.attempt(|c| {
            c.sign(&[':'])?;
            c.count(2..=2, 0..=59)
        })
    });
    let goes_on = dotted.sign(&[':', '.', ',']).is_some() && dotted.is_at_digits();
    if second.is_none() && goes_on {
        return None;
    }
    Some((hour, minute.unwrap_or(0), second.unwrap_or(0), is_clock && minute.is_some()))
}

/// Reads `am`, `pm`, `a.m.` or `p.m.` and says whether it is the second half of the day.
fn half_of_day(c: &mut Cursor<'_, '_>) -> Option<bool> {
    c.space();
    if let Some(word) = c.any_word(&["am", "pm"]) {
        return Some(word.eq_ignore_ascii_case("pm"));
    }
    let letter = c.any_word(&["a", "p"])?;
    c.sign(&['.'])?;
    c.any_word(&["m"])?;
    c.sign(&['.']);
    Some(letter.eq_ignore_ascii_case("p"))
}

fn o_clock(c: &mut Cursor<'_, '_>) -> Option<()> {
    c.space()?;
    c.any_word(&["o'clock", "o’clock"]).map(|_| ())
}
