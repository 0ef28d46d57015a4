//! Stopping an understudy with one click, in one channel or everywhere, and starting it again.

use axum::{extract::State, http::StatusCode, response::Redirect};
use maud::{Markup, html};

use super::{Shared, form::Fields, page, session::SignedIn, talk::find, trouble::Trouble};
use crate::{
    domain::Channel,
    people::Person,
    store::{Pause, Pauses, now},
};

/// Where somebody can be paused, besides everywhere.
const CHANNELS: [(Channel, &str); 4] = [
    (Channel::Console, "the console"),
    (Channel::Slack, "Slack"),
    (Channel::Mail, "mail"),
    (Channel::Cli, "the command line"),
];

/// The big switch, for admins.
pub(super) fn everybody(pauses: &Pauses) -> Markup {
    let paused = pauses.exactly(None, None);
    html! {
        div.card.switch.bad[paused.is_some()] {
            p { b { "Everybody: " }
                @if let Some(pause) = paused { (since(pause)) } @else { "working. Pausing stops every understudy from the next message on; messages wait." } }
            (form("", "", paused.is_some(), "/admin/people", "everybody"))
        }
    }
}

fn since(pause: &Pause) -> Markup {
    html! { "paused by " (pause.actor) " since " (page::time(pause.at)) "." }
}

/// A word beside the name of somebody who is paused.
pub(super) fn badge(person: &Person, pauses: &Pauses) -> Markup {
    let in_some = CHANNELS.iter().any(|(channel, _)| pauses.covering(&person.id, *channel).is_some());
    let in_all = CHANNELS.iter().all(|(channel, _)| pauses.covering(&person.id, *channel).is_some());
    html! { @if in_all { span.badge.draft { "paused" } } @else if in_some { span.badge.draft { "paused in part" } } }
}

/// The button for one person in one channel, or everywhere.
pub(super) fn switch(person: &Person, channel: Option<Channel>, pauses: &Pauses, back: &str) -> Markup {
    let paused = pauses.exactly(Some(&person.id), channel).is_some();
    form(person.id.as_str(), channel.map_or("", Channel::as_str), paused, back, &person.name)
}

fn form(person: &str, channel: &str, paused: bool, back: &str, whom: &str) -> Markup {
    html! {
        form method="post" action="/admin/pause" {
            input type="hidden" name="person" value=(person);
            input type="hidden" name="channel" value=(channel);
            input type="hidden" name="back" value=(back);
            button.quiet type="submit" name="do" value=(if paused { "resume" } else { "pause" }) {
                @if paused { "Start again" } @else { "Pause" }
                span.unseen { " " (whom) @if !channel.is_empty() { " by " (channel) } }
            }
        }
    }
}

/// Each channel of one person with its switch.
pub(super) fn table(person: &Person, pauses: &Pauses, back: &str) -> Markup {
    let all = pauses.exactly(Some(&person.id), None);
    html! {
        @if let Some(pause) = pauses.exactly(None, None) { p.notice { "Everybody is " (since(pause)) } }
        ul.rows {
            li.row {
                div.what { b { "Everywhere" } p.meta { @if let Some(pause) = all { (since(pause)) } @else { "working" } } }
                div.actions { (switch(person, None, pauses, back)) }
            }
            @for (channel, words) in CHANNELS {
                @let covering = pauses.covering(&person.id, channel);
                li.row {
                    div.what { "In " (words) p.meta { @if let Some(pause) = covering { (since(pause)) " Messages are taken in and wait." } @else { "working" } } }
                    div.actions { (switch(person, Some(channel), pauses, back)) }
                }
            }
        }
    }
}

/// Pauses or starts again.
pub(super) async fn set(
    State(console): State<Shared>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Redirect, Trouble> {
    let bad = || Trouble::of_status(StatusCode::BAD_REQUEST);
    let person = match fields.get("person") {
        "" => None,
        id => Some(find(&console, id)?),
    };
    // For everybody only an admin can.
    if !signed_in.decides_for(person) {
        return Err(Trouble::forbidden());
    }
    let channel = match fields.get("channel") {
        "" => None,
        name => Some(name.parse::<Channel>().map_err(|_| bad())?),
    };
    let (store, by) = (&console.web.store, signed_in.reader.as_str());
    let id = person.map(|person| &person.id);
    match fields.get("do") {
        "pause" => store.pause(id, channel, by, now()).await?,
        "resume" => {
            store.resume(id, channel, by, now()).await?;
            console.web.inbox.wake();
            console.web.wake_outbox.notify_one();
            console.web.approved.notify_one();
        }
        _ => return Err(bad()),
    }
    let back = fields.get("back");
    Ok(Redirect::to(if back.starts_with("/admin/people") { back } else { "/admin/people" }))
}
