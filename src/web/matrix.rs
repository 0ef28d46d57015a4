//! What a row of the permission matrix shows, and what a click on one of its cells makes of the grants.
//!
//! A cell says what holds when somebody of its class asks in the browser, by the same `decide` that a turn asks. Whoever
//! is trusted more may what the less trusted may, so a click can change cells beside it as well.

use sha2::{Digest as _, Sha256};

use crate::{
    domain::{Channel, Effect, Grant, Integrity, Mode, PersonId, Recipients, Standing},
    permission::{Proposal, decide},
    tools::label_of,
};

/// Who asks, most trusted first, with the words of the column and of a sentence.
pub(super) const CLASSES: [(Standing, &str, &str); 5] = [
    (Standing::Owner, "Owner", "the owner"),
    (Standing::Admin, "Admins", "an admin"),
    (Standing::Member, "Colleagues", "a colleague"),
    (Standing::Guest, "Guests", "a guest"),
    (Standing::Unknown, "Strangers", "a stranger"),
];

/// What holds for each class, in the order of [`CLASSES`].
pub(super) type Cells = [Mode; 5];

/// What the grants of a person give a tool with this effect.
pub(super) fn cells(person: &PersonId, tool: &str, effect: Effect, grants: &[Grant]) -> Cells {
    CLASSES.map(|(class, ..)| {
        let proposal = Proposal {
            person,
            tool,
            effect,
            requester: class,
            channel: Channel::Console,
            label: label_of(class),
            recipients: Recipients::Nobody,
        };
        decide(&proposal, grants)
    })
}

/// The most that a class can be given.
pub(super) fn most(effect: Effect, class: Standing) -> Mode {
    let person = PersonId::new("anybody").expect("it is a slug");
    let everything = Grant {
        person: person.clone(),
        tool: String::new(),
        class: Standing::Unknown,
        highest_taint: Integrity::External,
        mode: Mode::Allow,
    };
    let all = cells(&person, "", effect, &[everything]);
    CLASSES.iter().zip(all).find(|((of, ..), _)| *of == class).map_or(Mode::Deny, |(_, mode)| mode)
}

/// What a click makes of a cell: off, ask, on, and around again, as far as the class can be given it.
pub(super) fn next(effect: Effect, class: Standing, now: Mode) -> Mode {
    let after = match now {
        Mode::Deny => Mode::Ask,
        Mode::Ask => Mode::Allow,
        Mode::Allow => Mode::Deny,
    };
    if after > most(effect, class) { Mode::Deny } else { after }
}

/// The grants after the cell of `class` was set to `mode`: the more trusted may at least as much, the less trusted at most.
pub(super) fn set(
    person: &PersonId,
    (tool, effect): (&str, Effect),
    grants: &[Grant],
    class: Standing,
    mode: Mode,
) -> Vec<Grant> {
    let before = cells(person, tool, effect, grants);
    let rows = CLASSES.iter().zip(before).map(|((of, ..), was)| {
        let mode = match of {
            of if *of == class => mode,
            of if *of < class => was.max(mode),
            _ => was.min(mode),
        };
        let kept = grants.iter().find(|grant| grant.class == *of && grant.mode != Mode::Deny);
        let least = label_of(*of).max(Integrity::Internal);
        // A row that holds in full for its own class at least, and for what it held before.
        let highest_taint = kept.map_or(least, |grant| grant.highest_taint.max(label_of(*of)));
        Grant { person: person.clone(), tool: tool.to_owned(), class: *of, highest_taint, mode }
    });
    rows.filter(|grant| grant.mode != Mode::Deny).collect()
}

/// A short word for a state of grants, to tell a page that shows an older one.
pub(super) fn mark<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> String {
    let mut hash = Sha256::new();
    for grant in grants {
        let line = format!(
            "{}\0{}\0{:?}\0{:?}\0{:?}\n",
            grant.person, grant.tool, grant.class, grant.highest_taint, grant.mode
        );
        hash.update(line);
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Mode; 3] = [Mode::Deny, Mode::Ask, Mode::Allow];
    const EFFECTS: [Effect; 3] = [Effect::Read, Effect::Write, Effect::Send];

    fn bob() -> PersonId {
        PersonId::new("bob").unwrap()
    }

    #[test]
    fn every_click_sets_its_cell_and_keeps_the_order_of_trust() {
        let person = bob();
        for effect in EFFECTS {
            // Every state that clicks can lead to, from nothing on.
            let (mut known, mut seen) = (vec![Vec::<Grant>::new()], std::collections::BTreeSet::new());
            while let Some(grants) = known.pop() {
                let before = cells(&person, "t", effect, &grants);
                if !seen.insert(format!("{before:?}")) {
                    continue;
                }
                for (n, (class, ..)) in CLASSES.iter().enumerate() {
                    let to = next(effect, *class, before[n]);
                    let after = set(&person, ("t", effect), &grants, *class, to);
                    let shown = cells(&person, "t", effect, &after);
                    assert_eq!(shown[n], to, "{effect:?} {class:?} {before:?}");
                    assert!(shown.is_sorted_by(|more, less| more >= less), "{shown:?}");
                    for (other, (was, is)) in before.iter().zip(shown).enumerate() {
                        assert!(
                            if other < n { is >= *was } else { other == n || is <= *was },
                            "{before:?} {shown:?}"
                        );
                    }
                    known.push(after);
                }
            }
            assert!(seen.len() > 10, "{effect:?}: {}", seen.len());
        }
    }

    #[test]
    fn a_stranger_is_never_given_an_effect_without_asking() {
        for effect in EFFECTS {
            for (class, ..) in CLASSES {
                let at_most =
                    if effect != Effect::Read && class >= Standing::Guest { Mode::Ask } else { Mode::Allow };
                assert_eq!(most(effect, class), at_most, "{effect:?} {class:?}");
                assert!(MODES.map(|mode| next(effect, class, mode)).iter().all(|mode| *mode <= at_most));
            }
        }
    }

    #[test]
    fn a_deny_row_of_the_command_line_shows_as_off_and_a_click_replaces_it() {
        let person = bob();
        let row = |class, mode| Grant {
            person: person.clone(),
            tool: "t".to_owned(),
            class,
            highest_taint: Integrity::External,
            mode,
        };
        let grants = [row(Standing::Member, Mode::Allow), row(Standing::Member, Mode::Deny)];
        assert_eq!(cells(&person, "t", Effect::Write, &grants)[2], Mode::Deny);
        let after = set(&person, ("t", Effect::Write), &grants, Standing::Member, Mode::Ask);
        assert_eq!(cells(&person, "t", Effect::Write, &after)[2], Mode::Ask);
        assert_ne!(mark(&grants), mark(&after));
    }
}
