//! How well a person's adapter does, as whoever judged it wrote it down.
//!
//! The owner sees it, and whoever runs the installation: it holds counts and nobody's words. Without one, the page
//! says how to make one.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};

use super::{Shared, page, session::SignedIn, talk::find, trouble::Trouble};
use crate::{learning::evaluation, people::Person};

/// The page has its style inside and asks for nothing else, least of all a script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The newest report on a person's adapter.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(person): Path<String>,
) -> Result<Response, Trouble> {
    let person = find(&console, &person)?;
    if !signed_in.decides_for(Some(person)) {
        let sentence = "Only the person and whoever runs this installation can see how their adapter does.";
        return Err(Trouble::new(StatusCode::FORBIDDEN, sentence));
    }
    match evaluation::page_of(person, &console.web.vault.adapters(&person.id)) {
        Some(report) => {
            let policy = [(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
            Ok((policy, Html(report)).into_response())
        }
        None => Ok(page::page("Report", &signed_in, &missing(person)).into_response()),
    }
}

fn missing(person: &Person) -> Markup {
    html! {
        h1 { "How well " (person.name) "'s adapter does" }
        p.empty { "There is no report yet. It is written when a trained adapter is judged: " code { "understudy eval " (person.id) } }
    }
}

/// The way to it, for those who may see it.
pub(super) fn link(signed_in: &SignedIn, person: &Person) -> Markup {
    html! {
        @if signed_in.decides_for(Some(person)) {
            p.meta { a href={ "/report/" (person.id) } { "How well the adapter does" } }
        }
    }
}
