//! The owner thread: the one place that computes, loads and evicts.
//!
//! Each round takes new commands, gives waiting requests a lane, then computes one step: a token for every
//! lane that writes, else a chunk of the oldest prompt, else a batch of embeddings. A writer therefore never
//! waits for more than one chunk of somebody else's prompt.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, atomic::AtomicBool, mpsc},
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use tracing::{debug, info};

use crate::{
    AdapterId, CHUNK_TOKENS, EngineConfig, EngineError, Model, ModelId, Token, Usage,
    budget::{Ledger, Over},
    engine::{Command, Event, Reply},
    gguf::{self, Header},
    lane::{Job, Lane, LaneKey, Step},
    llama::{self, Adapter, Context, ContextShape},
    prefix::{PrefixKey, PrefixStore, tokens_hash},
};

/// Tokens of one embedding batch, and the window that texts are cut at.
const EMBED_BATCH_TOKENS: u32 = 512;
/// Texts of one embedding batch.
const EMBED_BATCH_TEXTS: usize = 8;
/// Scratch memory of a context beside its keys and values, measured on the 135M base.
const SCRATCH_BYTES: u64 = 24 << 20;

/// Something that holds bytes of the budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Holding {
    Model(ModelId),
    Adapter(AdapterId),
    Lane(LaneKey),
    Prefix(PrefixKey),
}

/// An adapter that may be asked for, in memory or not.
struct Registered {
    model: Arc<Model>,
    path: PathBuf,
    bytes: u64,
    resident: Option<Rc<Adapter>>,
}

struct Waiting {
    key: LaneKey,
    model: Arc<Model>,
    job: Job,
}

struct Embedding {
    model: Arc<Model>,
    texts: Vec<Vec<Token>>,
    done: Vec<Vec<f32>>,
    reply: Reply<Vec<Vec<f32>>>,
}

/// State of the owner thread.
pub(crate) struct Owner {
    config: EngineConfig,
    commands: mpsc::Receiver<Command>,
    ledger: Ledger<Holding>,
    models: HashMap<PathBuf, Arc<Model>>,
    adapters: HashMap<AdapterId, Registered>,
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes with a request, in the order they got it.
    busy: Vec<LaneKey>,
    encoders: HashMap<ModelId, Context>,
    prefixes: PrefixStore,
    waiting: VecDeque<Waiting>,
    embeddings: VecDeque<Embedding>,
}

impl Owner {
    pub(crate) fn new(config: EngineConfig, commands: mpsc::Receiver<Command>) -> Self {
        Self {
            config,
            commands,
            ledger: Ledger::new(config.memory_bytes),
            models: HashMap::new(),
            adapters: HashMap::new(),
            lanes: HashMap::new(),
            busy: Vec::new(),
            encoders: HashMap::new(),
            prefixes: PrefixStore::default(),
            waiting: VecDeque::new(),
            embeddings: VecDeque::new(),
        }
    }

