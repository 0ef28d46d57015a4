//! Mail: each understudy has an address; people write to it and get one answer, in the thread they wrote in.
//!
//! Whoever is known to be who they say is answered; a reply waits for its owner unless `person.toml` lets it
//! leave by itself. Kept: every mail before anything looks at it, what became of it, and each reply exactly as it
//! left. After a crash reading goes on behind the last mail that was kept; a reply that may have left is looked
//! for among the sent mail before the same bytes are sent again.
//!
//! In the order a mail meets them: `reader` keeps its bytes (`alarm` notices when it can't), `intake` has it read
//! (by another process) and judges it: `silence` (is anybody to be answered), `addressed` (whose understudy is asked), `address` and
//! `authres` (who wrote it), `quoted` (what is new in it); `compose` writes the reply, `send` and `smtp` let it
//! leave. `letters` tell owners what waits for them; `acting` holds the tools that look into mailboxes and write.

mod account;
mod acting;
mod address;
mod addressed;
mod alarm;
mod authres;
mod compose;
mod dkim;
mod doctor;
mod enclosed;
mod head;
mod imap;
mod intake;
mod letters;
mod oauth;
mod quoted;
mod reader;
mod send;
mod server;
mod silence;
mod smtp;

use std::{path::Path, pin::Pin, sync::Arc};

use async_trait::async_trait;
use rand::RngCore;
use tokio::sync::{Notify, OnceCell};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use acting::{OwnMailboxes, tools};
pub use doctor::check;
pub use intake::{Lesson, Remember};
pub use oauth::sign_in;

use crate::{
    domain::{Inbound, PersonId},
    files::Files,
    inbox::Inbox,
    outbox::{Deliver, DeliveryError},
    people::{Introduce, Introduction, People},
    senses::Senses,
    store::{ClaimedReply, Store, StoreError, now},
};
use account::{Addressee, Mailbox, Mailboxes};
use head::Head;
use intake::Intake;
use letters::Letters;
use reader::Reader;

/// The value of the store under which the key of our ids lies.
const KEY: &str = "mail_key";
/// Earlier messages of a thread that a turn is given.
const THREAD_MESSAGES: u32 = 12;

/// Who speaks in the understudy's own lines of a thread.
const OWN: &str = "You";

/// Everybody's mailboxes.
pub struct Mail {
    mailboxes: Vec<Arc<Mailbox>>,
    /// People whose settings can't be used, and why.
    problems: Vec<(PersonId, String)>,
    store: Store,
    senses: Senses,
    files: Files,
    key: OnceCell<Vec<u8>>,
    /// When this process began, in Unix seconds.
    started_at: i64,
}

/// Removes the sign-in of somebody who is erased; returns how many files that were.
///
/// # Errors
/// When a file can't be removed.
pub fn forget_sign_in(data: &Path, person: &PersonId) -> anyhow::Result<u64> {
    oauth::Vault::new(data, person.as_str()).forget()
}

/// How a mailbox is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLine {
    /// Whose.
    pub people: Vec<PersonId>,
    /// Whether it is connected.
    pub is_open: bool,
    /// Seconds since it was read to its end; `None` before the first time.
    pub silent_s: Option<i64>,
    /// Why it is not connected.
    pub trouble: Option<String>,
}

