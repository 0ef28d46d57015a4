//! Downloads from a hub that is there, if not always well.

use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::loopback::{Answer, Loopback, cut, ranged, reply, whole};
use super::made_up::{Machine, entry, hub_source, model_file, sha256, unverified_source};
use crate::models::{Progress, PullError, Reach, installed, pull_via};

#[test]
fn a_model_is_downloaded_checked_and_in_place() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let mut machine = Machine::new();
    let entry = entry(&hub_source(&hub.url(), &file));
    assert_eq!(installed(machine.dir.path(), &entry), None);

    let path = machine.pull(&entry).unwrap();
    assert_eq!(fs::read(&path).unwrap(), file);
    assert_eq!(installed(machine.dir.path(), &entry), Some(path));
    assert_eq!(machine.files(), ["tiny.gguf"]);
    let total_bytes = Some(file.len() as u64);
    let done = Progress::Received { bytes: file.len() as u64, total_bytes };
    assert!(machine.steps.contains(&done), "{:?}", machine.steps);

    machine.pull(&entry).unwrap();
    assert_eq!(hub.requests().len(), 1, "a model that is there is not downloaded again");
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |n, head| match n {
        0 => cut(&served, "\"1\"", 100_000),
        _ => ranged(&served, "\"1\"", head),
    });
    let mut machine = Machine::new();
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    let requests = hub.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].contains("range: bytes=100000-\nif-range: \"1\""), "{}", requests[1]);
}

#[test]
fn a_later_pull_goes_on_where_an_earlier_one_stopped() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |n, head| match n {
        0 => cut(&served, "\"1\"", 100_000),
        1 => Answer::Send(Vec::new()),
        _ => ranged(&served, "\"1\"", head),
    });
    let mut machine = Machine::new();
    let entry = entry(&hub_source(&hub.url(), &file));
    let error = machine.pull(&entry).unwrap_err();
    assert!(matches!(error, PullError::Interrupted { received_bytes: 100_000, .. }), "{error}");
    assert_eq!(machine.files(), ["tiny.gguf.part", "tiny.gguf.part.from"]);

    let path = machine.pull(&entry).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert!(hub.requests()[2].contains("range: bytes=100000-"));
    assert_eq!(machine.files(), ["tiny.gguf"]);
}

#[test]
fn a_server_that_ignores_the_range_is_read_from_the_start() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let mut machine = Machine::new();
    machine.leave_part(&file[..5_000], &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert!(hub.requests()[0].contains("range: bytes=5000-"));
    assert_eq!(fs::read(path).unwrap(), file);
}

#[test]
fn a_file_that_changed_meanwhile_is_read_from_the_start() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, head| ranged(&served, "\"2\"", head));
    let mut machine = Machine::new();
    machine.leave_part(b"GGUF of yesterday", &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&unverified_source(&hub.url()))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
}

#[test]
fn a_part_that_is_complete_only_needs_checking() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, head| ranged(&served, "\"1\"", head));
    let mut machine = Machine::new();
    machine.leave_part(&file, &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(hub.requests().len(), 1);
}

#[test]
fn a_part_longer_than_the_file_is_thrown_away() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, head| ranged(&served, "\"1\"", head));
    let mut machine = Machine::new();
    machine.leave_part(&[file.as_slice(), b"more"].concat(), &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
}

#[test]
fn a_range_that_begins_elsewhere_is_not_appended() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |n, head| match n {
        0 => {
            let headers = format!("Content-Length: 4\r\nContent-Range: bytes 0-3/{}\r\n", served.len());
            reply("206 Partial Content", &headers, &served[..4])
        }
        _ => ranged(&served, "\"1\"", head),
    });
    let mut machine = Machine::new();
    machine.leave_part(&file[..5_000], &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
}

#[test]
fn a_part_from_elsewhere_or_without_a_mark_is_not_trusted() {
    let file = model_file();
    for (from, mark) in [("http://elsewhere.example", "\"1\""), ("", "")] {
        let served = file.clone();
        let hub = Loopback::start(move |_, head| ranged(&served, "\"1\"", head));
        let mut machine = Machine::new();
        let from = if from.is_empty() { hub.url() } else { from.into() };
        machine.leave_part(b"GGUF of something else", &from, mark);
        let path = machine.pull(&entry(&unverified_source(&hub.url()))).unwrap();
        assert_eq!(fs::read(path).unwrap(), file);
        assert!(!hub.requests()[0].contains("range:"));
    }
}

#[test]
fn a_redirect_keeps_the_range() {
    let file = model_file();
    let served = file.clone();
    let store = Loopback::start(move |_, head| ranged(&served, "\"1\"", head));
    let location = format!("Location: {}/blob\r\nContent-Length: 0\r\n", store.url());
    let hub = Loopback::start(move |_, _| reply("302 Found", &location, b""));
    let mut machine = Machine::new();
    machine.leave_part(&file[..5_000], &hub.url(), "\"1\"");
    let path = machine.pull(&entry(&hub_source(&hub.url(), &file))).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert!(store.requests()[0].contains("range: bytes=5000-"));
}

#[test]
fn a_file_without_a_sum_tells_its_sum() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let mut machine = Machine::new();
    machine.pull(&entry(&unverified_source(&hub.url()))).unwrap();
    assert_eq!(machine.steps.last(), Some(&Progress::Unverified { sha256: sha256(&file) }));
}

#[test]
fn a_mirror_takes_the_place_of_the_hub() {
    let file = model_file();
    let served = file.clone();
    let mirror = Loopback::start(move |_, _| whole(&served, "\"1\""));
    let entry = entry(&hub_source("https://hub.example/org/model/resolve/main", &file));
    let reach = Reach { hub: Some(format!("{}/mirror/", mirror.url())), ..Reach::default() };
    Machine::new().pull_via(&entry, &reach).unwrap();
    let request = &mirror.requests()[0];
    assert!(request.starts_with("get /mirror/org/model/resolve/main/tiny.gguf "), "{request}");
}

#[test]
fn two_pulls_at_once_download_once() {
    let file = model_file();
    let served = file.clone();
    let hub = Loopback::start(move |_, _| {
        thread::sleep(Duration::from_millis(300));
        whole(&served, "\"1\"")
    });
    let entry = entry(&hub_source(&hub.url(), &file));
    let (dir, start) = (tempfile::tempdir().unwrap(), Barrier::new(2));
    let waits = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                let mut count = |step| {
                    waits.fetch_add(usize::from(step == Progress::Waiting), Ordering::Relaxed);
                };
                pull_via(dir.path(), &entry, &Reach::default(), &mut count).unwrap();
            });
        }
    });
    assert_eq!((hub.requests().len(), waits.load(Ordering::Relaxed)), (1, 1));
}
