//! Voices by espeak-ng and containers by ffmpeg, which `deploy/setup` installs for tests.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// A way to pack a voice note.
pub struct Container {
    pub name: &'static str,
    pub codec: &'static str,
    /// What ffmpeg calls it.
    pub muxer: &'static str,
}

/// Those that phones, browsers and messengers send.
pub const CONTAINERS: &[Container] = &[
    Container { name: "mp3", codec: "libmp3lame", muxer: "mp3" },
    Container { name: "m4a with AAC", codec: "aac", muxer: "mp4" },
    Container { name: "m4a with ALAC", codec: "alac", muxer: "mp4" },
    Container { name: "ogg with Opus", codec: "libopus", muxer: "ogg" },
    Container { name: "webm with Opus", codec: "libopus", muxer: "webm" },
    Container { name: "flac", codec: "flac", muxer: "flac" },
    Container { name: "caf with ALAC", codec: "alac", muxer: "caf" },
];

/// A WAV file in which `words` are said, so many a minute.
pub fn spoken(words: &str, per_minute: u32) -> Vec<u8> {
    let arguments = ["--stdout", "-v", "en-us", "-s", &per_minute.to_string(), words];
    let output = Command::new("espeak-ng").args(arguments).output().expect("espeak-ng is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The same sound in another container.
pub fn converted(wav: &[u8], container: &Container) -> Vec<u8> {
    ffmpeg(&["-i", "pipe:0"], Some(wav), &["-c:a", container.codec], container.muxer)
}

/// What ffmpeg writes; into a file, because some containers are only complete when it can go back.
pub fn ffmpeg(source: &[&str], input: Option<&[u8]>, codec: &[&str], muxer: &str) -> Vec<u8> {
    let dir = std::env::temp_dir().join(format!(
        "understudy-voice-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&dir).unwrap();
    let out = dir.join("sound");
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(source)
        .args(codec)
        .args(["-f", muxer])
        .arg(&out)
        .stdin(Stdio::piped())
        .spawn()
        .expect("ffmpeg is installed");
    child.stdin.take().unwrap().write_all(input.unwrap_or_default()).ok();
    assert!(child.wait().unwrap().success(), "{muxer}");
    let made = std::fs::read(&out).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    made
}
