//! A lane: the context of one model and adapter, and the request that runs on it.

use std::{
    cmp::Ordering,
    collections::VecDeque,
    ops::Range,
    sync::{Arc, atomic},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    AdapterId, CHUNK_TOKENS, EngineError, ModelId, StopReason, Token,
    engine::{Branch, Event, Finished, Generate, Reply, Score, Timed},
    llama::{Context, DecodeError, Grammar, Model, Outputs},
    sampling,
};

/// What a lane is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LaneKey {
    pub(crate) model: ModelId,
    pub(crate) adapter: Option<AdapterId>,
}

/// A context with the request that runs on it, if any.
pub(crate) struct Lane {
    context: Context,
    /// Prompt tokens whose keys and values are in the context, computed in whole chunks.
    cached: Vec<Token>,
    pub(crate) job: Option<Job>,
}

/// A request on its way through a lane.
pub(crate) struct Job {
    tokens: Vec<Token>,
    /// How many of the tokens are given; the rest is the answer so far.
    given_tokens: usize,
    /// Tokens that are in the context.
    position: usize,
    /// Where a prefix may be saved: the last chunk border inside the prompt's stable part.
    pub(crate) prefix_end: usize,
    reused_tokens: usize,
    started: Instant,
    waited: Duration,
    stop: Arc<atomic::AtomicBool>,
    task: Task,
}

enum Task {
    Write { events: mpsc::UnboundedSender<Event>, writing: Box<Writing> },
    Judge { reply: Reply<Vec<Vec<f32>>>, judging: Judging },
}

struct Judging {
    /// Tokens that all branches share; each branch begins anew at the last of them.
    prompt_tokens: usize,
    /// Where the judged tokens of the branch at work begin.
    judged_from: usize,
    judged: Vec<Token>,
    left: VecDeque<Branch>,
    /// Finished branches, then the one at work.
    scores: Vec<Vec<f32>>,
}

struct Writing {
    model: Arc<Model>,
    grammar: Option<Grammar>,
    max_tokens: usize,
    ignore_end: bool,
    tokens: Vec<Token>,
    text: String,
    /// Bytes of a character that is not complete yet.
    partial: Vec<u8>,
    prompt_time: Duration,
}

/// Where a lane stands after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more to do.
    Going,
    /// The stable part of the prompt is complete: a good moment to save it.
    AtPrefix,
    /// The request has ended and was answered.
    Ended,
}

impl Job {
    pub(crate) fn write(
        job: Timed<Generate>,
        events: mpsc::UnboundedSender<Event>,
    ) -> Result<Self, (EngineError, mpsc::UnboundedSender<Event>)> {
        let Timed { request, stop, since } = job;
        let grammar = match request.grammar.as_deref().map(|gbnf| Grammar::new(&request.model, gbnf)) {
            Some(Err(e)) => return Err((e.into(), events)),
            Some(Ok(grammar)) => Some(grammar),
            None => None,
        };
        let writing = Writing {
            model: request.model,
            grammar,
            max_tokens: request.max_tokens,
            ignore_end: request.ignore_end,
            tokens: Vec::new(),
            text: String::new(),
            partial: Vec::new(),
            prompt_time: Duration::ZERO,
        };
        let stable = request.prompt.prefix_tokens;
        let task = Task::Write { events, writing: Box::new(writing) };
        Ok(Self::new(request.prompt.tokens, stable, stop, since, task))
    }

    pub(crate) fn judge(job: Timed<Score>, reply: Reply<Vec<Vec<f32>>>) -> Self {
        let Timed { request: Score { prompt, branches, .. }, stop, since } = job;
        let prompt_tokens = prompt.len();
        let can_be_judged =
            |branch: &Branch| !branch.judged.is_empty() && prompt_tokens + branch.given.len() > 0;
        let all_can_be_judged = !branches.is_empty() && branches.iter().all(can_be_judged);
        let judging = Judging {
            prompt_tokens,
            judged_from: prompt_tokens,
            judged: Vec::new(),
            left: branches.into(),
            scores: Vec::new(),
        };
        let mut job = Self::new(prompt, 0, stop, since, Task::Judge { reply, judging });
        // What can't be judged is refused when it begins, like a prompt without a token.
        if !all_can_be_judged || !job.next_branch() {
            job.tokens.clear();
        }
        job
    }

