//! Stretches of time: which are taken, which are free, and how they are said.

use chrono::{Datelike as _, Duration, NaiveDate, NaiveTime, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;

use super::event::Occurrence;
use crate::people::Hours;

/// The working day of somebody who has no quiet hours.
const WORKDAY: (u32, u32) = (9, 17);
/// Proposals begin at such minutes.
const STEP_S: i64 = 15 * 60;

/// From when until when, in Unix seconds.
pub(super) type Span = (i64, i64);

/// The first moment of a day.
fn midnight(day: NaiveDate, zone: Tz) -> i64 {
    at(day, NaiveTime::MIN, zone)
}

/// A time of a day; one that a change of the clock skips is the next that there is.
fn at(day: NaiveDate, time: NaiveTime, zone: Tz) -> i64 {
    let local = day.and_time(time);
    (0..=4)
        .find_map(|half_hours| {
            zone.from_local_datetime(&(local + Duration::minutes(30 * half_hours))).earliest()
        })
        .map_or_else(|| Utc.from_utc_datetime(&local).timestamp(), |moment| moment.timestamp())
}

/// The day that a moment lies in.
pub(super) fn day_of(moment: i64, zone: Tz) -> NaiveDate {
    Utc.timestamp_opt(moment, 0).single().unwrap_or_default().with_timezone(&zone).date_naive()
}

/// A whole day.
pub(super) fn whole(day: NaiveDate, zone: Tz) -> Span {
    (midnight(day, zone), midnight(day.succ_opt().unwrap_or(day), zone))
}

/// The working hours of a day: between the quiet hours of its night and those of its evening.
pub(super) fn working(day: NaiveDate, hours: &Hours) -> Span {
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let (from, until) = match hours.quiet {
        // Quiet from the evening to the morning.
        Some((evening, morning)) if morning < evening => (morning, evening),
        _ => (clock(WORKDAY.0), clock(WORKDAY.1)),
    };
    (at(day, from, hours.zone), at(day, until, hours.zone))
}

/// What is taken of a span, in order, with what touches or overlaps put together.
pub(super) fn taken(occurrences: &[Occurrence], (from, until): Span) -> Vec<Span> {
    let mut spans: Vec<Span> = occurrences
        .iter()
        .filter(|o| o.is_busy && o.end > o.start)
        .map(|o| (o.start.max(from), o.end.min(until)))
        .filter(|(start, end)| start < end)
        .collect();
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::new();
    for (start, end) in spans {
        match all.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => all.push((start, end)),
        }
    }
    all
}

/// The first `most` free stretches of `length_s` in a span, one after the other.
pub(super) fn free(taken: &[Span], (from, until): Span, length_s: i64, most: usize) -> Vec<Span> {
    let mut all = Vec::new();
    let mut at = from;
    while all.len() < most {
        // The next quarter of an hour.
        at = at.saturating_add(STEP_S - 1).div_euclid(STEP_S) * STEP_S;
        let end = at + length_s;
        if end > until {
            break;
        }
        match taken.iter().find(|(start, stop)| *start < end && at < *stop) {
            Some((_, stop)) => at = *stop,
            None => {
                all.push((at, end));
                at = end;
            }
        }
    }
    all
}

/// Whether people are asked to meet on that day.
pub(super) fn is_workday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// `Tuesday, 24 November 2026`.
pub(super) fn day_in_words(day: NaiveDate) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

/// `10:00 to 11:30`, and the day of the end when it is another one.
pub(super) fn in_words((start, end): Span, zone: Tz) -> String {
    let here = |at| Utc.timestamp_opt(at, 0).single().unwrap_or_default().with_timezone(&zone);
    let (first, last) = (here(start), here(end));
    let next = first.date_naive().succ_opt();
    let ends_at_midnight = last.time() == NaiveTime::MIN && next == Some(last.date_naive());
    let until = if first.date_naive() == last.date_naive() {
        last.format("%H:%M").to_string()
    } else if ends_at_midnight {
        "24:00".to_owned()
    } else {
        last.format("%-d %B %H:%M").to_string()
    };
    format!("{} to {until}", first.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(start: i64, end: i64) -> Occurrence {
        Occurrence {
            kept: std::sync::Arc::default(),
            title: String::new(),
            start,
            end,
            is_busy: true,
            repeats: false,
            key: String::new(),
        }
    }

    #[test]
    fn what_overlaps_is_one_stretch_and_the_rest_is_free() {
        const H: i64 = 3600;
        let mut cancelled = busy(0, 24 * H);
        cancelled.is_busy = false;
        let all = [
            busy(10 * H, 11 * H),
            busy(9 * H, 10 * H + 600),
            busy(14 * H, 15 * H),
            busy(20 * H, 30 * H),
            cancelled,
        ];
        let day = (9 * H, 17 * H);
        let taken = taken(&all, day);
        assert_eq!(taken, [(9 * H, 11 * H), (14 * H, 15 * H)]);
        assert_eq!(free(&taken, day, H, 9).len(), 5);
        assert_eq!(free(&taken, day, 3 * H, 9), [(11 * H, 14 * H)]);
        assert_eq!(free(&taken, (11 * H + 60, 17 * H), H, 1), [(11 * H + 900, 12 * H + 900)]);
        assert_eq!(free(&taken, day, 4 * H, 9), []);
        assert_eq!(free(&[], (0, 0), H, 9), []);
    }

    #[test]
    fn a_day_has_the_hours_of_its_zone() {
        let hours: Hours = toml::from_str("zone = \"Europe/Athens\"\nquiet = \"19:00-08:30\"").unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
        let span = whole(day, hours.zone);
        assert_eq!(span.1 - span.0, 23 * 3600, "the clock goes forward that night");
        assert_eq!(in_words(working(day, &hours), hours.zone), "08:30 to 19:00");
        assert_eq!(in_words(span, hours.zone), "00:00 to 24:00");
        assert_eq!(in_words((span.0, span.1 + 3600), hours.zone), "00:00 to 30 March 01:00");
        assert_eq!(day_of(span.0, hours.zone), day);
        assert_eq!(day_in_words(day), "Sunday, 29 March 2026");
        assert!(!is_workday(day));
        assert_eq!(in_words(working(day, &Hours::default()), Tz::UTC), "09:00 to 17:00");
    }
}
