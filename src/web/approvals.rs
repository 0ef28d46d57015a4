//! What an understudy may do only with a yes: the owner or an admin sees exactly what, and decides.
//!
//! Nobody decides alone on what they asked for themselves. The first decision counts; one that was shown something else
//! than what waits now changes nothing.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Redirect,
};
use maud::{Markup, html};
use serde_json::Map;

use super::{Console, Shared, form::Fields, page, session::SignedIn, trouble::Trouble};
use crate::{
    domain::{ActionId, Standing},
    people::Person,
    permission::may_approve,
    store::{ActionRow, Decided, now},
    tools::{edited, shown},
};

/// How many a page shows per person.
const SHOWN: u32 = 100;
/// Names of form fields that hold an argument.
const ARGUMENT: &str = "argument.";

/// What waits for the viewer's decision, and what they asked for themselves.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let mut entries = Vec::new();
    for person in console.waits_for(&signed_in).await? {
        for row in console.web.store.waiting_actions(&person.id, now(), SHOWN).await? {
            entries.push(entry(&console, &signed_in, person, &row).await?);
        }
    }
    let body = html! {
        h1 { "Approvals" }
        p.lead { "Steps that wait for a yes. What you read here is exactly what will be done, once; the first decision counts." }
        @if entries.is_empty() { p.empty { "Nothing waits for a yes." } }
        @for entry in entries { (entry) }
    };
    Ok(page::page("Approvals", &signed_in, &body))
}

async fn entry(
    console: &Console,
    viewer: &SignedIn,
    person: &Person,
    row: &ActionRow,
) -> Result<Markup, Trouble> {
    let question = console.web.store.inbox_row(row.inbox).await?.ok_or_else(Trouble::not_found)?;
    let action = format!("/admin/approvals/{}", row.id);
    let print = html! { input type="hidden" name="fingerprint" value=(row.fingerprint); };
    let refusal =
        may_approve(&viewer.reader, viewer.requester(person).standing, person.known_as(&row.requester)).err();
    let none = Map::new();
    let arguments = row.arguments.as_object().unwrap_or(&none);
    Ok(html! {
        article.card id={ "request-" (row.id) } {
            p.meta { b { (question.from) } " asked " b { (person.name) } " by " (question.channel) " " (page::time(row.created_at)) }
            p.words { (question.text) }
            p.meta { span.badge.draft { "waits" } " the understudy wants to use " code { (row.tool) } }
            table.arguments { tbody { @for (name, value) in arguments {
                tr { th scope="row" { (name) } td.words { (shown(value)) } }
            } } }
            @if let Some(refusal) = refusal {
                p.hint { (refusal) }
            } @else {
                div.actions {
                    form method="post" action=(action) { (print) button.primary type="submit" name="decision" value="approve" { "Do it" } }
                    form method="post" action=(action) { (print) button.danger type="submit" name="decision" value="reject" { "Don't" } }
                }
                details {
                    summary { "Change it first" }
                    form method="post" action=(action) accept-charset="utf-8" {
                        (print)
                        @for (name, value) in arguments {
                            label for={ "a-" (row.id) "-" (name) } { (name) }
                            textarea id={ "a-" (row.id) "-" (name) } name={ (ARGUMENT) (name) } rows="2" { "\n" (shown(value)) }
                        }
                        button.primary type="submit" name="decision" value="edit" { "Save and do it" }
                    }
                }
            }
            p.hint { "Until " (page::time(row.expires_at)) ", request " (row.id) "." }
        }
    })
}

/// Approves, changes and approves, or rejects one request.
pub(super) async fn decide(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let id = ActionId(id.parse().map_err(|_| Trouble::not_found())?);
    let row = store.action(id).await?.ok_or_else(Trouble::not_found)?;
    let person = console.web.people.get(&row.person).ok_or_else(Trouble::not_found)?;
    let standing = signed_in.requester(person).standing;
    let decided = match fields.get("decision") {
        "reject" if standing <= Standing::Admin => Decided::Reject,
        "approve" | "edit" | "reject" => {
            may_approve(&signed_in.reader, standing, person.known_as(&row.requester))
                .map_err(|refusal| Trouble::new(StatusCode::FORBIDDEN, refusal.to_string()))?;
            if fields.get("decision") == "edit" {
                let typed = |name: &str| fields.lines(&format!("{ARGUMENT}{name}"));
                edited(&console.web.toolbox, &row, typed).map_err(|why| {
                    let told = format!("Nothing was done: {why}. Go back and change it.");
                    Trouble::new(StatusCode::BAD_REQUEST, told)
                })?
            } else {
                Decided::Approve
            }
        }
        _ => return Err(Trouble::of_status(StatusCode::BAD_REQUEST)),
    };
    store.decide_action(id, fields.get("fingerprint"), decided, signed_in.reader.as_str(), now()).await?;
    console.web.approved.notify_one();
    console.web.wake_outbox.notify_one();
    Ok(Redirect::to("/admin/approvals"))
}
