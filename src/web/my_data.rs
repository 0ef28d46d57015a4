//! "My data": the person sees every example that was made from their words, takes one out, or withdraws altogether.
//!
//! Only the owner of an understudy sees this page, no admin: these are their words. Other people in them have other
//! names already. Nothing is kept here; a veto holds when the data set is made anew.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Redirect,
};
use maud::{Markup, html};

use super::{Shared, form::Fields, page, report, session::SignedIn, talk::find, trouble::Trouble};
use crate::{
    error::Hint,
    learning::{
        Call, Example,
        calendar::{DAY_S, day_of},
        cases::{Case, Split},
        collection::{self, DataSet},
        consent, retention,
    },
    people::Person,
    store::now,
};

/// Examples on a page.
const SHOWN: usize = 25;
/// The word that a withdrawal asks for, so that no slip of the finger destroys anything.
const WITHDRAW: &str = "withdraw";

/// The people whose data the viewer may see.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Markup {
    let own = console.web.people.everybody().iter().filter(|person| signed_in.owns(person));
    let cards: Vec<Markup> = own.map(card).collect();
    let body = html! {
        h1 { "My data" }
        p.lead { "What was learned from your words. Nobody else sees these pages." }
        @if cards.is_empty() { p.empty { "You own no understudy, so nothing was learned from you." } }
        ul.people { @for card in cards { li { (card) } } }
    };
    page::page("My data", &signed_in, &body)
}

fn card(person: &Person) -> Markup {
    html! {
        a.card.person href={ "/my-data/" (person.id) } {
            (page::face(person))
            span.about { span.name { (person.name) } span.role { "Consent, examples, withdrawal" } }
        }
    }
}

