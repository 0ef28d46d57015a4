//! A training run from its first step to the adapter's file.
//!
//! What a person would notice: a line per step with the time that is left. What is kept: a checkpoint every few
//! steps, put in place by one rename. After a crash, or a cancel, the same job goes on from there and ends with
//! the same bytes as a run that was never interrupted.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use anyhow::{Context, bail};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    adapter::{Adapter, Lora},
    base::Base,
    job::{Ending, Event, Job},
    model::{Loss, Net},
    optimise::{self, AdamW},
    pack::{self, Bin, Row, Tree},
};

/// What a checkpoint holds beside tensors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    step: usize,
    tokens: usize,
    best_dev: Option<f64>,
    looks_without_gain: usize,
    /// Loss of every step, nats per reply token.
    #[serde(default)]
    curve: Vec<(usize, f64)>,
    /// Dev loss of every look.
    #[serde(default)]
    dev_curve: Vec<(usize, f64)>,
}

struct State {
    adapter: Adapter,
    best: Option<Adapter>,
    adam: AdamW,
    progress: Progress,
}

/// Runs `job` until it is finished, stops early, or `cancel` is set.
///
/// # Errors
/// When a file can't be read or written, or the data teach nothing; a checkpoint that exists stays.
pub fn run(job: &Job, cancel: &AtomicBool, mut say: impl FnMut(Event)) -> anyhow::Result<Ending> {
    let base = Base::read(&job.base)?;
    let recipe = &job.recipe;
    let (trees, dropped) = pack::grow(&read_rows(&job.train)?, recipe.tree_tokens);
    let dev = match &job.dev {
        Some(path) => pack::grow(&read_rows(path)?, recipe.tree_tokens).0,
        None => Vec::new(),
    };
    let plan = plan(&trees, job);
    if plan.is_empty() {
        bail!(
            "{} holds nothing to learn: no row has both a prompt and a reply that fit",
            job.train.display()
        );
    }
    let mut state = State::open(job, &base)?;
    let steps = plan.len();
    let planned: usize = plan.iter().flatten().flatten().map(|tree| tree.len()).sum();
    let trainable = state.adapter.tensors().iter().map(Tensor::elem_count).sum();
    say(Event::Planned { steps, done: state.progress.step, tokens: planned, dropped, trainable });
    if state.progress.step > 0 {
        let Progress { curve, dev_curve, .. } = state.progress.clone();
        say(Event::Before { curve, dev_curve });
    }
    let (began, tokens_before) = (Instant::now(), state.progress.tokens);
    let mut ending = Ending::Finished;
    for (step, bins) in plan.iter().enumerate().skip(state.progress.step) {
        // Whoever takes the data back ends the run; nothing of it is kept then.
        if cancel.load(Ordering::Relaxed) || !job.train.exists() {
            ending = Ending::Cancelled;
            break;
        }
        let rate = optimise::rate(step, steps, recipe.warm_up, recipe.rate);
        let (loss, norm) = state.step(&base, job, bins, rate)?;
        let took = began.elapsed().as_secs_f64();
        let tokens = state.progress.tokens;
        let speed = count(tokens - tokens_before) / took;
        let eta_s = count(planned.saturating_sub(tokens)) / speed;
        let step = step + 1;
        say(Event::Step { step, steps, loss: loss.mean(), norm, rate, tokens, tokens_per_s: speed, eta_s });
        let last = step == steps;
        if !dev.is_empty() && (step % recipe.dev_every == 0 || last) {
            let loss = state.look(&base, &dev, recipe.pack_tokens)?;
            say(Event::Dev { step, loss });
            if state.progress.looks_without_gain >= recipe.patience && !last {
                ending = Ending::Early;
            }
        }
        if (step % recipe.checkpoint_every == 0 || last || ending == Ending::Early) && job.train.exists() {
            state.save(&job.work)?;
        }
        if ending == Ending::Early {
            break;
        }
    }
    if ending == Ending::Cancelled {
        if job.train.exists() {
            state.save(&job.work)?;
        }
    } else {
        state.best.as_ref().unwrap_or(&state.adapter).write(&job.out, &base)?;
    }
    let Progress { step, tokens, best_dev, .. } = state.progress;
    say(Event::Done { ending, steps: step, tokens, best_dev, peak_mb: peak_mb() });
    Ok(ending)
}

/// Reads a data file.
///
/// # Errors
/// When it can't be read, or a line is no row; the line is named.
pub fn read_rows(path: &Path) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| format!("open the data {}", path.display()))?;
    let mut rows = Vec::new();
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("read the data {}", path.display()))?;
        let row = serde_json::from_str(&line);
        rows.push(row.with_context(|| format!("line {} of {} is no training row", n + 1, path.display()))?);
    }
    Ok(rows)
}

