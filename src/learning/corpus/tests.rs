use std::collections::BTreeSet;

use super::{
    attributes, company,
    fact::{Fact, own_slots, slot_names},
    free, held_out,
    rehearsal::{Rehearsal, rehearsals},
    starter,
    subjects::CLASSES,
};
use crate::{
    domain::Verdict,
    learning::example::{Call, Example, Note},
};

const SEED: u64 = 11;
const SCENES: usize = 400;

fn examples() -> Vec<Example> {
    starter(SEED, SCENES).into_iter().flat_map(|scene| scene.examples).collect()
}

fn lesson_facts() -> Vec<&'static Fact> {
    let attributes = attributes::TABLES.iter().flat_map(|table| table.iter());
    let topics = free::TOPICS.iter().flat_map(|table| table.iter()).flat_map(|topic| topic.facts);
    let odds = free::ODDS.iter().flat_map(|table| table.iter());
    attributes.chain(topics).chain(odds).collect()
}

fn held_out_facts() -> Vec<&'static Fact> {
    let attributes = held_out::TABLES.iter().flat_map(|table| table.iter());
    let topics = held_out::SHELF.topics.iter().flat_map(|table| table.iter()).flat_map(|topic| topic.facts);
    let odds = held_out::SHELF.odds.iter().flat_map(|table| table.iter());
    attributes.chain(topics).chain(odds).collect()
}

fn texts(example: &Example) -> Vec<String> {
    let mut texts: Vec<String> = example.thread.iter().map(|(_, what)| what.clone()).collect();
    texts.push(example.message.clone());
    match &example.call {
        Call::Queries { queries } => texts.extend(queries.iter().cloned()),
        Call::Reply { notes, reply } => {
            texts.extend(notes.iter().flat_map(|note| [note.title.clone(), note.text.clone()]));
            texts.push(reply.clone());
        }
        Call::Rerank { note, .. } => texts.push(note.clone()),
        Call::Verdict { notes, clause, quote, why, .. } => {
            texts.extend(notes.iter().flat_map(|note| [note.title.clone(), note.text.clone()]));
            texts.extend([clause.clone(), quote.clone(), why.clone()]);
        }
        Call::Step { tools, step } => {
            texts.extend(tools.iter().cloned());
            texts.push(step.clone());
        }
    }
    texts
}

