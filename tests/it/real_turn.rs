//! One whole turn with the two real models and the demo notes, through the binary a user starts.

use crate::support::Site;

fn ask(site: &Site, models: &std::path::Path, question: &str) -> serde_json::Value {
    let output = site
        .command()
        .args(["ask", "-p", "demetrios", "--from", "alice", "--json", question])
        .env("UNDERSTUDY_MIND", "model")
        .env("UNDERSTUDY_MODELS", models)
        .env("UNDERSTUDY_PEOPLE", concat!(env!("CARGO_MANIFEST_DIR"), "/adapters"))
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_fresh_installation_answers_with_queries_passages_and_timings() {
    let models = crate::support::models();
    let site = Site::new();
    let turn = ask(&site, &models, "When is the winter dinner?");
    assert_eq!(turn["person"], "demetrios");
    assert!((1..=4).contains(&turn["queries"].as_array().unwrap().len()), "{turn}");
    let sources: Vec<&str> =
        turn["passages"].as_array().unwrap().iter().map(|p| p["source"].as_str().unwrap()).collect();
    assert!(sources.contains(&"events/winter-dinner-2026.md"), "{sources:?}");
    assert!(!turn["reply"].as_str().unwrap().is_empty());
    for step in ["identify", "ask", "recall", "draft", "manners"] {
        assert!(turn["timings_ms"][step].as_f64().unwrap() >= 0.0, "{step}");
    }
}

/// What the model is shown holds the answer, for some of the demo questions.
///
/// Whether it then reads it right is the adapter's matter, and `understudy eval` measures that.
#[test]
fn the_demo_answers_stand_in_what_the_model_reads() {
    let models = crate::support::models();
    let site = Site::new();
    let asked = [
        ("How long do I have to hand in an expense claim?", "30 days"),
        ("What may a hotel in Quennelby cost during the fair week?", "175 EUR"),
        ("How many leave days can I carry over, and until when?", "31 March"),
        ("On which days may I bring my dog?", "Tuesdays and Thursdays"),
        ("What does a drawn parking space cost?", "25 EUR"),
        ("Which stand do we have at the Autumn Lamp Fair 2026?", "B27"),
        ("Where is the main stopcock?", "grey panel"),
    ];
    for (question, value) in asked {
        let turn = ask(&site, &models, question);
        let read: Vec<&str> =
            turn["passages"].as_array().unwrap().iter().filter_map(|p| p["read"].as_str()).collect();
        assert!(read.iter().any(|text| text.contains(value)), "{question}: {read:?}");
        let size: usize = read.iter().map(|text| text.chars().count()).sum();
        assert!(size <= 320, "{question}: {size} characters");
    }
}
