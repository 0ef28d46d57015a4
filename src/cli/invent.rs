//! `understudy invent`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args as Arguments;

use crate::{domain::PersonId, error::Hint, learning::demo};

#[derive(Debug, Arguments)]
pub(super) struct Args {
    /// Whose words: demetrios or eudora.
    person: PersonId,
    /// Where the archive goes.
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Decides every random choice; the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads in the archive, over eighteen months.
    #[arg(long, default_value_t = 2000)]
    threads: u64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rules = demo::rules_of(&args.person).ok_or_else(|| {
        Hint::new(
            format!("words are only invented for the demo people, not for `{}`", args.person),
            "choose demetrios or eudora; real people hand in an export of their own",
        )
    })?;
    let archive = demo::export(rules, args.seed, args.threads)?;
    std::fs::write(&args.out, archive).with_context(|| format!("write {}", args.out.display()))?;
    println!("{}: {} invented threads of {}", args.out.display(), args.threads, args.person);
    Ok(ExitCode::SUCCESS)
}
