//! Replies that wait for the owner's yes, and the switch that makes them wait.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Redirect,
};
use maud::{Markup, html};

use super::{
    Console, Shared, form::Fields, page, session::SignedIn, talk::find, trouble::Trouble, turn_view::Turn,
};
use crate::{
    domain::{Channel, InboxId, OutboxId},
    people::Person,
    store::{OutboxRow, now},
};

/// How many a page shows per person.
const SHOWN: u32 = 100;
/// Switches of draft mode on the page; the others are on the pages of their people.
const SWITCHES: usize = 20;

/// The drafts that the viewer decides on, and the draft mode of their people.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let store = &console.web.store;
    let (mut switches, mut entries) = (Vec::new(), Vec::new());
    let people = console.web.people.everybody().iter();
    for person in people.filter(|person| signed_in.decides_for(Some(person))).take(SWITCHES) {
        switches.push(switch(person, store.draft_mode(&person.id, Channel::Console).await?));
    }
    for person in console.waits_for(&signed_in).await? {
        for draft in store.drafts(&person.id, SHOWN).await? {
            entries.push(entry(&console, &signed_in, person, &draft).await?);
        }
    }
    let body = html! {
        h1 { "Drafts" }
        p.lead { "Replies that wait for their owner. The first decision counts; until then the person who asked sees that it waits." }
        @if entries.is_empty() { p.empty { "No draft waits." } }
        @for entry in entries { (entry) }
        h2 { "Who checks replies first" }
        @if switches.is_empty() { p.hint { "You own no understudy." } }
        @for switch in &switches { (switch) }
        @if switches.len() == SWITCHES { p.hint { "Those of the others are on the page of each person, under " a href="/admin/people" { "People" } "." } }
    };
    Ok(page::page("Drafts", &signed_in, &body))
}

fn switch(person: &Person, on: bool) -> Markup {
    let next = if on { "off" } else { "on" };
    html! {
        form.card.switch method="post" action={ "/admin/draft-mode/" (person.id) } {
            (page::face(person))
            p { b { (person.name) } " in the console: "
                @if on { "each reply waits for " (person.owner) "'s yes." } @else { "replies leave at once." } }
            button.quiet type="submit" name="mode" value=(next) { "Turn draft mode " (next) }
        }
    }
}

async fn entry(
    console: &Console,
    viewer: &SignedIn,
    person: &Person,
    draft: &OutboxRow,
) -> Result<Markup, Trouble> {
    let question = console.web.store.inbox_row(draft.inbox).await?.ok_or_else(Trouble::not_found)?;
    let (from, asked, at) = (question.from.clone(), question.text.clone(), question.accepted_at);
    let turn = Turn::load(console, question).await?;
    let action = format!("/admin/drafts/{}/{}", draft.inbox, draft.id);
    Ok(html! {
        article.card id={ "draft-" (draft.inbox) } {
            p.meta { b { (from) } " asked " b { (person.name) } " by " (draft.channel) " " (page::time(at)) }
            p.words { (asked) }
            p.meta { span.badge.draft { "draft" } " the reply" }
            p.words.drafted { (draft.reply.text) }
            div.actions {
                form method="post" action=(action) { button.primary type="submit" name="decision" value="approve" { "Send as it is" } }
                form method="post" action=(action) { button.danger type="submit" name="decision" value="drop" { "Drop" } }
            }
            details {
                summary { "Edit before sending" }
                form method="post" action=(action) accept-charset="utf-8" {
                    label.unseen for={ "edit-" (draft.id) } { "The reply" }
                    textarea id={ "edit-" (draft.id) } name="text" rows="5" { "\n" (draft.reply.text) }
                    button.primary type="submit" name="decision" value="edit" { "Save and send" }
                }
            }
            (turn.how(viewer))
        }
    })
}

/// Approves, edits and approves, or drops one draft.
pub(super) async fn decide(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((inbox, outbox)): Path<(String, String)>,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let inbox = InboxId(inbox.parse().map_err(|_| Trouble::not_found())?);
    let id = OutboxId(outbox.parse().map_err(|_| Trouble::not_found())?);
    let replies = store.replies_to(inbox, inbox).await?;
    let draft = replies.into_iter().find(|reply| reply.id == id).ok_or_else(Trouble::not_found)?;
    if !signed_in.decides_for(console.web.people.get(&draft.person)) {
        return Err(Trouble::forbidden());
    }
    let by = signed_in.reader.as_str();
    match fields.get("decision") {
        "approve" => store.approve_draft(id, None, by, now()).await?,
        "edit" => {
            let text = fields.lines("text");
            if text.trim().is_empty() {
                let sentence =
                    "The edited reply is empty, so nothing was sent. Write something, or drop the draft.";
                return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
            }
            // An edit that changes nothing is a plain yes.
            let edited = (text != draft.reply.text).then_some(text);
            store.approve_draft(id, edited, by, now()).await?;
        }
        "drop" => store.drop_reply(id, by, now()).await?,
        _ => return Err(Trouble::of_status(StatusCode::BAD_REQUEST)),
    }
    console.web.wake_outbox.notify_one();
    Ok(Redirect::to("/admin/drafts"))
}

/// Turns the draft mode of a person on or off for the console.
pub(super) async fn set_mode(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let person = find(&console, &person)?;
    if !signed_in.decides_for(Some(person)) {
        return Err(Trouble::forbidden());
    }
    let on = match fields.get("mode") {
        "on" => true,
        "off" => false,
        _ => return Err(Trouble::of_status(StatusCode::BAD_REQUEST)),
    };
    console.web.store.set_draft_mode(&person.id, Channel::Console, on).await?;
    Ok(Redirect::to("/admin/drafts"))
}
