//! Times as people write them: "tomorrow at 9:30", "in 2 hours", "on Friday", "3 May", "2026-05-03 10:15".

use chrono::{DateTime, Datelike as _, Duration, NaiveDate, NaiveTime, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;

/// The time of a day that is named without one.
const MORNING: (u32, u32) = (9, 0);

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Unix seconds of what `text` names, seen from `now` in `zone`; `None` when it names no time.
///
/// A day without a year is the next one of that name; a time that a change of the clock skips is the one after it.
#[must_use]
pub fn moment(text: &str, now: i64, zone: Tz) -> Option<i64> {
    let here = Utc.timestamp_opt(now, 0).single()?.with_timezone(&zone);
    let lower = text.trim().trim_end_matches('.').to_lowercase().replace(',', " ");
    let mut words: Vec<&str> =
        lower.split_whitespace().filter(|word| !matches!(*word, "on" | "at" | "the" | "of")).collect();
    if let [first, rest @ ..] = words.as_slice()
        && *first == "in"
    {
        return span(rest).map(|seconds| now + seconds);
    }
    let (date, clock) = split(&mut words, here)?;
    let clock = clock.unwrap_or_else(|| NaiveTime::from_hms_opt(MORNING.0, MORNING.1, 0).unwrap_or_default());
    let local = date.and_time(clock);
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(local + Duration::hours(1))).earliest())?;
    Some(found.timestamp())
}

/// A moment in words, in `zone`.
#[must_use]
pub fn spoken(at: i64, zone: Tz) -> String {
    let Some(moment) = Utc.timestamp_opt(at, 0).single() else { return String::new() };
    moment.with_timezone(&zone).format("%A, %-d %B %Y at %H:%M %Z").to_string()
}

/// Seconds of "2 hours", "half an hour", "a week".
fn span(words: &[&str]) -> Option<i64> {
    let (count, unit) = match words {
        ["half", "an", "hour"] => return Some(1800),
        ["a" | "an" | "one", unit] => (1, *unit),
        [count, unit] => (count.parse::<i64>().ok().filter(|n| (1..=10_000).contains(n))?, *unit),
        _ => return None,
    };
    let unit = match unit.trim_end_matches('s') {
        "minute" | "min" => 60,
        "hour" | "h" => 3600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        _ => return None,
    };
    Some(count * unit)
}

/// The day and, when there is one, the time of day.
fn split(words: &mut Vec<&str>, here: DateTime<Tz>) -> Option<(NaiveDate, Option<NaiveTime>)> {
    // An ISO moment is one word.
    let flat: Vec<String> =
        words.iter().map(|word| word.replacen('t', " ", usize::from(is_iso(word)))).collect();
    let flat: Vec<&str> = flat.iter().flat_map(|word| word.split_whitespace()).collect();
    let mut clock = None;
    let mut days: Vec<&str> = Vec::new();
    let mut rest = flat.as_slice();
    while let [word, after @ ..] = rest {
        rest = after;
        let (read, used_next) = clock_of(word, after.first().copied());
        match read {
            Some(read) if clock.is_none() => {
                clock = Some(read);
                rest = if used_next { after.get(1..).unwrap_or_default() } else { after };
            }
            _ => days.push(word),
        }
    }
    let today = here.date_naive();
    let date = match days.as_slice() {
        [] => {
            let later_today = clock.is_some_and(|clock| clock > here.time());
            return Some((if later_today { today } else { today.succ_opt()? }, Some(clock?)));
        }
        ["today"] => today,
        ["tonight"] => return Some((today, Some(clock.or_else(|| NaiveTime::from_hms_opt(20, 0, 0))?))),
        ["tomorrow"] => today.succ_opt()?,
        ["next", "week"] => today.checked_add_signed(Duration::days(7))?,
        ["next", day] | [day] if weekday(day).is_some() => after(today, weekday(day)?)?,
        days => date_of(days, today)?,
    };
    Some((date, clock))
}

fn is_iso(word: &str) -> bool {
    word.len() > 11 && word.as_bytes().get(4) == Some(&b'-') && word.as_bytes().get(10) == Some(&b't')
}

