//! `understudy audit`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::{config::Config, error::Hint, ops::Request};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Reads the whole audit; fails when a row was changed, removed, moved or cut off at the end.
    Verify,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Verify = command;
    let report = super::control::call(config, Request::AuditVerify).await?;
    let rows = report.get("rows").and_then(Value::as_i64).unwrap_or(0);
    if let Some(why) = report.get("broken").and_then(Value::as_str) {
        let next = "compare the database and audit.head with a backup and find out who could write to the data directory";
        return Err(Hint::new(
            format!("the audit is not as it was written, {rows} rows are good: {why}"),
            next,
        )
        .into());
    }
    println!("the audit is as it was written, {rows} rows");
    Ok(ExitCode::SUCCESS)
}
