//! One person's bot in one workspace: its tokens, who it is there, and how its connection is.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    api::{Api, CallError},
    directory::Directory,
    frame::str_at,
    token::Tokens,
};
use crate::{
    domain::PersonId,
    people::{Person, SlackApp},
};

/// A person's bot.
pub struct Account {
    /// Whose.
    pub person: PersonId,
    /// The names it may be called by.
    pub names: Vec<String>,
    /// What `person.toml` says of it.
    pub app: SlackApp,
    /// Its tokens.
    pub tokens: Tokens,
    /// Slack.
    pub api: Api,
    /// What is known of people and channels.
    pub directory: Directory,
    /// How its sockets are.
    pub line: Line,
    identity: OnceCell<Identity>,
}

/// Who a bot is in its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The workspace.
    pub team: String,
    /// The organisation around it, when there is one.
    pub enterprise: Option<String>,
    /// The bot as a user.
    pub user: String,
    /// The bot as a bot.
    pub bot: String,
}

/// How the sockets of a bot are; nothing here is kept.
#[derive(Debug)]
pub struct Line {
    started: Instant,
    open: AtomicUsize,
    last_frame_ms: AtomicI64,
    ended: Mutex<Option<String>>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            open: AtomicUsize::new(0),
            last_frame_ms: AtomicI64::new(-1),
            ended: Mutex::new(None),
        }
    }
}

impl Line {
    /// Counts a socket that said hello; it is open until the guard is dropped.
    pub(super) fn open(&self) -> impl Drop {
        struct Open<'l>(&'l AtomicUsize);
        impl Drop for Open<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.open)
    }

    /// Remembers that something came, and returns how long nothing had; `None` for the first frame.
    pub(super) fn heard(&self) -> Option<Duration> {
        let now = self.elapsed_ms();
        since(self.last_frame_ms.swap(now, Ordering::Relaxed), now)
    }

    /// Remembers why the bot will not connect again by itself.
    pub(super) fn end(&self, why: String) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Why it will not connect again by itself.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sockets that are open.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How long nothing came through a socket; `None` before the first frame.
    #[must_use]
    pub fn silent(&self) -> Option<Duration> {
        since(self.last_frame_ms.load(Ordering::Relaxed), self.elapsed_ms())
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

fn since(last_ms: i64, now_ms: i64) -> Option<Duration> {
    u64::try_from(last_ms).ok()?;
    Some(Duration::from_millis(u64::try_from(now_ms - last_ms).unwrap_or(0)))
}

impl Account {
    /// Makes the account of a person; nothing is sent yet.
    #[must_use]
    pub fn new(person: &Person, app: SlackApp, tokens: Tokens, api: Api) -> Self {
        Self {
            person: person.id.clone(),
            names: vec![person.name.clone(), person.handle.clone()],
            app,
            tokens,
            api,
            directory: Directory::default(),
            line: Line::default(),
            identity: OnceCell::new(),
        }
    }

    /// Who the bot is; asked once.
    ///
    /// # Errors
    /// As for any call; the next one asks again.
    pub async fn identity(&self) -> Result<&Identity, CallError> {
        self.identity
            .get_or_try_init(async || {
                let answer = self.read("auth.test", &[]).await?;
                identity(&answer).ok_or_else(|| CallError::Refused {
                    method: "auth.test".to_owned(),
                    code: "not_a_bot_token".to_owned(),
                })
            })
            .await
    }

    /// Who the bot is, if Slack has been asked.
    #[must_use]
    pub fn known_identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    /// Calls a method that only reads, as the bot.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn read(&self, method: &str, arguments: &[(&str, &str)]) -> Result<Value, CallError> {
        self.api.read(&self.tokens.bot, method, arguments).await
    }

    /// Calls a method that changes something, as the bot.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn write(&self, method: &str, arguments: &Value) -> Result<Value, CallError> {
        self.api.write(&self.tokens.bot, method, arguments).await
    }

    /// What the bot says when it comes into a channel.
    #[must_use]
    pub fn introduction(&self) -> String {
        let name = self.names.first().map_or(self.person.as_str(), String::as_str);
        format!(
            "Hello. I'm a program that stands in for {name}: I answer from {name}'s notes, and I'm not {name}. Mention me with a question and I answer in its thread. What I don't know I say, and decisions stay with {name}."
        )
    }

    /// What an operator is told when Slack refuses a token.
    #[must_use]
    pub fn refusal(&self, error: &CallError) -> String {
        let (variable, page) = match error {
            CallError::Refused { method, .. } if method == "apps.connections.open" => {
                (&self.app.app_token, "Basic Information > App-Level Tokens, with connections:write")
            }
            _ => (&self.app.bot_token, "OAuth & Permissions"),
        };
        let code = error.code().unwrap_or("no");
        format!(
            "Slack refuses the token in {variable} ({code}). Copy the current one from {page} of {}'s app into it and start again",
            self.person
        )
    }
}

/// Reads `auth.test`; a bot token has a bot id.
fn identity(answer: &Value) -> Option<Identity> {
    Some(Identity {
        team: str_at(answer, "/team_id")?.to_owned(),
        enterprise: str_at(answer, "/enterprise_id").map(str::to_owned),
        user: str_at(answer, "/user_id")?.to_owned(),
        bot: str_at(answer, "/bot_id")?.to_owned(),
    })
}
