//! Other figures in place of the real ones, the same ones in notes and reply, so that a model learns to copy from
//! the notes instead of knowing by heart.
//!
//! Only what the reply says and a note holds is changed. What the request says stays: a person who says yes to
//! 80 EUR and no to 800 decides by the sum, and another sum would teach the wrong decision. A number keeps its
//! length and its separators, a date its form, a time stays a time; the same seed gives the same figures.

use std::{collections::BTreeMap, ops::Range};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::learning::calendar::{civil, date_of};

const MONTHS: [&str; 24] = [
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
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
];

/// Gives the figures that `reply` takes from `notes` other values, in both and in `earlier`, what the same person
/// said before.
///
/// Figures of the `request`, the message and what others said before it, are left alone wherever they stand.
/// So is a figure of the reply that no note holds: it is no fact that was looked up.
pub(super) fn randomise(
    request: &[&str],
    notes: &mut [&mut String],
    earlier: &mut [&mut String],
    reply: &mut String,
    seed: u64,
) {
    let read = |text: &str| figures(text).into_iter().map(|(_, figure)| figure).collect::<Vec<_>>();
    let asked: Vec<Figure> = request.iter().flat_map(|text| read(text)).collect();
    let noted: Vec<Figure> = notes.iter().flat_map(|text| read(text)).collect();
    let before: Vec<Figure> = earlier.iter().flat_map(|text| read(text)).collect();
    let known = |figure: &Figure| [&asked, &noted, &before].iter().any(|some| some.contains(figure));
    let mut changed: BTreeMap<Figure, Figure> = BTreeMap::new();
    let mut dice = Dice::new(seed);
    for figure in read(reply) {
        if noted.contains(&figure) && !asked.contains(&figure) && !changed.contains_key(&figure) {
            let other = dice.other(&figure, |other| known(other) || changed.values().any(|o| o == other));
            changed.insert(figure, other);
        }
    }
    let said = earlier.iter_mut().map(|text| &mut **text).chain([reply]);
    for text in notes.iter_mut().map(|text| &mut **text).chain(said) {
        *text = replace(text, &changed);
    }
}

/// A figure by its value, so that `1,200` meets `1200`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    /// Digits without separators.
    Number(String),
    /// Days since 1970.
    Date(i64),
    /// Hour and minute.
    Time(u32, u32),
    /// A day beside the name of a month.
    DayOfMonth(u32),
    /// Years move together, by what the first one moved.
    Year(i64),
}

struct Dice {
    rng: StdRng,
    days: i64,
    years: i64,
}

impl Dice {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let days = rng.random_range(20..300) * if rng.random() { 1 } else { -1 };
        let years = rng.random_range(1..4) * if rng.random() { 1 } else { -1 };
        Self { rng, days, years }
    }

    fn other(&mut self, figure: &Figure, taken: impl Fn(&Figure) -> bool) -> Figure {
        for attempt in 0..50 {
            let other = self.roll(figure, attempt);
            if other != *figure && !taken(&other) {
                return other;
            }
        }
        figure.clone()
    }

    fn roll(&mut self, figure: &Figure, attempt: i64) -> Figure {
        match figure {
            Figure::Number(digits) => {
                let rolled = digits.chars().enumerate().map(|(n, digit)| {
                    let least = u32::from(n == 0 && digit != '0');
                    char::from_digit(self.rng.random_range(least..10), 10).unwrap_or(digit)
                });
                Figure::Number(rolled.collect())
            }
            // Dates keep their distances, so that "a week later" stays true.
            Figure::Date(days) => Figure::Date(days + self.days + attempt),
            Figure::Time(..) => Figure::Time(self.rng.random_range(7..20), self.rng.random_range(0..12) * 5),
            Figure::DayOfMonth(_) => Figure::DayOfMonth(self.rng.random_range(1..29)),
            Figure::Year(year) => Figure::Year(year + self.years + attempt),
        }
    }
}

fn replace(text: &str, changed: &BTreeMap<Figure, Figure>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (at, figure) in figures(text) {
        let Some(other) = changed.get(&figure) else { continue };
        replaced.push_str(text.get(from..at.start).unwrap_or_default());
        replaced.push_str(&write(text.get(at.clone()).unwrap_or_default(), other));
        from = at.end;
    }
    replaced.push_str(text.get(from..).unwrap_or_default());
    mend_ordinals(&replaced)
}

