//! What the parts share in their tests, and the report as a whole. People, words and numbers are invented.

use sha2::Digest as _;

use super::*;
use crate::{
    domain::SourceKind,
    learning::{Call, Cast, Example, cases::Split},
    people::People,
};

/// A reply of Bob to Robin.
pub(super) fn case(n: i64, message: &str, reply: &str) -> Case {
    let cast = Cast { name: "Bob".into(), role: "Operations".into(), manner: "Short.".into() };
    let call = Call::Reply { notes: Vec::new(), reply: reply.into() };
    let (requester, message) = ("Robin".into(), message.into());
    Case {
        id: format!("c{n}"),
        thread: format!("t{n}"),
        t: n,
        split: Split::Train,
        source: SourceKind::Mail,
        synthetic: false,
        example: Example { cast, requester, thread: Vec::new(), message, call },
    }
}

pub(super) fn bob() -> Person {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("bob");
    std::fs::create_dir(&folder).unwrap();
    let text = "id = \"bob\"\nname = \"Bob\"\nhandle = \"bob-bot\"\nrole = \"Operations\"\nowner = \"bob\"\n";
    std::fs::write(folder.join("person.toml"), text).unwrap();
    People::read(&[dir.path()]).unwrap().everybody().first().unwrap().clone()
}

/// A report whose numbers nobody measured.
fn made_up() -> Report {
    serde_json::from_str(include_str!("made_up_numbers.json")).unwrap()
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let report = made_up();
    let again: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(report, again);
    assert_eq!(report.evaluation.arms.len(), 4);
}

#[test]
fn the_page_says_first_whether_the_adapter_may_serve_and_stands_alone() {
    let mut report = made_up();
    let page = html::of_person(&report).into_string();
    for words in [
        "<b>May serve: </b>on 74 sealed replies it predicts Bob's own words better than the starter does, by 0.214 bits \
         per character (0.151 to 0.282), and it still knows the job.",
        "74 replies from 41 threads that nothing was trained on",
        "Next step: hits@1 of 20",
        "Of the person's own sealed replies it recognises 68 of 74",
        "Right value in the reply",
        "Declines what no note has",
        "By thread and by time",
        "Settings and hashes",
        "base + few-shot",
        &report.evaluation.manifest.adapter_sha256,
    ] {
        assert!(page.contains(words), "`{words}` is missing in {page}");
    }
    for alien in ["<script", "http://", "https://", "src=", "href="] {
        assert!(!page.contains(alien), "the page needs nothing else, but has {alien}");
    }
    report.objections = vec!["it gives the right value in 80 %, and 85 % are the least".into()];
    let held = html::of_person(&report).into_string();
    assert!(held.contains(
        "<b>The starter goes on serving, </b>because the new adapter gives the right value in 80 %, and 85 % are the least."
    ));
    report.objections.push("there is no sealed exam to compare on: more of their words are needed".into());
    assert!(html::of_person(&report).into_string().contains("because of 2 things:"));
    if let Ok(dir) = std::env::var("UNDERSTUDY_SCREENSHOTS") {
        std::fs::write(Path::new(&dir).join("made-up-report.html"), page).unwrap();
        std::fs::write(Path::new(&dir).join("made-up-report-held.html"), held).unwrap();
    }
}

#[test]
fn a_report_without_an_exam_says_so() {
    let mut report = made_up();
    for results in report.evaluation.arms.values_mut() {
        (results.exam, results.next_step, results.spoken) = (None, None, None);
    }
    (report.evaluation.counts, report.evaluation.style) = (None, None);
    report.evidence.replies = 0;
    let page = html::of_person(&report).into_string();
    assert!(page.contains("There was no sealed exam") && !page.contains("NaN"), "{page}");
}

#[test]
fn the_page_of_the_starter_names_nobody() {
    let mut evaluation = made_up().evaluation;
    let job = |arm| evaluation.arms.get(&arm).and_then(|results: &Results| results.job.clone());
    let arms = [Arm::Base, Arm::Starter].into_iter().map(|arm| (arm, job(arm).unwrap())).collect();
    evaluation = of_starter(evaluation.manifest.clone(), arms, &[9001]);
    let page = html::of_starter(&evaluation).into_string();
    assert!(
        page.contains("Serves whoever has no adapter of their own: ")
            && page.contains("Right value in the reply")
    );
    assert!(!page.contains("Bob") && !page.contains("What the gate asks"), "{page}");
}

