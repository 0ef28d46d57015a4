//! One whole turn with the two real models and the demo notes, through the binary a user starts.

use crate::support::Site;

#[test]
fn a_fresh_installation_answers_with_queries_passages_and_timings() {
    let models = crate::support::models();
    let site = Site::new();
    let output = site
        .command()
        .args(["ask", "-p", "demetrios", "--from", "alice", "--json", "When is the winter dinner?"])
        .env("UNDERSTUDY_MIND", "model")
        .env("UNDERSTUDY_MODELS", models)
        .env("UNDERSTUDY_PEOPLE", concat!(env!("CARGO_MANIFEST_DIR"), "/adapters"))
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success());
    let turn: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
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
