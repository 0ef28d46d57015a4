//! From kept bytes to the inbox: each mail is read by another process, judged, and becomes a message or does not.
//!
//! The attempt is counted before a mail is read, so one that takes the process down is parked in the end, and
//! the mails behind it go on. A crash between any two steps repeats them; the keys of task and message make a
//! repeat a no-op.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use understudy_ears::{Letter, MAIL_MAX_BYTES};

use super::{
    account::{Addressee, Mailbox},
    address::{self, Address},
    addressed, authres,
    head::{self, Head},
    quoted::{self, Split},
    silence,
};
use crate::{
    channels::shown_name,
    domain::{Attachment, Audience, Channel, Conversation, Inbound, ReaderId, Requester, Standing},
    inbox::{Inbox, Refused},
    people::SenderClass,
    senses::{SenseError, Senses},
    store::{Judged, KeptMail, MailState, MailTask, MailTraffic, Store, StoreError, now},
};

/// Mails that are read at the same time.
const SIDE_BY_SIDE: usize = 4;
/// Mails that are looked up at once.
const PAGE: u32 = 200;
/// How often a mail may be begun.
const ATTEMPTS_MAX: i64 = 3;
/// A mail that lay longer than this while nobody read the mailbox is not answered by itself.
const AGE_MAX_S: i64 = 7 * 86_400;
/// How long the bytes of a mail are kept after it was dealt with.
const BYTES_KEPT_S: i64 = 30 * 86_400;
/// Answers in one thread in ten minutes, to one sender in a day, to everybody in an hour.
const TRAFFIC_MAX: (i64, i64, i64) = (4, 20, 200);
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
    /// Rung when mail was kept.
    pub(super) arrived: Arc<Notify>,
    pub(super) stop: CancellationToken,
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
                warn!("Mail of {} waits: {e}", intake.mailbox.name);
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
    async fn page(&self) -> Result<usize, StoreError> {
        let ids = self.store.unread_mail(&self.mailbox.name, PAGE).await?;
        let reading: Vec<_> = ids.into_iter().map(|id| self.read(id)).collect();
        let mut reading = stream::iter(reading).buffered(SIDE_BY_SIDE);
        let mut judged = 0;
        while let Some(read) = reading.next().await {
            let (id, arrived_at, read) = read?;
            if let Read::Later(why) = read {
                warn!("Mail waits: {why}");
                sleep(PAUSE).await;
                continue;
            }
            judged += 1;
            self.judge(id, arrived_at, read).await?;
            if self.stop.is_cancelled() {
                break;
            }
        }
        Ok(judged)
    }

    async fn read(&self, id: i64) -> Result<(i64, i64, Read), StoreError> {
        let Some(kept) = self.store.begin_mail(id).await? else { return Ok((id, 0, Read::Gone)) };
        let read = self.read_kept(&kept).await?;
        Ok((id, kept.arrived_at, read))
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

    async fn judge(&self, id: i64, arrived_at: i64, read: Read) -> Result<(), StoreError> {
        let judged = match read {
            Read::Gone | Read::Later(_) => return Ok(()),
            Read::Nothing(why) => Judged {
                state: MailState::Parked,
                why,
                content_key: String::new(),
                text_hash: String::new(),
                sender: String::new(),
            },
            Read::Whole(letter) => self.verdict(id, arrived_at, &letter, None).await?,
            Read::Head(letter, why) => self.verdict(id, arrived_at, &letter, Some(&why)).await?,
        };
        let state = judged.state.as_str();
        metrics::counter!("understudy_mail_total", "state" => state).increment(1);
        info!(mail.id = id, state, "Mail {id} is {state}: {}", judged.why);
        self.store.judge_mail(id, judged).await
    }

    /// What becomes of a mail; `trouble` says why its body could not be read.
    async fn verdict(
        &self,
        id: i64,
        arrived_at: i64,
        letter: &Letter,
        trouble: Option<&str>,
    ) -> Result<Judged, StoreError> {
        let people = &self.mailbox.people;
        let written = letter.first("From").and_then(address::one);
        let split = quoted::split(&letter.text);
        let judged = |state: MailState, why: &str| Judged {
            state,
            why: why.to_owned(),
            content_key: content_key(letter),
            text_hash: if split.new.is_empty() { String::new() } else { sha256(&[&split.new]) },
            sender: written.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        if written.as_ref().is_some_and(|from| addressed::is_own(from, people)) {
            let is_ours = self.came_back(letter).await?;
            let why = if is_ours { "we sent it" } else { "it claims to come from this mailbox" };
            return Ok(judged(if is_ours { MailState::Own } else { MailState::Held }, why));
        }
        if self.store.mail_was_here(&self.mailbox.name, &content_key(letter), id).await? {
            return Ok(judged(MailState::Repeat, "the same mail was here before"));
        }
        let allow: Vec<String> = people.iter().flat_map(|person| person.mail.allow.clone()).collect();
        if let Some(why) = silence::reason(letter, &allow) {
            return Ok(judged(MailState::Silent, why));
        }
        if now() - arrived_at > AGE_MAX_S {
            return Ok(judged(MailState::Silent, "it lay here for more than 7 days"));
        }
        let asked = addressed::addressed(letter, people);
        if asked.is_empty() {
            return Ok(judged(MailState::Silent, "nobody here is named in To or Cc"));
        }
        let from = match address::sender(letter) {
            Ok(from) => from,
            Err(why) => return Ok(judged(MailState::Held, why)),
        };
        let server = people.iter().find_map(|person| person.mail.authserv_id.as_deref());
        if let Err(why) = authres::vouched(letter, server, &from) {
            return Ok(judged(MailState::Held, why));
        }
        let mut verdict = judged(MailState::Silent, "");
        for person in asked {
            let conversation = self.conversation(letter, person, &from).await?;
            let traffic = self
                .store
                .mail_traffic(id, &conversation, &from.to_string(), &verdict.text_hash, now())
                .await?;
            if let Some(why) = too_much(&traffic) {
                verdict.why = why.to_owned();
                continue;
            }
            self.take(id, letter, person, &from, &split, conversation, trouble).await?;
            verdict.state = MailState::Taken;
        }
        match (verdict.state, trouble) {
            (MailState::Taken, Some(why)) => {
                // Its sender is answered; the mail itself waits for a person.
                (verdict.state, verdict.why) = (MailState::Parked, why.to_owned());
            }
            (MailState::Taken, None) => verdict.why = "it is in the inbox".to_owned(),
            _ => {}
        }
        Ok(verdict)
    }

    /// Whether a mail from our own address is one that we sent; then it is settled.
    async fn came_back(&self, letter: &Letter) -> Result<bool, StoreError> {
        let marked = letter.first("X-Understudy-Id").unwrap_or_default().trim_matches(['<', '>']);
        for id in [marked, &letter.message_id] {
            if !id.is_empty() && self.store.mail_came_back(id, &letter.message_id, now()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The thread that a mail belongs to: an earlier one between the same two, or a new one.
    async fn conversation(
        &self,
        letter: &Letter,
        person: &Addressee,
        from: &Address,
    ) -> Result<Conversation, StoreError> {
        let parents = head::parents(letter);
        if let Some(known) = self.store.mail_thread(&person.id, &from.to_string(), &parents).await? {
            return Ok(known);
        }
        let new: String = content_key(letter).chars().take(16).collect();
        Ok(Conversation(format!("mail:{}:{new}", person.id)))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is one fact about the mail, named at its only caller"
    )]
    async fn take(
        &self,
        id: i64,
        letter: &Letter,
        person: &Addressee,
        from: &Address,
        split: &Split,
        conversation: Conversation,
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        let key = format!("{}/{}", person.id, content_key(letter));
        let head = Head::of(letter, from, person, split);
        let Ok(reader) = ReaderId::new(from.to_string()) else { return Ok(()) };
        let class = class_of(person, from, &reader);
        let task = MailTask {
            source_key: key.clone(),
            mail_id: id,
            person: person.id.to_string(),
            conversation: conversation.0.clone(),
            sender: from.to_string(),
            message_id: letter.message_id.clone(),
            head: serde_json::to_string(&head).unwrap_or_default(),
            automatic: person.mail.automatic.contains(&class),
            at: now(),
        };
        // The task first: without one the reply would wait for its owner and have nowhere to go.
        self.store.put_mail_task(task).await?;
        let name = if letter.from_name.is_empty() { from.to_string() } else { shown_name(&letter.from_name) };
        let standing = if class == SenderClass::Others { Standing::Guest } else { Standing::Member };
        let message = Inbound {
            channel: Channel::Mail,
            key,
            conversation,
            person: person.id.clone(),
            requester: Requester { id: reader.clone(), name, standing },
            // The reply goes to its sender and to nobody else.
            audience: Audience::only(reader),
            text: if trouble.is_some() { String::new() } else { words(letter, split) },
            attachments: files(letter, trouble),
        };
        match self.inbox.accept(&message).await {
            Ok(_) => Ok(()),
            Err(Refused::Store(e)) => Err(e),
            Err(e @ Refused::TooLong { .. }) => {
                warn!("A mail was not taken in: {e}");
                Ok(())
            }
        }
    }
}

fn class_of(person: &Addressee, from: &Address, reader: &ReaderId) -> SenderClass {
    if *reader == person.owner {
        SenderClass::Owner
    } else if person.mail.colleagues.iter().any(|domain| domain.eq_ignore_ascii_case(&from.domain)) {
        SenderClass::Colleagues
    } else {
        SenderClass::Others
    }
}

/// What somebody asks: their new text, under its subject when that opens a thread.
fn words(letter: &Letter, split: &Split) -> String {
    let subject = letter.subject.trim();
    if subject.is_empty() || head::is_reply(subject) {
        return split.new.clone();
    }
    if split.new.is_empty() && letter.enclosures.is_empty() {
        return subject.to_owned();
    }
    format!("Subject: {subject}\n\n{}", split.new).trim_end().to_owned()
}

/// The files of a mail, and what else of it could not be read.
fn files(letter: &Letter, trouble: Option<&str>) -> Vec<Attachment> {
    let file = |name: String| Attachment { name, ..Attachment::default() };
    let mut files: Vec<Attachment> = letter
        .enclosures
        .iter()
        .map(|one| Attachment {
            name: one.name.clone(),
            size_bytes: one.size_bytes,
            sha256: one.sha256.clone(),
            source: String::new(),
        })
        .collect();
    if letter.is_encrypted {
        files.push(file("the encrypted part of your mail".to_owned()));
    }
    if let Some(why) = trouble {
        files.push(file(format!("your mail, because {why}")));
    }
    files
}

/// Why no more is answered for now.
fn too_much(traffic: &MailTraffic) -> Option<&'static str> {
    let (thread, sender, everybody) = TRAFFIC_MAX;
    if traffic.same_text > 0 {
        return Some("the same words were sent in this thread before");
    }
    if traffic.thread >= thread {
        return Some("this thread goes back and forth too fast for people");
    }
    if traffic.sender >= sender {
        return Some("its sender has been answered often enough for a day");
    }
    (traffic.everybody >= everybody).then_some("enough mail was answered for this hour")
}

/// The same for the same mail under another number, another for other content under the same Message-ID.
fn content_key(letter: &Letter) -> String {
    let of = |name: &str| letter.first(name).unwrap_or_default();
    sha256(&[of("Message-ID"), of("From"), of("Date"), &letter.body_sha256])
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

    fn letter(id: &str, body: &str) -> Letter {
        let headers = [("Message-ID", id), ("From", "alice@example.com"), ("Date", "today")];
        Letter {
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body_sha256: body.to_owned(),
            ..Letter::default()
        }
    }

    #[test]
    fn f05_another_mail_under_the_same_message_id_is_another_mail() {
        assert_eq!(content_key(&letter("<1@x>", "a")), content_key(&letter("<1@x>", "a")));
        assert_ne!(content_key(&letter("<1@x>", "a")), content_key(&letter("<1@x>", "b")));
        assert_ne!(sha256(&["ab", "c"]), sha256(&["a", "bc"]));
    }

    #[test]
    fn a_question_is_read_with_its_subject() {
        let split = |new: &str| Split { new: new.to_owned(), quoted: String::new() };
        let under = |subject: &str| Letter { subject: subject.to_owned(), ..Letter::default() };
        assert_eq!(words(&under("Fair"), &split("when?")), "Subject: Fair\n\nwhen?");
        assert_eq!(words(&under("Re: Fair"), &split("when?")), "when?");
        assert_eq!(words(&under("When is the fair?"), &split("")), "When is the fair?");
        assert_eq!(words(&under(""), &split("")), "");
    }

    #[test]
    fn f04_traffic_that_no_people_make_is_stopped() {
        let none = MailTraffic::default();
        assert_eq!(too_much(&none), None);
        for traffic in [
            MailTraffic { same_text: 1, ..none },
            MailTraffic { thread: 4, ..none },
            MailTraffic { sender: 20, ..none },
            MailTraffic { everybody: 200, ..none },
        ] {
            assert!(too_much(&traffic).is_some(), "{traffic:?}");
        }
        assert_eq!(too_much(&MailTraffic { thread: 3, sender: 19, everybody: 199, same_text: 0 }), None);
    }

    #[test]
    fn the_head_of_a_mail_ends_at_the_empty_line() {
        assert_eq!(head_of(b"A: b\r\nC: d\r\n\r\nbody"), b"A: b\r\nC: d\r\n");
        assert_eq!(head_of(b"A: b\n\nbody\n\n"), b"A: b\n");
        assert_eq!(head_of(b"A: b"), b"A: b");
    }
}
