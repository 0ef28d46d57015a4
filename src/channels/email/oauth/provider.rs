//! Who gives out tokens: where to ask, and what for.

use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::Tokens;
use crate::{
    error::Hint,
    people::{OauthKind, OauthSettings},
    store::now,
};

/// How long a provider may take for an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Somebody who gives out tokens.
#[derive(Debug, Clone)]
pub(in crate::channels::email) struct Provider {
    pub(super) kind: OauthKind,
    pub(super) client_id: String,
    client_secret: Option<String>,
    pub(super) authorize_url: String,
    pub(super) device_url: String,
    token_url: String,
    pub(super) scope: &'static str,
    http: reqwest::Client,
}

/// Why a provider gave none.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The sign-in is over; only a person can begin a new one.
    #[error("the sign-in was taken back")]
    Ended,
    /// It may pass.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// What a token endpoint says, good or bad (RFC 6749, 5.1 and 5.2).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Answer {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
    pub(super) error: String,
}

impl Answer {
    /// The tokens in it; a provider that gives no new refresh token means the one before.
    pub(super) fn tokens(self, refresh: &str) -> anyhow::Result<Tokens> {
        if self.access_token.is_empty() {
            bail!("the mail provider gave no token ({})", self.error);
        }
        let refresh = if self.refresh_token.is_empty() { refresh.to_owned() } else { self.refresh_token };
        if refresh.is_empty() {
            bail!("the mail provider gave no refresh token, so the sign-in would end within the hour");
        }
        let expires_at = now() + if self.expires_in > 0 { self.expires_in } else { 3_600 };
        Ok(Tokens { access: self.access_token, expires_at, refresh })
    }
}

impl Provider {
    /// Reads the settings; `variable` gives the secret that Google's desktop clients have.
    ///
    /// # Errors
    /// When an address is not encrypted and leads off this machine.
    pub(in crate::channels::email) fn new(
        settings: &OauthSettings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Hint> {
        let tenant = settings.tenant.as_deref().unwrap_or("organizations");
        let microsoft = |end: &str| format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{end}");
        let (authorize, device, token, scope) = match settings.provider {
            OauthKind::Microsoft => (
                microsoft("authorize"),
                microsoft("devicecode"),
                microsoft("token"),
                "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
            ),
            OauthKind::Google => (
                "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
                "https://oauth2.googleapis.com/device/code".to_owned(),
                "https://oauth2.googleapis.com/token".to_owned(),
                "https://mail.google.com/",
            ),
        };
        let or = |set: &Option<String>, usual: String| set.clone().unwrap_or(usual);
        let provider = Self {
            kind: settings.provider,
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.as_deref().and_then(variable),
            authorize_url: or(&settings.authorize_url, authorize),
            device_url: or(&settings.device_url, device),
            token_url: or(&settings.token_url, token),
            scope,
            http: reqwest::Client::builder()
                .timeout(ANSWER)
                // A token follows no redirect.
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|e| Hint::new(format!("can't start an HTTP client: {e}"), "try again"))?,
        };
        let urls = [&provider.authorize_url, &provider.device_url, &provider.token_url];
        if let Some(open) = urls.into_iter().find(|url| !is_safe(url)) {
            let what = format!("`{open}` in [mail.oauth] would send tokens in the clear");
            return Err(Hint::new(what, "use an https address"));
        }
        Ok(provider)
    }

    /// Asks for new tokens with a refresh token.
    pub(super) async fn refresh(&self, refresh: &str) -> Result<Tokens, Refused> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", self.scope)];
        let answer = self.ask(&form).await?;
        match answer.error.as_str() {
            "" => Ok(answer.tokens(refresh)?),
            "invalid_grant" | "interaction_required" | "consent_required" => Err(Refused::Ended),
            other => Err(Refused::Failed(anyhow::anyhow!(
                "the mail provider refuses to renew the sign-in ({other})"
            ))),
        }
    }

    /// Asks the token endpoint.
    pub(super) async fn ask(&self, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let mut form = form.to_vec();
        form.push(("client_id", &self.client_id));
        if let Some(secret) = &self.client_secret {
            form.push(("client_secret", secret));
        }
        self.post(&self.token_url, &form).await
    }

    /// Posts a form; what comes back is read whether it is good or bad, because both are JSON.
    pub(super) async fn post<T: serde::de::DeserializeOwned>(
        &self,
        url: &str,
        form: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        let answer = self.http.post(url).form(form).send().await.map_err(reqwest::Error::without_url);
        let body = answer.context("ask the mail provider")?.bytes().await.context("ask the mail provider")?;
        serde_json::from_slice(&body).context("the mail provider's answer is no JSON")
    }
}

/// Whether an address is encrypted, or of this machine.
fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "localhost")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_never_leave_in_the_clear() {
        for (url, safe) in [
            ("https://login.example/token", true),
            ("http://127.0.0.1:80/token", true),
            ("http://login.example/token", false),
            ("http://127.0.0.1.evil.example/token", false),
            ("ftp://127.0.0.1/", false),
            ("login.example", false),
        ] {
            assert_eq!(is_safe(url), safe, "{url}");
        }
    }

    #[test]
    fn a_refresh_token_stays_unless_a_new_one_comes() {
        let answer = |text: &str| serde_json::from_str::<Answer>(text).unwrap();
        let kept = answer(r#"{"access_token":"a","expires_in":60}"#).tokens("old").unwrap();
        assert_eq!((kept.access.as_str(), kept.refresh.as_str()), ("a", "old"));
        let new = answer(r#"{"access_token":"a","refresh_token":"new"}"#).tokens("old").unwrap();
        assert_eq!(new.refresh, "new");
        assert!(answer(r#"{"error":"x"}"#).tokens("old").is_err());
        assert!(answer(r#"{"access_token":"a"}"#).tokens("").is_err());
    }
}
