//! A person's own mailbox: looked into for its owner and given drafts.
//!
//! What lies there is never marked, moved or removed. Every mail is read by a process of its own, as those are that
//! somebody sends to the understudy.

use std::path::Path;

use chrono::{DateTime, NaiveDate};
use understudy_ears::{Letter, MAIL_MAX_BYTES};

use super::super::{
    account::{self, Account, Secret},
    address::{self, Address},
    imap::{self, Filed, Imap, ImapError, Part},
    server::Server,
};
use crate::{
    domain::Consent,
    error::Hint,
    people::{OwnMailbox, Person},
    senses::Senses,
};

/// Most mails of one list.
const LISTED: usize = 8;
/// Most words that are searched for.
const WORDS: usize = 8;
/// Shorter words stand in nearly every mail.
const WORD_MIN_CHARS: usize = 3;

/// Somebody's own mailbox.
pub(super) struct Own {
    account: Account,
    folder: String,
    drafts: String,
}

/// A mail as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its number in the folder (RFC 3501, UID).
    pub(super) number: u32,
    /// When it arrived, in Unix seconds.
    pub(super) arrived_at: i64,
    /// What it says of itself.
    pub(super) letter: Letter,
}

/// Why a draft was not filed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFiled {
    /// It was not handed over.
    #[error(transparent)]
    Before(ImapError),
    /// The server does not take it.
    #[error(transparent)]
    Refused(anyhow::Error),
    /// It may lie there.
    #[error(transparent)]
    Unclear(anyhow::Error),
}

/// Why a mail is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// There is none, or it arrived outside of the days that its owner agreed to.
    #[error("there is no such mail")]
    NotThere,
    /// It is too long, or its reader gave up.
    #[error("{0}")]
    Unreadable(String),
    /// The mailbox is out of reach.
    #[error(transparent)]
    Mailbox(#[from] ImapError),
}

impl From<anyhow::Error> for Unread {
    fn from(e: anyhow::Error) -> Self {
        Self::Mailbox(e.into())
    }
}

impl Own {
    /// Reads the `[mailbox]` table of a person; nothing is connected yet.
    ///
    /// # Errors
    /// When it is wrong or its variable is not set.
    pub(super) fn read(
        person: &Person,
        table: &OwnMailbox,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Hint> {
        let secret = Secret::read(&table.password, variable).ok_or_else(|| {
            let (name, person) = (&table.password, &person.id);
            let what = format!(
                "[mailbox] in the person.toml of {person} needs the variable {name}, which is not set"
            );
            Hint::new(what, "set it, for example in .env, or take [mailbox] out")
        })?;
        let authority = |path: &Path| account::authority(path, "mailbox");
        Ok(Self {
            account: Account {
                imap: Server::imap(&table.imap)?,
                user: table.user.clone(),
                secret,
                ca: table.ca.as_deref().map(authority).transpose()?,
            },
            folder: table.folder.clone(),
            drafts: table.drafts.clone(),
        })
    }

    /// Opens it once and says what it was opened as.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(super) async fn check(&self) -> Result<String, ImapError> {
        let mut imap = self.open().await?;
        imap.select(&self.drafts).await.map_err(|e| e.context("drafts can't be filed"))?;
        imap.close().await;
        Ok(format!("{} lets {} in", self.account.imap, self.account.user))
    }

    async fn open(&self) -> Result<Imap, ImapError> {
        let mut imap = Imap::open(&self.account).await?;
        imap.examine(&self.folder).await?;
        Ok(imap)
    }

    /// The newest mails of the days of a consent that hold every word, newest first; without words, the newest ones.
    ///
    /// # Errors
    /// When the mailbox is out of reach.
    pub(super) async fn search(
        &self,
        words: &str,
        consent: &Consent,
        senses: &Senses,
    ) -> Result<Vec<Listed>, ImapError> {
        let mut imap = self.open().await?;
        let found = match imap.search(&query(words, consent, Letters::All)).await {
            // Many servers take no letters but those of ASCII this way.
            Err(e)
                if imap::was_not_taken(&e)
                    && !words.is_ascii()
                    && words.split_whitespace().any(str::is_ascii) =>
            {
                imap.search(&query(words, consent, Letters::Ascii)).await?
            }
            found => found?,
        };
        let newest: Vec<u32> = found.into_iter().rev().take(LISTED).collect();
        if newest.is_empty() {
            imap.close().await;
            return Ok(Vec::new());
        }
        let set = newest.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let times = imap.list(&set).await?;
        let mut heads = imap.fetch(&newest, Part::Head).await?;
        imap.close().await;
        let mut listed = Vec::new();
        for number in newest {
            // A mail that is gone meanwhile, or that no reader can make sense of, is in no list.
            let Some(head) = heads.remove(&number) else { continue };
            let Ok(letter) = senses.read_mail(&head).await else { continue };
            let arrived_at = times.iter().find(|mail| mail.uid == number).map(|mail| mail.arrived_at);
            // The server compares days of its own zone.
            let Some(arrived_at) = arrived_at.filter(|at| is_agreed(consent, *at)) else { continue };
            listed.push(Listed { number, arrived_at, letter });
        }
        Ok(listed)
    }

