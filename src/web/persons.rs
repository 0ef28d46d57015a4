//! The people who are stood in for: what answers for them, whether they are paused, what they agreed to, and erasure.
//!
//! Owners see their own, admins everybody. Words are never shown here, counts and dates only.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{
    Console, Shared,
    form::Fields,
    page::{self, Pages},
    pausing, report,
    session::SignedIn,
    talk::find,
    trouble::Trouble,
};
use crate::{
    domain::{Channel, Consent},
    error::{Hint, told},
    learning::calendar::{DAY_S, day_of},
    people::Person,
    store::{Pauses, Receipt},
};

/// People on a page.
const SHOWN: u32 = 50;
/// Where the list lies.
const HERE: &str = "/admin/people";

/// Everybody the viewer decides for.
pub(super) async fn list(
    State(console): State<Shared>,
    signed_in: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let pages = Pages::of(&query, SHOWN);
    let wanted = query.get("q").to_lowercase();
    let people = console.web.people.everybody().iter();
    let mut people: Vec<&Person> = people
        .filter(|person| signed_in.decides_for(Some(person)))
        .filter(|person| format!("{} {}", person.id, person.name.to_lowercase()).contains(&wanted))
        .skip(pages.skip() as usize)
        .take(SHOWN as usize + 1)
        .collect();
    let more = pages.cut(&mut people);
    let pauses = console.web.store.pauses().await?;
    let body = html! {
        h1 { "People" }
        p.lead { "Who is stood in for, what answers for them, and whether they work." }
        @if signed_in.admin { (pausing::everybody(&pauses)) }
        (page::search(HERE, query.get("q"), "Person"))
        @if people.is_empty() { p.empty { "You own no understudy, and nobody else's is shown." } }
        ul.rows { @for person in &people { (entry(&console, person, &pauses)) } }
        (pages.links(HERE, &query, more))
    };
    Ok(page::page("People", &signed_in, &body))
}

fn entry(console: &Console, person: &Person, pauses: &Pauses) -> Markup {
    let here = format!("{HERE}/{}", person.id);
    html! {
        li.row {
            (page::face(person))
            div.what {
                a href=(here) { b { (person.name) } } " " (page::badges(person)) " " (pausing::badge(person, pauses))
                p.meta { (person.role) " · answers with " code { (console.web.steward.adapter_of(person)) } }
            }
            div.actions { (pausing::switch(person, None, pauses, HERE)) }
        }
    }
}

/// One person.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
) -> Result<Markup, Trouble> {
    sheet(&console, &signed_in, &person, None).await
}

async fn sheet(
    console: &Console,
    signed_in: &SignedIn,
    person: &str,
    problem: Option<&str>,
) -> Result<Markup, Trouble> {
    let person = find(console, person)?;
    if !signed_in.decides_for(Some(person)) {
        return Err(Trouble::forbidden());
    }
    let store = &console.web.store;
    let pauses = store.pauses().await?;
    let drafts = store.draft_mode(&person.id, Channel::Console).await?;
    let (consents, receipts) = (store.consents(&person.id).await?, store.receipts(&person.id).await?);
    let stopped = store.stopped(&person.id).await?;
    let here = format!("{HERE}/{}", person.id);
    let body = html! {
        header.person { (page::face(person)) div { h1 { (person.name) " " (page::badges(person)) } p.role { (person.role) " · @" (person.handle) " · owned by " (person.owner) } } }
        @if let Some(problem) = problem { p.notice.bad role="alert" { (problem) } }
        @if stopped.is_some() { p.notice { "This understudy has stopped, because its person withdrew or was erased. It answers again after a new consent, which whoever runs this installation records with `understudy person consent`." } }
        p.links {
            a href={ "/admin/answers/" (person.id) } { "Answers" }
            @if signed_in.admin { a href={ "/admin/tools?q=" (person.id) } { "Permissions" } }
            a href={ "/admin/training?q=" (person.id) } { "Training" }
            a href={ "/report/" (person.id) } { "Evaluation report" }
            @if signed_in.owns(person) { a href={ "/my-data/" (person.id) } { "My data" } }
        }
        h2 { "Working" }
        (pausing::table(person, &pauses, &here))
        form.card.switch method="post" action={ "/admin/draft-mode/" (person.id) } {
            p { b { "Drafts in the console: " } @if drafts { "each reply waits for " (person.owner) "'s yes." } @else { "replies leave at once." } }
            button.quiet type="submit" name="mode" value=(if drafts { "off" } else { "on" }) { "Turn draft mode " (if drafts { "off" } else { "on" }) }
        }
        h2 { "Adapter" }
        div.card {
            p { "Answers with " code { (console.web.steward.adapter_of(person)) } ". The next message gets what serves then." }
            (report::link(signed_in, person))
            div.actions {
                form method="post" action={ (here) "/promote" } { button.primary type="submit" { "Promote the newest" } }
                form method="post" action={ (here) "/rollback" } { button type="submit" { "Roll back" } }
            }
            p.hint { "An adapter serves only if its report says that it is better than the starter with the same notes." }
        }
        h2 { "Consent and retention" }
        (agreed(&consents))
        (destroyed(&receipts))
        @if signed_in.admin { (erasure(person, &here)) }
    };
    Ok(page::page(&person.name, signed_in, &body))
}

