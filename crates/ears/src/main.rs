//! `understudy-ears`: what strangers send on standard input, what it says on standard output.
//!
//! ```text
//! understudy-ears read mail         a mail, as JSON (`Reading`)
//! understudy-ears read document     a document, as JSON (`Opened`)
//! understudy-ears read signers      the domains that have signed a mail, behind a line with their keys, as JSON
//! understudy-ears read enclosure N  the bytes of the Nth file of a mail
//! understudy-ears read sound        a recording: a line of JSON (`Decoded`), then its samples
//! understudy-ears hear MODEL        job after job (`Listen`, then samples), as lines of JSON (`Hears`)
//! understudy-ears check [MODEL]     tries its own fences, those of `hear` when a model is named, as JSON
//! ```
//!
//! Before the first byte is read the process gives up what it does not need: memory, time, files, sockets, programs.
//! Its parent watches the clock. Whatever a file does to a parser, it does it here.

mod confine;
mod hear;
mod open;
mod signed;

use std::{
    io::{Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use understudy_ears::{DOCUMENT_MAX_BYTES, Decoded, Hears, MAIL_MAX_BYTES, SOUND_MAX_BYTES, Trouble};

use confine::Limits;
use hear::Ear;

/// How far hearing steps back behind what else computes, as `nice` counts.
const NICE: i32 = 10;

/// Most bytes of the line with keys.
const KEYS_MAX_BYTES: usize = 64 * 1024;

/// What is asked for.
enum Task {
    Mail,
    Document,
    Signers,
    Enclosure(usize),
    Sound,
    Hear(PathBuf),
    Check(Option<PathBuf>),
}

fn task() -> Option<Task> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["read", "mail"] => Some(Task::Mail),
        ["read", "document"] => Some(Task::Document),
        ["read", "signers"] => Some(Task::Signers),
        ["read", "enclosure", n] => n.parse().ok().map(Task::Enclosure),
        ["read", "sound"] => Some(Task::Sound),
        ["hear", model] => Some(Task::Hear(model.into())),
        ["check"] => Some(Task::Check(None)),
        ["check", model] => Some(Task::Check(Some(model.into()))),
        _ => None,
    }
}

fn main() -> ExitCode {
    let Some(task) = task() else {
        eprintln!(
            "usage: understudy-ears read mail|document|signers|sound|enclosure N < FILE, hear MODEL, or check [MODEL]; `understudy` starts it"
        );
        return ExitCode::from(2);
    };
    match run(&task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("understudy-ears: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> anyhow::Result<()> {
    let limits = match task {
        Task::Mail | Task::Document | Task::Signers | Task::Enclosure(_) | Task::Check(None) => {
            Limits::READING
        }
        Task::Sound => Limits::DECODING,
        Task::Hear(model) => return hear(model),
        Task::Check(Some(model)) => {
            let (_ear, limits) = load(model)?;
            return say(&confine::check(confine::confine(limits).context("give up rights")?, limits));
        }
    };
    let fences = confine::confine(limits).context("give up rights")?;
    match task {
        Task::Mail => say(&understudy_ears::read(&input(MAIL_MAX_BYTES)?)),
        Task::Document => say(&open::open(&input(DOCUMENT_MAX_BYTES)?)),
        Task::Signers => say(&signed::signed(&input(KEYS_MAX_BYTES + MAIL_MAX_BYTES)?)?),
        Task::Sound => sound(input(SOUND_MAX_BYTES)?),
        Task::Hear(_) | Task::Check(_) => say(&confine::check(fences, limits)),
        Task::Enclosure(n) => {
            let content = understudy_ears::enclosed(&input(MAIL_MAX_BYTES)?, *n).context("no such file")?;
            let mut out = std::io::stdout().lock();
            out.write_all(&content).and_then(|()| out.flush()).context("hand the file over")
        }
    }
    // Dropping a parsed mail is where a nested one would overflow the stack; everything was said before.
}

/// Says what a recording is on one line, then hands its samples over.
fn sound(bytes: Vec<u8>) -> anyhow::Result<()> {
    // A parser that panics was brought to it by the file.
    let decoded = catch_unwind(AssertUnwindSafe(|| hear::decode(bytes))).unwrap_or(Err(Trouble::Damaged));
    let (what, samples) = match decoded {
        Ok((sound, samples)) => (Decoded::Sound(sound), samples),
        Err(trouble) => (Decoded::Unreadable(trouble), Vec::new()),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut out, &what).context("write what was decoded")?;
    writeln!(out).context("write what was decoded")?;
    for sample in samples {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let sample = (sample * 32_767.0).round() as i16;
        out.write_all(&sample.to_le_bytes()).context("hand the samples over")?;
    }
    out.flush().context("hand the samples over")
}

/// Loads the model, gives up the right to open anything else, then does job after job.
fn hear(model: &Path) -> anyhow::Result<()> {
    // An answer that is being written comes first; whoever spoke waits a moment longer.
    rustix::process::nice(NICE).context("step back behind others")?;
    let (mut ear, limits) = load(model)?;
    let confine::Fences { landlock, seccomp } = confine::confine(limits).context("give up rights")?;
    hear::say(&mut std::io::stdout().lock(), &Hears::Ready { landlock, seccomp })?;
    hear::serve(&mut ear)
}

fn load(model: &Path) -> anyhow::Result<(Ear, Limits)> {
    let bytes = std::fs::read(model).with_context(|| format!("read {}", model.display()))?;
    Ok((Ear::load(&bytes)?, Limits::hearing(bytes.len() as u64)))
}

fn input(most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than is read, so that what is too long is noticed and not cut.
    let limit = most as u64 + 1;
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes).context("read standard input")?;
    Ok(bytes)
}

/// Says one object on a line of its own: a library may have printed something before.
fn say(what: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out).context("write what was read")?;
    serde_json::to_writer(&mut out, what).context("write what was read")?;
    out.flush().context("write what was read")
}
