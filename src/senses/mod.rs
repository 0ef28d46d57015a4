//! Reading what strangers send, in child processes that may die of it.
//!
//! A mail or a document that takes its reader down with it costs one process; the next one is read by a new one.
//! Nothing is kept here.

mod hearing;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::Semaphore,
    time::timeout,
};
use understudy_ears::{Decoded, Letter, Opened, Reading};

pub use hearing::{Heard, Hearing, Part, Telling};

/// How long one mail or document may take.
const CLOCK: Duration = Duration::from_secs(20);
/// How long it may take to make samples of a recording.
const DECODING_CLOCK: Duration = Duration::from_secs(90);
/// Most bytes that a reader may say: half an hour of samples are 58 million.
const SAID_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Fewest and most readers at the same time; between them two for each core, because one waits for its start and for
/// the disk as long as it computes.
const READERS: (usize, usize) = (4, 16);

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SenseError {
    /// It is over a limit; the words say which.
    #[error("{0}")]
    OverLimit(String),
    /// Its reader died, hung or spoke nonsense.
    #[error("reading it {0}")]
    Broken(String),
    /// No reader could be started, which says nothing about the file.
    #[error("can't start {}: {source}; build it with `cargo build --workspace`, it belongs beside `understudy`", program.display())]
    NoReader {
        /// What was to be started.
        program: PathBuf,
        /// Why it was not.
        source: std::io::Error,
    },
}

/// How well a reader is fenced in on this machine.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Fences {
    /// Whether the kernel keeps it from files and ports.
    pub landlock: bool,
    /// Whether the kernel filters its calls.
    pub seccomp: bool,
    /// What it could do all the same.
    pub could: Vec<String>,
}

/// Starts a reader for each file, a few at a time.
#[derive(Debug, Clone)]
pub struct Senses {
    program: PathBuf,
    readers: usize,
    seats: Arc<Semaphore>,
}

impl Default for Senses {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let readers = (2 * cores).clamp(READERS.0, READERS.1);
        Self { program: beside_us(), readers, seats: Arc::new(Semaphore::new(readers)) }
    }
}

/// The reader's program lies beside ours; a test's own program lies one folder deeper.
fn beside_us() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let mut folder = own.parent().map(PathBuf::from).unwrap_or_default();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder.join("understudy-ears")
}