    /// Works until the last handle is gone.
    pub(crate) fn run(mut self) {
        llama::init();
        loop {
            if self.is_idle() {
                match self.commands.recv() {
                    Ok(command) => self.take(command),
                    Err(mpsc::RecvError) => return,
                }
            }
            while let Ok(command) = self.commands.try_recv() {
                self.take(command);
            }
            self.admit();
            if !self.write_round() && !self.read_one() {
                self.embed_one();
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.busy.is_empty() && self.waiting.is_empty() && self.embeddings.is_empty()
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::LoadModel { path, reply } => drop(reply.send(self.load_model(&path))),
            Command::AddAdapter { model, path, reply } => {
                drop(reply.send(self.add_adapter(model, path)));
            }
            Command::RemoveAdapter { adapter, reply } => drop(reply.send(self.remove_adapter(&adapter))),
            Command::Generate { job, events } => {
                let model = Arc::clone(&job.request.model);
                let key = LaneKey { model: model.id().clone(), adapter: job.request.adapter.clone() };
                match Job::write(job, events) {
                    Ok(job) => self.waiting.push_back(Waiting { key, model, job }),
                    Err((e, events)) => drop(events.send(Event::Failed(e))),
                }
            }
            Command::Score { job, reply } => {
                let model = Arc::clone(&job.request.model);
                let key = LaneKey { model: model.id().clone(), adapter: job.request.adapter.clone() };
                self.waiting.push_back(Waiting { key, model, job: Job::judge(job, reply) });
            }
            Command::Embed { model, texts, reply } => {
                self.embeddings.push_back(Embedding { model, texts, done: Vec::new(), reply });
            }
            Command::Usage { reply } => drop(reply.send(Ok(Usage {
                used_bytes: self.ledger.used_bytes(),
                models: self.models.len(),
                adapters: self.adapters.values().filter(|a| a.resident.is_some()).count(),
                lanes: self.lanes.len(),
                waiting: self.waiting.len(),
            }))),
        }
    }

    fn load_model(&mut self, path: &Path) -> Result<Arc<Model>, EngineError> {
        if let Some(model) = self.models.get(path) {
            return Ok(Arc::clone(model));
        }
        let started = Instant::now();
        let header = Header::read(path)?;
        let encodes = gguf::check_embedding(path, &header).is_ok();
        if !encodes {
            gguf::check_base(path, &header)?;
        }
        self.make_room(header.size_bytes)?;
        let id = ModelId(file_hash(path)?.into());
        let bytes = header.size_bytes;
        drop(llama::recent_error());
        let model = Model::load(path, id.clone(), header)
            .ok_or_else(|| EngineError::Refused { path: path.to_owned(), why: llama::recent_error() })?;
        let model = Arc::new(model);
        self.hold(Holding::Model(id.clone()), bytes, started.elapsed());
        // The rest of the program tokenises with it, so it never leaves by itself.
        self.ledger.pin(&Holding::Model(id));
        self.models.insert(path.to_owned(), Arc::clone(&model));
        let millis = started.elapsed().as_millis();
        info!(bytes, millis, "Loaded a model of {bytes} bytes in {millis} ms");
        Ok(model)
    }

    fn add_adapter(&mut self, model: Arc<Model>, path: PathBuf) -> Result<AdapterId, EngineError> {
        let header = Header::read(&path)?;
        gguf::check_adapter(&path, &header, model.header())?;
        let id = AdapterId(file_hash(&path)?.into());
        let bytes = header.size_bytes;
        // The same bytes at another path: the file that was looked at last is the one to load again.
        let found = self.adapters.entry(id.clone()).and_modify(|known| known.path.clone_from(&path));
        found.or_insert(Registered { model, path, bytes, resident: None });
        Ok(id)
    }

    fn remove_adapter(&mut self, id: &AdapterId) -> Result<(), EngineError> {
        let unknown = || EngineError::UnknownAdapter(id.clone());
        let registered = self.adapters.remove(id).ok_or_else(unknown)?;
        let key = LaneKey { model: registered.model.id().clone(), adapter: Some(id.clone()) };
        // A lane at work keeps its own reference to the adapter and goes when its request has ended.
        if !self.busy.contains(&key) {
            self.let_go(&Holding::Lane(key));
        }
        for prefix in self.prefixes.of_adapter(id) {
            self.let_go(&Holding::Prefix(prefix));
        }
        self.ledger.forget(&Holding::Adapter(id.clone()));
        Ok(())
    }

    /// Gives waiting requests their lane, oldest first; one that must wait does not hold up other people's.
    fn admit(&mut self) {
        for _ in 0..self.waiting.len() {
            let Some(next) = self.waiting.pop_front() else { return };
            if self.busy.contains(&next.key) {
                self.waiting.push_back(next);
                continue;
            }
            match self.ready_lane(&next.key, &next.model) {
                Ok(()) => self.begin(next),
                // Somebody else's request will free memory when it ends.
                Err(EngineError::OutOfBudget { .. }) if !self.busy.is_empty() => {
                    self.waiting.push_back(next);
                }
                Err(e) => next.job.fail(e),
            }
        }
    }

    fn begin(&mut self, next: Waiting) {
        let prefix_key = self.prefix_key(&next.key, &next.job);
        let holding = Holding::Lane(next.key.clone());
        let Some(lane) = self.lanes.get_mut(&next.key) else { return next.job.fail(EngineError::Failed(-1)) };
        let saved = prefix_key.as_ref().and_then(|key| self.prefixes.get(key));
        if let (Some(key), true) = (&prefix_key, saved.is_some()) {
            self.ledger.touch(&Holding::Prefix(key.clone()));
        }
        lane.begin(next.job, saved);
        if lane.job.is_some() {
            self.ledger.touch(&holding);
            self.ledger.pin(&holding);
            self.busy.push(next.key);
        }
    }

    fn prefix_key(&self, lane: &LaneKey, job: &Job) -> Option<PrefixKey> {
        (job.prefix_end > 0).then(|| PrefixKey {
            model: lane.model.clone(),
            adapter: lane.adapter.clone(),
            chunk_tokens: chunk_tokens(),
            context_tokens: self.config.context_tokens,
            threads: self.threads(),
            tokens_hash: tokens_hash(job.prefix()),
            tokens: job.prefix_end,
        })
    }

    /// Makes sure that the lane `key` exists.
    fn ready_lane(&mut self, key: &LaneKey, model: &Arc<Model>) -> Result<(), EngineError> {
        if let Some(id) = &key.adapter
            && !self.adapters.contains_key(id)
        {
            return Err(EngineError::UnknownAdapter(id.clone()));
        }
        if self.lanes.contains_key(key) {
            return Ok(());
        }
        let adapter = key.adapter.as_ref().map(|id| self.resident(id)).transpose()?;
        let tokens = self.config.context_tokens.min(model.context_tokens());
        let bytes = u64::from(tokens) * model.kv_bytes_per_token() + SCRATCH_BYTES;
        self.make_room(bytes)?;
        let started = Instant::now();
        let shape = ContextShape {
            tokens,
            chunk: chunk_tokens(),
            sequences: 1,
            threads: self.threads(),
            embeddings: false,
        };
        let context = Context::new(Arc::clone(model), adapter, shape).ok_or(EngineError::Failed(-1))?;
        self.lanes.insert(key.clone(), Lane::new(context));
        self.hold(Holding::Lane(key.clone()), bytes, started.elapsed());
        Ok(())
    }

    fn resident(&mut self, id: &AdapterId) -> Result<Rc<Adapter>, EngineError> {
        let registered = self.adapters.get(id).ok_or_else(|| EngineError::UnknownAdapter(id.clone()))?;
        if let Some(adapter) = &registered.resident {
            self.ledger.touch(&Holding::Adapter(id.clone()));
            return Ok(Rc::clone(adapter));
        }
        let (model, path, bytes) = (Arc::clone(&registered.model), registered.path.clone(), registered.bytes);
        self.make_room(bytes)?;
        let started = Instant::now();
        // Another file may lie there by now, and it was not checked against the base.
        if file_hash(&path)? != *id.0 {
            let why = "the file has changed since it was checked".to_owned();
            return Err(EngineError::Refused { path, why });
        }
        drop(llama::recent_error());
        let adapter = Adapter::load(&model, &path)
            .ok_or_else(|| EngineError::Refused { path, why: llama::recent_error() })?;
        let adapter = Rc::new(adapter);
        if let Some(registered) = self.adapters.get_mut(id) {
            registered.resident = Some(Rc::clone(&adapter));
        }
        self.hold(Holding::Adapter(id.clone()), bytes, started.elapsed());
        Ok(adapter)
    }

    fn write_round(&mut self) -> bool {
        let writing: Vec<LaneKey> = self
            .busy
            .iter()
            .filter(|key| self.lanes.get(*key).is_some_and(Lane::is_writing))
            .cloned()
            .collect();
        for key in &writing {
            if let Some(lane) = self.lanes.get_mut(key)
                && lane.write_token() == Step::Ended
            {
                self.release(key);
            }
        }
        !writing.is_empty()
    }

    fn read_one(&mut self) -> bool {
        let Some(key) =
            self.busy.iter().find(|key| self.lanes.get(*key).is_some_and(Lane::is_reading)).cloned()
        else {
            return false;
        };
        let started = Instant::now();
        let Some(lane) = self.lanes.get_mut(&key) else { return false };
        match lane.read_chunk() {
            Step::Going => {}
            Step::AtPrefix => self.save_prefix(&key, started.elapsed()),
            Step::Ended => self.release(&key),
        }
        true
    }

    fn save_prefix(&mut self, key: &LaneKey, chunk_time: Duration) {
        let Some(lane) = self.lanes.get(key) else { return };
        let Some(prefix_key) = lane.job.as_ref().and_then(|job| self.prefix_key(key, job)) else { return };
        if self.prefixes.has(&prefix_key) {
            return;
        }
        let Some(state) = lane.save() else { return };
        let bytes = state.len() as u64;
        if self.make_room(bytes).is_err() {
            debug!(bytes, "No room for a prefix of {bytes} bytes");
            return;
        }
        let chunks = u32::try_from(prefix_key.tokens / CHUNK_TOKENS).unwrap_or(1);
        self.prefixes.put(prefix_key.clone(), state);
        self.hold(Holding::Prefix(prefix_key), bytes, chunk_time * chunks);
    }

    /// Frees the lane of a request that has ended.
    fn release(&mut self, key: &LaneKey) {
        self.busy.retain(|busy| busy != key);
        self.ledger.unpin(&Holding::Lane(key.clone()));
        if key.adapter.as_ref().is_some_and(|id| !self.adapters.contains_key(id)) {
            self.let_go(&Holding::Lane(key.clone()));
        }
    }

    fn embed_one(&mut self) {
        let Some(mut work) = self.embeddings.pop_front() else { return };
        if work.reply.is_closed() {
            return;
        }
        match self.embed_batch(&mut work) {
            Ok(()) if work.done.len() < work.texts.len() => self.embeddings.push_front(work),
            Ok(()) => drop(work.reply.send(Ok(work.done))),
            Err(e) => drop(work.reply.send(Err(e))),
        }
    }

    fn embed_batch(&mut self, work: &mut Embedding) -> Result<(), EngineError> {
        let window = work.model.context_tokens().min(EMBED_BATCH_TOKENS) as usize;
        let mut batch: Vec<Vec<Token>> = Vec::new();
        let mut tokens = 0;
        for text in work.texts.iter().skip(work.done.len()).take(EMBED_BATCH_TEXTS) {
            if text.is_empty() {
                return Err(EngineError::Empty);
            }
            let text = cut_text(text, window);
            if tokens + text.len() > window && !batch.is_empty() {
                break;
            }
            tokens += text.len();
            batch.push(text);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let context = self.encoder(&work.model)?;
        let rows = context.embed(&batch, &AtomicBool::new(false))?;
        work.done.extend(rows.into_iter().map(normalised));
        Ok(())
    }

    fn encoder(&mut self, model: &Arc<Model>) -> Result<&mut Context, EngineError> {
        if !self.encoders.contains_key(model.id()) {
            let window = model.context_tokens().min(EMBED_BATCH_TOKENS);
            let shape = ContextShape {
                tokens: window,
                chunk: window,
                sequences: u32::try_from(EMBED_BATCH_TEXTS).expect("a small constant"),
                threads: self.threads(),
                embeddings: true,
            };
            let context = Context::new(Arc::clone(model), None, shape).ok_or(EngineError::Failed(-1))?;
            self.encoders.insert(model.id().clone(), context);
        }
        self.encoders.get_mut(model.id()).ok_or(EngineError::Failed(-1))
    }

    fn threads(&self) -> i32 {
        i32::try_from(self.config.threads.clamp(1, 256)).expect("clamped")
    }

    fn hold(&mut self, holding: Holding, bytes: u64, cost: Duration) {
        self.ledger.hold(holding, bytes, cost);
    }

    /// Lets idle things go until `bytes` more fit.
    fn make_room(&mut self, bytes: u64) -> Result<(), EngineError> {
        let going = self.ledger.make_room(bytes).map_err(|Over { needed_bytes, limit_bytes }| {
            EngineError::OutOfBudget { needed_mb: needed_bytes >> 20, limit_mb: limit_bytes >> 20 }
        })?;
        for holding in &going {
            self.let_go(holding);
        }
        Ok(())
    }

    fn let_go(&mut self, holding: &Holding) {
        match holding {
            Holding::Model(_) => {}
            Holding::Lane(key) => drop(self.lanes.remove(key)),
            Holding::Prefix(key) => self.prefixes.remove(key),
            Holding::Adapter(id) => {
                if let Some(registered) = self.adapters.get_mut(id) {
                    registered.resident = None;
                }
            }
        }
        self.ledger.forget(holding);
    }
}

fn chunk_tokens() -> u32 {
    u32::try_from(CHUNK_TOKENS).expect("a small constant")
}

/// Cuts a text at the window, keeping its last token, which marks the end.
fn cut_text(text: &[Token], window: usize) -> Vec<Token> {
    match (text.get(..window.saturating_sub(1)), text.last()) {
        (Some(head), Some(end)) if text.len() > window => head.iter().chain([end]).copied().collect(),
        _ => text.to_vec(),
    }
}

fn normalised(mut row: Vec<f32>) -> Vec<f32> {
    let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|x| *x /= length);
    }
    row
}

fn file_hash(path: &Path) -> Result<String, EngineError> {
    let unreadable =
        |source: io::Error| EngineError::Unreadable { path: path.to_owned(), source: Arc::new(source) };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(unreadable)?;
        if n == 0 {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}
