//! The real program: a mail goes in, one JSON object comes out. Because of this test Cargo builds the program for
//! every test run, beside `understudy`, whose tests start it.

#![allow(missing_docs, reason = "tests")]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn reads(arguments: &[&str], mail: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_understudy-ears"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may refuse before it has read everything.
    child.stdin.take().unwrap().write_all(mail).ok();
    child.wait_with_output().unwrap()
}

#[test]
fn one_mail_becomes_one_object() {
    let output = reads(&["read", "mail"], b"From: a@example.com\r\nSubject: Fair\r\n\r\nIs it open?\r\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(read.to_string().contains("Is it open?"), "{read}");
}

#[test]
fn any_other_use_is_answered_with_the_right_one() {
    for arguments in
        [&[][..], &["hear"], &["hear", "a", "b"], &["read"], &["read", "this"], &["read", "enclosure"]]
    {
        let output = reads(arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage: understudy-ears read"));
    }
}
