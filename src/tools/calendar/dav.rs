//! The `CalDAV` client (RFC 4791): the events of a stretch of time, one event, and writing one without overwriting another's.
//!
//! Nothing is sent to another host than the calendar's, and no redirect is followed, because each request carries a
//! password. Every answer has a limit in bytes and in time.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{TimeZone as _, Utc};
use quick_xml::{Reader, events::Event};
use reqwest::{Method, StatusCode, Url, header};

use crate::error::Hint;

/// How long a request may take, and a connection.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(5));
/// Longest answer that is read.
const ANSWER_MAX_BYTES: usize = 8 << 20;

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum DavError {
    /// The server has it in another state than we thought; nothing was written.
    #[error("the event was changed by somebody else meanwhile")]
    Changed,
    /// Nothing was written.
    #[error("{0}")]
    Refused(String),
    /// It may have been written.
    #[error("{0}")]
    Unclear(String),
}

/// One calendar of a server.
pub(super) struct Calendar {
    http: reqwest::Client,
    url: Url,
    user: String,
    password: String,
}

/// An event as the server keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Where it lies.
    pub href: String,
    /// Its state, for writing only over exactly this.
    pub etag: String,
    /// The iCalendar text.
    pub text: String,
}

impl Calendar {
    /// Makes a client.
    ///
    /// # Errors
    /// When the address is none that a password may be sent to.
    pub(super) fn new(url: &str, user: &str, password: String) -> Result<Self, Hint> {
        let slashed = format!("{}/", url.trim_end_matches('/'));
        let parsed = Url::parse(&slashed).ok().filter(|_| crate::config::is_safe(url));
        let url = parsed.ok_or_else(|| {
            let next = "use the https address of one calendar; plain http is taken only for this machine";
            Hint::new(format!("`{url}` can't be the address of a calendar"), next)
        })?;
        let http = reqwest::Client::builder()
            .timeout(PATIENCE.0)
            .connect_timeout(PATIENCE.1)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Hint::new(format!("can't start the client of the calendar: {e}"), "see the log"))?;
        Ok(Self { http, url, user: user.to_owned(), password })
    }

    /// Says whether the calendar can be read.
    ///
    /// # Errors
    /// What stands in the way.
    pub(super) async fn check(&self, now: i64) -> Result<usize, DavError> {
        Ok(self.between(now, now + 86_400).await?.len())
    }

    /// Every event that touches a stretch of time; one that repeats comes once, with its rule.
    ///
    /// # Errors
    /// [`DavError::Refused`].
    pub(super) async fn between(&self, from: i64, until: i64) -> Result<Vec<Kept>, DavError> {
        let stamp = |at| {
            Utc.timestamp_opt(at, 0)
                .single()
                .map(|at| at.format("%Y%m%dT%H%M%SZ").to_string())
                .unwrap_or_default()
        };
        let query = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <c:calendar-query xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">\
             <d:prop><d:getetag/><c:calendar-data/></d:prop>\
             <c:filter><c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\">\
             <c:time-range start=\"{}\" end=\"{}\"/>\
             </c:comp-filter></c:comp-filter></c:filter></c:calendar-query>",
            stamp(from),
            stamp(until)
        );
        let method = Method::from_bytes(b"REPORT").expect("REPORT is a method");
        let request = self
            .request(method, self.url.clone())
            .header("depth", "1")
            .header(header::CONTENT_TYPE, "application/xml; charset=utf-8")
            .body(query);
        let (status, _, body) = self.send(request).await.map_err(as_refused)?;
        if status != StatusCode::MULTI_STATUS {
            return Err(refused(status));
        }
        multistatus(&body)
            .map_err(|e| DavError::Refused(format!("the calendar's answer can't be read: {e:#}")))
    }

    /// Where an event with this name lies.
    pub(super) fn href(&self, name: &str) -> String {
        format!("{}{name}.ics", self.url.path())
    }

    /// One event; `None` when there is none.
    ///
    /// # Errors
    /// [`DavError::Refused`].
    pub(super) async fn get(&self, href: &str) -> Result<Option<Kept>, DavError> {
        let request = self.request(Method::GET, self.at(href)?);
        let (status, etag, text) = self.send(request).await.map_err(as_refused)?;
        match status {
            StatusCode::OK => Ok(Some(Kept { href: href.to_owned(), etag, text })),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(refused(status)),
        }
    }

    /// Writes an event: a new one, or over exactly the state that `over` names.
    ///
    /// # Errors
    /// [`DavError::Changed`] when there is another one by now.
    pub(super) async fn put(&self, href: &str, text: String, over: Option<&str>) -> Result<(), DavError> {
        let request = self.request(Method::PUT, self.at(href)?);
        let request = match over {
            Some(etag) => request.header(header::IF_MATCH, etag),
            None => request.header(header::IF_NONE_MATCH, "*"),
        };
        let request = request.header(header::CONTENT_TYPE, "text/calendar; charset=utf-8").body(text);
        written(self.send(request).await?.0)
    }

    /// Deletes exactly the state that `etag` names.
    ///
    /// # Errors
    /// [`DavError::Changed`] when it is another one by now, or gone.
    pub(super) async fn delete(&self, href: &str, etag: &str) -> Result<(), DavError> {
        let request = self.request(Method::DELETE, self.at(href)?).header(header::IF_MATCH, etag);
        written(self.send(request).await?.0)
    }

    /// An address of this server; a server can't send us elsewhere.
    fn at(&self, href: &str) -> Result<Url, DavError> {
        let url = self.url.join(href).map_err(|e| DavError::Refused(e.to_string()))?;
        if url.origin() == self.url.origin() {
            return Ok(url);
        }
        Err(DavError::Refused("the calendar names an event on another server".to_owned()))
    }

    fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.http.request(method, url).basic_auth(&self.user, Some(&self.password))
    }

    /// Status, `ETag` and body of an answer.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, String, String), DavError> {
        let lost = |e: reqwest::Error| DavError::Unclear(format!("no clear answer: {}", e.without_url()));
        let mut answer = request.send().await.map_err(|e| {
            if e.is_connect() || e.is_builder() {
                DavError::Refused(format!("the calendar's server can't be reached: {}", e.without_url()))
            } else {
                lost(e)
            }
        })?;
        let status = answer.status();
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let etag = etag.unwrap_or_default().to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                let told = format!("the calendar's answer has more than {} MB", ANSWER_MAX_BYTES >> 20);
                return Err(DavError::Unclear(told));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, etag, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// What was only read can't have changed anything.
