//! What a voice note came to: the wire types of the two processes that hear.
//!
//! One process per file makes samples of it and leaves out the silence; another one, which keeps Whisper loaded,
//! sees nothing but samples. So a hostile file never shares a process with somebody else's words.

use serde::{Deserialize, Serialize};

use crate::Trouble;

/// Most bytes of a recording that is opened.
pub const SOUND_MAX_BYTES: usize = 50 * 1024 * 1024;
/// Most seconds of a recording that are heard; what follows is left out and said to be.
pub const SOUND_MAX_S: usize = 30 * 60;
/// Samples in a second of what is handed on: one channel, 16 bits, little-endian.
pub const SAMPLE_RATE_HZ: usize = 16_000;
/// Most bytes of names that Whisper is told beforehand; it looks at the last 224 tokens only.
pub const HINT_MAX_BYTES: usize = 700;

/// What became of a recording: the first line that its reader says, before the samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoded {
    /// Its samples follow.
    Sound(Sound),
    /// It could not be decoded.
    Unreadable(Trouble),
}

/// A recording without its silence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sound {
    /// How long it is, silence included.
    pub duration_s: f32,
    /// Whether there is more than [`SOUND_MAX_S`] of it.
    pub is_cut: bool,
    /// The parts in which there is something to hear, in order. Their samples follow one another.
    pub stretches: Vec<Stretch>,
}

/// A part of a recording in which there is something to hear.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Where it begins in the recording.
    pub start_s: f32,
    /// How many samples it has.
    pub samples: usize,
}

/// A job for the process that hears: this on one line, then the samples of its stretches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listen {
    /// What the samples are.
    pub sound: Sound,
    /// Names that may be said in it, [`HINT_MAX_BYTES`] at most.
    pub hint: String,
    /// How many threads may compute.
    pub threads: usize,
    /// What the encoder is given.
    pub window: Window,
}

/// What the encoder is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// As much as there is to hear.
    #[default]
    Cut,
    /// Always 30 s, as Whisper was trained; for comparison.
    Full,
}

/// What the process that hears says, each on a line of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hears {
    /// The model is loaded and the fences stand.
    Ready {
        /// Whether no file and no port can be opened.
        landlock: bool,
        /// Whether system calls are filtered.
        seccomp: bool,
    },
    /// How much of the job is done.
    Progress {
        /// Seconds of speech that were heard.
        done_s: f32,
        /// Seconds of speech in all.
        of_s: f32,
    },
    /// The job is done.
    Speech(Box<Speech>),
    /// The job failed inside Whisper; the next one may not.
    Failed(String),
}

/// What was said in a recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Speech {
    /// How long the recording is, silence included.
    pub duration_s: f32,
    /// Whether only its beginning was heard.
    pub is_cut: bool,
    /// The language, as two letters.
    pub language: String,
    /// What was said, in order; nothing when no words were heard.
    pub utterances: Vec<Utterance>,
}

/// A few words of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Where they begin.
    pub start_s: f32,
    /// Where they end.
    pub end_s: f32,
    /// The words.
    pub text: String,
    /// How sure Whisper is of them, from 0 to 1: the geometric mean of what it gave each token.
    pub confidence: f32,
}

impl Speech {
    /// All words, as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.utterances.iter().map(|said| said.text.trim()).collect::<Vec<_>>().join(" ")
    }

    /// How sure Whisper is of all of it, weighted by the length of the words; 0 when there are none.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        let letters = |said: &Utterance| f32::from(u16::try_from(said.text.len()).unwrap_or(u16::MAX));
        let all: f32 = self.utterances.iter().map(letters).sum();
        let sure: f32 = self.utterances.iter().map(|said| letters(said) * said.confidence).sum();
        if all > 0.0 { sure / all } else { 0.0 }
    }
}
