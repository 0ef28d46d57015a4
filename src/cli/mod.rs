//! The command line. Every error is one sentence with the next step; exit 0 ok, 1 failed, 2 wrong usage.

mod ask;
mod audit;
mod backup;
mod bench;
mod contract;
mod control;
mod decide;
mod doctor;
mod eval;
mod export;
mod inbox;
mod invent;
mod learn;
mod mail;
mod mails;
mod models;
mod notes;
mod person;
mod run;
mod sign_in;
mod slack;
mod tools;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    config::Config,
    error::{Hint, told},
};

pub use control::listen;

/// A self-hosted digital coworker.
///
/// Settings come from understudy.toml and the environment; .env.example lists them all.
#[derive(Debug, Parser)]
#[command(name = "understudy", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts everything that has credentials; the console always starts.
    Run,
    /// Asks an understudy one question, by the same path as a channel.
    Ask(ask::Args),
    /// Adds, lists and removes notes.
    #[command(subcommand)]
    Notes(notes::Command),
    /// Lists models and gets them onto this machine.
    #[command(subcommand)]
    Models(models::Command),
    /// Lists and shows the people who are stood in for, records their consent, erases them.
    #[command(subcommand)]
    Person(person::Command),
    /// Takes a person's words in, with their consent, and makes examples of them.
    #[command(subcommand)]
    Learn(learn::Command),
    /// Shows and mends messages that are stuck.
    #[command(subcommand)]
    Inbox(inbox::Command),
    /// Shows what understudies may do and switches it.
    #[command(subcommand)]
    Tools(tools::Command),
    /// Reads the audit and says whether it is as it was written.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Shows mail that nobody answered, and why.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Trains an adapter from what was learnt, on this machine's processor.
    Train(train::Args),
    /// Judges an adapter on questions that no training has seen; prints one JSON object.
    Eval(eval::Args),
    /// Lets a person's newest adapter serve, if it was judged better than the starter.
    Promote {
        /// Whose.
        person: crate::domain::PersonId,
    },
    /// Lets the adapter that served before serve again.
    Rollback {
        /// Whose.
        person: crate::domain::PersonId,
    },
    /// Hands a person their adapter, a model made of base and adapter, or their examples.
    Export(export::Args),
    /// Runs a training job in this process; `train` starts it.
    #[command(hide = true)]
    Trainer {
        /// The job's file.
        job: std::path::PathBuf,
    },
    /// Invents words of a demo person, as the archive that Slack would hand out.
    ///
    /// Demetrios and Eudora do not exist, so nobody wrote what they are taught with; this does.
    #[command(hide = true)]
    Invent(invent::Args),
    /// Helps to bring an understudy into Slack, and silences it there.
    #[command(subcommand)]
    Slack(slack::Command),
    /// Copies everything that can't be made anew into a new directory; it may be at work meanwhile.
    Backup(backup::Backup),
    /// Brings a backup into an empty data directory.
    Restore(backup::Restore),
    /// Prints a new link that signs in to the console; the one before stops working.
    SignIn,
    /// Tries every connection and says what to do.
    Doctor,
    /// Measures this machine; prints one JSON object.
    #[command(subcommand)]
    Bench(bench::Command),
}

/// What a shell reports of a program that SIGPIPE ended (128 + 13).
const PIPE_CLOSED: i32 = 141;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if !matches!(cli.command, Command::Run) {
        end_with_the_reader();
    }
    if let Command::Trainer { job } = &cli.command {
        return report(train::child(job));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(cli.command)),
        Err(e) => Err(anyhow::anyhow!(e).context("start the runtime")),
    };
    report(result)
}

/// Ends a command quietly when nobody reads its output any more, as in `understudy notes list | head`.
fn end_with_the_reader() {
    let other = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let words = panic.payload_as_str().unwrap_or_default();
        if words.starts_with("failed printing to stdout") && words.contains("Broken pipe") {
            std::process::exit(PIPE_CLOSED);
        }
        other(panic);
    }));
}

