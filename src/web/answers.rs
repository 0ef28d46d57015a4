//! What understudies said on a day, with how they came to it, and what their owners say about it.
//!
//! A correction becomes a note of kind `ruling` when whoever makes it says who may be told: then it answers from now on.
//! "Good" and corrections are kept as labelled examples while the owner's consent to learning covers today; without one
//! the judgement is kept and the words are not.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Redirect,
};
use maud::{Markup, html};
use tracing::warn;

use super::{
    Console, Shared,
    form::Fields,
    page::{self, Pages},
    session::SignedIn,
    talk::find,
    trouble::Trouble,
    turn_view::Turn,
};
use crate::{
    domain::{InboxId, Integrity, Readers, Ruling},
    error::told,
    learning::calendar::{DAY_S, day_of, day_start},
    people::Person,
    store::{BadCorrection, CorrectionRow, InboxRow, StoreError, check_correction, now},
};

/// What of a question becomes the title of a ruling on it.
const TITLE_CHARS: usize = 80;
/// Messages on a page.
const SHOWN: u32 = 50;
/// People in the list of people.
const PEOPLE_SHOWN: u32 = 50;

/// The people whose answers the viewer may see, with how much they were asked today.
pub(super) async fn list(
    State(console): State<Shared>,
    signed_in: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let pages = Pages::of(&query, PEOPLE_SHOWN);
    let wanted = query.get("q").to_lowercase();
    let people = console.web.people.everybody().iter();
    let seen = people.filter(|person| signed_in.decides_for(Some(person)));
    let mut seen: Vec<&Person> = seen.filter(|person| person.name.to_lowercase().contains(&wanted)).collect();
    let asked = console.web.store.asked_since(start_of_today()).await?;
    let today =
        |person: &Person| asked.iter().find(|(id, _)| id == person.id.as_str()).map_or(0, |(_, n)| *n);
    // A stable sort: those who were not asked stay in order of their folders.
    seen.sort_by_key(|person| -today(person));
    let mut shown: Vec<&Person> =
        seen.into_iter().skip(pages.skip() as usize).take(PEOPLE_SHOWN as usize + 1).collect();
    let more = pages.cut(&mut shown);
    let body = html! {
        h1 { "Answers" }
        p.lead { "What each understudy said, and how it came to it. One tap says whether it was right." }
        (page::search("/admin/answers", query.get("q"), "Person"))
        @if shown.is_empty() { p.empty { "There is nobody whose answers you may see." } }
        ul.people { @for person in &shown { li {
            a.card.person href={ "/admin/answers/" (person.id) } {
                (page::face(person))
                span.about { span.name { (person.name) } span.role {
                    @match today(person) { 0 => "not asked today", 1 => "asked once today", n => { "asked " (n) " times today" } } } }
            }
        } } }
        (pages.links("/admin/answers", &query, more))
    };
    Ok(page::page("Answers", &signed_in, &body))
}

fn start_of_today() -> i64 {
    now().div_euclid(DAY_S) * DAY_S
}

/// One day of one understudy.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let person = seen(&console, &signed_in, &person)?;
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let day = day_start(query.get("day")).unwrap_or_else(start_of_today);
    let pages = Pages::of(&query, SHOWN);
    let rows = console.web.store.asked_between(&person.id, (day, day + DAY_S), (pages.skip(), SHOWN + 1));
    let mut rows = rows.await?;
    let more = pages.cut(&mut rows);
    let consent = console.web.store.consent_now(&person.id).await?;
    let here = format!("/admin/answers/{}", person.id);
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(entry(&console, &signed_in, person, row, &query).await?);
    }
    let body = html! {
        header.person { (page::face(person)) div { h1 { (person.name) } p.role { "What it said on " (day_of(day)) " (UTC)" } } }
        nav.pages aria-label="Days" {
            a.button rel="prev" href={ (here) "?day=" (day_of(day - DAY_S)) } { "Day before" }
            @if day < start_of_today() { a.button rel="next" href={ (here) "?day=" (day_of(day + DAY_S)) } { "Day after" } }
        }
        @if consent.is_none() {
            p.notice { "No consent to learning covers today, so what you say about an answer is kept without the words. "
                "Whoever runs this installation records one with " code { "understudy person consent" } "." }
        }
        @if entries.is_empty() { p.empty { "Nobody asked on this day." } }
        @for entry in entries { (entry) }
        (pages.links(&here, &query, more))
    };
    Ok(page::page(&person.name, &signed_in, &body))
}