/// What letters to owners are written with.
pub struct Letterhead {
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// Where people reach the console, without a slash at its end.
    pub console: String,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Mail {
    /// Reads everybody's settings and passwords by `variable`; nothing is connected yet. Tokens lie below `data`.
    pub fn open(
        people: &People,
        data: &Path,
        store: Store,
        files: Files,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let Mailboxes { mailboxes, problems } = account::mailboxes(people, data, variable);
        let mailboxes = mailboxes.into_iter().map(Arc::new).collect();
        let (senses, key, started_at) = (Senses::default(), OnceCell::new(), now());
        Self { mailboxes, problems, store, senses, files, key, started_at }
    }

    /// The tasks that read everybody's mail until `stop`: one reader for each mailbox.
    ///
    /// The lock of the data directory keeps a second process from reading with the same ledger.
    pub fn listen(
        &self,
        inbox: &Inbox,
        notebook: &Arc<dyn Remember>,
        letterhead: &Letterhead,
        stop: &CancellationToken,
    ) -> Vec<Task> {
        for (person, why) in &self.problems {
            warn!("{person} has no mail: {why}");
        }
        let mut tasks: Vec<Task> = Vec::new();
        for mailbox in &self.mailboxes {
            let (store, arrived) = (self.store.clone(), Arc::new(Notify::new()));
            let reader = Reader {
                mailbox: Arc::clone(mailbox),
                store: store.clone(),
                arrived: Arc::clone(&arrived),
                stop: stop.clone(),
                breaks: Default::default(),
            };
            let intake = Intake {
                mailbox: Arc::clone(mailbox),
                inbox: inbox.clone(),
                notebook: Arc::clone(notebook),
                store,
                senses: self.senses.clone(),
                arrived,
                stop: stop.clone(),
            };
            tasks.push(Box::pin(reader::keep(Arc::new(reader))));
            let letters = Letters {
                mailbox: Arc::clone(mailbox),
                people: Arc::clone(&letterhead.people),
                store: self.store.clone(),
                console: letterhead.console.clone(),
                stop: stop.clone(),
            };
            tasks.push(Box::pin(letters::keep(Arc::new(letters))));
            tasks.push(Box::pin(alarm::watch(Arc::clone(mailbox), self.store.clone(), stop.clone())));
            tasks.push(Box::pin(intake::pump(Arc::new(intake))));
        }
        tasks
    }

    /// How everybody's mailboxes are being read.
    #[must_use]
    pub fn lines(&self) -> Vec<MailLine> {
        let of = |mailbox: &Arc<Mailbox>| MailLine {
            people: mailbox.people.iter().map(|person| person.id.clone()).collect(),
            is_open: mailbox.line.is_open(),
            silent_s: mailbox.line.silent_s(),
            trouble: mailbox.line.trouble(),
        };
        let bad = self.problems.iter().map(|(person, why)| MailLine {
            people: vec![person.clone()],
            is_open: false,
            silent_s: None,
            trouble: Some(why.clone()),
        });
        self.mailboxes.iter().map(of).chain(bad).collect()
    }

    /// The mailboxes by the names that the store knows them by, each with its people.
    #[must_use]
    pub fn mailboxes(&self) -> Vec<(String, Vec<PersonId>)> {
        let people = |mailbox: &Mailbox| mailbox.people.iter().map(|person| person.id.clone()).collect();
        self.mailboxes.iter().map(|mailbox| (mailbox.name.clone(), people(mailbox))).collect()
    }

    fn addressee(&self, person: &str) -> Option<(Arc<Mailbox>, Addressee)> {
        self.mailboxes.iter().find_map(|mailbox| {
            let found = mailbox.people.iter().find(|known| known.id.as_str() == person)?;
            Some((Arc::clone(mailbox), found.clone()))
        })
    }

    /// Makes the key of our ids, if there is none, before anything needs it: a backup without it could not tell
    /// what has left.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        if self.mailboxes.is_empty() {
            return Ok(());
        }
        self.key().await.map(drop)
    }

    /// The key of our ids; kept.
    async fn key(&self) -> Result<Vec<u8>, StoreError> {
        let key = self.key.get_or_try_init(async || {
            if let Some(known) = self.store.setting(KEY).await? {
                return Ok(known.into_bytes());
            }
            let mut new = [0; 32];
            rand::rng().fill_bytes(&mut new);
            let new = hex::encode(new);
            self.store.set_setting(KEY, &new).await?;
            Ok(new.into_bytes())
        });
        key.await.cloned()
    }
}

#[async_trait]
impl Deliver for Mail {
    async fn deliver(&self, reply: &ClaimedReply) -> Result<String, DeliveryError> {
        send::deliver(self, reply).await
    }
}

#[async_trait]
impl Introduce for Mail {
    /// Who wrote was found out when the mail was judged; what is added is the thread.
    async fn introduce(&self, message: &Inbound) -> anyhow::Result<Introduction> {
        let mut thread = self.store.said_before(message, THREAD_MESSAGES, OWN).await?;
        let task = self.store.mail_task(&message.key).await?;
        let attachments = match &task {
            Some(task) => enclosed::fetch_all(self, task.mail_id, message).await?,
            None => message.attachments.clone(),
        };
        let head = task.and_then(|task| serde_json::from_str::<Head>(&task.head).ok());
        // A thread that we were not part of is known only by what its mails quote.
        if let Some(head) = head.filter(|head| thread.is_empty() && !head.quoted.is_empty()) {
            thread.push(("Quoted in the mail".to_owned(), head.quoted));
        }
        Ok(Introduction {
            requester: message.requester.clone(),
            audience: message.audience.clone(),
            text: message.text.clone(),
            thread,
            attachments,
            aside: None,
        })
    }
}
