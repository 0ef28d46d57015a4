//! `understudy-ears read`: one mail on standard input, one JSON object on standard output, then the end.
//!
//! Before the first byte is read the process gives up what it does not need: memory, processor time, files to
//! write. Its parent watches the clock. Whatever a mail does to a parser, it does it here.

mod confine;

use std::{
    io::{Read, Write},
    process::ExitCode,
};

use anyhow::Context;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("read") || arguments.next().is_some() {
        eprintln!("usage: understudy-ears read < MAIL; `understudy` starts it for each mail");
        return ExitCode::from(2);
    }
    match read() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("understudy-ears: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn read() -> anyhow::Result<()> {
    confine::confine().context("give up rights")?;
    let mut mail = Vec::new();
    // One byte more than is read, so that too long a mail is noticed and not cut.
    let most = understudy_ears::MAIL_MAX_BYTES as u64 + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut mail).context("read the mail")?;
    let reading = understudy_ears::read(&mail);
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &reading).context("write what was read")?;
    out.flush().context("write what was read")?;
    // Dropping a parsed mail is where a nested one would overflow the stack; everything was said before.
    Ok(())
}