/// Refuses the first flag that was given to `command` and is none of those that it uses.
fn refuse_unused(command: &str, given: &[(&str, bool)], used: &[&str]) -> Result<(), Hint> {
    match given.iter().find(|(flag, is_given)| *is_given && !used.contains(flag)) {
        Some((flag, _)) => Err(Hint::new(
            format!("{flag} means nothing here to `understudy {command}`"),
            "leave it out; --help tells what each flag is for",
        )),
        None => Ok(()),
    }
}

fn report(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|e| {
        eprintln!("understudy: {}", told(&e));
        ExitCode::from(1)
    })
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let config = Config::load(&std::env::current_dir()?)?;
    // A command prints its answer; only `run` tells what it does meanwhile.
    let quiet = config.log == "info" && !matches!(command, Command::Run);
    crate::telemetry::start(if quiet { "warn" } else { &config.log })?;
    match command {
        Command::Run => run::run(config).await,
        Command::Ask(args) => ask::run(config, args).await,
        Command::Notes(command) => notes::run(config, command).await,
        Command::Models(command) => models::run(config, command).await,
        Command::Person(command) => person::run(config, command).await,
        Command::Learn(command) => learn::run(config, command).await,
        Command::Inbox(command) => inbox::run(config, command).await,
        Command::Tools(command) => tools::run(config, command).await,
        Command::Audit(command) => audit::run(config, command).await,
        Command::Mail(command) => mail::run(config, command).await,
        Command::Train(args) => train::run(config, args).await,
        Command::Promote { person } => eval::promote(config, person).await,
        Command::Rollback { person } => eval::roll_back(config, person).await,
        Command::Eval(args) => eval::run(config, args).await,
        Command::Export(args) => export::run(config, args).await,
        Command::Trainer { job } => train::child(&job),
        Command::Invent(args) => invent::run(&args),
        Command::Slack(command) => slack::run(config, command).await,
        Command::Backup(args) => backup::back_up(config, args).await,
        Command::Restore(args) => backup::restore(config, args).await,
        Command::SignIn => sign_in::run(config).await,
        Command::Doctor => doctor::run(config).await,
        Command::Bench(command) => bench::run(config, command).await,
    }
}

/// Prints a value as one line of JSON.
fn print_json(value: &serde_json::Value) {
    println!("{value}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_flag_that_would_change_nothing_is_refused() {
        let check = |line: &str| match Cli::try_parse_from(line.split(' ')).unwrap().command {
            Command::Eval(args) => args.check(),
            Command::Train(args) => args.check(),
            other => panic!("{other:?}"),
        };
        for line in [
            "understudy eval starter --questions 120 --seed 1 --companies 2 --arms starter --report a.html",
            "understudy eval starter --mails a.jsonl b.jsonl --tokens 1000 --seed 2",
            "understudy eval demetrios --decisions 20 --seed 1 --adapter a.gguf --transcript t.jsonl",
            "understudy eval demetrios --questions 200",
            "understudy eval reranker --questions 200 --seed 1",
            "understudy eval review --transcript t.jsonl",
            "understudy train starter --scenes 90 --rehearse 700 --tokens 190000 --from a.gguf --out b.gguf --seed 2",
            "understudy train reranker --rehearse 700 --rate 0.001 --work w",
            "understudy train demetrios --seed 1 --tokens 1000",
            "understudy train demetrios --stop",
        ] {
            check(line).unwrap();
        }
        for (line, flag) in [
            ("understudy eval starter --mails a.jsonl b.jsonl --questions 3", "--questions"),
            ("understudy eval starter --tokens 3", "--tokens"),
            ("understudy eval demetrios --adapter a.gguf", "--adapter"),
            ("understudy eval demetrios --decisions 20 --questions 3", "--questions"),
            ("understudy eval review --seed 1", "--seed"),
            ("understudy train reranker --rehearse 9 --scenes 3", "--scenes"),
            ("understudy train demetrios --rehearse 0", "--rehearse"),
            ("understudy train demetrios --rate 0.001", "--rate"),
            ("understudy train demetrios --stop --seed 1", "--seed"),
        ] {
            let refused = check(line).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{flag} means nothing here")), "{line}: {refused}");
        }
    }
}