fn agreed(consents: &[Consent]) -> Markup {
    html! {
        @if consents.is_empty() { p.empty { "No consent is recorded, so nothing was or is learned." } }
        @for c in consents {
            div.card {
                p { b { (c.purpose) } " from " (c.sources.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "))
                    @if c.withdrawn_at > 0 { " " span.badge.draft { "withdrawn " (day_of(c.withdrawn_at)) } } @else { " " span.badge.ok { "holds" } } }
                p.meta { "words of " (day_of(c.from_at)) " to " (day_of(c.until_at - DAY_S)) " · given " (day_of(c.given_at)) ": " (c.how) }
            }
        }
    }
}

fn destroyed(receipts: &[Receipt]) -> Markup {
    html! {
        p.hint { "What was taken in is destroyed seven days after a training ended and after 30 days in any case." }
        @if !receipts.is_empty() {
            details { summary { "Destroyed so far" }
                @for r in receipts { p.meta { (day_of(r.at)) ": " (r.files) " files of run " (r.run) ", " (r.why) } } }
        }
    }
}

fn erasure(person: &Person, here: &str) -> Markup {
    html! {
        h2 { "Erase" }
        form.card method="post" action={ (here) "/erase" } accept-charset="utf-8" {
            p { "Messages, notes, words, adapters and accounts of " (person.name) " are destroyed so that no byte of them can be found. That can't be undone." }
            label for="word" { "Type \"" (person.id) "\" to go on" }
            input #word name="word" autocomplete="off" required;
            div.actions { button.danger type="submit" { "Erase " (person.name) } }
        }
    }
}

/// Promotes, rolls back or erases.
pub(super) async fn change(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((id, change)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Response> {
    let person = find(&console, &id).map_err(IntoResponse::into_response)?;
    let allowed = if change == "erase" { signed_in.admin } else { signed_in.decides_for(Some(person)) };
    if !allowed {
        return Err(Trouble::forbidden().into_response());
    }
    let (here, steward) = (format!("{HERE}/{}", person.id), &console.web.steward);
    let (store, by) = (&console.web.store, signed_in.reader.as_str());
    let done = match change.as_str() {
        "promote" => steward.promote(&person.id).await,
        "rollback" => steward.roll_back(&person.id).await,
        "erase" => {
            signed_in.confirmed(&console.web, &here).await?;
            if fields.get("word").trim() != person.id.as_str() {
                let words = format!(
                    "Nothing was done, because \"{}\" was not typed. Go back and type it.",
                    person.id
                );
                return Err(Trouble::new(StatusCode::BAD_REQUEST, words).into_response());
            }
            steward.erase(&person.id).await.map(|()| String::new())
        }
        _ => return Err(Trouble::not_found().into_response()),
    };
    match done {
        Ok(_) => {
            let action = format!("person.{change}");
            let noted = store.note_change(&action, person.id.as_str(), by, crate::store::now()).await;
            noted.map_err(|e| Trouble::from(e).into_response())?;
            Ok(Redirect::to(&here).into_response())
        }
        // What a person can mend is said where they were; what only the machine's keeper can is in its log.
        Err(e) if e.downcast_ref::<Hint>().is_some() => {
            let page = sheet(&console, &signed_in, &id, Some(&told(&e))).await;
            Ok((StatusCode::CONFLICT, page.map_err(IntoResponse::into_response)?).into_response())
        }
        Err(e) => {
            tracing::warn!("A change of {} failed: {e:#}", person.id);
            Err(Trouble::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response())
        }
    }
}
