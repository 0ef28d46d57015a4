//! A mailbox, whose people share it, and how it is being read.

use std::{
    fmt,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use super::{
    dkim::Names,
    oauth::{Access, NoToken, Provider, Vault},
    server::Server,
};
use crate::{
    domain::{PersonId, ReaderId},
    error::Hint,
    people::{MailBox, People, Person},
    store::now,
};

/// A secret that no log, error or page shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(String);

impl Password {
    /// The secret itself, for signing in only.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// How to sign in to both servers.
#[derive(Debug)]
pub(super) enum Secret {
    /// With a password; the variable that holds it is for sentences.
    Password { value: Password, variable: String },
    /// With a token that is fetched when it is needed.
    Token(Box<Access>),
}

/// What is said to a server to be let in.
pub(super) enum Key {
    Password(String),
    Token(String),
}

impl Secret {
    /// A password by the variable that holds it; `None` when that is not set.
    pub(super) fn read(name: &str, variable: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let value = variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty())?;
        Some(Self::Password { value: Password(value), variable: name.to_owned() })
    }

    /// What is said to a server now.
    ///
    /// # Errors
    /// When a token can't be had.
    pub(super) async fn key(&self) -> Result<Key, NoToken> {
        match self {
            Self::Password { value, .. } => Ok(Key::Password(value.expose().to_owned())),
            Self::Token(access) => access.token().await.map(Key::Token),
        }
    }

    /// Whether another try can be made with a new token.
    pub(super) fn is_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Remembers that a server did not let us in, and says what an operator can do.
    pub(super) async fn was_refused(&self, server: &Server, user: &str, said: &str) -> String {
        match self {
            Self::Password { variable, .. } => format!(
                "{server} does not let {user} in with the password in {variable} ({said}); correct it, see docs/email.md"
            ),
            Self::Token(access) => {
                access.was_refused().await;
                format!(
                    "{server} does not let {user} in with the token of their sign-in ({said}); see docs/email.md on what the mailbox has to allow"
                )
            }
        }
    }
}

/// Somebody whose understudy is addressed by a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) owner: ReaderId,
    pub(super) owner_also: Vec<ReaderId>,
    pub(super) mail: MailBox,
}

/// Where mail is read, and as whom.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) imap: Server,
    pub(super) user: String,
    pub(super) secret: Secret,
    /// The authority that signed the certificates, as PEM, when it is the company's own.
    pub(super) ca: Option<Vec<u8>>,
}

/// A mailbox of understudies.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// "user@server/INBOX", as the store knows it.
    pub(super) name: String,
    pub(super) account: Account,
    pub(super) smtp: Server,
    pub(super) people: Vec<Addressee>,
    /// Where keys of signatures are looked up, when they are checked here.
    pub(super) names: Option<Names>,
    pub(super) line: Line,
}

impl Mailbox {
    /// Whose it is, for logs and sentences.
    pub(super) fn whose(&self) -> String {
        self.people.iter().map(|person| person.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Seconds without a look after which its owners are told.
    pub(super) fn alarm_after_s(&self) -> i64 {
        self.people.iter().map(|person| person.mail.alarm_after_s).min().unwrap_or(600).into()
    }
}

/// How a mailbox is being read; nothing here is kept.
#[derive(Debug)]
pub(super) struct Line {
    began_at: i64,
    open: AtomicBool,
    looked_at: AtomicI64,
    trouble: Mutex<Option<String>>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            began_at: now(),
            open: AtomicBool::new(false),
            looked_at: AtomicI64::new(0),
            trouble: Mutex::new(None),
        }
    }
}

