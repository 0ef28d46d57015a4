//! How well the shipped adapter chooses tools: a measurement, beside the base model. All words are invented.

use std::path::Path;

use serde_json::Value;
use understudy::{
    domain::PersonId,
    mind::{Brain, Mind, Serving, Situation, StepMenu, Weights},
    people::People,
    tools::{Toolbox, schema},
};
use understudy_engine::EngineConfig;

const THINGS: [&str; 10] = [
    "the grey cupboard is for paint",
    "Otto prefers to be called before noon",
    "the spare key lies in drawer 4",
    "we pay Fennwick on the 12th",
    "the kiln must cool for 9 hours",
    "badge 317 is lost",
    "the new tiles come in two sizes",
    "nobody may use lift B on Sundays",
    "the van needs oil every 5,000 km",
    "Ruth has the list of guests",
];
const CHORES: [&str; 10] = [
    "calling the bank",
    "the roof check",
    "the tax letter",
    "water for the plants",
    "the pump test",
    "Ruth's birthday",
    "the lamp order",
    "the fire drill",
    "paying the band",
    "the second coat of paint",
];
const DAYS: [&str; 5] = ["tomorrow", "Friday", "12 March", "in 2 hours", "next Monday"];

/// A message, the tool it asks for, and what must stand in its arguments.
fn tasks() -> Vec<(String, &'static str, Vec<String>)> {
    let mut tasks = Vec::new();
    for (n, thing) in THINGS.iter().enumerate() {
        for message in [format!("Remember this: {thing}."), format!("Please keep in mind that {thing}.")] {
            tasks.push((message, "notes.remember", vec![(*thing).to_owned()]));
        }
        let (chore, day) = (CHORES[n], DAYS[n % DAYS.len()]);
        for message in
            [format!("Remind me of {chore} {day}."), format!("{day} I want to be reminded of {chore}")]
        {
            tasks.push((message, "remind.set", vec![chore.to_owned(), day.to_owned()]));
        }
        tasks.push((format!("Search the notes for {chore}."), "notes.search", vec![chore.to_owned()]));
        tasks.push((format!("Who looks after {chore}?"), "reply", Vec::new()));
    }
    tasks
}

/// `it hands::adapter --ignored --nocapture` prints the figures.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
async fn the_adapter_chooses_tools() {
    let models = crate::support::models();
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
    let people = People::read(&[&adapters]).unwrap();
    let person = people.get(&PersonId::new("demetrios").unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let serving = Serving::new(dir.path().to_owned(), people.starter().map(Path::to_owned));
    let starter = serving.of(person);
    let config = EngineConfig { threads: 2, memory_bytes: 1 << 30, context_tokens: 2048 };
    let (base, encoder) =
        (models.join("SmolLM2-135M-Instruct.Q4_1.gguf"), models.join("all-MiniLM-L6-v2.F16.gguf"));
    let brain = Brain::start(config, &base, &encoder, serving).await.unwrap();
    let tools = Toolbox::default().all();
    let lines: Vec<String> =
        tools.iter().map(|tool| schema::line(tool.name(), tool.schema(), tool.about())).collect();
    let named: Vec<_> = tools.iter().map(|tool| (tool.name(), tool.schema())).collect();
    let grammar = schema::grammar(&named);
    for weights in [starter, Weights::base()] {
        let (mut right_tool, mut right_words) = (0, 0);
        let tasks = tasks();
        for (message, wanted, words) in &tasks {
            let situation = Situation { person, weights: &weights, requester: "Alice", thread: &[], message };
            let menu = StepMenu { tools: &lines, grammar: &grammar };
            let text = brain.step(&situation, menu).await.unwrap().unwrap();
            let step: Value = serde_json::from_str(&text).unwrap_or_default();
            let chosen = step["tool"] == *wanted;
            let arguments = step["arguments"].to_string();
            let filled = chosen && words.iter().all(|word| arguments.contains(word.as_str()));
            right_tool += usize::from(chosen);
            right_words += usize::from(filled);
            if !filled {
                println!("  {message} -> {text}");
            }
        }
        println!(
            "{}: right tool {right_tool}, with the right words {right_words} of {}",
            weights.name,
            tasks.len()
        );
    }
}