/// Writes a value in the form that the old one had.
fn write(old: &str, figure: &Figure) -> String {
    match figure {
        Figure::Number(digits) => {
            let mut digits = digits.chars();
            old.chars().map(|c| if c.is_ascii_digit() { digits.next().unwrap_or(c) } else { c }).collect()
        }
        Figure::Date(days) => {
            let (year, month, day) = date_of(*days);
            match old.split_once('-') {
                Some((head, _)) if head.len() == 4 => format!("{year:04}-{month:02}-{day:02}"),
                _ => {
                    let separator = old.chars().find(|c| !c.is_ascii_digit()).unwrap_or('.');
                    let short = old.rsplit(separator).next().is_some_and(|year| year.len() == 2);
                    let padded = old.starts_with('0');
                    let (day, month) = if padded {
                        (format!("{day:02}"), format!("{month:02}"))
                    } else {
                        (day.to_string(), month.to_string())
                    };
                    let year = if short { format!("{:02}", year % 100) } else { year.to_string() };
                    format!("{day}{separator}{month}{separator}{year}")
                }
            }
        }
        Figure::Time(hour, minute) => format!("{hour:02}:{minute:02}"),
        Figure::DayOfMonth(day) => day.to_string(),
        Figure::Year(year) => year.to_string(),
    }
}

/// The figures of a text with where they stand; citations and marks such as `[1]` are none.
fn figures(text: &str) -> Vec<(Range<usize>, Figure)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(|c: char| c.is_ascii_digit())) {
        let start = from + start;
        let rest = text.get(start..).unwrap_or_default();
        let end = start + token_end(rest);
        let token = text.get(start..end).unwrap_or_default();
        let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        from = end.max(start + 1);
        if before.ends_with('[') && after.starts_with(']') {
            continue;
        }
        found.push((start..end, read(token, before, after)));
    }
    found
}

/// Digits with single separators between them.
fn token_end(text: &str) -> usize {
    let mut end = 0;
    let mut separated = false;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            end = at + 1;
            separated = false;
        } else if ".,:-/'".contains(c) && !separated {
            separated = true;
        } else {
            break;
        }
    }
    end
}

fn read(token: &str, before: &str, after: &str) -> Figure {
    let digits = || token.chars().filter(char::is_ascii_digit).collect::<String>();
    if let Some(days) = date(token) {
        return Figure::Date(days);
    }
    if let Some((hour, minute)) = token.split_once(':')
        && let (Ok(hour @ 0..24), Ok(minute @ 0..60)) = (hour.parse(), minute.parse())
    {
        return Figure::Time(hour, minute);
    }
    let near = |word: Option<&str>| {
        word.is_some_and(|word| {
            MONTHS.contains(&word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase().as_str())
        })
    };
    let ordinal = ["st", "nd", "rd", "th"].iter().find_map(|end| after.strip_prefix(end)).unwrap_or(after);
    let beside_month =
        near(before.split_whitespace().last()) || near(ordinal.split_whitespace().find(|word| *word != "of"));
    match token.parse::<u32>() {
        Ok(day @ 1..=31) if beside_month => Figure::DayOfMonth(day),
        Ok(year @ 1900..=2099) if token.len() == 4 => Figure::Year(year.into()),
        _ => Figure::Number(digits()),
    }
}

/// `2026-05-03`, `03.05.2026`, `3/5/26`.
fn date(token: &str) -> Option<i64> {
    let separator = token.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = token.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let number = |part: &str| part.parse::<i64>().ok();
    if separator == '-' && a.len() == 4 {
        return civil(number(a)?, number(b)?, number(c)?);
    }
    let year = match (separator, c.len()) {
        ('.' | '/' | '-', 4) => number(c)?,
        ('.' | '/', 2) => 2000 + number(c)?,
        _ => return None,
    };
    (a.len() <= 2 && b.len() <= 2).then(|| civil(year, number(b)?, number(a)?))?
}

