//! Who may sign in: admins invite people, make admins, and send new invitations when a password is lost.

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header::HOST},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{
    Shared,
    form::Fields,
    page::{self, Pages},
    passwords,
    session::{Admin, SignedIn, behind_tls, slug},
    sign_in::{NAME_MAX_CHARS, failed, start},
    tokens,
    trouble::Trouble,
};
use crate::store::{AccountRow, NewInvitation, now};

/// How long an invitation can be taken up, in seconds.
const INVITED_S: i64 = 7 * 24 * 3600;
/// Accounts on a page.
const SHOWN: u32 = 50;
/// Where the list lies.
const HERE: &str = "/admin/accounts";

/// Everybody who may sign in.
pub(super) async fn list(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let pages = Pages::of(&query, SHOWN);
    let mut rows = console.web.store.accounts(query.get("q"), pages.skip(), SHOWN + 1).await?;
    let more = pages.cut(&mut rows);
    let body = html! {
        h1 { "Accounts" }
        p.lead { "Who may sign in here. Whoever owns an understudy signs in under the id that its " code { "person.toml" } " names as owner." }
        (invitation_form())
        (page::search(HERE, query.get("q"), "Name"))
        @if rows.is_empty() { p.empty { "Nobody is found." } }
        ul.rows { @for row in &rows { (entry(&signed_in, row)) } }
        (pages.links(HERE, &query, more))
    };
    Ok(page::page("Accounts", &signed_in, &body))
}

