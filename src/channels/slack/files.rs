//! Files of a post: fetched after it is safe in the inbox, kept by the hash of their content.
//!
//! The bot's token goes to Slack's own hosts only, and redirects are followed by hand: a host of somebody else would
//! get the token, and Slack's second host wants it again. Without the right to read a file Slack answers with a
//! log-in page and status 200, which must not be taken for the file. What can't be fetched is said to be missing.

use std::time::Duration;

use reqwest::{Url, header};
use serde_json::Value;
use tracing::warn;

use super::{account::Account, api::CallError, frame::str_at, place::Place};
use crate::{
    domain::Attachment,
    files::{FILE_MAX_BYTES, Files},
};

/// Files of one message that are fetched.
const MOST_FILES: usize = 10;
/// Redirects that are followed.
const HOPS: usize = 3;
/// How long one hop may take.
const FETCH: Duration = Duration::from_secs(60);

/// Why a file is not here.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("it has more than {} MB", FILE_MAX_BYTES >> 20)]
    TooLarge,
    #[error("Slack shows a log-in page instead: does the app have files:read?")]
    LoginPage,
    #[error("its address is none of Slack's")]
    NotSlack,
    #[error("it was shared somewhere else, not in this conversation")]
    Elsewhere,
    #[error("Slack names no address for it")]
    NoAddress,
    #[error("too many redirects")]
    Hops,
    #[error("status {0}")]
    Status(u16),
    #[error("the connection failed: {0}")]
    Connection(String),
    #[error("it can't be written: {0}")]
    Disk(#[from] std::io::Error),
}

/// The attachments with their content fetched, as far as possible; those without a hash are missing.
pub(super) async fn fetch_all(
    account: &Account,
    files: &Files,
    place: &Place,
    attachments: &[Attachment],
) -> Vec<Attachment> {
    let mut fetched = Vec::new();
    for (n, attachment) in attachments.iter().enumerate() {
        let mut attachment = attachment.clone();
        if attachment.sha256.is_empty() && !attachment.source.is_empty() && n < MOST_FILES {
            match fetch(account, files, place, &attachment.source).await {
                Ok((hash, size_bytes)) => (attachment.sha256, attachment.size_bytes) = (hash, size_bytes),
                Err(e) => warn!("A file for {} could not be fetched: {e}", account.person),
            }
        }
        fetched.push(attachment);
    }
    fetched
}

async fn fetch(account: &Account, files: &Files, place: &Place, id: &str) -> Result<(String, u64), Lost> {
    // The event may hold less than this, and nothing of it may be true any more.
    let info = account.read("files.info", &[("file", id)]).await?;
    let file = info.get("file").unwrap_or(&Value::Null);
    if !is_shared_in(file, &place.channel) {
        return Err(Lost::Elsewhere);
    }
    let size = file.get("size").and_then(Value::as_u64);
    if size.is_some_and(|size| size > FILE_MAX_BYTES) {
        return Err(Lost::TooLarge);
    }
    let address = str_at(file, "/url_private_download").or_else(|| str_at(file, "/url_private"));
    let address = address.and_then(|address| Url::parse(address).ok()).ok_or(Lost::NoAddress)?;
    let content = download(account, address, &Expected::of(file, size)).await?;
    let size_bytes = content.len() as u64;
    let (files, person) = (files.clone(), account.person.clone());
    let kept = tokio::task::spawn_blocking(move || files.keep(&person, &content)).await;
    Ok((kept.map_err(std::io::Error::other)??, size_bytes))
}

/// Whether the file was shared in this channel; a file whose shares are not told counts as shared.
fn is_shared_in(file: &Value, channel: &str) -> bool {
    let lists = ["/channels", "/groups", "/ims"].map(|at| file.pointer(at).and_then(Value::as_array));
    let mut named = lists.into_iter().flatten().flatten().filter_map(Value::as_str).peekable();
    let shares = ["/shares/public", "/shares/private"].map(|at| file.pointer(at).and_then(Value::as_object));
    let mut shared = shares.into_iter().flatten().flat_map(|share| share.keys()).peekable();
    if named.peek().is_none() && shared.peek().is_none() {
        return true;
    }
    named.any(|id| id == channel) || shared.any(|id| id == channel)
}

/// What the content should be.
struct Expected {
    html: bool,
    size: Option<u64>,
}

impl Expected {
    fn of(file: &Value, size: Option<u64>) -> Self {
        Self { html: str_at(file, "/mimetype").is_some_and(|kind| kind.contains("html")), size }
    }

    /// Whether a content that says to be HTML is a log-in page and not the file.
    fn is_login_page(&self, says_html: bool, content: &[u8]) -> bool {
        if self.html {
            return says_html && self.size.is_some_and(|size| size != content.len() as u64);
        }
        let head = content.get(..content.len().min(64)).unwrap_or_default().to_ascii_lowercase();
        let looks = head.trim_ascii_start().starts_with(b"<!doctype html");
        says_html || (looks && self.size != Some(content.len() as u64))
    }
}

