//! A mailbox, whose people share it, and how it is being read.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use super::server::Server;
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

/// Somebody whose understudy is addressed by a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) id: PersonId,
    pub(super) name: String,
    pub(super) owner: ReaderId,
    pub(super) mail: MailBox,
}

/// A mailbox.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// "user@server/INBOX", as the store knows it.
    pub(super) name: String,
    pub(super) imap: Server,
    pub(super) smtp: Server,
    pub(super) user: String,
    pub(super) password: Password,
    /// The variable that holds it, for sentences.
    pub(super) variable: String,
    pub(super) ca: Option<Vec<u8>>,
    pub(super) people: Vec<Addressee>,
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
pub(super) fn mailboxes(people: &People, variable: impl Fn(&str) -> Option<String>) -> Mailboxes {
    let mut all = Mailboxes { mailboxes: Vec::new(), problems: Vec::new() };
    for person in people.everybody() {
        let Some(mail) = &person.mail else { continue };
        let password = variable(&mail.password).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        // Without a password the person has no mail yet.
        let Some(password) = password else { continue };
        match mailbox(person, mail, password) {
            Ok(new) => match all.mailboxes.iter_mut().find(|known| known.name == new.name) {
                Some(known) => known.people.extend(new.people),
                None => all.mailboxes.push(new),
            },
            Err(e) => all.problems.push((person.id.clone(), e.to_string())),
        }
    }
    all
}

fn mailbox(person: &Person, mail: &MailBox, password: String) -> Result<Mailbox, Hint> {
    let imap = Server::imap(&mail.imap)?;
    let smtp = Server::smtp(&mail.smtp)?;
    let user = mail.user.clone().unwrap_or_else(|| mail.address.clone());
    let is_address =
        |address: &String| address.split_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty());
    if let Some(odd) = std::iter::once(&mail.address).chain(&mail.aliases).find(|a| !is_address(a)) {
        return Err(Hint::new(format!("`{odd}` in [mail] is no mail address"), "write name@domain"));
    }
    let ca = mail.ca.as_ref().map(|path| {
        std::fs::read(path).map_err(|e| {
            let what = format!("can't read the certificate {}: {e}", path.display());
            Hint::new(what, "correct `ca` in [mail]")
        })
    });
    Ok(Mailbox {
        name: format!("{user}@{imap}/INBOX"),
        imap,
        smtp,
        user,
        password: Password(password),
        variable: mail.password.clone(),
        ca: ca.transpose()?,
        people: vec![Addressee {
            id: person.id.clone(),
            name: person.name.clone(),
            owner: person.owner.clone(),
            mail: mail.clone(),
        }],
        line: Line::default(),
    })
}
