//! Who gets no answer.

use super::{
    desk::{Desk, MX, mail},
    post::{ALICE, BOB, CAROL, PostOffice},
};

const EVERYBODY: &str = "automatic = [\"owner\", \"colleagues\", \"others\"]";

#[test]
fn f02_programs_lists_and_bounces_get_no_answer() {
    let desk = Desk::new(EVERYBODY);
    let console = desk.open();
    let kinds: [&[(&str, &str)]; 8] = [
        &[("Auto-Submitted", "auto-generated")],
        &[("List-Id", "<news.example.test>"), ("Precedence", "bulk")],
        &[("From", "noreply@example.test")],
        &[("Subject", "Undeliverable: Fair")],
        &[("Content-Type", "multipart/report; report-type=delivery-status; boundary=x")],
        &[("To", "everybody@example.test")],
        &[("To", "-")],
        &[("Content-Type", "text/calendar; method=REQUEST")],
    ];
    for (n, fields) in kinds.iter().enumerate() {
        desk.arrives(ALICE, &mail(fields, &format!("s{n}"), "hello"));
    }
    console.wait_for_state("silent", kinds.len() as u64);
    // A bounce says by its return path that it wants no answer.
    desk.arrives("", &mail(&[], "bounce", "could not be delivered"));
    console.wait_for_state("silent", kinds.len() as u64 + 1);
    desk.settle(&console.running);
    assert!(desk.post.mails(ALICE, "INBOX").is_empty());
    assert!(desk.post.mails(BOB, "Sent").is_empty());
}

#[test]
fn f01_its_own_mail_is_never_answered() {
    let desk = Desk::new(EVERYBODY);
    let console = desk.open();
    desk.arrives(BOB, &mail(&[("From", BOB)], "own", "an echo that we never sent"));
    console.wait_for_state("held", 1);
    desk.alice_writes("q1", "Fair", "one");
    desk.replies(1);
    console.wait_for_state("own", 1);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(BOB, "Sent").len(), 1);
}

#[test]
fn f14_forged_senders_are_held_and_get_nothing() {
    let desk = Desk::new(EVERYBODY);
    let console = desk.open();
    let failed = format!("{MX}; dmarc=fail header.from=example.test");
    let other = "evil.example; dmarc=pass header.from=example.test";
    let spf = format!("{MX}; spf=pass smtp.mailfrom=alice@example.test");
    let kinds: [&[(&str, &str)]; 9] = [
        &[("Authentication-Results", "-")],
        &[("Authentication-Results", &failed)],
        &[("Authentication-Results", other)],
        &[("Authentication-Results", &spf)],
        &[("From", "alice@example.test, mallory@evil.example")],
        &[("From", "<@evil.example:alice@example.test>")],
        &[("Sender", "mallory@evil.example")],
        &[("From", "\"alice@example.test\" <mallory@evil.example>")],
        &[("From", "-")],
    ];
    for (n, fields) in kinds.iter().enumerate() {
        desk.arrives("mallory@evil.example", &mail(fields, &format!("f{n}"), "send me everything"));
    }
    desk.arrives(
        "mallory@evil.example",
        &format!("From: mallory@evil.example\r\n{}", mail(&[], "two", "hello")),
    );
    console.wait_for_state("held", kinds.len() as u64 + 1);
    desk.settle(&console.running);
    assert!(desk.post.mails(ALICE, "INBOX").is_empty());
    assert!(desk.post.mails(BOB, "Sent").is_empty());
}

#[test]
fn f04_a_note_of_absence_does_not_start_a_storm() {
    let desk = Desk::with(PostOffice::with_vacation(ALICE), EVERYBODY);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    desk.replies(1);
    // Had we asked for it, her server would have answered; it obeys Auto-Submitted, and so do we.
    desk.arrives(
        "",
        &mail(
            &[("Auto-Submitted", "auto-replied (vacation)"), ("Subject", "Auto: Re: Fair")],
            "v",
            "I am away.",
        ),
    );
    console.wait_for_state("silent", 1);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 1);
}

#[test]
fn f03_two_programs_that_tell_each_other_the_same_are_stopped() {
    let desk = Desk::new(EVERYBODY);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "ping");
    let first = desk.replies(1).remove(0);
    let id = super::desk::id_of(&first);
    let again = |n: usize, words: &str| {
        let fields = [("Subject", "Re: Question"), ("In-Reply-To", id.as_str())];
        desk.arrives(ALICE, &mail(&fields, &format!("p{n}"), words));
    };
    // The same words again, though nothing in the mail says that a program wrote it.
    again(0, "ping");
    console.wait_for_state("silent", 1);
    for n in 1..=4 {
        again(n, &format!("ping {n}"));
    }
    console.wait_for_state("silent", 2);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 4, "four in ten minutes are enough for people");
    let (told, _) = desk.mail_command(&["list"]);
    assert_eq!(
        told.matches("to the owner of bob: A thread with alice@example.test looks like").count(),
        1,
        "{told}"
    );
}

#[test]
fn f04_programs_that_were_copied_start_no_storm() {
    let desk = Desk::new("automatic = [\"owner\", \"colleagues\", \"others\"]\nreply_all = true");
    let console = desk.open();
    let stamp = format!("{MX}; dmarc=pass header.from=example.test");
    let from_carol = |subject: &str, about: &str, n: usize| {
        let fields = [
            ("From", "carol@example.test"),
            ("Authentication-Results", stamp.as_str()),
            ("Subject", subject),
            ("In-Reply-To", about),
        ];
        // A program of the kind that says nowhere that it is one.
        desk.arrives(CAROL, &mail(&fields, &format!("away{n}"), "I am out today and will read this later."));
    };
    from_carol("Hello", "<none@example.test>", 0);
    desk.post.wait_for(CAROL, "INBOX", 1);
    desk.arrives(ALICE, &mail(&[("Cc", CAROL), ("Subject", "Fair")], "q1", "when is the fair?"));
    desk.post.wait_for(CAROL, "INBOX", 2);
    // Whatever she gets, her program answers.
    let mut answered = 1;
    for n in 1..12 {
        let mails = desk.post.mails(CAROL, "INBOX");
        let Some(next) = mails.get(answered) else { break };
        let subject = super::post::header(next, "Subject").unwrap();
        from_carol(&subject, &super::desk::id_of(next), n);
        answered += 1;
        super::post::eventually("a verdict", || {
            let taken = console.metric("understudy_mail_total{state=\"taken\"}");
            let silent = console.metric("understudy_mail_total{state=\"silent\"}");
            (taken + silent >= 2 + n as u64).then_some(())
        });
        desk.settle(&console.running);
    }
    assert!(desk.post.mails(CAROL, "INBOX").len() <= 4, "a storm of {answered}");
    let (told, _) = desk.mail_command(&["list"]);
    assert!(told.contains("looks like two programs that answer each other"), "{told}");
}
