//! Messages that nobody could answer: an admin or the owner sees why, and lets them be tried again or drops them.

use axum::{
    extract::{Path, State},
    response::Redirect,
};
use maud::{Markup, html};

use super::{Shared, page, session::SignedIn, trouble::Trouble};
use crate::{
    domain::InboxId,
    store::{InboxRow, now},
};

/// How many a page shows.
const SHOWN: u32 = 200;

/// The parked messages that the viewer decides on, oldest first.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let people = &console.web.people;
    let mut rows = console.web.store.parked(SHOWN).await?;
    rows.retain(|row| signed_in.decides_for(people.get(&row.person)));
    let body = html! {
        h1 { "Stuck messages" }
        p.lead { "They were taken in and could not be answered. Nothing is lost: each one waits here until somebody decides." }
        @if rows.is_empty() { p.empty { "Nothing is stuck." } }
        @for row in &rows {
            (entry(row, people.get(&row.person).map_or(row.person.as_str(), |person| person.name.as_str())))
        }
    };
    Ok(page::page("Stuck messages", &signed_in, &body))
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
