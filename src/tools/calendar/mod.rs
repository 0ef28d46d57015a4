//! `calendar.…`: looks into a person's calendar and books, moves and cancels there.
//!
//! Somebody notices that times are those of the person's zone, that a time which is taken is not booked over, and that
//! of an appointment only the hours are told unless everybody who reads along may know its title. An event's name is
//! derived from the action's key, and each write names the state it is made for, so a crash never books twice and a
//! change by hand is never overwritten. Events that repeat are read, and changed only by hand.

mod dav;
mod event;
mod slots;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;

use self::{
    dav::{Calendar, DavError},
    event::{NewEvent, Occurrence, compose, moved, occurrences},
    slots::Span,
};
use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError, when::moment};
use crate::{
    domain::{Effect, Members, PersonId},
    error::Hint,
    people::People,
};

/// How long an appointment is when nobody says so, and at most, in minutes.
const MINUTES: (i64, i64) = (30, 24 * 60);
/// Most appointments that are listed, and most proposals.
const LISTED: usize = 20;
const PROPOSED: usize = 3;
/// Days that proposals are looked for in.
const DAYS_AHEAD: usize = 14;
/// Longest title that is written.
const TITLE_MAX_CHARS: usize = 200;

/// Everybody's calendars.
#[derive(Default)]
pub struct Calendars(HashMap<PersonId, Calendar>);

impl Calendars {
    /// Reads whose calendar there is, and its password.
    ///
    /// # Errors
    /// When an address is unsafe or a variable is not set.
    pub fn read(people: &People, variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Hint> {
        let mut all = HashMap::new();
        for person in people.everybody() {
            let Some(place) = &person.calendar else { continue };
            let password = super::secret(&person.id, "calendar", &place.password, variable)?;
            all.insert(person.id.clone(), Calendar::new(&place.url, &place.user, password)?);
        }
        Ok(Self(all))
    }

    /// Tries everybody's calendar: whose, and what came of it.
    pub async fn check(&self, now: i64) -> Vec<(PersonId, anyhow::Result<String>)> {
        let mut all = Vec::new();
        for (person, calendar) in &self.0 {
            let tried = calendar.check(now).await;
            let told = tried.map(|n| format!("can be read, {n} appointments in the next 24 hours"));
            all.push((person.clone(), told.map_err(Into::into)));
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }
}

/// The tools, when anybody has a calendar.
#[must_use]
pub fn tools(calendars: Calendars) -> Vec<Arc<dyn Tool>> {
    if calendars.0.is_empty() {
        return Vec::new();
    }
    let calendars = Arc::new(calendars);
    let one = |kind: Kind| {
        Arc::new(CalendarTool { kind, schema: kind.schema(), calendars: Arc::clone(&calendars) })
            as Arc<dyn Tool>
    };
    [Kind::FreeBusy, Kind::List, Kind::Propose, Kind::Create, Kind::Move, Kind::Cancel].map(one).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    FreeBusy,
    List,
    Propose,
    Create,
    Move,
    Cancel,
}

impl Kind {
    fn schema(self) -> Schema {
        match self {
            Self::FreeBusy | Self::List => Schema::texts(&["day"]),
            Self::Propose => Schema::texts(&["day"]).or_whole("minutes"),
            Self::Create => Schema::texts(&["title", "day", "start"]).or_whole("minutes"),
            Self::Move => Schema::texts(&["title", "day", "time"]),
            Self::Cancel => Schema::texts(&["title", "day"]),
        }
    }
}

struct CalendarTool {
    kind: Kind,
    schema: Schema,
    calendars: Arc<Calendars>,
}

#[async_trait]
impl Tool for CalendarTool {
    fn name(&self) -> &str {
        match self.kind {
            Kind::FreeBusy => "calendar.free_busy",
            Kind::List => "calendar.list",
            Kind::Propose => "calendar.propose",
            Kind::Create => "calendar.create",
            Kind::Move => "calendar.move",
            Kind::Cancel => "calendar.cancel",
        }
    }

    fn about(&self) -> &str {
        match self.kind {
            Kind::FreeBusy => "says when somebody has time on a day",
            Kind::List => "lists the appointments of a day",
            Kind::Propose => "proposes free times from a day on",
            Kind::Create => "puts an appointment into the calendar",
            Kind::Move => "moves an appointment of a day to another time",
            Kind::Cancel => "cancels an appointment of a day",
        }
    }

    fn effect(&self) -> Effect {
        match self.kind {
            Kind::FreeBusy | Kind::List | Kind::Propose => Effect::Read,
            // Servers tell the guests of an event by mail.
            Kind::Create | Kind::Move | Kind::Cancel => Effect::Send,
        }
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        match self.kind {
            // What is gone does not tell who took it away.
            Kind::Cancel => Reconcile::Once,
            _ => Reconcile::Repeatable,
        }
    }

    fn quotes(&self) -> bool {
        matches!(self.kind, Kind::List | Kind::Move | Kind::Cancel)
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let Some(calendar) = self.calendars.0.get(&call.person.id) else {
            return Err(not_done(format!(
                "{} has no calendar that I may look into. An admin can name one in person.toml; docs/tools.md shows how.",
                call.person.name
            )));
        };
        let desk = Desk { calendar, call };
        match self.kind {
            Kind::FreeBusy => desk.free_busy().await,
            Kind::List => desk.list().await,
            Kind::Propose => desk.propose().await,
            Kind::Create => desk.create().await,
            Kind::Move => desk.relocate().await,
            Kind::Cancel => desk.cancel().await,
        }
    }
}

/// One call at one calendar.
struct Desk<'d> {
    calendar: &'d Calendar,
    call: &'d Call<'d>,
}

impl Desk<'_> {
    async fn free_busy(&self) -> Result<Outcome, ToolError> {
        self.told_to_known()?;
        let (day, hours) = (self.day("day")?, &self.call.person.hours);
        let span = slots::whole(day, hours.zone);
        let taken = slots::taken(&self.during(span).await?, span);
        let (name, words) = (&self.call.person.name, slots::day_in_words(day));
        let told = if taken.is_empty() {
            format!("{name} has nothing in the calendar on {words}.")
        } else {
            let times: Vec<String> = taken.iter().map(|span| slots::in_words(*span, hours.zone)).collect();
            format!("On {words}, {name} is busy from {} ({}).", times.join(", from "), hours.zone)
        };
        Ok(looked(told, &taken))
    }