    /// Puts the next branch behind the prompt; false when there is none.
    fn next_branch(&mut self) -> bool {
        let Task::Judge { judging, .. } = &mut self.task else { return false };
        let Some(Branch { given, judged }) = judging.left.pop_front() else { return false };
        self.tokens.truncate(judging.prompt_tokens);
        self.tokens.extend(given);
        judging.judged_from = self.tokens.len();
        // Nothing follows from the last one, so it is not computed.
        self.tokens.extend(judged.split_last().map_or(&[][..], |(_, before)| before));
        self.given_tokens = self.tokens.len();
        self.position = judging.fork().min(self.position);
        judging.judged = judged;
        judging.scores.push(Vec::new());
        true
    }

    fn new(
        tokens: Vec<Token>,
        stable_tokens: usize,
        stop: Arc<atomic::AtomicBool>,
        since: Instant,
        task: Task,
    ) -> Self {
        // The last token is always computed, because its logits choose the first token of the answer.
        let computable = tokens.len().saturating_sub(1);
        let prefix_end = stable_tokens.min(computable) / CHUNK_TOKENS * CHUNK_TOKENS;
        let waited = since.elapsed();
        let started = Instant::now();
        let given_tokens = tokens.len();
        Self { tokens, given_tokens, position: 0, prefix_end, reused_tokens: 0, started, waited, stop, task }
    }

    /// The longest that it becomes without what is written.
    fn longest_tokens(&self) -> usize {
        let left = match &self.task {
            Task::Judge { judging, .. } => judging.longest_left(),
            Task::Write { .. } => 0,
        };
        self.tokens.len().max(left)
    }

    pub(crate) fn prefix(&self) -> &[Token] {
        self.tokens.get(..self.prefix_end).unwrap_or_default()
    }

    fn is_stopped(&self) -> bool {
        let unheard = match &self.task {
            Task::Write { events, .. } => events.is_closed(),
            Task::Judge { reply, .. } => reply.is_closed(),
        };
        unheard || self.stop.load(atomic::Ordering::Relaxed)
    }

    /// Ends the request with an error.
    pub(crate) fn fail(self, e: EngineError) {
        match self.task {
            Task::Write { events, .. } => drop(events.send(Event::Failed(e))),
            Task::Judge { reply, .. } => drop(reply.send(Err(e))),
        }
    }
}

