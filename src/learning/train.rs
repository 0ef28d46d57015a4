//! The parent's side of a training run: starts the trainer as a child process and follows it.

use std::{path::Path, process::Stdio};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use understudy_trainer::job::{Ending, Event, Job};

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// Steps taken.
    pub steps: usize,
    /// Tokens computed.
    pub tokens: usize,
    /// Lowest dev loss, nats per reply token.
    pub best_dev: Option<f64>,
    /// Most resident memory of the child, in megabytes.
    pub peak_mb: u64,
    /// Training loss by step, as (step, nats per reply token).
    pub curve: Vec<(usize, f64)>,
    /// Dev loss by step, likewise.
    pub dev_curve: Vec<(usize, f64)>,
}

impl Outcome {
    /// A run that was stopped from outside.
    #[must_use]
    pub fn cancelled() -> Self {
        let (curve, dev_curve) = (Vec::new(), Vec::new());
        Self { ending: Ending::Cancelled, steps: 0, tokens: 0, best_dev: None, peak_mb: 0, curve, dev_curve }
    }
}

/// Trains in a child process of `program` (this program), at the lowest priority, and tells `follow` each event.
///
/// Dropping the future ends the child's standard input, so that it stops with a checkpoint.
///
/// # Errors
/// When the child can't be started or fails; its own words are in the message.
pub async fn train(
    program: &Path,
    job: &Job,
    threads: usize,
    mut follow: impl FnMut(&Event),
) -> anyhow::Result<Outcome> {
    std::fs::create_dir_all(&job.work).with_context(|| format!("create {}", job.work.display()))?;
    let file = job.work.join("job.json");
    std::fs::write(&file, serde_json::to_vec_pretty(job)?)
        .with_context(|| format!("write {}", file.display()))?;
    let mut child = tokio::process::Command::new(program)
        .arg("trainer")
        .arg(&file)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("start the trainer")?;
    // Held until the end of this function: the child takes its end as the sign to stop.
    let stdin = child.stdin.take();
    let stdout = child.stdout.take().context("the trainer has no output")?;
    let stderr = child.stderr.take().context("the trainer has no output")?;
    let complaints = tokio::spawn(async move {
        let mut text = String::new();
        BufReader::new(stderr).take(64 << 10).read_to_string(&mut text).await.ok();
        text
    });
    let mut lines = BufReader::new(stdout).lines();
    let (mut curve, mut dev_curve, mut done) = (Vec::new(), Vec::new(), None);
    while let Some(line) = lines.next_line().await.context("read the trainer's output")? {
        let event: Event =
            serde_json::from_str(&line).with_context(|| format!("the trainer said: {line}"))?;
        follow(&event);
        match event {
            Event::Step { step, loss, .. } => curve.push((step, loss)),
            Event::Dev { step, loss } => dev_curve.push((step, loss)),
            Event::Done { .. } => done = Some(event),
            Event::Before { curve: steps, dev_curve: looks } => (curve, dev_curve) = (steps, looks),
            Event::Planned { .. } => {}
        }
    }
    let status = child.wait().await.context("wait for the trainer")?;
    drop(stdin);
    let Some(Event::Done { ending, steps, tokens, best_dev, peak_mb }) = done.filter(|_| status.success())
    else {
        let words = complaints.await.unwrap_or_default();
        bail!("the trainer stopped early ({status}): {}", words.trim());
    };
    Ok(Outcome { ending, steps, tokens, best_dev, peak_mb, curve, dev_curve })
}