    async fn list(&self) -> Result<Outcome, ToolError> {
        self.told_to_both()?;
        let (day, zone) = (self.day("day")?, self.call.person.hours.zone);
        let span = slots::whole(day, zone);
        let all = self.during(span).await?;
        let (name, words) = (&self.call.person.name, slots::day_in_words(day));
        if all.is_empty() {
            return Ok(looked(format!("{name} has nothing in the calendar on {words}."), &[]));
        }
        let line = |o: &Occurrence| {
            let (start, end) = (o.start.max(span.0), o.end.min(span.1));
            let when =
                if (start, end) == span { "all day".to_owned() } else { slots::in_words((start, end), zone) };
            format!("{when}: {}", shown(&o.title))
        };
        let lines: Vec<String> = all.iter().take(LISTED).map(line).collect();
        let more = all.len().saturating_sub(LISTED);
        let more = if more > 0 { format!("\nAnd {more} more.") } else { String::new() };
        let told = format!("{words} ({zone}):\n{}{more}", lines.join("\n"));
        Ok(Outcome { told, receipt: format!("{} appointments", all.len()), found: Vec::new() })
    }

    async fn propose(&self) -> Result<Outcome, ToolError> {
        self.told_to_known()?;
        let (first, length_s) = (self.day("day")?, self.minutes()? * 60);
        let proposed = self.proposals(first, length_s).await?;
        let name = &self.call.person.name;
        if proposed.is_empty() {
            let told = format!(
                "{name} has no such time in the {DAYS_AHEAD} days from {}.",
                slots::day_in_words(first)
            );
            return Ok(looked(told, &[]));
        }
        let told = format!("{name} has time on {}.", self.listed(&proposed));
        Ok(looked(told, &proposed))
    }

    async fn create(&self) -> Result<Outcome, ToolError> {
        let title: String = self.call.text("title").chars().take(TITLE_MAX_CHARS).collect();
        let (day, start) = (self.call.text("day"), self.call.text("start"));
        let start = self.moment(&format!("{day} at {start}"))?;
        let span = (start, start + self.minutes()? * 60);
        let uid = self.call.mark.to_string();
        let href = self.calendar.href(&uid);
        let booked = || Outcome {
            told: format!(
                "I've put \"{}\" into the calendar of {}: {}.",
                shown(&title),
                self.call.person.name,
                self.spoken(span)
            ),
            receipt: format!("event {uid}"),
            found: Vec::new(),
        };
        // A try before this one may have come as far as the server.
        if self.calendar.get(&href).await.map_err(read)?.is_some_and(|kept| event::uid(&kept.text) == uid) {
            return Ok(booked());
        }
        self.is_free(span, None).await?;
        let new =
            NewEvent { uid: &uid, key: &uid, title: &title, start: span.0, end: span.1, now: self.call.now };
        self.calendar.put(&href, compose(new), None).await.map_err(wrote)?;
        Ok(booked())
    }

