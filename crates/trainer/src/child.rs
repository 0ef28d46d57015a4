//! The trainer as a child process: a job's file in, one JSON event a line out.
//!
//! It runs at the lowest priority, so that answers do not wait for learning. Its threads are those of
//! `RAYON_NUM_THREADS`. When the job says so, it stops with a checkpoint as soon as standard input ends.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;

use crate::{job::Job, run};

/// Runs the job in the file `path` in this process.
///
/// # Errors
/// When the file is no job, or the run fails.
///
/// # Panics
/// Never: events have string keys only.
pub fn run_job(path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read the job {}", path.display()))?;
    let job: Job = serde_json::from_str(&text).with_context(|| format!("read the job {}", path.display()))?;
    rustix::process::nice(19).context("lower the priority")?;
    let cancel = Arc::new(AtomicBool::new(false));
    if job.ends_with_stdin {
        let cancel = Arc::clone(&cancel);
        std::thread::spawn(move || {
            std::io::stdin().lock().read_to_end(&mut Vec::new()).ok();
            cancel.store(true, Ordering::Relaxed);
        });
    }
    run::run(&job, &cancel, |event| {
        let line = serde_json::to_string(&event).expect("events have string keys only");
        // A parent that no longer reads has gone; the job then ends by its own rules.
        writeln!(std::io::stdout().lock(), "{line}").ok();
    })?;
    Ok(())
}
