//! iCalendar (RFC 5545) as far as a calendar is read and written here: when something is, what it is called, who made it.

use std::sync::Arc;

use calcard::{
    Entry, Parser,
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty,
        ICalendarStatus, ICalendarTransparency, ICalendarValue,
    },
};
use chrono_tz::Tz;

use super::dav::Kept;

/// Most occurrences of one event that are counted from its beginning; a daily one reaches 50 years.
const OCCURRENCES_MAX: usize = 20_000;
/// The property that holds which action wrote the event last.
const KEY: &str = "X-UNDERSTUDY-ACTION";

/// One time that an event takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// The event, as the server keeps it.
    pub kept: Arc<Kept>,
    /// What it is called; somebody else's words.
    pub title: String,
    /// From when, in Unix seconds.
    pub start: i64,
    /// Until when, in Unix seconds.
    pub end: i64,
    /// Whether it takes up time: neither cancelled nor marked as free.
    pub is_busy: bool,
    /// Whether it takes place more than once.
    pub repeats: bool,
    /// Which of our actions wrote it last; empty when none did.
    pub key: String,
}

/// Everything that takes place between two moments, in order; what can't be read is left out.
///
/// Times without a zone are meant in `zone`.
pub(super) fn occurrences(kept: &[Kept], (from, until): (i64, i64), zone: Tz) -> Vec<Occurrence> {
    let mut all: Vec<Occurrence> = kept.iter().flat_map(|kept| of_one(kept, (from, until), zone)).collect();
    all.sort_by(|a, b| (a.start, a.end, &a.kept.href).cmp(&(b.start, b.end, &b.kept.href)));
    all
}

fn of_one(kept: &Kept, (from, until): (i64, i64), zone: Tz) -> Vec<Occurrence> {
    let Some(calendar) = parse(&kept.text) else { return Vec::new() };
    // Of one text there may be thousands of occurrences.
    let kept = Arc::new(kept.clone());
    let repeats = calendar.components.iter().any(ICalendarComponent::is_recurrent_or_override);
    let expanded = calendar.expand_dates(zone, OCCURRENCES_MAX);
    let one = |event: calcard::icalendar::dates::CalendarEvent<_, _>| {
        let component = calendar.component_by_id(event.comp_id)?;
        if component.component_type != ICalendarComponentType::VEvent {
            return None;
        }
        let (start, end) = event.timestamps();
        let end = if has_end(component) { end } else { start };
        // What has no length takes place when it begins.
        let touches = start < until && (end > from || (start == end && start >= from));
        touches.then(|| Occurrence {
            kept: Arc::clone(&kept),
            title: text(component, &ICalendarProperty::Summary),
            start,
            end,
            is_busy: component.status() != Some(&ICalendarStatus::Cancelled)
                && component.transparency() != Some(&ICalendarTransparency::Transparent),
            repeats,
            key: text(component, &ICalendarProperty::Other(KEY.to_owned())),
        })
    };
    expanded.events.into_iter().filter_map(one).collect()
}

/// Without an end, an event of whole days takes one day, and one with a time no time (RFC 5545, 3.6.1).
fn has_end(component: &ICalendarComponent) -> bool {
    let is_whole_day = component
        .property(&ICalendarProperty::Dtstart)
        .and_then(|entry| entry.values.first()?.as_partial_date_time())
        .is_some_and(|start| !start.has_time());
    is_whole_day
        || component.has_property(&ICalendarProperty::Dtend)
        || component.has_property(&ICalendarProperty::Duration)
}

fn text(component: &ICalendarComponent, property: &ICalendarProperty) -> String {
    let value = component.property(property).and_then(|entry| entry.values.first()?.as_text());
    value.unwrap_or_default().trim().to_owned()
}

fn parse(text: &str) -> Option<ICalendar> {
    let mut parser = Parser::new(text);
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => return Some(calendar),
            Entry::Eof => return None,
            _ => {}
        }
    }
}

/// What is written of a new event.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewEvent<'e> {
    pub uid: &'e str,
    pub key: &'e str,
    pub title: &'e str,
    pub start: i64,
    pub end: i64,
    pub now: i64,
}

/// A new event as iCalendar text, its times in UTC, which every calendar shows in its own zone.
pub(super) fn compose(new: NewEvent<'_>) -> String {
    let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
    event.add_uid(new.uid);
    event.add_dtstamp(PartialDateTime::from_utc_timestamp(new.now));
    event.add_property(ICalendarProperty::Dtstart, PartialDateTime::from_utc_timestamp(new.start));
    event.add_property(ICalendarProperty::Dtend, PartialDateTime::from_utc_timestamp(new.end));
    event.add_property(ICalendarProperty::Summary, new.title);
    event.add_property(ICalendarProperty::Other(KEY.to_owned()), new.key);
    let mut calendar = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    calendar.add_property(ICalendarProperty::Version, "2.0");
    calendar.add_property(ICalendarProperty::Prodid, "-//understudy//EN");
    calendar.component_ids.push(1);
    ICalendar { components: vec![calendar, event] }.to_string()
}