    /// One mail as it is read.
    ///
    /// # Errors
    /// See [`Unread`].
    pub(super) async fn mail(
        &self,
        number: u32,
        consent: &Consent,
        senses: &Senses,
    ) -> Result<Listed, Unread> {
        let mut imap = self.open().await?;
        let listed = imap.list(&number.to_string()).await?;
        let mail = listed.into_iter().find(|mail| mail.uid == number && is_agreed(consent, mail.arrived_at));
        let mail = mail.ok_or(Unread::NotThere)?;
        if mail.size_bytes as usize > MAIL_MAX_BYTES {
            let most = MAIL_MAX_BYTES / (1024 * 1024);
            return Err(Unread::Unreadable(format!("it is longer than {most} MiB")));
        }
        let bytes = imap.fetch(&[number], Part::Whole).await?.remove(&number).ok_or(Unread::NotThere)?;
        imap.close().await;
        let letter = senses.read_mail(&bytes).await.map_err(|e| Unread::Unreadable(e.to_string()))?;
        Ok(Listed { number, arrived_at: mail.arrived_at, letter })
    }

    /// Lays a draft among the others, unless one with its id lies there.
    ///
    /// # Errors
    /// See [`NotFiled`]; what may have been filed is found by its id at the next try.
    pub(super) async fn draft(&self, message_id: &str, mail: &[u8]) -> Result<(), NotFiled> {
        let mut imap = Imap::open(&self.account).await.map_err(NotFiled::Before)?;
        let there = imap.holds(&self.drafts, message_id).await;
        let refused = |e: anyhow::Error| match imap::was_not_taken(&e) {
            true => NotFiled::Refused(e),
            false => NotFiled::Before(e.into()),
        };
        if !there.map_err(refused)? {
            imap.file(&self.drafts, Filed::Draft, mail).await.map_err(|e| match imap::was_not_taken(&e) {
                true => NotFiled::Refused(e),
                false => NotFiled::Unclear(e),
            })?;
        }
        imap.close().await;
        Ok(())
    }

    /// The address that a draft is from, when its user is one.
    pub(super) fn address(&self) -> Option<Address> {
        address::parse(&self.account.user)
    }
}

/// Whether a consent covers what arrived at `at`, in Unix seconds.
fn is_agreed(consent: &Consent, at: i64) -> bool {
    (consent.from_at..consent.until_at).contains(&at)
}

/// Which words are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    All,
    Ascii,
}

/// What is asked of the server (RFC 3501, 6.4.4): every word, within the days of the consent.
fn query(words: &str, consent: &Consent, letters: Letters) -> String {
    let day = |at: i64| {
        let date = DateTime::from_timestamp(at, 0).map_or(NaiveDate::MAX, |at| at.date_naive());
        // Years of four digits are all that IMAP has.
        date.clamp(NaiveDate::default(), NaiveDate::from_ymd_opt(9999, 1, 1).unwrap_or(date))
            .format("%-d-%b-%Y")
            .to_string()
    };
    let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric() || "@.-_'".contains(*c)).collect();
    let fits = |word: &String| !word.is_empty() && (letters == Letters::All || word.is_ascii());
    let all: Vec<String> = words.split_whitespace().map(plain).filter(fits).collect();
    let long: Vec<&String> = all.iter().filter(|word| word.chars().count() >= WORD_MIN_CHARS).collect();
    let wanted = if long.is_empty() { all.iter().collect() } else { long };
    let mut query = format!("SINCE {} BEFORE {}", day(consent.from_at), day(consent.until_at));
    if wanted.iter().any(|word| !word.is_ascii()) {
        query.insert_str(0, "CHARSET UTF-8 ");
    }
    for word in wanted.into_iter().take(WORDS) {
        query.push_str(&format!(" TEXT \"{word}\""));
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Purpose, SourceKind};

    #[test]
    fn nothing_but_words_reaches_the_server() {
        let consent = Consent {
            id: 1,
            purpose: Purpose::Mailbox,
            sources: vec![SourceKind::Mail],
            from_at: 0,
            until_at: 1_795_478_400,
            text_version: 1,
            how: String::new(),
            given_at: 0,
            withdrawn_at: 0,
        };
        let days = "SINCE 1-Jan-1970 BEFORE 24-Nov-2026";
        for (words, asked) in [
            ("the fair in Quennelby", format!("{days} TEXT \"the\" TEXT \"fair\" TEXT \"Quennelby\"")),
            ("", days.to_owned()),
            ("a b", format!("{days} TEXT \"a\" TEXT \"b\"")),
            ("x\" DELETED\r\nA1 LOGOUT", format!("{days} TEXT \"DELETED\" TEXT \"LOGOUT\"")),
            ("m\u{fc}ller", format!("CHARSET UTF-8 {days} TEXT \"m\u{fc}ller\"")),
        ] {
            assert_eq!(query(words, &consent, Letters::All), asked);
        }
        let asked = query("m\u{fc}ller hall", &consent, Letters::Ascii);
        assert_eq!(asked, format!("{days} TEXT \"hall\""));
        let endless = Consent { until_at: i64::MAX, ..consent };
        assert!(query("", &endless, Letters::All).ends_with("BEFORE 1-Jan-9999"));
    }
}
