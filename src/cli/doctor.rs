//! `understudy doctor`: tries each part and says what to do.

use std::process::ExitCode;

use serde_json::Value;

use crate::{
    app::{App, model_path},
    config::{Config, MindKind},
    ops::Request,
};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    let mut say = |part: &str, result: anyhow::Result<String>| match result {
        Ok(words) => println!("ok    {part}: {words}"),
        Err(e) => {
            failed = true;
            println!("FAIL  {part}: {e:#}");
        }
    };
    say("data directory", writable(&config));
    if config.mind == MindKind::Model {
        for (part, name) in [("base model", &config.base), ("embedding model", &config.embedding)] {
            say(part, model_path(&config, name).map(|path| path.display().to_string()));
        }
    }
    let running = super::control::call(config.clone(), Request::Health).await;
    say("store", running.map(|health| counts(&health)));
    say("engine and notes", first_words(config).await);
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn writable(config: &Config) -> anyhow::Result<String> {
    std::fs::create_dir_all(&config.data)?;
    let probe = config.data.join(".probe");
    std::fs::write(&probe, b"probe")?;
    std::fs::remove_file(&probe)?;
    Ok(config.data.display().to_string())
}

fn counts(health: &Value) -> String {
    let of = |state: &str| health.pointer(&format!("/inbox/{state}")).and_then(Value::as_i64).unwrap_or(0);
    format!("{} waiting, {} parked, {} done", of("ready"), of("parked"), of("done"))
}

/// Loads models and notes here, unless a running process has them loaded.
async fn first_words(config: Config) -> anyhow::Result<String> {
    match App::open(config).await {
        Ok(app) => {
            let office = app.office().await?;
            let words = office.notes.health().await?;
            app.close().await;
            Ok(format!("models load; {words}"))
        }
        Err(e) if e.is::<crate::app::InUse>() => Ok("understudy runs and has them loaded".to_owned()),
        Err(e) => Err(e),
    }
}
