//! Slack's Web API: one call, and what a failed call means for trying again.
//!
//! Every call has a time limit. Refusals come with status 200 and `"ok": false`, so the body decides.

use std::time::Duration;

use anyhow::Context;
use reqwest::Url;
use serde_json::Value;

use super::token::Token;

/// How long a call may take.
const CALL: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// A reading call waits this long for its turn, once, before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);
/// When Slack limits a call without saying for how long.
const DEFAULT_WAIT_S: u64 = 5;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Slack said no; nothing happened.
    #[error("{method}: Slack says {code}")]
    Refused {
        /// What was called.
        method: String,
        /// Slack's word for it.
        code: String,
    },
    /// Too many calls; nothing happened.
    #[error("rate limited, retry in {} s", after.as_secs())]
    RateLimited {
        /// How long Slack wants to be left alone.
        after: Duration,
    },
    /// It never reached Slack.
    #[error("{method}: can't reach Slack: {why}")]
    Unsent {
        /// What was called.
        method: String,
        /// What failed.
        why: String,
    },
    /// It may have happened: the answer did not come, or was none.
    #[error("{method}: no clear answer: {why}")]
    Unclear {
        /// What was called.
        method: String,
        /// What came instead.
        why: String,
    },
}

impl CallError {
    /// Slack's word for a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether no later call with the same token can succeed
    /// (the list of Slack's own client, `UnrecoverableSocketModeStartError`).
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        const FATAL: [&str; 8] = [
            "not_authed",
            "invalid_auth",
            "account_inactive",
            "user_removed_from_team",
            "team_disabled",
            "token_revoked",
            "token_expired",
            "not_allowed_token_type",
        ];
        self.code().is_some_and(|code| FATAL.contains(&code))
    }
}

/// Calls Slack.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    base: Url,
}

/// What Slack answered, with the scopes of the token that asked.
pub struct Answer {
    /// The body.
    pub body: Value,
    /// Scopes by the `x-oauth-scopes` header; empty when there was none.
    pub scopes: Vec<String>,
}

impl Api {
    /// Makes a client for the Web API at `base`.
    ///
    /// # Errors
    /// When the TLS library can't be started, or `base` is no address.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(CALL)
            .connect_timeout(CONNECT)
            // A token follows no redirect.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("start the HTTP client for Slack")?;
        let base = Url::parse(base.trim_end_matches('/')).context("read the address of Slack's Web API")?;
        Ok(Self { http, base })
    }

    /// Where the Web API is.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// A client that follows no redirect, for what is not the Web API.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Calls a method that changes something.
    ///
    /// # Errors
    /// See [`CallError`]; the caller decides what may be repeated.
    pub async fn write(&self, token: &Token, method: &str, arguments: &Value) -> Result<Value, CallError> {
        let request = self.http.post(self.address(method)).bearer_auth(token.expose()).json(arguments);
        Ok(self.send(method, request).await?.body)
    }

    /// Calls a method that only reads; waits once when Slack asks for a short pause.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn read(
        &self,
        token: &Token,
        method: &str,
        arguments: &[(&str, &str)],
    ) -> Result<Value, CallError> {
        match self.ask(token, method, arguments).await {
            Err(CallError::RateLimited { after }) if after <= PATIENCE => {
                tokio::time::sleep(after).await;
                Ok(self.ask(token, method, arguments).await?.body)
            }
            answer => Ok(answer?.body),
        }
    }

    /// Reads, and says what the token may.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn ask(
        &self,
        token: &Token,
        method: &str,
        arguments: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        let request = self.http.get(self.address(method)).bearer_auth(token.expose()).query(arguments);
        self.send(method, request).await
    }

    fn address(&self, method: &str) -> String {
        format!("{}/{method}", self.base)
    }

    async fn send(&self, method: &str, request: reqwest::RequestBuilder) -> Result<Answer, CallError> {
        let method = method.to_owned();
        let response = match request.send().await {
            Ok(response) => response,
            // The address is left out: it says nothing that the method does not.
            Err(e) if e.is_connect() || e.is_builder() => {
                return Err(CallError::Unsent { method, why: told(e) });
            }
            Err(e) => return Err(CallError::Unclear { method, why: told(e) }),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if status == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return Err(CallError::RateLimited { after: wait(header("retry-after")) });
        }
        if !status.is_success() {
            return Err(CallError::Unclear { method, why: format!("status {}", status.as_u16()) });
        }
        let bytes = response
            .bytes()
            .await
            .map_err(|e| CallError::Unclear { method: method.clone(), why: told(e) })?;
        let body = serde_json::from_slice(&bytes)
            .map_err(|_| CallError::Unclear { method: method.clone(), why: "not JSON".to_owned() })?;
        let scopes = header("x-oauth-scopes").unwrap_or_default().split(',');
        let scopes = scopes.map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect();
        check(method, header("retry-after"), body).map(|body| Answer { body, scopes })
    }
}

fn check(method: String, retry_after: Option<&str>, body: Value) -> Result<Value, CallError> {
    if body.get("ok").and_then(Value::as_bool) == Some(true) {
        return Ok(body);
    }
    match body.get("error").and_then(Value::as_str) {
        Some("ratelimited" | "rate_limited") => Err(CallError::RateLimited { after: wait(retry_after) }),
        // Slack's own failures: its documentation says that part of the work may be done.
        Some(code @ ("fatal_error" | "internal_error" | "request_timeout" | "service_unavailable")) => {
            Err(CallError::Unclear { method, why: code.to_owned() })
        }
        Some(code) => Err(CallError::Refused { method, code: code.to_owned() }),
        None => Err(CallError::Unclear { method, why: "neither ok nor an error".to_owned() }),
    }
}

fn wait(retry_after: Option<&str>) -> Duration {
    let seconds = retry_after.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(DEFAULT_WAIT_S);
    Duration::from_secs(seconds.clamp(1, 3600))
}

/// The innermost cause, which says more than reqwest's own words.
fn told(e: reqwest::Error) -> String {
    let e = e.without_url();
    let mut cause: &dyn std::error::Error = &e;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_decides_what_a_call_came_to() {
        let of = |body| check("m".to_owned(), Some("7"), body);
        assert!(of(json!({"ok": true, "ts": "1.2"})).is_ok());
        assert_eq!(of(json!({"ok": false, "error": "is_archived"})).unwrap_err().code(), Some("is_archived"));
        let limited = of(json!({"ok": false, "error": "ratelimited"})).unwrap_err();
        assert_eq!(limited, CallError::RateLimited { after: Duration::from_secs(7) });
        for odd in [
            json!({}),
            json!([]),
            json!(null),
            json!({"ok": "yes"}),
            json!({"ok": false, "error": "fatal_error"}),
        ] {
            assert!(matches!(of(odd.clone()), Err(CallError::Unclear { .. })), "{odd}");
        }
        assert!(of(json!({"ok": false, "error": "invalid_auth"})).unwrap_err().is_fatal());
        assert!(!of(json!({"ok": false, "error": "channel_not_found"})).unwrap_err().is_fatal());
    }

    #[test]
    fn a_pause_without_a_length_is_short() {
        for (header, seconds) in
            [(None, 5), (Some("soon"), 5), (Some("0"), 1), (Some(" 30 "), 30), (Some("99999"), 3600)]
        {
            assert_eq!(wait(header), Duration::from_secs(seconds), "{header:?}");
        }
    }
}