    async fn relocate(&self) -> Result<Outcome, ToolError> {
        self.told_to_both()?;
        let (day, zone) = (self.day("day")?, self.call.person.hours.zone);
        let to = self.moment(self.call.text("time"))?;
        let moved_to = |o: &Occurrence, span| Outcome {
            told: format!("I've moved \"{}\" to {}.", shown(&o.title), self.spoken(span)),
            receipt: format!("event {}", event::uid(&o.kept.text)),
            found: Vec::new(),
        };
        let mark = self.call.mark.to_string();
        // A try before this one may have come as far as the server.
        let there = self.during(slots::whole(slots::day_of(to, zone), zone)).await?;
        if let Some(o) = there.iter().find(|o| o.key == mark && o.start == to) {
            return Ok(moved_to(o, (o.start, o.end)));
        }
        let found = self.named(day).await?;
        let span = (to, to + (found.end - found.start));
        self.is_free(span, Some(&found.kept.href)).await?;
        let text = moved(&found.kept.text, span, &mark, self.call.now).ok_or_else(|| {
            not_done(
                "That appointment can't be read as a whole, so I moved nothing. Move it by hand.".to_owned(),
            )
        })?;
        self.calendar.put(&found.kept.href, text, Some(&found.kept.etag)).await.map_err(wrote)?;
        Ok(moved_to(&found, span))
    }

    async fn cancel(&self) -> Result<Outcome, ToolError> {
        self.told_to_both()?;
        let found = self.named(self.day("day")?).await?;
        self.calendar.delete(&found.kept.href, &found.kept.etag).await.map_err(wrote)?;
        let (title, when) = (shown(&found.title), self.spoken((found.start, found.end)));
        Ok(Outcome {
            told: format!(
                "I've taken \"{title}\" out of the calendar of {}; it was on {when}.",
                self.call.person.name
            ),
            receipt: format!("event {}", event::uid(&found.kept.text)),
            found: Vec::new(),
        })
    }

    /// The one appointment of a day that is meant and can be changed here.
    async fn named(&self, day: NaiveDate) -> Result<Occurrence, ToolError> {
        let title = self.call.text("title").to_lowercase();
        let mut all = self.during(slots::whole(day, self.call.person.hours.zone)).await?;
        all.retain(|o| o.title.to_lowercase().contains(&title));
        let words = slots::day_in_words(day);
        let found = match all.as_slice() {
            [] => {
                return Err(not_done(format!(
                    "I find no such appointment on {words}, so I did nothing. Tell me its title and its day."
                )));
            }
            [one] => one.clone(),
            many => {
                let n = many.len();
                return Err(not_done(format!(
                    "{n} appointments on {words} have that title, so I did nothing. Tell me more of the title."
                )));
            }
        };
        if found.repeats {
            return Err(not_done(
                "That appointment repeats, and I change only single ones. Change it by hand.".to_owned(),
            ));
        }
        if found.kept.etag.is_empty() {
            let told = "The calendar does not say which state that appointment has, so I did nothing. Change it by hand.";
            return Err(not_done(told.to_owned()));
        }
        Ok(found)
    }

    /// Refuses a time that is taken, with times that are not.
    async fn is_free(&self, span: Span, but: Option<&str>) -> Result<(), ToolError> {
        let mut all = self.during(span).await?;
        all.retain(|o| Some(o.kept.href.as_str()) != but);
        if slots::taken(&all, span).is_empty() {
            return Ok(());
        }
        let day = slots::day_of(span.0, self.call.person.hours.zone);
        let others = self.proposals(day, span.1 - span.0).await?;
        let next = if others.is_empty() {
            "Tell me another day.".to_owned()
        } else {
            format!("Free would be {}.", self.listed(&others))
        };
        let name = &self.call.person.name;
        Err(not_done(format!("{name} is busy then ({}), so I did nothing. {next}", self.spoken(span))))
    }

