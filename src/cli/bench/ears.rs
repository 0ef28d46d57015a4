//! Hearing against pywhispercpp on the same model, threads and recordings; documents; and what hearing costs an answer.
//!
//! What is said are sentences of the demo people's notes, spoken by espeak-ng: no recording of a person is needed, and
//! words are counted wrong on both sides alike.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use understudy_ears::Window;
use understudy_engine::{Content, Engine, EngineConfig, Generate, Model, Prompt};

use super::median;
use crate::{
    app::model_path,
    config::Config,
    error::Hint,
    senses::{Heard, Hearing, Senses},
};

const PEER: &str = include_str!("peer_whisper.py");
/// Words a minute of the voice: somebody who speaks calmly.
const PACE: &str = "150";
/// Words of a short recording, so that it stays below ten seconds.
const SHORT_WORDS: std::ops::RangeInclusive<usize> = 5..=20;
/// Words of a long one, about 45 seconds.
const LONG_WORDS: usize = 110;
/// Long recordings.
const LONG: usize = 6;
/// Answers that are tried beside hearing.
const ROUNDS_MOST: usize = 30;
/// Pages of the documents, and words of each.
const PAGES: usize = 5;
const PAGE_WORDS: usize = 450;

/// A recording and what is said in it.
struct Clip {
    path: PathBuf,
    words: Vec<String>,
    seconds: f64,
}

/// What one side made of all recordings.
#[derive(Default)]
struct Side {
    took_s: Vec<f64>,
    wrong_words: usize,
}

impl Side {
    fn take(&mut self, clip: &Clip, took_s: f64, text: &str) {
        self.took_s.push(took_s);
        self.wrong_words += distance(&clip.words, &words(text));
    }
}

