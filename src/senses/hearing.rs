//! Hearing voice notes: one child process per recording makes samples of it, another one keeps Whisper loaded.
//!
//! The one with Whisper is started by the first recording, does one job at a time, and is sent away after a while
//! without any. A recording that takes it down, or takes too long, costs that job; the next one starts it anew. What it
//! hears is not kept here.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
    time::timeout,
};
use tracing::{info, warn};
use understudy_ears::{Decoded, HINT_MAX_BYTES, Hears, Listen, Sound, Speech, Trouble, Window};

use super::{SenseError, Senses};

/// How long the child may take to load its model.
const LOADING: Duration = Duration::from_secs(60);
/// How long a job may take, and how much longer for each second of speech: a machine that trains meanwhile needs a
/// multiple of what it needs at rest.
const JOB: (Duration, f32) = (Duration::from_secs(30), 3.0);
/// How long it stays loaded without a job.
const IDLE: Duration = Duration::from_secs(300);
/// Longest line that the child says.
const LINE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What became of a recording.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It was heard.
    Speech(Box<Speech>),
    /// It could not be.
    Unheard(Trouble),
}

/// How much of a recording was heard, in seconds of speech.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// So many.
    pub done_s: f32,
    /// Of so many.
    pub of_s: f32,
}

/// Told from time to time how far hearing is.
pub type Telling<'t> = &'t (dyn Fn(Part) + Send + Sync);

/// Hears recordings, one at a time.
#[derive(Debug, Clone)]
pub struct Hearing {
    senses: Senses,
    model: Option<PathBuf>,
    threads: usize,
    idle: Duration,
    /// As [`JOB`].
    limit: (Duration, f32),
    /// The child between two jobs. Whoever holds the lock has a job; the others wait in the order they came.
    ear: Arc<Mutex<Option<Ear>>>,
}

/// The child with Whisper in it.
#[derive(Debug)]
struct Ear {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
    rested_at: Instant,
}

impl Hearing {
    /// Hears with the model in this file, or says that it can't when there is none.
    #[must_use]
    pub fn new(senses: Senses, model: Option<PathBuf>, threads: usize) -> Self {
        Self { senses, model, threads, idle: IDLE, limit: JOB, ear: Arc::default() }
    }

    /// The same, sent away after another time without a job.
    #[must_use]
    pub fn resting_after(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// The same, with another time for a job, and for each second of speech.
    #[must_use]
    pub fn within(self, limit: (Duration, f32)) -> Self {
        Self { limit, ..self }
    }

    /// The model, where there is one.
    #[must_use]
    pub fn model(&self) -> Option<&Path> {
        self.model.as_deref()
    }

    /// Hears a recording. `hint` holds names that may be said in it, so that they are written right.
    ///
    /// # Errors
    /// See [`SenseError`]; only [`SenseError::NoReader`] is worth another try.
    pub async fn hear(&self, recording: &[u8], hint: &str) -> Result<Heard, SenseError> {
        self.hear_through(recording, hint, Window::Cut, &|_| {}).await
    }

    /// The same, and tells meanwhile how far it is.
    ///
    /// # Errors
    /// As for [`Self::hear`].
    pub async fn hear_telling(
        &self,
        recording: &[u8],
        hint: &str,
        telling: Telling<'_>,
    ) -> Result<Heard, SenseError> {
        self.hear_through(recording, hint, Window::Cut, telling).await
    }

    /// The same, with the encoder's window as it is wanted; for measuring.
    ///
    /// # Errors
    /// As for [`Self::hear`].
    pub async fn hear_through(
        &self,
        recording: &[u8],
        hint: &str,
        window: Window,
        telling: Telling<'_>,
    ) -> Result<Heard, SenseError> {
        let Some(model) = &self.model else { return Ok(Heard::Unheard(Trouble::Sound)) };
        let (sound, samples) = match self.senses.decode(recording).await? {
            (Decoded::Sound(sound), samples) => (sound, samples),
            (Decoded::Unreadable(trouble), _) => return Ok(Heard::Unheard(trouble)),
        };
        if sound.stretches.is_empty() {
            return Ok(Heard::Unheard(Trouble::Silent));
        }
        let job = Listen { sound, hint: cut(hint).to_owned(), threads: free_threads(self.threads), window };
        let speech = self.work(model, &job, &samples, telling).await?;
        if speech.utterances.is_empty() {
            return Ok(Heard::Unheard(Trouble::Silent));
        }
        Ok(Heard::Speech(Box::new(speech)))
    }

    /// Has one job done, by the child that is there or by a new one.
    async fn work(
        &self,
        model: &Path,
        job: &Listen,
        samples: &[u8],
        telling: Telling<'_>,
    ) -> Result<Speech, SenseError> {
        let mut place = self.ear.lock().await;
        // Out of its place while it works: a turn that is given up in the middle drops it, which kills it, and the next
        // job never reads what this one would have said.
        let mut ear = match place.take() {
            Some(ear) => ear,
            None => Ear::start(&self.senses.program, model).await?,
        };
        let limit = self.limit.0 + Duration::from_secs_f32(speech_s(&job.sound) * self.limit.1);
        let said = match timeout(limit, ear.work(job, samples, telling)).await {
            Ok(said) => said,
            Err(_) => Err(format!("took more than {} s", limit.as_secs())),
        };
        match said {
            Ok(Hears::Speech(speech)) => {
                ear.rested_at = Instant::now();
                *place = Some(ear);
                self.send_away_later();
                Ok(*speech)
            }
            Ok(Hears::Failed(why)) => {
                warn!("Whisper failed on a recording and is started anew: {why}");
                Err(SenseError::Broken("failed".to_owned()))
            }
            Ok(_) => Err(SenseError::Broken("gave no result".to_owned())),
            Err(why) => Err(SenseError::Broken(why)),
        }
    }

    /// Ends the child when it has had no job for a while.
    fn send_away_later(&self) {
        let (idle, place) = (self.idle, Arc::downgrade(&self.ear));
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            let Some(place) = place.upgrade() else { return };
            let mut place = place.lock().await;
            // A later job has its own timer.
            if place.as_ref().is_some_and(|ear| ear.rested_at.elapsed() >= idle) {
                *place = None;
                info!("Whisper had no job for {} s and is unloaded", idle.as_secs());
            }
        });
    }

    /// The process that has Whisper loaded, if one rests now.
    pub async fn loaded(&self) -> Option<u32> {
        self.ear.lock().await.as_ref().and_then(|ear| ear.child.id())
    }
}

