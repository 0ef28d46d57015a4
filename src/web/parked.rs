//! The queues: messages that nobody could answer and replies that could not be delivered.
//!
//! An admin or the owner sees why, and lets them be tried again or drops them.

use axum::{
    extract::{Path, State},
    response::Redirect,
};
use maud::{Markup, html};

use super::{Shared, page, session::SignedIn, trouble::Trouble};
use crate::{
    domain::{InboxId, OutboxId, PersonId},
    store::{InboxRow, OutboxRow, QueueDepths, now},
};

/// How many a page shows.
const SHOWN: u32 = 200;

/// The parked messages that the viewer decides on, oldest first.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let people = &console.web.people;
    let mut rows = console.web.store.parked(SHOWN).await?;
    rows.retain(|row| signed_in.decides_for(people.get(&row.person)));
    let mut replies = console.web.store.parked_replies(SHOWN).await?;
    replies.retain(|row| signed_in.decides_for(people.get(&row.person)));
    let depths = console.web.store.queue_depths(now()).await?;
    let name = |id: &PersonId| people.get(id).map_or(id.to_string(), |person| person.name.clone());
    let body = html! {
        h1 { "Queues" }
        p.lead { "Nothing is lost: what could not be answered or delivered waits here until somebody decides." }
        @if signed_in.admin { (counts(&depths)) }
        h2 { "Stuck messages" }
        @if rows.is_empty() { p.empty { "Nothing is stuck." } }
        @for row in &rows {
            (entry(row, &name(&row.person)))
        }
        h2 { "Undelivered replies" }
        @if replies.is_empty() { p.empty { "Every reply was delivered." } }
        @for row in &replies { (undelivered(row, &name(&row.person))) }
    };
    Ok(page::page("Queues", &signed_in, &body))
}

fn counts(depths: &QueueDepths) -> Markup {
    html! {
        dl.counts {
            @for (state, n) in depths.inbox { div { dt { "messages " (state) } dd { (n) } } }
            @for (state, n) in depths.outbox { div { dt { "replies " (state) } dd { (n) } } }
        }
    }
}

fn undelivered(row: &OutboxRow, person: &str) -> Markup {
    html! {
        article.card id={ "undelivered-" (row.id) } {
            p.meta { b { (person) } " by " (row.channel) " · reply " (row.id) " to message " (row.inbox) }
            p.words.drafted { (row.reply.text) }
            p.reason { b { "Why: " } @if row.last_error.is_empty() { "not recorded" } @else { (row.last_error) } }
            div.actions {
                form method="post" action={ "/admin/outbox/" (row.id) "/retry" } { button.primary type="submit" { "Deliver again" } }
                form method="post" action={ "/admin/outbox/" (row.id) "/drop" } { button.danger type="submit" { "Drop" } }
            }
            p.hint { "Before it is sent again, its channel looks whether the first try arrived." }
        }
    }
}

/// Has an undelivered reply delivered again, or drops it.
pub(super) async fn decide_reply(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((outbox, decision)): Path<(String, String)>,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let id = OutboxId(outbox.parse().map_err(|_| Trouble::not_found())?);
    let row = store.reply(id).await?.ok_or_else(Trouble::not_found)?;
    if !signed_in.decides_for(console.web.people.get(&row.person)) {
        return Err(Trouble::forbidden());
    }
    let again = match decision.as_str() {
        "retry" => true,
        "drop" => false,
        _ => return Err(Trouble::not_found()),
    };
    store.decide_parked_reply(id, again, signed_in.reader.as_str(), now()).await?;
    console.web.wake_outbox.notify_one();
    Ok(Redirect::to("/admin/inbox"))
}

fn entry(row: &InboxRow, person: &str) -> Markup {
    html! {
        article.card id={ "stuck-" (row.id) } {
            p.meta { b { (row.from) } " to " b { (person) } " by " (row.channel) " " (page::time(row.accepted_at)) " · message " (row.id) }
            p.words { (row.text) }
            p.reason { b { "Why: " } @if row.last_error.is_empty() { "not recorded" } @else { (row.last_error) } }
            div.actions {
                form method="post" action={ "/admin/inbox/" (row.id) "/retry" } { button.primary type="submit" { "Try again" } }
                form method="post" action={ "/admin/inbox/" (row.id) "/drop" } { button.danger type="submit" { "Drop" } }
            }
        }
    }
}

/// Retries or drops one.
pub(super) async fn decide(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((inbox, decision)): Path<(String, String)>,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let id = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let row = store.inbox_row(id).await?.ok_or_else(Trouble::not_found)?;
    if !signed_in.decides_for(console.web.people.get(&row.person)) {
        return Err(Trouble::forbidden());
    }
    match decision.as_str() {
        "retry" => {
            store.retry_parked(id, now()).await?;
            console.web.inbox.wake();
        }
        "drop" => store.drop_parked(id, now()).await?,
        _ => return Err(Trouble::not_found()),
    }
    Ok(Redirect::to("/admin/inbox"))
}
