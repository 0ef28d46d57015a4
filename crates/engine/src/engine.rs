//! The handle that the rest of the program holds, and the requests it sends to the owner thread.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as sync_mpsc,
    },
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use crate::{AdapterId, EngineError, Model, Prompt, Token, owner::Owner};

/// Limits of the engine.
#[derive(Debug, Clone, Copy)]
pub struct EngineConfig {
    /// Compute threads; physical cores are right.
    pub threads: usize,
    /// Bytes for weights, adapters, contexts and prefixes together.
    pub memory_bytes: u64,
    /// Longest prompt plus answer, in tokens.
    pub context_tokens: u32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { threads, memory_bytes: 1 << 30, context_tokens: 2048 }
    }
}

/// A request for text.
#[derive(Debug, Clone)]
pub struct Generate {
    /// The base model.
    pub model: Arc<Model>,
    /// The person's adapter.
    pub adapter: Option<AdapterId>,
    /// What to continue.
    pub prompt: Prompt,
    /// Most tokens to write.
    pub max_tokens: usize,
    /// GBNF that the text must follow, with a rule `root`.
    pub grammar: Option<Arc<str>>,
    /// Writes on past end marks, for measurements that need a fixed length.
    pub ignore_end: bool,
}

/// A request for the log-probabilities of given continuations, which share a beginning that is computed once.
#[derive(Debug, Clone)]
pub struct Score {
    /// The base model.
    pub model: Arc<Model>,
    /// The person's adapter.
    pub adapter: Option<AdapterId>,
    /// What comes before all of them.
    pub prompt: Vec<Token>,
    /// What is judged.
    pub branches: Vec<Branch>,
}

/// One continuation of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// More of the prompt, for this one alone.
    pub given: Vec<Token>,
    /// What is judged.
    pub judged: Vec<Token>,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The model said so, or the grammar was complete.
    End,
    /// The limit of tokens was reached.
    Length,
}

/// A finished text with its costs.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The text.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Why it ended.
    pub reason: StopReason,
    /// Prompt tokens that were computed.
    pub computed_tokens: usize,
    /// Prompt tokens that were taken from a saved prefix or the lane itself.
    pub reused_tokens: usize,
    /// Time in the queue.
    pub waited: Duration,
    /// Time until the first token was chosen, without the queue.
    pub prompt_time: Duration,
    /// Time from the first to the last token.
    pub decode_time: Duration,
}

/// What happens to a request.
#[derive(Debug)]
pub enum Event {
    /// More text.
    Text(String),
    /// The whole text.
    Done(Box<Finished>),
    /// It ended without a text.
    Failed(EngineError),
}

/// A running request; dropping it cancels it.
#[derive(Debug)]
pub struct Generation {
    events: mpsc::UnboundedReceiver<Event>,
    cancel: Cancel,
}

/// Stops a request from any thread, at the next node of its graph.
#[derive(Debug, Clone)]
pub struct Cancel(pub(crate) Arc<AtomicBool>);

