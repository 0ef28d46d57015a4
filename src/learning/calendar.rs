//! Days as people write them, in Unix seconds (UTC).

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;

/// The first second of a day written as `2026-05-03`; `None` when there is no such day.
#[must_use]
pub fn day_start(text: &str) -> Option<i64> {
    let mut parts = text.trim().splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    civil(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).map(|days| days * DAY_S)
}

/// Unix seconds of a moment such as `2026-05-03T10:15:00Z` or `2026-05-03 10:15`; offsets are understood.
#[must_use]
pub fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    let (day, rest) = text.split_at_checked(10)?;
    let start = day_start(day)?;
    let rest = rest.trim_start_matches(['T', ' ', 't']);
    if rest.is_empty() {
        return Some(start);
    }
    let digits = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(digits)?;
    let offset = match zone.split_at_checked(1) {
        Some((sign @ ("+" | "-"), hours)) => {
            let hours = hours.replace(':', "");
            let (h, m) = hours.split_at_checked(2)?;
            let seconds = h.parse::<i64>().ok()? * 3600 + m.parse::<i64>().unwrap_or(0) * 60;
            if sign == "+" { seconds } else { -seconds }
        }
        _ => 0,
    };
    Some(start + clock_s(clock)? - offset)
}

/// Seconds since midnight of `10:15`, `10:15:30` or `10:15:30.250`.
#[must_use]
pub fn clock_s(text: &str) -> Option<i64> {
    let (seconds, parts) = sixties(text)?;
    Some(if parts == 2 { seconds * 60 } else { seconds })
}

/// Seconds since a beginning of `01:05.250` or `00:01:05,250`: minutes and seconds at least.
#[must_use]
pub fn offset_s(text: &str) -> Option<i64> {
    sixties(text).map(|(seconds, _)| seconds)
}

fn sixties(text: &str) -> Option<(i64, usize)> {
    let text = text.trim().split(['.', ',']).next()?;
    let parts: Vec<&str> = text.split(':').collect();
    let fits = |part: &&str| (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(fits) {
        return None;
    }
    let seconds = parts.iter().try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))?;
    Some((seconds, parts.len()))
}

/// The day of a moment, as `2026-05-03`.
#[must_use]
pub fn day_of(at: i64) -> String {
    let (year, month, day) = date_of(at.div_euclid(DAY_S));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970 of a civil date (<https://howardhinnant.github.io/date_algorithms.html>).
#[must_use]
pub fn civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (date_of(days) == (year, month, day)).then_some(days)
}

/// The civil date of days since 1970.
#[must_use]
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for (text, at) in [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(951_782_400)),
            ("2026-11-24", Some(1_795_478_400)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("24.11.2026", None),
            ("", None),
        ] {
            assert_eq!(day_start(text), at, "{text}");
        }
        for at in [0, 951_782_400, 1_795_478_400] {
            assert_eq!(day_start(&day_of(at)), Some(at));
        }
    }

    #[test]
    fn moments_are_read_with_their_zone() {
        let noon = day_start("2026-05-03").unwrap() + 12 * 3600;
        for text in [
            "2026-05-03T12:00:00Z",
            "2026-05-03 12:00",
            "2026-05-03T14:00:00+02:00",
            "2026-05-03T12:00:00.250Z",
            "2026-05-03T07:00:00-0500",
        ] {
            assert_eq!(moment(text), Some(noon), "{text}");
        }
        assert_eq!(moment("2026-05-03T25"), None);
        assert_eq!(moment("soon"), None);
    }
}
