//! Puts the parts together: the one place that sees all of them.
//!
//! A started app holds the lock of its data directory, answers messages, delivers replies and listens on its
//! control socket. Models and notes are opened when first needed, so that `inbox list` needs neither.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use async_trait::async_trait;
use tokio::sync::{Mutex, Notify, OnceCell, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};
use understudy_engine::{EngineConfig, gguf};

use crate::{
    channels::{
        email::{self, Lesson, Letterhead, Mail, Remember},
        slack::{self, Levers, Slack},
    },
    config::{Config, MindKind},
    domain::{Channel, InboxId, Integrity},
    error::{Hint, told},
    files::Files,
    inbox::{self, Inbox, Progress},
    learning::{retention, vault::Vault},
    memory::{self, Embed, Folder, Followed, NoteKind, Notes, Said, SyncReport, sync_folder},
    mind::{Brain, Mind, Scripted, Serving},
    models::{self, Catalogue},
    ops::Trainings,
    outbox::{Outbox, Shown},
    people::People,
    senses::{Hearing, Senses},
    store::{self, NoteFolder, Store},
    tools::{Hands, Toolbox, mcp},
    turn::{self, Desk},
    withheld,
};

/// Replies that leave side by side: a channel that is slow holds up no other.
const SENDERS: usize = 8;

/// The file that lies in a data directory while a backup is restored into it.
pub(crate) const RESTORING: &str = "restoring";

/// A started installation.
pub struct App {
    /// Its settings.
    pub config: Config,
    /// Its store.
    pub store: Store,
    /// Where messages come in.
    pub inbox: Inbox,
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// Files that came with messages.
    pub files: Files,
    /// Reads them.
    pub senses: Senses,
    /// Hears those that are spoken.
    pub hearing: Hearing,
    /// How far turns are.
    pub progress: Progress,
    /// Rung when a reply may leave.
    pub wake_outbox: Arc<Notify>,
    /// Tells which message's reply has been delivered.
    pub delivered: broadcast::Sender<InboxId>,
    /// The note folders whose changes are followed.
    pub followed: Arc<Followed>,
    /// Everybody's bots in Slack.
    pub slack: Arc<Slack>,
    /// Everybody's mailboxes.
    pub mail: Arc<Mail>,
    /// What understudies can do.
    pub toolbox: Arc<Toolbox>,
    /// Rung when somebody approved something.
    pub approved: Arc<Notify>,
    /// Training runs of this process.
    pub trainings: Trainings,
    /// Ends everything.
    pub stop: CancellationToken,
    tasks: TaskTracker,
    /// One reader of the list of folders at a time, so that an older list never replaces a newer one.
    listing: Mutex<()>,
    office: OnceCell<Office>,
    started: Instant,
    _lock: File,
}

/// What a turn needs beyond the store: models and notes.
pub struct Office {
    /// Writes queries and replies.
    pub mind: Arc<dyn Mind>,
    /// Turns texts into vectors.
    pub embed: Arc<dyn Embed>,
    /// The notes.
    pub notes: Arc<dyn Notes>,
    /// The engine, unless the mind is scripted.
    pub brain: Option<Arc<Brain>>,
}

/// The data directory is in use by another process.
#[derive(Debug, thiserror::Error)]
#[error("another understudy uses {}: stop it first, or set UNDERSTUDY_DATA to another directory", dir.display())]
pub struct InUse {
    dir: PathBuf,
}

