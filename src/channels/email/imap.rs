//! One IMAP session: sign in, look how far the mailbox goes, fetch, wait, file a copy.
//!
//! Everything has a clock: a server that says nothing must not stop the mailbox.

use std::{collections::BTreeMap, time::Duration};

use async_imap::{Client, Session, extensions::idle::IdleResponse, types::Mailbox as Selected};
use futures::TryStreamExt;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    account::{Account, Key},
    oauth::NoToken,
    server::Wire,
};

/// How long a server may take for one answer.
const ANSWER: Duration = Duration::from_secs(60);
/// How long it may take for a batch of mails.
const BATCH: Duration = Duration::from_secs(300);
/// How long ending an IDLE may take.
const DONE: Duration = Duration::from_secs(15);

/// Why a session could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImapError {
    /// The server does not let this user in.
    #[error("{0}")]
    Refused(String),
    /// Somebody has to sign in first; no server was asked.
    #[error("{0}")]
    SignIn(String),
    /// Anything else, which may pass.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<async_imap::error::Error> for ImapError {
    fn from(e: async_imap::error::Error) -> Self {
        Self::Failed(e.into())
    }
}

/// What is known of a mail before it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) uid: u32,
    pub(super) size_bytes: u32,
    pub(super) arrived_at: i64,
}

/// A signed-in session.
#[derive(Debug)]
pub(super) struct Imap {
    session: Session<Box<dyn Wire>>,
    pub(super) can_idle: bool,
}

/// How the wait for new mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// Something happened, or enough time has passed: look again.
    Look,
    /// The program stops.
    Stop,
}

async fn within<T, E: Into<anyhow::Error>>(
    limit: Duration,
    what: &str,
    answer: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    match timeout(limit, answer).await {
        Ok(result) => result.map_err(|e| e.into().context(what.to_owned())),
        Err(_) => anyhow::bail!("{what}: no answer in {} s", limit.as_secs()),
    }
}

/// Whether a server answered with a plain no, as to a folder that it doesn't have.
pub(super) fn is_refusal(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(async_imap::error::Error::No(_)))
}

/// Whether a server took nothing of what it was told, in whatever way it says so.
pub(super) fn was_not_taken(error: &anyhow::Error) -> bool {
    use async_imap::error::Error;
    // The last one stands for a mail whose size was refused, before anything of it was handed over.
    matches!(error.downcast_ref(), Some(Error::No(_) | Error::Bad(_) | Error::Append))
}

/// What is said once; a server that asks again, as those do that refuse a token, gets an empty answer.
struct Once(String);

impl async_imap::Authenticator for Once {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        std::mem::take(&mut self.0)
    }
}

impl Imap {
    /// Connects and signs in; with a new token when the server does not take the one that is held.
    ///
    /// # Errors
    /// See [`ImapError`].
    pub(super) async fn open(account: &Account) -> Result<Self, ImapError> {
        match Self::open_once(account).await {
            Err(ImapError::Refused(_)) if account.secret.is_token() => Self::open_once(account).await,
            opened => opened,
        }
    }

    async fn open_once(account: &Account) -> Result<Self, ImapError> {
        // Without a token no server is troubled.
        let key = match account.secret.key().await {
            Ok(key) => key,
            Err(NoToken::SignIn(hint)) => return Err(ImapError::SignIn(hint.to_string())),
            Err(NoToken::Failed(e)) => return Err(e.into()),
        };
        let wire = account.imap.connect(account.ca.as_deref()).await?;
        let mut client = Client::new(wire);
        let greeting = within(ANSWER, "read the greeting", client.read_response()).await?;
        if greeting.is_none() {
            return Err(anyhow::anyhow!("{} closed the connection at once", account.imap).into());
        }
        let user = &account.user;
        // LOGIN takes ASCII only, PLAIN is missing here and there.
        let signing_in = async {
            match key {
                Key::Password(password) if user.is_ascii() && password.is_ascii() => {
                    client.login(user, &password).await
                }
                Key::Password(password) => {
                    client.authenticate("PLAIN", Once(format!("\0{user}\0{password}"))).await
                }
                Key::Token(token) => {
                    let said = format!("user={user}\x01auth=Bearer {token}\x01\x01");
                    client.authenticate("XOAUTH2", Once(said)).await
                }
            }
        };
        let signed_in = timeout(ANSWER, signing_in).await;
        let mut session = match signed_in {
            Ok(Ok(session)) => session,
            Ok(Err((async_imap::error::Error::No(said), _))) => {
                let said: String = said.chars().take(120).collect();
                return Err(ImapError::Refused(account.secret.was_refused(&account.imap, user, &said).await));
            }
            Ok(Err((e, _))) => return Err(e.into()),
            Err(_) => return Err(anyhow::anyhow!("sign in: no answer in {} s", ANSWER.as_secs()).into()),
        };
        // What a server can do is known only after signing in.
        let can_idle = within(ANSWER, "ask for capabilities", session.capabilities()).await?.has_str("IDLE");
        Ok(Self { session, can_idle })
    }

    /// Opens a folder and says how far it goes.
    ///
    /// # Errors
    /// When the server does not answer or has no such folder.
    pub(super) async fn select(&mut self, folder: &str) -> anyhow::Result<Selected> {
        within(ANSWER, "open the folder", self.session.select(folder)).await
    }

