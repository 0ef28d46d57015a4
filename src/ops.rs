//! What a command can ask of an installation, whether it runs already or is opened just for the command.
//!
//! `ask` goes through the same inbox, turn and outbox as every channel.

mod adapters;
mod backup;
mod learning;
mod mail;
mod slack;
mod steward;
mod tools;
mod training;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::{
    app::{App, serving},
    domain::{
        Attachment, Audience, Channel, Conversation, Inbound, InboxId, PersonId, ReaderId, Readers,
        Requester, Standing,
    },
    error::{Hint, told},
    files::FILE_MAX_BYTES,
    inbox::{Record, Stage},
    people::Person,
    store::{Accepted, NoteFolder, ReplyState, STUCK, StoreError, now},
    web::renew_sign_in_token,
};

pub use adapters::AdapterRequest;
pub use backup::{MARK, Mark, restore};
pub use learning::LearnRequest;
pub use mail::MailRequest;
pub use slack::SlackRequest;
pub use steward::Stewarding;
pub use tools::ToolRequest;
pub use training::{MOST_TOKENS, Status, TrainingRequest, Trainings, recipe_of_person};

/// A request of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// One turn; answers when its reply is delivered.
    Ask(Ask),
    /// Takes a message in; answers when it is committed.
    Post(Ask),
    /// Adds a folder or file of notes and indexes it.
    NotesAdd {
        /// Whose notes.
        person: PersonId,
        /// Absolute path.
        path: PathBuf,
        /// Who may read them.
        readers: Readers,
        /// Whether to follow changes.
        watch: bool,
    },
    /// Lists notes.
    NotesList {
        /// Whose notes.
        person: PersonId,
    },
    /// Forgets a folder or file and deletes its notes.
    NotesRemove {
        /// Whose notes.
        person: PersonId,
        /// Absolute path.
        path: PathBuf,
    },
    /// Lists the people.
    PersonList,
    /// Shows one person.
    PersonShow {
        /// Who.
        person: PersonId,
    },
    /// Lists parked messages and counts the others.
    InboxList,
    /// Makes a parked message due again.
    InboxRetry {
        /// Which.
        id: InboxId,
    },
    /// Gives a parked message up.
    InboxDrop {
        /// Which.
        id: InboxId,
    },
    /// Mail that nobody answered.
    Mail(MailRequest),
    /// Consent, intake, withdrawal, erasure.
    Learn(LearnRequest),
    /// Training, the gate, promotion and the way back.
    Training(TrainingRequest),
    /// Adapters from elsewhere, and what a person takes along.
    Adapter(AdapterRequest),
    /// Silence in Slack.
    Slack(SlackRequest),
    /// What understudies may do.
    Tools(ToolRequest),
    /// Reads the whole audit and says whether it is as it was written.
    AuditVerify,
    /// Replaces the token that signs in to the console, and answers with the new one.
    SignIn,
    /// Copies everything that can't be made anew into a new directory.
    Backup {
        /// Absolute path.
        to: PathBuf,
    },
    /// Says how the installation is.
    Health,
}

/// A question on the command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// Who is asked.
    pub person: PersonId,
    /// Who asks.
    pub from: ReaderId,
    /// The thread to continue; a new one when unset.
    pub thread: Option<String>,
    /// Makes a repeat harmless: two questions with one key are one message. A new key when unset.
    pub key: Option<String>,
    /// What is asked.
    pub text: String,
    /// Absolute paths of files that go with it.
    #[serde(default)]
    pub files: Vec<PathBuf>,
}

