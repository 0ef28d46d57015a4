//! From kept bytes to the inbox: each mail is read by another process, judged, and becomes a message or does not.
//!
//! The attempt is counted before a mail is read, so one that takes the process down is parked in the end, and
//! the mails behind it go on. A crash between any two steps repeats them; the keys of task and message make a
//! repeat a no-op.

mod lesson;
mod take;
mod told;
mod traffic;
mod verdict;

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use understudy_ears::{Letter, MAIL_MAX_BYTES};

pub use lesson::{Lesson, Remember};

use super::{
    account::Mailbox,
    address,
    dkim::{self, Signed},
};
use crate::{
    crash,
    inbox::Inbox,
    senses::{SenseError, Senses},
    store::{Judged, KeptMail, MailState, Store, StoreError, now},
};
use verdict::Case;

/// Mails that are looked up at once.
const PAGE: u32 = 200;
/// How often a mail may be begun.
const ATTEMPTS_MAX: i64 = 3;
/// How long the bytes of a mail are kept after it was dealt with.
const BYTES_KEPT_S: i64 = 30 * 86_400;
/// Wait before the next try when nothing can be read at all.
const PAUSE: Duration = Duration::from_secs(5);
/// How many bytes of header fields stand for a mail that can't be read as a whole.
const HEAD_MAX_BYTES: usize = 256 * 1024;

/// Judges the mails of one mailbox.
pub(super) struct Intake {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) inbox: Inbox,
    pub(super) store: Store,
    pub(super) senses: Senses,
    pub(super) notebook: Arc<dyn Remember>,
    /// Rung when mail was kept.
    pub(super) arrived: Arc<Notify>,
    pub(super) stop: CancellationToken,
}

/// A mail whose attempt was counted.
struct Begun {
    id: i64,
    arrived_at: i64,
    is_admitted: bool,
    is_released: bool,
    read: Read,
    /// Whether its sender's domain has signed it, where that is found out here.
    signed: Option<Signed>,
}

/// A mail after its reader is done.
enum Read {
    Whole(Letter),
    /// Only its header fields could be read; the words say why.
    Head(Letter, String),
    /// Nothing could be read.
    Nothing(String),
    /// It was dealt with meanwhile.
    Gone,
    /// Reading could not begin, which is not the mail's fault.
    Later(String),
}

/// Judges what was kept until the end; what a dead process left is taken up first.
pub(super) async fn pump(intake: Arc<Intake>) {
    let mut forgotten_at = 0;
    while !intake.stop.is_cancelled() {
        let arrived = intake.arrived.notified();
        if now() - forgotten_at > 86_400 {
            forgotten_at = now();
            if let Err(e) = intake.store.forget_mail_bytes(now() - BYTES_KEPT_S).await {
                warn!("Can't forget the bytes of old mail: {e:#}");
            }
        }
        match intake.page().await {
            Ok(0) => {
                tokio::select! {
                    () = arrived => {}
                    () = sleep(PAUSE) => {}
                    () = intake.stop.cancelled() => {}
                }
            }
            Ok(_) => {}
            Err(e) => {
                warn!("Mail of {} waits: {e}", intake.mailbox.whose());
                tokio::select! {
                    () = sleep(PAUSE) => {}
                    () = intake.stop.cancelled() => {}
                }
            }
        }
    }
}

impl Intake {
    /// Judges a page of mails in their order and returns how many there were.
    ///
    /// Several are read at the same time, bounded by the cores; one verdict waits for the next only where
    /// that one needs to know, so that many verdicts share a commit.
    async fn page(&self) -> Result<usize, StoreError> {
        let ids = self.store.unread_mail(&self.mailbox.name, PAGE).await?;
        let reading: Vec<_> = ids.into_iter().map(|id| self.read(id)).collect();
        let mut reading = stream::iter(reading).buffered(self.senses.side_by_side());
        let (mut judged, mut seen, mut commits) = (0, HashSet::new(), JoinSet::new());
        while let Some(read) = reading.next().await {
            let begun = read?;
            if let Read::Later(why) = &begun.read {
                warn!("Mail waits: {why}");
                sleep(PAUSE).await;
                continue;
            }
            judged += 1;
            if let Some((id, verdict)) = self.judge(begun, &seen).await? {
                if !verdict.content_key.is_empty() {
                    seen.insert(verdict.content_key.clone());
                }
                let store = self.store.clone();
                commits.spawn(async move {
                    let (state, why) = (verdict.state.as_str(), verdict.why.clone());
                    store.judge_mail(id, verdict).await?;
                    metrics::counter!("understudy_mail_total", "state" => state).increment(1);
                    info!(mail.id = id, state, "Mail {id} is {state}: {why}");
                    Ok(())
                });
            }
            if self.stop.is_cancelled() {
                break;
            }
        }
        while let Some(done) = commits.join_next().await {
            done.unwrap_or(Err(StoreError::Closed))?;
        }
        crash::point("mail judged");
        Ok(judged)
    }

