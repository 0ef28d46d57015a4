//! A reply leaves: composed once, kept, handed in, its copy filed; looked for before it is ever sent again.

use std::sync::Arc;

use tracing::warn;

use super::{
    Mail,
    account::{Addressee, Mailbox},
    compose::{self, Sender},
    head::Head,
    imap::{self, Filed, Imap},
    smtp::{self, Envelope, NotSent},
};
use crate::{
    crash,
    inbox::Record,
    outbox::DeliveryError,
    store::{ClaimedReply, MailTask, Refusal, SentMail, Store, StoreError, now},
};

/// How long a reply is looked for that a server refused after it had it; our own copy takes a moment.
const DISPUTE_S: i64 = 60;
/// Mail that came in this long before the program started, or later, was not answered in a life before it: the
/// clocks of two servers differ.
const CLOCKS_S: i64 = 3_600;

impl From<StoreError> for DeliveryError {
    fn from(e: StoreError) -> Self {
        Self::Retryable(e.to_string())
    }
}

/// What is done about a reply that may have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Sent,
    Wait,
    SendAgain,
    Refused,
}

fn settle(is_found: bool, since_try_s: i64, refusal: Refusal, resend_after_s: i64) -> Settled {
    match (is_found, refusal) {
        (true, _) => Settled::Sent,
        (false, Refusal::Unsaid) if since_try_s < resend_after_s => Settled::Wait,
        (false, Refusal::Never) if since_try_s < resend_after_s.min(DISPUTE_S) => Settled::Wait,
        (false, Refusal::Never) => Settled::Refused,
        // What was put off has had its wait already.
        (false, Refusal::Unsaid | Refusal::Later) => Settled::SendAgain,
    }
}

/// Delivers a reply and returns its Message-ID.
pub(super) async fn deliver(mail: &Mail, reply: &ClaimedReply) -> Result<String, DeliveryError> {
    let store = &mail.store;
    let Some(task) = store.mail_task_of(reply.inbox).await? else {
        return Err(DeliveryError::Permanent("the mail that it answers is not known any more".to_owned()));
    };
    let Some((mailbox, person)) = mail.addressee(&task.person) else {
        let told = format!("{} has no mailbox any more: set it up again, see docs/email.md", task.person);
        return Err(DeliveryError::Permanent(told));
    };
    crash::point("reply claimed");
    let frozen = match store.sent_mail(reply.id).await? {
        Some(frozen) => frozen,
        None => freeze(mail, &person, &task, reply).await?,
    };
    crash::point("reply frozen");
    let receipt = frozen.message_id.clone();
    if frozen.tried_at > 0 {
        let is_found = frozen.seen_at > 0 || lies_there(&mailbox, &person, &receipt).await?;
        let resend_after_s = person.mail.resend_after_s.into();
        match settle(is_found, now() - frozen.tried_at, frozen.refusal, resend_after_s) {
            Settled::Sent => return Ok(receipt),
            Settled::Wait => {
                let told = "it is looked for among the sent mail before it is sent again".to_owned();
                return Err(DeliveryError::Uncertain(told));
            }
            Settled::Refused => {
                store.mail_stays(reply.id).await?;
                return Err(DeliveryError::Permanent(frozen.refused_with));
            }
            Settled::SendAgain => {}
        }
    } else if is_from_before(mail, &task).await? && lies_there(&mailbox, &person, &receipt).await? {
        // The database is a copy from before this reply left.
        return Ok(receipt);
    }
    hand_in(store, &mailbox, &person, &frozen, reply).await?;
    crash::point("reply left");
    if person.mail.file_copy
        && let Err(e) = file(&mailbox, &person, &frozen).await
    {
        warn!(outbox.id = %reply.id, "Outbox row {} left, but its copy could not be filed: {e:#}", reply.id);
    }
    crash::point("reply filed");
    Ok(receipt)
}

/// Whether the mail that is answered lay there before this program started: then its reply may have left in a
/// life that a restored database knows nothing of.
async fn is_from_before(mail: &Mail, task: &MailTask) -> Result<bool, StoreError> {
    let arrived_at = mail.store.mail_arrived_at(task.mail_id).await?.unwrap_or(0);
    Ok(arrived_at < mail.started_at + CLOCKS_S)
}

/// Makes the mail of a reply and keeps it; from now on it never changes.
async fn freeze(
    mail: &Mail,
    person: &Addressee,
    task: &MailTask,
    reply: &ClaimedReply,
) -> Result<SentMail, DeliveryError> {
    let never = |e: String| DeliveryError::Permanent(e);
    let head: Head =
        serde_json::from_str(&task.head).map_err(|e| never(format!("its mail is unreadable: {e}")))?;
    let domain = head.own.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    // By the mail and not by the row: a restored database numbers its rows anew and must find what has left.
    let key = format!("{} {}", which(&reply.idempotency_key), task.source_key);
    let message_id = compose::message_id(&mail.key().await?, &key, domain);
    let is_reply = reply.idempotency_key.starts_with("reply-");
    let sender = if is_reply && !task.automatic { Sender::Person } else { Sender::Program };
    let sources = match mail.store.steps(reply.inbox).await {
        Ok(steps) => Record::of(&steps).titles(&reply.reply.cites),
        // Without the journal the reply is still right.
        Err(_) => Vec::new(),
    };
    let bytes = compose::compose(
        person,
        &head,
        &message_id,
        (&reply.reply.text, reply.reply.file.as_ref()),
        &sources,
        sender,
    )
    .map_err(|e| never(format!("it can't be written as a mail: {e:#}")))?;
    let frozen = SentMail {
        outbox_id: reply.id.0,
        message_id,
        learnt_id: String::new(),
        person: task.person.clone(),
        recipient: task.sender.clone(),
        conversation: task.conversation.clone(),
        copies: head.cc.join(","),
        bytes,
        made_at: now(),
        tried_at: 0,
        seen_at: 0,
        refusal: Refusal::Unsaid,
        refused_with: String::new(),
    };
    mail.store.freeze_mail(frozen.clone()).await?;
    Ok(frozen)
}

