//! Where a person's day begins and ends.

use chrono::{NaiveTime, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

/// The `[hours]` table of a `person.toml`: the time zone, and when nobody is to be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub struct Hours {
    /// The zone that times of day are meant in.
    pub zone: Tz,
    /// From when to when reminders wait, which may cross midnight.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
}

impl Default for Hours {
    fn default() -> Self {
        Self { zone: Tz::UTC, quiet: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    quiet: Option<String>,
}

impl TryFrom<Table> for Hours {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let zone = match &table.zone {
            None => Tz::UTC,
            Some(name) => name
                .parse()
                .map_err(|_| format!("`{name}` is no time zone; write it like \"Europe/Athens\""))?,
        };
        let Some(text) = table.quiet else { return Ok(Self { zone, quiet: None }) };
        let clock = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let quiet = text.split_once('-').and_then(|(from, until)| Some((clock(from)?, clock(until)?)));
        let quiet =
            quiet.ok_or_else(|| format!("`{text}` are no quiet hours; write them like \"20:00-08:00\""))?;
        Ok(Self { zone, quiet: Some(quiet) })
    }
}

impl Hours {
    /// The first moment from `at` (Unix seconds) on that is not in the quiet hours.
    #[must_use]
    pub fn after_quiet(&self, at: i64) -> i64 {
        let Some((from, until)) = self.quiet else { return at };
        let Some(moment) = Utc.timestamp_opt(at, 0).single() else { return at };
        let clock = moment.with_timezone(&self.zone).time();
        let is_quiet =
            if from <= until { from <= clock && clock < until } else { clock >= from || clock < until };
        if !is_quiet {
            return at;
        }
        let (clock, until) =
            (i64::from(clock.num_seconds_from_midnight()), i64::from(until.num_seconds_from_midnight()));
        at + (until - clock).rem_euclid(86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(toml: &str) -> Result<Hours, toml::de::Error> {
        toml::from_str(toml)
    }

    #[test]
    fn what_comes_in_quiet_hours_waits_for_their_end() {
        let hours = hours("zone = \"Europe/Athens\"\nquiet = \"20:00-08:00\"").unwrap();
        // 2026-05-03 in Athens is three hours ahead of UTC.
        let at = |hour: i64, minute: i64| 1_777_766_400 - 3 * 3600 + hour * 3600 + minute * 60;
        for (asked, told) in [
            (at(12, 0), at(12, 0)),
            (at(19, 59), at(19, 59)),
            (at(20, 0), at(32, 0)),
            (at(31, 59), at(32, 0)),
            (at(7, 0), at(8, 0)),
            (at(8, 0), at(8, 0)),
        ] {
            assert_eq!(hours.after_quiet(asked), told, "{asked}");
        }
        assert_eq!(Hours::default().after_quiet(at(3, 0)), at(3, 0));
    }

    #[test]
    fn a_zone_or_hours_that_do_not_exist_are_named() {
        for (toml, word) in [("zone = \"Athens\"", "Europe/Athens"), ("quiet = \"night\"", "20:00-08:00")] {
            let text = hours(toml).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
    }
}
