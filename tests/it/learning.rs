//! Consent, intake, withdrawal and erasure with the real binary. People and words are invented.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use crate::support::Site;

/// Stands in words that must not be found afterwards.
const CANARY: &str = "zanzibarquux";

fn run(site: &Site, args: &[&str]) -> Output {
    site.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

pub fn says(site: &Site, args: &[&str]) -> String {
    let output = run(site, args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(site: &Site, args: &[&str]) -> String {
    let output = run(site, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

pub fn agree(site: &Site) -> String {
    let days = ["--from", "2026-01-01", "--until", "2026-12-31", "--how", "said so to Carol"];
    let what = ["person", "consent", "bob", "--purpose", "training", "--sources", "mail,slack"];
    says(site, &[&what[..], &days[..]].concat())
}

/// A mailbox in which Alice asks and Bob answers, once a day.
pub fn mailbox(site: &Site, days: u32) -> PathBuf {
    let mut mbox = String::new();
    for day in 0..days {
        let (month, day_of) = (1 + day / 28, 1 + day % 28);
        let thing = ["fair", "dinner", "printer", "rota", "stand"][day as usize % 5];
        let word: String = format!("{day:03}").chars().map(|c| char::from(b'k' + c as u8 - b'0')).collect();
        writeln!(
            mbox,
            "From x Mon\nFrom: Alice Ng <alice@example.org>\nTo: Bob <bob@example.org>\nDate: {day_of} {} 2026 10:00:00 +0000\n\
             Message-ID: <q{day}@x>\nSubject: {thing} {word}\n\nShall we go on with the {thing} of {word}?\n\n\
             From x Mon\nFrom: Bob <bob@example.org>\nTo: Alice Ng <alice@example.org>\nDate: {day_of} {} 2026 11:00:00 +0000\n\
             Message-ID: <a{day}@x>\nIn-Reply-To: <q{day}@x>\n\nYes, the {thing} of {word} goes on, {CANARY} or not.\n",
            MONTHS[month as usize - 1], MONTHS[month as usize - 1]
        )
        .unwrap();
    }
    let path = site.dir.path().join("box.mbox");
    std::fs::write(&path, mbox).unwrap();
    path
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub fn add(path: &Path) -> [&str; 7] {
    ["learn", "add", path.to_str().unwrap(), "-p", "bob", "--kind", "mail"]
}

/// Files below the data directory in which the canary stands.
fn with_canary(site: &Site) -> Vec<String> {
    let files = walkdir::WalkDir::new(site.data()).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    let sings = |bytes: &[u8]| {
        let spread: Vec<u8> = CANARY.bytes().flat_map(|byte| [byte, 0]).collect();
        [CANARY.as_bytes(), &spread]
            .iter()
            .any(|song| bytes.windows(song.len()).any(|window| window == *song))
    };
    files
        .filter(|entry| sings(&std::fs::read(entry.path()).unwrap()))
        .map(|entry| entry.path().strip_prefix(site.data()).unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn words_come_in_by_consent_only_and_few_are_not_enough() {
    let site = Site::new();
    let path = mailbox(&site, 10);
    let text = fails(&site, &add(&path));
    assert!(text.contains("bob has not agreed") && text.contains("understudy person consent bob"), "{text}");
    let text = agree(&site);
    assert!(text.contains("What you agree to") && text.contains("understudy learn add"), "{text}");
    let text = says(&site, &add(&path));
    assert!(
        text.contains("20 kept") && text.contains("not yet: 25 are the least and this makes 10 examples"),
        "{text}"
    );
    let text = fails(&site, &["learn", "add", "nowhere.mbox", "-p", "bob", "--kind", "mail"]);
    assert!(text.contains("nowhere.mbox does not exist"), "{text}");
    let text = fails(&site, &["learn", "add", path.to_str().unwrap(), "-p", "bob", "--kind", "slack"]);
    assert!(text.contains("nothing of kind slack") && text.contains("--kind"), "{text}");
    let stranger = site.dir.path().join("stranger.eml");
    std::fs::write(
        &stranger,
        "From: Carol <carol@example.org>\nDate: 3 May 2026 10:00:00 +0000\n\nhello there\n",
    )
    .unwrap();
    let text = fails(&site, &add(&stranger));
    assert!(
        text.contains("Bob is not in this export; these people are: Carol") && text.contains("--me"),
        "{text}"
    );
    let shown = says(&site, &["person", "show", "bob"]);
    assert!(shown.contains("said so to Carol") && shown.contains("collecting"), "{shown}");
}

#[test]
fn a_withdrawal_stops_the_understudy_with_the_next_message() {
    let site = Site::new();
    let running = site.start();
    agree(&site);
    says(&site, &add(&mailbox(&site, 60)));
    assert!(says(&site, &["ask", "-p", "bob", "hello"]).contains("You wrote: hello"));
    let text = says(&site, &["person", "withdraw", "bob"]);
    assert!(text.contains("has stopped") && text.contains("1 learning runs destroyed"), "{text}");
    let turn: serde_json::Value =
        serde_json::from_str(&says(&site, &["ask", "-p", "bob", "--json", "hello"])).unwrap();
    assert_eq!(turn["outcome"], "refused");
    assert!(turn["reply"].as_str().unwrap().contains("withdrawn their consent"), "{turn}");
    assert!(!site.data().join("learning/bob").exists());
    assert_eq!(std::fs::read_dir(site.data().join("keys")).unwrap().count(), 0);
    assert!(fails(&site, &add(&mailbox(&site, 60))).contains("has withdrawn"));
    agree(&site);
    assert!(says(&site, &["ask", "-p", "bob", "hello"]).contains("You wrote: hello"));
    drop(running);
}

#[test]
fn after_an_erasure_no_byte_of_a_persons_words_is_found() {
    let site = Site::new();
    let notes = site.dir.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    for n in 0..30 {
        std::fs::write(
            notes.join(format!("{n}.md")),
            format!("# Plan {n}\n\nThe {CANARY} stands in hall {n}.\n"),
        )
        .unwrap();
    }
    let mut running = site.start();
    agree(&site);
    says(&site, &add(&mailbox(&site, 60)));
    says(&site, &["notes", "add", notes.to_str().unwrap(), "-p", "bob", "--watch"]);
    for n in 0..40 {
        // Long messages make pages of the database split.
        let question = format!("where is the {CANARY} of plan {n}? {}", "and why ".repeat(n * 20));
        says(&site, &["ask", "-p", "bob", "--from", "alice", &question]);
    }
    let adapter = site.data().join("adapters/bob");
    std::fs::create_dir_all(&adapter).unwrap();
    std::fs::write(adapter.join("adapter.gguf"), CANARY).unwrap();
    let found = with_canary(&site).join(" ");
    for place in ["understudy.db", "notes/", "adapters/bob"] {
        assert!(found.contains(place), "the scan finds what is there: {found}");
    }
    assert!(!found.contains("learning/"), "bundles and examples are encrypted: {found}");

    let started = Instant::now();
    let text = says(&site, &["person", "erase", "bob"]);
    assert!(started.elapsed() < Duration::from_secs(60));
    for line in [
        "bob is erased",
        "30 pieces of notes",
        "40 messages",
        "1 note folders",
        "remove that folder yourself",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert_eq!(with_canary(&site), Vec::<String>::new());
    assert!(says(&site, &["ask", "-p", "bob", "hello"]).contains("erased"), "the understudy has stopped");
    // A change in what was a watched folder is nobody's business any more.
    std::fs::write(notes.join("new.md"), format!("# New\n\n{CANARY}\n")).unwrap();
    std::thread::sleep(Duration::from_secs(4));
    running.kill();
    assert_eq!(with_canary(&site), Vec::<String>::new());
    let running = site.start();
    std::thread::sleep(Duration::from_secs(2));
    drop(running);
    assert_eq!(with_canary(&site), Vec::<String>::new(), "nothing comes back after a restart");
}

#[test]
fn a_long_mailbox_is_read_in_little_memory() {
    let site = Site::new();
    let running = site.start();
    agree(&site);
    let path = site.dir.path().join("long.mbox");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let filler = format!("{}\n", "x".repeat(900)).repeat(1000);
    for n in 0..100 {
        let head = "From x Mon\nFrom: Bob <bob@example.org>\nDate: 3 May 2026 12:00:00 +0000\nMessage-ID";
        write!(file, "{head}: <{n}@x>\n\n{filler}\n").unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let mut child = site.command().args(add(&path)).spawn().unwrap();
    let mut peak_mb = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        peak_mb = line
            .split_whitespace()
            .nth(1)
            .and_then(|kb| kb.parse::<u64>().ok())
            .map_or(peak_mb, |kb| kb / 1024);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    assert!((1..64).contains(&peak_mb), "a mailbox of 90 MB took {peak_mb} MB");
    drop(running);
}
