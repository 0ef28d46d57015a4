//! One person's conversation with an understudy.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde_json::json;

use super::{
    Console, Shared,
    form::Fields,
    page, report,
    session::{SignedIn, WantsJson},
    trouble::Trouble,
    turn_view::Turn,
};
use crate::{
    domain::{Attachment, Audience, Channel, Inbound, InboxId, PersonId},
    people::Person,
    store::Accepted,
};

/// How many messages a page shows.
const SHOWN: u32 = 50;
/// Longest key a form may send.
const KEY_MAX_BYTES: usize = 200;

/// The conversation, oldest message first, with the form below.
pub(super) async fn conversation(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
) -> Result<Markup, Trouble> {
    sheet(&console, &signed_in, find(&console, &person)?, None).await
}

/// Words that could not be taken in, and why.
struct Unsent<'u> {
    why: &'u str,
    text: &'u str,
}

async fn sheet(
    console: &Console,
    signed_in: &SignedIn,
    person: &Person,
    unsent: Option<Unsent<'_>>,
) -> Result<Markup, Trouble> {
    let rows = console.web.store.conversation(&signed_in.conversation(&person.id), SHOWN).await?;
    let full = rows.len() >= SHOWN as usize;
    let mut turns = Vec::with_capacity(rows.len());
    for row in rows {
        turns.push(Turn::load(console, row).await?.show(signed_in, person));
    }
    let body = html! {
        header.person {
            (page::face(person))
            div { h1 { (person.name) " " (page::badges(person)) } p.role { (person.role) } (report::link(signed_in, person)) }
        }
        @if full { p.hint { "Older messages are kept and not shown here." } }
        @if turns.is_empty() { (offer(person)) }
        section #turns data-events={ "/events/" (person.id) } data-talk={ "/talk/" (person.id) } aria-label="Messages" {
            @for turn in turns { (turn) }
        }
        (composer(person, unsent))
    };
    Ok(page::page(&person.name, signed_in, &body))
}

/// What somebody sees who has asked nothing yet.
fn offer(person: &Person) -> Markup {
    html! {
        p.lead { "Ask " (person.name) "'s understudy something. It looks into the notes and answers, and you can see how it got there." }
        @if !person.questions.is_empty() {
            p.hint { "For example:" }
            ul.offers { @for question in &person.questions { li {
                form method="post" action={ "/talk/" (person.id) } accept-charset="utf-8" {
                    input type="hidden" name="key" value=(uuid::Uuid::new_v4());
                    button.quiet name="text" value=(question) type="submit" { (question) }
                }
            } } }
        }
    }
}

fn composer(person: &Person, unsent: Option<Unsent<'_>>) -> Markup {
    let text = unsent.as_ref().map_or("", |unsent| unsent.text);
    html! {
        form.composer #latest method="post" action={ "/talk/" (person.id) } accept-charset="utf-8" enctype="multipart/form-data" {
            @if let Some(unsent) = &unsent { p.notice.bad role="alert" { (unsent.why) } }
            // A form that is sent twice, by a double click or a reload, is one message.
            input type="hidden" name="key" value=(uuid::Uuid::new_v4());
            label.unseen for="text" { "Message to " (person.name) }
            textarea #text name="text" rows="2" placeholder={ "Message to @" (person.handle) } {
                // HTML drops the first line end of a textarea, so it gets one to drop.
                "\n" (text)
            }
            label.file for="file" { "Files" input #file type="file" name="file" multiple; }
            // Shown by the script, where a browser can record.
            button.quiet type="button" data-record hidden { "Record" }
            button.primary type="submit" { "Send" }
        }
    }
}