fn as_refused(e: DavError) -> DavError {
    match e {
        DavError::Unclear(why) => DavError::Refused(why),
        other => other,
    }
}

fn written(status: StatusCode) -> Result<(), DavError> {
    match status {
        StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT | StatusCode::NOT_FOUND | StatusCode::GONE => {
            Err(DavError::Changed)
        }
        status if status.is_success() => Ok(()),
        // A server that stumbles may have stumbled after it wrote.
        status if status.is_server_error() => {
            Err(DavError::Unclear(format!("the calendar's server answers {status}")))
        }
        status => Err(refused(status)),
    }
}

fn refused(status: StatusCode) -> DavError {
    DavError::Refused(match status {
        StatusCode::UNAUTHORIZED => "the calendar does not accept the user or the password".to_owned(),
        StatusCode::FORBIDDEN => "this account may not do that in the calendar".to_owned(),
        StatusCode::NOT_FOUND => "there is no calendar at its address".to_owned(),
        status if status.is_redirection() => {
            "the calendar lies elsewhere (the server redirects); put its final address into person.toml"
                .to_owned()
        }
        status => format!("the calendar's server answers {status}"),
    })
}

/// The events in a multistatus (RFC 4918, 13); what a server leaves out is left out here.
fn multistatus(xml: &str) -> anyhow::Result<Vec<Kept>> {
    let mut reader = Reader::from_str(xml);
    let (mut all, mut one, mut path) = (Vec::new(), Kept::default(), Vec::new());
    loop {
        match reader.read_event()? {
            Event::Start(start) => path.push(start.local_name().as_ref().to_owned()),
            Event::End(_) => {
                let ended = path.pop();
                if ended.as_deref() == Some("response") {
                    all.push(std::mem::take(&mut one));
                }
            }
            Event::Text(text) => append(&mut one, &path, &text.xml10_content()),
            Event::CData(text) => append(&mut one, &path, &text.xml10_content()),
            Event::GeneralRef(name) => {
                let raw = format!("&{};", name.xml10_content());
                // Only the references of XML itself: nothing is declared, so nothing grows.
                append(&mut one, &path, &quick_xml::escape::unescape(&raw).context("read a reference")?);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    all.retain(|kept: &Kept| !kept.text.trim().is_empty());
    for kept in &mut all {
        kept.href = kept.href.trim().to_owned();
        kept.etag = kept.etag.trim().to_owned();
    }
    Ok(all)
}

fn append(one: &mut Kept, path: &[String], text: &str) {
    match path.last().map(String::as_str) {
        // A response's own, not one inside a property.
        Some("href") if path.iter().rev().nth(1).is_some_and(|outer| outer == "response") => {
            one.href.push_str(text)
        }
        Some("getetag") => one.etag.push_str(text),
        Some("calendar-data") => one.text.push_str(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multistatus_is_read_whatever_its_prefixes() {
        let xml = "<?xml version='1.0'?><multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
            <response><href>/bob/a.ics</href><propstat><prop><getetag>\"1&amp;2\"</getetag>\
            <C:calendar-data>BEGIN:VCALENDAR\nSUMMARY:Fish &amp; chips &#x2713;\n</C:calendar-data></prop></propstat></response>\
            <response><href>/bob/gone.ics</href><status>HTTP/1.1 404 Not Found</status></response>\
            <D:response xmlns:D=\"DAV:\"><D:href>/bob/b.ics</D:href><D:getetag>\"3\"</D:getetag>\
            <C:calendar-data><![CDATA[BEGIN:VCALENDAR <x>]]></C:calendar-data></D:response></multistatus>";
        let all = multistatus(xml).unwrap();
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!((all[0].href.as_str(), all[0].etag.as_str()), ("/bob/a.ics", "\"1&2\""));
        assert!(all[0].text.ends_with("Fish & chips \u{2713}\n"), "{:?}", all[0].text);
        assert_eq!(all[1].text, "BEGIN:VCALENDAR <x>");
        for bad in ["<a", "<a>&unknown;</a>", "<multistatus><b></multistatus>"] {
            assert!(multistatus(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_sent_to_no_other_place() {
        for bad in ["http://dav.example.com/bob", "ftp://dav.example.com", "bob"] {
            assert!(Calendar::new(bad, "bob", String::new()).is_err(), "{bad}");
        }
        let calendar = Calendar::new("https://dav.example.com/bob", "bob", String::new()).unwrap();
        assert_eq!(calendar.href("x"), "/bob/x.ics");
        for elsewhere in
            ["https://evil.example/x.ics", "//evil.example/x.ics", "http://dav.example.com/bob/x.ics"]
        {
            assert!(calendar.at(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