impl Lane {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, cached: Vec::new(), job: None }
    }

    /// Whether the request on it is past its prompt and writes.
    pub(crate) fn is_writing(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.position == job.tokens.len())
    }

    /// Whether a request on it still has prompt to compute.
    pub(crate) fn is_reading(&self) -> bool {
        self.job.is_some() && !self.is_writing()
    }

    /// Puts `job` on this free lane, keeping as much of the lane's own keys and values as fits.
    ///
    /// `saved` is the saved state of the job's prefix; it is used when it saves more than the lane itself.
    pub(crate) fn begin(&mut self, mut job: Job, saved: Option<&[u8]>) {
        let room = self.context.room_tokens();
        if job.tokens.is_empty() {
            return job.fail(EngineError::Empty);
        }
        let tokens = job.longest_tokens();
        if tokens >= room {
            return job.fail(EngineError::PromptTooLong { tokens, room: room - 1 });
        }
        let reusable = match job.task {
            Task::Write { .. } => job.tokens.len() - 1,
            Task::Judge { ref judging, .. } => judging.fork(),
        };
        let common = self.cached.iter().zip(&job.tokens).take_while(|(a, b)| a == b).count();
        let kept = common.min(reusable) / CHUNK_TOKENS * CHUNK_TOKENS;
        match saved {
            Some(state) if job.prefix_end > kept && self.context.restore(state) => {
                self.cached = job.prefix().to_vec();
                job.position = job.prefix_end;
            }
            _ => {
                self.cached.truncate(kept);
                self.context.remove_from(kept);
                job.position = kept;
            }
        }
        job.reused_tokens = job.position;
        self.job = Some(job);
    }

    /// Keys and values of the prefix that [`Step::AtPrefix`] announced.
    pub(crate) fn save(&self) -> Option<Vec<u8>> {
        self.context.save()
    }

    /// Computes the next chunk of the prompt.
    pub(crate) fn read_chunk(&mut self) -> Step {
        let Some(mut job) = self.job.take() else { return Step::Ended };
        if job.is_stopped() {
            return self.end(job, Err(EngineError::Cancelled));
        }
        let start = job.position;
        let border = ((start / CHUNK_TOKENS + 1) * CHUNK_TOKENS).min(job.tokens.len());
        let (end, outputs) = match &job.task {
            Task::Write { .. } if border == job.tokens.len() => (border, Outputs::Last),
            Task::Write { .. } => (border, Outputs::Nothing),
            Task::Judge { judging, .. } => judging.next(start, border),
        };
        let chunk = job.tokens.get(start..end).unwrap_or_default();
        if let Err(e) = self.context.decode(chunk, start, outputs, &job.stop) {
            self.context.remove_from(start);
            return self.end(job, Err(e.into()));
        }
        job.position = end;
        if end % CHUNK_TOKENS == 0 && self.cached.len() == start {
            self.cached.extend_from_slice(job.tokens.get(start..end).unwrap_or_default());
        }
        if let Task::Judge { judging, .. } = &mut job.task {
            judging.take(&self.context, start..end, outputs);
            if end == job.tokens.len() {
                if !job.next_branch() {
                    return self.end(job, Ok(StopReason::End));
                }
                self.cached.truncate(job.position / CHUNK_TOKENS * CHUNK_TOKENS);
                self.context.remove_from(job.position);
            }
        }
        let at_prefix = end == job.prefix_end;
        self.job = Some(job);
        if at_prefix { Step::AtPrefix } else { Step::Going }
    }

    /// Chooses the next token of the answer and computes what follows from it.
    pub(crate) fn write_token(&mut self) -> Step {
        let Some(mut job) = self.job.take() else { return Step::Ended };
        if job.is_stopped() {
            return self.end(job, Err(EngineError::Cancelled));
        }
        match self.advance(&mut job) {
            Ok(None) => {
                self.job = Some(job);
                Step::Going
            }
            Ok(Some(reason)) => self.end(job, Ok(reason)),
            Err(e) => self.end(job, Err(e)),
        }
    }

    fn advance(&mut self, job: &mut Job) -> Result<Option<StopReason>, EngineError> {
        let Task::Write { events, writing } = &mut job.task else {
            return Ok(Some(StopReason::End));
        };
        let logits = self.context.logits(-1).ok_or(EngineError::Failed(-1))?;
        if writing.tokens.is_empty() {
            writing.prompt_time = job.started.elapsed();
        }
        let token = match &mut writing.grammar {
            Some(grammar) => grammar.pick(logits),
            None => sampling::likeliest(logits),
        };
        let token = token.ok_or(EngineError::Failed(-1))?;
        if writing.model.is_end(token) && !writing.ignore_end {
            return Ok(Some(StopReason::End));
        }
        if let Some(grammar) = &mut writing.grammar {
            grammar.accept(token)?;
        }
        if let Some(text) = writing.push(token) {
            // A closed channel is noticed at the next step.
            events.send(Event::Text(text)).ok();
        }
        if writing.tokens.len() >= writing.max_tokens || job.position + 1 >= self.context.room_tokens() {
            return Ok(Some(StopReason::Length));
        }
        self.context.decode(&[token], job.position, Outputs::Last, &job.stop)?;
        job.position += 1;
        job.tokens.push(token);
        Ok(None)
    }

    /// Answers the request and leaves the lane ready for the next one.
    fn end(&mut self, job: Job, outcome: Result<StopReason, EngineError>) -> Step {
        self.context.remove_from(self.cached.len());
        match (outcome, job.task) {
            (Ok(reason), Task::Write { events, writing }) => {
                let decode_time = job.started.elapsed().saturating_sub(writing.prompt_time);
                let finished = Finished {
                    text: writing.text,
                    tokens: writing.tokens,
                    reason,
                    computed_tokens: job.given_tokens - job.reused_tokens,
                    reused_tokens: job.reused_tokens,
                    waited: job.waited,
                    prompt_time: writing.prompt_time,
                    decode_time,
                };
                events.send(Event::Done(Box::new(finished))).ok();
            }
            (Ok(_), Task::Judge { reply, judging }) => drop(reply.send(Ok(judging.scores))),
            (Err(e), Task::Write { events, .. }) => drop(events.send(Event::Failed(e))),
            (Err(e), Task::Judge { reply, .. }) => drop(reply.send(Err(e))),
        }
        Step::Ended
    }
}