pub(super) async fn run(config: &Config, peer: Option<&Path>, spoken_words: usize) -> anyhow::Result<Value> {
    let dir = std::env::temp_dir().join(format!("understudy-bench-ears-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = measure(config, peer, spoken_words, &dir).await;
    std::fs::remove_dir_all(&dir)?;
    measured
}

async fn measure(
    config: &Config,
    peer: Option<&Path>,
    spoken_words: usize,
    dir: &Path,
) -> anyhow::Result<Value> {
    let model = model_path(config, &config.hearing)?;
    let threads = config.threads();
    let hearing = Hearing::new(Senses::default(), Some(model.clone()), threads);
    let mut peer = match peer {
        Some(python) => Some(Peer::start(python, &model, threads).await?),
        None => None,
    };
    let sentences = sentences(&config.people)?;
    let short = short_clips(dir, &sentences, spoken_words)?;
    let long = long_clips(dir, &sentences)?;
    // The first recording loads the model and is not counted.
    let first = short.first().context("there is nothing to say in the notes")?;
    hear(&hearing, first, Window::Cut).await?;
    let of_short = compare(&hearing, &mut peer, &short, true).await?;
    let of_long = compare(&hearing, &mut peer, &long, false).await?;
    Ok(json!({
        "bench": "ears", "threads": threads, "short": of_short, "long": of_long,
        "documents": documents(&sentences).await?,
        "answers": answers(config, &hearing, &long).await?,
    }))
}

/// Hears every recording on both sides, each first in turn.
async fn compare(
    hearing: &Hearing,
    peer: &mut Option<Peer>,
    clips: &[Clip],
    also_full: bool,
) -> anyhow::Result<Value> {
    let (mut ours, mut full, mut theirs) = (Side::default(), Side::default(), Side::default());
    for (n, clip) in clips.iter().enumerate() {
        let peer_first = n % 2 == 1;
        if let (Some(peer), true) = (peer.as_mut(), peer_first) {
            let (took_s, text) = peer.hear(clip).await?;
            theirs.take(clip, took_s, &text);
        }
        let (took_s, text) = hear(hearing, clip, Window::Cut).await?;
        ours.take(clip, took_s, &text);
        if let (Some(peer), false) = (peer.as_mut(), peer_first) {
            let (took_s, text) = peer.hear(clip).await?;
            theirs.take(clip, took_s, &text);
        }
        if also_full {
            let (took_s, text) = hear(hearing, clip, Window::Full).await?;
            full.take(clip, took_s, &text);
        }
    }
    let seconds: f64 = clips.iter().map(|clip| clip.seconds).sum();
    let spoken: usize = clips.iter().map(|clip| clip.words.len()).sum();
    let side = |side: &Side| {
        (!side.took_s.is_empty()).then(|| {
            json!({
                "real_time_factor": side.took_s.iter().sum::<f64>() / seconds,
                "word_error_rate": side.wrong_words as f64 / spoken as f64,
            })
        })
    };
    // Recording by recording: what slows the machine down for a while slows both.
    let ratios: Vec<f64> = ours.took_s.iter().zip(&theirs.took_s).map(|(own, other)| own / other).collect();
    let of_seven: Vec<f64> = (clips.iter().zip(&ours.took_s))
        .filter(|(clip, _)| (6.0..8.0).contains(&clip.seconds))
        .map(|(_, took)| *took)
        .collect();
    Ok(json!({
        "recordings": clips.len(), "seconds": seconds, "words": spoken,
        "ours": side(&ours), "ours_with_the_full_window": side(&full), "peer": side(&theirs),
        "ratio": (!ratios.is_empty()).then(|| median(&ratios)),
        "note_of_7_s": (!of_seven.is_empty()).then(|| json!({"s": median(&of_seven), "notes": of_seven.len()})),
    }))
}

async fn hear(hearing: &Hearing, clip: &Clip, window: Window) -> anyhow::Result<(f64, String)> {
    let recording = std::fs::read(&clip.path)?;
    let began = Instant::now();
    let heard = hearing.hear_through(&recording, "", window, &|_| {}).await?;
    let took_s = began.elapsed().as_secs_f64();
    let text = match heard {
        Heard::Speech(speech) => {
            speech.utterances.into_iter().map(|one| one.text).collect::<Vec<_>>().join(" ")
        }
        Heard::Unheard(_) => String::new(),
    };
    Ok((took_s, text))
}

/// pywhispercpp with its model loaded.
struct Peer {
    _child: Child,
    tell: ChildStdin,
    hear: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    async fn start(python: &Path, model: &Path, threads: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(python)
            .args(["-c", PEER])
            .arg(model)
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start the peer {}", python.display()))?;
        let tell = child.stdin.take().context("the peer has no input")?;
        let mut hear = BufReader::new(child.stdout.take().context("the peer has no output")?).lines();
        if hear.next_line().await?.as_deref() != Some("ready") {
            let what = format!("{} has no pywhispercpp", python.display());
            return Err(Hint::new(what, "make it a Python with `pip install pywhispercpp`").into());
        }
        Ok(Self { _child: child, tell, hear })
    }

    async fn hear(&mut self, clip: &Clip) -> anyhow::Result<(f64, String)> {
        #[derive(Deserialize)]
        struct Said {
            s: f64,
            text: String,
        }
        self.tell.write_all(format!("{}\n", clip.path.display()).as_bytes()).await?;
        let line = self.hear.next_line().await?.context("the peer has ended")?;
        let Said { s, text } = serde_json::from_str(&line).context("read what the peer says")?;
        Ok((s, text))
    }
}

/// The sentences of everybody's notes, in the order of their files.
fn sentences(people: &Path) -> anyhow::Result<Vec<String>> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(people)
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|end| end == "md") && !path.ends_with("README.md"))
        .collect();
    files.sort();
    let mut sentences = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        let prose = text.lines().filter(|line| line.starts_with(char::is_alphabetic));
        for line in prose {
            let line = line.split_inclusive(". ").map(str::trim).filter(|sentence| sentence.len() > 10);
            sentences.extend(line.map(str::to_owned));
        }
    }
    Ok(sentences)
}

