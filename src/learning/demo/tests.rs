//! The demo people's rules, words and export.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::*;
use crate::{
    domain::{Purpose, SourceKind},
    learning::{
        Call, Cast,
        cases::{self, Built, Case, Plan},
        clean::Names,
        collection, consent,
        intake::{self, Me},
        vault::Vault,
    },
    people::{People, Person},
    store::{NewConsent, Store},
    turn::figures::loose_figures,
};

const ALL: [&Rules; 2] = [&demetrios::RULES, &eudora::RULES];
/// 24 November 2026.
const NOW: i64 = 1_795_478_400;

fn person(rules: &Rules) -> Person {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
    People::read(&[&dir]).unwrap().find(&PersonId::new(rules.id).unwrap()).unwrap().clone()
}

/// Every note of every demo person, in lower case.
fn notes() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
    let files = walkdir::WalkDir::new(dir).into_iter().flatten();
    let files = files.filter(|entry| entry.path().components().any(|part| part.as_os_str() == "notes"));
    let texts: Vec<String> = files
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .map(|t| t.to_lowercase())
        .collect();
    assert!(texts.len() > 50);
    texts
}

fn unseen(rules: &Rules, count: u64) -> Vec<Exchange> {
    (0..count).map(|n| rules.unseen(3, n)).collect()
}