impl Cancel {
    /// Stops the request.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Generation {
    /// A handle that outlives moves of the generation.
    #[must_use]
    pub fn canceller(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Waits for the whole text.
    ///
    /// # Errors
    /// Whatever ended the request early.
    pub async fn finish(mut self) -> Result<Finished, EngineError> {
        while let Some(event) = self.next().await {
            match event {
                Event::Text(_) => {}
                Event::Done(finished) => return Ok(*finished),
                Event::Failed(e) => return Err(e),
            }
        }
        Err(EngineError::Stopped)
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// What the engine holds at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes counted against the budget.
    pub used_bytes: u64,
    /// Loaded models.
    pub models: usize,
    /// Adapters in memory.
    pub adapters: usize,
    /// Contexts.
    pub lanes: usize,
    /// Requests that wait for a lane.
    pub waiting: usize,
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

pub(crate) struct Timed<T> {
    pub(crate) request: T,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) since: Instant,
}

pub(crate) enum Command {
    LoadModel { path: std::path::PathBuf, reply: Reply<Arc<Model>> },
    AddAdapter { model: Arc<Model>, path: std::path::PathBuf, reply: Reply<AdapterId> },
    RemoveAdapter { adapter: AdapterId, reply: Reply<()> },
    Generate { job: Timed<Generate>, events: mpsc::UnboundedSender<Event> },
    Score { job: Timed<Score>, reply: Reply<Vec<Vec<f32>>> },
    Embed { model: Arc<Model>, texts: Vec<Vec<Token>>, reply: Reply<Vec<Vec<f32>>> },
    Usage { reply: Reply<Usage> },
}

/// The engine; clones share one owner thread, which ends with the last of them.
#[derive(Debug, Clone)]
pub struct Engine {
    commands: sync_mpsc::Sender<Command>,
}

impl Engine {
    /// Starts the owner thread.
    ///
    /// # Panics
    /// When the system can't start a thread.
    #[must_use]
    pub fn start(config: EngineConfig) -> Self {
        let (commands, inbox) = sync_mpsc::channel();
        std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || Owner::new(config, inbox).run())
            .expect("the system can start one more thread");
        Self { commands }
    }

    /// Loads a base or an embedding model, or returns it when its file is loaded already.
    ///
    /// # Errors
    /// When the file is no usable GGUF, or the budget is too small.
    pub async fn load_model(&self, path: &Path) -> Result<Arc<Model>, EngineError> {
        let path = path.to_owned();
        self.ask(|reply| Command::LoadModel { path, reply }).await
    }

    /// Registers an adapter; it is loaded when first used and may leave memory when unused.
    ///
    /// # Errors
    /// When the file is no LoRA adapter, or does not fit `model`.
    pub async fn add_adapter(&self, model: &Arc<Model>, path: &Path) -> Result<AdapterId, EngineError> {
        let (model, path) = (Arc::clone(model), path.to_owned());
        self.ask(|reply| Command::AddAdapter { model, path, reply }).await
    }

    /// Forgets an adapter with its contexts and prefixes; requests that run on it finish first.
    ///
    /// # Errors
    /// When it is not registered.
    pub async fn remove_adapter(&self, adapter: &AdapterId) -> Result<(), EngineError> {
        let adapter = adapter.clone();
        self.ask(|reply| Command::RemoveAdapter { adapter, reply }).await
    }

    /// Queues a request for text and returns at once.
    #[must_use]
    pub fn generate(&self, request: Generate) -> Generation {
        let (sender, events) = mpsc::unbounded_channel();
        let stop = Arc::new(AtomicBool::new(false));
        let job = Timed { request, stop: Arc::clone(&stop), since: Instant::now() };
        if let Err(refused) = self.commands.send(Command::Generate { job, events: sender })
            && let Command::Generate { events, .. } = refused.0
        {
            events.send(Event::Failed(EngineError::Stopped)).ok();
        }
        Generation { events, cancel: Cancel(stop) }
    }

    /// Natural log-probability of each judged token, branch by branch.
    ///
    /// # Errors
    /// When there is no branch, nothing is judged or stands before it, prompt and branch do not fit the context, or
    /// the adapter is unknown.
    pub async fn score(&self, request: Score) -> Result<Vec<Vec<f32>>, EngineError> {
        let stop = Arc::new(AtomicBool::new(false));
        let job = Timed { request, stop, since: Instant::now() };
        self.ask(|reply| Command::Score { job, reply }).await
    }

    /// One embedding per text, normalised to length 1; texts are cut at the model's window.
    ///
    /// # Errors
    /// When a text is empty or the engine is out of memory.
    pub async fn embed(&self, model: &Arc<Model>, texts: &[String]) -> Result<Vec<Vec<f32>>, EngineError> {
        let texts = texts.iter().map(|text| model.tokenize_marked(text)).collect();
        let model = Arc::clone(model);
        self.ask(|reply| Command::Embed { model, texts, reply }).await
    }

    /// What the engine holds at the moment.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn usage(&self) -> Result<Usage, EngineError> {
        self.ask(|reply| Command::Usage { reply }).await
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }
}