impl Line {
    /// Remembers that the mailbox was read to its end just now.
    pub(super) fn looked(&self) {
        self.open.store(true, Ordering::Relaxed);
        self.looked_at.store(now(), Ordering::Relaxed);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Remembers that the connection is gone and why.
    pub(super) fn broke(&self, why: String) {
        self.open.store(false, Ordering::Relaxed);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Seconds since it was read to its end; `None` before the first time.
    pub(super) fn silent_s(&self) -> Option<i64> {
        let at = self.looked_at.load(Ordering::Relaxed);
        (at > 0).then(|| now() - at)
    }

    /// Seconds since it was read to its end, or since the program began to try.
    pub(super) fn unread_s(&self) -> i64 {
        self.silent_s().unwrap_or_else(|| now() - self.began_at)
    }

    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whoever has a mailbox with a password.
pub(super) struct Mailboxes {
    pub(super) mailboxes: Vec<Mailbox>,
    /// People whose settings can't be used, and why.
    pub(super) problems: Vec<(PersonId, String)>,
}

/// Reads everybody's `[mail]` table and passwords.
pub(super) fn mailboxes(
    people: &People,
    data: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Mailboxes {
    let mut all = Mailboxes { mailboxes: Vec::new(), problems: Vec::new() };
    for person in people.everybody() {
        let Some(mail) = &person.mail else { continue };
        let secret = match secret(person, mail, data, &variable) {
            Ok(Some(secret)) => secret,
            // Without a password the person has no mail yet.
            Ok(None) => continue,
            Err(e) => {
                all.problems.push((person.id.clone(), e.to_string()));
                continue;
            }
        };
        match mailbox(person, mail, secret) {
            Ok(new) => match all.mailboxes.iter_mut().find(|known| known.name == new.name) {
                Some(known) => known.people.extend(new.people),
                None => all.mailboxes.push(new),
            },
            Err(e) => all.problems.push((person.id.clone(), e.to_string())),
        }
    }
    all
}

/// How a person signs in; `None` while the variable of their password is not set.
fn secret(
    person: &Person,
    mail: &MailBox,
    data: &Path,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, Hint> {
    match (&mail.password, &mail.oauth) {
        (Some(name), None) => Ok(Secret::read(name, variable)),
        (None, Some(settings)) => {
            let provider = Provider::new(settings, variable)?;
            let vault = Vault::new(data, person.id.as_str());
            Ok(Some(Secret::Token(Box::new(Access::new(provider, vault, person.id.to_string())))))
        }
        (Some(_), Some(_)) => {
            Err(Hint::new("[mail] names `password` and `oauth`", "keep the one that your mail server wants"))
        }
        (None, None) => {
            Err(Hint::new("[mail] names neither `password` nor `oauth`", "docs/email.md shows both ways"))
        }
    }
}

/// Reads the authority that a table of `person.toml` names.
pub(super) fn authority(path: &Path, table: &str) -> Result<Vec<u8>, Hint> {
    std::fs::read(path).map_err(|e| {
        let what = format!("can't read the certificate {}: {e}", path.display());
        Hint::new(what, format!("correct `ca` in [{table}]"))
    })
}

fn mailbox(person: &Person, mail: &MailBox, secret: Secret) -> Result<Mailbox, Hint> {
    let imap = Server::imap(&mail.imap)?;
    let smtp = Server::smtp(&mail.smtp)?;
    let user = mail.user.clone().unwrap_or_else(|| mail.address.clone());
    let is_address =
        |address: &String| address.split_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty());
    if let Some(odd) = std::iter::once(&mail.address).chain(&mail.aliases).find(|a| !is_address(a)) {
        return Err(Hint::new(format!("`{odd}` in [mail] is no mail address"), "write name@domain"));
    }
    let ca = mail.ca.as_deref().map(|path| authority(path, "mail")).transpose()?;
    if mail.check_dkim && mail.authserv_id.is_some() {
        return Err(Hint::new(
            "[mail] sets `authserv_id` and `check_dkim`",
            "keep `authserv_id` when your mail server tells who sent a mail, otherwise `check_dkim`",
        ));
    }
    let names = mail.check_dkim.then(|| Names::open(mail.dns)).transpose().map_err(|e| {
        Hint::new(format!("can't find out which DNS server to ask: {e}"), "set `dns` in [mail]")
    })?;
    Ok(Mailbox {
        name: format!("{user}@{imap}/INBOX"),
        account: Account { imap, user, secret, ca },
        smtp,
        people: vec![Addressee {
            id: person.id.clone(),
            name: person.name.clone(),
            owner: person.owner.clone(),
            owner_also: person.owner_also.clone(),
            mail: mail.clone(),
        }],
        names,
        line: Line::default(),
    })
}
