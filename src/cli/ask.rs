//! `understudy ask`.

use std::process::ExitCode;

use serde_json::Value;

use crate::{
    config::Config,
    domain::{PersonId, ReaderId},
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
    /// Prints the whole turn as one JSON object.
    #[arg(long)]
    json: bool,
    /// What to ask.
    text: String,
}

pub(super) async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let from = args.from.map_or_else(account, Ok)?;
    let ask = ops::Ask { person: args.person, from, thread: args.thread, key: None, text: args.text };
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
    let total: f64 = turn
        .get("timings_ms")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, ms)| ms.as_f64())
        .sum();
    eprintln!("({}, {:.1} s, `--json` shows queries and passages)", text("outcome"), total / 1000.0);
}
