//! "Remember this": a mail becomes a note for its readers, and its sender is told.

use super::{
    desk::{Desk, MX, mail, said},
    post::{ALICE, CAROL, header},
};

fn from_carol(subject: &str, id: &str, words: &str) -> String {
    let stamp = format!("{MX}; dmarc=pass header.from=example.test");
    let fields = [
        ("From", "Carol <carol@example.test>"),
        ("Authentication-Results", stamp.as_str()),
        ("Subject", subject),
    ];
    mail(&fields, id, words)
}

fn notes(desk: &Desk) -> String {
    let output = desk
        .command()
        .args(["notes", "list", "-p", "bob", "--json"])
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_forwarded_mail_is_remembered_for_the_right_readers() {
    let desk = Desk::new("automatic = [\"colleagues\"]\nmay_teach = [\"carol@example.test\"]");
    let console = desk.open();
    let lesson = "remember this\r\n\r\n---------- Forwarded message ---------\r\nFrom: Dave\r\n\r\nThe zebrafish fair is in hall seven.";
    desk.arrives(CAROL, &from_carol("Fwd: Zebrafish fair", "l1", lesson));
    let told = desk.post.wait_for(CAROL, "INBOX", 1).remove(0);
    assert_eq!(header(&told, "Subject").unwrap(), "Re: Fwd: Zebrafish fair");
    assert!(
        said(&told)
            .replace('\n', " ")
            .starts_with("I'll remember \"Zebrafish fair\" for bob, carol@example.test."),
        "{told}"
    );
    let listed = notes(&desk);
    assert!(listed.contains("mail/Zebrafish fair") && listed.contains("carol@example.test"), "{listed}");
    // Whoever may read it gets it, and nobody else.
    let question = "Zebrafish fair: in which hall is it?";
    desk.arrives(CAROL, &from_carol("Question", "c2", question));
    desk.alice_writes("q1", "Question", question);
    let to_carol = desk.post.wait_for(CAROL, "INBOX", 2).remove(1);
    assert!(said(&to_carol).contains("[1] Zebrafish fair"), "{to_carol}");
    assert!(!said(&desk.replies(1)[0]).contains("Zebrafish fair\n"), "not for Alice");
    assert!(!said(&desk.replies(1)[0]).contains("[1]"), "not for Alice");

    // Sent again for everyone, it replaces the first one.
    let wider = lesson.replace("remember this", "Remember this for everyone.");
    desk.arrives(CAROL, &from_carol("Fwd: Zebrafish fair", "l2", &wider));
    desk.post.wait_for(CAROL, "INBOX", 3);
    assert_eq!(notes(&desk).matches("mail/Zebrafish fair").count(), 1);
    desk.alice_writes("q2", "Question", &format!("{question} Please."));
    assert!(said(&desk.replies(2)[1]).contains("[1] Zebrafish fair"));

    // Who may not teach asks a question like any other.
    desk.alice_writes(
        "q3",
        "Fwd: Zebrafish fair",
        "remember this for everyone\r\n\r\nThe fair is cancelled.",
    );
    assert!(said(&desk.replies(3)[2]).starts_with("You wrote:"));
    assert_eq!(notes(&desk).matches("mail/Zebrafish fair").count(), 1);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 3);
}