/// The packs of every step, cut at the token budget.
fn plan<'t>(trees: &'t [Tree], job: &Job) -> Vec<Vec<Bin<'t>>> {
    let recipe = &job.recipe;
    let mut left = recipe.most_tokens;
    let mut bins = Vec::new();
    for epoch in 0..recipe.epochs {
        for bin in pack::fill(trees, recipe.pack_tokens, job.seed, epoch) {
            let size: usize = bin.iter().map(|tree| tree.len()).sum();
            if size > left {
                break;
            }
            left -= size;
            bins.push(bin);
        }
    }
    bins.chunks(recipe.accumulate.max(1)).map(<[Bin<'_>]>::to_vec).collect()
}

impl State {
    fn open(job: &Job, base: &Base) -> anyhow::Result<Self> {
        let mut adapter = match &job.start {
            Some(path) => Adapter::read(path, base)?,
            None => Adapter::new(base, job.recipe.rank, job.recipe.alpha, job.seed)?,
        };
        let mut adam = AdamW::new(&adapter.tensors())?;
        let file = job.work.join("progress.json");
        let Ok(text) = std::fs::read_to_string(&file) else {
            return Ok(Self { adapter, best: None, adam, progress: Progress::default() });
        };
        let progress: Progress =
            serde_json::from_str(&text).with_context(|| format!("read {}", file.display()))?;
        let path = checkpoint(&job.work, progress.step);
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu)
            .with_context(|| format!("read the checkpoint {}", path.display()))?;
        let mut take = |kind: &str| -> anyhow::Result<Vec<Tensor>> {
            let names = (0..adam.first.len()).map(|n| format!("{kind}.{n}"));
            names
                .map(|name| tensors.remove(&name).with_context(|| format!("the checkpoint lacks {name}")))
                .collect()
        };
        let best = if progress.best_dev.is_some() {
            let mut best = adapter.clone();
            best.set_tensors(take("best")?);
            Some(best)
        } else {
            None
        };
        adapter.set_tensors(take("adapter")?);
        let (first, second) = (take("first")?, take("second")?);
        adam = AdamW { step: progress.step, first, second };
        Ok(Self { adapter, best, adam, progress })
    }

    fn step(&mut self, base: &Base, job: &Job, bins: &[Bin<'_>], rate: f64) -> anyhow::Result<(Loss, f64)> {
        let mut loss = Loss::default();
        let mut summed: Option<Vec<Vec<Lora>>> = None;
        for bin in bins {
            let pack = pack::pack(bin)?;
            let net = Net { base, adapter: &self.adapter };
            let (of_pack, gradients) = net.gradients(&pack, job.recipe.activations)?;
            loss.add(of_pack);
            self.progress.tokens += pack.tokens.len();
            summed = Some(match summed {
                None => gradients,
                Some(before) => add(before, &gradients)?,
            });
        }
        let (gradients, norm) = optimise::clip(summed.unwrap_or_default(), loss.tokens, job.recipe.clip)?;
        let moved = self.adam.step(&self.adapter.tensors(), &gradients, rate, job.recipe.weight_decay)?;
        self.adapter.set_tensors(moved);
        self.progress.step += 1;
        self.progress.curve.push((self.progress.step, loss.mean()));
        Ok((loss, norm))
    }

    /// Dev loss now; the adapter is remembered when it is the best so far.
    fn look(&mut self, base: &Base, dev: &[Tree], limit: usize) -> anyhow::Result<f64> {
        let mut loss = Loss::default();
        for bin in pack::fill(dev, limit, 0, 0) {
            loss.add(Net { base, adapter: &self.adapter }.loss(&pack::pack(&bin)?)?);
        }
        let now = loss.mean();
        self.progress.dev_curve.push((self.progress.step, now));
        if self.progress.best_dev.is_none_or(|best| now < best) {
            self.progress.best_dev = Some(now);
            self.progress.looks_without_gain = 0;
            self.best = Some(self.adapter.clone());
        } else {
            self.progress.looks_without_gain += 1;
        }
        Ok(now)
    }

    /// Writes the tensors, then the small file that names them, so that a torn checkpoint is never read.
    fn save(&self, work: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(work).with_context(|| format!("create {}", work.display()))?;
        let mut tensors = HashMap::new();
        let adapter = self.adapter.tensors();
        let best = self.best.as_ref().map(Adapter::tensors).unwrap_or_default();
        let kinds = [
            ("adapter", &adapter),
            ("best", &best),
            ("first", &self.adam.first),
            ("second", &self.adam.second),
        ];
        for (kind, of_kind) in kinds {
            tensors.extend(
                of_kind.iter().enumerate().map(|(n, tensor)| (format!("{kind}.{n}"), tensor.clone())),
            );
        }
        let path = checkpoint(work, self.progress.step);
        candle_core::safetensors::save(&tensors, &path)
            .with_context(|| format!("write {}", path.display()))?;
        let (partial, file) = (work.join("progress.partial"), work.join("progress.json"));
        std::fs::write(&partial, serde_json::to_vec(&self.progress)?)
            .and_then(|()| File::open(&path)?.sync_all())
            .and_then(|()| File::open(&partial)?.sync_all())
            .and_then(|()| std::fs::rename(&partial, &file))
            .with_context(|| format!("write {}", file.display()))?;
        for entry in std::fs::read_dir(work)?.flatten() {
            let old = entry.path();
            if old != path && old.extension().is_some_and(|kind| kind == "safetensors") {
                std::fs::remove_file(&old).with_context(|| format!("remove {}", old.display()))?;
            }
        }
        Ok(())
    }
}

/// Most resident memory of this process so far, in megabytes (`VmHWM` of proc(5)).
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

fn checkpoint(work: &Path, step: usize) -> std::path::PathBuf {
    work.join(format!("step-{step}.safetensors"))
}

fn add(before: Vec<Vec<Lora>>, more: &[Vec<Lora>]) -> candle_core::Result<Vec<Vec<Lora>>> {
    let add = |(left, right): (Lora, &Lora)| Ok(Lora { a: (left.a + &right.a)?, b: (left.b + &right.b)? });
    before.into_iter().zip(more).map(|(left, right)| left.into_iter().zip(right).map(add).collect()).collect()
}

fn count(n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    let n = n as f64;
    n
}
