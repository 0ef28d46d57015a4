//! "Remember this": a mail of somebody who may teach becomes a note, and they are told so.
//!
//! The first line says it: `remember this`, `remember this for everyone`, or `remember this for` and addresses.
//! Without a word on readers the note is for the person and for whoever sent it: too few is easily mended.

use std::collections::BTreeSet;

use async_trait::async_trait;
use understudy_ears::Letter;

use super::{Intake, verdict::Case};
use crate::{
    channels::email::{
        account::Addressee,
        address::{self, Address},
        head,
    },
    domain::{Inbound, Integrity, PersonId, ReaderId, Readers},
    error::told,
    people::SenderClass,
    store::{StoreError, now},
};

/// How the first line begins, in lower case.
const TRIGGER: &str = "remember this";
/// Most characters of a title.
const TITLE_CHARS: usize = 100;

/// Something that is to become a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Whose understudy answers from it.
    pub person: PersonId,
    /// Its name among what was said; the same name replaces it.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Who may read it.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
}

/// Where notes are kept; what a channel hands over is all that it knows of them.
#[async_trait]
pub trait Remember: Send + Sync {
    /// Keeps a lesson; the same one again changes nothing.
    ///
    /// # Errors
    /// When the notes are out of reach.
    async fn remember(&self, lesson: Lesson) -> anyhow::Result<()>;
}

/// What a mail teaches, if its sender may teach and says so.
pub(super) fn of(case: &Case<'_>, person: &Addressee, from: &Address, class: SenderClass) -> Option<Lesson> {
    let is_owner = class == SenderClass::Owner;
    let sender = from.to_string();
    let may_teach = is_owner || person.mail.may_teach.iter().any(|known| known.eq_ignore_ascii_case(&sender));
    if !may_teach || case.trouble.is_some() {
        return None;
    }
    let (wish, text) = case.letter.text.trim().split_once('\n')?;
    let readers = readers(wish, person, &sender)?;
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let title = title(case.letter);
    Some(Lesson {
        person: person.id.clone(),
        // Whoever sends it again replaces what they sent, and nobody else's.
        source: format!("mail/{}/{sender}", title.replace('/', "-")),
        title,
        text: text.to_owned(),
        readers,
        integrity: if is_owner { Integrity::Owner } else { Integrity::Admin },
    })
}

/// Who may read what the first line wishes to be remembered; `None` when it wishes nothing, or names readers that
/// can't be read: then it is a question like any other.
fn readers(wish: &str, person: &Addressee, sender: &str) -> Option<Readers> {
    let wish = wish.trim().to_lowercase();
    let rest = wish.strip_prefix(TRIGGER)?.trim().trim_end_matches(['.', ':', '!']).trim();
    let own = || {
        let known = [
            Some(person.owner.clone()),
            ReaderId::new(person.id.to_string()).ok(),
            ReaderId::new(sender.to_owned()).ok(),
        ];
        known.into_iter().flatten().collect::<BTreeSet<_>>()
    };
    match rest.strip_prefix("for ").map(str::trim) {
        None if rest.is_empty() => Some(Readers::Only(own())),
        None => None,
        Some("everyone" | "everybody" | "all") => Some(Readers::Everyone),
        Some(list) => {
            let named =
                list.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty() && *name != "and");
            let ids: Option<BTreeSet<ReaderId>> =
                named.map(|name| ReaderId::new(address::parse(name)?.to_string()).ok()).collect();
            ids.map(|ids| Readers::Only(&ids | &own()))
        }
    }
}

/// The subject without the marks of forwarding and replies.
fn title(letter: &Letter) -> String {
    let subject = head::bare_subject(&letter.subject);
    let title: String = subject.chars().take(TITLE_CHARS).collect();
    if title.trim().is_empty() { "A mail".to_owned() } else { title.trim().to_owned() }
}

