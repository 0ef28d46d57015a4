//! Every format with its oddities. People and words are invented.

use std::{cell::Cell, io::Write, path::Path};

use super::*;
use crate::{
    domain::{PersonId, Purpose},
    learning::{ME, consent, vault::Vault},
    store::{NewConsent, Store},
};

const NOW: i64 = 1_795_478_400;

#[derive(Default)]
struct Bar {
    of: Cell<u64>,
    at: Cell<u64>,
}

impl Meter for Bar {
    fn starts(&self, bytes: u64) {
        self.of.set(bytes);
    }
    fn advances(&self, bytes: u64) {
        self.at.set(self.at.get() + bytes);
    }
}

struct Room {
    dir: tempfile::TempDir,
    store: Store,
    vault: Vault,
}

impl Room {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let consent = NewConsent {
            person: bob(),
            purpose: Purpose::Training,
            sources: SourceKind::ALL.to_vec(),
            from_at: 1_767_225_600,
            until_at: NOW,
            text_version: 1,
            how: "made up".into(),
        };
        store.give_consent(consent, NOW).await.unwrap();
        let vault = Vault::new(dir.path());
        Self { dir, store, vault }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Reads one export as Bob's, and what was put into the bundle.
    async fn read(&self, path: &Path, kind: SourceKind) -> anyhow::Result<(Report, Vec<Event>)> {
        let permit = consent::admit(&self.store, &self.vault, &bob(), kind, NOW).await?;
        let me = Me::new(["Bob".into(), "bob@example.org".into()]);
        let bar = Bar::default();
        let report = read(&[path.to_owned()], &me, &permit, &bar)?;
        assert!(bar.of.get() > 0 && bar.at.get() > 0, "the bar moves");
        let events = self.vault.read(&bob(), permit.run, &permit.file)?.collect::<anyhow::Result<_>>()?;
        Ok((report, events))
    }
}

fn bob() -> PersonId {
    PersonId::new("bob").unwrap()
}

fn pack(path: &Path, files: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, text) in files {
        let changed = zip::DateTime::from_date_and_time(2026, 5, 3, 12, 0, 0).unwrap();
        let options = zip::write::SimpleFileOptions::default().last_modified_time(changed);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

fn said(events: &[Event]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.author.as_str(), event.text.as_str())).collect()
}

/// A Slack day: user, seconds after noon of 3 May 2026, text, thread.
fn day(messages: &[(&str, i64, &str, Option<i64>)]) -> String {
    let noon = 1_777_809_600;
    let ts = |at: i64| format!("{}.000100", noon + at);
    let message = |(user, at, text, thread): &(&str, i64, &str, Option<i64>)| {
        let mut message = serde_json::json!({"type": "message", "user": user, "ts": ts(*at), "text": text});
        if let Some(thread) = thread {
            message["thread_ts"] = ts(*thread).into();
        }
        message
    };
    serde_json::to_string(&messages.iter().map(message).collect::<Vec<_>>()).unwrap()
}

const USERS: &str = r#"[
    {"id": "U1", "name": "alice", "profile": {"display_name": "Alice"}},
    {"id": "U2", "name": "b", "real_name": "Bob", "profile": {"display_name": "", "email": "bob@example.org"}},
    {"id": "U3", "name": "robot", "is_bot": true, "profile": {}}]"#;

