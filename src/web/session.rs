//! Who is looking at a page.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::COOKIE, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{Shared, Web, tokens, trouble::Trouble};
use crate::{
    domain::{Conversation, PersonId, ReaderId, Requester, Standing},
    people::Person,
    store::{InboxRow, SessionRow, StoreError, now},
};

/// Name of the cookie where the browser speaks TLS; it keeps sub-domains and plain http from setting one
/// (<https://www.rfc-editor.org/rfc/rfc6265bis>, the `__Host-` prefix).
const SECURE_COOKIE: &str = "__Host-understudy_session";
/// Name of the cookie on plain http, which is for loopback: the prefix needs `Secure`, and not every browser stores such
/// a cookie that comes from a loopback address.
const PLAIN_COOKIE: &str = "understudy_session";
/// How long a proof of who sits before the browser counts for what is dangerous, in seconds.
const CONFIRMED_S: i64 = 10 * 60;
/// What is written into `session.standing` for somebody who runs the installation.
pub(super) const ADMIN: &str = "admin";

/// Somebody who is signed in; a page that takes this sends everybody else to sign in.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// As readers lists name them.
    pub reader: ReaderId,
    /// The name to show.
    pub name: String,
    /// Whether they run this installation.
    pub admin: bool,
    /// Whether some understudy is theirs.
    pub owner: bool,
    /// SHA-256 of their cookie.
    pub token_hash: String,
}

impl SignedIn {
    /// Reads the session of a request's cookie.
    pub(super) async fn of(web: &Web, headers: &HeaderMap) -> Result<Option<Self>, StoreError> {
        let Some(cookie) = cookie(headers) else { return Ok(None) };
        let Some(row) = web.store.session(&tokens::hash(&cookie), now()).await? else { return Ok(None) };
        Ok(Self::read(row, web))
    }

    fn read(row: SessionRow, web: &Web) -> Option<Self> {
        let reader = ReaderId::new(row.reader).ok()?;
        let owner = web.people.everybody().iter().any(|person| person.owner == reader);
        let admin = row.standing == ADMIN;
        Some(Self { reader, name: row.name, admin, owner, token_hash: row.token_hash })
    }

    /// Whether they decide for anybody.
    pub(super) fn decides(&self) -> bool {
        self.admin || self.owner
    }

    /// Lets through who has shown their password, or the printed token, in the last ten minutes.
    ///
    /// # Errors
    /// A way to do so and to come back to `next`.
    pub(super) async fn confirmed(&self, web: &Web, next: &str) -> Result<(), Response> {
        match web.store.confirmed_at(&self.token_hash).await {
            Ok(at) if at + CONFIRMED_S > now() => Ok(()),
            Ok(_) => Err(super::account::ask_again(next)),
            Err(e) => Err(Trouble::from(e).into_response()),
        }
    }

    /// Whether the understudy of `person` answers for them.
    pub(super) fn owns(&self, person: &Person) -> bool {
        *person.known_as(&self.reader) == person.owner
    }

    /// Whether they may decide what becomes of the person's messages and replies.
    pub(super) fn decides_for(&self, person: Option<&Person>) -> bool {
        self.admin || person.is_some_and(|person| self.owns(person))
    }

    /// Their one conversation with a person.
    pub(super) fn conversation(&self, person: &PersonId) -> Conversation {
        Conversation(format!("console:{person}:{}", self.reader))
    }

    /// Whether they may see a turn: it is theirs, or they decide for its person.
    pub(super) fn may_see(&self, row: &InboxRow, person: Option<&Person>) -> bool {
        row.conversation == self.conversation(&row.person) || self.decides_for(person)
    }

    /// Who they are to the inbox when they write to `person`.
    pub(super) fn requester(&self, person: &Person) -> Requester {
        let standing = match (self.owns(person), self.admin) {
            (true, _) => Standing::Owner,
            (false, true) => Standing::Admin,
            (false, false) => Standing::Member,
        };
        Requester { id: self.reader.clone(), name: self.name.clone(), standing }
    }
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Shared) -> Result<Self, Response> {
        match Self::of(&console.web, &parts.headers).await {
            Ok(Some(signed_in)) => Ok(signed_in),
            Ok(None) => Err(Redirect::to("/sign-in").into_response()),
            Err(e) => Err(Trouble::from(e).into_response()),
        }
    }
}

/// Somebody who is signed in and runs this installation.
pub(super) struct Admin(pub SignedIn);

impl FromRequestParts<Shared> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Shared) -> Result<Self, Response> {
        let signed_in = SignedIn::from_request_parts(parts, console).await?;
        if signed_in.admin { Ok(Self(signed_in)) } else { Err(Trouble::admins_only().into_response()) }
    }
}

/// Whether the browser speaks TLS, by the word of the proxy before us; we ourselves speak plain http only.
pub(super) fn behind_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

/// The line that sets the session's cookie for `age_s` seconds.
pub(super) fn cookie_line(value: &str, age_s: i64, secure: bool) -> String {
    let (name, flag) = if secure { (SECURE_COOKIE, "; Secure") } else { (PLAIN_COOKIE, "") };
    format!("{name}={value}; Max-Age={age_s}; Path=/; HttpOnly; SameSite=Strict{flag}")
}

/// The reader id of a typed name: `Alice Smith` is `alice-smith`.
///
/// Letters and digits only, so that nobody can sign in under the id of a space such as `slack:C123`.
pub(super) fn slug(name: &str) -> Option<ReaderId> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    ReaderId::new(words.join("-")).ok()
}

/// The cookie of a request; over TLS only the one that nobody else can have set.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let wanted = if behind_tls(headers) { SECURE_COOKIE } else { PLAIN_COOKIE };
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned())
}

/// Whether the client wants JSON instead of a page.
pub(super) struct WantsJson(pub bool);

impl FromRequestParts<Shared> for WantsJson {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        let accept = parts.headers.get(axum::http::header::ACCEPT).and_then(|accept| accept.to_str().ok());
        Ok(Self(accept.is_some_and(|accept| accept.starts_with("application/json"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        for (name, id) in [
            ("Alice", Some("alice")),
            (" Alice  Smith ", Some("alice-smith")),
            ("slack:C123", Some("slack-c123")),
            ("Zoë", Some("zoë")),
            ("", None),
            ("<>", None),
            ("Everyone", None),
        ] {
            assert_eq!(slug(name).as_ref().map(ReaderId::as_str), id, "{name}");
        }
    }
}