/// Which of the words of one mail this is: its key without the row of that mail.
fn which(key: &str) -> &str {
    key.rsplit_once('-').map_or("", |(which, _)| which)
}

async fn hand_in(
    store: &Store,
    mailbox: &Mailbox,
    person: &Addressee,
    frozen: &SentMail,
    reply: &ClaimedReply,
) -> Result<(), DeliveryError> {
    let address = |text: &str| {
        text.parse().map_err(|_| DeliveryError::Permanent("an address of it can't be sent to".to_owned()))
    };
    let own: lettre::Address = address(&person.mail.address)?;
    let envelope = Envelope {
        copy: person.mail.copy_to_self.then(|| own.clone()),
        to: address(&frozen.recipient)?,
        also: frozen.copies.split(',').filter_map(|copy| copy.parse().ok()).collect(),
        from: own,
    };
    let hello = envelope.from.domain().to_owned();
    let mut connection = smtp::open(mailbox, &hello).await.map_err(failed)?;
    let leaves = async {
        store.mail_leaves(reply.id, now()).await.map_err(|e| NotSent::Later(e.to_string()))?;
        crash::point("reply leaves");
        Ok(())
    };
    let handed = smtp::hand_in(&mut connection, &envelope, &frozen.bytes, leaves).await;
    match handed {
        Ok(_) => {
            smtp::close(connection).await;
            Ok(())
        }
        Err(NotSent::Disputed(why, refusal)) => {
            store.mail_disputed(reply.id, refusal, &why).await?;
            smtp::close(connection).await;
            Err(DeliveryError::Uncertain(why))
        }
        Err(e @ (NotSent::Later(_) | NotSent::Never(_))) => {
            // The server said no, so it is certain again.
            store.mail_stays(reply.id).await?;
            smtp::close(connection).await;
            Err(failed(e))
        }
        Err(e) => Err(failed(e)),
    }
}

fn failed(e: NotSent) -> DeliveryError {
    match e {
        NotSent::Later(why) => DeliveryError::Retryable(why),
        NotSent::Never(why) => DeliveryError::Permanent(why),
        NotSent::Unknown(why) | NotSent::Disputed(why, _) => DeliveryError::Uncertain(why),
    }
}

/// Whether a reply lies among the sent mail, or our own copy of it in the mailbox. While nobody can look, nobody
/// knows.
async fn lies_there(
    mailbox: &Arc<Mailbox>,
    person: &Addressee,
    message_id: &str,
) -> Result<bool, DeliveryError> {
    let look = async {
        let mut imap = Imap::open(&mailbox.account).await?;
        let mut is_found = match imap.holds(&person.mail.sent, message_id).await {
            Err(e) if person.mail.copy_to_self && imap::is_refusal(&e) => {
                // The copy in the mailbox itself still tells whether it left.
                warn!(
                    "The server of {} has no folder {:?}: name the folder of sent mail as `sent` in person.toml",
                    person.id, person.mail.sent
                );
                false
            }
            found => found?,
        };
        if !is_found && person.mail.copy_to_self {
            is_found = imap.holds("INBOX", message_id).await?;
        }
        imap.close().await;
        anyhow::Ok(is_found)
    };
    look.await.map_err(|e| DeliveryError::Uncertain(format!("can't look among the sent mail: {e:#}")))
}

/// Files a copy unless one lies there.
async fn file(mailbox: &Arc<Mailbox>, person: &Addressee, frozen: &SentMail) -> anyhow::Result<()> {
    let mut imap = Imap::open(&mailbox.account).await?;
    if !imap.holds(&person.mail.sent, &frozen.message_id).await? {
        imap.file(&person.mail.sent, Filed::Read, &frozen.bytes).await?;
    }
    imap.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_late_words_of_one_mail_are_two() {
        let keys = ["reply-12", "stuck-12", "action-1-12", "action-2-12", "reminder-2-12"];
        let all: std::collections::BTreeSet<&str> = keys.into_iter().map(which).collect();
        assert_eq!(all.len(), keys.len(), "{all:?}");
        assert_eq!(
            which("action-1-12"),
            which("action-1-99"),
            "a database that numbers its rows anew finds it"
        );
    }

    #[test]
    fn f12_a_reply_whose_end_is_unknown_is_looked_for_before_it_is_sent_again() {
        let of = |is_found, since_s, refusal| settle(is_found, since_s, refusal, 600);
        for refusal in [Refusal::Unsaid, Refusal::Later, Refusal::Never] {
            assert_eq!(of(true, 0, refusal), Settled::Sent);
            assert_eq!(of(true, 100_000, refusal), Settled::Sent);
        }
        assert_eq!(of(false, 0, Refusal::Unsaid), Settled::Wait);
        assert_eq!(of(false, 599, Refusal::Unsaid), Settled::Wait);
        assert_eq!(of(false, 600, Refusal::Unsaid), Settled::SendAgain);
        assert_eq!(of(false, 0, Refusal::Later), Settled::SendAgain);
        assert_eq!(of(false, 0, Refusal::Never), Settled::Wait);
        assert_eq!(of(false, DISPUTE_S, Refusal::Never), Settled::Refused);
    }
}
