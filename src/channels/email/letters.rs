//! Letters: to owners, about a request that waits for their yes and what else only stood on a page; and what the tool
//! `mail.send` writes.
//!
//! A letter to an owner decides nothing: it shows exactly what is asked and where the console is. Nobody is written more
//! than one digest an hour. Letters are kept apart from replies: they answer no message, count against no limit and are
//! marked as a program's, so that no program answers them; when one bounces, nothing is answered. A letter whose end is
//! unknown is not sent again: the console shows an owner the same, and whoever had a mail sent is told.

use std::{sync::Arc, time::Duration};

use lettre::message::{
    Mailbox as Named, Message, SinglePart,
    header::{HeaderName, HeaderValue},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::{
    KEY,
    account::{Addressee, Mailbox},
    address, addressed, compose,
    smtp::{self, Envelope, NotSent},
};
use crate::{
    crash,
    domain::{ActionId, InboxId, ReaderId, Standing},
    people::{People, Person},
    permission::may_approve,
    store::{ActionRow, ActionState, LetterEnd, LetterRow, NewLetter, Store, StoreError, now},
    tools::shown,
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Requests and letters of one look.
const AT_ONCE: u32 = 50;
/// A request waits so long before it is written about, so that one that is decided at once is not.
const GRACE_S: i64 = 5;
/// The same for one that is shown on a card in Slack.
const CARD_GRACE_S: i64 = 600;
/// Between two digests.
const DIGEST_S: i64 = 3600;
/// Sentences of one digest.
const SENTENCES: u32 = 20;
/// How much of the message that led to a request is quoted.
const QUOTE_CHARS: usize = 600;
/// First wait after a failed attempt; it doubles up to half an hour.
const AGAIN_S: i64 = 60;

/// Attempts of a tool's letter, about three hours.
const TOOL_ATTEMPTS: i64 = 9;

/// The key of what a tool writes because of a message.
pub(super) fn tool_key(inbox: InboxId, mark: Uuid) -> String {
    format!("tool {inbox} {mark}")
}

/// Writes the letters of the people of one mailbox.
pub(super) struct Letters {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) people: Arc<People>,
    pub(super) store: Store,
    /// Where people reach the console, without a slash at its end.
    pub(super) console: String,
    pub(super) stop: CancellationToken,
}

/// Writes and sends until the end.
pub(super) async fn keep(letters: Arc<Letters>) {
    while !letters.stop.is_cancelled() {
        for addressee in &letters.mailbox.people {
            if let Some(person) = letters.people.get(&addressee.id)
                && let Err(e) = letters.round(person, addressee).await
            {
                warn!("Letters to the owner of {} wait: {e:#}", person.id);
            }
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = letters.stop.cancelled() => {}
        }
    }
}

impl Letters {
    async fn round(&self, person: &Person, addressee: &Addressee) -> Result<(), StoreError> {
        for row in self.store.waiting_actions(&person.id, now(), AT_ONCE).await? {
            self.ask(person, &row).await?;
        }
        self.digest(person).await?;
        for letter in self.store.due_letters(&person.id, now(), AT_ONCE).await? {
            let end = self.end_of(person, addressee, &letter).await?;
            info!(letter.id = letter.id, "Letter {}: {}", letter.id, told(&end));
            let word = said_later(&letter, &end);
            self.store.end_letter(letter.id, end, word, now()).await?;
        }
        Ok(())
    }

    /// Writes to those who may decide on a request: the owner, or admins where the owner asked for it.
    async fn ask(&self, person: &Person, row: &ActionRow) -> Result<(), StoreError> {
        let waits_s = now() - row.created_at;
        let shown = waits_s < CARD_GRACE_S && !self.store.shown_to(row.id).await?.is_empty();
        if waits_s < GRACE_S || shown {
            return Ok(());
        }
        let requester = person.known_as(&row.requester);
        let may =
            |name: &&ReaderId, standing| may_approve(person.known_as(name), standing, requester).is_ok();
        let owner = self.address_of_owner(person).filter(|name| may(name, Standing::Owner));
        let recipients: Vec<&ReaderId> = match owner {
            Some(owner) => vec![owner],
            None => person
                .admins
                .iter()
                .filter(|name| self.is_address(name) && may(name, Standing::Admin))
                .collect(),
        };
        if recipients.is_empty() {
            return Ok(());
        }
        let Some(question) = self.store.inbox_row(row.inbox).await? else { return Ok(()) };
        for recipient in recipients {
            let letter = NewLetter {
                key: format!("ask {} {recipient}", row.id),
                person: person.id.clone(),
                recipient: recipient.to_string(),
                kind: "ask",
                subject: format!(
                    "{}'s understudy asks before it uses {} (request {})",
                    person.name, row.tool, row.id
                ),
                words: asking(person, row, &question.channel, &question.text, &self.console),
            };
            self.store.write_letter(letter, now()).await?;
        }
        Ok(())
    }

    /// Writes an owner what they were told on the page for mail, and that mail waits; at most once an hour.
    async fn digest(&self, person: &Person) -> Result<(), StoreError> {
        let Some(owner) = self.address_of_owner(person) else { return Ok(()) };
        if now() - self.store.last_digest(&person.id).await? < DIGEST_S {
            return Ok(());
        }
        let until = format!("digest.{}", person.id);
        let known = self.store.setting(&until).await?.unwrap_or_default();
        let mut known = known.split(' ').map(|row| row.parse().unwrap_or(0));
        let (notice, mail): (i64, i64) = (known.next().unwrap_or(0), known.next().unwrap_or(0));
        let notices = self.store.notices_since(&person.id, notice, SENTENCES).await?;
        let (waiting, newest) = self.store.mail_waiting_since(&self.mailbox.name, mail).await?;
        if notices.is_empty() && waiting == 0 {
            return Ok(());
        }
        let last = notices.last().map_or(notice, |(row, _)| *row);
        let sentences: Vec<&str> = notices.iter().map(|(_, words)| words.as_str()).collect();
        let letter = NewLetter {
            key: format!("digest {} {last} {newest}", person.id),
            person: person.id.clone(),
            recipient: owner.to_string(),
            kind: "digest",
            subject: format!("What {}'s understudy could not settle by itself", person.name),
            words: digest(person, waiting, &sentences, &self.console),
        };
        self.store.write_letter(letter, now()).await?;
        self.store.set_setting(&until, &format!("{last} {newest}")).await
    }

    fn address_of_owner<'p>(&self, person: &'p Person) -> Option<&'p ReaderId> {
        person.owner_names().find(|name| self.is_address(name))
    }

    /// Whether a name is an address to write to; a mailbox does not write to itself.
    fn is_address(&self, name: &ReaderId) -> bool {
        let found = address::parse(name.as_str());
        found.is_some_and(|address| !addressed::is_own(&address, &self.mailbox.people))
    }

    async fn end_of(
        &self,
        person: &Person,
        addressee: &Addressee,
        letter: &LetterRow,
    ) -> Result<LetterEnd, StoreError> {
        if letter.tried_at > 0 {
            return Ok(LetterEnd::Unclear("the program ended while it was sent".to_owned()));
        }
        if letter.kind == "ask" && !self.waits(letter).await? {
            return Ok(LetterEnd::Late);
        }
        if letter.kind == "tool" && self.store.stopped(&person.id).await?.is_some() {
            return Ok(LetterEnd::Refused(format!("{}'s understudy was stopped before", person.name)));
        }
        let key = self.store.setting(KEY).await?.unwrap_or_default();
        let bytes = match written(person, addressee, letter, key.as_bytes()) {
            Ok(bytes) => bytes,
            Err(e) => return Ok(LetterEnd::Refused(format!("it can't be written as a mail: {e:#}"))),
        };
        Ok(match self.hand_in(addressee, letter, &bytes).await {
            Ok(()) => LetterEnd::Sent,
            Err(NotSent::Later(why)) if letter.kind == "tool" && letter.attempts >= TOOL_ATTEMPTS => {
                LetterEnd::Refused(why)
            }
            Err(NotSent::Later(why)) => LetterEnd::Again(now() + again_s(letter.attempts), why),
            Err(NotSent::Never(why)) => LetterEnd::Refused(why),
            Err(NotSent::Unknown(why) | NotSent::Disputed(why, _)) => LetterEnd::Unclear(why),
        })
    }

    /// Whether what a letter asks still waits.
    async fn waits(&self, letter: &LetterRow) -> Result<bool, StoreError> {
        let id = letter.key.split(' ').nth(1).and_then(|id| id.parse().ok());
        let Some(id) = id else { return Ok(false) };
        let row = self.store.action(ActionId(id)).await?;
        Ok(row.is_some_and(|row| row.state == ActionState::Waiting))
    }

    async fn hand_in(&self, addressee: &Addressee, letter: &LetterRow, bytes: &[u8]) -> Result<(), NotSent> {
        let address =
            |text: &str| text.parse().map_err(|_| NotSent::Never("its address can't be sent to".to_owned()));
        let from: lettre::Address = address(&addressee.mail.address)?;
        let envelope = Envelope { to: address(&letter.recipient)?, also: Vec::new(), copy: None, from };
        let hello = envelope.from.domain().to_owned();
        let mut connection = smtp::open(&self.mailbox, &hello).await?;
        let leaves = async {
            self.store.letter_leaves(letter.id, now()).await.map_err(|e| NotSent::Later(e.to_string()))?;
            crash::point("letter leaves");
            Ok(())
        };
        let handed = smtp::hand_in(&mut connection, &envelope, bytes, leaves).await;
        crash::point("letter left");
        if !matches!(handed, Err(NotSent::Unknown(_))) {
            smtp::close(connection).await;
        }
        handed.map(drop)
    }
}

