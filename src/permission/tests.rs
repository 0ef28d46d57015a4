use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::ReaderId;

const STANDINGS: [Standing; 5] =
    [Standing::Owner, Standing::Admin, Standing::Member, Standing::Guest, Standing::Unknown];
const LABELS: [Integrity; 5] =
    [Integrity::Owner, Integrity::Admin, Integrity::Internal, Integrity::Tool, Integrity::External];
const EFFECTS: [Effect; 3] = [Effect::Read, Effect::Write, Effect::Send];
const MODES: [Mode; 3] = [Mode::Deny, Mode::Ask, Mode::Allow];
const CHANNELS: [Channel; 4] = [Channel::Console, Channel::Cli, Channel::Slack, Channel::Mail];
const RECIPIENTS: [Recipients; 3] = [Recipients::Nobody, Recipients::Known, Recipients::New];

fn bob() -> PersonId {
    PersonId::new("bob").unwrap()
}

fn grant(class: Standing, highest_taint: Integrity, mode: Mode) -> Grant {
    Grant { person: bob(), tool: "t".to_owned(), class, highest_taint, mode }
}

/// Every proposal there can be for one tool.
fn proposals(person: &PersonId) -> Vec<Proposal<'_>> {
    let mut all = Vec::new();
    for effect in EFFECTS {
        for requester in STANDINGS {
            for channel in CHANNELS {
                for label in LABELS {
                    for recipients in RECIPIENTS {
                        all.push(Proposal {
                            person,
                            tool: "t",
                            effect,
                            requester,
                            channel,
                            label,
                            recipients,
                        });
                    }
                }
            }
        }
    }
    all
}

/// The rule in other words, one condition after the other.
fn expected(p: &Proposal<'_>, row: &Grant) -> Mode {
    let covered = if row.mode == Mode::Deny { p.requester >= row.class } else { p.requester <= row.class };
    if row.mode == Mode::Deny || !covered {
        return Mode::Deny;
    }
    let clean = p.label <= row.highest_taint;
    if row.mode == Mode::Ask {
        return if clean { Mode::Ask } else { Mode::Deny };
    }
    let stranger = p.label == Integrity::External || p.requester == Standing::Unknown;
    let acts = p.effect != Effect::Read;
    let must_ask = !clean
        || p.channel == Channel::Mail
        || (acts && stranger)
        || (acts && p.recipients == Recipients::New);
    if must_ask { Mode::Ask } else { Mode::Allow }
}

#[test]
fn the_whole_table_is_as_written() {
    let (person, mut cells) = (bob(), 0);
    for proposal in proposals(&person) {
        assert_eq!(decide(&proposal, &[]), Mode::Deny, "no row");
        for class in STANDINGS {
            for taint in LABELS {
                for mode in MODES {
                    let row = grant(class, taint, mode);
                    assert_eq!(
                        decide(&proposal, std::slice::from_ref(&row)),
                        expected(&proposal, &row),
                        "{proposal:?} {row:?}"
                    );
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 900 * 75);
}

#[test]
fn deny_wins_over_every_other_row_and_nobody_else_is_meant() {
    let person = bob();
    let open = grant(Standing::Unknown, Integrity::External, Mode::Allow);
    let off = grant(Standing::Owner, Integrity::Owner, Mode::Deny);
    let others = [
        Grant { person: PersonId::new("carol").unwrap(), ..open.clone() },
        Grant { tool: "t2".to_owned(), ..open.clone() },
    ];
    for proposal in proposals(&person) {
        assert_ne!(decide(&proposal, std::slice::from_ref(&open)), Mode::Deny);
        assert_eq!(decide(&proposal, &[open.clone(), off.clone()]), Mode::Deny);
        assert_eq!(decide(&proposal, &[off.clone(), open.clone()]), Mode::Deny);
        assert_eq!(decide(&proposal, &others), Mode::Deny);
    }
}

fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
    let row =
        (0..5_usize, 0..5_usize, 0..3_usize).prop_map(|(c, t, m)| grant(STANDINGS[c], LABELS[t], MODES[m]));
    proptest::collection::vec(row, 0..6)
}

proptest! {
    #[test]
    fn less_trust_never_allows_more(grants in any_grants(), a in 0..900_usize, b in 0..900_usize) {
        let person = bob();
        let all = proposals(&person);
        let (one, other) = (all[a], all[b]);
        let less = |x: &Proposal<'_>, y: &Proposal<'_>| {
            x.effect >= y.effect && x.requester >= y.requester && x.label >= y.label && x.recipients >= y.recipients
                && (x.channel == y.channel || x.channel == Channel::Mail)
        };
        if less(&one, &other) {
            prop_assert!(decide(&one, &grants) <= decide(&other, &grants), "{one:?} {other:?}");
        }
        // The same, forced to be comparable.
        let worst = Proposal {
            effect: one.effect.max(other.effect), requester: one.requester.max(other.requester),
            channel: Channel::Mail, label: one.label.max(other.label), recipients: one.recipients.max(other.recipients),
            ..one
        };
        prop_assert!(decide(&worst, &grants) <= decide(&one, &grants).min(decide(&other, &grants)));
    }

    #[test]
    fn a_further_deny_never_allows_more(mut grants in any_grants(), class in 0..5_usize, a in 0..900_usize) {
        let person = bob();
        let proposal = proposals(&person)[a];
        let before = decide(&proposal, &grants);
        grants.push(grant(STANDINGS[class], Integrity::Owner, Mode::Deny));
        prop_assert!(decide(&proposal, &grants) <= before);
    }
}

#[test]
fn nobody_approves_alone_what_they_asked_for() {
    let [alice, carol] = ["alice", "carol"].map(|id| ReaderId::new(id).unwrap());
    assert_eq!(may_approve(&carol, Standing::Admin, &alice), Ok(()));
    assert_eq!(may_approve(&alice, Standing::Owner, &carol), Ok(()));
    for standing in [Standing::Owner, Standing::Admin] {
        assert_eq!(may_approve(&alice, standing, &alice), Err(Refusal::OwnRequest));
    }
    for standing in [Standing::Member, Standing::Guest, Standing::Unknown] {
        assert_eq!(may_approve(&carol, standing, &alice), Err(Refusal::NotTheirs));
    }
}

#[test]
fn a_fingerprint_is_of_exactly_one_request() {
    let of = |person, tool, text: &str| fingerprint(person, tool, &json!({"text": text}));
    let print = of("bob", "t", "a");
    assert_eq!(print, of("bob", "t", "a"));
    for other in [of("bob", "t", "a "), of("bobt", "", "a"), of("bo", "bt", "a"), of("bob", "u", "a")] {
        assert_ne!(print, other);
    }
}

/// `cargo test … decide_is_fast -- --ignored --nocapture` prints the figure.
#[test]
#[ignore = "a measurement, not a test"]
fn decide_is_fast() {
    let person = bob();
    let grants: Vec<Grant> = (0..100)
        .map(|n| Grant {
            tool: format!("tool-{n}"),
            ..grant(Standing::Member, Integrity::Internal, Mode::Ask)
        })
        .chain([grant(Standing::Member, Integrity::Internal, Mode::Allow)])
        .collect();
    let all = proposals(&person);
    let started = std::time::Instant::now();
    let mut allowed = 0_usize;
    for proposal in &all {
        allowed += usize::from(decide(std::hint::black_box(proposal), &grants) == Mode::Allow);
    }
    let each = started.elapsed() / 900;
    println!("decide over {} grants: {each:?}, {allowed} allowed", grants.len());
    assert!(each < std::time::Duration::from_micros(10), "{each:?}");
}
