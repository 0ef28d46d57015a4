//! `understudy eval review`: whether the clauses of an invented contract are judged as their rules do.
//!
//! Eudora's rules stand in her notes, and five clauses of the contract break them; three are about what no rule says.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use understudy_ears::Section;

use crate::{
    app::{engine_config, model_path, serving},
    config::Config,
    domain::{Audience, Integrity, Judged, PersonId, ReaderId, Readers, Verdict},
    memory::{self, Folder, sync_folder},
    mind::{Brain, Situation, Weights},
    people::{People, Person},
    store::now,
    turn::{answer::Means, review},
};

const CONTRACT: &str = include_str!("../learning/demo/eudora/contract.md");
const EXPECTED: &str = include_str!("../learning/demo/eudora/contract.toml");
/// Whose rules they are.
const WHOSE: &str = "eudora";
const ASKED: &str = "Is this compliant with our rules?";

#[derive(Deserialize)]
struct Expected {
    problem: Vec<Broken>,
    unclear: Vec<Unclear>,
}

#[derive(Deserialize)]
struct Broken {
    clause: String,
    rule: String,
}

#[derive(Deserialize)]
struct Unclear {
    clause: String,
}

/// What one arm made of the contract; counts are `[right, of how many]`.
#[derive(Debug, Default, Serialize)]
struct Marks {
    /// Planted problems that were called problems.
    problems: [usize; 2],
    /// Those with the rule that they break.
    with_their_rule: [usize; 2],
    /// Clauses without a problem that were called one.
    false_alarms: [usize; 2],
    /// Clauses that no rule is about and that were called unclear.
    unclear: [usize; 2],
    /// Clauses that were called fine and are.
    fine: [usize; 2],
    /// Seconds for the whole contract.
    took_s: f64,
}

pub(super) async fn run(config: &Config, transcript: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let people = People::read(&[&config.people])?;
    let person = people.find(&PersonId::new(WHOSE)?)?;
    let (base, encoder) = (model_path(config, &config.base)?, model_path(config, &config.embedding)?);
    let brain = Brain::start(engine_config(config), &base, &encoder, serving(config, &people)).await?;
    let expected: Expected = toml::from_str(EXPECTED).context("read what is planted in the contract")?;
    let mut arms = vec![Weights::base()];
    let own = serving(config, &people).of(person);
    arms.extend(
        people
            .starter()
            .map(|starter| Weights { adapter: Some(starter.to_owned()), name: "starter".to_owned() }),
    );
    if arms.iter().all(|arm| arm.adapter != own.adapter) {
        arms.push(own);
    }
    let (mut results, mut lines) = (serde_json::Map::new(), String::new());
    for weights in arms {
        let started = Instant::now();
        let judged = judged(config, &brain, person, &weights).await?;
        let mut marks = marked(&judged, &expected);
        marks.took_s = started.elapsed().as_secs_f64();
        for judged in &judged {
            lines.push_str(&format!("{}\n", json!({"arm": weights.name, "judged": judged})));
        }
        results.insert(weights.name.clone(), serde_json::to_value(&marks)?);
    }
    if let Some(path) = &transcript {
        std::fs::write(path, lines).with_context(|| format!("write {}", path.display()))?;
    }
    println!("{}", serde_json::to_string_pretty(&json!({"review": results}))?);
    Ok(ExitCode::SUCCESS)
}

async fn judged(
    config: &Config,
    brain: &Brain,
    person: &Person,
    weights: &Weights,
) -> anyhow::Result<Vec<Judged>> {
    // Her notes alone, whatever is installed here.
    let dir = config.data.join("tmp/eval-review");
    std::fs::remove_dir_all(&dir).ok();
    let notes = memory::edge::open(&dir, memory::Embed::dimensions(brain)).await?;
    for path in &person.note_folders {
        let folder = Folder {
            person: person.id.clone(),
            path: path.clone(),
            readers: Readers::Everyone,
            integrity: Integrity::Internal,
        };
        sync_folder(&*notes, brain, &folder, &|_| {}).await?;
    }
    let audience = Audience::only(ReaderId::new("alice")?);
    let situation = Situation { person, weights, requester: "Alice", thread: &[], message: ASKED };
    let means = Means { mind: brain, embed: brain, notes: &*notes, papers: &[] };
    let sections = [Section { place: String::new(), text: CONTRACT.to_owned(), is_markdown: true }];
    let judged = review::judge_all(means, &situation, &sections, &audience, now()).await;
    drop(notes);
    std::fs::remove_dir_all(&dir).ok();
    judged
}

fn marked(judged: &[Judged], expected: &Expected) -> Marks {
    let mut marks = Marks::default();
    let count = |share: &mut [usize; 2], right: bool| {
        let [hits, all] = share;
        *hits += usize::from(right);
        *all += 1;
    };
    for Judged { clause, finding, .. } in judged {
        let label = clause.label.trim_start_matches("clause ");
        let is_problem = finding.mark == Verdict::Problem;
        if let Some(broken) = expected.problem.iter().find(|broken| broken.clause == label) {
            count(&mut marks.problems, is_problem);
            let cited = finding.rule.as_ref().is_some_and(|rule| rule.source.ends_with(&broken.rule));
            count(&mut marks.with_their_rule, is_problem && cited);
            continue;
        }
        count(&mut marks.false_alarms, is_problem);
        if expected.unclear.iter().any(|unclear| unclear.clause == label) {
            count(&mut marks.unclear, finding.mark == Verdict::Unsure);
        } else {
            count(&mut marks.fine, finding.mark == Verdict::Ok);
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_holds_what_is_planted_in_it() {
        let expected: Expected = toml::from_str(EXPECTED).unwrap();
        let marks = marked(&[], &expected);
        assert_eq!(marks.problems, [0, 0]);
        assert_eq!((expected.problem.len(), expected.unclear.len()), (5, 3));
        for clause in
            expected.problem.iter().map(|b| &b.clause).chain(expected.unclear.iter().map(|u| &u.clause))
        {
            assert!(CONTRACT.contains(&format!("\n{clause} ")), "{clause}");
        }
    }
}