fn short_clips(dir: &Path, sentences: &[String], spoken_words: usize) -> anyhow::Result<Vec<Clip>> {
    let mut clips = Vec::new();
    let mut spoken = 0;
    for sentence in sentences.iter().filter(|sentence| SHORT_WORDS.contains(&words(sentence).len())) {
        if spoken >= spoken_words {
            break;
        }
        let clip = clip(dir, &format!("short-{}", clips.len()), sentence)?;
        // What is long all the same, because of figures, is no short recording.
        if clip.seconds < 10.0 {
            spoken += clip.words.len();
            clips.push(clip);
        }
    }
    anyhow::ensure!(spoken >= spoken_words, "the notes have only {spoken} words to say");
    Ok(clips)
}

fn long_clips(dir: &Path, sentences: &[String]) -> anyhow::Result<Vec<Clip>> {
    let mut texts = vec![String::new()];
    for sentence in sentences.iter().rev() {
        if texts.last().is_some_and(|text| words(text).len() >= LONG_WORDS) {
            if texts.len() == LONG {
                break;
            }
            texts.push(String::new());
        }
        if let Some(text) = texts.last_mut() {
            text.push_str(sentence);
            text.push(' ');
        }
    }
    texts.iter().enumerate().map(|(n, text)| clip(dir, &format!("long-{n}"), text)).collect()
}

