//! Voice notes through the whole program: by Slack, by mail, on the command line; heard by the real model.

#[path = "../../crates/ears/tests/voice/mod.rs"]
pub mod voice;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use fake_slack::Upload;
use serde_json::{Value, json};
use understudy::senses::{Heard, Hearing, Part, SenseError, Senses};

use crate::{
    email::{
        answering::AUTOMATIC,
        desk::{Desk, mail, said},
        post::{ALICE, header},
    },
    slack::office::Office,
    support::{Site, models},
};
use voice::{CONTAINERS, converted, spoken};

/// How long hearing may take on a machine that builds something else meanwhile.
const PATIENCE: Duration = Duration::from_secs(240);
/// What Alice says, and a word of it that is always heard.
const SAID: (&str, &str) = ("The fair opens on Friday at nine. Who has the key?", "key");

fn assert_heard(reply: &str, how: &str) {
    let (answer, heard) = reply.split_once("I heard \u{201c}").unwrap_or_else(|| panic!("{how}: {reply}"));
    assert!(heard.to_lowercase().contains(SAID.1), "{how}: {reply}");
    // The words are the message: the scripted mind repeats them.
    assert!(answer.starts_with("You wrote: ") && answer.to_lowercase().contains(SAID.1), "{how}: {reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slack_voice_clip_is_heard_in_every_container_and_answered_in_text() {
    let office = Office::new().await;
    let mut command = office.command();
    let command = command.env("UNDERSTUDY_MODELS", models()).arg("run");
    let running = office.site.wait(command.spawn().unwrap());
    let world = office.world();
    world.wait_for_sockets(&office.bob.app, 2, PATIENCE).await;
    let room = world.direct(&office.alice, &office.bob);
    let wav = spoken(SAID.0, 140);
    for container in CONTAINERS {
        let bytes = converted(&wav, container);
        // Slack says of some clips that they are films.
        let mut clip = Upload::new("audio_message.mp4", "video/mp4", &bytes);
        clip.more.insert("subtype".to_owned(), json!("slack_audio"));
        let (root, _) = world.user_uploads(&office.alice, &room, None, "", &clip);
        let reply = world.wait_for_replies(&room, &root, 1, PATIENCE).await.remove(0).text;
        assert_heard(&reply, container.name);
    }
    office.settle(&running).await;
}

#[test]
fn f18_a_voice_note_by_mail_is_heard_and_answered() {
    let desk = Desk::new(AUTOMATIC);
    let mut command = desk.command();
    let (running, _) = desk.site.greeted(command.env("UNDERSTUDY_MODELS", models()));
    let wav = spoken(SAID.0, 120);
    for (n, container) in (1..).zip(CONTAINERS.iter().take(5)) {
        let note = STANDARD.encode(converted(&wav, container));
        let words = format!(
            "--cut\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"note.bin\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{note}\r\n--cut--"
        );
        let subject = format!("Note {n}");
        let kind = "multipart/mixed; boundary=cut";
        let fields = [("MIME-Version", "1.0"), ("Content-Type", kind), ("Subject", &subject)];
        desk.arrives(ALICE, &mail(&fields, &format!("note{n}"), &words));
        let replies = desk.replies(n);
        let about = |reply: &&String| header(reply, "Subject").is_some_and(|of| of.ends_with(&subject));
        assert_heard(&said(replies.iter().find(about).unwrap()), container.name);
    }
    desk.settle(&running);
}

fn ask(site: &Site, arguments: &[&str]) -> Value {
    let mut command = site.command();
    command.env("UNDERSTUDY_MODELS", models());
    command.args(["ask", "-p", "bob", "--from", "alice", "--json"]).args(arguments);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_voice_note_on_the_command_line_is_the_question_and_a_broken_one_gets_a_sentence() {
    let site = Site::new();
    let place = |name: &str, bytes: &[u8]| {
        let path = site.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let note = place("note.wav", &spoken(SAID.0, 140));
    assert_heard(ask(&site, &["--voice", &note])["reply"].as_str().unwrap(), "ask");
    let broken = place("broken.mp3", b"ID3\x04\0\0\0\0\0\0 and then nothing");
    let reply = ask(&site, &["--voice", &broken, "how long?"]);
    let reply = reply["reply"].as_str().unwrap();
    assert!(
        reply.starts_with("You wrote: how long?") && reply.contains("broken.mp3: it is damaged"),
        "{reply}"
    );
}

#[test]
fn without_a_model_the_reply_says_how_to_get_one() {
    let site = Site::new();
    let note = site.dir.path().join("note.wav");
    std::fs::write(&note, spoken("Hello.", 140)).unwrap();
    let mut command = site.command();
    command.args(["ask", "-p", "bob", "--from", "alice", "--json", "--voice", note.to_str().unwrap()]);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    let turn: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reply = turn["reply"].as_str().unwrap();
    assert!(reply.contains("I couldn't hear note.wav: I have no hearing model here"), "{reply}");
    assert!(reply.contains("`understudy models pull`"), "{reply}");
}

/// A program that hears as ours does, or as `trouble` says while the file `broken` lies beside it.
fn troubled(dir: &Path, trouble: &str) -> std::path::PathBuf {
    let ours = Senses::default();
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = hear ] && [ -e {broken} ]; then\n\
         echo '{{\"ready\":{{\"landlock\":true,\"seccomp\":true}}}}'\n{trouble}\nfi\nexec {ours} \"$@\"\n",
        broken = dir.join("broken").display(),
        ours = ours.program().display(),
    );
    let program = dir.join("troubled");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program
}

#[tokio::test]
async fn a_process_that_hangs_dies_or_raves_costs_its_job_and_no_other() {
    let note = spoken(SAID.0, 140);
    for (trouble, told) in [
        ("exec sleep 600", "took more than 2 s"),
        // It dies while it is told the job.
        ("exit 9", "broke off"),
        ("echo nonsense; exec cat > /dev/null", "gave no result"),
        ("echo '{\"ready\":{\"landlock\":true,\"seccomp\":true}}'; exec cat > /dev/null", "gave no result"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("broken"), b"").unwrap();
        let senses = Senses::default().started_from(troubled(dir.path(), trouble));
        let hearing = Hearing::new(senses, Some(models().join("ggml-tiny.en.bin")), 2);
        let hasty = hearing.clone().within((Duration::from_secs(2), 0.0));
        match hasty.hear(&note, "").await {
            Err(SenseError::Broken(why)) => assert!(why.contains(told), "{trouble}: {why}"),
            other => panic!("{trouble}: {other:?}"),
        }
        assert_eq!(hearing.loaded().await, None, "{trouble}: it is not kept for the next one");
        std::fs::remove_file(dir.path().join("broken")).unwrap();
        let Heard::Speech(speech) = hearing.hear(&note, "").await.unwrap() else { panic!("{trouble}") };
        let words: Vec<&str> = speech.utterances.iter().map(|utterance| utterance.text.as_str()).collect();
        assert!(words.concat().to_lowercase().contains(SAID.1), "{trouble}: {words:?}");
    }
}

#[tokio::test]
async fn whisper_is_unloaded_when_nobody_speaks() {
    let model = models().join("ggml-tiny.en.bin");
    let hearing = Hearing::new(Senses::default(), Some(model), 2).resting_after(Duration::from_secs(10));
    let (first, second) = (spoken(SAID.0, 140), spoken("And who else?", 140));
    assert_eq!(hearing.loaded().await, None, "it is loaded by the first recording");
    hearing.hear(&first, "").await.unwrap();
    let child = hearing.loaded().await.expect("it stays for the next one");
    hearing.hear(&second, "").await.unwrap();
    assert_eq!(hearing.loaded().await, Some(child), "one process hears them all");
    let began = Instant::now();
    while hearing.loaded().await.is_some() {
        assert!(began.elapsed() < PATIENCE, "it is not unloaded");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while Path::new(&format!("/proc/{child}/fd/0")).exists() {
        assert!(began.elapsed() < PATIENCE, "the process is not gone");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a process holds in memory.
fn resident_mb(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_ascii_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn the_bot_grows_by_less_than_50_mb_whatever_it_is_sent() {
    let site = Site::new();
    let mut command = site.command();
    let running = site.wait(command.env("UNDERSTUDY_MODELS", models()).arg("run").spawn().unwrap());
    let place = |name: &str, bytes: &[u8]| {
        let path = site.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let note = spoken(SAID.0, 140);
    let good = place("note.wav", &note);
    assert_heard(ask(&site, &["--voice", &good])["reply"].as_str().unwrap(), "before");
    let before = resident_mb(running.child.id());
    // A minute of speech, three hours of nothing, and what is broken in its own way each.
    let long =
        converted(&spoken(&"Nobody has to listen to this for so long. ".repeat(20), 140), &CONTAINERS[3]);
    let hours = voice::ffmpeg(
        &["-f", "lavfi", "-t", "10800", "-i", "anullsrc=r=16000:cl=mono"],
        None,
        &["-c:a", "flac"],
        "flac",
    );
    let broken: [&[u8]; 6] =
        [&note[..note.len() / 3], &note[..40], b"", b"OggS\0\x02", &[0xff; 300_000], b"fLaC\0\0\0\x22"];
    let files = [long, hours].into_iter().chain(broken.map(<[u8]>::to_vec));
    for (n, bytes) in files.enumerate() {
        let file = place(&format!("file-{n}"), &bytes);
        let reply = ask(&site, &["--voice", &file, "and this?"])["reply"].as_str().unwrap().to_owned();
        assert!(!reply.is_empty(), "file-{n}");
    }
    let grown = resident_mb(running.child.id()).saturating_sub(before);
    assert!(grown < 50, "it grew by {grown} MB");
    assert_heard(ask(&site, &["--voice", &good])["reply"].as_str().unwrap(), "after");
}

#[tokio::test]
async fn a_long_recording_tells_how_far_it_is() {
    let said =
        "The fair opens on Friday at nine, and the key lies with Otto in the small office. ".repeat(12);
    let hearing = Hearing::new(Senses::default(), Some(models().join("ggml-tiny.en.bin")), 2);
    let parts = std::sync::Mutex::new(Vec::new());
    let telling = |part: Part| parts.lock().unwrap().push(part);
    let heard = hearing.hear_telling(&spoken(&said, 140), "", &telling).await.unwrap();
    assert!(matches!(heard, Heard::Speech(_)), "{heard:?}");
    let parts = parts.into_inner().unwrap();
    assert!(!parts.is_empty() && parts.is_sorted_by(|one, next| one.done_s < next.done_s), "{parts:?}");
    assert!(parts.iter().all(|part| 0.0 < part.done_s && part.done_s < part.of_s), "{parts:?}");
}
