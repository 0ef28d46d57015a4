//! The first page: whom one can talk to, and what waits for somebody.

use axum::extract::{RawQuery, State};
use maud::{Markup, html};

use super::{
    Console, Shared,
    form::Fields,
    page::{self, Pages},
    session::SignedIn,
    trouble::Trouble,
};
use crate::{
    domain::InboxId,
    people::Person,
    store::{InboxRow, StoreError, now},
};

/// People on a page.
const SHOWN: u32 = 50;
/// How many waiting things are counted before it says "or more".
const COUNTED: u32 = 50;
/// How much of a message a card shows.
const GLIMPSE_CHARS: usize = 90;

/// People, newest conversations first.
pub(super) async fn home(
    State(console): State<Shared>,
    signed_in: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let store = &console.web.store;
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let pages = Pages::of(&query, SHOWN);
    let (mut waiting, mut requests) = (0, 0);
    for person in console.waits_for(&signed_in).await? {
        waiting += store.drafts(&person.id, COUNTED).await?.len();
        requests += store.waiting_actions(&person.id, now(), COUNTED).await?.len();
    }
    let (mut found, is_long) = known(&console, &signed_in, query.get("q")).await?;
    found = found.into_iter().skip(pages.skip() as usize).take(SHOWN as usize + 1).collect();
    let more = pages.cut(&mut found);
    let mut people = Vec::with_capacity(found.len());
    for (person, last) in found {
        let last = match last {
            Some(id) => store.inbox_row(id).await?,
            None => None,
        };
        people.push((person, last));
    }
    let pauses = console.web.store.pauses().await?;
    let parked = console.web.store.parked(COUNTED).await?;
    let stuck =
        parked.iter().filter(|row| signed_in.decides_for(console.web.people.get(&row.person))).count();
    let body = html! {
        h1 { "Who do you want to ask?" }
        @if signed_in.admin && !console.web.store.admins_have_passwords().await? {
            p.notice { a href="/account" { "Set a password" } ", then invite the others. Until then whoever holds the printed link is an admin." }
        }
        @if pauses.exactly(None, None).is_some() { p.notice { "Everybody is paused: messages are taken in and wait. " @if signed_in.admin { a href="/admin/people" { "Start again" } } } }
        (attention(waiting, stuck, requests))
        @if is_long { (page::search("/", query.get("q"), "Person")) }
        @if people.is_empty() && console.web.people.everybody().is_empty() {
            p.notice { "Nobody is stood in for yet. Add a folder with a person.toml to the people directory (UNDERSTUDY_PEOPLE) and restart." }
        }
        ul.people { @for (person, last) in &people { li { (card(person, last.as_ref())) } } }
        (pages.links("/", &query, more))
    };
    Ok(page::page("Talk", &signed_in, &body))
}

impl Console {
    /// The people for whom the viewer decides and something waits for a yes.
    pub(super) async fn waits_for(&self, viewer: &SignedIn) -> Result<Vec<&Person>, StoreError> {
        if !viewer.decides() {
            return Ok(Vec::new());
        }
        let waits = self.web.store.who_waits(now()).await?;
        let people = self.web.people.everybody().iter();
        Ok(people
            .filter(|person| waits.contains(person.id.as_str()) && viewer.decides_for(Some(person)))
            .collect())
    }
}

/// Everybody with this in their name, whom the viewer asked last first; and whether there are more than a page shows.
async fn known<'c>(
    console: &'c Console,
    viewer: &SignedIn,
    wanted: &str,
) -> Result<(Vec<(&'c Person, Option<InboxId>)>, bool), StoreError> {
    let (everybody, wanted) = (console.web.people.everybody(), wanted.to_lowercase());
    let conversations: Vec<_> = everybody.iter().map(|person| viewer.conversation(&person.id)).collect();
    let newest = console.web.store.newest_of(&conversations).await?;
    let mut found: Vec<_> = everybody
        .iter()
        .zip(&conversations)
        .filter(|(person, _)| person.name.to_lowercase().contains(&wanted))
        .map(|(person, conversation)| (person, newest.get(conversation).copied()))
        .collect();
    // A stable sort: whoever was never asked stays in order of their folders.
    found.sort_by_key(|(_, last)| last.map_or(0, |id| -id.0));
    Ok((found, everybody.len() > SHOWN as usize))
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
