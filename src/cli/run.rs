//! `understudy run`.

use std::{io::Write as _, process::ExitCode, sync::Arc};

use anyhow::Context;
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::{
    app::App,
    channels::{email::MailLine, slack::Connection},
    config::Config,
    domain::Ruling,
    error::Hint,
    memory::{self, NoteKind, Said},
    meter::Meter,
    ops::Stewarding,
    web::{self, Readiness, Web},
};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let address = config.listen;
    let app = Arc::new(App::open(config).await?);
    let meter = Meter::start()?;
    let listener = TcpListener::bind(address).await.map_err(|e| {
        let what = format!("can't listen on {address}: {e}");
        Hint::new(what, "stop what uses this port, or choose another one with UNDERSTUDY_LISTEN")
    })?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        warn!(
            "The console listens on {address} without encryption. Put a TLS proxy in front, or listen on 127.0.0.1"
        );
    }
    app.adopt_folders().await?;
    app.start_work().await?;
    app.start_servers();
    app.start_slack();
    app.start_mail().await?;
    let indexing = Arc::clone(&app);
    app.spawn(async move { indexing.keep_notes_fresh().await });
    let listening = Arc::clone(&app);
    app.spawn(async move {
        if let Err(e) = super::listen(listening).await {
            warn!("Commands can't reach this process: {e:#}");
        }
    });
    let (kept, stop) = (meter.clone(), app.stop.clone());
    app.spawn(async move { kept.keep(stop).await });
    let (web, stop) = (console(&app, &meter), app.stop.clone());
    app.spawn(async move {
        if let Err(e) = web::serve(web, listener, stop).await {
            warn!("The console stopped: {e:#}");
        }
    });
    // Here and with the port that was given: a proxy in front may not be there yet.
    let here = Config { listen: address, console_url: String::new(), ..app.config.clone() }.console();
    greet(&app, &here).await?;
    wait_for_end().await?;
    info!("Stopping: what runs now is given back and answered after the next start");
    app.close().await;
    Ok(ExitCode::SUCCESS)
}

fn console(app: &Arc<App>, meter: &Meter) -> Web {
    let (asked, counted, meter) = (Arc::clone(app), Arc::clone(app), meter.clone());
    let keeper = Arc::clone(app);
    Web {
        store: app.store.clone(),
        vault: app.vault(),
        files: app.files.clone(),
        inbox: app.inbox.clone(),
        people: Arc::clone(&app.people),
        mailboxes: app.mail.mailboxes(),
        progress: app.progress.clone(),
        ready: Arc::new(move || readiness(&asked)),
        wake_outbox: Arc::clone(&app.wake_outbox),
        toolbox: Arc::clone(&app.toolbox),
        approved: Arc::clone(&app.approved),
        keep: Arc::new(move |ruling: Ruling| {
            let app = Arc::clone(&keeper);
            Box::pin(async move {
                let office = app.office().await?;
                let Ruling { person, source, title, text, readers, integrity } = ruling;
                let said = Said { person, source, title, text, readers, integrity, kind: NoteKind::Ruling };
                memory::remember(&*office.notes, &*office.embed, said).await
            })
        }),
        steward: Arc::new(Stewarding(Arc::clone(app))),
        metrics: Arc::new(move || {
            let (app, meter) = (Arc::clone(&counted), meter.clone());
            Box::pin(async move { meter.read(&app).await })
        }),
    }
}

fn readiness(app: &App) -> Readiness {
    let loaded = app.loaded_office().is_some() && !app.stop.is_cancelled();
    let models = if loaded { "loaded" } else { "loading" };
    let connections = app.slack.connections();
    let lines = app.mail.lines();
    let parts = [
        ("models", models.to_owned()),
        ("console", "listening".to_owned()),
        ("slack", in_slack(&connections)),
        ("mail", by_mail(&lines)),
    ];
    Readiness {
        ready: loaded
            && connections.iter().all(|bot| bot.sockets > 0)
            && lines.iter().all(|line| line.is_open),
        parts: parts.map(|(part, words)| (part.to_owned(), words)).into(),
    }
}

/// How everybody's bots are connected, in words.
fn in_slack(connections: &[Connection]) -> String {
    let of = |bot: &Connection| match (&bot.ended, bot.silent_s) {
        (Some(_), _) => format!("{} stopped, see the log or `understudy doctor`", bot.person),
        (None, Some(s)) => format!("{} has {} sockets, last heard {s} s ago", bot.person, bot.sockets),
        (None, None) => format!("{} is connecting", bot.person),
    };
    if connections.is_empty() {
        return "not set up".to_owned();
    }
    connections.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// How everybody's mailboxes are being read, in words.
fn by_mail(lines: &[MailLine]) -> String {
    let of = |line: &MailLine| {
        let whose = line.people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (&line.trouble, line.silent_s) {
            (Some(_), _) => format!("{whose} can't be read, see the log or `understudy doctor`"),
            (None, Some(s)) => format!("{whose} is read, last look {s} s ago"),
            (None, None) => format!("{whose} is connecting"),
        }
    };
    if lines.is_empty() {
        return "not set up".to_owned();
    }
    lines.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// Says that it is ready and where. Whoever started it may have stopped listening: that stops nothing.
async fn greet(app: &App, console: &str) -> anyhow::Result<()> {
    let names: Vec<String> =
        app.people.everybody().iter().map(|p| format!("{} (@{})", p.name, p.handle)).collect();
    let seconds = app.uptime().as_secs_f64();
    let mut greeting = if names.is_empty() {
        let people = app.config.people.display();
        format!(
            "Understudy is ready after {seconds:.1} s, and nobody is stood in for: add a folder with a person.toml to {people} (UNDERSTUDY_PEOPLE) and restart\n"
        )
    } else {
        format!("Understudy is ready after {seconds:.1} s: {}\n", names.join(", "))
    };
    match web::first_sign_in_token(&app.store).await.context("make the sign-in token")? {
        Some(token) => {
            greeting += &format!(
                "Console: {console}/sign-in?token={token}\n  (shown once; `understudy sign-in` makes a new link)\n"
            );
            // The first start, so no note was read before.
            for person in app.people.everybody().iter().filter(|person| !person.note_folders.is_empty()) {
                greeting += &format!(
                    "  (the notes of {} are read now; answers are complete in a few seconds)\n",
                    person.name
                );
            }
        }
        None => greeting += &format!("Console: {console}/\n"),
    }
    if let Err(e) = std::io::stdout().write_all(greeting.as_bytes()) {
        warn!("Nobody reads what this program prints: {e}");
    }
    Ok(())
}

async fn wait_for_end() -> anyhow::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminated.recv() => {}
    }
    Ok(())
}