/// The numbers in brackets, in the order of the text.
fn cites(reply: &str) -> Vec<usize> {
    reply.split('[').skip(1).filter_map(|part| part.split(']').next()?.parse().ok()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_more_scenes_change_no_earlier_one() {
    let few = serde_json::to_string(&starter_examples(7, 20)).unwrap();
    let many = starter_examples(7, 40);
    assert_eq!(few, serde_json::to_string(&many[..20]).unwrap());
    assert_ne!(few, serde_json::to_string(&starter_examples(8, 20)).unwrap());
    assert_eq!(company(3), company(3));
    assert_ne!(company(3), company(4));
}

fn starter_examples(seed: u64, scenes: usize) -> Vec<Vec<Example>> {
    starter(seed, scenes).into_iter().map(|scene| scene.examples).collect()
}

#[test]
fn the_notes_of_a_scene_are_the_same_in_all_its_replies() {
    for scene in starter(SEED, SCENES) {
        let notes: Vec<_> = scene
            .examples
            .iter()
            .filter_map(|example| match &example.call {
                Call::Reply { notes, .. } | Call::Verdict { notes, .. } => Some((&example.cast, notes)),
                _ => None,
            })
            .collect();
        assert!(notes.windows(2).all(|pair| pair[0] == pair[1]));
        assert!((2..=14).contains(&scene.examples.len()), "{} examples", scene.examples.len());
    }
}

#[test]
fn every_wording_of_a_fact_has_the_values_that_its_answers_need() {
    for fact in lesson_facts().into_iter().chain(held_out_facts()) {
        let key = fact.key;
        for table in [fact.note, fact.line, fact.ask, fact.loose, fact.answer, fact.short, fact.query] {
            assert!(!table.is_empty(), "{key} lacks a table");
        }
        let given: Vec<BTreeSet<String>> =
            fact.note.iter().chain(fact.line).map(|note| own_slots(note).into_iter().collect()).collect();
        let used = [fact.ask, fact.loose, fact.follow, fact.answer, fact.short, fact.query, fact.check];
        for template in used.into_iter().flatten() {
            for slot in own_slots(template) {
                assert!(given.iter().all(|note| note.contains(&slot)), "{key}: {slot} of {template}");
            }
        }
        for note in fact.note {
            assert!(note.ends_with('.'), "{note}");
        }
        for ask in fact.ask.iter().chain(fact.loose).chain(fact.follow).chain(fact.check) {
            assert!(ask.ends_with('?'), "{ask}");
        }
        for answer in fact.answer.iter().chain(fact.short) {
            assert!(!answer.ends_with('.'), "{answer}");
            assert!(!own_slots(answer).is_empty() || key == "Contact", "{answer} says nothing");
        }
        for query in fact.query {
            assert!(query.split(' ').count() <= 9, "{query}");
        }
        if !fact.fits.is_empty() {
            for text in fact.ask.iter().chain(fact.loose).chain(fact.query) {
                assert!(
                    slot_names(text).iter().any(|slot| matches!(slot.as_str(), "s" | "S" | "n")),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_reply_copies_its_values_from_the_notes_it_cites() {
    let mut cited = 0;
    for example in examples() {
        let Call::Reply { notes, reply } = &example.call else { continue };
        let numbers = cites(reply);
        assert!(numbers.iter().all(|n| (1..=notes.len()).contains(n)), "{reply}");
        let texts: Vec<String> =
            numbers.iter().map(|n| format!("{}\n{}", notes[n - 1].title, notes[n - 1].text)).collect();
        if texts.is_empty() {
            continue;
        }
        cited += 1;
        // Figures, codes and capitalised names inside a sentence stand in a cited note, byte for byte.
        for word in reply.split_whitespace().skip(1) {
            let word = word.trim_matches(|c: char| matches!(c, ',' | '.' | ':' | '"' | ';' | '[' | ']'));
            let word = word.trim_end_matches("'s");
            let figure = word.chars().any(|c| c.is_ascii_digit());
            let code = word.chars().filter(|c| c.is_uppercase()).count() > 1;
            if (figure && !numbers.iter().any(|n| n.to_string() == word)) || code {
                assert!(
                    texts.iter().any(|text| text.contains(word)),
                    "{word} of {reply} is not in {texts:?}"
                );
            }
        }
        let ends_well = reply.ends_with("].") || reply.ends_with(']') || reply.contains("not in my notes");
        assert!(ends_well, "{reply}");
    }
    assert!(cited > SCENES);
}

#[test]
fn an_answerable_question_brings_every_value_of_its_fact() {
    // What the judge expects is in the notes that it names.
    for seed in 0..12 {
        let company = company(seed);
        let sources: BTreeSet<&str> = company.files.iter().map(|file| file.source.as_str()).collect();
        assert_eq!(sources.len(), company.files.len(), "two notes at one place");
        assert!((35..=60).contains(&company.files.len()), "{} notes", company.files.len());
        for question in &company.questions {
            assert_eq!(question.answerable, !question.values.is_empty());
            assert_eq!(question.answerable, !question.gold.is_empty());
            let gold: Vec<_> =
                company.files.iter().filter(|file| question.gold.contains(&file.source)).collect();
            for value in &question.values {
                assert!(
                    gold.iter().any(|file| file.text.contains(value.split(' ').next().unwrap())),
                    "{question:?}"
                );
                assert!(!question.message.contains(value.as_str()), "{question:?}");
            }
        }
    }
}

#[test]
fn refusals_say_so_and_are_a_sixth_of_the_replies() {
    let (mut replies, mut refusals) = (0usize, 0usize);
    for example in examples() {
        let Call::Reply { notes, reply } = &example.call else { continue };
        replies += 1;
        let refused = reply.to_lowercase().contains("not in my notes");
        refusals += usize::from(refused);
        if notes.is_empty() {
            assert!(cites(reply).is_empty(), "{reply}");
        }
    }
    let share = refusals as f64 / replies as f64;
    assert!((0.15..=0.20).contains(&share), "{share}");
}

#[test]
fn calls_come_in_their_shares() {
    let mut counts = [0usize; 5];
    let all = examples();
    for example in &all {
        counts[match example.call {
            Call::Reply { .. } => 0,
            Call::Queries { .. } => 1,
            Call::Verdict { .. } => 2,
            Call::Step { .. } => 3,
            Call::Rerank { .. } => 4,
        }] += 1;
    }
    let share = |n: usize| n as f64 / all.len() as f64;
    assert!((0.62..=0.72).contains(&share(counts[0])), "{counts:?}");
    assert!((0.20..=0.30).contains(&share(counts[1])), "{counts:?}");
    assert!((0.04..=0.09).contains(&share(counts[2])), "{counts:?}");
    assert!((0.04..=0.09).contains(&share(counts[3])), "{counts:?}");
}

#[test]
fn quotes_stand_in_their_clause_byte_for_byte() {
    let mut seen = [0usize; 3];
    for example in examples() {
        let Call::Verdict { notes, clause, verdict, quote, why } = &example.call else { continue };
        assert!(clause.contains(quote.as_str()), "{quote} of {clause}");
        assert_eq!(quote.is_empty(), *verdict == Verdict::Ok);
        assert!(cites(why).iter().all(|n| (1..=notes.len()).contains(n)), "{why}");
        assert_eq!(cites(why).is_empty(), *verdict == Verdict::Unsure, "{why}");
        seen[*verdict as usize] += 1;
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}

#[test]
fn queries_and_steps_are_compact_json() {
    let (mut plain, mut steps) = (0usize, 0usize);
    for example in examples() {
        match &example.call {
            Call::Queries { queries } => {
                assert!((1..=4).contains(&queries.len()), "{queries:?}");
                for query in queries {
                    // What the grammar of the turn lets through.
                    assert!((2..=80).contains(&query.chars().count()), "{query}");
                    assert!(!query.contains(['"', '\\', '\n', '{', '}']), "{query}");
                }
            }
            Call::Step { tools, step } => {
                steps += 1;
                let parsed: serde_json::Value = serde_json::from_str(step).unwrap();
                let name = parsed["tool"].as_str().unwrap();
                if name == "reply" {
                    plain += 1;
                    assert_eq!(step, "{\"tool\":\"reply\"}");
                    continue;
                }
                let line = tools.iter().find(|line| line.starts_with(&format!("{name}("))).unwrap();
                for (argument, value) in parsed["arguments"].as_object().unwrap() {
                    assert!(line.contains(argument.as_str()));
                    assert!(
                        example.message.contains(value.as_str().unwrap()),
                        "{value} of {}",
                        example.message
                    );
                }
                assert!(!step.contains("\": ") && !step.contains(", \""), "{step}");
            }
            _ => {}
        }
    }
    assert!((0.3..=0.5).contains(&(plain as f64 / steps as f64)));
}

#[test]
fn texts_are_clean() {
    let companies = (0..6).flat_map(|seed| {
        let company = company(seed);
        let files = company.files.into_iter().map(|file| file.text);
        files.chain(company.questions.into_iter().map(|question| question.message)).collect::<Vec<_>>()
    });
    for text in examples().iter().flat_map(texts).chain(companies) {
        assert!(!text.contains("  "), "double space: {text}");
        assert!(
            !text.contains(['{', '}', '<', '>', '|'])
                || text.starts_with("{\"tool\"")
                || text.contains(" > "),
            "{text}"
        );
        assert!(!text.contains(['\u{2014}', '\u{2013}']), "dash: {text}");
        assert!(text.is_ascii(), "{text}");
        for bad in [
            " a an ",
            " an a ",
            " the the ",
            " the a ",
            " a the ",
            "..",
            " ,",
            " .",
            "?.",
            "the an ",
            " a a ",
            "Certainly",
        ] {
            assert!(!text.contains(bad), "{bad:?}: {text}");
        }
        for vowel in ["a", "e", "i", "o"] {
            assert!(!text.contains(&format!(" a {vowel}")), "{text}");
        }
    }
}

#[test]
fn sentences_begin_as_the_manner_asks() {
    for example in examples() {
        let Call::Reply { reply, .. } = &example.call else { continue };
        if reply.ends_with('.') && !reply.ends_with("].") {
            continue;
        }
        let lower = example.cast.manner.starts_with(|c: char| c.is_lowercase());
        if !lower {
            let first = reply.chars().next().unwrap();
            assert!(first.is_uppercase() || first.is_ascii_digit() || first == '"', "{reply}");
            assert!(reply.ends_with(['.', '?']), "{reply}");
        } else {
            assert!(!reply.ends_with('.'), "{reply}");
        }
    }
}

#[test]
fn a_company_asks_in_the_promised_mixture() {
    let questions: Vec<_> = (100..108).flat_map(|seed| company(seed).questions).collect();
    let share = |pick: &dyn Fn(&super::Question) -> bool| {
        questions.iter().filter(|question| pick(question)).count() as f64 / questions.len() as f64
    };
    assert!(questions.len() >= 400);
    assert!((0.45..=0.55).contains(&share(&|q| q.seen)));
    assert!((0.12..=0.18).contains(&share(&|q| !q.answerable)));
    let hard = share(&|q| q.kind != super::Kind::Plain);
    assert!((0.34..=0.48).contains(&hard), "{hard}");
    assert!(share(&|q| q.kind == super::Kind::FollowUp) > 0.08);
    assert!(share(&|q| q.kind == super::Kind::TwoNotes) > 0.06);
}

#[test]
fn lessons_never_show_what_was_held_out() {
    let words = |facts: Vec<&'static Fact>| -> BTreeSet<&'static str> {
        let tables =
            |fact: &'static Fact| [fact.note, fact.line, fact.ask, fact.loose, fact.answer, fact.query];
        facts.into_iter().flat_map(tables).flatten().copied().collect()
    };
    assert!(words(lesson_facts()).is_disjoint(&words(held_out_facts())));
    let keys: BTreeSet<&str> = lesson_facts().iter().map(|fact| fact.key).collect();
    assert!(held_out_facts().iter().all(|fact| !keys.contains(fact.key)));
    let heads: BTreeSet<&str> = CLASSES.iter().flat_map(|class| class.heads).copied().collect();
    let held: Vec<&str> = held_out::CLASSES.iter().flat_map(|class| class.heads).copied().collect();
    assert!(held.iter().all(|head| !heads.contains(head)));
    let titles: BTreeSet<&str> =
        free::TOPICS.iter().flat_map(|table| table.iter()).map(|topic| topic.title).collect();
    assert!(
        held_out::SHELF
            .topics
            .iter()
            .flat_map(|table| table.iter())
            .all(|topic| !titles.contains(topic.title))
    );
    let shown: String = examples().iter().flat_map(texts).collect::<Vec<_>>().join("\n");
    for head in held {
        assert!(!shown.contains(&format!(" {head} ")), "{head} stands in a lesson");
    }
}

#[test]
fn there_is_enough_to_choose_from() {
    let subjects: usize = CLASSES.iter().map(|class| class.heads.len()).sum();
    let attributes: usize = attributes::TABLES.iter().map(|table| table.len()).sum();
    let free = lesson_facts().len() - attributes;
    assert!(subjects >= 120 && attributes >= 60 && free >= 150, "{subjects} {attributes} {free}");
    for class in CLASSES {
        assert!(attributes::of_class(class.letter).len() >= 8, "{}", class.letter);
    }
}

#[test]
fn a_rehearsal_copies_what_the_search_shows_and_declines_what_it_does_not() {
    let (files, questions) = rehearsals(SEED, 3, 120);
    assert_eq!(questions.len(), 120);
    assert!(files.len() >= 20);
    let all: Vec<Note> =
        files.iter().map(|file| Note { title: file.title.clone(), text: file.text.clone() }).collect();
    let reply = |question: &Rehearsal, notes: &[Note]| {
        let lesson = question.clone().lesson(notes.to_vec())?;
        let Call::Reply { reply, .. } = lesson.call else { panic!("a rehearsal is a reply") };
        Some(reply)
    };
    let refuses = |reply: &str| reply.to_lowercase().starts_with("that's not in my notes");
    let (mut copied, mut declined) = (0, 0);
    for question in &questions {
        let (with, without) = (reply(question, &all).unwrap(), reply(question, &[]).unwrap());
        declined += usize::from(refuses(&with));
        if with == without {
            continue;
        }
        copied += 1;
        assert!(refuses(&without), "{without}");
        let cited: Vec<usize> = cites(&with);
        assert!(!cited.is_empty() && cited.iter().all(|n| (1..=all.len()).contains(n)), "{with}");
    }
    assert!(copied >= 70 && (8..=32).contains(&declined), "{copied} copied, {declined} declined");
}
