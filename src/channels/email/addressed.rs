//! Whose understudy a mail is for.
//!
//! Only To and Cc count: who was put in Bcc, or gets a mail through a list, was not asked, and an answer would
//! betray the one or disturb the other.

use understudy_ears::Letter;

use super::{
    account::Addressee,
    address::{self, Address},
};

/// Everybody of a mailbox who is named in To or Cc.
pub(super) fn addressed<'p>(letter: &Letter, people: &'p [Addressee]) -> Vec<&'p Addressee> {
    let mut found: Vec<&Addressee> = Vec::new();
    for recipient in letter.recipients.iter().filter_map(|text| address::parse(text)) {
        if let Some(person) = person_of(&recipient, people)
            && !found.iter().any(|known| known.id == person.id)
        {
            found.push(person);
        }
    }
    found
}

/// Whether an address is one of the mailbox's own.
pub(super) fn is_own(address: &Address, people: &[Addressee]) -> bool {
    people.iter().any(|person| answers_to(person, &untagged(address)))
}

fn person_of<'p>(recipient: &Address, people: &'p [Addressee]) -> Option<&'p Addressee> {
    let base = untagged(recipient);
    let tag = recipient.local.split_once('+').map(|(_, tag)| tag);
    // `team+bob@` is Bob's when Bob is one of the people behind `team@`.
    let by_tag = people.iter().find(|person| Some(person.id.as_str()) == tag);
    if by_tag.is_some() && people.iter().any(|person| answers_to(person, &base)) {
        return by_tag;
    }
    people.iter().find(|person| answers_to(person, &base))
}

fn answers_to(person: &Addressee, base: &Address) -> bool {
    let mut names = std::iter::once(&person.mail.address).chain(&person.mail.aliases);
    names.any(|name| address::parse(name).is_some_and(|name| untagged(&name) == *base))
}

fn untagged(address: &Address) -> Address {
    let local = address.local.split('+').next().unwrap_or_default().to_owned();
    Address { local, domain: address.domain.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PersonId, ReaderId};

    fn person(id: &str, address: &str, aliases: &str) -> Addressee {
        let table = format!(
            "address = \"{address}\"\naliases = [{aliases}]\nimap = \"imaps://x\"\nsmtp = \"submissions://x\"\npassword = \"P\""
        );
        Addressee {
            id: PersonId::new(id).unwrap(),
            name: id.to_owned(),
            owner: ReaderId::new(id).unwrap(),
            owner_also: Vec::new(),
            mail: toml::from_str(&table).unwrap(),
        }
    }

    #[test]
    fn each_person_is_found_by_address_alias_and_tag() {
        let people = [
            person("bob", "team@example.com", "\"bob-bot@example.com\""),
            person("eve", "eve-bot@example.com", ""),
        ];
        for (recipients, wanted) in [
            (&["Team@Example.com"][..], &["bob"][..]),
            (&["bob-bot+urgent@example.com"], &["bob"]),
            (&["team+eve@example.com"], &["eve"]),
            (&["team+bob@example.com", "team@example.com"], &["bob"]),
            (&["eve-bot@example.com", "carol@example.com", "team@example.com"], &["eve", "bob"]),
            (&["everybody@example.com"], &[]),
            (&["bob+team@example.com", "team@example.com.evil.example", "not an address"], &[]),
            (&[], &[]),
        ] {
            let recipients = recipients.iter().map(|r| (*r).to_owned()).collect();
            let letter = Letter { recipients, ..Letter::default() };
            let found: Vec<&str> = addressed(&letter, &people).iter().map(|p| p.id.as_str()).collect();
            assert_eq!(found, wanted, "{:?}", letter.recipients);
        }
        assert!(is_own(&address::parse("bob-bot+x@example.com").unwrap(), &people));
        assert!(!is_own(&address::parse("alice@example.com").unwrap(), &people));
    }
}
