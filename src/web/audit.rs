//! The audit: who did what to whom, newest first, and whether it is as it was written.

use axum::extract::{RawQuery, State};
use maud::{Markup, html};

use super::{
    Shared,
    form::{Fields, escape},
    page,
    session::Admin,
    trouble::Trouble,
};
use crate::store::{AuditFilter, AuditReport, AuditRow};

/// Rows on a page.
const SHOWN: u32 = 50;
/// What actions begin with, and the words for it.
const KINDS: [(&str, &str); 11] = [
    ("", "everything"),
    ("tool.", "permissions"),
    ("action.", "steps of tools"),
    ("turn.", "answers"),
    ("answer.", "corrections"),
    ("outbox.", "replies"),
    ("inbox.", "stuck messages"),
    ("understudy.", "pauses"),
    ("account.", "accounts"),
    ("consent.", "consent"),
    ("person.", "people"),
];

/// The page.
pub(super) async fn show(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let filter = AuditFilter {
        actor: query.get("who").trim().to_owned(),
        action: query.get("what").to_owned(),
        subject: query.get("whom").trim().to_owned(),
        before: query.get("before").parse().unwrap_or(0),
    };
    let mut rows = console.web.store.audit_like(&filter, SHOWN + 1).await?;
    let more = rows.len() > SHOWN as usize;
    rows.truncate(SHOWN as usize);
    let body = html! {
        h1 { "Audit" }
        p.lead { "Who did what, newest first. No row can be changed or left out without being noticed." }
        form.search.line role="search" method="get" action="/admin/audit" {
            div.field { label for="what" { "What" } select #what name="what" {
                @for (begin, words) in KINDS { option value=(begin) selected[begin == filter.action] { (words) } } } }
            div.field { label for="who" { "By" } input #who name="who" value=(filter.actor) maxlength="100"; }
            div.field { label for="whom" { "To" } input #whom name="whom" value=(filter.subject) maxlength="100"; }
            button type="submit" { "Filter" }
        }
        (table(&rows))
        @if more {
            @let before = rows.last().map_or(0, |(id, _)| *id).to_string();
            nav.pages aria-label="Pages of the list" { a.button rel="next" href={ "/admin/audit?" (query.but(&[("before", before.as_str())])) } { "Older" } }
        }
        form.card.switch method="post" action="/admin/audit/verify" {
            p { "Read the whole audit and compare it with the end that is kept beside the database." }
            button.quiet type="submit" { "Verify" }
        }
    };
    Ok(page::wide("Audit", &signed_in, &body))
}

fn table(rows: &[(i64, AuditRow)]) -> Markup {
    html! {
        @if rows.is_empty() { p.empty { "No row fits." } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Rows of the audit" {
                table.list {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To" } th scope="col" { "Row" } } }
                    tbody { @for (id, row) in rows { tr {
                        td { (page::time(row.at)) }
                        td { a href={ "/admin/audit?who=" (escape(&row.actor)) } { (row.actor) } }
                        td { code { (row.action) } }
                        td.words { (row.subject) }
                        td.number { (id) }
                    } } }
                }
            }
        }
    }
}

/// Reads all of it.
pub(super) async fn verify(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
) -> Result<Markup, Trouble> {
    let AuditReport { rows, broken } = console.web.store.verify_audit().await?;
    let body = html! {
        h1 { "Audit" }
        @match broken {
            None => p.notice.ok role="status" { "All " (rows) " rows are as they were written." },
            Some(why) => p.notice.bad role="alert" { "The audit is broken: " (why) ". " (rows) " rows before that are right. Keep a copy of the data directory and find out who had access to it." },
        }
        p { a.button href="/admin/audit" { "Back to the audit" } }
    };
    Ok(page::page("Audit", &signed_in, &body))
}