/// What whoever had a mail sent is told of its end.
fn said_later(letter: &LetterRow, end: &LetterEnd) -> Option<(InboxId, String)> {
    if letter.kind != "tool" {
        return None;
    }
    let inbox = letter.key.split(' ').nth(1)?.parse().ok().map(InboxId)?;
    let to = &letter.recipient;
    let told = match end {
        LetterEnd::Again(..) => return None,
        LetterEnd::Sent => format!("The mail to {to} has left now."),
        LetterEnd::Unclear(why) => {
            format!(
                "I can't say whether the mail to {to} left: {why}. Ask {to} whether it came before you send it again."
            )
        }
        LetterEnd::Refused(why) => format!("The mail to {to} was not sent: {why}. I have given it up."),
        LetterEnd::Late => format!("The mail to {to} was not needed any more, so it was not sent."),
    };
    Some((inbox, told))
}

fn again_s(attempts: i64) -> i64 {
    AGAIN_S << attempts.clamp(0, 5)
}

fn told(end: &LetterEnd) -> &'static str {
    match end {
        LetterEnd::Sent => "sent",
        LetterEnd::Unclear(_) => "it is not known whether it left",
        LetterEnd::Refused(_) => "refused",
        LetterEnd::Late => "not needed any more",
        LetterEnd::Again(..) => "tried again later",
    }
}