/// The clauses that a source names, such as `treat/small`.
fn clauses(source: &'static str) -> BTreeSet<&'static str> {
    let is_clause = |text: &&str| {
        text.contains('/') && text.chars().all(|c| c.is_ascii_lowercase() || c == '/' || c == ' ')
    };
    source.split('"').filter(is_clause).collect()
}

#[test]
fn there_are_twelve_rules_with_an_exception_each() {
    for source in [include_str!("demetrios.rs"), include_str!("eudora.rs")] {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for clause in clauses(source) {
            *kinds.entry(clause.split_once('/').unwrap().0).or_default() += 1;
        }
        assert!(kinds.len() >= 12, "{kinds:?}");
        assert!(
            kinds.values().all(|clauses| *clauses >= 3),
            "a rule, what it refuses, an exception: {kinds:?}"
        );
    }
}

#[test]
fn every_rule_and_every_exception_decides_something() {
    for (rules, source) in ALL.into_iter().zip([include_str!("demetrios.rs"), include_str!("eudora.rs")]) {
        let decided: BTreeSet<&str> = unseen(rules, 2000)
            .iter()
            .filter_map(|exchange| exchange.ruled)
            .map(|(_, clause)| clause)
            .collect();
        assert_eq!(decided, clauses(source), "{}", rules.id);
    }
}

#[test]
fn no_decision_is_the_one_to_guess() {
    for rules in ALL {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for exchange in unseen(rules, 2000) {
            *counts.entry(exchange.ruled.unwrap().0.to_string()).or_default() += 1;
        }
        assert!(counts.values().all(|count| *count <= 1200), "{counts:?}");
        assert!(rules.deciders().iter().all(|who| counts[&format!("ask {who}")] >= 60), "{counts:?}");
    }
}

#[test]
fn a_request_says_all_that_decides_about_it() {
    for rules in ALL {
        let mut decided: BTreeMap<(Option<String>, String), Decision> = BTreeMap::new();
        for seed in 0..20_000 {
            let mut dice = Dice::new(11, seed);
            let (ruling, asked) = (rules.request)(&mut dice);
            assert!(asked.ways.len() >= 4);
            for way in asked.ways {
                let names: Vec<String> = asked.slots.iter().map(|(slot, _)| format!("{{{slot}}}")).collect();
                assert!(
                    names.iter().all(|slot| way.contains(slot)),
                    "{}: {way} lacks one of {names:?}",
                    ruling.clause
                );
            }
            let exchange = rules.unseen(11, seed);
            let decision = exchange.ruled.unwrap().0;
            let before = decided.insert((exchange.before, exchange.message.clone()), decision);
            assert!(before.is_none_or(|before| before == decision), "two decisions: {}", exchange.message);
        }
    }
}

#[test]
fn texts_are_clean_and_replies_begin_with_the_decision() {
    for rules in ALL {
        for exchange in (0..2000).map(|n| rules.told(5, n)).chain(unseen(rules, 2000)) {
            let before = exchange.before.clone().unwrap_or_default();
            for text in [&before, &exchange.message, &exchange.reply] {
                assert!(text.is_ascii() && !text.contains("  ") && text.trim() == text, "{text}");
                assert!(!text.contains(['{', '}', '|', '!', '[', ']']), "{text}");
                assert!(
                    [" ,", " .", ",,", ",.", ",?", "..", "?.", "--"].iter().all(|bad| !text.contains(bad)),
                    "{text}"
                );
            }
            let known = [before.as_str(), &exchange.message];
            assert_eq!(
                loose_figures(&exchange.reply, &known),
                [],
                "{} / {}",
                exchange.message,
                exchange.reply
            );
            assert!(!exchange.reply.contains("pass it on") && !exchange.reply.contains('['));
            assert!(exchange.reply.split_whitespace().count() < 20, "boilerplate: {}", exchange.reply);
            let said = crate::learning::decisions::read(rules, &exchange.reply);
            assert_eq!(said, exchange.ruled.map(|(decision, _)| decision), "{}", exchange.reply);
        }
    }
}

#[test]
fn no_reply_stands_in_a_note() {
    let notes = notes();
    for rules in ALL {
        for n in 0..2000 {
            let mut dice = Dice::new(13, n);
            let (ruling, _) = (rules.request)(&mut dice);
            for reason in ruling.reasons {
                let reason = reason.to_lowercase();
                assert!(notes.iter().all(|note| !note.contains(reason.trim_end_matches('.'))), "{reason}");
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for rules in ALL {
        let first = export(rules, 1, 60).unwrap();
        assert_eq!(first, export(rules, 1, 60).unwrap());
        assert_ne!(first, export(rules, 2, 60).unwrap());
    }
}

#[test]
fn hardly_a_request_that_is_measured_is_worded_as_one_that_was_exported() {
    for rules in ALL {
        let words = |exchange: Exchange| (exchange.before, exchange.message);
        let told: BTreeSet<_> = (0..700).map(|n| words(rules.told(1, n))).collect();
        let again = unseen(rules, 1000)
            .into_iter()
            .filter(|exchange| told.contains(&words(exchange.clone())))
            .count();
        assert!(again <= 30, "{}: {again} of 1000", rules.id);
    }
}

struct NoBar;

impl intake::Meter for NoBar {
    fn starts(&self, _: u64) {}
    fn advances(&self, _: u64) {}
}

/// Takes an export in as `learn add` does, and makes cases of it as `learn build` does.
async fn cases_of(rules: &Rules, threads: u64) -> Built {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("slack.zip");
    std::fs::write(&path, export(rules, 1, threads).unwrap()).unwrap();
    let (store, vault) = (Store::open(dir.path()).await.unwrap(), Vault::new(dir.path()));
    let person = person(rules);
    let consent = NewConsent {
        person: person.id.clone(),
        purpose: Purpose::Training,
        sources: vec![SourceKind::Slack],
        from_at: 1_735_689_600,
        until_at: NOW,
        text_version: 1,
        how: "made up".into(),
    };
    store.give_consent(consent, NOW).await.unwrap();
    let permit = consent::admit(&store, &vault, &person.id, SourceKind::Slack, NOW).await.unwrap();
    let report = intake::read(&[path], &Me::new([person.name.clone()]), &permit, &NoBar).unwrap();
    assert!(report.kept >= 2 * threads && report.skipped_files == 0, "{report}");
    store.keep_intake(permit.intake, report.kept, "{}".into()).await.unwrap();
    let run = store.latest_run(&person.id).await.unwrap().unwrap();
    let intakes = store.intakes(run.id).await.unwrap();
    let (events, names): (_, Names) = collection::gather(&vault, &run, &intakes).unwrap();
    let plan = Plan {
        cast: Cast { name: person.name, role: person.role, manner: person.voice.manner },
        names,
        vetoes: BTreeSet::new(),
        decline_percent: 50,
        seed: 1,
    };
    // Notes are looked up as well; these hold figures that requests hold too.
    let note = crate::learning::Note {
        title: "Prices".into(),
        text: (15..96).map(|n| format!("Item {n} costs {n}0 EUR, or {n} EUR used. ")).collect(),
    };
    cases::build(events, &plan, &mut |_: &str, _: i64| vec![note.clone()])
}

#[tokio::test]
async fn the_export_becomes_cases_that_decide_the_same() {
    for rules in ALL {
        let threads = 120;
        let built = cases_of(rules, threads).await;
        let told: Vec<Exchange> =
            (0..threads).map(|n| rules.told(1, n)).filter(|exchange| exchange.ruled.is_some()).collect();
        let cases: Vec<&Case> = built.cases.iter().chain(&built.exam).collect();
        let kept = |exchange: &&Exchange| {
            cases.iter().any(|case| {
                matches!(&case.example.call, Call::Reply { reply, .. } if *reply == exchange.reply)
                    && case.example.message == exchange.message
            })
        };
        let survived = told.iter().filter(kept).count();
        assert!(survived * 100 >= told.len() * 85, "{survived} of {}: {}", told.len(), built.report);
        assert_eq!(built.not_yet(), None);
    }
}