impl App {
    /// Opens the data directory, takes its lock, and frees what a dead process had claimed.
    ///
    /// # Errors
    /// [`InUse`] when another process holds the lock; otherwise what could not be opened.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        if config.data.join(RESTORING).exists() {
            let what = format!("a restore into {} did not come to its end", config.data.display());
            return Err(Hint::new(what, "empty that directory and run `understudy restore` again").into());
        }
        Self::open_any(config).await
    }

    /// The same, even where a restore is under way.
    pub(crate) async fn open_any(config: Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data).map_err(|e| {
            let what = format!("can't create the data directory {}: {e}", config.data.display());
            Hint::new(
                what,
                "choose another one with UNDERSTUDY_DATA, or give this account the right to write",
            )
        })?;
        let lock = lock(&config.data)?;
        let own = config.data.join("adapters");
        let people = Arc::new(People::read(&[&config.people, &own])?);
        let store = Store::open(&config.data).await.context("open the store")?;
        inbox::recover(&store).await.context("take up unfinished messages")?;
        // We hold the lock, so whoever trained is dead; the seven days of its words count from now.
        store.free_trainings(store::now()).await.context("close trainings of a dead process")?;
        let files = Files::below(&config.data);
        files.tidy(std::time::SystemTime::now()).context("delete old files of messages")?;
        withheld::withhold_canaries(&config.canaries);
        withheld::withhold(&config.qdrant_api_key);
        // Whatever an account signs in with is a secret.
        let variable = |name: &str| std::env::var(name).ok().inspect(|secret| withheld::withhold(secret));
        let mail = Arc::new(Mail::open(&people, &config.data, store.clone(), files.clone(), variable));
        let slack =
            Arc::new(Slack::open(&people, store.clone(), files.clone(), &config.slack_api, variable)?);
        let toolbox = Toolbox::new(&people, mcp::Servers::read(&config.mcp, variable)?, variable)?
            .with(email::tools(&mail, email::OwnMailboxes::read(&people, variable)?))
            .with(slack::tools(&slack));
        let senses = Senses::default();
        let ear = model_path(&config, &config.hearing).ok();
        Ok(Self {
            hearing: Hearing::new(senses.clone(), ear, config.threads()),
            inbox: Inbox::new(store.clone()),
            slack,
            mail,
            config,
            store,
            people,
            files,
            senses,
            progress: Progress::default(),
            wake_outbox: Arc::new(Notify::new()),
            delivered: broadcast::channel(1024).0,
            followed: Arc::default(),
            toolbox: Arc::new(toolbox),
            approved: Arc::new(Notify::new()),
            trainings: Trainings::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            listing: Mutex::default(),
            office: OnceCell::new(),
            started: Instant::now(),
            _lock: lock,
        })
    }

    /// Where learned words lie.
    #[must_use]
    pub fn vault(&self) -> Vault {
        Vault::new(&self.config.data)
    }

    /// How long it has been open.
    #[must_use]
    pub fn uptime(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// Models and notes, loaded at the first call.
    ///
    /// # Errors
    /// When a model is missing or the notes can't be opened; the next call tries again.
    pub async fn office(&self) -> anyhow::Result<&Office> {
        self.office.get_or_try_init(|| Office::open(&self.config, &self.people)).await
    }

    /// Models and notes, if they are loaded.
    #[must_use]
    pub fn loaded_office(&self) -> Option<&Office> {
        self.office.get()
    }

    /// Starts answering and delivering in the background.
    ///
    /// # Errors
    /// As for [`Self::office`].
    pub async fn start_work(&self) -> anyhow::Result<()> {
        let office = self.office().await?;
        let hands = Arc::new(Hands {
            store: self.store.clone(),
            people: Arc::clone(&self.people),
            toolbox: Arc::clone(&self.toolbox),
            notes: Arc::clone(&office.notes),
            embed: Arc::clone(&office.embed),
            gate: turn::late,
        });
        let desk = Arc::new(Desk {
            store: self.store.clone(),
            people: Arc::clone(&self.people),
            notes: Arc::clone(&office.notes),
            embed: Arc::clone(&office.embed),
            mind: Arc::clone(&office.mind),
            progress: self.progress.clone(),
            files: self.files.clone(),
            senses: self.senses.clone(),
            hearing: self.hearing.clone(),
            introduced_by: [
                (Channel::Slack, Arc::clone(&self.slack) as _),
                (Channel::Mail, Arc::clone(&self.mail) as _),
            ]
            .into(),
            hands: Arc::clone(&hands),
        });
        let (approved, wake, stop) =
            (Arc::clone(&self.approved), Arc::clone(&self.wake_outbox), self.stop.clone());
        self.spawn(async move { hands.work(approved, wake, stop).await });
        for _ in 0..self.config.workers {
            let (inbox, desk) = (self.inbox.clone(), Arc::clone(&desk));
            self.spawn(inbox::work(inbox, desk, Arc::clone(&self.wake_outbox), self.stop.clone()));
        }
        let shown: Arc<dyn crate::outbox::Deliver> = Arc::new(Shown);
        let slack: Arc<dyn crate::outbox::Deliver> = Arc::clone(&self.slack) as _;
        let mail: Arc<dyn crate::outbox::Deliver> = Arc::clone(&self.mail) as _;
        let channels = [
            (Channel::Console, Arc::clone(&shown)),
            (Channel::Cli, shown),
            (Channel::Slack, slack),
            (Channel::Mail, mail),
        ];
        let outbox = Arc::new(Outbox {
            store: self.store.clone(),
            channels: channels.into(),
            wake: Arc::clone(&self.wake_outbox),
            delivered: self.delivered.clone(),
        });
        for _ in 0..SENDERS {
            let (outbox, stop) = (Arc::clone(&outbox), self.stop.clone());
            self.spawn(async move { outbox.run(stop).await });
        }
        self.spawn(retention::keep(self.store.clone(), self.vault(), store::now, self.stop.clone()));
        Ok(())
    }

    /// Starts the MCP servers.
    pub fn start_servers(&self) {
        for task in self.toolbox.servers().keep(&self.store, &self.stop) {
            self.spawn(task);
        }
    }

    /// Connects everybody who has tokens.
    pub fn start_slack(&self) {
        let levers = Levers {
            people: Arc::clone(&self.people),
            toolbox: Arc::clone(&self.toolbox),
            approved: Arc::clone(&self.approved),
            wake_outbox: Arc::clone(&self.wake_outbox),
            console: self.config.console(),
        };
        for task in self.slack.listen(&self.inbox, levers, &self.stop) {
            self.spawn(task);
        }
    }

    /// Reads the mailbox of everybody who has one.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn start_mail(&self) -> anyhow::Result<()> {
        self.mail.prepare().await.context("make the key of mail ids")?;
        let office = self.office().await?;
        let notebook =
            Arc::new(Notebook { notes: Arc::clone(&office.notes), embed: Arc::clone(&office.embed) });
        let letterhead = Letterhead { people: Arc::clone(&self.people), console: self.config.console() };
        for task in self.mail.listen(&self.inbox, &(notebook as _), &letterhead, &self.stop) {
            self.spawn(task);
        }
        Ok(())
    }

    /// Runs a task that [`Self::close`] waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Stops everything in an orderly way.
    pub async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Remembers the folders that a person.toml names, at the first start only.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn adopt_folders(&self) -> anyhow::Result<()> {
        let known = self.store.folders().await?;
        for person in self.people.everybody() {
            let adopted = format!("adopted_folders.{}", person.id);
            if self.store.setting(&adopted).await?.is_some() {
                continue;
            }
            for path in &person.note_folders {
                let path = std::path::absolute(path)?;
                if known.iter().any(|folder| folder.person == person.id && folder.path == path) {
                    continue;
                }
                let readers = person.note_readers.clone();
                let folder = NoteFolder { person: person.id.clone(), path, readers, watched: true };
                self.store.put_folder(&folder).await?;
            }
            self.store.set_setting(&adopted, "yes").await?;
        }
        Ok(())
    }

    /// Brings the notes of one folder up to date.
    ///
    /// # Errors
    /// When the folder or the notes are out of reach.
    pub async fn sync(&self, folder: &NoteFolder) -> anyhow::Result<SyncReport> {
        let office = self.office().await?;
        let folder = as_folder(folder);
        Ok(sync_folder(office.notes.as_ref(), office.embed.as_ref(), &folder, &|_| {}).await?)
    }

    /// Follows the changes of exactly the folders that the store says are watched.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn follow_watched(&self) -> anyhow::Result<()> {
        let _listing = self.listing.lock().await;
        let folders = self.store.folders().await?;
        self.followed.set(folders.iter().filter(|folder| folder.watched).map(as_folder).collect());
        Ok(())
    }

    /// Brings all folders up to date once, then follows the watched ones until the app closes.
    pub fn keep_notes_fresh(self: Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        // A command that comes during the first pass is told the truth: what it adds will be followed.
        let heard = self.followed.changes();
        async move {
            if let Err(e) = self.first_pass().await {
                warn!("Can't read the list of note folders: {e:#}");
            }
            let Some(office) = self.loaded_office() else { return };
            let (notes, embed) = (Arc::clone(&office.notes), Arc::clone(&office.embed));
            memory::keep_fresh(notes, embed, Arc::clone(&self.followed), self.stop.clone()).await;
            drop(heard);
        }
    }

    async fn first_pass(&self) -> anyhow::Result<()> {
        self.follow_watched().await?;
        for folder in self.store.folders().await? {
            let _passing = self.followed.between_passes().await;
            // It may have been given up since the list was read.
            if !self.store.folders().await?.contains(&folder) {
                continue;
            }
            match self.sync(&folder).await {
                Ok(report) => info!("Notes of {} in {}: {report}", folder.person, folder.path.display()),
                Err(e) => warn!("Notes of {} in {}: {}", folder.person, folder.path.display(), told(&e)),
            }
        }
        Ok(())
    }
}

