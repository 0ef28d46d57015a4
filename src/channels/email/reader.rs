//! Reads a mailbox for as long as the program runs: look, keep, wait, again.
//!
//! What is kept is the cursor (UIDVALIDITY and UIDNEXT) and every mail behind it, in one transaction, so a crash
//! loses nothing and fetches at most one batch twice. IDLE only wakes: after each wait, whatever ended it, the
//! mailbox is looked at. Nobody's flags are touched and nothing is deleted: a person may use the mailbox too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::DateTime;
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use understudy_ears::MAIL_MAX_BYTES;

use super::{
    account::Mailbox,
    imap::{Imap, ImapError, Listed, Part, Waited},
};
use crate::{
    crash,
    store::{MailCursor, NewMail, Store, now},
};

/// Longest wait between two looks while the server says when something happens.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// Wait between two looks when it can't.
const POLL: Duration = Duration::from_secs(60);
/// First and longest wait between two attempts to connect.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(80));
/// A session that ends sooner than this counts as a failure, so that "signed in, thrown out" does not spin.
const SOUND: Duration = Duration::from_secs(60);
/// Wait after the server has refused the password twice: hammering locks accounts.
const REFUSED: Duration = Duration::from_secs(30 * 60);
/// Wait between two looks whether somebody has signed in.
const SIGN_IN: Duration = Duration::from_secs(5);
/// Most mails and bytes that are fetched at once.
const BATCH: (usize, u64) = (100, 8 << 20);
/// A mail whose fetching has broken this many sessions is kept without its bytes.
const BREAKS_MAX: u32 = 3;
/// When the server has renumbered its mail, so much from before the last look is looked at again.
const OVERLAP_S: i64 = 2 * 86_400;

/// Reads one mailbox.
pub(super) struct Reader {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) store: Store,
    /// Rung when mail was kept.
    pub(super) arrived: Arc<Notify>,
    pub(super) stop: CancellationToken,
    /// How many sessions each mail has broken.
    pub(super) breaks: Mutex<HashMap<u32, u32>>,
}

/// What a look at the mailbox has to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// It was never read: what lies there was there before the understudy.
    Begin,
    /// Nothing is new.
    Nothing,
    /// Everything from this number on.
    From(u32),
    /// The numbers mean other mails now: everything that arrived since then; the ledger knows repeats.
    Again(i64),
}

fn plan(cursor: Option<MailCursor>, uid_validity: u32, uid_next: Option<u32>) -> Plan {
    let Some(cursor) = cursor else { return Plan::Begin };
    if cursor.uid_validity != uid_validity || uid_next.is_some_and(|next| next < cursor.uid_next) {
        return Plan::Again(cursor.read_at - OVERLAP_S);
    }
    match uid_next {
        Some(next) if next == cursor.uid_next => Plan::Nothing,
        // Some servers don't say; then there may be something.
        _ => Plan::From(cursor.uid_next),
    }
}