impl Judging {
    /// Where branches part: the last shared token is computed with each of them, because its logits may be judged.
    fn fork(&self) -> usize {
        self.prompt_tokens.saturating_sub(1)
    }

    fn longest_left(&self) -> usize {
        let tokens = |branch: &Branch| self.prompt_tokens + branch.given.len() + branch.judged.len();
        self.left.iter().map(tokens).max().unwrap_or(0)
    }

    /// Where the chunk from `start` ends, at `border` at the latest, and which of its logits are needed.
    fn next(&self, start: usize, border: usize) -> (usize, Outputs) {
        // Chunks end at the fork, so that a branch is computed alike whichever came before.
        let end = if start < self.fork() { border.min(self.fork()) } else { border };
        let outputs = match end.cmp(&self.judged_from) {
            Ordering::Less => Outputs::Nothing,
            Ordering::Equal => Outputs::Last,
            Ordering::Greater => Outputs::All,
        };
        (end, outputs)
    }

    /// Takes the log-probabilities that a computed chunk tells.
    fn take(&mut self, context: &Context, chunk: Range<usize>, outputs: Outputs) {
        let Some(scores) = self.scores.last_mut() else { return };
        for at in chunk.start.max(self.judged_from.saturating_sub(1))..chunk.end {
            let row = match outputs {
                Outputs::All => i32::try_from(at - chunk.start).expect("chunks are small"),
                _ => -1,
            };
            let next = self.judged.get(at + 1 - self.judged_from).copied();
            let (Some(token), Some(logits)) = (next, context.logits(row)) else { break };
            scores.push(sampling::log_probability(logits, token).unwrap_or(f32::NEG_INFINITY));
        }
    }
}

impl Writing {
    /// Takes a token and returns the text that became complete with it.
    fn push(&mut self, token: Token) -> Option<String> {
        self.tokens.push(token);
        self.partial.extend(self.model.piece(token));
        let complete = match std::str::from_utf8(&self.partial) {
            Ok(_) => self.partial.len(),
            // An incomplete character at the end waits for its other bytes; a broken one is replaced.
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            Err(_) => self.partial.len(),
        };
        let bytes: Vec<u8> = self.partial.drain(..complete).collect();
        if bytes.is_empty() {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.text.push_str(&text);
        Some(text)
    }
}

impl From<DecodeError> for EngineError {
    fn from(e: DecodeError) -> Self {
        match e {
            DecodeError::Stopped => Self::Cancelled,
            DecodeError::Failed(code) => Self::Failed(code),
        }
    }
}
