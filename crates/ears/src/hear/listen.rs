//! Samples as words, by Whisper: one job at a time, each without a memory of the one before.

use std::io::{BufRead, Read, Write};

use anyhow::{Context, ensure};
use understudy_ears::{
    HINT_MAX_BYTES, Hears, Listen, SAMPLE_RATE_HZ, SOUND_MAX_S, Speech, Stretch, Utterance, Window,
};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState, get_lang_str,
};

use super::silence;

/// Longest line that announces a job.
const LINE_MAX_BYTES: u64 = 1024 * 1024;
/// What Whisper takes at once: its window is 30 s, and the end of a window is heard badly.
const WINDOW_SAMPLES: usize = 28 * SAMPLE_RATE_HZ;
/// Steps of the encoder per second of sound.
const STEPS_PER_S: usize = 50;
/// Steps of the encoder for its whole window.
const STEPS_MAX: usize = 1_500;
/// Steps behind the last sound: without them the decoder does not notice that it ends.
const STEPS_BEHIND: usize = 64;
/// Fewest steps; with less, short words are heard as others.
const STEPS_MIN: usize = 256;
/// Whisper hears nothing in less than a second, so silence is put behind what is shorter.
const SHORTEST: usize = SAMPLE_RATE_HZ + SAMPLE_RATE_HZ / 10;
/// Surer than this that nobody speaks, and as unsure of the words, it made them up.
const NOBODY: f32 = 0.6;
/// Less sure than this of a window that was cut, it hears it once more with all of its window.
const DOUBTFUL: f32 = 0.4;

/// Whisper with its model.
pub(crate) struct Ear {
    model: WhisperContext,
    state: WhisperState,
}

