//! `understudy-ears`: one mail or document on standard input, what it says on standard output, then the end.
//!
//! ```text
//! understudy-ears read mail         a mail, as JSON (`Reading`)
//! understudy-ears read document     a document, as JSON (`Opened`)
//! understudy-ears read signers      the domains that have signed a mail, behind a line with their keys, as JSON
//! understudy-ears read enclosure N  the bytes of the Nth file of a mail
//! understudy-ears check             tries its own fences, as JSON
//! ```
//!
//! Before the first byte is read the process gives up what it does not need: memory, time, files, sockets, programs.
//! Its parent watches the clock. Whatever a file does to a parser, it does it here.

mod confine;
mod open;
mod signed;

use std::{
    io::{Read, Write},
    process::ExitCode,
};

use anyhow::Context;
use understudy_ears::{DOCUMENT_MAX_BYTES, MAIL_MAX_BYTES};

/// Most bytes of the line with keys.
const KEYS_MAX_BYTES: usize = 64 * 1024;

/// What is asked for.
enum Task {
    Mail,
    Document,
    Signers,
    Enclosure(usize),
    Check,
}

fn task() -> Option<Task> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["read", "mail"] => Some(Task::Mail),
        ["read", "document"] => Some(Task::Document),
        ["read", "signers"] => Some(Task::Signers),
        ["read", "enclosure", n] => n.parse().ok().map(Task::Enclosure),
        ["check"] => Some(Task::Check),
        _ => None,
    }
}

fn main() -> ExitCode {
    let Some(task) = task() else {
        eprintln!(
            "usage: understudy-ears read mail|document|signers|enclosure N < FILE, or understudy-ears check; `understudy` starts it"
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
    let fences = confine::confine().context("give up rights")?;
    match task {
        Task::Mail => say(&understudy_ears::read(&input(MAIL_MAX_BYTES)?)),
        Task::Document => say(&open::open(&input(DOCUMENT_MAX_BYTES)?)),
        Task::Signers => say(&signed::signed(&input(KEYS_MAX_BYTES + MAIL_MAX_BYTES)?)?),
        Task::Check => say(&confine::check(fences)),
        Task::Enclosure(n) => {
            let content = understudy_ears::enclosed(&input(MAIL_MAX_BYTES)?, *n).context("no such file")?;
            let mut out = std::io::stdout().lock();
            out.write_all(&content).and_then(|()| out.flush()).context("hand the file over")
        }
    }
    // Dropping a parsed mail is where a nested one would overflow the stack; everything was said before.
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
