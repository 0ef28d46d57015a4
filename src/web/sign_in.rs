//! Signing in: with a name and a password, or with the token that was printed, and out again.
//!
//! The token is for the first admin and for whoever has lost every password: until an admin has set one it signs in
//! whoever holds it; after that each printed token works once. A session gets a new secret at each sign-in, whatever
//! cookie the browser brought, and the session before ends.

use std::num::NonZeroU32;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use maud::{Markup, html};
use tracing::{info, warn};

use super::{
    Console, Shared,
    form::Fields,
    page, passwords,
    session::{self, ADMIN, SignedIn, slug},
    tokens,
    trouble::Trouble,
};
use crate::store::{AccountRow, SessionRow, now};

/// Attempts to sign in, all browsers together.
pub(super) struct Attempts {
    /// With a token: there is one, so a handful a minute is plenty.
    token: DefaultDirectRateLimiter,
    /// With a password: each account has its own lock besides.
    password: DefaultDirectRateLimiter,
}

/// Attempts with a token a minute, and at once.
const TOKENS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(5).expect("five is not zero");
/// Attempts with a password a minute, and at once.
const PASSWORDS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("sixty is not zero");
/// How long a browser stays signed in.
const SESSION_S: i64 = 30 * 24 * 3600;
/// Longest name that is taken.
pub(super) const NAME_MAX_CHARS: usize = 60;

/// A fresh count of attempts.
pub(super) fn attempts() -> Attempts {
    Attempts {
        token: RateLimiter::direct(Quota::per_minute(TOKENS_PER_MINUTE)),
        password: RateLimiter::direct(Quota::per_minute(PASSWORDS_PER_MINUTE)),
    }
}

impl Attempts {
    /// Counts one; refuses it when there were too many.
    pub(super) fn count(&self, with_token: bool) -> Result<(), Trouble> {
        let checked = if with_token { self.token.check() } else { self.password.check() };
        checked.map_err(|_| {
            warn!("Refused an attempt to sign in: too many");
            let sentence = "Too many attempts to sign in. Wait a minute and try again.";
            Trouble::new(StatusCode::TOO_MANY_REQUESTS, sentence)
        })
    }
}

/// The form; a link with `?token=` fills the token in.
pub(super) async fn form(
    State(console): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let token = query.get("token");
    let by_token = !token.is_empty()
        || query.get("with") == "token"
        || !console.web.store.admins_have_passwords().await?;
    Ok(if by_token { token_sheet(StatusCode::OK, token, "", None) } else { sheet(StatusCode::OK, "", None) })
}

fn problem(words: Option<&str>) -> Markup {
    html! { @if let Some(words) = words { p.notice.bad role="alert" { (words) } } }
}

fn sheet(status: StatusCode, name: &str, words: Option<&str>) -> Response {
    let body = html! {
        form.card.narrow method="post" action="/sign-in" accept-charset="utf-8" {
            h1 { "Sign in" }
            (problem(words))
            label for="name" { "Your name" }
            input #name name="name" autocomplete="username" required maxlength=(NAME_MAX_CHARS) value=(name);
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="current-password" required;
            button.primary type="submit" { "Sign in" }
            p.hint { "No account, or the password is lost? An admin can send you an invitation. Admins can use a "
                a href="/sign-in?with=token" { "printed link" } "." }
        }
    };
    (status, page::bare("Sign in", &body)).into_response()
}

fn token_sheet(status: StatusCode, token: &str, name: &str, words: Option<&str>) -> Response {
    let body = html! {
        form.card.narrow method="post" action="/sign-in" accept-charset="utf-8" {
            h1 { "Sign in" }
            (problem(words))
            label for="token" { "Token" }
            input #token name="token" type="password" autocomplete="off" required value=(token);
            p.hint { "Printed at the first start. Lost? " code { "understudy sign-in" } " prints a new one." }
            label for="name" { "Your name" }
            input #name name="name" autocomplete="username" required maxlength=(NAME_MAX_CHARS) value=(name);
            p.hint { "Understudies address you by it, and notes that name you as a reader open to you." }
            button.primary type="submit" { "Sign in" }
            p.hint { a href="/sign-in" { "Sign in with a password" } }
        }
    };
    (status, page::bare("Sign in", &body)).into_response()
}

/// Checks the password or the token and starts a session.
pub(super) async fn sign_in(
    State(console): State<Shared>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    let by_token = fields.get("password").is_empty();
    console.attempts.count(by_token)?;
    if by_token {
        with_token(&console, &headers, &fields).await
    } else {
        with_password(&console, &headers, &fields).await
    }
}

