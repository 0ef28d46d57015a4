//! The whole way from events to a data set. People and words are invented.

use super::*;
use crate::learning::{ME, calendar::DAY_S};

const START: i64 = 1_767_225_600;

fn plan() -> Plan {
    Plan {
        cast: Cast { name: "Bob".into(), role: "Operations".into(), manner: "Short.".into() },
        names: Names::new(["Carol Jones".into()]),
        vetoes: BTreeSet::new(),
        decline_percent: 0,
        seed: 1,
    }
}

fn event(thread: &str, id: &str, author: &str, t: i64, text: &str) -> (SourceKind, Event) {
    let event = Event {
        id: id.into(),
        thread: thread.into(),
        t,
        author: author.into(),
        channel: "dm".into(),
        text: text.into(),
        ..Event::default()
    };
    (SourceKind::Slack, event)
}

/// A question and its answer, `day` days after the start.
fn exchange(day: i64, question: &str, reply: &str) -> Vec<(SourceKind, Event)> {
    let (thread, t) = (format!("t{day}"), START + day * DAY_S);
    vec![
        event(&thread, &format!("q{day}"), "Alice Ng", t, question),
        event(&thread, &format!("a{day}"), ME, t + 300, reply),
    ]
}

const THINGS: [&str; 10] =
    ["fair", "dinner", "printer", "rota", "visit", "stand", "contract", "workshop", "parcel", "newsletter"];

/// A hundred exchanges that differ.
fn many() -> Vec<(SourceKind, Event)> {
    let one = |day: i64| {
        let thing = THINGS[day as usize % 10];
        let word = format!("w{}x", "abcdefghij".chars().nth(day as usize / 10).unwrap());
        exchange(
            day,
            &format!("shall we go on with the {thing} of {word}?"),
            &format!("yes, the {thing} of {word} goes on"),
        )
    };
    (0..100).flat_map(one).collect()
}

fn reply_of(case: &Case) -> &str {
    match &case.example.call {
        Call::Reply { reply, .. } => reply,
        _ => "",
    }
}

#[test]
fn a_data_set_is_the_same_every_time_and_its_exam_is_the_newest() {
    let built = build(many(), &plan(), &mut |_: &str, _: i64| Vec::new());
    let mut shuffled = many();
    shuffled.reverse();
    assert_eq!(build(shuffled, &plan(), &mut |_: &str, _: i64| Vec::new()), built);
    assert_eq!((built.real, built.not_yet()), (100, None));
    assert!(
        built.cases.len() > 80 && built.exam.len() >= 9,
        "{} and {}",
        built.cases.len(),
        built.exam.len()
    );
    let newest = built.cases.iter().map(|case| case.t).max().unwrap();
    assert!(built.exam.iter().all(|case| case.t > newest && case.split == Split::Exam));
    let text = serde_json::to_string(&built.cases).unwrap() + &serde_json::to_string(&built.exam).unwrap();
    assert!(!text.contains("Alice") && !text.contains(ME), "others are masked");
}

#[test]
fn too_few_examples_say_what_would_help() {
    let few: Vec<_> = many().into_iter().take(20).collect();
    let built = build(few, &plan(), &mut |_: &str, _: i64| Vec::new());
    let text = built.not_yet().unwrap();
    assert!(
        text.starts_with("not yet: 25 are the least")
            && text.contains("10 examples")
            && text.contains("would help"),
        "{text}"
    );
}