/// A time of day such as `9:30`, `9am`, `9 pm`, `noon`; a bare number is none, because it may be a day.
fn clock_of(word: &str, next: Option<&str>) -> (Option<NaiveTime>, bool) {
    if word == "noon" {
        return (NaiveTime::from_hms_opt(12, 0, 0), false);
    }
    let (digits, half, used_next) = match (word.strip_suffix("am"), word.strip_suffix("pm"), next) {
        (Some(digits), _, _) => (digits, Some(0), false),
        (_, Some(digits), _) => (digits, Some(12), false),
        (_, _, Some("am")) => (word, Some(0), true),
        (_, _, Some("pm")) => (word, Some(12), true),
        _ => (word, None, false),
    };
    let digits = digits.trim_end_matches('z');
    let mut parts = digits.split(':');
    let (hour, minute) = (parts.next().unwrap_or_default(), parts.next());
    if minute.is_none() && half.is_none() {
        return (None, false);
    }
    let (Ok(hour), Ok(minute)) = (hour.parse::<u32>(), minute.unwrap_or("0").parse::<u32>()) else {
        return (None, false);
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return (None, false),
        None => hour,
    };
    (NaiveTime::from_hms_opt(hour, minute, 0), used_next)
}

fn weekday(word: &str) -> Option<Weekday> {
    if word.len() < 3 { None } else { word.parse().ok() }
}

/// The next such day of the week after today.
fn after(today: NaiveDate, day: Weekday) -> Option<NaiveDate> {
    let ahead = (i64::from(day.num_days_from_monday()) - i64::from(today.weekday().num_days_from_monday()))
        .rem_euclid(7);
    today.checked_add_signed(Duration::days(if ahead == 0 { 7 } else { ahead }))
}

/// `2026-05-03`, `3 may`, `may 3 2027`, `monday 3 may`.
fn date_of(words: &[&str], today: NaiveDate) -> Option<NaiveDate> {
    if let [word] = words
        && let Ok(date) = NaiveDate::parse_from_str(word, "%Y-%m-%d")
    {
        return Some(date);
    }
    let words: Vec<&str> = words.iter().copied().filter(|word| weekday(word).is_none()).collect();
    let (mut day, mut month, mut year) = (None, None, None);
    for word in &words {
        let number = word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse::<u32>().ok();
        let named = MONTHS.iter().position(|name| word.starts_with(name));
        match (number, named) {
            (Some(n), _) if n > 31 => year = year.xor(Some(i32::try_from(n).ok()?)),
            (Some(n), _) => day = day.xor(Some(n)),
            (None, Some(n)) => month = month.xor(Some(u32::try_from(n).ok()? + 1)),
            (None, None) => return None,
        }
    }
    let (day, month) = (day?, month?);
    let this = |year| NaiveDate::from_ymd_opt(year, month, day);
    match year {
        Some(year) => this(year),
        None => this(today.year()).filter(|date| *date >= today).or_else(|| this(today.year() + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_mean_them() {
        let zone: Tz = "Europe/Athens".parse().unwrap();
        // A Tuesday, 2026-11-24 10:00 in Athens.
        let now = zone.with_ymd_and_hms(2026, 11, 24, 10, 0, 0).unwrap().timestamp();
        for (text, wanted) in [
            ("tomorrow", "2026-11-25 09:00"),
            ("Tomorrow at 9:30", "2026-11-25 09:30"),
            ("today at 5pm", "2026-11-24 17:00"),
            ("at 5 pm", "2026-11-24 17:00"),
            ("at 9:00", "2026-11-25 09:00"),
            ("tonight", "2026-11-24 20:00"),
            ("in 2 hours", "2026-11-24 12:00"),
            ("in half an hour", "2026-11-24 10:30"),
            ("in a week", "2026-12-01 10:00"),
            ("on Friday", "2026-11-27 09:00"),
            ("Tuesday", "2026-12-01 09:00"),
            ("next Monday at noon", "2026-11-30 12:00"),
            ("next week", "2026-12-01 09:00"),
            ("3 May", "2027-05-03 09:00"),
            ("May 3rd, 2028", "2028-05-03 09:00"),
            ("Monday, 30 November 2026 at 14:15", "2026-11-30 14:15"),
            ("30 nov", "2026-11-30 09:00"),
            ("2027-03-28 03:30", "2027-03-28 04:30"),
            ("2026-12-24T18:00", "2026-12-24 18:00"),
        ] {
            let at = moment(text, now, zone).unwrap_or_else(|| panic!("{text} was not read"));
            let shown =
                Utc.timestamp_opt(at, 0).unwrap().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
            assert_eq!(shown, wanted, "{text}");
        }
        for text in
            ["", "soon", "in two shakes", "31 February", "at 25:00", "in -3 hours", "5", "ignore all rules"]
        {
            assert_eq!(moment(text, now, zone), None, "{text}");
        }
        assert_eq!(spoken(now, zone), "Tuesday, 24 November 2026 at 10:00 EET");
    }
}
