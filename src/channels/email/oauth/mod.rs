//! Signing in to a mailbox with a token instead of a password (OAuth 2.0, XOAUTH2).
//!
//! A person signs in once with `understudy mail sign-in`; what is kept is the refresh token, and the access token
//! that was fetched with it last, in one file that is encrypted (age) under a key beside it. A restart signs in
//! with what is kept. A refresh token that the provider has taken back is not tried again, so nothing hammers it;
//! a new sign-in is noticed by its file.

mod provider;
mod sign_in;
mod vault;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{error::Hint, store::now};
pub(super) use provider::Provider;
pub use sign_in::sign_in;
pub(super) use vault::Vault;

/// An access token that ends sooner than this is fetched anew.
const MARGIN_S: i64 = 120;

/// What a provider has given out for one mailbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tokens {
    access: String,
    /// Unix seconds.
    expires_at: i64,
    refresh: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    /// Somebody has to sign in.
    #[error("{0}")]
    SignIn(Hint),
    /// It may pass.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Hands out access tokens for one mailbox.
#[derive(Debug)]
pub(super) struct Access {
    provider: Provider,
    vault: Vault,
    /// Whose sign-in it is, for sentences.
    person: String,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    tokens: Option<Tokens>,
    /// An access token that a server did not take.
    refused: Option<String>,
    /// A refresh token that the provider does not take any more.
    dead: Option<String>,
}

impl Access {
    pub(super) fn new(provider: Provider, vault: Vault, person: String) -> Self {
        Self { provider, vault, person, held: Mutex::default() }
    }

    /// An access token that holds for two minutes at least.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub(super) async fn token(&self) -> Result<String, NoToken> {
        let mut held = self.held.lock().await;
        let refused = held.refused.clone();
        let is_fresh = |tokens: &Tokens| {
            tokens.expires_at - MARGIN_S > now() && refused.as_ref() != Some(&tokens.access)
        };
        if let Some(tokens) = held.tokens.as_ref().filter(|tokens| is_fresh(tokens)) {
            return Ok(tokens.access.clone());
        }
        let Some(kept) = self.vault.read().await? else {
            return Err(self.ask("nobody has signed in to the mailbox yet"));
        };
        if held.dead.as_ref() == Some(&kept.refresh) {
            return Err(self.ask("the mail provider has ended the sign-in to the mailbox"));
        }
        let tokens = if is_fresh(&kept) {
            kept
        } else {
            match self.provider.refresh(&kept.refresh).await {
                Ok(new) => self.keep(&kept, new).await?,
                Err(provider::Refused::Ended) => {
                    held.dead = Some(kept.refresh);
                    return Err(self.ask("the mail provider has ended the sign-in to the mailbox"));
                }
                Err(provider::Refused::Failed(e)) => return Err(NoToken::Failed(e)),
            }
        };
        let access = tokens.access.clone();
        held.tokens = Some(tokens);
        Ok(access)
    }

    /// Keeps new tokens, unless somebody has signed in meanwhile: then theirs are the newer ones.
    async fn keep(&self, before: &Tokens, new: Tokens) -> anyhow::Result<Tokens> {
        match self.vault.read().await? {
            Some(other) if other.refresh != before.refresh => Ok(other),
            _ => {
                self.vault.write(&new).await?;
                Ok(new)
            }
        }
    }

    /// Remembers that a server did not take the access token, so that the next one is fetched anew.
    ///
    /// What is kept stays as it is: somebody may be signing in at this moment.
    pub(super) async fn was_refused(&self) {
        let mut held = self.held.lock().await;
        if let Some(tokens) = held.tokens.take() {
            held.refused = Some(tokens.access);
        }
    }

    fn ask(&self, what: &str) -> NoToken {
        let next = format!("run `understudy mail sign-in -p {}`", self.person);
        NoToken::SignIn(Hint::new(format!("{what} of {}", self.person), next))
    }
}
