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
    error::Hint,
    ops::{self, Request},
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
                Err(e) => Answer::Err(format!("{e:#}")),
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
    if let Some(stream) = connect(&config.data).await? {
        return send(stream, &request).await;
    }
    let app = match App::open(config).await {
        Ok(app) => app,
        Err(e) if e.is::<InUse>() => {
            let next = "wait a moment and try again: it is starting or stopping";
            return Err(
                Hint::new("another understudy holds the data directory and does not answer", next).into()
            );
        }
        Err(e) => return Err(e),
    };
    app.adopt_folders().await?;
    if matches!(request, Request::Ask(_)) {
        index_missing(&app).await?;
        app.start_work().await?;
    }
    let result = ops::handle(&app, request).await;
    app.close().await;
    result
}

/// Indexes the folders before a question, as `run` does at its start.
async fn index_missing(app: &App) -> anyhow::Result<()> {
    for folder in app.store.folders().await? {
        if let Err(e) = app.sync(&folder).await {
            eprintln!("understudy: notes in {}: {e:#}", folder.path.display());
        }
    }
    Ok(())
}

async fn connect(data: &Path) -> anyhow::Result<Option<UnixStream>> {
    let path = data.join("control.sock");
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(Some(stream)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
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
