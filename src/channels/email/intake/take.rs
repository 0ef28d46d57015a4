//! A mail becomes a message in the inbox, and a task that says how its reply leaves.

use std::collections::BTreeSet;

use tracing::warn;
use understudy_ears::Letter;

use super::{
    Intake, lesson,
    verdict::{Case, Vouch, content_key},
};
use crate::{
    channels::{
        email::{
            account::Addressee,
            address::{self, Address},
            addressed,
            head::{self, Head},
            quoted::Split,
        },
        shown_name,
    },
    crash,
    domain::{Attachment, Audience, Channel, Conversation, Inbound, Members, ReaderId, Requester, Standing},
    inbox::Refused,
    people::SenderClass,
    store::{MailTask, StoreError, now},
};

/// Most people besides the sender who get a reply.
const COPIES_MAX: usize = 10;

/// A mail that is taken in for one person.
pub(super) struct Taking<'t> {
    pub(super) case: &'t Case<'t>,
    pub(super) person: &'t Addressee,
    pub(super) from: &'t Address,
    pub(super) vouch: Vouch,
    pub(super) split: &'t Split,
    pub(super) conversation: Conversation,
}

/// The conversation of these people: whoever joins a thread is told nothing of what only the others were told.
fn among(conversation: &Conversation, members: &BTreeSet<ReaderId>) -> Conversation {
    if members.len() == 1 {
        return conversation.clone();
    }
    let thread = conversation.0.split('+').next().unwrap_or_default();
    let names: Vec<&str> = members.iter().map(ReaderId::as_str).collect();
    let circle: String = super::sha256(&names).chars().take(16).collect();
    Conversation(format!("{thread}+{circle}"))
}

impl Intake {
    pub(super) async fn take(&self, taking: &Taking<'_>) -> Result<(), StoreError> {
        let Taking { case, person, from, vouch, split, .. } = taking;
        let letter = case.letter;
        let key = format!("{}/{}", person.id, content_key(letter));
        // Whoever only claims an address is nobody that a readers list or an owner's name could mean.
        let name = if *vouch == Vouch::Server { from.to_string() } else { format!("unproven:{from}") };
        let Ok(reader) = ReaderId::new(name) else { return Ok(()) };
        let class =
            if *vouch == Vouch::Server { class_of(person, from, &reader) } else { SenderClass::Others };
        let cc = self.also_answered(letter, person, from, class).await?;
        // The reply goes to its sender and to those, and to nobody else.
        let readers = cc.iter().filter_map(|address| ReaderId::new(address.clone()).ok());
        let members: BTreeSet<ReaderId> = std::iter::once(reader.clone()).chain(readers).collect();
        let conversation = &among(&taking.conversation, &members);
        let head = Head { cc, ..Head::of(letter, from, person, split) };
        let task = MailTask {
            source_key: key.clone(),
            mail_id: case.id,
            person: person.id.to_string(),
            conversation: conversation.0.clone(),
            sender: from.to_string(),
            message_id: letter.message_id.clone(),
            head: serde_json::to_string(&head).unwrap_or_default(),
            // What nobody vouches for is answered when its owner has read the answer, too.
            automatic: *vouch == Vouch::Server && person.mail.automatic.contains(&class),
            at: now(),
        };
        // The task first: without one the reply would wait for its owner and have nowhere to go.
        self.store.put_mail_task(task).await?;
        crash::point("mail task");
        let name = if letter.from_name.is_empty() { from.to_string() } else { shown_name(&letter.from_name) };
        let (name, standing) = match class {
            _ if *vouch == Vouch::Nobody => {
                (format!("{name} (nobody knows whether that is true)"), Standing::Unknown)
            }
            // Whoever reads the words, the model too, sees that no colleague wrote them.
            SenderClass::Others => (format!("{name} (outside)"), Standing::Guest),
            SenderClass::Owner | SenderClass::Colleagues => (name, Standing::Member),
        };
        let message = Inbound {
            channel: Channel::Mail,
            key,
            conversation: conversation.clone(),
            person: person.id.clone(),
            requester: Requester { id: reader, name, standing },
            audience: match vouch {
                Vouch::Server => Audience { space: None, members: Members::Known(members) },
                Vouch::Nobody => Audience::unknown(),
            },
            text: if case.trouble.is_some() { String::new() } else { words(letter, split) },
            attachments: files(letter, case.trouble),
        };
        if *vouch == Vouch::Server
            && let Some(lesson) = lesson::of(case, person, from, class)
        {
            return self.learn(case.id, lesson, &message).await;
        }
        self.accept(&message).await
    }

