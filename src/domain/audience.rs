//! Who will see a reply, and therefore what it may be composed from.
//!
//! The rule (DESIGN.md, promise 2): a passage passes only if **every** member of the reply's audience may read it.
//! It passes by `everyone`, by the reply's own space, or when each member matches. Above
//! [`READERS_IN_FULL`] members only the first two apply; with an unknown member only `everyone`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ReaderId, Readers};

/// Up to this many members each one is checked; a larger audience passes by space or `everyone` only.
pub const READERS_IN_FULL: usize = 20;

/// Everybody who will see a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The place the reply is posted to, when it has one that notes can name as a reader.
    pub space: Option<ReaderId>,
    /// The people in that place.
    pub members: Members,
}

/// The people in an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// Every member is known by id.
    Known(BTreeSet<ReaderId>),
    /// At least one member could not be identified.
    SomeUnknown,
}

impl Audience {
    /// An audience of one known person, without a space of its own.
    #[must_use]
    pub fn only(reader: ReaderId) -> Self {
        Self { space: None, members: Members::Known(BTreeSet::from([reader])) }
    }

    /// An audience of which nothing is known: only notes for everyone pass.
    #[must_use]
    pub fn unknown() -> Self {
        Self { space: None, members: Members::SomeUnknown }
    }

    /// Whether every member of this audience may read what `readers` allows.
    #[must_use]
    pub fn may_read(&self, readers: &Readers) -> bool {
        let Readers::Only(readers) = readers else {
            return true;
        };
        if self.own_space().is_some_and(|space| readers.contains(space)) {
            return true;
        }
        self.members_to_match().is_some_and(|members| members.is_subset(readers))
    }

    /// The space that counts as a reader; none when somebody unknown is listening.
    #[must_use]
    pub fn own_space(&self) -> Option<&ReaderId> {
        match self.members {
            Members::Known(_) => self.space.as_ref(),
            Members::SomeUnknown => None,
        }
    }

    /// The members that must all match, or `None` when matching member by member is not allowed.
    #[must_use]
    pub fn members_to_match(&self) -> Option<&BTreeSet<ReaderId>> {
        match &self.members {
            // An empty audience would match everything vacuously, so it matches nothing.
            Members::Known(members) if (1..=READERS_IN_FULL).contains(&members.len()) => Some(members),
            Members::Known(_) | Members::SomeUnknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers(ids: &[&str]) -> Readers {
        Readers::Only(ids.iter().map(|id| ReaderId::new(*id).unwrap()).collect())
    }

    fn audience(space: Option<&str>, members: &[&str]) -> Audience {
        Audience {
            space: space.map(|s| ReaderId::new(s).unwrap()),
            members: Members::Known(members.iter().map(|id| ReaderId::new(*id).unwrap()).collect()),
        }
    }

    #[test]
    fn a_passage_passes_only_if_every_member_may_read_it() {
        let to_both = readers(&["alice", "bob"]);
        assert!(audience(None, &["alice"]).may_read(&to_both));
        assert!(audience(None, &["alice", "bob"]).may_read(&to_both));
        assert!(!audience(None, &["alice", "bob", "carol"]).may_read(&to_both));
        assert!(audience(None, &["carol"]).may_read(&Readers::Everyone));
    }

    #[test]
    fn the_own_space_counts_as_a_reader() {
        let to_space = readers(&["slack:C1"]);
        assert!(audience(Some("slack:C1"), &["alice", "carol"]).may_read(&to_space));
        assert!(!audience(Some("slack:C2"), &["alice"]).may_read(&to_space));
    }

    #[test]
    fn above_twenty_members_only_space_and_everyone_apply() {
        let ids: Vec<String> = (0..21).map(|i| format!("p{i}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let all = readers(&ids);
        assert!(audience(None, ids.get(..20).unwrap()).may_read(&all));
        assert!(!audience(None, &ids).may_read(&all));
        assert!(audience(None, &ids).may_read(&Readers::Everyone));
        assert!(audience(Some("slack:C1"), &ids).may_read(&readers(&["slack:C1"])));
    }

    #[test]
    fn with_an_unknown_member_only_everyone_passes() {
        let mut listening = audience(Some("slack:C1"), &["alice"]);
        listening.members = Members::SomeUnknown;
        assert!(!listening.may_read(&readers(&["slack:C1", "alice"])));
        assert!(listening.may_read(&Readers::Everyone));
    }

    #[test]
    fn an_empty_audience_reads_nothing_restricted() {
        assert!(!audience(None, &[]).may_read(&readers(&["alice"])));
        assert!(!audience(None, &[]).may_read(&readers(&[])));
    }
}
