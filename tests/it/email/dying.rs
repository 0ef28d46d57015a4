//! The program dies between every two steps of a mail, and an older copy of its data is put back: each question
//! is answered exactly once.

use std::path::Path;

use super::{
    desk::{Desk, said},
    post::{ALICE, BOB, eventually},
};

/// Every place between two steps, in the order a mail passes them.
const PLACES: [&str; 14] = [
    "mail fetched",
    "mail kept",
    "mail begun",
    "mail read",
    "mail task",
    "mail accepted",
    "mail judged",
    "reply claimed",
    "reply frozen",
    "reply leaves",
    "reply left",
    "reply filed",
    "reply recorded",
    "reply back",
];

#[test]
fn f06_a_program_that_dies_between_any_two_steps_answers_each_mail_once() {
    // A reply that died on its threshold is looked for before it is sent: not for ten minutes, here.
    let desk = Desk::new("automatic = [\"colleagues\"]\nresend_after_s = 2");
    let console = desk.open();
    drop(console);
    let question = |n: usize| format!("question {n}");
    for (n, place) in PLACES.iter().enumerate() {
        desk.alice_writes(&format!("q{n}"), &format!("Place {n}"), &question(n));
        let mut dying = desk.command().arg("run").env("UNDERSTUDY_DIE_AT", place).spawn().unwrap();
        let died = eventually(place, || dying.try_wait().unwrap());
        assert!(!died.success(), "{place}: the program has to die, not to end");
        if *place == "mail fetched" {
            f10(&desk);
        }
        // A mail that is begun three times is parked, so each gets its answer before the next one dies.
        let running = desk.start();
        desk.replies(n + 1);
        desk.settle(&running);
    }
    // Once more with everything that it knows now.
    let running = desk.start();
    desk.settle(&running);
    let mut said: Vec<String> = desk.post.mails(ALICE, "INBOX").iter().map(|reply| said(reply)).collect();
    said.sort();
    let mut wanted: Vec<String> =
        (0..PLACES.len()).map(|n| format!("You wrote: Subject: Place {n}\n\n{}", question(n))).collect();
    wanted.sort();
    assert_eq!(said, wanted);
}

/// f10: what was fetched and not kept yet still lies in the mailbox, unread.
fn f10(desk: &Desk) {
    let flags = desk.post.doveadm(&["fetch", "-u", BOB, "flags", "mailbox", "INBOX", "ALL"]);
    assert!(!flags.contains("\\Seen") && !flags.contains("\\Deleted"), "{flags}");
    assert_eq!(desk.post.mails(BOB, "INBOX").len(), 1);
}

#[test]
fn f10_nothing_is_deleted_before_or_after_it_is_kept() {
    let desk = Desk::new("automatic = [\"colleagues\"]\ncopy_to_self = false");
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "one");
    desk.arrives(ALICE, &super::desk::mail(&[("Precedence", "bulk")], "n1", "news"));
    desk.replies(1);
    console.wait_for_state("silent", 1);
    desk.settle(&console.running);
    let flags = desk.post.doveadm(&["fetch", "-u", BOB, "flags", "mailbox", "INBOX", "ALL"]);
    assert!(!flags.contains("\\Seen") && !flags.contains("\\Deleted"), "{flags}");
    assert_eq!(desk.post.mails(BOB, "INBOX").len(), 2);
}

#[test]
fn an_older_copy_of_the_data_answers_nothing_a_second_time() {
    let desk = Desk::new("automatic = [\"colleagues\"]");
    let console = desk.open();
    desk.alice_writes("q0", "Fair", "before the backup");
    desk.replies(1);
    console.wait_for_state("own", 1);
    desk.settle(&console.running);
    drop(console);
    let backup = desk.site.dir.path().join("backup");
    copy(&desk.site.data(), &backup);

    let running = desk.start();
    desk.alice_writes("q1", "Fair", "after the backup");
    desk.replies(2);
    desk.settle(&running);
    drop(running);
    std::fs::remove_dir_all(desk.site.data()).unwrap();
    copy(&backup, &desk.site.data());

    desk.alice_writes("q2", "Fair", "after it was restored");
    let console = desk.open_again();
    desk.replies(3);
    // What it does not remember is read again, and found among the sent mail.
    console.wait_for_state("taken", 2);
    desk.settle(&console.running);
    let mut said: Vec<String> = desk.post.mails(ALICE, "INBOX").iter().map(|reply| said(reply)).collect();
    said.sort();
    let wanted = ["after it was restored", "after the backup", "before the backup"]
        .map(|words| format!("You wrote: Subject: Fair\n\n{words}"));
    assert_eq!(said, wanted);
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
