//! The real mind: the engine, the base model and everybody's adapters.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use serde::Deserialize;
use understudy_engine::{
    AdapterId, Engine, EngineConfig, EngineError, Event, Generate, Message, Model, Role, TemplateError, Usage,
};

use super::{
    DraftSink, Mind, Situation, Template,
    prompt::{cap, render_passages, render_thread},
};
use crate::{domain::Passage, memory::Embed, people::Person};

/// Token budgets; with the instructions they stay below the smallest context of 1,024 tokens times two.
const MESSAGE_TOKENS: usize = 400;
const THREAD_TOKENS: usize = 300;
const PASSAGES_TOKENS: usize = 900;
const QUERIES_TOKENS: usize = 120;
const REPLY_TOKENS: usize = 220;
/// Instructions, names and template marks.
const FRAME_TOKENS: usize = 220;

/// JSON without optional white space: every token of it is paid for.
const QUERIES_GRAMMAR: &str = r#"root ::= "{\"queries\":[" query ("," query){0,3} "]}"
query ::= "\"" letter{2,80} "\""
letter ::= [^"\\\x00-\x1f\x7f]"#;

/// Why the mind can't answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BrainError {
    /// The engine said why.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The base model has no usable chat template.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// The engine with the models of this installation.
pub struct Brain {
    engine: Engine,
    base: Arc<Model>,
    encoder: Arc<Model>,
    queries: Template,
    reply: Template,
    grammar: Arc<str>,
    /// Token budgets scaled to the context of this installation.
    scale: f64,
    adapters: Mutex<HashMap<PathBuf, AdapterId>>,
    encoder_name: String,
    starter: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Queries {
    queries: Vec<String>,
}

impl Brain {
    /// Starts the engine and loads base and encoder.
    ///
    /// # Errors
    /// When a model file is missing or unusable, or the budget is too small.
    pub async fn start(
        config: EngineConfig,
        base: &Path,
        encoder: &Path,
        starter: Option<PathBuf>,
    ) -> Result<Self, BrainError> {
        let engine = Engine::start(config);
        let base = engine.load_model(base).await?;
        let encoder = engine.load_model(encoder).await?;
        // Fails now rather than in the first turn when the template is unknown.
        base.render(&[Message { role: Role::User, text: "hello" }])?;
        let full = FRAME_TOKENS + MESSAGE_TOKENS + THREAD_TOKENS + PASSAGES_TOKENS + REPLY_TOKENS;
        #[expect(clippy::cast_precision_loss, reason = "token counts are small")]
        let scale = (f64::from(config.context_tokens.min(base.context_tokens())) / full as f64).min(1.0);
        let encoder_name = encoder.id().to_string();
        Ok(Self {
            engine,
            base,
            encoder,
            queries: Template::parse(include_str!("../../prompts/queries.txt")),
            reply: Template::parse(include_str!("../../prompts/reply.txt")),
            grammar: QUERIES_GRAMMAR.into(),
            scale,
            adapters: Mutex::default(),
            encoder_name,
            starter,
        })
    }

    /// What the engine holds at the moment.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn usage(&self) -> Result<Usage, EngineError> {
        self.engine.usage().await
    }

    fn budget(&self, tokens: usize) -> usize {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let scaled = (tokens as f64 * self.scale) as usize;
        scaled
    }

    async fn adapter_of(&self, person: &Person) -> Result<Option<AdapterId>, EngineError> {
        let Some(path) = person.adapter.as_ref().or(self.starter.as_ref()) else { return Ok(None) };
        let known = self.adapters.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(id) = known {
            return Ok(Some(id));
        }
        let id = self.engine.add_adapter(&self.base, path).await?;
        self.adapters.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), id.clone());
        Ok(Some(id))
    }

    async fn write(
        &self,
        person: &Person,
        (system, user): &(String, String),
        max_tokens: usize,
        grammar: Option<Arc<str>>,
        sink: DraftSink<'_>,
    ) -> Result<String, BrainError> {
        let messages =
            [Message { role: Role::System, text: system }, Message { role: Role::User, text: user }];
        let request = Generate {
            model: Arc::clone(&self.base),
            adapter: self.adapter_of(person).await?,
            prompt: self.base.render(&messages)?,
            max_tokens,
            grammar,
            ignore_end: false,
        };
        let mut generation = self.engine.generate(request);
        let mut draft = String::new();
        while let Some(event) = generation.next().await {
            match event {
                Event::Text(text) => {
                    draft.push_str(&text);
                    sink(&draft);
                }
                Event::Done(finished) => return Ok(finished.text),
                Event::Failed(e) => return Err(e.into()),
            }
        }
        Err(EngineError::Stopped.into())
    }
}

#[async_trait]
impl Mind for Brain {
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError> {
        let model = Some(self.base.as_ref());
        let thread = render_thread(model, situation.thread, self.budget(THREAD_TOKENS));
        let message = cap(model, situation.message, self.budget(MESSAGE_TOKENS));
        let prompt = self.queries.fill(&[
            ("name", &situation.person.name),
            ("role", &situation.person.role),
            ("requester", situation.requester),
            ("thread", &thread),
            ("message", &message),
        ]);
        let grammar = Some(Arc::clone(&self.grammar));
        let text = self.write(situation.person, &prompt, QUERIES_TOKENS, grammar, &|_| {}).await?;
        // A text that hit the token limit is not whole JSON; the turn then searches with the message itself.
        Ok(serde_json::from_str::<Queries>(&text).map(|parsed| parsed.queries).unwrap_or_default())
    }

    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<String, BrainError> {
        let model = Some(self.base.as_ref());
        let (passages, _) = render_passages(model, passages, self.budget(PASSAGES_TOKENS));
        let thread = render_thread(model, situation.thread, self.budget(THREAD_TOKENS));
        let mut message = cap(model, situation.message, self.budget(MESSAGE_TOKENS));
        if let Some(again) = again {
            message.push_str("\n\n");
            message.push_str(again);
        }
        let prompt = self.reply.fill(&[
            ("name", &situation.person.name),
            ("role", &situation.person.role),
            ("manner", &situation.person.voice.manner),
            ("requester", situation.requester),
            ("passages", &passages),
            ("thread", &thread),
            ("message", &message),
        ]);
        self.write(situation.person, &prompt, REPLY_TOKENS, None, sink).await
    }

    fn adapter_name(&self, person: &Person) -> String {
        let name = |path: &PathBuf| {
            let folder = path.parent().and_then(Path::file_name);
            folder.map_or_else(|| "adapter".to_owned(), |name| name.to_string_lossy().into_owned())
        };
        person.adapter.as_ref().or(self.starter.as_ref()).map_or_else(|| "base".to_owned(), name)
    }
}

#[async_trait]
impl Embed for Brain {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        Ok(self.engine.embed(&self.encoder, texts).await?)
    }

    fn dimensions(&self) -> usize {
        self.encoder.width()
    }

    fn name(&self) -> &str {
        &self.encoder_name
    }
}