/// Takes a message in and answers once it is committed: with the page, or with JSON when that is asked for.
pub(super) async fn send(
    State(console): State<Shared>,
    signed_in: SignedIn,
    WantsJson(wants_json): WantsJson,
    Path(person): Path<String>,
    fields: Fields,
) -> Response {
    let taken = take_in(&console, &signed_in, &person, &fields).await;
    match taken {
        Err(trouble) if wants_json => trouble.into_json(),
        Err(trouble) => trouble.into_response(),
        Ok(taken) if wants_json => {
            let repeat = !matches!(taken.accepted, Accepted::New(_));
            (StatusCode::ACCEPTED, Json(json!({"inbox": taken.accepted.id(), "repeat": repeat})))
                .into_response()
        }
        Ok(taken) if taken.differs => {
            let why = "This form was sent before with other words, so these are not sent yet. Send them now if you want to.";
            let unsent = Unsent { why, text: &fields.lines("text") };
            match sheet(&console, &signed_in, taken.person, Some(unsent)).await {
                Ok(page) => (StatusCode::CONFLICT, page).into_response(),
                Err(trouble) => trouble.into_response(),
            }
        }
        Ok(taken) => {
            Redirect::to(&format!("/talk/{}#turn-{}", taken.person.id, taken.accepted.id())).into_response()
        }
    }
}

struct Taken<'c> {
    person: &'c Person,
    accepted: Accepted,
    /// Whether the key was used before for other words.
    differs: bool,
}

async fn take_in<'c>(
    console: &'c Console,
    signed_in: &SignedIn,
    person: &str,
    fields: &Fields,
) -> Result<Taken<'c>, Trouble> {
    let person = find(console, person)?;
    let key = fields.get("key");
    if key.len() > KEY_MAX_BYTES {
        let sentence =
            format!("The key of this message is longer than {KEY_MAX_BYTES} bytes. Open the page again.");
        return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
    }
    let key = if key.is_empty() { uuid::Uuid::new_v4().to_string() } else { key.to_owned() };
    let conversation = signed_in.conversation(&person.id);
    let message = Inbound {
        channel: Channel::Console,
        // Within the conversation, so that two people who choose the same key don't lose a message.
        key: format!("{}:{key}", conversation.0),
        conversation,
        person: person.id.clone(),
        requester: signed_in.requester(person),
        audience: Audience::only(signed_in.reader.clone()),
        text: fields.lines("text"),
        attachments: attached(console, person, fields).await?,
    };
    let accepted = console.web.inbox.accept(&message).await?;
    let differs = match accepted {
        Accepted::New(_) | Accepted::Joined(_) => false,
        Accepted::Repeat(id) => {
            console.web.store.inbox_row(id).await?.is_some_and(|row| row.text != message.text)
        }
    };
    Ok(Taken { person, accepted, differs })
}

/// The files of a form, kept before the message that names them is.
async fn attached(console: &Console, person: &Person, fields: &Fields) -> Result<Vec<Attachment>, Trouble> {
    let mut attachments = Vec::new();
    for upload in fields.files() {
        let (files, id, content) = (console.web.files.clone(), person.id.clone(), upload.content.clone());
        let kept = tokio::task::spawn_blocking(move || files.keep(&id, &content)).await;
        let Ok(Ok(sha256)) = kept else {
            let sentence = "The file could not be kept here. Ask whoever runs this to look at its disk.";
            return Err(Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, sentence));
        };
        let size_bytes = upload.content.len() as u64;
        attachments.push(Attachment { name: upload.name.clone(), size_bytes, sha256, source: String::new() });
    }
    Ok(attachments)
}

/// One turn as a piece of the page, for the script.
pub(super) async fn turn(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((person, inbox)): Path<(String, String)>,
) -> Result<Markup, Trouble> {
    let person = find(&console, &person)?;
    let id = inbox.parse().map_err(|_| Trouble::not_found())?;
    let row = console.web.store.inbox_row(InboxId(id)).await?;
    // Somebody else's message looks like one that does not exist.
    let row = row
        .filter(|row| row.person == person.id && signed_in.may_see(row, Some(person)))
        .ok_or_else(Trouble::not_found)?;
    Ok(Turn::load(&console, row).await?.show(&signed_in, person))
}

/// The person of an address.
pub(super) fn find<'c>(console: &'c Console, id: &str) -> Result<&'c Person, Trouble> {
    let person = PersonId::new(id).ok().and_then(|id| console.web.people.get(&id));
    person.ok_or_else(|| {
        Trouble::new(
            StatusCode::NOT_FOUND,
            "Nobody with this name is stood in for here. The start page lists everybody.",
        )
    })
}