/// Everything of one person.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let person = owned(&console, &signed_in, &person)?;
    let (store, vault) = (&console.web.store, &console.web.vault);
    let set = collection::data_set(store, vault, &person.id).await.map_err(|e| unreadable(&e))?;
    let stopped = store.stopped(&person.id).await?;
    let consents = store.consents(&person.id).await?;
    let receipts = store.receipts(&person.id).await?;
    let page = Fields::of_query(query.as_deref().unwrap_or_default()).get("page").parse().unwrap_or(1_usize);
    let body = html! {
        h1 { "My data: " (person.name) }
        (report::link(&signed_in, person))
        @if stopped.is_some() {
            p.notice { "Your understudy has stopped. To let it answer again, tell whoever runs this installation that you agree; they record it with `understudy person consent`." }
        }
        h2 { "What you agreed to" }
        @if consents.is_empty() { p.empty { "You have agreed to nothing, so nothing was learned from you." } }
        @for c in &consents {
            div.card {
                p { b { (c.purpose) } " from " (c.sources.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")) }
                p.meta { (day_of(c.from_at)) " to " (day_of(c.until_at - DAY_S)) " · given " (day_of(c.given_at)) ": " (c.how)
                    @if c.withdrawn_at > 0 { " · withdrawn " (day_of(c.withdrawn_at)) } }
            }
        }
        details { summary { "The text that this is about" } p.words { (consent::TEXT) } }
        h2 { "Examples" }
        (examples(person, set.as_ref(), page))
        h2 { "Destroyed" }
        @if receipts.is_empty() { p.hint { "Nothing yet." } }
        @for r in &receipts { p.meta { (day_of(r.at)) ": " (r.files) " files of run " (r.run) ", " (r.why) } }
        @if stopped.is_none() { (withdrawal(person)) }
    };
    Ok(page::page("My data", &signed_in, &body))
}

fn withdrawal(person: &Person) -> Markup {
    html! {
        h2 { "Withdraw" }
        form.card method="post" action={ "/my-data/" (person.id) "/withdraw" } accept-charset="utf-8" {
            p { "Your understudy stops with the next message. Words, examples and adapter are destroyed at once; that can't be undone." }
            label for="word" { "Type \"" (WITHDRAW) "\" to go on" }
            input #word name="word" autocomplete="off" required;
            div.actions { button.danger type="submit" { "Withdraw my consent" } }
        }
    }
}

fn examples(person: &Person, set: Option<&DataSet>, page: usize) -> Markup {
    let Some(set) = set else {
        return html! { p.empty { "There are no examples of you." } };
    };
    let all: Vec<&Case> = set.cases.iter().chain(&set.exam).rev().collect();
    let pages = all.len().div_ceil(SHOWN).max(1);
    let page = page.clamp(1, pages);
    let until = day_of(set.run.first_intake_at + retention::AT_MOST_S);
    html! {
        p.lead { (all.len()) " examples, newest first. They are destroyed on " (until) " at the latest." }
        @for case in all.iter().skip((page - 1) * SHOWN).take(SHOWN) { (entry(person, case, page)) }
        @if pages > 1 {
            nav.actions aria-label="Pages of examples" {
                @if page > 1 { a.button href={ "/my-data/" (person.id) "?page=" (page - 1) } { "Newer" } }
                p.meta { "Page " (page) " of " (pages) }
                @if page < pages { a.button href={ "/my-data/" (person.id) "?page=" (page + 1) } { "Older" } }
            }
        }
    }
}

fn entry(person: &Person, case: &Case, page: usize) -> Markup {
    let purpose = match case.split {
        Split::Train => "to learn from",
        Split::Dev => "to choose settings with",
        Split::Exam => "sealed for the exam",
    };
    let Example { requester, thread, message, call, .. } = &case.example;
    html! {
        article.card id={ "example-" (case.id) } {
            p.meta { (day_of(case.t)) " · " (case.source) " · " (purpose) @if case.synthetic { " · the question is made up" } }
            @if !thread.is_empty() {
                details { summary { "Earlier in the thread" } @for (who, what) in thread { p.words { b { (who) ": " } (what) } } }
            }
            p.words { b { (requester) ": " } (message) }
            (answer(call))
            form method="post" action={ "/my-data/" (person.id) "/veto/" (case.id) "?page=" (page) } {
                button.quiet.danger type="submit" { "Take this out" }
            }
        }
    }
}

fn answer(call: &Call) -> Markup {
    html! {
        @match call {
            Call::Reply { notes, reply } => {
                p.words.drafted { b { "You: " } (reply) }
                @if !notes.is_empty() {
                    details { summary { "Notes at that time, figures made up" }
                        @for note in notes { p.words { b { (note.title) } "\n" (note.text) } } }
                }
            }
            Call::Queries { queries } => p.words.drafted { b { "What you would look up: " } (queries.join(" · ")) },
            Call::Rerank { note, answers } => {
                p.words.drafted { (note) "\n" b { @if *answers { "It answers this." } @else { "It does not answer this." } } }
            }
            Call::Verdict { clause, why, .. } => p.words.drafted { (clause) "\n" (why) },
            Call::Step { step, .. } => p.words.drafted { (step) },
        }
    }
}

/// Takes one example out.
pub(super) async fn veto(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((person, case)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Redirect, Trouble> {
    let person = owned(&console, &signed_in, &person)?;
    collection::veto(&console.web.store, &console.web.vault, &person.id, &case, now()).await.map_err(
        |e| match e.downcast_ref::<Hint>() {
            Some(hint) => Trouble::new(StatusCode::CONFLICT, format!("{hint}.")),
            None => unreadable(&e),
        },
    )?;
    let page = Fields::of_query(query.as_deref().unwrap_or_default()).get("page").parse().unwrap_or(1_usize);
    Ok(Redirect::to(&format!("/my-data/{}?page={page}", person.id)))
}

/// Takes the consent back.
pub(super) async fn withdraw(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let person = owned(&console, &signed_in, &person)?;
    if !fields.get("word").trim().eq_ignore_ascii_case(WITHDRAW) {
        let sentence =
            format!("Nothing was done, because the word \"{WITHDRAW}\" was not typed. Go back and type it.");
        return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
    }
    let (store, vault) = (&console.web.store, &console.web.vault);
    let by = signed_in.reader.as_str();
    retention::withdraw(store, vault, &person.id, by, now()).await.map_err(|e| unreadable(&e))?;
    Ok(Redirect::to(&format!("/my-data/{}", person.id)))
}

/// The person, if the viewer is who owns them.
fn owned<'c>(console: &'c Shared, viewer: &SignedIn, person: &str) -> Result<&'c Person, Trouble> {
    let person = find(console, person)?;
    if viewer.owns(person) {
        return Ok(person);
    }
    let sentence = "These are somebody else's words; only they can see them. Sign in under their name if they are yours.";
    Err(Trouble::new(StatusCode::FORBIDDEN, sentence))
}

/// The reason may name files, so only the place is told.
fn unreadable(e: &anyhow::Error) -> Trouble {
    tracing::warn!("\"My data\" can't be read or changed: {e:#}");
    let sentence = "The files of learning can't be read or changed right now. Try again, or ask whoever runs this installation.";
    Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
}