#[test]
fn arms_are_compared_over_the_same_replies() {
    let costs = |nats: f64| -> Vec<Cost> {
        (0..40)
            .map(|n| Cost { thread: format!("t{}", n / 2), nats: nats + f64::from(n % 5), chars: 40 })
            .collect()
    };
    let costs = BTreeMap::from([(Arm::Starter, costs(40.0)), (Arm::Person, costs(30.0))]);
    let mut arms = BTreeMap::from([(Arm::Starter, Results::default()), (Arm::Person, Results::default())]);
    compare(&mut arms, &costs);
    let of = |arm: Arm| arms[&arm].exam.clone().unwrap();
    assert_eq!((of(Arm::Person).replies, of(Arm::Person).threads), (40, 20));
    assert_eq!(of(Arm::Starter).less_starter, None);
    let less = of(Arm::Person).less_starter.unwrap();
    assert!((less.mean + 10.0 / std::f64::consts::LN_2 / 40.0).abs() < 1e-9 && less.high < 0.0, "{less:?}");
    let own = of(Arm::Person).bits_per_char;
    assert!(own.low < own.mean && own.mean < own.high, "{own:?}");
    assert_eq!(evidence(&arms, &costs, None).replies, 40);
    let mut bare = BTreeMap::from([(Arm::Starter, Results::default())]);
    compare(&mut bare, &BTreeMap::from([(Arm::Starter, Vec::new())]));
    assert_eq!(bare[&Arm::Starter].exam, None);
}

#[test]
fn what_was_forgotten_is_counted_question_by_question() {
    let judged = |answerable: bool, right: bool| Judged {
        company: 1,
        kind: crate::learning::corpus::Kind::Plain,
        seen: true,
        message: String::new(),
        values: Vec::new(),
        answerable,
        queries: vec!["fair".into()],
        found: true,
        read: Vec::new(),
        reply: String::new(),
        declined: answerable != right,
        right,
    };
    let before: Vec<Judged> = (0..20).map(|n| judged(n % 5 > 0, true)).collect();
    let own: Vec<Judged> = (0..20).map(|n| judged(n % 5 > 0, n % 2 > 0)).collect();
    let changes = forgotten(&own, &before);
    let of = |measure: &str| changes.iter().find(|change| change.measure == measure).unwrap();
    assert_eq!((of("Right value").questions, of("Declines what no note has").questions), (16, 4));
    assert!((of("Right value").less_starter.mean + 0.5).abs() < 1e-9);
    assert!(of("Usable queries").less_starter.mean.abs() < 1e-9);
}

#[test]
fn the_newest_page_is_the_one_that_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (mut person, adapters) = (bob(), dir.path().join("adapters/bob"));
    assert_eq!(page_of(&person, &adapters), None);
    let shipped = dir.path().join("people/bob");
    std::fs::create_dir_all(&shipped).unwrap();
    std::fs::write(shipped.join("report.html"), "shipped").unwrap();
    person.adapter = Some(shipped.join("adapter.gguf"));
    assert_eq!(page_of(&person, &adapters).as_deref(), Some("shipped"));
    let candidate = adapters.join("candidate/adapter.gguf");
    std::fs::create_dir_all(candidate.parent().unwrap()).unwrap();
    std::fs::write(&candidate, "adapter").unwrap();
    write_beside(&made_up(), &candidate).unwrap();
    assert!(page_of(&person, &adapters).unwrap().contains("Bob's adapter"));
    let sha256 = hex::encode(sha2::Sha256::digest("adapter"));
    Serving::new(dir.path().join("adapters"), None).promote(&person.id, &candidate, &sha256).unwrap();
    remove_beside(&candidate);
    assert!(
        page_of(&person, &adapters).unwrap().contains("Bob's adapter"),
        "it was promoted with its report"
    );
}
