//! What every request passes: other sites may not act, panics become pages, and headers keep browsers careful.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use tracing::error;

use super::trouble::Trouble;

const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Refuses a change that another site asked for, by the headers that browsers set and pages can't
/// (<https://www.w3.org/TR/fetch-metadata/>).
pub(super) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if harmless || comes_from_here(request.headers()) {
        return next.run(request).await;
    }
    let sentence = "This came from another site, so nothing was done. Open the page here and try again.";
    Trouble::new(StatusCode::FORBIDDEN, sentence).into_response()
}

fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // Older browsers, and every browser on plain http beyond loopback, send only the origin.
    let origin = text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    match (origin, text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// Turns a panic of a handler into a page; the process goes on.
pub(super) async fn catch_panics(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            error!("A page panicked: {path}");
            Trouble::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}

/// Gives errors that come without a page one with a sentence and a way back.
pub(super) async fn dress_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let failed = status.is_client_error() || status.is_server_error();
    if !failed || kind.starts_with("text/html") || kind.starts_with("application/json") {
        return response;
    }
    let allow = response.headers().get(ALLOW).cloned();
    let mut dressed = Trouble::of_status(status).into_response();
    if let Some(allow) = allow {
        dressed.headers_mut().insert(ALLOW, allow);
    }
    dressed
}

/// Sets the headers of every response.
pub(super) async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page that stands alone brings a stricter one.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Other sites learn nothing. Not `no-referrer`: with it browsers send `Origin: null` with our own forms
    // (https://fetch.spec.whatwg.org/#append-a-request-origin-header), and those could not be told from others'.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_site_may_change_anything() {
        for (site, origin, allowed) in [
            (Some("same-origin"), None, true),
            (Some("none"), None, true),
            (Some("same-origin"), Some("http://evil.example"), true),
            (Some("same-site"), Some("http://here:7979"), false),
            (Some("cross-site"), Some("http://here:7979"), false),
            (None, Some("http://here:7979"), true),
            (None, Some("https://HERE:7979"), true),
            (None, Some("http://here:1"), false),
            (None, Some("http://evil.example"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("here:7979"));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(comes_from_here(&headers), allowed, "{site:?} {origin:?}");
        }
    }
}
