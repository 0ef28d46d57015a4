//! The first page: whom one can talk to, and what waits for somebody.

use axum::extract::State;
use maud::{Markup, html};

use super::{Shared, page, session::SignedIn, trouble::Trouble};
use crate::{
    people::Person,
    store::{InboxRow, now},
};

/// How many waiting things are counted before it says "or more".
const COUNTED: u32 = 50;
/// How much of a message a card shows.
const GLIMPSE_CHARS: usize = 90;

/// People, newest conversations first.
pub(super) async fn home(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let mut people = Vec::new();
    let (mut waiting, mut requests) = (0, 0);
    for person in console.web.people.everybody() {
        let last = console.web.store.conversation(&signed_in.conversation(&person.id), 1).await?.pop();
        if signed_in.decides_for(Some(person)) {
            waiting += console.web.store.drafts(&person.id, COUNTED).await?.len();
            requests += console.web.store.waiting_actions(&person.id, now(), COUNTED).await?.len();
        }
        people.push((person, last));
    }
    // A stable sort: whoever was never asked stays in order of their folders.
    people.sort_by_key(|(_, last)| last.as_ref().map_or(0, |row| -row.id.0));
    let parked = console.web.store.parked(COUNTED).await?;
    let stuck =
        parked.iter().filter(|row| signed_in.decides_for(console.web.people.get(&row.person))).count();
    let body = html! {
        h1 { "Who do you want to ask?" }
        (attention(waiting, stuck, requests))
        @if people.is_empty() {
            p.notice { "Nobody is stood in for yet. Add a folder with a person.toml to the people directory (UNDERSTUDY_PEOPLE) and restart." }
        }
        ul.people { @for (person, last) in &people { li { (card(person, last.as_ref())) } } }
    };
    Ok(page::page("Talk", &signed_in, &body))
}

fn attention(waiting: usize, stuck: usize, requests: usize) -> Markup {
    let many = |n: usize, one: &str, more: &str| match n {
        1 => format!("1 {one}"),
        n if n >= COUNTED as usize => format!("{n} or more {more}"),
        n => format!("{n} {more}"),
    };
    html! {
        @if requests > 0 { p.notice { a href="/admin/approvals" { (many(requests, "step waits", "steps wait")) } " for a yes." } }
        @if waiting > 0 { p.notice { a href="/admin/drafts" { (many(waiting, "draft waits", "drafts wait")) } " for a decision." } }
        @if stuck > 0 { p.notice.bad { a href="/admin/inbox" { (many(stuck, "message is stuck", "messages are stuck")) } " and can be retried or dropped." } }
    }
}

fn card(person: &Person, last: Option<&InboxRow>) -> Markup {
    html! {
        a.card.person href={ "/talk/" (person.id) } {
            (page::face(person))
            span.about {
                span.name { (person.name) " " (page::badges(person)) }
                span.role { (person.role) }
                span.handle { "@" (person.handle) }
                @if let Some(row) = last { span.glimpse { "You: " (glimpse(&row.text)) " · " (page::time(row.accepted_at)) } }
            }
        }
    }
}

fn glimpse(text: &str) -> String {
    let short: String = text.chars().take(GLIMPSE_CHARS).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