#[test]
fn figures_stand_in_notes_or_the_reply_declines_or_goes() {
    let note =
        Note { title: "Dinner".into(), text: "The winter dinner costs 40 a head at Larkholt farm.".into() };
    let asked = || {
        let mut events = exchange(1, "what does the winter dinner cost?", "40 a head, at larkholt farm");
        events.extend(exchange(2, "what is the code of the gate?", "it is 7315 since monday"));
        events
    };
    let mut recall = |query: &str, _: i64| {
        if query.contains("dinner") || query.contains("larkholt") { vec![note.clone()] } else { Vec::new() }
    };
    let built = build(asked(), &plan(), &mut recall);
    assert_eq!(built.report.left_out_for(Reason::FiguresFromNowhere), 1);
    let every = build(asked(), &Plan { decline_percent: 100, ..plan() }, &mut recall);
    assert_eq!(every.report.left_out_for(Reason::FiguresFromNowhere), 0);
    let all: Vec<&Case> = every.cases.iter().chain(&every.exam).collect();
    assert!(all.iter().any(|case| reply_of(case) == NOT_IN_NOTES), "{all:?}");
    let queries: Vec<&Case> =
        all.iter().copied().filter(|case| matches!(case.example.call, Call::Queries { .. })).collect();
    assert_eq!(queries.len(), 1, "the note was found in hindsight");
    let dinner = all.iter().find(|case| reply_of(case).contains("a head")).unwrap();
    let Call::Reply { notes, reply } = &dinner.example.call else { panic!() };
    let price = reply.split(' ').next().unwrap();
    assert_ne!(price, "40", "the figure is made up anew");
    assert!(notes[0].text.contains(&format!("costs {price} a head")), "{notes:?} {reply}");
}

#[test]
fn a_sum_that_decides_stays_as_it_was_asked() {
    let note = Note { title: "Cake".into(), text: "The cake for the visit costs 85 EUR.".into() };
    let events = exchange(1, "can i order the cake for 85 EUR?", "yes, the cake for 85 EUR is fine");
    let built = build(events, &plan(), &mut |_: &str, _: i64| vec![note.clone()]);
    let case = built.cases.iter().chain(&built.exam).find(|case| !reply_of(case).is_empty()).unwrap();
    assert_eq!(case.example.message, "can i order the cake for 85 EUR?");
    assert_eq!(reply_of(case), "yes, the cake for 85 EUR is fine");
}

#[test]
fn a_veto_holds_when_the_data_set_is_made_anew() {
    let built = build(many(), &plan(), &mut |_: &str, _: i64| Vec::new());
    let id = built.cases[3].id.clone();
    let vetoes = BTreeSet::from([id.clone()]);
    let again = build(many(), &Plan { vetoes, ..plan() }, &mut |_: &str, _: i64| Vec::new());
    assert!(again.cases.iter().chain(&again.exam).all(|case| case.id != id));
    assert_eq!(again.report.left_out_for(Reason::Vetoed), 1);
}

#[test]
fn twins_are_removed_across_the_split() {
    let mut events = many();
    events.extend(exchange(500, "Shall we go on with the fair of wax?", "Yes, the fair of wax goes on!"));
    let built = build(events, &plan(), &mut |_: &str, _: i64| Vec::new());
    assert_eq!(built.report.left_out_for(Reason::Duplicate), 1);
    assert!(built.exam.iter().all(|case| case.t < START + 400 * DAY_S));
}

#[test]
fn sent_mail_without_a_question_is_played_back_and_never_examined() {
    let mut events = many();
    for day in 0..150_i64 {
        let words = format!(
            "the fair moves to hall b because the roof of hall a leaks, says report {day} of {}",
            THINGS[day as usize % 10]
        );
        let event = Event {
            id: format!("m{day}"),
            thread: format!("m{day}"),
            t: START + day * DAY_S,
            author: ME.into(),
            channel: "mail".into(),
            to: vec!["Carol Jones".into()],
            text: format!("Subject: News {day}\n\n{words} {}", "x".repeat(day as usize + 1)),
            ..Event::default()
        };
        events.push((SourceKind::Mail, event));
    }
    let built = build(events, &plan(), &mut |_: &str, _: i64| Vec::new());
    let synthetic = built.cases.iter().filter(|case| case.synthetic).count();
    assert!(synthetic > 0 && synthetic <= built.real, "{synthetic}");
    assert!(built.exam.iter().all(|case| !case.synthetic));
    assert!(built.cases.iter().all(|case| !case.synthetic || case.split == Split::Train));
    assert!(built.cases.iter().all(|case| !case.example.message.contains("Carol")));
}