/// Keeps reading until the end.
pub(super) async fn keep(reader: Arc<Reader>) {
    let (mut failures, mut refusals) = (0, 0);
    while !reader.stop.is_cancelled() {
        let began = Instant::now();
        let ended = reader.session().await;
        let whose = reader.mailbox.whose();
        let pause = match ended {
            Ok(()) => continue,
            Err(ImapError::Refused(why)) => {
                refusals += 1;
                error!("{why}");
                reader.mailbox.line.broke(why);
                after_refusal(refusals)
            }
            Err(ImapError::SignIn(why)) => {
                // Asking again costs nobody anything, and notices the sign-in.
                if reader.mailbox.line.trouble().as_ref() != Some(&why) {
                    error!("{why}");
                }
                reader.mailbox.line.broke(why);
                SIGN_IN
            }
            Err(ImapError::Failed(e)) => {
                failures = if began.elapsed() > SOUND { 1 } else { failures + 1 };
                refusals = 0;
                warn!(failures, "The mailbox of {whose} can't be read now, attempt {failures}: {e:#}");
                reader.mailbox.line.broke(format!("{e:#}"));
                pause(failures, rand::random())
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = reader.stop.cancelled() => {}
        }
    }
}

/// The wait after the server has refused the password so many times: twice is a matter for people.
fn after_refusal(refusals: u32) -> Duration {
    if refusals > 1 { REFUSED } else { WAIT.1 }
}

/// The wait after so many failures in a row; `share` in [0, 1) keeps many mailboxes apart.
fn pause(failures: u32, share: f64) -> Duration {
    let full = WAIT.0.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(WAIT.1);
    full.mul_f64(0.5 + share / 2.0)
}

impl Reader {
    /// One session, to its end.
    async fn session(&self) -> Result<(), ImapError> {
        let mut imap = Imap::open(&self.mailbox.account).await?;
        loop {
            self.look(&mut imap).await?;
            self.mailbox.line.looked();
            if imap.can_idle {
                let (back, waited) = imap.wait(IDLE, &self.stop).await?;
                imap = back;
                if waited == Waited::Stop {
                    break;
                }
            } else {
                tokio::select! {
                    () = sleep(POLL) => {}
                    () = self.stop.cancelled() => break,
                }
            }
        }
        imap.close().await;
        Ok(())
    }

    /// Keeps everything that is new.
    async fn look(&self, imap: &mut Imap) -> anyhow::Result<()> {
        let selected = imap.select("INBOX").await?;
        let Some(validity) = selected.uid_validity else {
            anyhow::bail!(
                "the server gives its mails no lasting numbers (UIDVALIDITY), so it can't be read safely"
            )
        };
        let name = &self.mailbox.name;
        let cursor = self.store.mail_cursor(name).await?;
        let listed = match plan(cursor, validity, selected.uid_next) {
            Plan::Nothing => return Ok(()),
            Plan::Begin => {
                let last = match selected.uid_next {
                    Some(_) => Vec::new(),
                    None => imap.list("1:*").await?,
                };
                let next = last.iter().map(|mail| mail.uid + 1).max().unwrap_or(1);
                let uid_next = selected.uid_next.unwrap_or(next);
                info!(
                    "The mailbox of {} is read from now on; what lay in it before is left alone",
                    self.mailbox.whose()
                );
                let cursor = MailCursor { uid_validity: validity, uid_next, read_at: now() };
                self.store.keep_mail(name, validity, Vec::new(), cursor, now()).await?;
                return Ok(());
            }
            Plan::From(first) => {
                let listed = imap.list(&format!("{first}:*")).await?;
                // `n:*` names the last mail even when its number is below n.
                listed.into_iter().filter(|mail| mail.uid >= first).collect()
            }
            Plan::Again(since) => {
                warn!(
                    "The server has renumbered the mailbox of {}; what is known is recognised",
                    self.mailbox.whose()
                );
                let uids = imap.since(&day(since)).await?;
                let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
                if uids.is_empty() { Vec::new() } else { imap.list(&set).await? }
            }
        };
        // Until the last batch the old numbering stays, so that a crash begins the renumbering anew.
        let is_same = cursor.is_some_and(|cursor| cursor.uid_validity == validity);
        let last = listed.iter().map(|mail| mail.uid + 1).max().unwrap_or(0);
        let end = MailCursor {
            uid_validity: validity,
            uid_next: selected.uid_next.unwrap_or(0).max(last),
            read_at: now(),
        };
        for batch in batches(&listed, |uid| self.has_broken(uid) > 0) {
            let mails = self.fetch(imap, &batch).await?;
            crash::point("mail fetched");
            let next = batch.iter().map(|mail| mail.uid + 1).max().unwrap_or(0);
            let so_far = match cursor {
                Some(old) if !is_same => old,
                _ => MailCursor { uid_validity: validity, uid_next: next, read_at: now() },
            };
            let kept = self.store.keep_mail(name, validity, mails, so_far, now()).await?;
            metrics::counter!("understudy_mail_kept_total").increment(kept);
            if kept > 0 {
                crash::point("mail kept");
            }
            self.arrived.notify_one();
        }
        self.store.keep_mail(name, validity, Vec::new(), end, now()).await?;
        Ok(())
    }

    /// The mails of a batch with what can be had of them.
    async fn fetch(&self, imap: &mut Imap, batch: &[Listed]) -> anyhow::Result<Vec<NewMail>> {
        let uids: Vec<u32> = batch.iter().map(|mail| mail.uid).collect();
        let part = if batch.iter().any(is_too_big) { Part::Head } else { Part::Whole };
        let is_hopeless = uids.iter().any(|uid| self.has_broken(*uid) >= BREAKS_MAX);
        let fetched = if is_hopeless {
            Ok(uids.iter().map(|uid| (*uid, Vec::new())).collect())
        } else {
            imap.fetch(&uids, part).await
        };
        let mut bodies = match fetched {
            Ok(bodies) => bodies,
            Err(e) => {
                // The next session fetches these one by one, so that one bad mail holds up no other.
                let mut breaks = self.breaks.lock().unwrap_or_else(PoisonError::into_inner);
                uids.iter().for_each(|uid| *breaks.entry(*uid).or_default() += 1);
                return Err(e);
            }
        };
        let mail = |listed: &Listed| {
            let raw = bodies.remove(&listed.uid)?;
            let arrived_at = if listed.arrived_at > 0 { listed.arrived_at } else { now() };
            Some(NewMail { uid: listed.uid, raw, size_bytes: listed.size_bytes.into(), arrived_at })
        };
        Ok(batch.iter().filter_map(mail).collect())
    }

    fn has_broken(&self, uid: u32) -> u32 {
        self.breaks.lock().unwrap_or_else(PoisonError::into_inner).get(&uid).copied().unwrap_or(0)
    }
}

fn is_too_big(mail: &Listed) -> bool {
    usize::try_from(mail.size_bytes).unwrap_or(usize::MAX) > MAIL_MAX_BYTES
}

/// Groups mails so that a batch stays small; too big ones and those `alone` says so of come by themselves.
fn batches(listed: &[Listed], alone: impl Fn(u32) -> bool) -> Vec<Vec<Listed>> {
    let mut batches: Vec<Vec<Listed>> = Vec::new();
    let (mut bytes, mut is_open) = (0, false);
    for mail in listed {
        let size = u64::from(mail.size_bytes);
        let by_itself = is_too_big(mail) || alone(mail.uid);
        match batches.last_mut().filter(|_| is_open && !by_itself) {
            Some(batch) if batch.len() < BATCH.0 && bytes + size <= BATCH.1 => {
                batch.push(*mail);
                bytes += size;
            }
            _ => {
                batches.push(vec![*mail]);
                (bytes, is_open) = (size, !by_itself);
            }
        }
    }
    batches
}

/// A day as IMAP writes it; English whatever the machine speaks.
fn day(at: i64) -> String {
    DateTime::from_timestamp(at, 0).unwrap_or_default().format("%d-%b-%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_fetches_what_the_cursor_does_not_cover() {
        let cursor = Some(MailCursor { uid_validity: 7, uid_next: 10, read_at: 1_000_000 });
        assert_eq!(plan(None, 7, Some(10)), Plan::Begin);
        assert_eq!(plan(cursor, 7, Some(10)), Plan::Nothing);
        assert_eq!(plan(cursor, 7, Some(12)), Plan::From(10));
        assert_eq!(plan(cursor, 7, None), Plan::From(10));
        assert_eq!(plan(cursor, 8, Some(10)), Plan::Again(1_000_000 - OVERLAP_S));
        assert_eq!(plan(cursor, 7, Some(9)), Plan::Again(1_000_000 - OVERLAP_S));
        assert_eq!(day(1_795_564_800), "25-Nov-2026");
    }

    #[test]
    fn batches_stay_small_and_suspects_come_alone() {
        let mail = |uid: u32, size_bytes: u32| Listed { uid, size_bytes, arrived_at: 0 };
        let big = u32::try_from(MAIL_MAX_BYTES + 1).unwrap();
        let listed = [mail(1, 10), mail(2, 10), mail(3, big), mail(4, 8 << 20), mail(5, 10), mail(6, 10)];
        let cut = batches(&listed, |uid| uid == 6);
        let uids: Vec<Vec<u32>> = cut.iter().map(|batch| batch.iter().map(|m| m.uid).collect()).collect();
        assert_eq!(uids, [vec![1, 2], vec![3], vec![4], vec![5], vec![6]]);
        let many: Vec<Listed> = (1..=250).map(|uid| mail(uid, 1)).collect();
        assert_eq!(batches(&many, |_| false).iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    }

    #[test]
    fn a_password_that_was_refused_twice_rests_for_half_an_hour() {
        assert_eq!(after_refusal(1), Duration::from_secs(80));
        assert_eq!(after_refusal(2), Duration::from_secs(1_800));
        assert_eq!(after_refusal(9), Duration::from_secs(1_800));
    }

    #[test]
    fn waits_grow_to_their_limit() {
        assert_eq!(pause(1, 0.999).as_secs(), 0);
        assert!(pause(3, 0.0) >= Duration::from_secs(2) && pause(3, 0.99) < Duration::from_secs(4));
        assert!(pause(40, 0.99) <= WAIT.1);
    }
}
