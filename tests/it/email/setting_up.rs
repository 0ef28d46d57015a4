//! What an operator sees.

use super::{
    desk::{Desk, mail},
    post::ALICE,
};

fn doctor(command: &mut std::process::Command) -> String {
    let output = command.arg("doctor").stdout(std::process::Stdio::piped()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().filter(|line| line.contains(" mail")).collect::<Vec<_>>().join("\n")
}

#[test]
fn doctor_says_what_to_do_about_mail() {
    let desk = Desk::new("");
    let told = doctor(&mut desk.command());
    assert!(told.starts_with("ok    mail of bob: bob-bot@example.test"), "{told}");
    assert!(told.contains("no mail is there yet"), "{told}");
    desk.arrives(ALICE, &mail(&[], "q1", "hello"));
    let told = doctor(&mut desk.command());
    assert!(told.starts_with("ok    mail of bob") && told.ends_with("let it in"), "{told}");
    let told = doctor(desk.command().env("BOB_MAIL_PASSWORD", "wrong"));
    assert!(
        told.starts_with("FAIL  mail of bob") && told.contains("the password in BOB_MAIL_PASSWORD"),
        "{told}"
    );
    assert!(!told.contains("wrong"), "{told}");
    let told = doctor(desk.command().env("BOB_MAIL_PASSWORD", ""));
    assert!(told.starts_with("ok    mail: not set up"), "{told}");

    let file = desk.site.dir.path().join("people/bob/person.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("authserv_id = \"mx.example.test\"", "")).unwrap();
    let told = doctor(&mut desk.command());
    assert!(
        told.starts_with("look  mail of bob") && told.contains("stamped by mx.example.test (1)"),
        "{told}"
    );
    std::fs::write(&file, text.replace("imap://127.0.0.1", "imap://imap.example.test")).unwrap();
    let told = doctor(&mut desk.command());
    assert!(told.starts_with("FAIL  mail of bob") && told.contains("in the clear"), "{told}");
}

#[test]
fn with_tls_the_servers_have_to_be_who_they_say() {
    let desk = Desk::new("automatic = [\"colleagues\"]");
    let file = desk.site.dir.path().join("people/bob/person.toml");
    let plain = std::fs::read_to_string(&file).unwrap();
    let post = &desk.post;
    let encrypted = |smtp: &str, host: &str, ca: &str| {
        let text = plain
            .replace(
                &format!("imap://127.0.0.1:{}", post.imap_port),
                &format!("imaps://{host}:{}", post.imaps_port),
            )
            .replace(&format!("smtp://127.0.0.1:{}", post.smtp_port), smtp);
        std::fs::write(&file, format!("{text}{ca}\n")).unwrap();
    };
    let ca = format!("ca = {:?}", post.ca());
    let submissions = format!("submissions://localhost:{}", post.submissions_port);
    let submission = format!("submission://localhost:{}", post.submission_port);
    for smtp in [&submissions, &submission] {
        encrypted(smtp, "localhost", &ca);
        let told = doctor(&mut desk.command());
        assert!(told.starts_with("ok    mail of bob"), "{smtp}: {told}");
    }
    encrypted(&submissions, "localhost", "");
    let told = doctor(&mut desk.command());
    assert!(
        told.starts_with("FAIL  mail of bob") && told.contains("no certificate that can be trusted"),
        "{told}"
    );
    encrypted(&submissions, "127.0.0.1", &ca);
    let told = doctor(&mut desk.command());
    assert!(
        told.starts_with("FAIL  mail of bob") && told.contains("no certificate that can be trusted"),
        "{told}"
    );

    encrypted(&submission, "localhost", &ca);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    desk.replies(1);
    desk.settle(&console.running);
}

#[test]
fn what_was_not_answered_can_be_seen_and_a_parked_mail_read_again() {
    let desk = Desk::new("");
    let console = desk.open();
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(50);
    let poison = mail(&[("Subject", "Bomb")], "bomb", "");
    desk.arrives(ALICE, &format!("{}\r\n{deep}", poison.trim_end()));
    desk.arrives(ALICE, &mail(&[("Authentication-Results", "-")], "f1", "hello"));
    desk.arrives(ALICE, &mail(&[("Precedence", "bulk")], "n1", "hello"));
    for state in ["parked", "held", "silent"] {
        console.wait_for_state(state, 1);
    }
    let said = |arguments: &[&str]| desk.mail_command(arguments);
    let (told, fine) = said(&["list"]);
    assert!(fine && told.contains("2  held  alice@example.test  the mail server says nothing"), "{told}");
    assert!(told.contains("3  silent  alice@example.test  it went to many"), "{told}");
    assert!(told.contains("1  parked  alice@example.test  it holds more than 20 mails"), "{told}");
    assert!(told.ends_with("1 held, 1 parked, 1 silent\n"), "{told}");
    assert!(!said(&["retry", "abc"]).1, "only numbers name a mail");
    assert!(!said(&["retry", "2"]).1, "only a parked mail is read again");
    assert_eq!(said(&["retry", "1"]), ("mail 1 is read again\n".to_owned(), true));
    // It is as bad as before, and nobody is told twice.
    console.wait_for_state("parked", 2);
    assert_eq!(console.metric("understudy_outbox_replies{state=\"draft\"}"), 1);
    assert_eq!(said(&["drop", "2"]), ("mail 2 is dropped\n".to_owned(), true));
    assert!(!said(&["drop", "2"]).1 && !said(&["list"]).0.contains("2  held"));
}
