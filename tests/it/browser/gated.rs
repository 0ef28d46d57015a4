//! An installation in this process whose mind stops at a gate before each piece of work, until the test opens it.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore, broadcast},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use understudy::{
    domain::{Channel, Integrity, Passage, PersonId, Readers},
    files::Files,
    inbox::{self, Inbox, Progress},
    memory::{Embed, Folder, edge, sync_folder},
    mind::{BrainError, Draft, DraftSink, Mind, Scripted, Situation, Weights},
    outbox::{Deliver, Outbox, Shown},
    people::{People, Person},
    senses::{Hearing, Senses},
    store::Store,
    tools::{Hands, Toolbox},
    turn,
    web::{self, Readiness, Web},
};

use crate::support::Site;

/// Lets one piece of work through for each time it is opened.
pub struct Gate(Semaphore);

impl Gate {
    pub fn open(&self) {
        self.0.add_permits(1);
    }

    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

/// The scripted mind behind a gate: it waits before its queries, before the search, and inside its draft.
struct Gated {
    gate: Arc<Gate>,
}

#[async_trait]
impl Mind for Gated {
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError> {
        self.gate.pass().await;
        Scripted.queries(situation).await
    }

    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<Draft, BrainError> {
        sink("You wr");
        self.gate.pass().await;
        Scripted.reply(situation, passages, again, sink).await
    }

    fn weights(&self, person: &Person) -> Weights {
        Scripted.weights(person)
    }
}

#[async_trait]
impl Embed for Gated {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        self.gate.pass().await;
        Scripted.embed(texts).await
    }

    fn dimensions(&self) -> usize {
        Scripted.dimensions()
    }

    fn name(&self) -> &str {
        Scripted.name()
    }
}

/// A console over one worker and one note.
pub struct Office {
    pub gate: Arc<Gate>,
    /// Where to sign in.
    pub link: String,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Office {
    /// Opens an office in which Bob's understudy knows the notes in `folder`.
    pub async fn open(site: &Site, folder: std::path::PathBuf) -> Self {
        std::fs::create_dir_all(site.data()).unwrap();
        let store = Store::open(&site.data()).await.unwrap();
        let people = Arc::new(People::read(&[&site.dir.path().join("people")]).unwrap());
        let notes = edge::open(&site.data().join("notes"), Scripted.dimensions()).await.unwrap();
        let person = PersonId::new("bob").unwrap();
        let readers = Readers::parse("everyone").unwrap();
        let folder = Folder { person, path: folder, readers, integrity: Integrity::Internal };
        sync_folder(&*notes, &Scripted, &folder, &|_| ()).await.unwrap();

        let gate = Arc::new(Gate(Semaphore::new(0)));
        let gated = Arc::new(Gated { gate: Arc::clone(&gate) });
        let (inbox, progress) = (Inbox::new(store.clone()), Progress::default());
        let (wake, stop, tasks) = (Arc::new(Notify::new()), CancellationToken::new(), TaskTracker::new());
        let hands = Hands {
            store: store.clone(),
            people: Arc::clone(&people),
            toolbox: Arc::new(Toolbox::default()),
            notes: Arc::clone(&notes) as _,
            embed: Arc::clone(&gated) as _,
            gate: understudy::turn::late,
        };
        let desk = turn::Desk {
            store: store.clone(),
            people: Arc::clone(&people),
            notes,
            embed: Arc::clone(&gated) as _,
            mind: gated,
            progress: progress.clone(),
            files: Files::below(&site.data()),
            senses: Senses::default(),
            hearing: Hearing::new(Senses::default(), None, 1),
            introduced_by: HashMap::new(),
            hands: Arc::new(hands),
        };
        tasks.spawn(inbox::work(inbox.clone(), Arc::new(desk), Arc::clone(&wake), stop.clone()));
        let outbox = Outbox {
            store: store.clone(),
            channels: [(Channel::Console, Arc::new(Shown) as Arc<dyn Deliver>)].into(),
            wake: Arc::clone(&wake),
            delivered: broadcast::channel(16).0,
        };
        let until = stop.clone();
        tasks.spawn(async move { outbox.run(until).await });

        let token = web::first_sign_in_token(&store).await.unwrap().unwrap();
        let console = Web {
            store,
            vault: understudy::learning::vault::Vault::new(&site.data()),
            files: understudy::files::Files::below(&site.data()),
            inbox,
            people,
            mailboxes: Vec::new(),
            progress,
            ready: Arc::new(|| Readiness { ready: true, parts: Vec::new() }),
            wake_outbox: wake,
            toolbox: Arc::new(Toolbox::default()),
            approved: Arc::new(Notify::new()),
            keep: Arc::new(|_| Box::pin(async { Ok(()) })),
            steward: Arc::new(crate::web::desk::NoModels),
            metrics: Arc::new(|| Box::pin(async { String::new() })),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = format!("http://{}/sign-in?token={token}", listener.local_addr().unwrap());
        let until = stop.clone();
        tasks.spawn(async move { web::serve(console, listener, until).await.unwrap() });
        Self { gate, link, stop, tasks }
    }

    pub async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
