//! The real mind: the engine, the base model and everybody's adapters.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use serde::Deserialize;
use understudy_engine::{
    AdapterId, Branch, Content, Engine, EngineConfig, EngineError, Event, Generate, Message, Model, Role,
    Score, TemplateError, Token, Usage,
};

use super::{
    Draft, DraftSink, Mind, Scene, Serving, Situation, StepMenu, Weights,
    prompts::{Filled, Prompts, QUERIES_TOKENS, REPLY_TOKENS, STEP_TOKENS, VERDICT_TOKENS},
};
use crate::{
    domain::Passage,
    memory::{Embed, Spelling},
    people::Person,
};

/// JSON without optional white space: every token of it is paid for.
const QUERIES_GRAMMAR: &str = r#"root ::= "{\"queries\":[" query ("," query){0,3} "]}"
query ::= "\"" letter{2,80} "\""
letter ::= [^"\\\x00-\x1f\x7f]"#;

const VERDICT_GRAMMAR: &str = r#"root ::= "{\"verdict\":\"" mark "\",\"quote\":\"" letter{0,300} "\",\"why\":\"" letter{2,300} "\"}"
mark ::= "ok" | "problem" | "unsure"
letter ::= [^"\\\x00-\x1f\x7f]"#;

/// What is written of a note that answers the message, and of one that doesn't.
pub const YES: &str = "yes";
/// See [`YES`].
pub const NO: &str = "no";
/// Beyond this many nats a likelihood in single precision tells nothing more.
const SUREST: f32 = 12.0;

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
    prompts: Prompts,
    queries_grammar: Arc<str>,
    verdict_grammar: Arc<str>,
    adapters: Mutex<HashMap<PathBuf, AdapterId>>,
    encoder_name: String,
    spelling: Spelling,
    serving: Serving,
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
        serving: Serving,
    ) -> Result<Self, BrainError> {
        let engine = Engine::start(config);
        let base = engine.load_model(base).await?;
        let encoder = engine.load_model(encoder).await?;
        // Fails now rather than in the first turn when the template is unknown.
        base.render(&[Message { role: Role::User, text: "hello" }])?;
        let prompts = Prompts::for_context(config.context_tokens.min(base.context_tokens()));
        let encoder_name = encoder.id().to_string();
        let spelling = Spelling::new(encoder.words());
        Ok(Self {
            engine,
            base,
            encoder,
            prompts,
            queries_grammar: QUERIES_GRAMMAR.into(),
            verdict_grammar: VERDICT_GRAMMAR.into(),
            adapters: Mutex::default(),
            encoder_name,
            spelling,
            serving,
        })
    }

    /// What the engine holds at the moment.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn usage(&self) -> Result<Usage, EngineError> {
        self.engine.usage().await
    }

    /// The base model, for its vocabulary.
    #[must_use]
    pub fn base(&self) -> &Model {
        &self.base
    }

    /// The prompts, with the budgets of this installation.
    #[must_use]
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// Negative log-likelihood of `answer` and its end after `prompt`, in nats.
    ///
    /// # Errors
    /// When the model can't run, or both do not fit the context.
    pub async fn cost(&self, weights: &Weights, prompt: &Filled, answer: &str) -> Result<f64, BrainError> {
        let mut judged = self.base.tokenize(answer, Content::Written);
        judged.push(self.base.end_token());
        let branch = Branch { given: Vec::new(), judged };
        let scores = self.score(weights, prompt.render(&self.base)?.tokens, vec![branch]).await?;
        Ok(scores.into_iter().flatten().map(|p| -f64::from(p)).sum())
    }

    async fn score(
        &self,
        weights: &Weights,
        prompt: Vec<Token>,
        branches: Vec<Branch>,
    ) -> Result<Vec<Vec<f32>>, BrainError> {
        let (model, adapter) = (Arc::clone(&self.base), self.adapter_of(weights).await?);
        Ok(self.engine.score(Score { model, adapter, prompt, branches }).await?)
    }

    /// Log-odds, in nats, that each note answers the message, as the adapter `weights` tells.
    ///
    /// # Errors
    /// When the model can't run, or a prompt does not fit the context.
    pub async fn relevance_by(
        &self,
        weights: &Weights,
        scene: &Scene<'_>,
        notes: &[String],
    ) -> Result<Vec<f32>, BrainError> {
        let render = |note: &String| self.prompts.rerank(Some(&self.base), scene, note).render(&self.base);
        let prompts = notes.iter().map(render).collect::<Result<Vec<_>, _>>()?;
        let mut prompts: Vec<Vec<Token>> = prompts.into_iter().map(|prompt| prompt.tokens).collect();
        let shared = common_beginning(&prompts);
        let Some(prompt) = prompts.first().and_then(|first| first.get(..shared)).map(<[Token]>::to_vec)
        else {
            return Ok(Vec::new());
        };
        let yes = self.base.tokenize(YES, Content::Written);
        let branch = |given: Vec<Token>| Branch { given, judged: yes.clone() };
        let branches = prompts.iter_mut().map(|prompt| branch(prompt.split_off(shared))).collect();
        let scores = self.score(weights, prompt, branches).await?;
        Ok(scores.into_iter().map(|branch| log_odds(branch.into_iter().sum())).collect())
    }

    /// Takes every adapter below `dir` out of memory.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub async fn forget_below(&self, dir: &Path) -> Result<(), EngineError> {
        let gone: Vec<AdapterId> = {
            let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
            let gone: Vec<AdapterId> =
                adapters.iter().filter(|(path, _)| path.starts_with(dir)).map(|(_, id)| id.clone()).collect();
            adapters.retain(|path, _| !path.starts_with(dir));
            // What was promoted has the same bytes at another path, and serves from there.
            gone.into_iter().filter(|id| !adapters.values().any(|kept| kept == id)).collect()
        };
        for adapter in gone {
            self.engine.remove_adapter(&adapter).await?;
        }
        Ok(())
    }

    /// Registers the adapter at its first use.
    async fn adapter_of(&self, weights: &Weights) -> Result<Option<AdapterId>, EngineError> {
        let Some(path) = &weights.adapter else { return Ok(None) };
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
        weights: &Weights,
        prompt: &Filled,
        max_tokens: usize,
        grammar: Option<Arc<str>>,
        sink: DraftSink<'_>,
    ) -> Result<String, BrainError> {
        let request = Generate {
            model: Arc::clone(&self.base),
            adapter: self.adapter_of(weights).await?,
            prompt: prompt.render(&self.base)?,
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
        let prompt = self.prompts.queries(Some(&self.base), &situation.scene());
        let grammar = Some(Arc::clone(&self.queries_grammar));
        let text = self.write(situation.weights, &prompt, QUERIES_TOKENS, grammar, &|_| {}).await?;
        // A text that hit the token limit is not whole JSON; the turn then searches with the message itself.
        Ok(serde_json::from_str::<Queries>(&text).map(|parsed| parsed.queries).unwrap_or_default())
    }

    async fn relevance(
        &self,
        situation: &Situation<'_>,
        notes: &[String],
    ) -> Result<Option<Vec<f32>>, BrainError> {
        // The base alone is the base without any help.
        match self.serving.reranker().filter(|_| situation.weights.adapter.is_some()) {
            Some(weights) => Ok(Some(self.relevance_by(&weights, &situation.scene(), notes).await?)),
            None => Ok(None),
        }
    }

    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<Draft, BrainError> {
        let message;
        let mut scene = situation.scene();
        if let Some(again) = again {
            message = format!("{}\n\n{again}", scene.message);
            scene.message = &message;
        }
        let notes: Vec<(&str, &str)> = passages.iter().map(|p| (p.title.as_str(), p.text.as_str())).collect();
        let (prompt, shown) = self.prompts.reply(Some(&self.base), &scene, &notes);
        let text = self.write(situation.weights, &prompt, REPLY_TOKENS, None, sink).await?;
        Ok(Draft { text, shown })
    }

    async fn step(
        &self,
        situation: &Situation<'_>,
        menu: StepMenu<'_>,
    ) -> Result<Option<String>, BrainError> {
        let prompt = self.prompts.step(Some(&self.base), &situation.scene(), menu.tools);
        let grammar = Some(menu.grammar.into());
        let text = self.write(situation.weights, &prompt, STEP_TOKENS, grammar, &|_| {}).await?;
        Ok(Some(text))
    }

    async fn verdict(
        &self,
        situation: &Situation<'_>,
        rules: &[Passage],
        clause: &str,
    ) -> Result<Option<String>, BrainError> {
        let notes: Vec<(&str, &str)> = rules.iter().map(|p| (p.title.as_str(), p.text.as_str())).collect();
        let prompt = self.prompts.verdict(Some(&self.base), &situation.scene(), &notes, clause);
        let grammar = Some(Arc::clone(&self.verdict_grammar));
        Ok(Some(self.write(situation.weights, &prompt, VERDICT_TOKENS, grammar, &|_| {}).await?))
    }

    fn weights(&self, person: &Person) -> Weights {
        self.serving.of(person)
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

    fn mended(&self, text: &str) -> Option<String> {
        self.spelling.mended(text)
    }
}

/// How many tokens all prompts begin with, short of each one's last.
fn common_beginning(prompts: &[Vec<Token>]) -> usize {
    let Some((first, others)) = prompts.split_first() else { return 0 };
    let most = prompts.iter().map(|prompt| prompt.len().saturating_sub(1)).min().unwrap_or(0);
    let same = |at: &usize| others.iter().all(|prompt| prompt.get(*at) == first.get(*at));
    (0..most).take_while(same).count()
}

/// The log-odds of what has this log-probability.
fn log_odds(log_probability: f32) -> f32 {
    let against = (-log_probability.exp_m1()).ln();
    (log_probability - against).clamp(-SUREST, SUREST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_symmetric_and_stay_finite() {
        assert!(log_odds(0.5_f32.ln()).abs() < 1e-6);
        assert!((log_odds(0.9_f32.ln()) + log_odds(0.1_f32.ln())).abs() < 1e-5);
        assert_eq!((log_odds(0.0), log_odds(f32::NEG_INFINITY)), (SUREST, -SUREST));
    }

    #[test]
    fn a_beginning_is_shared_up_to_each_ones_last_token() {
        assert_eq!(common_beginning(&[vec![1, 2, 3], vec![1, 2, 4, 5]]), 2);
        assert_eq!(common_beginning(&[vec![1, 2, 3], vec![1, 2, 3]]), 2);
        assert_eq!((common_beginning(&[vec![7]]), common_beginning(&[])), (0, 0));
    }
}
