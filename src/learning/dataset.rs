//! Examples as rows of tokens: rendered by the prompts that serve, split by the vocabulary that serves.

use std::{collections::HashMap, io::Write as _, path::Path};

use anyhow::Context;
use understudy_engine::{Content, Model};
use understudy_trainer::pack::Row;

use super::{Call, Example, Note};
use crate::{
    domain::Verdict,
    mind::{Filled, NO, Prompts, YES},
};

/// A prompt, and the answer that the model should give to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// What the model is asked.
    pub prompt: Filled,
    /// What it should write.
    pub answer: String,
}

/// Renders an example. Without a model, four bytes count as a token.
#[must_use]
pub fn lesson(prompts: &Prompts, model: Option<&Model>, example: &Example) -> Lesson {
    let scene = example.scene();
    let (prompt, answer) = match &example.call {
        Call::Queries { queries } => {
            (prompts.queries(model, &scene), serde_json::json!({"queries": queries}).to_string())
        }
        Call::Reply { notes, reply } => (prompts.reply(model, &scene, &pairs(notes)).0, reply.clone()),
        Call::Rerank { note, answers } => {
            (prompts.rerank(model, &scene, note), if *answers { YES } else { NO }.to_owned())
        }
        Call::Verdict { notes, clause, verdict, quote, why } => {
            (prompts.verdict(model, &scene, &pairs(notes), clause), verdict_json(*verdict, quote, why))
        }
        Call::Step { tools, step } => (prompts.step(model, &scene, tools), step.clone()),
    };
    Lesson { prompt, answer }
}

fn pairs(notes: &[Note]) -> Vec<(&str, &str)> {
    notes.iter().map(|note| (note.title.as_str(), note.text.as_str())).collect()
}

/// `{"verdict":…,"quote":…,"why":…}` in this order, which the grammar of serving fixes too.
fn verdict_json(verdict: Verdict, quote: &str, why: &str) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let verdict = match verdict {
        Verdict::Ok => "ok",
        Verdict::Problem => "problem",
        Verdict::Unsure => "unsure",
    };
    format!("{{\"verdict\":\"{verdict}\",\"quote\":{},\"why\":{}}}", text(quote), text(why))
}

/// Splits a lesson into tokens, with the token that ends an answer.
///
/// # Errors
/// When the model has no chat template, or a token is negative.
pub fn row(model: &Model, lesson: &Lesson, group: u64) -> anyhow::Result<Row> {
    let prompt = lesson.prompt.render(model)?.tokens;
    let reply_from = prompt.len();
    let answer = model.tokenize(&lesson.answer, Content::Written);
    let tokens = prompt.into_iter().chain(answer).chain([model.end_token()]);
    let tokens = tokens.map(u32::try_from).collect::<Result<_, _>>().context("tokens are not negative")?;
    Ok(Row { group, tokens, reply_from })
}

/// Writes examples as a data file of the trainer; those of one scene and one call make a group.
///
/// # Errors
/// When the file can't be written.
pub fn write<'e>(
    path: &Path,
    prompts: &Prompts,
    model: &Model,
    scenes: impl IntoIterator<Item = &'e [Example]>,
) -> anyhow::Result<usize> {
    let file = std::fs::File::create(path).with_context(|| format!("create {}", path.display()))?;
    let mut file = std::io::BufWriter::new(file);
    let (mut group, mut written) = (0, 0);
    for scene in scenes {
        let mut groups = HashMap::new();
        for example in scene {
            let own = *groups.entry(std::mem::discriminant(&example.call)).or_insert_with(|| {
                group += 1;
                group
            });
            let row = row(model, &lesson(prompts, Some(model), example), own)?;
            serde_json::to_writer(&mut file, &row)?;
            file.write_all(b"\n").with_context(|| format!("write {}", path.display()))?;
            written += 1;
        }
    }
    file.flush().with_context(|| format!("write {}", path.display()))?;
    Ok(written)
}