fn as_folder(folder: &NoteFolder) -> Folder {
    Folder {
        person: folder.person.clone(),
        path: folder.path.clone(),
        readers: folder.readers.clone(),
        integrity: Integrity::Internal,
    }
}

/// Where a channel has something remembered.
struct Notebook {
    notes: Arc<dyn Notes>,
    embed: Arc<dyn Embed>,
}

#[async_trait]
impl Remember for Notebook {
    async fn remember(&self, lesson: Lesson) -> anyhow::Result<()> {
        let Lesson { person, source, title, text, readers, integrity } = lesson;
        let said = Said { person, source, title, text, readers, integrity, kind: NoteKind::Note };
        memory::remember(self.notes.as_ref(), self.embed.as_ref(), said).await
    }
}

impl Office {
    async fn open(config: &Config, people: &People) -> anyhow::Result<Self> {
        let started = Instant::now();
        let (mind, embed, brain): (Arc<dyn Mind>, Arc<dyn Embed>, _) = match config.mind {
            MindKind::Scripted => (Arc::new(Scripted), Arc::new(Scripted), None),
            MindKind::Model => {
                let brain = Arc::new(start_brain(config, people).await?);
                (Arc::clone(&brain) as _, Arc::clone(&brain) as _, Some(brain))
            }
        };
        let notes = open_notes(config, embed.dimensions()).await?;
        info!("Models and notes are ready after {} ms", started.elapsed().as_millis());
        Ok(Self { mind, embed, notes, brain })
    }
}

