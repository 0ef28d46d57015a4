//! One's own account: the password, and showing it again before something dangerous.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{
    Console, Shared,
    form::{Fields, escape},
    page, passwords,
    session::SignedIn,
    sign_in::{checked, failed, start},
    tokens,
    trouble::Trouble,
};
use crate::store::{AccountRow, now};

/// The page.
pub(super) async fn show(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let account = console.web.store.account(signed_in.reader.as_str()).await?;
    Ok(sheet(&signed_in, account.as_ref(), None))
}

fn sheet(signed_in: &SignedIn, account: Option<&AccountRow>, problem: Option<&str>) -> Markup {
    let role = match (signed_in.admin, signed_in.owner) {
        (true, true) => "You run this installation and own an understudy.",
        (true, false) => "You run this installation.",
        (false, true) => "You own an understudy.",
        (false, false) => "You can talk to every understudy.",
    };
    let has_password = account.is_some_and(|account| !account.password.is_empty());
    let body = html! {
        h1 { "Your account" }
        p.lead { (signed_in.name) ", known to understudies as " code { (signed_in.reader) } ". " (role) }
        @if account.is_some() {
            form.card method="post" action="/account/password" accept-charset="utf-8" {
                h2.first { @if has_password { "Change the password" } @else { "Set a password" } }
                @if let Some(problem) = problem { p.notice.bad role="alert" { (problem) } }
                input type="hidden" name="username" autocomplete="username" value=(signed_in.name);
                @if has_password {
                    label for="old" { "Password until now" }
                    input #old name="old" type="password" autocomplete="current-password" required;
                }
                label for="new" { "New password" }
                input #new name="new" type="password" autocomplete="new-password" required minlength=(passwords::PASSWORD_MIN_CHARS);
                p.hint { "At least " (passwords::PASSWORD_MIN_CHARS) " characters; a few words do well. Other browsers are signed out."
                    @if signed_in.admin && !has_password { " The printed link stops working then." } }
                button.primary type="submit" { "Save" }
            }
        } @else {
            p.empty { "You came by an older sign-in, which has no password. Ask an admin for an invitation." }
        }
    };
    page::page("Account", signed_in, &body)
}

/// Sets the password; this browser stays signed in, under a new secret.
pub(super) async fn set_password(
    State(console): State<Shared>,
    signed_in: SignedIn,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Response> {
    let store = &console.web.store;
    let reader = signed_in.reader.as_str();
    let account = store.account(reader).await.map_err(answer)?;
    let Some(account) = account else { return Err(Trouble::not_found().into_response()) };
    let again = |status: StatusCode, words: &str| {
        (status, sheet(&signed_in, Some(&account), Some(words))).into_response()
    };
    if account.password.is_empty() {
        signed_in.confirmed(&console.web, "/account").await?;
    } else {
        console.attempts.count(false).map_err(IntoResponse::into_response)?;
        let old = checked(&console, reader, fields.get("old")).await.map_err(IntoResponse::into_response)?;
        if let Err(words) = old {
            return Ok(again(StatusCode::FORBIDDEN, words));
        }
    }
    if let Some(words) = passwords::objection(fields.get("new"), &signed_in.name) {
        return Ok(again(StatusCode::BAD_REQUEST, &words));
    }
    let hash = passwords::hash(fields.get("new").to_owned()).await.map_err(|e| failed(e).into_response())?;
    store.set_password(reader, &hash, None, now()).await.map_err(answer)?;
    if signed_in.admin {
        tokens::use_up_sign_in_token(store).await.map_err(answer)?;
    }
    start(&console, &headers, reader, &signed_in.name, signed_in.admin, "/account")
        .await
        .map_err(IntoResponse::into_response)
}

fn answer(e: crate::store::StoreError) -> Response {
    Trouble::from(e).into_response()
}

/// Sends a browser to prove who sits before it, and back to `next`.
pub(super) fn ask_again(next: &str) -> Response {
    let to = format!("/confirm?next={}", escape(next));
    let mut response = Redirect::to(&to).into_response();
    // A form that htmx sends follows a redirect by itself and would put the page into a cell.
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert("hx-redirect", to);
    }
    response
}

/// Where to go after a form: a path of this site, or the start.
fn safe(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if local { next } else { "/" }
}

/// Asks for the password again.
pub(super) async fn confirm_form(
    State(console): State<Shared>,
    signed_in: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    confirm_sheet(&console, &signed_in, query.get("next"), None).await
}

async fn confirm_sheet(
    console: &Console,
    signed_in: &SignedIn,
    next: &str,
    problem: Option<&str>,
) -> Result<Markup, Trouble> {
    let account = console.web.store.account(signed_in.reader.as_str()).await?;
    let by_password = account.is_some_and(|account| !account.password.is_empty());
    let body = html! {
        form.card.narrow method="post" action="/confirm" accept-charset="utf-8" {
            h1 { "Is it still you?" }
            p.hint { "Tools that act, erasures and who is an admin are changed only by somebody who has shown "
                @if by_password { "their password" } @else { "the printed token" } " in the last ten minutes. Nothing was changed yet; do it again afterwards." }
            @if let Some(problem) = problem { p.notice.bad role="alert" { (problem) } }
            input type="hidden" name="next" value=(safe(next));
            input type="hidden" name="username" autocomplete="username" value=(signed_in.name);
            label for="secret" { @if by_password { "Password of " (signed_in.name) } @else { "Token" } }
            input #secret name="secret" type="password" autocomplete="current-password" required;
            @if !by_password { p.hint { code { "understudy sign-in" } " prints a new one. Or set a password under Account after signing in anew." } }
            button.primary type="submit" { "It's me" }
        }
    };
    Ok(page::page("Confirm", signed_in, &body))
}

/// Checks it.
pub(super) async fn confirm(
    State(console): State<Shared>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, Trouble> {
    let store = &console.web.store;
    let reader = signed_in.reader.as_str();
    let has_password = store.account(reader).await?.is_some_and(|account| !account.password.is_empty());
    console.attempts.count(!has_password)?;
    let secret = fields.get("secret");
    let refused = if has_password {
        checked(&console, reader, secret).await?.err()
    } else if signed_in.admin && tokens::is_sign_in_token(store, secret.trim()).await? {
        None
    } else {
        Some("This token is not right.")
    };
    if let Some(words) = refused {
        let sheet = confirm_sheet(&console, &signed_in, fields.get("next"), Some(words)).await?;
        return Ok((StatusCode::FORBIDDEN, sheet).into_response());
    }
    store.confirm_session(&signed_in.token_hash, now()).await?;
    Ok(Redirect::to(safe(fields.get("next"))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        for (next, to) in [
            ("/admin/tools?q=bob&page=2", "/admin/tools?q=bob&page=2"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("", "/"),
        ] {
            assert_eq!(safe(next), to, "{next}");
        }
    }
}