impl Ear {
    /// Loads a model.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn load(model: &[u8]) -> anyhow::Result<Self> {
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::new();
        // Flash attention rounds the encoder's window up to whole blocks, and what fills the last one is left over from
        // the job before: words of one person would colour those of another.
        parameters.use_gpu(false).flash_attn(false);
        let model =
            WhisperContext::new_from_buffer_with_params(model, parameters).context("load the model")?;
        let state = model.create_state().context("make room for the model")?;
        Ok(Self { model, state })
    }

    fn hear(&mut self, job: &Listen, samples: &[f32], say: &mut dyn FnMut(&Hears)) -> anyhow::Result<Speech> {
        let mut speech = Speech {
            duration_s: job.sound.duration_s,
            is_cut: job.sound.is_cut,
            language: String::new(),
            utterances: Vec::new(),
        };
        let mut done = 0;
        for window in silence::windows(samples, WINDOW_SAMPLES) {
            if window.len() < SAMPLE_RATE_HZ / 10 {
                continue;
            }
            for mut said in self.window(job, window)? {
                said.start_s = in_recording(&job.sound.stretches, seconds(done) + said.start_s);
                said.end_s = in_recording(&job.sound.stretches, seconds(done) + said.end_s);
                speech.utterances.push(said);
            }
            done += window.len();
            if done < samples.len() {
                say(&Hears::Progress { done_s: seconds(done), of_s: seconds(samples.len()) });
            }
        }
        let language = get_lang_str(self.state.full_lang_id_from_state());
        language.unwrap_or("en").clone_into(&mut speech.language);
        Ok(speech)
    }

    /// The words of one window; a cut one that leaves doubt is heard again with all of Whisper's window.
    fn window(&mut self, job: &Listen, samples: &[f32]) -> anyhow::Result<Vec<Utterance>> {
        let steps = match job.window {
            Window::Full => STEPS_MAX,
            Window::Cut => steps(samples.len()),
        };
        let said = self.pass(job, samples, steps)?;
        let is_doubtful = said.is_empty() || said.iter().any(|s| s.confidence < DOUBTFUL || repeats(&s.text));
        if is_doubtful && steps < STEPS_MAX { self.pass(job, samples, STEPS_MAX) } else { Ok(said) }
    }

    fn pass(&mut self, job: &Listen, samples: &[f32], steps: usize) -> anyhow::Result<Vec<Utterance>> {
        let mut given = FullParams::new(SamplingStrategy::Greedy { best_of: 2 });
        given.set_n_threads(i32::try_from(job.threads.clamp(1, 64)).unwrap_or(1));
        given.set_audio_ctx(i32::try_from(steps).unwrap_or(0));
        given.set_language(Some(if self.model.is_multilingual() { "auto" } else { "en" }));
        // Nobody's words are the context of somebody else's.
        given.set_no_context(true);
        given.set_suppress_nst(true);
        given.set_print_progress(false);
        given.set_print_timestamps(false);
        given.set_print_realtime(false);
        given.set_print_special(false);
        // A cut window is heard once; what is doubtful gets the whole window and other tries.
        given.set_temperature_inc(if steps < STEPS_MAX { 0.0 } else { 0.2 });
        let hint: String = job.hint.chars().filter(|c| !c.is_control()).collect();
        if !hint.is_empty() {
            given.set_initial_prompt(&hint);
        }
        let mut longer;
        let mut samples = samples;
        if samples.len() < SHORTEST {
            longer = samples.to_vec();
            longer.resize(SHORTEST, 0.0);
            samples = &longer;
        }
        self.state.full(given, samples).context("hear")?;
        Ok(self.said(seconds(samples.len())))
    }

    /// What Whisper wrote, without what it made up where nobody speaks.
    fn said(&self, length_s: f32) -> Vec<Utterance> {
        let end_of_text = self.model.token_eot();
        let mut said = Vec::new();
        for segment in self.state.as_iter() {
            let Ok(text) = segment.to_str_lossy() else { continue };
            let tokens = (0..segment.n_tokens()).filter_map(|n| segment.get_token(n));
            let sure: Vec<f32> = tokens
                .filter(|token| token.token_id() < end_of_text)
                .map(|token| token.token_probability().max(1e-6).ln())
                .collect();
            #[expect(clippy::cast_precision_loss, reason = "a few hundred tokens")]
            let confidence = (sure.iter().sum::<f32>() / sure.len().max(1) as f32).exp();
            let made_up = segment.no_speech_probability() > NOBODY && confidence < NOBODY;
            let text = text.trim();
            if made_up || !text.chars().any(char::is_alphanumeric) || is_a_sound(text) {
                continue;
            }
            let at = |hundredths: i64| {
                #[expect(clippy::cast_precision_loss, reason = "hundredths of a minute")]
                let seconds = hundredths as f32 / 100.0;
                seconds.clamp(0.0, length_s)
            };
            said.push(Utterance {
                start_s: at(segment.start_timestamp()),
                end_s: at(segment.end_timestamp()),
                text: text.to_owned(),
                confidence,
            });
        }
        said
    }
}

/// Steps of the encoder for what there is to hear, in whole blocks of its matrix products.
fn steps(samples: usize) -> usize {
    let steps = samples * STEPS_PER_S / SAMPLE_RATE_HZ + STEPS_BEHIND;
    (steps.next_multiple_of(64)).clamp(STEPS_MIN, STEPS_MAX)
}

/// Whether a text is a loop, which Whisper falls into: the same four words three times in a row.
fn repeats(text: &str) -> bool {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .collect();
    (1..=8).any(|length| {
        let times = if length < 3 { 5 } else { 3 };
        words.windows(length * times).any(|run| {
            let (first, rest) = run.split_at_checked(length).unwrap_or((run, &[]));
            rest.chunks(length).all(|again| again == first)
        })
    })
}

/// Whether a text only names a sound, such as `[BLANK_AUDIO]` or `(wind)`.
fn is_a_sound(text: &str) -> bool {
    let inner = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    inner('[', ']').or_else(|| inner('(', ')')).is_some_and(|inner| !inner.contains(['[', '(']))
}

