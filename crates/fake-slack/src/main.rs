//! A fake Slack in a process of its own.
//!
//! `fake-slack [--port 0] [--app name[:xapp-…:xoxb-…]]…` prints one line of JSON with its address, its
//! control endpoint and the apps' tokens, then serves until it is told to end.

use anyhow::{Context, Result, bail};
use fake_slack::{Bot, FakeSlack, World};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let wanted = Wanted::read(std::env::args().skip(1))?;
    let slack =
        FakeSlack::start_on(wanted.port).await.with_context(|| format!("listen on port {}", wanted.port))?;
    let apps: Vec<Bot> = wanted.apps.iter().map(|app| install(&slack, app)).collect::<Result<_>>()?;
    let line = json!({
        "base_url": slack.base_url(),
        "api_url": slack.api_url(),
        "control_url": format!("{}/_control", slack.base_url()),
        "apps": apps,
    });
    println!("{line}");
    tokio::signal::ctrl_c().await.context("wait for the end")
}

/// The command line.
struct Wanted {
    port: u16,
    apps: Vec<String>,
}

impl Wanted {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut wanted = Self { port: 0, apps: Vec::new() };
        while let Some(word) = words.next() {
            let value = words.next().with_context(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--port" => wanted.port = value.parse().with_context(|| format!("{value} is no port"))?,
                "--app" => wanted.apps.push(value),
                _ => bail!("fake-slack [--port 0] [--app name[:xapp-token:xoxb-token]]…"),
            }
        }
        Ok(wanted)
    }
}

fn install(world: &World, app: &str) -> Result<Bot> {
    match app.split(':').collect::<Vec<_>>().as_slice() {
        [name] => Ok(world.app(name)),
        [name, app_token, bot_token] => Ok(world.app_with_tokens(name, app_token, bot_token)),
        _ => bail!("--app {app}: name, or name:xapp-token:xoxb-token"),
    }
}
