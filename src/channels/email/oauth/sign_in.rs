//! A person signs in once: Microsoft by a code that they type elsewhere (RFC 8628), Google by a page that leads
//! back to this machine (RFC 8252 with PKCE, RFC 7636).

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::{Provider, Tokens, Vault};
use crate::{
    error::Hint,
    people::{OauthKind, Person},
};

/// How long somebody may take to sign in.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Signs in to the mailbox of a person and keeps the tokens; `tell` is what the person at the terminal reads.
///
/// # Errors
/// When the mailbox needs no sign-in, the provider refuses, or nobody signs in within a quarter of an hour.
pub async fn sign_in(
    person: &Person,
    data: &Path,
    variable: impl Fn(&str) -> Option<String>,
    tell: impl Fn(&str),
) -> anyhow::Result<()> {
    let mail = person.mail.as_ref();
    let Some(settings) = mail.and_then(|mail| mail.oauth.as_ref()) else {
        let what = format!("the person.toml of {} has no [mail.oauth] table", person.id);
        return Err(Hint::new(what, "a password needs no sign-in; docs/email.md shows both ways").into());
    };
    let user = mail.map(|mail| mail.user.clone().unwrap_or_else(|| mail.address.clone())).unwrap_or_default();
    let provider = Provider::new(settings, variable)?;
    let signing_in = async {
        match provider.kind {
            OauthKind::Microsoft => by_device(&provider, &user, &tell).await,
            OauthKind::Google => by_page(&provider, &user, &tell).await,
        }
    };
    let tokens = match timeout(PATIENCE, signing_in).await {
        Ok(tokens) => tokens?,
        Err(_) => return Err(Hint::new("nobody signed in within 15 minutes", "run the command again").into()),
    };
    Vault::new(data, person.id.as_str()).write(&tokens).await
}

#[derive(Deserialize)]
struct Device {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default = "five")]
    interval: u64,
}

fn five() -> u64 {
    5
}

async fn by_device(provider: &Provider, user: &str, tell: &impl Fn(&str)) -> anyhow::Result<Tokens> {
    let form = [("client_id", provider.client_id.as_str()), ("scope", provider.scope)];
    let device: Device = provider.post(&provider.device_url, &form).await?;
    tell(&format!(
        "Open {} in any browser, type the code {} and sign in as {user}.",
        device.verification_uri, device.user_code
    ));
    let mut wait = Duration::from_secs(device.interval);
    loop {
        sleep(wait).await;
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let answer = provider.ask(&[("grant_type", grant), ("device_code", &device.device_code)]).await?;
        match answer.error.as_str() {
            "" => return answer.tokens(""),
            "authorization_pending" => {}
            // RFC 8628, 3.5.
            "slow_down" => wait += Duration::from_secs(5),
            "access_denied" | "authorization_declined" => bail!("the sign-in was declined"),
            "expired_token" => bail!("the code is too old: run the command again"),
            other => {
                bail!("the mail provider refuses the sign-in ({other}): check `client_id` in [mail.oauth]")
            }
        }
    }
}

async fn by_page(provider: &Provider, user: &str, tell: &impl Fn(&str)) -> anyhow::Result<Tokens> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listen for the browser")?;
    let back = format!("http://{}", listener.local_addr()?);
    let (verifier, state) = (random(), random());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut page = reqwest::Url::parse(&provider.authorize_url)?;
    page.query_pairs_mut()
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", &back)
        .append_pair("response_type", "code")
        .append_pair("scope", provider.scope)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", &state)
        .append_pair("access_type", "offline")
        .append_pair("prompt", "consent")
        .append_pair("login_hint", user);
    tell(&format!("Open this address in a browser on this machine and sign in as {user}:\n{page}"));
    let code = come_back(&listener, &state).await?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", back.as_str()),
        ("code_verifier", verifier.as_str()),
    ];
    provider.ask(&form).await?.tokens("")
}

/// 32 bytes that nobody guesses, as text.
fn random() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Waits for the browser to bring the code; whatever else asks is shown the door.
async fn come_back(listener: &TcpListener, state: &str) -> anyhow::Result<String> {
    loop {
        let (mut browser, _) = listener.accept().await.context("wait for the browser")?;
        let Some(query) = asked(&mut browser).await else { continue };
        let of = |name: &str| {
            query.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        // Only our own page knows the state.
        if of("state").as_deref() != Some(state) {
            answer(&mut browser, "404 Not Found", "There is nothing here.").await;
            continue;
        }
        if let Some(code) = of("code") {
            answer(&mut browser, "200 OK", "You are signed in. You can close this page.").await;
            return Ok(code);
        }
        answer(&mut browser, "200 OK", "The sign-in was declined. You can close this page.").await;
        bail!("the sign-in was declined ({})", of("error").unwrap_or_default());
    }
}

/// What a browser asks for, if it asks for anything soon.
async fn asked(browser: &mut TcpStream) -> Option<reqwest::Url> {
    let mut head = Vec::new();
    let reading = async {
        let mut piece = [0; 4096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < 16_384 {
            match browser.read(&mut piece).await {
                Ok(n) if n > 0 => head.extend_from_slice(piece.get(..n).unwrap_or_default()),
                _ => break,
            }
        }
    };
    timeout(Duration::from_secs(5), reading).await.ok()?;
    let head = String::from_utf8_lossy(&head);
    let path = head.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    reqwest::Url::parse("http://127.0.0.1").ok()?.join(path).ok()
}

async fn answer(browser: &mut TcpStream, status: &str, words: &str) {
    let page = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{words}",
        words.len()
    );
    browser.write_all(page.as_bytes()).await.ok();
    browser.shutdown().await.ok();
}