async fn entry(
    console: &Console,
    viewer: &SignedIn,
    person: &Person,
    row: InboxRow,
    query: &Fields,
) -> Result<Markup, StoreError> {
    let (id, channel, outcome) = (row.id, row.channel.clone(), row.outcome.clone());
    let said = console.web.store.replies_to(id, id).await?.into_iter().next();
    let judged = console.web.store.correction(id).await?;
    let turn = Turn::load(console, row).await?;
    let back = format!("/admin/answers/{}/{}?{}", person.id, id, query.but(&[]));
    Ok(html! {
        section.day {
            p.meta { "by " (channel) @if !outcome.is_empty() { " · " (outcome) } }
            (turn.show(viewer, person))
            @if let Some(said) = said { (judgement(person, id, &said.reply.text, judged.as_ref(), &back)) }
        }
    })
}

fn judgement(
    person: &Person,
    id: InboxId,
    said: &str,
    judged: Option<&CorrectionRow>,
    action: &str,
) -> Markup {
    html! {
        div.judge {
            @if let Some(judged) = judged {
                p.meta { span.badge.ok { (judged.verdict) } " says " (judged.actor) " " (page::time(judged.at)) }
                @if !judged.text.is_empty() { p.words.drafted { (judged.text) } }
            }
            div.actions {
                form method="post" action=(action) { button.quiet type="submit" name="verdict" value="good" { "Good answer" } }
                details {
                    summary { "Correct it" }
                    form method="post" action=(action) accept-charset="utf-8" {
                        label for={ "better-" (id) } { "What it should have said" }
                        textarea id={ "better-" (id) } name="text" rows="4" { "\n" (judged.map_or(said, |judged| if judged.text.is_empty() { said } else { &judged.text })) }
                        label for={ "told-" (id) } { "Answer by it from now on" }
                        select id={ "told-" (id) } name="readers" {
                            option value="" { "no, it is only about this answer" }
                            option value="owner" { "to " (person.owner) " alone" }
                            option value="notes" { "to everybody who reads " (person.name) "'s notes" }
                        }
                        button.primary type="submit" name="verdict" value="corrected" { "Keep the correction" }
                    }
                }
            }
        }
    }
}

/// Keeps what the viewer says about one answer.
pub(super) async fn judge(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((person, inbox)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let person = seen(&console, &signed_in, &person)?;
    let store = &console.web.store;
    let inbox = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let row = store.inbox_row(inbox).await?.filter(|row| row.person == person.id);
    let row = row.ok_or_else(Trouble::not_found)?;
    let said = store.replies_to(row.id, row.id).await?.into_iter().next().ok_or_else(Trouble::not_found)?;
    let text = match fields.get("verdict") {
        "good" => None,
        "corrected" => Some(correction(&fields, &said.reply.text)?),
        _ => return Err(Trouble::of_status(StatusCode::BAD_REQUEST)),
    };
    if let Some(ruling) =
        text.as_deref().and_then(|text| ruling(person, &signed_in, &row, text, fields.get("readers")))
        && let Err(e) = (console.web.keep)(ruling).await
    {
        warn!("A ruling could not be kept: {}", told(&e));
        let sentence = "Nothing was kept: the notes are out of reach. Try again in a moment.";
        return Err(Trouble::new(StatusCode::SERVICE_UNAVAILABLE, sentence));
    }
    store.judge_answer(&person.id, inbox, text, signed_in.reader.as_str()).await?;
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    Ok(Redirect::to(&format!("/admin/answers/{}?{}#turn-{inbox}", person.id, query.but(&[]))))
}

/// The note that says so from now on, if somebody is to be told.
fn ruling(person: &Person, by: &SignedIn, row: &InboxRow, text: &str, readers: &str) -> Option<Ruling> {
    let readers = match readers {
        "owner" => Readers::Only([person.owner.clone()].into()),
        "notes" => person.note_readers.clone(),
        _ => return None,
    };
    let question: String = row.text.chars().take(TITLE_CHARS).collect();
    Some(Ruling {
        person: person.id.clone(),
        source: format!("rulings/answer-{}", row.id),
        title: format!(
            "Ruling on \u{201c}{}\u{201d}",
            question.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
        text: text.to_owned(),
        readers,
        integrity: if by.owns(person) { Integrity::Owner } else { Integrity::Admin },
    })
}

fn correction(fields: &Fields, said: &str) -> Result<String, Trouble> {
    let text = fields.lines("text");
    check_correction(&text, said).map_err(|why| {
        let status = match why {
            BadCorrection::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        let next = match why {
            BadCorrection::TooLong(_) => "Go back and shorten it.",
            BadCorrection::Empty | BadCorrection::Same => "Go back and write what it should have said.",
        };
        Trouble::new(status, format!("{why} {next}"))
    })?;
    Ok(text)
}

/// The person, if the viewer may see what their understudy said.
fn seen<'c>(console: &'c Shared, viewer: &SignedIn, person: &str) -> Result<&'c Person, Trouble> {
    let person = find(console, person)?;
    if viewer.decides_for(Some(person)) { Ok(person) } else { Err(Trouble::forbidden()) }
}
