//! A mind for tests of the plumbing: it repeats what it was given, at once, or slowly when it is asked to.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::{BrainError, Draft, DraftSink, Mind, Situation, StepMenu, Weights};
use crate::{domain::Passage, memory::Embed, people::Person};

/// Numbers in a scripted embedding.
const DIMENSIONS: usize = 32;
/// Whatever begins with this word takes its time, so that a test can get between two steps of a turn.
const SLOWLY: &str = "slowly";
/// Whoever writes this means a tool.
const USE: &str = "use ";
/// What a verdict is to be, see [`Mind::verdict`].
const JUDGE: &str = "judge ";
/// How long each step of that takes.
const PAUSE: Duration = Duration::from_secs(1);

/// Echoes the message and cites the first passage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scripted;

#[async_trait]
impl Mind for Scripted {
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError> {
        think(situation.message).await;
        Ok(vec![situation.message.chars().take(80).collect()])
    }

    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        _again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<Draft, BrainError> {
        think(situation.message).await;
        let cite = passages.first().map_or(String::new(), |passage| format!(" [{}]", passage.n));
        let text = format!("You wrote: {}{cite}", situation.message);
        sink(&text);
        Ok(Draft { text, shown: passages.len() })
    }

    async fn step(&self, situation: &Situation<'_>, _: StepMenu<'_>) -> Result<Option<String>, BrainError> {
        think(situation.message).await;
        // `use TOOL {"argument":"value"}`, once for each line of the message that says so.
        let lines = situation.message.lines().filter_map(|line| line.split_once(USE)).map(|(_, call)| call);
        let used = situation.thread.iter().filter(|(_, said)| said.starts_with("I have used")).count();
        let call = lines.filter_map(|call| call.split_once(' ')).nth(used);
        Ok(call.map(|(tool, arguments)| format!("{{\"tool\":\"{tool}\",\"arguments\":{arguments}}}")))
    }

    async fn verdict(
        &self,
        situation: &Situation<'_>,
        rules: &[Passage],
        clause: &str,
    ) -> Result<Option<String>, BrainError> {
        think(situation.message).await;
        // `judge WORDS -> RULE`, a line each: a clause with these words breaks the rule with those, if it was found;
        // without a rule, nobody can tell. Whatever no line speaks of is fine by the first rule.
        let lines = situation.message.lines().filter_map(|line| line.strip_prefix(JUDGE)?.split_once("->"));
        let found =
            lines.map(|(words, rule)| (words.trim(), rule.trim())).find(|(words, _)| clause.contains(words));
        let broken =
            |rule: &str| rules.iter().position(|passage| !rule.is_empty() && passage.text.contains(rule));
        let said = match found {
            None => json!({"verdict": "ok", "quote": "", "why": "It fits [1]."}),
            Some((words, rule)) => match broken(rule) {
                Some(at) => {
                    json!({"verdict": "problem", "quote": words, "why": format!("It breaks the rule [{}].", at + 1)})
                }
                None => json!({"verdict": "unsure", "quote": words, "why": "No rule is about it."}),
            },
        };
        Ok(Some(said.to_string()))
    }

    fn weights(&self, _person: &Person) -> Weights {
        Weights { adapter: None, name: "scripted".to_owned() }
    }
}

#[async_trait]
impl Embed for Scripted {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        think(texts.first().map_or("", String::as_str)).await;
        Ok(texts.iter().map(|text| letters(text)).collect())
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn name(&self) -> &str {
        "scripted"
    }
}

async fn think(text: &str) {
    if text.starts_with(SLOWLY) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Counts of bytes by their value modulo the dimensions, normalised: the same text gives the same vector.
fn letters(text: &str) -> Vec<f32> {
    let mut row = vec![0.01_f32; DIMENSIONS];
    for byte in text.bytes() {
        if let Some(count) = row.get_mut(usize::from(byte) % DIMENSIONS) {
            *count += 1.0;
        }
    }
    let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    row.iter_mut().for_each(|x| *x /= length);
    row
}