/// Has a text spoken into a file of 16,000 samples a second, which neither side has to convert.
fn clip(dir: &Path, name: &str, text: &str) -> anyhow::Result<Clip> {
    let path = dir.join(format!("{name}.wav"));
    let missing = |program: &str| {
        Hint::new(format!("{program} can't be run, and the recordings are made with it"), "install it")
    };
    let mut voice = std::process::Command::new("espeak-ng")
        .args(["--stdout", "-v", "en-us", "-s", PACE, "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|_| missing("espeak-ng"))?;
    voice.stdin.take().context("espeak-ng has no input")?.write_all(text.as_bytes())?;
    let sound = voice.stdout.take().context("espeak-ng has no output")?;
    let converted = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i", "pipe:0", "-ar", "16000", "-ac", "1"])
        .arg(&path)
        .stdin(sound)
        .status()
        .map_err(|_| missing("ffmpeg"))?;
    voice.wait()?;
    anyhow::ensure!(converted.success(), "ffmpeg made no {}", path.display());
    let bytes = std::fs::metadata(&path)?.len();
    Ok(Clip { seconds: bytes as f64 / 32_000.0, path, words: words(text) })
}

/// The words of a text as they are compared.
fn words(text: &str) -> Vec<String> {
    let apart = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    apart.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Words that have to be put in, left out or exchanged (Levenshtein 1966).
fn distance(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, word) in (1..).zip(one) {
        let mut corner = std::mem::replace(row.first_mut().expect("it has an end"), n);
        for (at, theirs) in (1..).zip(other) {
            let above = row.get(at).copied().unwrap_or_default();
            let left = row.get(at - 1).copied().unwrap_or_default();
            let best = (corner + usize::from(word != theirs)).min(above + 1).min(left + 1);
            corner = above;
            if let Some(place) = row.get_mut(at) {
                *place = best;
            }
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Milliseconds from the bytes of a five-page document to its text.
async fn documents(sentences: &[String]) -> anyhow::Result<Value> {
    let prose: Vec<&str> = sentences.iter().flat_map(|sentence| sentence.split_whitespace()).collect();
    let pages: Vec<Vec<&str>> = prose
        .iter()
        .copied()
        .cycle()
        .take(PAGES * PAGE_WORDS)
        .collect::<Vec<_>>()
        .chunks(PAGE_WORDS)
        .map(<[&str]>::to_vec)
        .collect();
    let mut measured = serde_json::Map::new();
    for (name, document) in [("docx", docx(&pages)?), ("pdf", pdf(&pages))] {
        let senses = Senses::default();
        let mut times = Vec::new();
        for _ in 0..11 {
            let began = Instant::now();
            let opened = senses.read_document(&document).await?;
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            anyhow::ensure!(
                matches!(opened, understudy_ears::Opened::Document(_)),
                "the {name} was not read"
            );
        }
        measured.insert(format!("{name}_ms"), json!(median(&times)));
    }
    Ok(measured.into())
}

fn docx(pages: &[Vec<&str>]) -> anyhow::Result<Vec<u8>> {
    let plain = |word: &str| word.replace('&', "and").replace(['<', '>'], "");
    let paragraph = |words: &[&str]| {
        let text: Vec<String> = words.iter().map(|word| plain(word)).collect();
        format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", text.join(" "))
    };
    let body: String = pages.iter().flat_map(|page| page.chunks(50)).map(paragraph).collect();
    let document = format!(
        r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("[Content_Types].xml", "<Types/>"), ("word/document.xml", &document)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn pdf(pages: &[Vec<&str>]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count {} /Kids [{}] >>", pages.len(), kids.join(" ")),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (n, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * n
        ));
        let lines = page.chunks(12).map(|line| {
            let plain: String =
                line.join(" ").chars().filter(|c| c.is_ascii() && !"()\\".contains(*c)).collect();
            format!("({plain}) Tj T*\n")
        });
        let drawn = format!("BT /F1 9 Tf 12 TL 40 800 Td\n{}ET", lines.collect::<String>());
        objects.push(format!("<< /Length {} >>\nstream\n{drawn}\nendstream", drawn.len()));
    }
    let mut out = String::from("%PDF-1.4\n");
    let mut places = String::new();
    for (n, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{n} 0 obj\n{object}\nendobj\n"));
    }
    let (table, size) = (out.len(), objects.len() + 1);
    out.push_str(&format!(
        "xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    ));
    out.into_bytes()
}

/// Seconds to the first token of an answer, alone and while something is heard.
async fn answers(config: &Config, hearing: &Hearing, clips: &[Clip]) -> anyhow::Result<Value> {
    let engine = Engine::start(EngineConfig { threads: config.threads(), ..EngineConfig::default() });
    let model = engine.load_model(&model_path(config, &config.base)?).await?;
    first_token(&engine, &model, 0).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for n in 1..=5 {
        alone.push(first_token(&engine, &model, n).await?);
    }
    let clip = clips.first().context("there is no long recording")?;
    for round in 6..=ROUNDS_MOST {
        if beside.len() == 5 {
            break;
        }
        let mut heard = std::pin::pin!(hear(hearing, clip, Window::Cut));
        // Once it is at it.
        let early = tokio::time::timeout(std::time::Duration::from_millis(700), &mut heard).await;
        if let Ok(ended) = early {
            ended?;
            continue;
        }
        let took = tokio::select! {
            took = first_token(&engine, &model, round) => took?,
            // It was through sooner than the answer began, so this round tells nothing.
            ended = &mut heard => {
                ended?;
                continue;
            }
        };
        beside.push(took);
        heard.await?;
    }
    anyhow::ensure!(!beside.is_empty(), "hearing was always through before an answer began");
    Ok(json!({
        "first_token_alone_s": median(&alone), "first_token_beside_hearing_s": median(&beside),
        "ratio": median(&beside) / median(&alone),
    }))
}

async fn first_token(engine: &Engine, model: &std::sync::Arc<Model>, n: usize) -> anyhow::Result<f64> {
    let words = model.tokenize(&format!("{n} notes about lamps and dinners, "), Content::Written);
    let request = Generate {
        model: std::sync::Arc::clone(model),
        adapter: None,
        prompt: Prompt { tokens: words.into_iter().cycle().take(300).collect(), prefix_tokens: 0 },
        max_tokens: 2,
        grammar: None,
        ignore_end: true,
    };
    Ok(engine.generate(request).finish().await?.prompt_time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_words_are_counted() {
        let count = |one: &str, other: &str| distance(&words(one), &words(other));
        assert_eq!(count("The fair is on Friday.", "the fair, is on friday"), 0);
        assert_eq!(count("the fair is on friday", "the fair on fry day"), 3);
        assert_eq!((count("", "two words"), count("two words", "")), (2, 2));
    }
}
