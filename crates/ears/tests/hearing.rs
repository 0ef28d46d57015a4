//! Recordings of every kind, whole and broken, through the real program; what is said in them, by the real model.

#![allow(clippy::indexing_slicing, missing_docs, reason = "tests")]

mod voice;

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use understudy_ears::{Decoded, Hears, Listen, Sound, Speech, Trouble, Window};
use voice::{CONTAINERS, converted, spoken};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_understudy-ears"));
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Where `make test` has put the model.
fn model() -> PathBuf {
    let dir = std::env::var_os("UNDERSTUDY_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy/models"),
        PathBuf::from,
    );
    let model = dir.join("ggml-tiny.en.bin");
    assert!(model.is_file(), "no {}: `make test` pulls it", model.display());
    model
}

/// What the program makes of a recording; `None` when it died of it.
fn decoded(bytes: &[u8]) -> Option<(Decoded, Vec<u8>)> {
    let mut child = program().args(["read", "sound"]).spawn().unwrap();
    let mut tell = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let telling = std::thread::spawn(move || tell.write_all(&bytes).ok());
    let output = child.wait_with_output().unwrap();
    telling.join().unwrap();
    let mut said = output.status.success().then_some(output.stdout)?;
    let samples = said.split_off(said.iter().position(|b| *b == b'\n')? + 1);
    Some((serde_json::from_slice(&said).unwrap(), samples))
}

fn sound(bytes: &[u8]) -> (Sound, Vec<u8>) {
    match decoded(bytes) {
        Some((Decoded::Sound(sound), samples)) => (sound, samples),
        other => panic!("{:?}", other.map(|(what, _)| what)),
    }
}

struct Ear {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Ear {
    fn start() -> Self {
        let mut child = program().arg("hear").arg(model()).spawn().unwrap();
        let (tell, hear) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut ear = Self { child, tell, hear };
        assert!(matches!(ear.line(), Hears::Ready { .. }));
        ear
    }

