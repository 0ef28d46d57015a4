//! Downloads that can't work: what is said, what is left behind, and how long it takes.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use super::loopback::{Answer, Loopback, nobody, reply, whole};
use super::made_up::{Machine, entry, hub_source, model_file, unverified_source};
use crate::models::{Progress, PullError, Reach};

/// A source that says no is passed over within this time.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_404_hands_over_to_the_next_source() {
    assert_next_serves(|| {
        let hub = Loopback::start(|_, _| reply("404 Not Found", "Content-Length: 0\r\n", b""));
        hub.url()
    });
}

#[test]
fn a_refused_connection_hands_over_to_the_next_source() {
    assert_next_serves(nobody);
}

#[test]
fn a_host_that_does_not_exist_hands_over_to_the_next_source() {
    assert_next_serves(|| "http://no-such-hub.invalid".into());
}

#[test]
fn a_silent_server_hands_over_to_the_next_source() {
    assert_next_serves(|| Loopback::start(|_, _| Answer::Silence).url());
}

#[test]
fn a_server_that_hangs_up_hands_over_to_the_next_source() {
    assert_next_serves(|| Loopback::start(|_, _| Answer::Send(Vec::new())).url());
}

fn assert_next_serves(first: impl Fn() -> String) {
    let file = model_file();
    let served = file.clone();
    let next = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let sources = [hub_source(&first(), &file), hub_source(&next.url(), &file)].concat();
    let mut machine = Machine::new();
    let start = Instant::now();
    let path = machine.pull(&entry(&sources)).unwrap();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(machine.files(), ["tiny.gguf"]);
    assert!(machine.steps.iter().any(|step| matches!(step, Progress::Skipped { .. })));
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let mut file = model_file();
    let source = |url: &str, file: &[u8]| hub_source(url, file);
    let promised = file.clone();
    *file.last_mut().unwrap() ^= 1;
    let hub = Loopback::start(move |_, _| whole(&file, "\"1\""));
    let mut machine = Machine::new();
    let error = machine.pull(&entry(&source(&hub.url(), &promised))).unwrap_err();
    assert!(matches!(error, PullError::WrongChecksum { .. }), "{error}");
    assert_eq!(machine.files(), [""; 0]);
}

#[test]
fn a_file_of_another_size_is_refused_before_it_is_downloaded() {
    let file = model_file();
    let hub =
        Loopback::start(|_, _| reply("200 OK", "Content-Length: 70000000000\r\n", b"GGUF, and then a lot"));
    let mut machine = Machine::new();
    let error = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap_err();
    assert!(matches!(error, PullError::WrongSize { got_bytes: 70_000_000_000, .. }), "{error}");
    assert_eq!(machine.files(), [""; 0]);
}

#[test]
fn an_endless_file_is_cut_off_at_its_known_size() {
    let file = model_file();
    let endless = [file.as_slice(), b"and on and on"].concat();
    let hub = Loopback::start(move |_, _| reply("200 OK", "", &endless));
    let mut machine = Machine::new();
    let error = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap_err();
    assert!(matches!(error, PullError::WrongSize { .. }), "{error}");
    assert_eq!(machine.files(), [""; 0]);
}

#[test]
fn a_truncated_file_is_never_taken_for_the_model() {
    let file = model_file();
    let half = file[..200_000].to_vec();
    // Once with a length announced, once with only the end of the connection to go by.
    for headers in [format!("Content-Length: {}\r\n", file.len()), String::new()] {
        let half = half.clone();
        let hub = Loopback::start(move |_, _| reply("200 OK", &headers, &half));
        let mut machine = Machine::new();
        let error = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap_err();
        assert!(matches!(error, PullError::Interrupted { received_bytes: 200_000, .. }), "{error}");
        assert_eq!(machine.files(), ["tiny.gguf.part", "tiny.gguf.part.from"]);
    }
}

#[test]
fn a_login_page_is_not_a_model() {
    for kind in ["text/html; charset=utf-8", "application/octet-stream"] {
        let headers = format!("Content-Type: {kind}\r\nContent-Length: 15\r\n");
        let hub = Loopback::start(move |_, _| reply("200 OK", &headers, b"<html>Sign in!\n"));
        let mut machine = Machine::new();
        let error = machine.pull(&entry(&unverified_source(&hub.url()))).unwrap_err();
        assert!(matches!(error, PullError::NotAModel { .. }), "{error}");
        assert_eq!(machine.files(), [""; 0]);
    }
}

#[test]
fn a_full_disk_is_named_and_ends_the_search() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let mut machine = Machine::new();
    symlink("/dev/full", machine.path("tiny.gguf.part")).unwrap();
    let source = hub_source(&hub.url(), &file);
    let error = machine.pull(&entry(&source.repeat(2))).unwrap_err();
    let needed = Some(file.len() as u64);
    assert!(matches!(error, PullError::DiskFull { needed_bytes, .. } if needed_bytes == needed), "{error}");
    assert_eq!(machine.files(), [""; 0]);
    assert_eq!(hub.requests().len(), 1, "another source can't help");
}

#[test]
fn a_directory_that_is_a_file_is_named() {
    let mut machine = Machine::new();
    fs::write(machine.path("models"), "in the way").unwrap();
    let entry = entry(&unverified_source(&nobody()));
    let dir = machine.path("models/here");
    let error =
        crate::models::pull_via(&dir, &entry, &Reach::default(), &mut |step| machine.steps.push(step));
    assert!(error.unwrap_err().to_string().starts_with(&format!("I can't write to {}", dir.display())));
}

#[test]
fn offline_no_hub_is_asked() {
    let hub = Loopback::start(|_, _| Answer::Silence);
    let reach = Reach { offline: true, ..Reach::default() };
    let error = Machine::new().pull_via(&entry(&unverified_source(&hub.url())), &reach).unwrap_err();
    assert!(matches!(error, PullError::Offline { .. }), "{error}");
    assert!(hub.requests().is_empty());
}

#[test]
fn when_all_sources_fail_every_reason_is_listed_in_order() {
    let file = model_file();
    let gone = Loopback::start(|_, _| reply("410 Gone", "Content-Length: 0\r\n", b""));
    let sources = [unverified_source(&nobody()), hub_source(&gone.url(), &file)].concat();
    let error = Machine::new().pull(&entry(&sources)).unwrap_err();
    let PullError::AllFailed { reasons, .. } = &error else { panic!("{error}") };
    assert!(matches!(
        reasons.as_slice(),
        [PullError::Unreachable { .. }, PullError::Refused { status: 410, .. }]
    ));
}

#[test]
fn the_environment_decides_how_far_a_pull_reaches() {
    for (value, offline) in [("1", true), ("true", true), ("0", false), ("false", false), (" ", false)] {
        let reach = Reach::from_settings(|name| (name == "UNDERSTUDY_OFFLINE").then(|| value.into()));
        assert_eq!((reach.offline, reach.hub), (offline, None), "UNDERSTUDY_OFFLINE={value}");
    }
    let reach = Reach::from_settings(|name| (name == "UNDERSTUDY_HUB").then(|| "http://mirror".into()));
    assert_eq!((reach.offline, reach.hub.as_deref()), (false, Some("http://mirror")));
}