fn seconds(samples: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "half an hour of samples")]
    let samples = samples as f32;
    #[expect(clippy::cast_precision_loss, reason = "a constant")]
    let rate = SAMPLE_RATE_HZ as f32;
    samples / rate
}

/// Where in the recording a second of what was handed on is.
fn in_recording(stretches: &[Stretch], at_s: f32) -> f32 {
    let mut before = 0.0;
    for (n, stretch) in stretches.iter().enumerate() {
        let length = seconds(stretch.samples);
        if at_s < before + length || n + 1 == stretches.len() {
            return stretch.start_s + (at_s - before).min(length);
        }
        before += length;
    }
    at_s
}

/// Does job after job until its parent closes standard input.
///
/// # Errors
/// When a job breaks the protocol, which only a broken parent does.
pub(crate) fn serve(ear: &mut Ear) -> anyhow::Result<()> {
    let mut jobs = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    loop {
        let mut line = String::new();
        if jobs.by_ref().take(LINE_MAX_BYTES).read_line(&mut line).context("read a job")? == 0 {
            return Ok(());
        }
        let job: Listen = serde_json::from_str(&line).context("understand a job")?;
        let count: usize = job.sound.stretches.iter().map(|stretch| stretch.samples).sum();
        ensure!(count <= SOUND_MAX_S * SAMPLE_RATE_HZ, "a job of {count} samples is too long");
        ensure!(job.hint.len() <= HINT_MAX_BYTES, "a hint of {} bytes is too long", job.hint.len());
        let mut bytes = vec![0; count * 2];
        jobs.read_exact(&mut bytes).context("read samples")?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let samples: Vec<f32> =
            pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0).collect();
        drop(bytes);
        let heard = ear.hear(&job, &samples, &mut |progress| {
            // A parent that is gone is noticed when the result is written.
            say(&mut out, progress).ok();
        });
        let answer = match heard {
            Ok(speech) => Hears::Speech(Box::new(speech)),
            Err(e) => Hears::Failed(format!("{e:#}")),
        };
        say(&mut out, &answer)?;
    }
}

/// Says one object on a line of its own.
pub(crate) fn say(out: &mut impl Write, what: &Hears) -> anyhow::Result<()> {
    let line = serde_json::to_string(what)?;
    writeln!(out, "{line}").and_then(|()| out.flush()).context("say what was heard")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_told_from_speech() {
        for text in
            ["no no no no no no", "and so on, and so on. And so on,", "I see. I see. I see. I see. I see."]
        {
            assert!(repeats(text), "{text}");
        }
        for text in ["no no, it is fine", "the rent is due and the rent is high", ""] {
            assert!(!repeats(text), "{text}");
        }
    }

    #[test]
    fn times_are_those_of_the_recording() {
        let stretch = |start_s: f32, seconds: usize| Stretch { start_s, samples: seconds * SAMPLE_RATE_HZ };
        let stretches = [stretch(2.0, 3), stretch(60.0, 4)];
        for (at_s, wanted) in [(0.0, 2.0), (2.5, 4.5), (3.5, 60.5), (7.0, 64.0), (9.0, 64.0)] {
            assert!((in_recording(&stretches, at_s) - wanted).abs() < 1e-3, "{at_s}");
        }
    }

    #[test]
    fn names_of_sounds_are_no_words() {
        assert!(is_a_sound("[BLANK_AUDIO]") && is_a_sound("(wind blowing)"));
        assert!(!is_a_sound("(a) is fine (b)") && !is_a_sound("is it open?"));
    }

    #[test]
    fn the_encoder_gets_what_there_is_to_hear() {
        let of = |seconds: usize| steps(seconds * SAMPLE_RATE_HZ);
        assert_eq!((of(1), of(7), of(28), of(60)), (256, 448, 1472, 1500));
    }
}
