//! Whole turns.

use std::time::Instant;

use serde_json::{Value, json};

use super::{median, resident_mb};
use crate::{
    app::App,
    config::{Config, MindKind},
    domain::{PersonId, ReaderId},
    ops::{self, Ask, Request},
};

/// Asks demo questions one after the other and takes the journal's own timings.
pub(super) async fn run(mut config: Config, person: PersonId, turns: usize) -> anyhow::Result<Value> {
    const QUESTIONS: [&str; 4] = [
        "When is the winter dinner?",
        "Who approves an order of 12,000 EUR?",
        "How many seats does the Shade room have?",
        "By when must we give notice on the cleaning contract?",
    ];
    let scratch = std::env::current_dir()?.join(format!("bench-turn-{}", std::process::id()));
    // Found before the data directory changes, because models may lie below it.
    config.models = config.models_dir().to_string_lossy().into_owned();
    config.data.clone_from(&scratch);
    let scripted = config.mind == MindKind::Scripted;
    let started = Instant::now();
    let app = App::open(config).await?;
    app.start_work().await?;
    let ready = started.elapsed();
    let idle_mb = resident_mb();
    app.adopt_folders().await?;
    for folder in app.store.folders().await? {
        app.sync(&folder).await?;
    }
    let (mut overhead, mut total, mut commits) = (vec![], vec![], vec![]);
    for question in QUESTIONS.iter().cycle().take(turns) {
        let before = app.store.commits();
        let began = Instant::now();
        let asked = Ask {
            person: person.clone(),
            from: ReaderId::new("alice")?,
            thread: None,
            key: None,
            text: (*question).to_owned(),
            files: Vec::new(),
        };
        let answer = ops::handle(&app, Request::Ask(asked)).await?;
        total.push(began.elapsed().as_secs_f64() * 1e3);
        let of = |step: &str| {
            answer.pointer(&format!("/timings_ms/{step}")).and_then(Value::as_f64).unwrap_or(0.0)
        };
        overhead.push(of("identify") + of("recall") + of("manners"));
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        commits.push((app.store.commits() - before) as f64);
    }
    app.close().await;
    drop(app);
    std::fs::remove_dir_all(&scratch)?;
    Ok(json!({
        "bench": "turn", "turns": turns, "scripted": scripted, "ready_ms": ready.as_millis(),
        "total_ms": median(&total), "neither_model_nor_commit_ms": median(&overhead),
        "commits_per_turn": median(&commits), "idle_resident_mb": idle_mb, "resident_mb": resident_mb(),
    }))
}
