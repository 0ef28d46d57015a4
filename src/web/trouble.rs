//! Pages that say what went wrong and what to do next.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use maud::html;
use serde_json::json;
use tracing::warn;

use super::page;
use crate::{inbox::Refused, store::StoreError};

/// Why a request was not carried out, in one sentence for its sender.
#[derive(Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    sentence: String,
}

impl Trouble {
    /// Makes one.
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }

    /// What a status means when nobody said more.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let sentence = match status {
            StatusCode::NOT_FOUND => {
                "There is no such page. It may have moved or been decided; look in the menu."
            }
            StatusCode::METHOD_NOT_ALLOWED => "This page can't be used that way. Open it from the menu.",
            StatusCode::BAD_REQUEST => {
                "The address or the form could not be read, so nothing was changed. Go back, reload the page and try again."
            }
            _ if status.is_server_error() => {
                "Something failed on this side. Nothing you sent before is lost; try again."
            }
            _ => {
                "This could not be done. Go back and try again; if it stays so, ask whoever runs this installation."
            }
        };
        Self::new(status, sentence)
    }

    /// There is no such thing, or it is nobody's business.
    pub(super) fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    /// It is somebody else's to decide.
    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Only the owner of this understudy or an admin can do that. Ask one of them.",
        )
    }

    /// It is for whoever runs this installation.
    pub(super) fn admins_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "This page is for admins. Ask one of them to do it, or to make you one.",
        )
    }

    /// The same for programs.
    pub(super) fn into_json(self) -> Response {
        (self.status, Json(json!({"error": self.sentence}))).into_response()
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = html! {
            h1 { "That didn't work" }
            p.lead { (self.sentence) }
            p { a.button href="/" { "Back to the start" } }
        };
        let mut response = (self.status, page::bare("That didn't work", &body)).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("12"));
        }
        response
    }
}

impl From<StoreError> for Trouble {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::NotThere(why) => Self::new(
                StatusCode::CONFLICT,
                format!("This has been decided already, or is gone: {why}. The first decision counts."),
            ),
            // The reason may quote what the row holds, so only the place is logged.
            StoreError::Unreadable { table, id, .. } => {
                warn!("A page needs row {id} of {table}, which is unreadable");
                Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
            e => {
                warn!("A page needs the store: {e:#}");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The database does not answer, so nothing was changed. Try again in a moment.",
                )
            }
        }
    }
}

impl From<Refused> for Trouble {
    fn from(e: Refused) -> Self {
        match e {
            Refused::TooLong { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, e.to_string()),
            Refused::Store(e) => e.into(),
        }
    }
}
