//! The control socket: a command speaks to the running process, and opens the data directory itself only when
//! none runs. One line of JSON each way; the socket is 0600 in the data directory.

use std::{io::ErrorKind, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tracing::warn;

use crate::{
    app::{App, InUse},
    config::Config,
    error::{Hint, told},
    ops::{self, Request, TrainingRequest},
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ok(Value),
    Err(String),
}

/// Listens for commands until the app closes.
///
/// # Errors
/// When the socket can't be made.
pub async fn listen(app: Arc<App>) -> anyhow::Result<()> {
    let path = app.config.data.join("control.sock");
    // We hold the lock of the directory, so a socket that lies there belongs to a dead process.
    if let Err(e) = std::fs::remove_file(&path)
        && e.kind() != ErrorKind::NotFound
    {
        return Err(e).with_context(|| format!("remove the old {}", path.display()));
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("listen on {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(e) => { warn!("Can't take a command: {e}"); continue }
            },
            () = app.stop.cancelled() => break,
        };
        let serving = Arc::clone(&app);
        app.spawn(async move {
            let stop = serving.stop.clone();
            tokio::select! {
                served = serve(&serving, stream) => if let Err(e) = served { warn!("A command broke off: {e:#}") },
                () = stop.cancelled() => {}
            }
        });
    }
    std::fs::remove_file(&path).ok();
    Ok(())
}

async fn serve(app: &App, stream: UnixStream) -> anyhow::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str(&line) {
            Ok(request) => match ops::handle(app, request).await {
                Ok(value) => Answer::Ok(value),
                Err(e) => Answer::Err(told(&e)),
            },
            Err(e) => Answer::Err(format!("this command is from another version of understudy: {e}")),
        };
        let mut line = serde_json::to_string(&answer)?;
        line.push('\n');
        writing.write_all(line.as_bytes()).await?;
    }
    Ok(())
}

/// Carries out `request` in the running process, or in this one when none runs.
pub(super) async fn call(config: Config, request: Request) -> anyhow::Result<Value> {
    if let Some(answer) = ask_running(&config.data, &request).await? {
        return Ok(answer);
    }
    let app = open(config).await?;
    app.adopt_folders().await?;
    if matches!(request, Request::Ask(_)) {
        index_missing(&app).await?;
        app.start_work().await?;
    }
    let result = ops::handle(&app, request).await;
    app.close().await;
    result
}

/// Whoever holds the data directory, for a command that asks more than once.
pub(super) enum Desk {
    /// The running process.
    Running(std::path::PathBuf),
    /// This one, until the command ends.
    Here(Box<App>),
}

impl Desk {
    /// Finds the running process, or opens the data directory.
    pub(super) async fn at(config: Config) -> anyhow::Result<Self> {
        if ask_running(&config.data, &Request::PersonList).await?.is_some() {
            return Ok(Self::Running(config.data));
        }
        let app = open(config).await?;
        app.adopt_folders().await?;
        Ok(Self::Here(Box::new(app)))
    }

    /// Asks about training.
    pub(super) async fn ask(&self, request: TrainingRequest) -> anyhow::Result<Value> {
        let request = Request::Training(request);
        match self {
            Self::Here(app) => ops::handle(app, request).await,
            Self::Running(data) => ask_running(data, &request).await?.ok_or_else(|| {
                let next = "start it again; a run goes on from its checkpoint";
                Hint::new("the running understudy stopped", next).into()
            }),
        }
    }

    /// Ends in an orderly way, with this exit code.
    pub(super) async fn close(self, code: std::process::ExitCode) -> std::process::ExitCode {
        if let Self::Here(app) = self {
            app.close().await;
        }
        code
    }
}

/// Carries out `request` in the running process; `None` when none runs.
pub(super) async fn ask_running(data: &Path, request: &Request) -> anyhow::Result<Option<Value>> {
    match connect(data).await? {
        Some(stream) => send(stream, request).await.map(Some),
        None => Ok(None),
    }
}

/// Opens the data directory, which no process answers for.
pub(super) async fn open(config: Config) -> anyhow::Result<App> {
    App::open(config).await.map_err(|e| {
        if !e.is::<InUse>() {
            return e;
        }
        let next = "wait a moment and try again: it is starting or stopping";
        Hint::new("another understudy holds the data directory and does not answer", next).into()
    })
}

/// Indexes the folders before a question, as `run` does at its start.
async fn index_missing(app: &App) -> anyhow::Result<()> {
    // Without models there is nothing to say about any folder.
    app.office().await?;
    for folder in app.store.folders().await? {
        if let Err(e) = app.sync(&folder).await {
            eprintln!("understudy: notes in {}: {}", folder.path.display(), told(&e));
        }
    }
    Ok(())
}

async fn connect(data: &Path) -> anyhow::Result<Option<UnixStream>> {
    let path = data.join("control.sock");
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(Some(stream)),
        Err(e)
            if matches!(
                e.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(e) => {
            Err(e).with_context(|| format!("speak to the running understudy through {}", path.display()))
        }
    }
}

async fn send(stream: UnixStream, request: &Request) -> anyhow::Result<Value> {
    let (reading, mut writing) = stream.into_split();
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    writing.write_all(line.as_bytes()).await?;
    let answer = BufReader::new(reading).lines().next_line().await?;
    let answer = answer.ok_or_else(|| {
        Hint::new(
            "the running understudy stopped before it answered",
            "start it again; what it had accepted is kept",
        )
    })?;
    match serde_json::from_str(&answer)? {
        Answer::Ok(value) => Ok(value),
        Answer::Err(why) => anyhow::bail!("{why}"),
    }
}