    /// Opens a folder without the right to change anything in it (RFC 3501, 6.3.2).
    ///
    /// # Errors
    /// As for [`Self::select`].
    pub(super) async fn examine(&mut self, folder: &str) -> anyhow::Result<Selected> {
        within(ANSWER, "open the folder", self.session.examine(folder)).await
    }

    /// Size and time of each mail in a set of numbers such as `17:*`, in order.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn list(&mut self, set: &str) -> anyhow::Result<Vec<Listed>> {
        let listing = async {
            let stream = self.session.uid_fetch(set, "(UID RFC822.SIZE INTERNALDATE)").await?;
            stream.try_collect::<Vec<_>>().await
        };
        let mut listed = BTreeMap::new();
        for fetch in within(BATCH, "list the mails", listing).await? {
            // A server may answer twice for one mail, or without its number.
            let Some(uid) = fetch.uid else { continue };
            let arrived_at = fetch.internal_date().map_or(0, |at| at.timestamp());
            listed.insert(uid, Listed { uid, size_bytes: fetch.size.unwrap_or(0), arrived_at });
        }
        Ok(listed.into_values().collect())
    }

    /// The numbers of the mails that arrived on or after a day such as `24-Nov-2026`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) async fn since(&mut self, day: &str) -> anyhow::Result<Vec<u32>> {
        self.search(&format!("SINCE {day}")).await
    }

    /// The numbers of the mails that match a query (RFC 3501, 6.4.4), lowest first.
    ///
    /// # Errors
    /// When the server does not answer or can't search so.
    pub(super) async fn search(&mut self, query: &str) -> anyhow::Result<Vec<u32>> {
        let found = within(ANSWER, "search the folder", self.session.uid_search(query)).await?;
        let mut found: Vec<u32> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The bytes of some mails, or their header fields only; a mail that is gone meanwhile is left out.
    ///
    /// Nothing is marked as seen.
    ///
    /// # Errors
    /// When the server does not answer or says something that can't be read.
    pub(super) async fn fetch(&mut self, uids: &[u32], part: Part) -> anyhow::Result<BTreeMap<u32, Vec<u8>>> {
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let fetching = async {
            let stream = self.session.uid_fetch(set, part.query()).await?;
            stream.try_collect::<Vec<_>>().await
        };
        let mut bodies = BTreeMap::new();
        for fetch in within(BATCH, "fetch mails", fetching).await? {
            let body = match part {
                Part::Whole => fetch.body(),
                Part::Head => fetch.header(),
            };
            if let (Some(uid), Some(body)) = (fetch.uid.filter(|uid| uids.contains(uid)), body) {
                bodies.insert(uid, body.to_vec());
            }
        }
        Ok(bodies)
    }

    /// Whether a folder holds a mail with this Message-ID (without brackets).
    ///
    /// # Errors
    /// When the server does not answer or has no such folder.
    pub(super) async fn holds(&mut self, folder: &str, message_id: &str) -> anyhow::Result<bool> {
        self.select(folder).await?;
        // The id that we wrote stays in our own field where a server gives a mail another one.
        let query =
            format!("OR HEADER Message-ID \"<{message_id}>\" HEADER X-Understudy-Id \"<{message_id}>\"");
        Ok(!within(ANSWER, "search by Message-ID", self.session.uid_search(query)).await?.is_empty())
    }

    /// Files a mail as read, or as a draft.
    ///
    /// # Errors
    /// When the server does not answer or has no such folder; the session is of no use then.
    pub(super) async fn file(&mut self, folder: &str, filed: Filed, mail: &[u8]) -> anyhow::Result<()> {
        within(ANSWER, "file a copy", self.session.append(folder, Some(filed.flags()), None, mail)).await
    }

    /// Waits until something happens in the open folder, at most for `most`.
    ///
    /// # Errors
    /// When the connection is gone; async-imap reports that only when the wait is ended.
    pub(super) async fn wait(
        self,
        most: Duration,
        stop: &CancellationToken,
    ) -> anyhow::Result<(Self, Waited)> {
        let mut idle = self.session.idle();
        within(ANSWER, "begin to wait", idle.init()).await?;
        let waited = {
            let (waiting, _interrupt) = idle.wait_with_timeout(most);
            tokio::select! {
                // A keep-alive of the server resets async-imap's own clock.
                woken = timeout(most, waiting) => match woken {
                    Ok(Ok(IdleResponse::NewData(_) | IdleResponse::Timeout | IdleResponse::ManualInterrupt)) | Err(_) => Waited::Look,
                    Ok(Err(e)) => return Err(anyhow::Error::from(e).context("wait for mail")),
                },
                () = stop.cancelled() => Waited::Stop,
            }
        };
        let session = within(DONE, "end the wait", idle.done()).await?;
        Ok((Self { session, can_idle: self.can_idle }, waited))
    }

    /// Says goodbye; that it fails changes nothing.
    pub(super) async fn close(mut self) {
        timeout(DONE, self.session.logout()).await.ok();
    }
}

/// As what a mail is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filed {
    Read,
    Draft,
}

impl Filed {
    fn flags(self) -> &'static str {
        match self {
            Self::Read => "(\\Seen)",
            Self::Draft => "(\\Seen \\Draft)",
        }
    }
}

/// What of a mail is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Head,
}

impl Part {
    fn query(self) -> &'static str {
        match self {
            Self::Whole => "(UID BODY.PEEK[])",
            Self::Head => "(UID BODY.PEEK[HEADER])",
        }
    }
}
