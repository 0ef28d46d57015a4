//! A reply leaves: composed once, kept, handed in, its copy filed; looked for before it is ever sent again.

use std::sync::Arc;

use tracing::warn;

use super::{
    Mail,
    account::{Addressee, Mailbox},
    compose::{self, Sender},
    head::Head,
    imap::Imap,
    smtp::{self, Envelope, NotSent},
};
use crate::{
    inbox::Record,
    outbox::DeliveryError,
    store::{ClaimedReply, MailTask, SentMail, Store, StoreError, now},
};

/// How long a reply whose end is unknown is waited for before the same bytes are sent again: servers have been
/// seen to queue a mail for minutes after the connection was gone.
const UNKNOWN_S: i64 = 600;

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
}

fn settle(is_found: bool, since_try_s: i64) -> Settled {
    match (is_found, since_try_s) {
        (true, _) => Settled::Sent,
        (false, s) if s < UNKNOWN_S => Settled::Wait,
        _ => Settled::SendAgain,
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
    let frozen = match store.sent_mail(reply.id).await? {
        Some(frozen) => frozen,
        None => freeze(mail, &person, &task, reply).await?,
    };
    let receipt = frozen.message_id.clone();
    if frozen.tried_at > 0 {
        let is_found = frozen.seen_at > 0 || in_sent(&mailbox, &person, &receipt).await?;
        match settle(is_found, now() - frozen.tried_at) {
            Settled::Sent => return Ok(receipt),
            Settled::Wait => {
                let told = "it is looked for among the sent mail before it is sent again".to_owned();
                return Err(DeliveryError::Uncertain(told));
            }
            Settled::SendAgain => {}
        }
    }
    hand_in(store, &mailbox, &person, &frozen, reply).await?;
    if person.mail.file_copy
        && let Err(e) = file(&mailbox, &person, &frozen).await
    {
        warn!(outbox.id = %reply.id, "Outbox row {} left, but its copy could not be filed: {e:#}", reply.id);
    }
    Ok(receipt)
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
    // The time keeps rows of a database that was begun anew apart.
    let key = format!("{}@{}", reply.idempotency_key, reply.created_at);
    let message_id = compose::message_id(&mail.key().await?, &key, domain);
    let is_reply = reply.idempotency_key.starts_with("reply-");
    let sender = if is_reply && !task.automatic { Sender::Person } else { Sender::Program };
    let sources = match mail.store.steps(reply.inbox).await {
        Ok(steps) => Record::of(&steps).titles(&reply.reply.cites),
        // Without the journal the reply is still right.
        Err(_) => Vec::new(),
    };
    let bytes = compose::compose(person, &head, &message_id, &reply.reply.text, &sources, sender)
        .map_err(|e| never(format!("it can't be written as a mail: {e:#}")))?;
    let frozen = SentMail {
        outbox_id: reply.id.0,
        message_id,
        learnt_id: String::new(),
        person: task.person.clone(),
        recipient: task.sender.clone(),
        conversation: task.conversation.clone(),
        bytes,
        made_at: now(),
        tried_at: 0,
        seen_at: 0,
    };
    mail.store.freeze_mail(frozen.clone()).await?;
    Ok(frozen)
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
        from: own,
    };
    let hello = envelope.from.domain().to_owned();
    let mut connection = smtp::open(mailbox, &hello).await.map_err(failed)?;
    let leaves =
        async { store.mail_leaves(reply.id, now()).await.map_err(|e| NotSent::Later(e.to_string())) };
    let handed = smtp::hand_in(&mut connection, &envelope, &frozen.bytes, leaves).await;
    match handed {
        Ok(_) => {
            smtp::close(connection).await;
            Ok(())
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
        NotSent::Unknown(why) => DeliveryError::Uncertain(why),
    }
}

/// Whether a reply lies among the sent mail. While nobody can look, nobody knows.
async fn in_sent(
    mailbox: &Arc<Mailbox>,
    person: &Addressee,
    message_id: &str,
) -> Result<bool, DeliveryError> {
    let look = async {
        let mut imap = Imap::open(mailbox).await?;
        let found = imap.holds(&person.mail.sent, message_id).await?;
        imap.close().await;
        anyhow::Ok(found)
    };
    look.await.map_err(|e| DeliveryError::Uncertain(format!("can't look among the sent mail: {e:#}")))
}

/// Files a copy unless one lies there.
async fn file(mailbox: &Arc<Mailbox>, person: &Addressee, frozen: &SentMail) -> anyhow::Result<()> {
    let mut imap = Imap::open(mailbox).await?;
    if !imap.holds(&person.mail.sent, &frozen.message_id).await? {
        imap.file(&person.mail.sent, &frozen.bytes).await?;
    }
    imap.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f12_a_reply_whose_end_is_unknown_is_looked_for_before_it_is_sent_again() {
        assert_eq!(settle(true, 0), Settled::Sent);
        assert_eq!(settle(true, 100_000), Settled::Sent);
        assert_eq!(settle(false, 0), Settled::Wait);
        assert_eq!(settle(false, UNKNOWN_S - 1), Settled::Wait);
        assert_eq!(settle(false, UNKNOWN_S), Settled::SendAgain);
    }
}
