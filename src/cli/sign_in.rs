//! `understudy sign-in`.

use std::process::ExitCode;

use serde_json::Value;

use crate::{config::Config, ops::Request};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let console = config.console();
    let answer = super::control::call(config, Request::SignIn).await?;
    let token = answer.get("token").and_then(Value::as_str).unwrap_or_default();
    println!("{console}/sign-in?token={token}");
    eprintln!("(the link before this one no longer works; browsers that are signed in stay so)");
    Ok(ExitCode::SUCCESS)
}