async fn start_brain(config: &Config, people: &People) -> anyhow::Result<Brain> {
    let base = model_path(config, &config.base)?;
    let encoder = model_path(config, &config.embedding)?;
    // A text model would load and fail at the first note.
    gguf::check_embedding(&encoder, &gguf::Header::read(&encoder)?)?;
    let serving = serving(config, people);
    Ok(Brain::start(engine_config(config), &base, &encoder, serving).await?)
}

/// The limits of this installation's engine.
#[must_use]
pub fn engine_config(config: &Config) -> EngineConfig {
    EngineConfig {
        threads: config.threads(),
        memory_bytes: config.engine_memory_mb << 20,
        context_tokens: config.engine_context_tokens,
    }
}

/// Where this installation finds adapters.
#[must_use]
pub fn serving(config: &Config, people: &People) -> Serving {
    Serving::new(config.data.join("adapters"), people.starter().map(Path::to_owned))
        .with_reranker(people.reranker().map(Path::to_owned))
}

/// The file of a model that is named by the catalogue or by its path.
///
/// # Errors
/// When it is not on this machine; the hint says how to get it.
pub fn model_path(config: &Config, name: &str) -> anyhow::Result<PathBuf> {
    let catalogue = Catalogue::embedded()?;
    let Some(entry) = catalogue.get(name) else {
        let path = PathBuf::from(name);
        if path.is_file() {
            return Ok(path);
        }
        let hint = "use a name that `understudy models list` prints, or the path of a GGUF file";
        return Err(Hint::new(format!("there is no model `{name}`"), hint).into());
    };
    models::installed(&config.models_dir(), entry).ok_or_else(|| {
        let what = format!("the model `{name}` is not in {}", config.models_dir().display());
        Hint::new(what, format!("run `understudy models pull {name}`")).into()
    })
}

async fn open_notes(config: &Config, dimensions: usize) -> anyhow::Result<Arc<dyn Notes>> {
    if config.qdrant_url.is_empty() {
        return Ok(memory::edge::open(&config.data.join("notes"), dimensions).await?);
    }
    let api_key = (!config.qdrant_api_key.is_empty()).then(|| config.qdrant_api_key.clone());
    let collection = memory::server::COLLECTION.to_owned();
    let server = memory::server::Server { url: config.qdrant_url.clone(), api_key, collection };
    Ok(memory::server::at(&server, dimensions)?)
}

fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(InUse { dir: dir.to_owned() }.into()),
        Err(TryLockError::Error(e)) => Err(e).with_context(|| format!("lock {}", path.display())),
    }
}