async fn download(account: &Account, mut address: Url, expected: &Expected) -> Result<Vec<u8>, Lost> {
    for _ in 0..=HOPS {
        let trust = trust(account.api.base(), &address).ok_or(Lost::NotSlack)?;
        let request = account.api.http().get(address.clone()).timeout(FETCH);
        let request = match trust {
            Trust::Token => request.bearer_auth(account.tokens.bot.expose()),
            Trust::Nothing => request,
        };
        let mut response = request.send().await.map_err(connection)?;
        if response.status().is_redirection() {
            let next = response.headers().get(header::LOCATION).and_then(|next| next.to_str().ok());
            address = next.and_then(|next| address.join(next).ok()).ok_or(Lost::NoAddress)?;
            continue;
        }
        if !response.status().is_success() {
            return Err(Lost::Status(response.status().as_u16()));
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let says_html = kind.is_some_and(|kind| kind.contains("text/html"));
        let mut content = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(connection)? {
            if content.len() as u64 + chunk.len() as u64 > FILE_MAX_BYTES {
                return Err(Lost::TooLarge);
            }
            content.extend_from_slice(&chunk);
        }
        if expected.is_login_page(says_html, &content) {
            return Err(Lost::LoginPage);
        }
        return Ok(content);
    }
    Err(Lost::Hops)
}

/// Without the address, which is as good as the file.
fn connection(e: reqwest::Error) -> Lost {
    Lost::Connection(e.without_url().to_string())
}

/// What a host may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The bot's token.
    Token,
    /// A request without it: Slack's content network.
    Nothing,
}

/// What the host of `address` may be given, when Slack's Web API is at `base`; `None` when it is not asked at all.
pub(super) fn trust(base: &Url, address: &Url) -> Option<Trust> {
    let (own, host) = (base.host_str()?, address.host_str()?);
    let local = |host: &str| ["127.0.0.1", "localhost", "[::1]"].contains(&host);
    if local(own) {
        let same_port = address.port_or_known_default() == base.port_or_known_default();
        return (local(host) && same_port).then_some(Trust::Token);
    }
    if address.scheme() != "https" || address.port().is_some() {
        return None;
    }
    let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    if host == own || below(own) {
        return Some(Trust::Token);
    }
    below("slack-edge.com").then_some(Trust::Nothing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_token_goes_to_slack_only() {
        let of = |base: &str, address: &str| trust(&Url::parse(base).unwrap(), &Url::parse(address).unwrap());
        let slack = "https://slack.com/api";
        for (address, wanted) in [
            ("https://files.slack.com/files-pri/T1-F1/plan.pdf", Some(Trust::Token)),
            ("https://files-origin.slack.com/x", Some(Trust::Token)),
            ("https://acme.enterprise.slack.com/x", Some(Trust::Token)),
            ("https://slack.com/x", Some(Trust::Token)),
            ("https://a.slack-edge.com/x", Some(Trust::Nothing)),
            ("https://slack-edge.com/x", None),
            ("https://evilslack.com/x", None),
            ("https://slack.com.evil.example/x", None),
            ("https://files.slack.com:8443/x", None),
            ("https://files.slack.com@evil.example/x", None),
            ("http://files.slack.com/x", None),
            ("http://127.0.0.1/x", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(of(slack, address), wanted, "{address}");
        }
        let fake = "http://127.0.0.1:4000/api";
        assert_eq!(of(fake, "http://localhost:4000/files-origin/F1/x"), Some(Trust::Token));
        assert_eq!(of(fake, "http://127.0.0.1:4001/x"), None);
        assert_eq!(of(fake, "https://files.slack.com/x"), None);
    }

    #[test]
    fn a_log_in_page_is_not_the_file() {
        let page = b"\n<!DOCTYPE html><title>Sign in</title>";
        for (file, says_html, content, login) in [
            (json!({"mimetype": "application/pdf"}), true, &page[..], true),
            (json!({"mimetype": "application/pdf"}), false, &page[..], true),
            (json!({"mimetype": "application/pdf"}), false, &b"%PDF-1.7"[..], false),
            (json!({"mimetype": "text/html", "size": page.len()}), true, &page[..], false),
            (json!({"mimetype": "text/html", "size": 9000}), true, &page[..], true),
            (json!({"mimetype": "text/plain", "size": page.len()}), false, &page[..], false),
        ] {
            let expected = Expected::of(&file, file.get("size").and_then(Value::as_u64));
            assert_eq!(expected.is_login_page(says_html, content), login, "{file} {says_html}");
        }
    }

    #[test]
    fn a_file_of_another_conversation_is_left_alone() {
        for (file, shared) in [
            (json!({"shares": {"public": {"C1": []}}}), true),
            (json!({"shares": {"private": {"C2": []}}}), false),
            (json!({"ims": ["D1"], "shares": {}}), false),
            (json!({"channels": ["C1"]}), true),
            (json!({}), true),
        ] {
            assert_eq!(is_shared_in(&file, "C1"), shared, "{file}");
        }
    }
}