/// The mail of a letter.
fn written(
    person: &Person,
    addressee: &Addressee,
    letter: &LetterRow,
    key: &[u8],
) -> anyhow::Result<Vec<u8>> {
    let own = &addressee.mail.address;
    let domain = own.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let id = compose::message_id(key, &format!("letter {}", letter.key), domain);
    let name = compose::plain_name(&format!("{} (understudy)", person.name));
    let mail = Message::builder()
        .from(Named::new(Some(name), own.parse()?))
        .to(Named::new(None, letter.recipient.parse()?))
        .subject(compose::plain_name(&letter.subject))
        .message_id(Some(format!("<{id}>")))
        // RFC 3834, 5.1: no answering machine may answer it.
        .raw_header(header("Auto-Submitted", "auto-generated")?)
        .raw_header(header("X-Auto-Response-Suppress", "All")?)
        .singlepart(SinglePart::plain(letter.words.clone()))?;
    Ok(mail.formatted())
}

fn header(name: &'static str, value: &str) -> anyhow::Result<HeaderValue> {
    Ok(HeaderValue::new(HeaderName::new_from_ascii(name.to_owned())?, value.to_owned()))
}

/// What is asked, exactly, and where it is decided.
fn asking(person: &Person, row: &ActionRow, channel: &str, words: &str, console: &str) -> String {
    let quote: String = words.trim().chars().take(QUOTE_CHARS).collect();
    let quote: Vec<String> = quote.lines().map(|line| format!("> {line}")).collect();
    let none = serde_json::Map::new();
    let arguments = row.arguments.as_object().unwrap_or(&none);
    let arguments: Vec<String> =
        arguments.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    let until = chrono::DateTime::from_timestamp(row.expires_at, 0).unwrap_or_default();
    format!(
        "{} asked {}'s understudy by {channel}:\n\n{}\n\nIt wants to use {} with exactly this:\n\n{}\n\n\
         Say yes or no in the console, where you have to be signed in:\n{console}/admin/approvals#request-{}\n\n\
         Until {} UTC; the first decision counts. Answering this mail decides nothing.\n\n{}",
        row.requester,
        person.name,
        quote.join("\n"),
        row.tool,
        arguments.join("\n"),
        row.id,
        until.format("%Y-%m-%d %H:%M"),
        signature(person),
    )
}

fn digest(person: &Person, waiting: i64, sentences: &[&str], console: &str) -> String {
    let mut parts: Vec<String> = sentences.iter().map(|sentence| format!("* {sentence}")).collect();
    if waiting > 0 {
        let mails =
            if waiting == 1 { "1 more mail waits".to_owned() } else { format!("{waiting} more mails wait") };
        parts.push(format!("* {mails} for somebody to look at: it was not answered by itself."));
    }
    format!(
        "{}\n\nAll of it is here, where you have to be signed in:\n{console}/admin/mail\n\n\
         There is at most one such mail an hour. Answering it settles nothing.\n\n{}",
        parts.join("\n"),
        signature(person)
    )
}

fn signature(person: &Person) -> String {
    format!("-- \n{}'s understudy, a program that answers for {}.\n", person.name, person.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_a_tool_wrote_is_said_where_it_was_asked_for() {
        let letter = LetterRow {
            id: 1,
            key: tool_key(InboxId(7), Uuid::nil()),
            recipient: "a@example.com".to_owned(),
            kind: "tool".to_owned(),
            subject: String::new(),
            words: String::new(),
            attempts: 3,
            tried_at: 0,
        };
        assert_eq!(said_later(&letter, &LetterEnd::Again(500, String::new())), None);
        let (inbox, told) = said_later(&letter, &LetterEnd::Sent).unwrap();
        assert_eq!((inbox, told.as_str()), (InboxId(7), "The mail to a@example.com has left now."));
        let to_owner = LetterRow { kind: "ask".to_owned(), ..letter };
        assert_eq!(said_later(&to_owner, &LetterEnd::Sent), None);
    }

    #[test]
    fn the_wait_after_a_failure_doubles_up_to_half_an_hour() {
        for (attempts, wait_s) in [(0, 60), (1, 120), (5, 1920), (99, 1920)] {
            assert_eq!(again_s(attempts), wait_s);
        }
    }
}