/// Carries out a request.
///
/// # Errors
/// A [`Hint`] for what a person can mend; otherwise the chain of what failed.
pub async fn handle(app: &App, request: Request) -> anyhow::Result<Value> {
    match request {
        Request::Ask(question) => ask(app, question).await,
        Request::Post(question) => {
            app.people.find(&question.person)?;
            let accepted = app.inbox.accept(&inbound(app, question).await?).await?;
            Ok(json!({"inbox": accepted.id(), "repeat": matches!(accepted, Accepted::Repeat(_))}))
        }
        Request::NotesAdd { person, path, readers, watch } => {
            app.people.find(&person)?;
            let folder = NoteFolder { person, path, readers, watched: watch };
            let report = app.sync(&folder).await?;
            app.store.put_folder(&folder).await?;
            app.follow_watched().await?;
            let skipped: Vec<String> =
                report.skipped.iter().map(|s| format!("{}: {}", s.source, s.why)).collect();
            Ok(json!({"summary": report.to_string(), "skipped": skipped,
                     "followed_now": watch && app.followed.is_heard()}))
        }
        Request::NotesList { person } => {
            app.people.find(&person)?;
            let notes = app.office().await?.notes.list(&person).await?;
            let rows = notes.iter().map(|note| {
                json!({"source": note.key.source, "folder": note.key.folder, "title": note.title,
                       "readers": note.readers, "chunks": note.chunks})
            });
            Ok(json!({"notes": rows.collect::<Vec<_>>()}))
        }
        Request::NotesRemove { person, path } => notes_remove(app, &person, path).await,
        Request::PersonList => {
            Ok(json!({"people": app.people.everybody().iter().map(|p| shown(app, p)).collect::<Vec<_>>()}))
        }
        Request::PersonShow { person } => {
            let person = app.people.find(&person)?;
            let mut shown = shown(app, person);
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("manner".to_owned(), json!(person.voice.manner));
                let folders = app.store.folders().await?;
                let own = folders.iter().filter(|folder| folder.person == person.id);
                fields.insert("silent_in_slack".to_owned(), json!(app.store.slack_pauses(&person.id).await?));
                fields.insert("note_folders".to_owned(), json!(own.map(|f| &f.path).collect::<Vec<_>>()));
                fields.insert("data".to_owned(), learning::shown(app, &person.id).await?);
            }
            Ok(shown)
        }
        Request::InboxList => {
            let parked = app.store.parked(200).await?;
            Ok(json!({"parked": parked, "counts": app.store.inbox_counts().await?}))
        }
        Request::Mail(request) => mail::handle(app, request).await,
        Request::InboxRetry { id } => {
            app.store.retry_parked(id, now()).await.map_err(not_parked)?;
            app.inbox.wake();
            Ok(json!({"done": format!("message {id} will be answered now")}))
        }
        Request::InboxDrop { id } => {
            app.store.drop_parked(id, now()).await.map_err(not_parked)?;
            Ok(json!({"done": format!("message {id} is dropped")}))
        }
        Request::Learn(request) => learning::handle(app, request).await,
        Request::Training(request) => training::handle(app, request).await,
        Request::Adapter(request) => adapters::handle(app, request).await,
        Request::Slack(request) => slack::handle(app, request).await,
        Request::Tools(request) => tools::handle(app, request).await,
        Request::AuditVerify => Ok(json!(app.store.verify_audit().await?)),
        Request::SignIn => Ok(json!({"token": renew_sign_in_token(&app.store).await?})),
        Request::Backup { to } => backup::back_up(app, &to).await,
        Request::Health => health(app).await,
    }
}

fn not_parked(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::NotThere(what) => {
            Hint::new(what, "see which there are with `understudy inbox list`").into()
        }
        other => other.into(),
    }
}

fn shown(app: &App, person: &Person) -> Value {
    let adapter = serving(&app.config, &app.people).of(person).name;
    json!({"id": person.id, "name": person.name, "handle": person.handle, "role": person.role,
           "owner": person.owner, "invented": person.invented, "adapter": adapter})
}

async fn notes_remove(app: &App, person: &PersonId, path: PathBuf) -> anyhow::Result<Value> {
    let known = app.store.remove_folder(person, &path).await?;
    app.follow_watched().await?;
    let notes = &app.office().await?.notes;
    // A pass that is under way would write back what is deleted here.
    let _between = app.followed.between_passes().await;
    let folder = path.to_string_lossy();
    let mut removed = 0;
    for note in notes.list(person).await? {
        let file = PathBuf::from(&note.key.folder).join(&note.key.source);
        if note.key.folder == folder || file == path {
            notes.remove(person, &note.key).await?;
            removed += 1;
        }
    }
    if removed == 0 && !known {
        let what = format!("no notes of {person} come from {folder}");
        return Err(Hint::new(what, format!("see `understudy notes list -p {person}`")).into());
    }
    Ok(json!({"removed": removed}))
}

async fn health(app: &App) -> anyhow::Result<Value> {
    let counts = app.store.inbox_counts().await?;
    let mut parts = Map::new();
    parts.insert("inbox".to_owned(), json!(counts));
    parts.insert("open_replies".to_owned(), json!(app.store.open_replies().await?));
    if let Some(office) = app.loaded_office() {
        match office.notes.health().await {
            Ok(words) => parts.insert("notes".to_owned(), json!(words)),
            // The other parts are still worth telling.
            Err(e) => parts.insert("notes_error".to_owned(), json!(told(&anyhow::Error::from(e)))),
        };
        if let Some(brain) = &office.brain {
            let usage = brain.usage().await?;
            parts.insert(
                "engine".to_owned(),
                json!({"used_mb": usage.used_bytes >> 20, "lanes": usage.lanes,
                "adapters": usage.adapters, "waiting": usage.waiting}),
            );
        }
    }
    parts.insert("uptime_s".to_owned(), json!(app.uptime().as_secs()));
    Ok(Value::Object(parts))
}