impl Ear {
    async fn start(program: &Path, model: &Path) -> Result<Self, SenseError> {
        let started = Instant::now();
        let mut child = Command::new(program)
            .arg("hear")
            .arg(model)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| SenseError::NoReader { program: program.to_owned(), source })?;
        let (Some(tell), Some(hear)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SenseError::Broken("began without pipes".to_owned()));
        };
        let mut ear = Self { child, tell, hear: BufReader::new(hear), rested_at: started };
        match timeout(LOADING, ear.line()).await {
            Ok(Ok(Hears::Ready { .. })) => {
                info!("Whisper is loaded after {} ms", started.elapsed().as_millis());
                Ok(ear)
            }
            Ok(Ok(_)) => Err(SenseError::Broken("began with nonsense".to_owned())),
            Ok(Err(_)) => Err(SenseError::Broken(
                "failed because the hearing model could not be loaded; fetch it again with `understudy models pull`"
                    .to_owned(),
            )),
            Err(_) => Err(SenseError::Broken(format!("took more than {} s to begin", LOADING.as_secs()))),
        }
    }

    async fn work(&mut self, job: &Listen, samples: &[u8], telling: Telling<'_>) -> Result<Hears, String> {
        let mut line = serde_json::to_vec(job).map_err(|e| format!("failed: {e}"))?;
        line.push(b'\n');
        for bytes in [&line[..], samples] {
            self.tell.write_all(bytes).await.map_err(|e| format!("broke off: {e}"))?;
        }
        self.tell.flush().await.map_err(|e| format!("broke off: {e}"))?;
        loop {
            match self.line().await? {
                Hears::Progress { done_s, of_s } => telling(Part { done_s, of_s }),
                end => return Ok(end),
            }
        }
    }

    async fn line(&mut self) -> Result<Hears, String> {
        let mut line = Vec::new();
        let mut limited = (&mut self.hear).take(LINE_MAX_BYTES);
        limited.read_until(b'\n', &mut line).await.map_err(|e| format!("failed: {e}"))?;
        if line.is_empty() {
            return Err("ended without a word".to_owned());
        }
        serde_json::from_slice(&line).map_err(|e| format!("gave no result: {e}"))
    }
}

/// How many of `most` threads find a core of their own now; at least one.
///
/// Whisper's threads wait for each other by spinning, so one that has to share a core with an answer that is being
/// written would slow down both: then one thread alone is faster, and the answer keeps its cores.
fn free_threads(most: usize) -> usize {
    // The fourth field counts who runs now, of this machine and with the one who asks.
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let running =
        load.split_ascii_whitespace().nth(3).and_then(|field| field.split('/').next()?.parse().ok());
    let others = running.map_or(0, |running: usize| running.saturating_sub(1));
    most.saturating_sub(others).max(1)
}

/// Seconds of what there is to hear.
#[expect(clippy::cast_precision_loss, reason = "half an hour of samples")]
fn speech_s(sound: &Sound) -> f32 {
    let samples: usize = sound.stretches.iter().map(|stretch| stretch.samples).sum();
    samples as f32 / understudy_ears::SAMPLE_RATE_HZ as f32
}

/// As much of a hint as Whisper takes.
fn cut(hint: &str) -> &str {
    let mut end = hint.len().min(HINT_MAX_BYTES);
    while !hint.is_char_boundary(end) {
        end -= 1;
    }
    hint.get(..end).unwrap_or_default()
}