/// The text of an event that takes place once, at another time; everything else of it stays. `None` when it can't be read.
pub(super) fn moved(kept: &str, (start, end): (i64, i64), key: &str, now: i64) -> Option<String> {
    let mut calendar = parse(kept)?;
    let is_event =
        |component: &&mut ICalendarComponent| component.component_type == ICalendarComponentType::VEvent;
    let event = calendar.components.iter_mut().find(is_event)?;
    let sequence = event
        .property(&ICalendarProperty::Sequence)
        .and_then(|entry| entry.values.first()?.as_integer())
        .unwrap_or(0);
    let ours = ICalendarProperty::Other(KEY.to_owned());
    event.entries.retain(|entry| {
        let changed = [
            ICalendarProperty::Dtstart,
            ICalendarProperty::Dtend,
            ICalendarProperty::Duration,
            ICalendarProperty::Dtstamp,
            ICalendarProperty::LastModified,
            ICalendarProperty::Sequence,
        ];
        !changed.contains(&entry.name) && entry.name != ours
    });
    let at = |name, at| ICalendarEntry::new(name).with_value(PartialDateTime::from_utc_timestamp(at));
    event.entries.extend([
        at(ICalendarProperty::Dtstart, start),
        at(ICalendarProperty::Dtend, end),
        at(ICalendarProperty::Dtstamp, now),
        at(ICalendarProperty::LastModified, now),
        ICalendarEntry::new(ICalendarProperty::Sequence)
            .with_value(ICalendarValue::Integer(sequence.saturating_add(1))),
        ICalendarEntry::new(ours).with_value(key),
    ]);
    Some(calendar.to_string())
}

/// The UID of an event as it is kept; empty when it has none.
pub(super) fn uid(kept: &str) -> String {
    let calendar = parse(kept);
    calendar.and_then(|calendar| calendar.uids().next().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn athens() -> Tz {
        "Europe/Athens".parse().unwrap()
    }

    fn at(y: i32, m: u32, d: u32, hour: u32, minute: u32) -> i64 {
        athens().with_ymd_and_hms(y, m, d, hour, minute, 0).unwrap().timestamp()
    }

    fn found(lines: &str, span: (i64, i64)) -> Vec<Occurrence> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u1\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            lines.replace('\n', "\r\n")
        );
        occurrences(&[Kept { text, ..Kept::default() }], span, athens())
    }

    #[test]
    fn events_are_found_at_the_time_they_are_meant() {
        let day = (at(2026, 11, 24, 0, 0), at(2026, 11, 25, 0, 0));
        let ten = (at(2026, 11, 24, 10, 0), at(2026, 11, 24, 11, 0));
        for lines in [
            "DTSTART:20261124T080000Z\nDTEND:20261124T090000Z",
            "DTSTART;TZID=Europe/Athens:20261124T100000\nDTEND;TZID=Europe/Athens:20261124T110000",
            "DTSTART;TZID=Europe/London:20261124T080000\nDURATION:PT1H",
            "DTSTART:20261124T100000\nDTEND:20261124T110000",
            // Every Tuesday since years ago, across changes of the clock.
            "DTSTART;TZID=Europe/Athens:20230103T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
            "DTSTART;TZID=Europe/Athens:19990105T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
        ] {
            let all = found(lines, day);
            assert_eq!(all.iter().map(|o| (o.start, o.end)).collect::<Vec<_>>(), [ten], "{lines}");
            assert!(all[0].is_busy);
        }
        let whole = found("DTSTART;VALUE=DATE:20261124", day);
        assert_eq!((whole[0].start, whole[0].end), day);
        let short = found("DTSTART:20261124T080000Z", day);
        assert_eq!(short[0].start, short[0].end, "no end, no length");
        for free in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"] {
            assert!(!found(&format!("DTSTART;VALUE=DATE:20261124\n{free}"), day)[0].is_busy, "{free}");
        }
        for other in ["DTSTART:20261125T080000Z\nDURATION:PT1H", "DTSTART:nonsense", "SUMMARY:without a time"]
        {
            assert_eq!(found(other, day), [], "{other}");
        }
    }

    #[test]
    fn an_event_without_end_to_its_repeating_is_not_counted_for_ever() {
        let day = (at(2026, 11, 24, 0, 0), at(2026, 11, 25, 0, 0));
        let started = std::time::Instant::now();
        assert_eq!(found("DTSTART:19700101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY", day), []);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }

    #[test]
    fn a_title_that_looks_like_icalendar_stays_a_title() {
        let title = "Lunch; with, commas\\ and\nEND:VEVENT\nRRULE:FREQ=DAILY";
        let (start, end) = (at(2026, 11, 24, 10, 0), at(2026, 11, 24, 11, 0));
        let text = compose(NewEvent { uid: "u1", key: "act-1-1", title, start, end, now: 0 });
        let kept = [Kept { text: text.clone(), ..Kept::default() }];
        let all = occurrences(&kept, (start, end), athens());
        assert_eq!((all.len(), all[0].repeats), (1, false), "{text}");
        assert_eq!((all[0].title.as_str(), all[0].key.as_str()), (title, "act-1-1"), "{text}");
        assert_eq!(uid(&text), "u1");

        let later = (start + 3600, end + 3600);
        let text = moved(&text, later, "act-2-1", 5).unwrap();
        let kept = [Kept { text: text.clone(), ..Kept::default() }];
        let all = occurrences(&kept, later, athens());
        assert_eq!((all[0].start, all[0].end, all[0].key.as_str()), (later.0, later.1, "act-2-1"), "{text}");
        assert_eq!((all[0].title.as_str(), uid(&text).as_str()), (title, "u1"));
        assert!(text.contains("SEQUENCE:1"), "{text}");
    }
}
