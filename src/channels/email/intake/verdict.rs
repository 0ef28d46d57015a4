//! What becomes of a mail: whether it is ours, was here before, may be answered, and by whom it was really sent.

use std::collections::HashSet;

use understudy_ears::Letter;

use super::{Intake, take::Taking, traffic};
use crate::{
    channels::email::{
        account::Addressee,
        address::{self, Address},
        addressed, authres,
        dkim::Signed,
        head,
        quoted::{self, Split},
        silence,
    },
    crash,
    domain::Conversation,
    store::{Judged, MailState, StoreError, now},
};

/// A mail that lay longer than this is not answered before its owner says so.
const AGE_MAX_S: i64 = 7 * 86_400;

/// A mail that was read, as the verdict needs it.
pub(super) struct Case<'l> {
    pub(super) id: i64,
    pub(super) arrived_at: i64,
    /// Whether its owner let it be answered although it is old.
    pub(super) is_admitted: bool,
    /// Whether its owner let it be answered although nobody vouches for its sender.
    pub(super) is_released: bool,
    pub(super) letter: &'l Letter,
    /// Why its body could not be read.
    pub(super) trouble: Option<&'l str>,
    /// Whether its sender's domain has signed it, where that is found out here.
    pub(super) signed: Option<&'l Signed>,
}

/// Who says that a mail is from whom it says it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouch {
    /// The company's mail server, or a signature of the sender's domain.
    Server,
    /// Nobody: its owner let it be answered all the same.
    Nobody,
}

impl Case<'_> {
    fn judged(&self, split: &Split, state: MailState, why: &str) -> Judged {
        let written = self.letter.first("From").and_then(address::one);
        Judged {
            state,
            why: why.to_owned(),
            content_key: content_key(self.letter),
            text_hash: if split.new.is_empty() { String::new() } else { super::sha256(&[&split.new]) },
            sender: written.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl Intake {
    /// Judges a mail and takes it in if it is to be answered; `seen` are content keys of mails that were judged
    /// and may not be in the store yet.
    pub(super) async fn verdict(
        &self,
        case: &Case<'_>,
        seen: &HashSet<String>,
    ) -> Result<Judged, StoreError> {
        let people = &self.mailbox.people;
        let split = quoted::split(&case.letter.text);
        let judged = |state: MailState, why: &str| Ok(case.judged(&split, state, why));
        if let Some(ended) = self.known(case, &split, seen).await? {
            return Ok(ended);
        }
        let allow: Vec<String> = people.iter().flat_map(|person| person.mail.allow.clone()).collect();
        if let Some(why) = silence::reason(case.letter, &allow) {
            return judged(MailState::Silent, self.reported(case.letter).await?.unwrap_or(why));
        }
        let asked = addressed::addressed(case.letter, people);
        if asked.is_empty() {
            return judged(MailState::Silent, "nobody here is named in To or Cc");
        }
        let from = match address::sender(case.letter) {
            Ok(from) => from,
            Err(why) => return judged(MailState::Held, why),
        };
        let server = people.iter().find_map(|person| person.mail.authserv_id.as_deref());
        let vouched = match case.signed {
            Some(Signed::Yes) => Ok(()),
            Some(Signed::No(why)) => Err((*why).to_owned()),
            Some(Signed::Unknown(why)) => Err(format!("the key of its sender could not be looked up: {why}")),
            None => authres::vouched(case.letter, server, &from).map_err(str::to_owned),
        };
        let vouch = match vouched {
            Ok(()) => Vouch::Server,
            Err(_) if case.is_released => Vouch::Nobody,
            Err(why) => return judged(MailState::Held, &why),
        };
        if vouch == Vouch::Server {
            // Whoever writes is there.
            self.store.mail_reached(&from.to_string()).await?;
        }
        if now() - case.arrived_at > AGE_MAX_S && !case.is_admitted {
            self.ask_about_old_mail(&asked, case).await?;
            return judged(MailState::Old, "it lay here for more than 7 days");
        }
        self.take_for_all(case, &asked, &from, &split, vouch).await
    }

    /// The end of a mail that is our own or was here before.
    async fn known(
        &self,
        case: &Case<'_>,
        split: &Split,
        seen: &HashSet<String>,
    ) -> Result<Option<Judged>, StoreError> {
        let judged = |state: MailState, why: &str| Ok(Some(case.judged(split, state, why)));
        let written = case.letter.first("From").and_then(address::one);
        if written.is_some_and(|from| addressed::is_own(&from, &self.mailbox.people)) {
            return match self.came_back(case.letter).await? {
                true => judged(MailState::Own, "we sent it"),
                false => judged(MailState::Held, "it claims to come from this mailbox"),
            };
        }
        let key = content_key(case.letter);
        if seen.contains(&key) || self.store.mail_was_here(&self.mailbox.name, &key, case.id).await? {
            return judged(MailState::Repeat, "the same mail was here before");
        }
        Ok(None)
    }

    /// Takes a mail in for everybody who is asked and may answer now.
    async fn take_for_all(
        &self,
        case: &Case<'_>,
        asked: &[&Addressee],
        from: &Address,
        split: &Split,
        vouch: Vouch,
    ) -> Result<Judged, StoreError> {
        let mut verdict = case.judged(split, MailState::Silent, "");
        for person in asked {
            let conversation = match vouch {
                Vouch::Server => self.conversation(case.letter, person, from).await?,
                // An id that somebody wrote into their mail must not open a thread of whom they claim to be.
                Vouch::Nobody => new_conversation(case.letter, person),
            };
            let traffic = self
                .store
                .mail_traffic(case.id, &conversation, &from.to_string(), &verdict.text_hash, now())
                .await?;
            if let Some(excess) = traffic::excess(&traffic) {
                self.tell(excess.notice(person, from, &conversation, now())).await?;
                verdict.why = excess.why().to_owned();
                continue;
            }
            let taking = Taking { case, person, from, vouch, split, conversation };
            self.take(&taking).await?;
            verdict.state = MailState::Taken;
        }
        match (verdict.state, case.trouble) {
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
                crash::point("reply back");
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
        Ok(new_conversation(letter, person))
    }
}

fn new_conversation(letter: &Letter, person: &Addressee) -> Conversation {
    let new: String = content_key(letter).chars().take(16).collect();
    Conversation(format!("mail:{}:{new}", person.id))
}

/// The same for the same mail under another number, another for other content under the same Message-ID.
pub(super) fn content_key(letter: &Letter) -> String {
    let of = |name: &str| letter.first(name).unwrap_or_default();
    super::sha256(&[of("Message-ID"), of("From"), of("Date"), &letter.body_sha256])
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
        assert_ne!(super::super::sha256(&["ab", "c"]), super::super::sha256(&["a", "bc"]));
    }
}