    fn line(&mut self) -> Hears {
        let mut line = String::new();
        self.hear.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    /// On one thread: two that share a busy core wait for each other.
    fn hears(&mut self, (sound, samples): (Sound, Vec<u8>), hint: &str) -> Speech {
        let job = Listen { sound, hint: hint.to_owned(), threads: 1, window: Window::Cut };
        writeln!(self.tell, "{}", serde_json::to_string(&job).unwrap()).unwrap();
        self.tell.write_all(&samples).unwrap();
        self.tell.flush().unwrap();
        loop {
            match self.line() {
                Hears::Progress { .. } => {}
                Hears::Speech(speech) => return *speech,
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn every_container_is_decoded_to_the_same_sound() {
    let wav = spoken("The fair opens on Friday at nine.", 150);
    let (whole, samples) = sound(&wav);
    assert!(samples.len() > 16_000, "{}", samples.len());
    for container in CONTAINERS {
        let (sound, _) = sound(&converted(&wav, container));
        assert!((sound.duration_s - whole.duration_s).abs() < 0.2, "{}: {sound:?}", container.name);
        assert_eq!(sound.stretches.len(), whole.stretches.len(), "{}", container.name);
    }
}

#[test]
fn words_are_heard_and_a_hint_gets_names_right_more_often() {
    let names = ["Demetrios", "Eudora", "Zephyrine", "Quillon", "Ostrava", "Halvard"];
    let mut ear = Ear::start();
    let (mut plain, mut hinted) = (0, 0);
    for name in names {
        let sound = sound(&spoken(&format!("Please ask {name} to sign the contract today."), 140));
        let without = ear.hears(sound.clone(), "");
        let with = ear.hears(sound, &format!("{}.", names.join(", ")));
        assert!(with.text().to_lowercase().contains("contract"), "{}", with.text());
        assert_eq!(with.language, "en");
        plain += usize::from(without.text().contains(name));
        hinted += usize::from(with.text().contains(name));
    }
    println!("names right: {plain} of {} without the hint, {hinted} with it", names.len());
    assert!(hinted > plain, "{hinted} of {plain}");
}

#[test]
fn a_job_leaves_no_trace_in_the_next_one() {
    let mut ear = Ear::start();
    let asked = sound(&spoken("How long is the notice period in the lease, and who has to sign it?", 170));
    let first = ear.hears(asked.clone(), "");
    let other =
        sound(&spoken("Seventeen yellow bicycles were delivered to the harbour on Monday afternoon.", 130));
    ear.hears(other, "bicycles, harbour.");
    assert_eq!(ear.hears(asked, ""), first);
}

/// Bytes that look like noise and are the same in every run.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A WAV header that promises `data_bytes` of 16-bit sound.
fn wav_head(channels: u16, rate_hz: u32, data_bytes: u32) -> Vec<u8> {
    let mut head = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0".to_vec();
    head.extend(channels.to_le_bytes());
    head.extend(rate_hz.to_le_bytes());
    head.extend((rate_hz.wrapping_mul(u32::from(channels) * 2)).to_le_bytes());
    head.extend((channels.wrapping_mul(2)).to_le_bytes());
    head.extend(b"\x10\0data");
    head.extend(data_bytes.to_le_bytes());
    head
}

/// At least fifty recordings that are not what they should be.
fn malformed() -> Vec<(String, Vec<u8>)> {
    let wav = spoken("The fair opens on Friday.", 150);
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for container in CONTAINERS {
        let whole = converted(&wav, container);
        let name = container.name;
        for part in [3, 10, 50, 90] {
            all.push((format!("{part} % of {name}"), whole[..whole.len() * part / 100].to_vec()));
        }
        let mut holes = whole.clone();
        for (n, byte) in noise(7, holes.len()).into_iter().enumerate().filter(|(n, _)| n % 9 == 0 && *n > 16)
        {
            holes[n] = byte;
        }
        all.push((format!("{name} with noise in it"), holes));
        let mut head = whole.clone();
        head[8..64].fill(0xff);
        all.push((format!("{name} with a broken head"), head));
        all.push((format!("the magic of {name} and noise"), [&whole[..12], &noise(3, 40_000)].concat()));
    }
    for (seed, length) in [(1, 1), (2, 100), (3, 100_000)] {
        all.push((format!("{length} random bytes"), noise(seed, length)));
    }
    all.push(("nothing".to_owned(), Vec::new()));
    all.push(("text".to_owned(), b"this is voice.wav, I swear".to_vec()));
    all.push(("a picture".to_owned(), [&b"\x89PNG\r\n\x1a\n"[..], &noise(4, 500)].concat()));
    all.push(("AMR".to_owned(), [&b"#!AMR\n"[..], &noise(5, 500)].concat()));
    for (channels, rate_hz) in [(0, 16_000), (65_535, 16_000), (1, 0), (1, u32::MAX), (2, 1)] {
        let head = wav_head(channels, rate_hz, u32::MAX);
        all.push((format!("{channels} channels at {rate_hz} Hz"), [head, noise(6, 5_000)].concat()));
    }
    all.push(("two gigabytes promised".to_owned(), wav_head(1, 16_000, u32::MAX / 2)));
    all
}

#[test]
fn at_least_fifty_malformed_recordings_end_in_a_word_and_the_next_one_is_heard() {
    let all = malformed();
    assert!(all.len() >= 50, "{}", all.len());
    let (mut heard, mut died) = (0, 0);
    for (name, bytes) in &all {
        match decoded(bytes) {
            Some((Decoded::Sound(sound), samples)) => {
                heard += 1;
                let told: usize = sound.stretches.iter().map(|stretch| stretch.samples).sum();
                assert_eq!(told * 2, samples.len(), "{name}");
            }
            Some((Decoded::Unreadable(trouble), _)) => {
                let (why, next) = trouble.words();
                assert!(!why.is_empty() && !next.is_empty(), "{name}");
            }
            None => died += 1,
        }
    }
    println!("{} malformed recordings: something left to hear in {heard}, {died} processes died", all.len());
    assert!(!sound(&spoken("Still here.", 150)).0.stretches.is_empty());
}

#[test]
fn three_hours_of_silence_are_cut_and_named() {
    let hours = voice::ffmpeg(
        &["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "10800"],
        None,
        &["-c:a", "flac"],
        "flac",
    );
    let (sound, samples) = sound(&hours);
    assert!(sound.is_cut && sound.stretches.is_empty() && samples.is_empty(), "{sound:?}");
    assert_eq!(decoded(&[]).unwrap().0, Decoded::Unreadable(Trouble::Empty));
}

#[test]
fn the_process_that_hears_can_not_get_out() {
    let output = program().arg("check").arg(model()).output().unwrap();
    let last = output.stdout.rsplit(|b| *b == b'\n').next().unwrap();
    let checked: serde_json::Value = serde_json::from_slice(last).unwrap();
    println!("{checked}");
    if checked["seccomp"].as_bool().unwrap() {
        assert_eq!(checked["could"], serde_json::json!([]));
    }
}
