//! Voice notes through the whole program: by Slack, by mail, on the command line; heard by the real model.

#[path = "../../crates/ears/tests/voice/mod.rs"]
mod voice;

use std::{process::Stdio, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use fake_slack::Upload;
use serde_json::{Value, json};

use crate::{
    email::{
        answering::AUTOMATIC,
        desk::{Desk, mail, said},
        post::ALICE,
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
    let note = STANDARD.encode(converted(&spoken(SAID.0, 140), &CONTAINERS[3]));
    let words = format!(
        "--cut\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"note.bin\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{note}\r\n--cut--"
    );
    let fields = [("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=cut")];
    desk.arrives(ALICE, &mail(&fields, "note", &words));
    assert_heard(&said(&desk.replies(1)[0]), "mail");
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