impl Senses {
    /// The same readers, started from another program.
    #[must_use]
    pub fn started_from(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// The program that readers are started from.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// How many mails are read at the same time.
    #[must_use]
    pub fn side_by_side(&self) -> usize {
        self.readers
    }

    /// Reads a mail in a process of its own.
    ///
    /// # Errors
    /// See [`SenseError`]; only [`SenseError::NoReader`] is worth another try.
    pub async fn read_mail(&self, mail: &[u8]) -> Result<Letter, SenseError> {
        match parsed(&self.run(&["read", "mail"], mail).await?)? {
            Reading::Letter(letter) => Ok(*letter),
            Reading::OverLimit(why) => Err(SenseError::OverLimit(why)),
        }
    }

    /// Reads a document in a process of its own; what it is, is told by its content.
    ///
    /// # Errors
    /// See [`SenseError`]; only [`SenseError::NoReader`] is worth another try.
    pub async fn read_document(&self, document: &[u8]) -> Result<Opened, SenseError> {
        parsed(&self.run(&["read", "document"], document).await?)
    }

    /// The content of the `n`th file of a mail, counted from 0 as in [`Letter::enclosures`].
    ///
    /// # Errors
    /// See [`SenseError`]; only [`SenseError::NoReader`] is worth another try.
    pub async fn enclosure(&self, mail: &[u8], n: usize) -> Result<Vec<u8>, SenseError> {
        self.run(&["read", "enclosure", &n.to_string()], mail).await
    }

    /// The domains that have signed a mail, among those whose `keys` (text records by name) are given.
    ///
    /// # Errors
    /// See [`SenseError`]; only [`SenseError::NoReader`] is worth another try.
    pub async fn signers(
        &self,
        mail: &[u8],
        keys: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, SenseError> {
        let mut input = serde_json::to_vec(keys).map_err(|e| SenseError::Broken(e.to_string()))?;
        input.push(b'\n');
        input.extend_from_slice(mail);
        parsed(&self.run(&["read", "signers"], &input).await?)
    }

    /// Lets a reader try to get out.
    ///
    /// # Errors
    /// See [`SenseError`].
    pub async fn check(&self) -> Result<Fences, SenseError> {
        parsed(&self.run(&["check"], &[]).await?)
    }

    /// Lets the process that hears try to get out; its model is loaded before its fences close.
    ///
    /// # Errors
    /// See [`SenseError`].
    pub async fn check_hearing(&self, model: &Path) -> Result<Fences, SenseError> {
        parsed(&self.run(&["check", &model.to_string_lossy()], &[]).await?)
    }

    /// Makes samples of a recording, in a process of its own; those of what there is to hear follow what it is.
    async fn decode(&self, recording: &[u8]) -> Result<(Decoded, Vec<u8>), SenseError> {
        let mut said = self.run_within(DECODING_CLOCK, &["read", "sound"], recording).await?;
        let end = said.iter().position(|byte| *byte == b'\n').unwrap_or(said.len());
        let decoded = serde_json::from_slice(said.get(..end).unwrap_or_default());
        let decoded = decoded.map_err(|e| SenseError::Broken(format!("gave no result: {e}")))?;
        said.drain(..said.len().min(end + 1));
        if let Decoded::Sound(sound) = &decoded
            && Some(said.len())
                != sound
                    .stretches
                    .iter()
                    .try_fold(0_usize, |sum, stretch| sum.checked_add(stretch.samples.checked_mul(2)?))
        {
            return Err(SenseError::Broken("gave fewer samples than it said".to_owned()));
        }
        Ok((decoded, said))
    }

    async fn run(&self, task: &[&str], bytes: &[u8]) -> Result<Vec<u8>, SenseError> {
        self.run_within(CLOCK, task, bytes).await
    }

    async fn run_within(&self, clock: Duration, task: &[&str], bytes: &[u8]) -> Result<Vec<u8>, SenseError> {
        let _seat = self.seats.acquire().await;
        let mut child = Command::new(&self.program)
            .args(task)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| SenseError::NoReader { program: self.program.clone(), source })?;
        let said = match timeout(clock, converse(&mut child, bytes)).await {
            Ok(said) => said,
            Err(_) => Err(format!("took more than {} s", clock.as_secs())),
        };
        said.map_err(SenseError::Broken)
    }
}

/// The object on the last line.
fn parsed<T: DeserializeOwned>(said: &[u8]) -> Result<T, SenseError> {
    let last = said.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice(last).map_err(|e| SenseError::Broken(format!("gave no result: {e}")))
}

/// Hands the file over and takes what is said, both at once: a pipe holds little.
async fn converse(child: &mut Child, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (Some(mut tell), Some(hear)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("began without pipes".to_owned());
    };
    let telling = async move {
        // A reader that refuses a file stops listening before its end, and says so.
        tell.write_all(bytes).await.ok();
        drop(tell);
    };
    let hearing = async move {
        let mut said = Vec::new();
        hear.take(SAID_MAX_BYTES).read_to_end(&mut said).await.map(|_| said)
    };
    let ((), said) = tokio::join!(telling, hearing);
    let said = said.map_err(|e| format!("failed: {e}"))?;
    let ended = child.wait().await.map_err(|e| format!("failed: {e}"))?;
    if ended.success() { Ok(said) } else { Err(format!("ended with {ended}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_is_read_by_another_process() {
        let mail = b"From: Alice <alice@example.com>\r\nTo: bob-bot@example.com\r\nSubject: =?utf-8?q?F=C3=A4ir?=\r\n\
            Content-Type: text/html\r\n\r\n<p>Is it open?</p><p style='display:none'>secret</p><p hidden>more</p>";
        let letter = Senses::default().read_mail(mail).await.unwrap();
        assert_eq!((letter.subject.as_str(), letter.text.as_str()), ("F\u{e4}ir", "Is it open?"));
        assert_eq!(letter.recipients, ["bob-bot@example.com"]);
    }

    #[tokio::test]
    async fn f17_a_bomb_of_nested_mails_ends_in_the_child() {
        let level = "Content-Type: message/rfc822\r\n\r\n";
        let told = Senses::default().read_mail(level.repeat(40_000).as_bytes()).await.unwrap_err();
        assert!(matches!(told, SenseError::OverLimit(_)), "{told}");
        // Written so that counting the words does not find it: the process has to survive or die alone.
        let disguised = "Content-Type: message/(x)rfc822\r\n\r\n".repeat(100_000);
        let read = Senses::default().read_mail(disguised.as_bytes()).await;
        assert!(!matches!(read, Err(SenseError::NoReader { .. })), "{read:?}");
        let parts = "--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n".repeat(100_000);
        let bomb = format!("From: a@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{parts}");
        assert!(Senses::default().read_mail(bomb.as_bytes()).await.is_err());
        assert!(Senses::default().read_mail(b"From: a@example.com\r\n\r\nstill here").await.is_ok());
    }
}
