//! Which points a request may touch, as a condition that each store translates into its own filter.

use super::{note::NoteKey, stored::field};
use crate::domain::{Audience, PersonId, Readers};

/// A condition on the payload of a point.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    /// The field is this word, or is a list that has it.
    Is(&'static str, String),
    /// The field is a number above this one.
    Above(&'static str, i64),
    /// The field is a number up to this one.
    UpTo(&'static str, i64),
    /// Every one of these holds.
    All(Vec<Rule>),
    /// At least one of these holds.
    Any(Vec<Rule>),
    /// This does not hold; true as well when the field is missing.
    Not(Box<Rule>),
}

/// Everything a person has.
pub(super) fn of_person(person: &PersonId) -> Rule {
    Rule::Is(field::PERSON, person.to_string())
}

/// The chunks of one note from number `from` on.
pub(super) fn of_note(person: &PersonId, key: &NoteKey, from: i64) -> Rule {
    Rule::All(vec![
        of_person(person),
        Rule::Is(field::FOLDER, key.folder.clone()),
        Rule::Is(field::SOURCE, key.source.clone()),
        Rule::Not(Box::new(Rule::UpTo(field::NUMBER, from - 1))),
    ])
}

/// What may be recalled for a reply: the person's own notes, valid now, that the whole audience may read.
pub(super) fn recall(person: &PersonId, audience: &Audience, now: i64) -> Rule {
    Rule::All(vec![
        of_person(person),
        readable_by(audience),
        Rule::Not(Box::new(Rule::Above(field::VALID_FROM, now))),
        Rule::Not(Box::new(Rule::UpTo(field::VALID_UNTIL, now))),
    ])
}

/// Promise 2: by `everyone`, by the reply's own space, or when each member matches.
fn readable_by(audience: &Audience) -> Rule {
    let reader = |id: &str| Rule::Is(field::READERS, id.to_owned());
    let mut ways = vec![reader(Readers::EVERYONE)];
    ways.extend(audience.own_space().map(|space| reader(space.as_str())));
    if let Some(members) = audience.members_to_match() {
        ways.push(Rule::All(members.iter().map(|member| reader(member.as_str())).collect()));
    }
    Rule::Any(ways)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{Members, ReaderId};

    fn is(id: &str) -> Rule {
        Rule::Is("readers", id.to_owned())
    }

    fn audience(space: Option<&str>, members: Members) -> Audience {
        Audience { space: space.map(|s| ReaderId::new(s).unwrap()), members }
    }

    fn known(n: usize) -> Members {
        Members::Known((0..n).map(|i| ReaderId::new(format!("p{i:02}")).unwrap()).collect::<BTreeSet<_>>())
    }

    #[test]
    fn an_audience_becomes_the_three_ways_of_promise_two() {
        let table = [
            (audience(None, known(1)), vec![is("everyone"), Rule::All(vec![is("p00")])]),
            (
                audience(Some("slack:C1"), known(2)),
                vec![is("everyone"), is("slack:C1"), Rule::All(vec![is("p00"), is("p01")])],
            ),
            (audience(Some("slack:C1"), known(21)), vec![is("everyone"), is("slack:C1")]),
            (audience(None, known(0)), vec![is("everyone")]),
            (audience(Some("slack:C1"), Members::SomeUnknown), vec![is("everyone")]),
        ];
        for (audience, ways) in table {
            assert_eq!(readable_by(&audience), Rule::Any(ways), "{audience:?}");
        }
    }
}