    /// Free times from a day on, in working hours, one a day unless there are too few days.
    async fn proposals(&self, first: NaiveDate, length_s: i64) -> Result<Vec<Span>, ToolError> {
        let hours = &self.call.person.hours;
        let days: Vec<NaiveDate> =
            first.iter_days().take(DAYS_AHEAD).filter(|day| slots::is_workday(*day)).collect();
        let (Some(from), Some(until)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
        let whole = (slots::whole(*from, hours.zone).0, slots::whole(*until, hours.zone).1);
        let taken = slots::taken(&self.during(whole).await?, whole);
        let mut proposed = Vec::new();
        for day in days {
            let (from, until) = slots::working(day, hours);
            let from = from.max(self.call.now);
            proposed.extend(slots::free(&taken, (from, until), length_s, PROPOSED - proposed.len()));
            if proposed.len() == PROPOSED {
                break;
            }
        }
        Ok(proposed)
    }

    async fn during(&self, span: Span) -> Result<Vec<Occurrence>, ToolError> {
        let kept = self.calendar.between(span.0, span.1).await.map_err(read)?;
        let zone = self.call.person.hours.zone;
        // Counting repeats of hostile events takes its time, which is not the other messages'.
        let all = tokio::task::spawn_blocking(move || occurrences(&kept, span, zone)).await;
        all.map_err(|_| {
            not_done("The calendar holds something that I can't read. Look into it by hand.".to_owned())
        })
    }

    fn day(&self, argument: &str) -> Result<NaiveDate, ToolError> {
        Ok(slots::day_of(self.moment(self.call.text(argument))?, self.call.person.hours.zone))
    }

    fn moment(&self, words: &str) -> Result<i64, ToolError> {
        moment(words, self.call.now, self.call.person.hours.zone).ok_or_else(|| {
            let shown: String = words.chars().take(40).collect();
            not_done(format!(
                "I can't tell when \"{shown}\" is, so I did nothing. Say it like \"tomorrow at 9:30\" or \"3 May at 14:00\"."
            ))
        })
    }

    fn minutes(&self) -> Result<i64, ToolError> {
        let minutes =
            self.call.arguments.get("minutes").and_then(serde_json::Value::as_i64).unwrap_or(MINUTES.0);
        if (1..=MINUTES.1).contains(&minutes) {
            return Ok(minutes);
        }
        Err(not_done(format!("An appointment of {minutes} minutes can't be. Tell me 1 to {}.", MINUTES.1)))
    }

    fn listed(&self, spans: &[Span]) -> String {
        let all: Vec<String> = spans.iter().map(|span| self.spoken(*span)).collect();
        all.join("; ")
    }

    /// `Tuesday, 24 November 2026, 10:00 to 11:00 (Europe/Athens)`.
    fn spoken(&self, span: Span) -> String {
        let zone = self.call.person.hours.zone;
        let day = slots::day_in_words(slots::day_of(span.0, zone));
        format!("{day}, {} ({zone})", slots::in_words(span, zone))
    }

    /// Hours are for whoever an admin has allowed to ask, not for people whom nobody knows.
    fn told_to_known(&self) -> Result<(), ToolError> {
        match self.call.request.audience.members {
            Members::Known(_) => Ok(()),
            Members::SomeUnknown => Err(not_done(
                "I don't know everybody who reads along, so I leave the calendar closed. Ask me in a direct message.".to_owned(),
            )),
        }
    }

    /// Titles are for the person and whoever was allowed to ask.
    fn told_to_both(&self) -> Result<(), ToolError> {
        if self.call.request.audience.may_read(&self.call.both()) {
            return Ok(());
        }
        Err(not_done(
            "Not everybody here may know what is in the calendar. Ask me in a direct message.".to_owned(),
        ))
    }
}

/// A title in a sentence of ours: one line, not too long, and without what could be read as mark-up.
fn shown(title: &str) -> String {
    let title: String = title.chars().map(|c| if "<>[]|`".contains(c) { ' ' } else { c }).collect();
    let line: String = title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    if line.is_empty() { "(no title)".to_owned() } else { line.replace('"', "'") }
}

fn looked(told: String, spans: &[Span]) -> Outcome {
    Outcome { told, receipt: format!("{} times", spans.len()), found: Vec::new() }
}

fn not_done(told: String) -> ToolError {
    ToolError::NotDone(told)
}

fn read(e: DavError) -> ToolError {
    not_done(format!("I can't look into the calendar now ({e}), so I did nothing. Ask me again later."))
}

fn wrote(e: DavError) -> ToolError {
    match e {
        DavError::Changed => not_done(
            "The calendar was changed by somebody else meanwhile, so I did nothing. Ask me again.".to_owned(),
        ),
        DavError::Refused(why) => not_done(format!(
            "The calendar took nothing ({why}), so nothing is changed. An admin can look with `understudy doctor`."
        )),
        DavError::Unclear(why) => ToolError::Unknown(format!(
            "The calendar broke off ({why}), so I can't say whether it is changed. Look into it before you ask again."
        )),
    }
}