    async fn read(&self, id: i64) -> Result<Begun, StoreError> {
        let Some(kept) = self.store.begin_mail(id).await? else {
            return Ok(Begun {
                id,
                arrived_at: 0,
                is_admitted: false,
                is_released: false,
                read: Read::Gone,
                signed: None,
            });
        };
        crash::point("mail begun");
        let mut read = self.read_kept(&kept).await?;
        let mut signed = None;
        if let (Some(names), Read::Whole(letter)) = (&self.mailbox.names, &read)
            && let Ok(sender) = address::sender(letter)
        {
            match dkim::signed(names, &self.senses, (letter, &kept.raw), &sender).await {
                Ok(found) => signed = Some(found),
                Err(e) => {
                    self.store.reopen_mail(kept.id).await?;
                    read = Read::Later(e.to_string());
                }
            }
        }
        crash::point("mail read");
        let (is_admitted, is_released) = (kept.admitted_at > 0, kept.released_at > 0);
        Ok(Begun { id, arrived_at: kept.arrived_at, is_admitted, is_released, read, signed })
    }

    async fn read_kept(&self, kept: &KeptMail) -> Result<Read, StoreError> {
        if kept.attempts > ATTEMPTS_MAX {
            return Ok(Read::Nothing("reading it ended the program three times".to_owned()));
        }
        if kept.raw.is_empty() {
            return Ok(Read::Nothing("the server could not hand it over".to_owned()));
        }
        let size = usize::try_from(kept.size_bytes).unwrap_or(usize::MAX);
        let why = if size > MAIL_MAX_BYTES && kept.raw.len() < size {
            format!("it has more than {} MB", MAIL_MAX_BYTES >> 20)
        } else {
            match self.senses.read_mail(&kept.raw).await {
                Ok(letter) => return Ok(Read::Whole(letter)),
                Err(e @ SenseError::NoReader { .. }) => {
                    self.store.reopen_mail(kept.id).await?;
                    return Ok(Read::Later(e.to_string()));
                }
                Err(e) => e.to_string(),
            }
        };
        // Who wrote it is told why nothing came of it, as far as the fields above it can be read.
        Ok(match self.senses.read_mail(head_of(&kept.raw)).await {
            Ok(letter) => Read::Head(letter, why),
            Err(_) => Read::Nothing(why),
        })
    }

    async fn judge(&self, begun: Begun, seen: &HashSet<String>) -> Result<Option<(i64, Judged)>, StoreError> {
        let Begun { id, arrived_at, is_admitted, is_released, read, signed } = begun;
        let (letter, trouble) = match &read {
            Read::Gone | Read::Later(_) => return Ok(None),
            Read::Nothing(why) => return Ok(Some((id, unreadable(why)))),
            Read::Whole(letter) => (letter, None),
            Read::Head(letter, why) => (letter, Some(why.as_str())),
        };
        let signed = signed.as_ref();
        let case = Case { id, arrived_at, is_admitted, is_released, letter, trouble, signed };
        Ok(Some((id, self.verdict(&case, seen).await?)))
    }
}

fn unreadable(why: &str) -> Judged {
    Judged {
        state: MailState::Parked,
        why: why.to_owned(),
        content_key: String::new(),
        text_hash: String::new(),
        sender: String::new(),
    }
}

fn sha256(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// The bytes before the first empty line, as far as they are bounded.
fn head_of(raw: &[u8]) -> &[u8] {
    let end = |needle: &[u8]| raw.windows(needle.len()).position(|window| window == needle);
    let end = [end(b"\n\r\n"), end(b"\n\n")].into_iter().flatten().min().map_or(raw.len(), |at| at + 1);
    raw.get(..end.min(HEAD_MAX_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_mail_ends_at_the_empty_line() {
        assert_eq!(head_of(b"A: b\r\nC: d\r\n\r\nbody"), b"A: b\r\nC: d\r\n");
        assert_eq!(head_of(b"A: b\n\nbody\n\n"), b"A: b\n");
        assert_eq!(head_of(b"A: b"), b"A: b");
    }
}