#[tokio::test]
async fn a_slack_export_becomes_conversations() {
    let room = Room::new().await;
    let export = room.path("slack.zip");
    let talk = day(&[
        ("U1", 0, "<@U2> is the fair on?", None),
        ("U2", 30, "yes, all set &amp; booked", None),
        ("U3", 40, "beep", None),
        ("U1", 7200, "and the dinner?", None),
        ("U2", 7260, "in the thread", Some(7200)),
    ]);
    let joined = r#"[{"type": "message", "subtype": "channel_join", "user": "U1", "ts": "1777809600.1", "text": "joined"}]"#;
    pack(
        &export,
        &[
            ("users.json", USERS),
            ("channels.json", r#"[{"id": "C1", "name": "events", "members": ["U1", "U2"]}]"#),
            ("dms.json", r#"[{"id": "D1", "members": ["U1", "U2"]}]"#),
            ("events/2026-05-03.json", &talk),
            ("events/2026-05-04.json", joined),
            ("events/2026-05-05.json", "[{ broken"),
            ("D1/2026-05-03.json", &day(&[("U2", 5, "just us two", None)])),
            ("__MACOSX/events/2026-05-03.json", "x"),
        ],
    );
    let (report, events) = room.read(&export, SourceKind::Slack).await.unwrap();
    assert_eq!(
        said(&events),
        [
            (ME, "just us two"),
            ("Alice", "@Bob is the fair on?"),
            (ME, "yes, all set & booked"),
            ("Alice", "and the dinner?"),
            (ME, "in the thread"),
        ]
    );
    assert_eq!((&*events[0].channel, &events[0].to), ("dm", &vec!["Alice".to_owned()]));
    assert_eq!(events[1].channel, "#events");
    assert_eq!(events[1].thread, events[2].thread);
    assert_ne!(events[1].thread, events[3].thread, "half an hour of silence ends a conversation");
    assert_eq!(events[4].reply_to.as_deref(), Some(&*events[4].thread));
    assert_eq!(events[4].reply_to, Some(events[3].id.clone()));
    assert_eq!((report.kept, report.left_out_for(Reason::Bot)), (5, 1));
    assert_eq!(report.left_out_for(Reason::Housekeeping), 1);
    assert_eq!(report.skipped.len(), 1);
    assert_eq!(report.skipped[0].name, "events/2026-05-05.json");

    let folder = room.path("unpacked");
    for (name, text) in [("users.json", USERS), ("events/2026-05-03.json", &*talk)] {
        room.write(&format!("unpacked/{name}"), text);
    }
    let (report, _) = room.read(&folder, SourceKind::Slack).await.unwrap();
    assert_eq!(report.kept, 4, "an unpacked export is read the same way");
}

#[tokio::test]
async fn an_export_without_the_person_says_who_is_in_it() {
    let room = Room::new().await;
    let export = room.path("slack.zip");
    let users = r#"[{"id": "U1", "name": "alice", "profile": {"display_name": "Alice"}}]"#;
    pack(&export, &[("users.json", users), ("events/2026-05-03.json", &day(&[("U1", 0, "hi", None)]))]);
    let text = room.read(&export, SourceKind::Slack).await.unwrap_err().to_string();
    assert!(
        text.contains("Bob is not in this export") && text.contains("Alice") && text.contains("--me"),
        "{text}"
    );
    assert!(!room.path("learning/bob/1/intake-1.age").exists(), "nothing is kept");
    let text = room.read(&room.path("slack.zip"), SourceKind::Transcript).await.unwrap_err().to_string();
    assert!(text.contains("nothing of kind transcript") && text.contains("slack.zip"), "{text}");
}

const MAIL: &str = "From: Alice <alice@example.org>\nTo: Bob <bob@example.org>\nDate: Sun, 3 May 2026 12:00:00 +0000\n\
    Message-ID: <1@example.org>\nSubject: Fair\n\nIs the fair on?\n";
const ANSWER: &str = "From: Bob <bob@example.org>\nTo: Alice <alice@example.org>\nDate: Sun, 3 May 2026 12:10:00 +0000\n\
    Message-ID: <2@example.org>\nIn-Reply-To: <1@example.org>\nReferences: <1@example.org>\nSubject: Re: Fair\n\nYes, all set.\n";
const AUTO: &str = "From: Bob <bob@example.org>\nDate: Sun, 3 May 2026 13:00:00 +0000\nAuto-Submitted: auto-replied\n\nI am away.\n";
const OLD: &str = "From: Bob <bob@example.org>\nDate: Tue, 3 May 2011 13:00:00 +0000\n\nLong ago.\n";

#[tokio::test]
async fn mail_is_read_from_mailboxes_folders_and_single_files() {
    let room = Room::new().await;
    let mbox =
        [MAIL, ANSWER, AUTO, OLD, "no headers at all\n"].map(|mail| format!("From x Mon\n{mail}\n")).concat();
    room.write("mail/box.mbox", &mbox);
    let (report, events) = room.read(&room.path("mail"), SourceKind::Mail).await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].text, "Subject: Fair\n\nIs the fair on?");
    assert_eq!((&*events[1].author, &*events[1].text), (ME, "Yes, all set."));
    assert_eq!(events[0].to, [ME]);
    assert_eq!(events[0].thread, events[1].thread);
    assert_eq!(events[1].reply_to.as_deref(), Some(&*events[0].id));
    assert_eq!(report.left_out_for(Reason::AutoReply), 1);
    assert_eq!(report.left_out_for(Reason::OutsideConsent), 1);
    assert_eq!(report.skipped[0].name, "box.mbox, message 5");

    room.write("maildir/cur/1:2,S", MAIL);
    room.write("maildir/new/2", ANSWER);
    room.write("maildir/dovecot.index", "binary");
    room.write("eml/1.eml", MAIL);
    room.write("eml/2.eml", ANSWER);
    for folder in ["maildir", "eml"] {
        let (_, again) = room.read(&room.path(folder), SourceKind::Mail).await.unwrap();
        assert_eq!(again, events, "{folder}");
    }
}

#[tokio::test]
async fn transcripts_pages_notes_and_steps_are_read() {
    let room = Room::new().await;
    let talk = room.write("talk/2026-05-03 call.txt", "Alice: can we move it?\nBob: yes,\nto Tuesday\n");
    room.write("talk/empty.vtt", "WEBVTT\n");
    let (report, events) = room.read(talk.parent().unwrap(), SourceKind::Transcript).await.unwrap();
    assert_eq!(said(&events), [("Alice", "can we move it?"), (ME, "yes,\nto Tuesday")]);
    assert_eq!(report.skipped[0].name, "empty.vtt");

    let id = "0123456789abcdef0123456789abcdef";
    let export = room.path("notion.zip");
    pack(
        &export,
        &[
            (&format!("Fair {id}.md"), "# Fair\n\nBooked.\n"),
            ("pic.png", "x"),
            ("in.zip", "x"),
            ("bad.md", "\u{fffd}"),
        ],
    );
    let (report, events) = room.read(&export, SourceKind::Markdown).await.unwrap_or_else(|e| panic!("{e:#}"));
    assert!(said(&events).contains(&(ME, "Fair\n\nBooked.")), "{events:?}");
    assert_eq!(report.skipped[0].name, "in.zip");

    let steps = room.write(
        "steps.jsonl",
        "{\"time\": \"2026-05-03T10:00:00Z\", \"application\": \"sheets\", \"action\": \"open\", \"object\": \"budget\"}\nnonsense\n",
    );
    let (report, events) = room.read(&steps, SourceKind::Steps).await.unwrap();
    assert_eq!(said(&events), [(ME, "sheets: open budget")]);
    assert_eq!(report.skipped[0].name, "steps.jsonl, line 2");
}
