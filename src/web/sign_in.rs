//! Signing in with the token of this installation, and out again.

use std::num::NonZeroU32;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use maud::html;
use tracing::{info, warn};

use super::{
    Shared,
    form::Fields,
    page,
    session::{ADMIN, COOKIE_NAME, SignedIn, slug},
    tokens,
    trouble::Trouble,
};
use crate::store::{SessionRow, now};

/// Attempts to sign in, all browsers together.
pub(super) type Attempts = DefaultDirectRateLimiter;

/// Attempts a minute, and at once.
const ATTEMPTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");
/// How long a browser stays signed in.
const SESSION_S: i64 = 30 * 24 * 3600;
/// Longest name that is taken.
const NAME_MAX_CHARS: usize = 60;

/// A fresh count of attempts.
pub(super) fn attempts() -> Attempts {
    RateLimiter::direct(Quota::per_minute(ATTEMPTS_PER_MINUTE))
}

/// The form; a link with `?token=` fills the token in.
pub(super) async fn form(RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    sheet(StatusCode::OK, query.get("token"), "", None)
}

fn sheet(status: StatusCode, token: &str, name: &str, problem: Option<&str>) -> Response {
    let body = html! {
        form.card.narrow method="post" action="/sign-in" accept-charset="utf-8" {
            h1 { "Sign in" }
            @if let Some(problem) = problem { p.notice.bad role="alert" { (problem) } }
            label for="token" { "Token" }
            input #token name="token" type="password" autocomplete="off" required value=(token);
            p.hint { "Printed at the first start. Lost? " code { "understudy sign-in" } " prints a new one." }
            label for="name" { "Your name" }
            input #name name="name" autocomplete="nickname" required maxlength=(NAME_MAX_CHARS) value=(name);
            p.hint { "Understudies address you by it, and notes that name you as a reader open to you." }
            button.primary type="submit" { "Sign in" }
        }
    };
    (status, page::bare("Sign in", &body)).into_response()
}

/// Checks the token and starts a session.
pub(super) async fn sign_in(
    State(console): State<Shared>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    if console.attempts.check().is_err() {
        warn!("Refused to check a sign-in token: too many attempts");
        let sentence = "Too many attempts to sign in. Wait a minute and try again.";
        return Err(Trouble::new(StatusCode::TOO_MANY_REQUESTS, sentence));
    }
    let (token, name) = (fields.get("token").trim(), fields.get("name").trim());
    if !tokens::is_sign_in_token(&console.web.store, token).await? {
        let problem =
            "This token is not right. `understudy sign-in` on the machine it runs on prints a new one.";
        return Ok(sheet(StatusCode::FORBIDDEN, "", name, Some(problem)));
    }
    let fits = name.chars().count() <= NAME_MAX_CHARS;
    let Some(reader) = slug(name).filter(|_| fits) else {
        let problem = "Type your name with letters or digits, up to 60, and not the word everyone.";
        return Ok(sheet(StatusCode::BAD_REQUEST, token, name, Some(problem)));
    };
    let cookie = tokens::random();
    let session = SessionRow {
        token_hash: tokens::hash(&cookie),
        reader: reader.into(),
        name: name.to_owned(),
        standing: ADMIN.to_owned(),
        expires_at: now() + SESSION_S,
    };
    console.web.store.put_session(session, now()).await?;
    info!("A browser signed in");
    let behind_tls = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    Ok(with_cookie(Redirect::to("/").into_response(), &cookie, SESSION_S, behind_tls))
}

/// Ends the session.
pub(super) async fn sign_out(
    State(console): State<Shared>,
    signed_in: SignedIn,
) -> Result<Response, Trouble> {
    console.web.store.end_session(&signed_in.token_hash).await?;
    Ok(with_cookie(Redirect::to("/sign-in").into_response(), "", 0, false))
}

fn with_cookie(mut response: Response, value: &str, age_s: i64, secure: bool) -> Response {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE_NAME}={value}; Max-Age={age_s}; Path=/; HttpOnly; SameSite=Strict{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