/// Writes `7rd` as `7th`.
fn mend_ordinals(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in figures(text) {
        let after = text.get(at.end..).unwrap_or_default();
        let ending = after.get(..2).filter(|ending| ["st", "nd", "rd", "th"].contains(ending));
        let goes_on = after.get(2..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
        mended.push_str(text.get(from..at.end).unwrap_or_default());
        from = at.end;
        if ending.is_some() && !goes_on {
            let number = text.get(at.clone()).unwrap_or_default();
            let teen = number.len() >= 2 && number.chars().rev().nth(1) == Some('1');
            mended.push_str(match number.chars().last() {
                Some('1') if !teen => "st",
                Some('2') if !teen => "nd",
                Some('3') if !teen => "rd",
                _ => "th",
            });
            from += 2;
        }
    }
    mended.push_str(text.get(from..).unwrap_or_default());
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn randomised(note: &str, reply: &str, seed: u64) -> (String, String) {
        let (mut note, mut reply) = (note.to_owned(), reply.to_owned());
        randomise(&[], &mut [&mut note], &mut [], &mut reply, seed);
        (note, reply)
    }

    #[test]
    fn figures_of_the_request_stay() {
        let mut note = "A bus costs 640 EUR a day, a coach 80.".to_owned();
        let mut earlier = "a bus is 640".to_owned();
        let mut reply = "yes, 80 is fine, a bus would be 640, call 7315".to_owned();
        randomise(&["may i spend 80 EUR?"], &mut [&mut note], &mut [&mut earlier], &mut reply, 7);
        assert!(reply.starts_with("yes, 80 is fine") && reply.ends_with("call 7315"), "{reply}");
        assert!(note.ends_with("a coach 80."), "{note}");
        let price = note.split(' ').nth(3).unwrap();
        assert_ne!(price, "640");
        assert!(reply.contains(price) && earlier.ends_with(price), "{note} / {earlier} / {reply}");
    }

    #[test]
    fn a_figure_is_changed_in_note_and_reply_alike() {
        for seed in 0..50 {
            let (note, reply) =
                randomised("It costs 1,250 EUR, 40 a head, room B27.", "1250, in b27 [1]", seed);
            let price: String =
                note.split(' ').nth(2).unwrap().chars().filter(char::is_ascii_digit).collect();
            assert_eq!(price.len(), 4);
            assert!(reply.starts_with(&format!("{price}, ")) && reply.ends_with(" [1]"), "{note} / {reply}");
            assert!(note.contains(" 40 a head"), "what the reply does not say stays");
            assert!(!reply.contains("1250") && !reply.contains("b27"), "{reply}");
            let room = reply.split("in b").nth(1).unwrap().split(' ').next().unwrap();
            assert!(note.contains(&format!("B{room}.")), "{note} / {reply}");
        }
    }

    #[test]
    fn dates_and_times_stay_dates_and_times() {
        for seed in 0..50 {
            let (note, reply) = randomised(
                "On 2026-05-03 (03.05.2026) at 09:30, on the 3rd of May.",
                "2026-05-03, 09:30, the 3rd of May",
                seed,
            );
            let day = reply.split(',').next().unwrap();
            assert!(crate::learning::calendar::day_start(day).is_some(), "{reply}");
            assert!(
                note.contains(day) && !note.contains("2026-05-03") && !note.contains("03.05.2026"),
                "{note}"
            );
            let time = reply.split(", ").nth(1).unwrap();
            assert!(note.contains(time) && time.len() == 5, "{note} / {reply}");
            let ordinal = reply.split("the ").nth(1).unwrap();
            assert!(note.contains(ordinal), "{note} / {reply}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_figures() {
        assert_eq!(randomised("12 of 300", "300", 7), randomised("12 of 300", "300", 7));
        assert_ne!(randomised("12 of 300", "300", 7), randomised("12 of 300", "300", 8));
        assert_eq!(randomised("12 of 300", "about 99", 7), ("12 of 300".into(), "about 99".into()));
    }

    #[test]
    fn ordinals_are_spelled_right() {
        assert_eq!(
            mend_ordinals("the 1th, 2st, 11st, 23th, 7rd and 3rdly"),
            "the 1st, 2nd, 11th, 23rd, 7th and 3rdly"
        );
    }

    proptest::proptest! {
        #[test]
        fn text_between_figures_is_never_touched(text in "[a-zäß .,:0-9/-]{0,60}", seed in 0_u64..9) {
            let (note, reply) = randomised(&text, &text, seed);
            proptest::prop_assert_eq!(&note, &reply);
            let bare = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            let ordinals = ["st", "nd", "rd", "th"].iter().any(|end| text.contains(end));
            proptest::prop_assert!(ordinals || bare(&note) == bare(&text));
        }
    }
}