    /// Takes a message in.
    pub(super) async fn accept(&self, message: &Inbound) -> Result<(), StoreError> {
        let accepted = self.inbox.accept(message).await;
        crash::point("mail accepted");
        match accepted {
            Ok(_) => Ok(()),
            Err(Refused::Store(e)) => Err(e),
            Err(e @ Refused::TooLong { .. }) => {
                warn!("A mail was not taken in: {e}");
                Ok(())
            }
        }
    }

    /// Who else gets the reply: colleagues whom a colleague asked in front of, and who have written here
    /// themselves. A list or a stranger never has, as far as their mail server vouches for them.
    async fn also_answered(
        &self,
        letter: &Letter,
        person: &Addressee,
        from: &Address,
        class: SenderClass,
    ) -> Result<Vec<String>, StoreError> {
        if !person.mail.reply_all || class == SenderClass::Others {
            return Ok(Vec::new());
        }
        let candidates = colleagues_of(letter, person, from, &self.mailbox.people);
        if candidates.len() > COPIES_MAX {
            return Ok(Vec::new());
        }
        self.store.mail_correspondents(&person.id, candidates).await
    }
}

/// The colleagues in To and Cc besides the sender and the mailbox itself.
fn colleagues_of(letter: &Letter, person: &Addressee, from: &Address, people: &[Addressee]) -> Vec<String> {
    let mut found = Vec::new();
    for address in letter.recipients.iter().filter_map(|text| address::parse(text)) {
        let is_other = address != *from && !addressed::is_own(&address, people);
        if is_other && is_colleague(person, &address) && !found.contains(&address.to_string()) {
            found.push(address.to_string());
        }
    }
    found
}

fn is_colleague(person: &Addressee, address: &Address) -> bool {
    person.mail.colleagues.iter().any(|domain| domain.eq_ignore_ascii_case(&address.domain))
}

fn class_of(person: &Addressee, from: &Address, reader: &ReaderId) -> SenderClass {
    if *reader == person.owner || person.owner_also.contains(reader) {
        SenderClass::Owner
    } else if is_colleague(person, from) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PersonId;

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
    fn only_colleagues_who_were_named_are_candidates_for_a_copy() {
        let table = "address = \"bob-bot@example.com\"\nimap = \"imaps://x\"\nsmtp = \"submissions://x\"\n\
                     password = \"P\"\ncolleagues = [\"example.com\"]";
        let bob = Addressee {
            id: PersonId::new("bob").unwrap(),
            name: "Bob".to_owned(),
            owner: ReaderId::new("bob").unwrap(),
            owner_also: Vec::new(),
            mail: toml::from_str(table).unwrap(),
        };
        let named = [
            "bob-bot+x@example.com",
            "alice@example.com",
            "Carol@Example.com",
            "carol@example.com",
            "mallory@evil.example",
            "dave@example.com.evil.example",
            "odd\"@example.com",
        ];
        let letter =
            Letter { recipients: named.iter().map(|a| (*a).to_owned()).collect(), ..Letter::default() };
        let alice = address::parse("alice@example.com").unwrap();
        let people = [bob.clone()];
        assert_eq!(colleagues_of(&letter, &bob, &alice, &people), ["carol@example.com"]);
    }

    #[test]
    fn whoever_joins_a_thread_begins_a_conversation_of_this_circle() {
        let people = |names: &[&str]| names.iter().map(|name| ReaderId::new(*name).unwrap()).collect();
        let alone = Conversation("mail:bob:1234".to_owned());
        assert_eq!(among(&alone, &people(&["alice@example.test"])), alone);
        let both = among(&alone, &people(&["alice@example.test", "carol@example.test"]));
        assert_ne!(both, alone);
        assert_eq!(among(&both, &people(&["carol@example.test", "alice@example.test"])), both);
        let three = people(&["alice@example.test", "carol@example.test", "dan@example.test"]);
        assert_ne!(among(&both, &three), both);
        // What all of a larger circle were told, a smaller one of the same thread may hear.
        assert_eq!(among(&both, &people(&["alice@example.test"])), both);
    }
}
