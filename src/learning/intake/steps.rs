//! A log of steps at the computer: one JSON object a line with time, application, action and object.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Deserialize;
use serde_json::Value;

use super::{Sink, Trouble, files_below};
use crate::learning::{
    calendar::moment,
    event::{Event, ME},
};

/// Silence that ends a piece of work.
const SILENCE_S: i64 = 1800;
/// Most bytes of a line.
const LINE_MAX_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Step {
    time: Value,
    application: String,
    action: String,
    #[serde(default)]
    object: String,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), Trouble> {
    for file in files_below(path) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_file(&file, &name, sink) {
            Err(Trouble::Broken(why)) => sink.skip(&name, &why),
            other => other?,
        }
    }
    Ok(())
}

fn read_file(file: &Path, name: &str, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let (mut began, mut last) = (0, i64::MIN);
    for (n, line) in (1_u64..).zip(BufReader::new(File::open(file)?).lines()) {
        let line = line?;
        sink.advance(line.len() as u64 + 1);
        if line.trim().is_empty() {
            continue;
        }
        let step = (line.len() <= LINE_MAX_BYTES).then(|| serde_json::from_str::<Step>(&line).ok()).flatten();
        let Some((step, t)) = step.and_then(|step| time_of(&step).map(|t| (step, t))) else {
            sink.skip(&format!("{name}, line {n}"), "it needs time, application, action and object");
            continue;
        };
        if t.saturating_sub(last) > SILENCE_S {
            began = n;
        }
        last = t;
        sink.event(Event {
            id: format!("steps:{name}:{n}"),
            thread: format!("steps:{name}:{began}"),
            t,
            author: ME.to_owned(),
            channel: "steps".to_owned(),
            to: Vec::new(),
            text: format!("{}: {} {}", step.application, step.action, step.object).trim().to_owned(),
            reply_to: None,
        })?;
    }
    Ok(())
}

/// Unix seconds, or text such as `2026-05-03T10:15:00Z`.
fn time_of(step: &Step) -> Option<i64> {
    match &step.time {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => moment(text),
        _ => None,
    }
}
