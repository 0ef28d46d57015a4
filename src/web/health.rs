//! Connections and health: what a person who runs the installation looks at first.

use axum::extract::State;
use maud::{Markup, html};
use serde_json::Value;

use super::{Shared, page, session::Admin, trouble::Trouble};
use crate::store::{Pause, now};

/// The page; it asks for itself again every five seconds.
pub(super) async fn show(State(console): State<Shared>, Admin(signed_in): Admin) -> Result<Markup, Trouble> {
    let body = html! {
        h1 { "Health" }
        p.lead { "The same that " code { "/ready" } " and " code { "/metrics" } " tell a monitor." }
        (parts(&console).await?)
    };
    Ok(page::page("Health", &signed_in, &body))
}

/// What changes, alone.
pub(super) async fn refresh(State(console): State<Shared>, _: Admin) -> Result<Markup, Trouble> {
    parts(&console).await
}

async fn parts(console: &Shared) -> Result<Markup, Trouble> {
    let readiness = (console.web.ready)();
    let depths = console.web.store.queue_depths(now()).await?;
    let pauses = console.web.store.pauses().await?;
    let inside = console.web.steward.health().await;
    Ok(html! {
        div #parts hx-get="/admin/health/parts" hx-trigger="every 5s" hx-swap="outerHTML" {
            @if readiness.ready { p.notice.ok { "Everything that a message needs is there." } }
            @else { p.notice.bad role="alert" { "Something is missing, so some messages wait. Nothing is lost. " code { "understudy doctor" } " says what to do." } }
            h2 { "Connections" }
            table.list { tbody { @for (part, words) in &readiness.parts { tr { th scope="row" { (part) } td { (words) } } } } }
            h2 { "Queues" }
            table.list {
                thead { tr { th scope="col" { "Queue" } th scope="col" { "State" } th.number scope="col" { "Rows" } } }
                tbody {
                    @for (state, n) in depths.inbox { tr { th scope="row" { "messages" } td { (state) } td.number { (n) } } }
                    @for (state, n) in depths.outbox { tr { th scope="row" { "replies" } td { (state) } td.number { (n) } } }
                }
            }
            p.meta { "The oldest message waits " (depths.inbox_oldest_due_s) " s for its turn, the oldest reply " (depths.outbox_oldest_due_s) " s. "
                a href="/admin/inbox" { "Stuck ones" } }
            h2 { "Paused" }
            @if pauses.is_empty() { p.hint { "Nobody." } }
            ul { @for pause in pauses.iter() { (paused(pause)) } }
            h2 { "Inside" }
            @match inside {
                Ok(inside) => table.list { tbody { @for (part, value) in inside.as_object().into_iter().flatten() { tr { th scope="row" { (part) } td.words { (plain(value)) } } } } },
                Err(e) => p.notice.bad { "This can't be read: " (e) },
            }
        }
    })
}

fn paused(pause: &Pause) -> Markup {
    html! {
        li {
            b { @if let Some(person) = &pause.person { (person) } @else { "everybody" } } " "
            @if let Some(channel) = pause.channel { "by " (channel.as_str()) } @else { "everywhere" }
            ", by " (pause.actor) " since " (page::time(pause.at))
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(words) => words.clone(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
