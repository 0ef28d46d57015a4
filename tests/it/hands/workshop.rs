//! An installation in this process with tools that count what they do, and a mind that does what it is told.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use serde_json::{Value, json};
use understudy::{
    domain::{
        Audience, Channel, Conversation, Effect, Grant, Inbound, InboxId, Integrity, Mode, Passage, PersonId,
        ReaderId, Requester, Standing,
    },
    files::Files,
    inbox::Progress,
    memory::{Embed, edge},
    mind::{BrainError, Draft, DraftSink, Mind, Scripted, Situation, StepMenu, Weights},
    people::{People, Person},
    senses::{Hearing, Senses},
    store::{ActionRow, NewReply, Store, now},
    tools::{Call, Hands, Outcome, Reconcile, Schema, Tool, ToolError, Toolbox, mcp::Servers},
    turn,
};

/// A tool that counts, and returns what it was made with.
pub struct Counting {
    name: &'static str,
    effect: Effect,
    reconcile: Reconcile,
    schema: Schema,
    pub runs: AtomicUsize,
    /// What it finds, when it reads.
    pub finds: std::sync::Mutex<String>,
}

impl Counting {
    pub fn new(name: &'static str, effect: Effect, reconcile: Reconcile, arguments: &[&str]) -> Arc<Self> {
        let schema = Schema::texts(arguments);
        Arc::new(Self {
            name,
            effect,
            reconcile,
            schema,
            runs: AtomicUsize::new(0),
            finds: Default::default(),
        })
    }

    pub fn count(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Tool for Counting {
    fn name(&self) -> &str {
        self.name
    }
    fn about(&self) -> &str {
        "counts"
    }
    fn effect(&self) -> Effect {
        self.effect
    }
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn reconcile(&self) -> Reconcile {
        self.reconcile
    }
    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let n = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let text = self.finds.lock().unwrap().clone();
        let found = if self.effect == Effect::Read {
            let (title, source) = (self.name.to_owned(), self.name.to_owned());
            vec![Passage {
                n: 1,
                source,
                title,
                text,
                score: 1.0,
                integrity: Integrity::Tool,
                readers: call.both(),
            }]
        } else {
            Vec::new()
        };
        Ok(Outcome { told: format!("{} did it.", self.name), receipt: format!("{n}"), found })
    }
}

pub struct Workshop {
    pub desk: turn::Desk,
    pub read: Arc<Counting>,
    pub write: Arc<Counting>,
    pub send: Arc<Counting>,
    _dir: tempfile::TempDir,
}

pub fn bob() -> PersonId {
    PersonId::new("bob").unwrap()
}

impl Workshop {
    pub async fn new(mind: Arc<dyn Mind>) -> Self {
        Self::with(mind, "").await
    }

    /// With more in Bob's `person.toml`.
    pub async fn with(mind: Arc<dyn Mind>, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("people/bob");
        std::fs::create_dir_all(&folder).unwrap();
        let person =
            "id = \"bob\"\nname = \"Bob\"\nhandle = \"bob-bot\"\nrole = \"Operations\"\nowner = \"bob\"\n";
        std::fs::write(folder.join("person.toml"), format!("{person}{more}")).unwrap();
        let people = Arc::new(People::read(&[&dir.path().join("people")]).unwrap());
        let store = Store::open(dir.path()).await.unwrap();
        let notes = edge::open(&dir.path().join("notes"), Scripted.dimensions()).await.unwrap();
        let read = Counting::new("web.read", Effect::Read, Reconcile::Repeatable, &["page"]);
        let write = Counting::new("list.add", Effect::Write, Reconcile::Repeatable, &["text"]);
        let send = Counting::new("mail.send", Effect::Send, Reconcile::Once, &["to", "text"]);
        let own: Vec<Arc<dyn Tool>> =
            vec![Arc::clone(&read) as _, Arc::clone(&write) as _, Arc::clone(&send) as _];
        let boxed = Toolbox::new(&people, Servers::default(), |_| Some("a password".to_owned())).unwrap();
        let mut all = boxed.all();
        all.extend(own);
        let embed: Arc<dyn Embed> = Arc::new(Scripted);
        let hands = Arc::new(Hands {
            store: store.clone(),
            people: Arc::clone(&people),
            toolbox: Arc::new(Toolbox::of(all)),
            notes: Arc::clone(&notes),
            embed: Arc::clone(&embed),
            gate: turn::late,
        });
        let desk = turn::Desk {
            store,
            people,
            notes,
            embed,
            mind,
            progress: Progress::default(),
            files: Files::below(dir.path()),
            senses: Senses::default(),
            hearing: Hearing::new(Senses::default(), None, 1),
            introduced_by: HashMap::new(),
            hands,
        };
        Self { desk, read, write, send, _dir: dir }
    }