/// Sends a message through the inbox and waits for its reply.
async fn ask(app: &App, ask: Ask) -> anyhow::Result<Value> {
    let person = app.people.find(&ask.person)?;
    app.office().await?;
    let message = inbound(app, ask).await?;
    // Listen before the message is in, so that its end can't be missed.
    let mut delivered = app.delivered.subscribe();
    let mut moments = app.progress.watch();
    let id = app.inbox.accept(&message).await?.id();
    let mut look = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            got = delivered.recv() => match got {
                Ok(which) if which == id => break,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => anyhow::bail!("the program is shutting down; the message is kept and will be answered"),
            },
            moment = moments.recv() => if let Ok(moment) = moment
                && moment.inbox == id && moment.stage == Stage::Parked { break },
            // A draft that waits for its owner is never delivered, and a slow listener misses moments.
            _ = look.tick() => if has_ended(app, id).await? { break },
        }
    }
    let row = app.store.inbox_row(id).await?.context("the message vanished from the inbox")?;
    let reply = app.store.replies_to(id, id).await?.into_iter().next();
    let record = Record::of(&app.store.steps(id).await?);
    let waits = reply.as_ref().is_some_and(|reply| reply.state == ReplyState::Draft);
    let outcome = match (row.state.as_str(), waits) {
        (_, true) => "needs_approval",
        ("done", _) => row.outcome.as_str(),
        _ => "failed",
    };
    let text = match (&reply, waits) {
        (_, true) => format!("The reply waits for {}'s yes.", person.owner),
        (Some(reply), _) => reply.reply.text.clone(),
        (None, _) => format!("{STUCK}\nMessage {id}: {}\nSee `understudy inbox list`.", row.last_error),
    };
    let passages: Vec<Value> = record
        .passages
        .iter()
        .map(|p| {
            let read = record.read_of(p);
            json!({"n": p.n, "source": p.source, "title": p.title, "text": p.text, "score": p.score, "read": read})
        })
        .collect();
    let timings: Map<String, Value> =
        record.timings_ms.into_iter().map(|(step, ms)| (step, json!(ms))).collect();
    Ok(json!({
        "turn": id, "person": person.id, "adapter": record.adapter, "queries": record.queries,
        "passages": passages, "reply": text,
        "file": reply.as_ref().filter(|_| !waits).and_then(|reply| reply.reply.file.clone()),
        "cites": reply.map(|r| r.reply.cites).unwrap_or_default(),
        "actions": tools::shown(&app.store.actions(id).await?), "outcome": outcome, "timings_ms": timings,
    }))
}

async fn inbound(app: &App, ask: Ask) -> anyhow::Result<Inbound> {
    let mut attachments = Vec::new();
    for path in &ask.files {
        attachments.push(attached(app, &ask.person, path).await?);
    }
    let key = ask.key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let thread = ask.thread.unwrap_or_else(|| key.clone());
    Ok(Inbound {
        channel: Channel::Cli,
        conversation: Conversation(format!("cli:{}:{}:{thread}", ask.person, ask.from)),
        key,
        person: ask.person,
        requester: Requester { id: ask.from.clone(), name: ask.from.to_string(), standing: Standing::Member },
        audience: Audience::only(ask.from),
        text: ask.text,
        attachments,
    })
}

/// A file of a question, kept where the turn finds it.
async fn attached(app: &App, person: &PersonId, path: &Path) -> anyhow::Result<Attachment> {
    let shown = path.display();
    let failed =
        |e: std::io::Error| Hint::new(format!("can't read {shown}: {e}"), "check the path after --file");
    let size_bytes = tokio::fs::metadata(path).await.map_err(failed)?.len();
    if size_bytes > FILE_MAX_BYTES {
        let what = format!("{shown} has more than {} MB", FILE_MAX_BYTES >> 20);
        return Err(Hint::new(what, "send the part you mean").into());
    }
    let content = tokio::fs::read(path).await.map_err(failed)?;
    let (files, person) = (app.files.clone(), person.clone());
    let sha256 = tokio::task::spawn_blocking(move || files.keep(&person, &content)).await??;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Attachment { name, size_bytes, sha256, source: String::new() })
}

async fn has_ended(app: &App, id: InboxId) -> anyhow::Result<bool> {
    let Some(row) = app.store.inbox_row(id).await? else { return Ok(true) };
    let replies = app.store.replies_to(id, id).await?;
    let settled = replies.iter().all(|r| !matches!(r.state, ReplyState::Ready | ReplyState::Sending));
    Ok(matches!(row.state.as_str(), "done" | "parked" | "dropped" | "cancelled") && settled)
}
