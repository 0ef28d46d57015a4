//! `notes add --watch` in a running process: what happens in the folder counts at once, without a restart.

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Commands, Site};

const PROMISED: Duration = Duration::from_secs(5);

/// Waits until Bob's notes have exactly these titles, no longer than promised.
fn soon(commands: &mut Commands, want: &[&str]) {
    let since = Instant::now();
    loop {
        let list = commands.call(&json!({"notes_list": {"person": "bob"}})).unwrap();
        let mut titles: Vec<_> =
            list["notes"].as_array().unwrap().iter().map(|note| note["title"].as_str().unwrap()).collect();
        titles.sort_unstable();
        if titles == want {
            return;
        }
        assert!(since.elapsed() < PROMISED, "{titles:?} instead of {want:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn notes(site: &Site, args: &[&str], folder: &Path) -> String {
    let mut command = site.command();
    command.arg("notes").args(args).arg(folder).args(["-p", "bob"]);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_folder_that_is_added_while_it_runs_is_followed_from_then_on() {
    let site = Site::new();
    let folder = site.dir.path().join("plans");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("first.md"), "# First\n\nA plan.\n").unwrap();
    let said = notes(&site, &["add", "--watch"], &folder);
    assert!(said.contains("whenever `understudy run` runs"), "{said}");
    assert_eq!(notes(&site, &["remove"], &folder), "1 notes removed\n");

    let running = site.start();
    let mut commands = running.connect().unwrap();
    soon(&mut commands, &[]);
    let said = notes(&site, &["add", "--watch"], &folder);
    assert!(said.contains("1 added") && said.contains("followed from now on"), "{said}");
    soon(&mut commands, &["First"]);
    fs::write(folder.join("second.md"), "# Second\n\nAnother.\n").unwrap();
    soon(&mut commands, &["First", "Second"]);
    fs::write(folder.join("first.md"), "# Primary\n\nA plan.\n").unwrap();
    soon(&mut commands, &["Primary", "Second"]);
    fs::remove_file(folder.join("second.md")).unwrap();
    soon(&mut commands, &["Primary"]);

    // Given up: the notes go, and what happens in the folder counts no more.
    fs::write(folder.join("third.md"), "# Third\n\nLate.\n").unwrap();
    notes(&site, &["remove"], &folder);
    fs::write(folder.join("fourth.md"), "# Fourth\n\nLater.\n").unwrap();
    let other = site.dir.path().join("other");
    fs::create_dir(&other).unwrap();
    assert!(notes(&site, &["add", "--watch"], &other).contains("0 added"));
    // When this one has been noticed, the others would have been.
    fs::write(other.join("fifth.md"), "# Fifth\n\nAt last.\n").unwrap();
    soon(&mut commands, &["Fifth"]);
}
