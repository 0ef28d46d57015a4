//! `understudy ask`.

use std::{io::ErrorKind, path::PathBuf, process::ExitCode};

use serde_json::Value;

use crate::{
    config::Config,
    domain::{PersonId, ReaderId},
    error::Hint,
    ops::{self, Request},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose understudy is asked.
    #[arg(short, long, value_name = "PERSON")]
    person: PersonId,
    /// Who asks, as readers lists name them; by default your account's name.
    #[arg(long, value_name = "WHO")]
    from: Option<ReaderId>,
    /// Continues this thread instead of starting a new one.
    #[arg(long, value_name = "NAME")]
    thread: Option<String>,
    /// Sends a file along; can be given more than once.
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Sends a voice note along, which is heard as part of the question; can be given more than once.
    #[arg(long, value_name = "FILE")]
    voice: Vec<PathBuf>,
    /// Prints the whole turn as one JSON object.
    #[arg(long)]
    json: bool,
    /// What to ask; `-` reads it from standard input.
    #[arg(default_value = "", hide_default_value = true)]
    text: String,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let from = args.from.map_or_else(account, Ok)?;
    let text = if args.text == "-" { standard_input()? } else { args.text };
    if text.trim().is_empty() && args.file.is_empty() && args.voice.is_empty() {
        return Err(
            Hint::new("there is no question", "write it after the options, or pipe it in with `-`").into()
        );
    }
    // What a file is, its content tells, so a recording given as a file is heard as well.
    let files = args.voice.iter().chain(&args.file).map(std::path::absolute).collect::<Result<_, _>>()?;
    let ask = ops::Ask { person: args.person, from, thread: args.thread, key: None, text, files };
    let turn = super::control::call(config, Request::Ask(ask)).await?;
    if args.json {
        super::print_json(&turn);
    } else {
        print(&turn);
    }
    Ok(if turn.get("outcome").and_then(Value::as_str) == Some("failed") {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn account() -> anyhow::Result<ReaderId> {
    let name = std::env::var("USER").unwrap_or_else(|_| "me".to_owned());
    Ok(ReaderId::new(name)?)
}

fn standard_input() -> Result<String, Hint> {
    std::io::read_to_string(std::io::stdin()).map_err(|e| match e.kind() {
        ErrorKind::InvalidData => Hint::new(
            "what came on standard input is not UTF-8 text",
            "convert it, for example with `iconv -t UTF-8`",
        ),
        _ => Hint::new(format!("can't read standard input: {e}"), "give the question as an argument instead"),
    })
}

fn print(turn: &Value) {
    let text = |key: &str| turn.get(key).and_then(Value::as_str).unwrap_or_default();
    println!("{}", text("reply"));
    let cites: Vec<u64> =
        turn.get("cites").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_u64).collect();
    for passage in turn.get("passages").and_then(Value::as_array).into_iter().flatten() {
        let n = passage.get("n").and_then(Value::as_u64).unwrap_or(0);
        if cites.contains(&n) {
            let of = |key: &str| passage.get(key).and_then(Value::as_str).unwrap_or_default();
            println!("  [{n}] {} ({})", of("title"), of("source"));
        }
    }
    let timings = turn.get("timings_ms").and_then(Value::as_object).into_iter().flatten();
    let total_ms = timings.filter_map(|(_, ms)| ms.as_f64()).fold(0.0, |sum, ms| sum + ms);
    eprintln!("({}, {:.1} s, `--json` shows queries and passages)", text("outcome"), total_ms / 1000.0);
}