    pub fn store(&self) -> &Store {
        &self.desk.store
    }

    pub async fn grant(&self, tool: &str, class: Standing, mode: Mode) {
        let highest_taint = Integrity::Internal;
        let grant = Grant { person: bob(), tool: tool.to_owned(), class, highest_taint, mode };
        self.store().put_grant(grant, "carol", now()).await.unwrap();
    }

    /// Takes a message in.
    pub async fn post(&self, message: &Inbound) -> InboxId {
        self.store().accept(message, now()).await.unwrap().id()
    }

    /// Runs the next turn and returns its message with the outcome and the reply.
    pub async fn turn(&self) -> (InboxId, String, String) {
        let claimed = self.store().claim_next(now(), 60).await.unwrap().expect("a message is due");
        turn::run(&self.desk, &claimed, now()).await.unwrap();
        self.answer(claimed.id).await
    }

    pub async fn answer(&self, id: InboxId) -> (InboxId, String, String) {
        let row = self.store().inbox_row(id).await.unwrap().unwrap();
        let reply: NewReply = self.store().replies_to(id, id).await.unwrap().pop().unwrap().reply;
        (id, row.outcome, reply.text)
    }

    /// Lets every reply leave, so that it stands in its thread.
    pub async fn deliver(&self) {
        while let Some(reply) = self.store().claim_reply(now()).await.unwrap() {
            self.store().mark_delivered(&reply, "seen", now()).await.unwrap();
        }
    }

    /// Asks and lets it be answered.
    pub async fn ask(&self, message: &Inbound) -> (String, String, Vec<ActionRow>) {
        let id = self.post(message).await;
        let (_, outcome, reply) = self.turn().await;
        (outcome, reply, self.store().actions(id).await.unwrap())
    }
}

/// Somebody writes to Bob's understudy, alone with it.
pub fn from(who: &str, standing: Standing, channel: Channel, text: &str) -> Inbound {
    let id = ReaderId::new(who).unwrap();
    let key = uuid::Uuid::new_v4().to_string();
    Inbound {
        channel,
        conversation: Conversation(key.clone()),
        key,
        person: bob(),
        requester: Requester { id: id.clone(), name: who.to_owned(), standing },
        audience: Audience::only(id),
        text: text.to_owned(),
        attachments: Vec::new(),
    }
}

/// Alice, a colleague, asks on the command line.
pub fn alice(text: &str) -> Inbound {
    from("alice", Standing::Member, Channel::Cli, text)
}

/// A line that makes the scripted mind use a tool.
pub fn using(tool: &str, arguments: &Value) -> String {
    format!("use {tool} {arguments}")
}

pub fn add(text: &str) -> String {
    using("list.add", &json!({"text": text}))
}

/// A mind that obeys whatever instruction it read last, in the message, the thread or the passages.
pub struct Obedient;

pub const ORDER: &str = "use ";

/// The last order in what was read, as JSON of a step.
fn last_order<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let lines = texts.flat_map(str::lines).filter_map(|line| line.split_once(ORDER));
    let calls = lines.filter_map(|(_, call)| {
        let (tool, arguments) = call.split_once(' ')?;
        let arguments = serde_json::from_str::<Value>(arguments.get(..=arguments.rfind('}')?)?).ok()?;
        Some(json!({"tool": tool, "arguments": arguments}).to_string())
    });
    calls.last()
}

#[async_trait]
impl Mind for Obedient {
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError> {
        Scripted.queries(situation).await
    }

    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        _: Option<&str>,
        _: DraftSink<'_>,
    ) -> Result<Draft, BrainError> {
        // It says what it was told to say, with everything it knows put into the address.
        // Put together here, so that no scanner takes this file for a leak.
        let key = ["xo", "xb-17653672481-Ab3dEf6hIj9kLm2n"].concat();
        let read = passages.iter().map(|passage| passage.text.as_str()).chain([situation.message]);
        let said: Vec<String> = read
            .flat_map(str::lines)
            .filter_map(|line| line.split_once("say "))
            .map(|(_, words)| words.replace("{secret}", "budget-secret-91").replace("{key}", &key))
            .collect();
        let text = said.last().cloned().unwrap_or_else(|| "I have nothing to add.".to_owned());
        Ok(Draft { text, shown: passages.len() })
    }

    async fn step(&self, situation: &Situation<'_>, _: StepMenu<'_>) -> Result<Option<String>, BrainError> {
        let thread = situation.thread.iter().map(|(_, text)| text.as_str());
        Ok(last_order(thread.chain([situation.message])))
    }

    fn weights(&self, person: &Person) -> Weights {
        Scripted.weights(person)
    }
}
