//! `understudy doctor`: tries each part and says what to do.
//!
//! Each part is one line: `ok`, `look` for what works and still deserves a look, or `FAIL` with the next step.

use std::{net::TcpListener, path::Path, process::ExitCode, time::Instant};

use serde_json::Value;
use understudy_engine::gguf::{Header, check_adapter};

use crate::{
    app::{App, model_path},
    channels::{Checked, email, slack},
    config::{Config, MindKind},
    error::{Hint, told},
    ops::{self, Request},
    people::People,
    senses::Senses,
    tools,
};

/// What is told of one part.
enum Finding {
    Ok(String),
    Look(String),
    Fail(String),
}

impl From<Checked> for Finding {
    fn from(checked: Checked) -> Self {
        match checked {
            Checked::Works(words) => Self::Ok(words),
            Checked::Look(words) => Self::Look(words),
            Checked::Broken(words) => Self::Fail(words),
        }
    }
}

impl Finding {
    fn of(result: anyhow::Result<String>) -> Self {
        match result {
            Ok(words) => Self::Ok(words),
            Err(e) => Self::Fail(told(&e)),
        }
    }

    fn tell(self, part: &str, failed: &mut bool) {
        match self {
            Self::Ok(words) => println!("ok    {part}: {words}"),
            Self::Look(words) => println!("look  {part}: {words}"),
            Self::Fail(words) => {
                *failed = true;
                println!("FAIL  {part}: {words}");
            }
        }
    }
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    let data = writable(&config);
    let usable = data.is_ok();
    Finding::of(data).tell("data directory", &mut failed);
    if config.mind == MindKind::Model {
        for (part, name) in [("base model", &config.base), ("embedding model", &config.embedding)] {
            let path = model_path(&config, name).map(|path| path.display().to_string());
            Finding::of(path).tell(part, &mut failed);
        }
    }
    reading().await.tell("reader", &mut failed);
    hearing(&config).await.tell("hearing", &mut failed);
    let mut runs = slack::Running::No;
    if usable {
        match super::control::ask_running(&config.data, &Request::Health).await {
            Ok(Some(health)) => {
                runs = slack::Running::Yes;
                running(&config, &health, &mut failed);
                servers(&config, &mut failed).await;
            }
            Ok(None) => resting(config.clone(), &mut failed).await,
            Err(e) => Finding::Fail(told(&e)).tell("running", &mut failed),
        }
    }
    in_slack(&config, runs, &mut failed).await;
    by_mail(&config, &mut failed).await;
    with_tools(&config, &mut failed).await;
    if failed {
        println!("\nStart with the first FAIL; the ones below it may come from the same cause.");
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Whether the program that reads what strangers send is here and can't get out of its process.
async fn reading() -> Finding {
    match Senses::default().check().await {
        Ok(fences) if fences.could.is_empty() => {
            Finding::Ok("read by a process that can't open files, sockets or programs".to_owned())
        }
        Ok(fences) => {
            let missing = match (fences.landlock, fences.seccomp) {
                (true, true) => "the fences of this kernel have gaps",
                (false, true) => "this kernel has no Landlock",
                (true, false) => "this kernel filters no system calls",
                (false, false) => "this kernel has neither Landlock nor a filter of system calls",
            };
            let could = fences.could.join(", ");
            Finding::Look(format!(
                "{missing}, so a file that breaks its reader could {could}; use Linux 5.13 or newer, or a container that allows both"
            ))
        }
        Err(e) => Finding::Fail(e.to_string()),
    }
}

/// Whether voice notes are heard, by a process that can't get out.
async fn hearing(config: &Config) -> Finding {
    let model = match model_path(config, &config.hearing) {
        Ok(model) => model,
        Err(e) => return Finding::Look(format!("voice notes are not heard: {}", told(&e))),
    };
    match Senses::default().check_hearing(&model).await {
        Ok(fences) if fences.could.is_empty() => {
            Finding::Ok(format!("by {}, in a process of its own", config.hearing))
        }
        Ok(fences) => Finding::Look(format!(
            "works, but the process that hears could {}; use Linux 5.13 or newer, or a container that allows Landlock and seccomp",
            fences.could.join(", ")
        )),
        Err(e) => Finding::Fail(format!(
            "{} can't be used: {e}; run `understudy models pull {}` again",
            config.hearing, config.hearing
        )),
    }
}

/// Tries everybody's Slack tokens, whether or not the program runs: Slack lets them be tried at any time.
async fn in_slack(config: &Config, runs: slack::Running, failed: &mut bool) {
    let people = match People::read(&[&config.people, &config.data.join("adapters")]) {
        Ok(people) => people,
        Err(e) => return Finding::Fail(e.to_string()).tell("slack", failed),
    };
    let tried = slack::check(&people, &config.slack_api, runs, |name| std::env::var(name).ok()).await;
    let checked = match tried {
        Ok(checked) => checked,
        Err(e) => return Finding::Fail(told(&e)).tell("slack", failed),
    };
    if checked.is_empty() {
        let next = "nobody has tokens, so the channel doesn't start; docs/slack.md shows the way";
        return Finding::Ok(format!("not set up: {next}")).tell("slack", failed);
    }
    for (person, checked) in checked {
        Finding::from(checked).tell(&format!("slack of {person}"), failed);
    }
}

/// Tries everybody's mailboxes; a second session disturbs nobody.
async fn by_mail(config: &Config, failed: &mut bool) {
    let people = match People::read(&[&config.people, &config.data.join("adapters")]) {
        Ok(people) => people,
        Err(e) => return Finding::Fail(e.to_string()).tell("mail", failed),
    };
    let checked = email::check(&people, &config.data, |name| std::env::var(name).ok()).await;
    if checked.is_empty() {
        let next = "nobody has a mailbox with a password; docs/email.md shows the way";
        return Finding::Ok(format!("not set up: {next}")).tell("mail", failed);
    }
    for (whose, checked) in checked {
        Finding::from(checked).tell(&format!("mail of {whose}"), failed);
    }
}

/// Tries the mailboxes that understudies look into for their people.
async fn own_mailboxes(people: &People, failed: &mut bool) -> Result<(), Hint> {
    let own = email::OwnMailboxes::read(people, |name| std::env::var(name).ok())?;
    for (person, checked) in own.check().await {
        Finding::from(checked).tell(&format!("own mailbox of {person}"), failed);
    }
    Ok(())
}

/// How the MCP servers of the running process are.
async fn servers(config: &Config, failed: &mut bool) {
    let request = Request::Tools(ops::ToolRequest::List { person: None });
    let Ok(Some(listed)) = super::control::ask_running(&config.data, &request).await else { return };
    for server in listed.get("servers").and_then(Value::as_array).into_iter().flatten() {
        let name = server.get("server").and_then(Value::as_str).unwrap_or_default();
        let tools = server.get("tools").and_then(Value::as_array).map_or(0, Vec::len);
        let finding = match server.get("trouble").and_then(Value::as_str) {
            Some(why) => Finding::Fail(format!("does not run: {why}; check its table in mcp.toml")),
            None => {
                Finding::Ok(format!("runs, {tools} tools; `understudy tools list` says which can be used"))
            }
        };
        finding.tell(&format!("MCP server {name}"), failed);
    }
}

/// Tries the accounts that tools use; looking changes nothing there.
async fn with_tools(config: &Config, failed: &mut bool) {
    let tried = async {
        let people = People::read(&[&config.people, &config.data.join("adapters")])?;
        own_mailboxes(&people, failed).await?;
        tools::check(&people, |name| std::env::var(name).ok()).await
    };
    match tried.await {
        Ok(all) => {
            for (part, came_to) in all {
                Finding::of(came_to).tell(&part, failed);
            }
        }
        Err(e) => Finding::Fail(e.to_string()).tell("tools", failed),
    }
}

fn writable(config: &Config) -> anyhow::Result<String> {
    let try_it = || {
        std::fs::create_dir_all(&config.data)?;
        let probe = config.data.join(".probe");
        std::fs::write(&probe, b"probe")?;
        std::fs::remove_file(&probe)
    };
    try_it().map_err(|e| {
        let what = format!("can't write to {}: {e}", config.data.display());
        Hint::new(what, "give this account the right to write there, or choose another with UNDERSTUDY_DATA")
    })?;
    Ok(format!("{} can be written", config.data.display()))
}

/// What the running process says of itself.
fn running(config: &Config, health: &Value, failed: &mut bool) {
    let number = |path: &str| health.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let words = |key: &str| health.get(key).and_then(Value::as_str).map(str::to_owned);
    Finding::Ok(format!("yes, for {} s", number("/uptime_s"))).tell("running", failed);
    queue(health).tell("store", failed);
    let notes = match (words("notes"), words("notes_error")) {
        (Some(words), _) => Finding::Ok(words),
        (None, Some(why)) => Finding::Fail(why),
        (None, None) => Finding::Look("not loaded yet; ask again in a moment".to_owned()),
    };
    notes.tell("notes", failed);
    if health.get("engine").is_some() {
        let (used, limit) = (number("/engine/used_mb"), config.engine_memory_mb);
        Finding::Ok(format!("loaded, {used} of {limit} MB used")).tell("models", failed);
    }
    console(config, Port::OfRunning).tell("console", failed);
}

/// What can be tried when no process runs: everything is opened once, here.
async fn resting(config: Config, failed: &mut bool) {
    let next = "no; nothing is answered until `understudy run` is started";
    Finding::Look(next.to_owned()).tell("running", failed);
    let (given, console) = (config.clone(), console(&config, Port::Free));
    match super::control::open(config).await {
        Ok(app) => {
            opened(&app, &given, failed).await;
            app.close().await;
        }
        Err(e) => Finding::Fail(told(&e)).tell("store", failed),
    }
    console.tell("console", failed);
}

async fn opened(app: &App, config: &Config, failed: &mut bool) {
    match ops::handle(app, Request::Health).await {
        Ok(health) => queue(&health).tell("store", failed),
        Err(e) => Finding::Fail(told(&e)).tell("store", failed),
    }
    let names: Vec<&str> = app.people.everybody().iter().map(|person| person.name.as_str()).collect();
    let people = if names.is_empty() {
        let people = config.people.display();
        Finding::Look(format!(
            "nobody is stood in for; add a folder with a person.toml to {people} (UNDERSTUDY_PEOPLE)"
        ))
    } else {
        Finding::Ok(names.join(", "))
    };
    people.tell("people", failed);
    if let Some(adapters) = adapters(app, config) {
        adapters.tell("adapters", failed);
    }
    let started = Instant::now();
    match app.office().await {
        Ok(office) => {
            let took = started.elapsed().as_secs_f64();
            if config.mind == MindKind::Model {
                Finding::Ok(format!("load in {took:.1} s")).tell("models", failed);
            } else {
                let words =
                    "a script answers instead (UNDERSTUDY_MIND=scripted); it only repeats the question";
                Finding::Look(words.to_owned()).tell("models", failed);
            }
            Finding::of(office.notes.health().await.map_err(Into::into)).tell("notes", failed);
        }
        Err(e) => Finding::Fail(told(&e)).tell("models and notes", failed),
    }
}

/// Whether every adapter fits the base and those that are shipped are there; `None` when nobody needs any.
///
/// A turn loads an adapter when it is first needed, so a wrong one would be noticed by whoever asks.
fn adapters(app: &App, config: &Config) -> Option<Finding> {
    if config.mind == MindKind::Scripted {
        return None;
    }
    let shipped = [("starter", app.people.starter()), ("reranker", app.people.reranker())];
    let own = app.people.everybody().iter().filter_map(|person| person.adapter.as_deref());
    let all: Vec<&Path> = own.chain(shipped.iter().filter_map(|(_, file)| *file)).collect();
    let base = Header::read(&model_path(config, &config.base).ok()?).ok()?;
    let check = |path: &&Path| check_adapter(path, &Header::read(path)?, &base);
    if let Err(e) = all.iter().try_for_each(check) {
        return Some(Finding::Fail(told(&e.into())));
    }
    let fit = format!("{} fit the base model", all.len());
    let Some((name, _)) = shipped.iter().find(|(_, file)| file.is_none()) else {
        return Some(Finding::Ok(fit));
    };
    let people = config.people.display();
    Some(Finding::Look(format!(
        "{fit}, and there is no {name} in {people}, so answers are worse than they could be; copy adapters/{name} from the repository there"
    )))
}

fn queue(health: &Value) -> Finding {
    let of = |state: &str| health.pointer(&format!("/inbox/{state}")).and_then(Value::as_i64).unwrap_or(0);
    let counts = format!("{} waiting, {} parked, {} done", of("ready"), of("parked"), of("done"));
    if of("parked") == 0 {
        return Finding::Ok(counts);
    }
    Finding::Look(format!(
        "{counts}; see why with `understudy inbox list`, then `inbox retry` or `inbox drop`"
    ))
}

/// Whose the console's port has to be.
#[derive(PartialEq)]
enum Port {
    Free,
    OfRunning,
}

fn console(config: &Config, port: Port) -> Finding {
    let address = config.listen;
    if port == Port::Free
        && let Err(e) = TcpListener::bind(address)
    {
        return Finding::Fail(format!(
            "can't listen on {address}: {e}; stop what uses this port, or choose another one with UNDERSTUDY_LISTEN"
        ));
    }
    if !address.ip().is_loopback() {
        return Finding::Look(format!(
            "{address} can be reached from outside without encryption; put a TLS proxy in front, or listen on 127.0.0.1"
        ));
    }
    Finding::Ok(match port {
        Port::Free => format!("{address} is free"),
        Port::OfRunning => format!("http://{address}/"),
    })
}