fn invitation_form() -> Markup {
    html! {
        form.card.line method="post" action="/admin/accounts" accept-charset="utf-8" {
            div.field { label for="name" { "Invite somebody" } input #name name="name" required maxlength=(NAME_MAX_CHARS) placeholder="Their name"; }
            div.field { label for="role" { "As" } select #role name="role" { option value="member" { "colleague" } option value="admin" { "admin" } } }
            button.primary type="submit" { "Make a link" }
        }
    }
}

fn entry(viewer: &SignedIn, row: &AccountRow) -> Markup {
    let here = format!("{HERE}/{}", row.reader);
    let button = |action: &str, danger: bool, words: &str| {
        html! { form method="post" action={ (here) "/" (action) } { button.quiet.danger[danger] type="submit" { (words) span.unseen { ", " (row.name) } } } }
    };
    html! {
        li.row {
            div.what {
                b { (row.name) } " " code { (row.reader) } " "
                @if row.admin { span.badge { "admin" } }
                @if row.locked_until_at > now() { " " span.badge.draft { "locked" } }
                @if row.password.is_empty() && row.invited_until_at > now() { " " span.badge.draft { "invited" } }
                p.meta { @if row.seen_at > 0 { "last signed in " (page::time(row.seen_at)) } @else { "has never signed in" } }
            }
            div.actions {
                (button("invite", false, "New link"))
                @if viewer.reader.as_str() != row.reader {
                    @if row.admin { (button("member", false, "No longer admin")) } @else { (button("admin", false, "Make admin")) }
                    (button("remove", true, "Remove"))
                }
            }
        }
    }
}

/// Invites somebody and shows the link, once.
pub(super) async fn invite(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Response> {
    signed_in.confirmed(&console.web, HERE).await?;
    let name = fields.get("name").trim();
    let fits = name.chars().count() <= NAME_MAX_CHARS;
    let Some(reader) = slug(name).filter(|_| fits) else {
        let words = "Nobody was invited: a name has letters or digits, up to 60, and is not the word everyone. Go back and type it.";
        return Err(Trouble::new(StatusCode::BAD_REQUEST, words).into_response());
    };
    let known = console.web.store.account(reader.as_str()).await.map_err(refused)?;
    if known.is_some() {
        let words = format!(
            "There is an account `{reader}` already. Go back and choose \"New link\" beside it, or another name."
        );
        return Err(Trouble::new(StatusCode::CONFLICT, words).into_response());
    }
    let admin = fields.get("role") == "admin";
    let made = invitation(&console, &signed_in, &headers, reader.as_str(), name, admin).await;
    made.map_err(IntoResponse::into_response)
}

async fn invitation(
    console: &Shared,
    signed_in: &SignedIn,
    headers: &HeaderMap,
    reader: &str,
    name: &str,
    admin: bool,
) -> Result<Response, Trouble> {
    let token = tokens::random();
    let new = NewInvitation {
        reader: reader.to_owned(),
        name: name.to_owned(),
        admin,
        token_hash: tokens::hash(&token),
        until_at: now() + INVITED_S,
    };
    console.web.store.invite(new, signed_in.reader.as_str(), now()).await?;
    let scheme = if behind_tls(headers) { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let link = format!("{scheme}://{host}/invitation?token={token}");
    let body = html! {
        h1 { "An invitation for " (name) }
        p.lead { "Give this link to " (name) " in a way that only they read. It works once, within seven days, and is not shown again." }
        p.card.link { code { (link) } }
        p { a.button href=(HERE) { "Back to the accounts" } }
    };
    Ok(page::page("Accounts", signed_in, &body).into_response())
}

/// Sends a new link, makes or unmakes an admin, or removes an account.
pub(super) async fn change(
    State(console): State<Shared>,
    Admin(signed_in): Admin,
    headers: HeaderMap,
    Path((reader, change)): Path<(String, String)>,
) -> Result<Response, Response> {
    signed_in.confirmed(&console.web, HERE).await?;
    let (store, by) = (&console.web.store, signed_in.reader.as_str());
    let account = store.account(&reader).await.map_err(refused)?;
    let account = account.ok_or_else(|| Trouble::not_found().into_response())?;
    if change == "invite" {
        let made = invitation(&console, &signed_in, &headers, &reader, &account.name, account.admin).await;
        return made.map_err(IntoResponse::into_response);
    }
    if reader == by {
        let words = "Somebody else has to do this to your own account, so that nobody locks themselves out.";
        return Err(Trouble::new(StatusCode::CONFLICT, words).into_response());
    }
    let done = match change.as_str() {
        "admin" => store.set_admin(&reader, true, by, now()).await,
        "member" => store.set_admin(&reader, false, by, now()).await,
        "remove" => store.remove_account(&reader, by, now()).await,
        _ => return Err(Trouble::not_found().into_response()),
    };
    done.map_err(refused)?;
    Ok(Redirect::to(HERE).into_response())
}

fn refused(e: crate::store::StoreError) -> Response {
    Trouble::from(e).into_response()
}

/// The form of somebody who was invited.
pub(super) async fn invited(
    State(console): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let token = query.get("token");
    let account = open(&console, token).await?;
    Ok(page::bare("Invitation", &sheet(&account, token, None)).into_response())
}

async fn open(console: &Shared, token: &str) -> Result<AccountRow, Trouble> {
    let found = console.web.store.invited(&tokens::hash(token), now()).await?;
    found.ok_or_else(|| {
        let words = "This invitation was used or has run out. Ask an admin for a new one.";
        Trouble::new(StatusCode::GONE, words)
    })
}

fn sheet(account: &AccountRow, token: &str, problem: Option<&str>) -> Markup {
    html! {
        form.card.narrow method="post" action="/invitation" accept-charset="utf-8" {
            h1 { "Welcome, " (account.name) }
            p.hint { "Choose a password. You sign in with it and the name " b { (account.name) } "." }
            @if let Some(problem) = problem { p.notice.bad role="alert" { (problem) } }
            input type="hidden" name="token" value=(token);
            input type="hidden" name="username" autocomplete="username" value=(account.name);
            label for="new" { "Password" }
            input #new name="new" type="password" autocomplete="new-password" required minlength=(passwords::PASSWORD_MIN_CHARS);
            p.hint { "At least " (passwords::PASSWORD_MIN_CHARS) " characters; a few words do well." }
            button.primary type="submit" { "Save and sign in" }
        }
    }
}

/// Takes an invitation up.
pub(super) async fn take_up(
    State(console): State<Shared>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    console.attempts.count(false)?;
    let token = fields.get("token");
    let account = open(&console, token).await?;
    if let Some(words) = passwords::objection(fields.get("new"), &account.name) {
        let sheet = page::bare("Invitation", &sheet(&account, token, Some(&words)));
        return Ok((StatusCode::BAD_REQUEST, sheet).into_response());
    }
    let hash = passwords::hash(fields.get("new").to_owned()).await.map_err(failed)?;
    let store = &console.web.store;
    store.set_password(&account.reader, &hash, Some(&tokens::hash(token)), now()).await?;
    store.right_password(&account.reader, now()).await?;
    start(&console, &headers, &account.reader, &account.name, account.admin, "/").await
}