async fn with_token(console: &Console, headers: &HeaderMap, fields: &Fields) -> Result<Response, Trouble> {
    let store = &console.web.store;
    let (token, name) = (fields.get("token").trim(), fields.get("name").trim());
    if !tokens::is_sign_in_token(store, token).await? {
        let words =
            "This token is not right. `understudy sign-in` on the machine it runs on prints a new one.";
        return Ok(token_sheet(StatusCode::FORBIDDEN, "", name, Some(words)));
    }
    let fits = name.chars().count() <= NAME_MAX_CHARS;
    let Some(reader) = slug(name).filter(|_| fits) else {
        let words = "Type your name with letters or digits, up to 60, and not the word everyone.";
        return Ok(token_sheet(StatusCode::BAD_REQUEST, token, name, Some(words)));
    };
    if store.admins_have_passwords().await? {
        tokens::use_up_sign_in_token(store).await?;
    }
    store.came_with_token(reader.as_str(), name, now()).await?;
    start(console, headers, reader.as_str(), name, true, "/").await
}

async fn with_password(console: &Console, headers: &HeaderMap, fields: &Fields) -> Result<Response, Trouble> {
    let name = fields.get("name").trim();
    match checked(console, name, fields.get("password")).await? {
        Ok(account) => start(console, headers, &account.reader, &account.name, account.admin, "/").await,
        Err(words) => Ok(sheet(StatusCode::FORBIDDEN, name, Some(words))),
    }
}

/// The account with this name and password, or the sentence that says why not.
///
/// A name that nobody has takes as long and says the same as a wrong password.
pub(super) async fn checked(
    console: &Console,
    name: &str,
    password: &str,
) -> Result<Result<AccountRow, &'static str>, Trouble> {
    let store = &console.web.store;
    let account = match slug(name) {
        Some(reader) => store.account(reader.as_str()).await?,
        None => None,
    };
    if account.as_ref().is_some_and(|account| account.locked_until_at > now()) {
        return Ok(Err(
            "Too many wrong passwords, so this account is locked for a quarter of an hour. An admin can send a new invitation.",
        ));
    }
    let fits = password.len() <= passwords::PASSWORD_MAX_BYTES;
    let hash = account.as_ref().filter(|_| fits).map(|account| account.password.clone());
    let typed = if fits { password.to_owned() } else { String::new() };
    let right = passwords::is_right(typed, hash.unwrap_or_default()).await.map_err(failed)?;
    match account {
        Some(account) if right => {
            store.right_password(&account.reader, now()).await?;
            Ok(Ok(account))
        }
        Some(account) => {
            store.wrong_password(&account.reader, now()).await?;
            Ok(Err("Name or password are not right."))
        }
        None => Ok(Err("Name or password are not right.")),
    }
}

/// Hashing went wrong; the reason is the machine's, not the person's.
pub(super) fn failed(e: anyhow::Error) -> Trouble {
    warn!("Can't check a password: {e:#}");
    Trouble::of_status(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Starts a session under a new secret and goes to `next`.
pub(super) async fn start(
    console: &Console,
    headers: &HeaderMap,
    reader: &str,
    name: &str,
    admin: bool,
    next: &str,
) -> Result<Response, Trouble> {
    // Whoever planted a cookie, or used this browser before, has nothing of the new session.
    if let Some(before) = session::cookie(headers) {
        console.web.store.end_session(&tokens::hash(&before)).await?;
    }
    let cookie = tokens::random();
    let standing = if admin { ADMIN } else { "member" };
    let row = SessionRow {
        token_hash: tokens::hash(&cookie),
        reader: reader.to_owned(),
        name: name.to_owned(),
        standing: standing.to_owned(),
        expires_at: now() + SESSION_S,
    };
    console.web.store.put_session(row, now()).await?;
    info!("A browser signed in");
    Ok(with_cookie(Redirect::to(next).into_response(), headers, &cookie, SESSION_S))
}

/// Ends the session.
pub(super) async fn sign_out(
    State(console): State<Shared>,
    signed_in: SignedIn,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    console.web.store.end_session(&signed_in.token_hash).await?;
    Ok(with_cookie(Redirect::to("/sign-in").into_response(), &headers, "", 0))
}

fn with_cookie(mut response: Response, headers: &HeaderMap, value: &str, age_s: i64) -> Response {
    let line = session::cookie_line(value, age_s, session::behind_tls(headers));
    if let Ok(cookie) = HeaderValue::from_str(&line) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