impl Intake {
    /// Has a lesson remembered and tells its sender, once.
    pub(super) async fn learn(
        &self,
        mail_id: i64,
        lesson: Lesson,
        message: &Inbound,
    ) -> Result<(), StoreError> {
        if self.store.stopped(&lesson.person).await?.is_some() {
            // The turn says why nobody answers any more.
            return self.accept(message).await;
        }
        let sentence = confirmation(&lesson);
        if let Err(e) = self.notebook.remember(lesson).await {
            // That is not the mail's fault.
            self.store.reopen_mail(mail_id).await?;
            return Err(StoreError::NotThere(format!("the notes: {}", told(&e))));
        }
        self.store.accept_done(message, "remembered", sentence, now()).await
    }
}

fn confirmation(lesson: &Lesson) -> String {
    let title = &lesson.title;
    match &lesson.readers {
        Readers::Everyone => {
            format!(
                "I'll remember \"{title}\", and anybody may have it in an answer. To narrow that, send it again under the same subject, with \"remember this for\" and their addresses as its first line."
            )
        }
        Readers::Only(ids) => {
            let who: Vec<&str> = ids.iter().map(ReaderId::as_str).collect();
            format!(
                "I'll remember \"{title}\" for {}. For others, send it again under the same subject with \"remember this for everyone\", or with their addresses, as its first line.",
                who.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> Addressee {
        let table = "address = \"bob-bot@example.com\"\nimap = \"imaps://x\"\nsmtp = \"submissions://x\"\n\
                     password = \"P\"\nmay_teach = [\"Carol@example.com\"]";
        Addressee {
            id: PersonId::new("bob").unwrap(),
            name: "Bob".to_owned(),
            owner: ReaderId::new("bob@example.com").unwrap(),
            owner_also: Vec::new(),
            mail: toml::from_str(table).unwrap(),
        }
    }

    fn taught(from: &str, class: SenderClass, text: &str) -> Option<Lesson> {
        let letter =
            Letter { subject: "Fwd: Re: Fair/hall".to_owned(), text: text.to_owned(), ..Letter::default() };
        let case = Case {
            id: 1,
            arrived_at: 0,
            is_admitted: false,
            is_released: false,
            letter: &letter,
            trouble: None,
            signed: None,
        };
        of(&case, &bob(), &address::parse(from).unwrap(), class)
    }

    #[test]
    fn only_who_may_teach_teaches_and_only_when_they_say_so() {
        let words = "Remember this.\n\nThe fair is on Friday.";
        let lesson = taught("bob@example.com", SenderClass::Owner, words).unwrap();
        assert_eq!(
            (lesson.title.as_str(), lesson.source.as_str()),
            ("Fair/hall", "mail/Fair-hall/bob@example.com")
        );
        assert_eq!((lesson.text.as_str(), lesson.integrity), ("The fair is on Friday.", Integrity::Owner));
        let lesson = taught("carol@example.com", SenderClass::Colleagues, words).unwrap();
        assert_eq!(lesson.integrity, Integrity::Admin);
        assert!(taught("alice@example.com", SenderClass::Colleagues, words).is_none());
        for question in [
            "Do you remember this?\nThe fair.",
            "remember this",
            "remember this\n\n  ",
            "remember this person?\nThe fair.",
            "remember this for alice\nThe fair.",
            "remember this for alice@example.com; mallory\nThe fair.",
        ] {
            assert!(taught("bob@example.com", SenderClass::Owner, question).is_none(), "{question}");
        }
    }

    #[test]
    fn readers_are_as_few_as_nothing_else_is_said() {
        let of = |wish: &str| {
            let lesson =
                taught("carol@example.com", SenderClass::Colleagues, &format!("{wish}\nThe fair.")).unwrap();
            Vec::<String>::from(lesson.readers)
        };
        assert_eq!(of("remember this"), ["bob", "bob@example.com", "carol@example.com"]);
        assert_eq!(of("Remember this for everyone:"), ["everyone"]);
        assert_eq!(
            of("remember this for Alice@example.com, dave@example.com and eve@example.com"),
            [
                "alice@example.com",
                "bob",
                "bob@example.com",
                "carol@example.com",
                "dave@example.com",
                "eve@example.com"
            ]
        );
    }
}
