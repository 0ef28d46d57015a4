//! What people have to look after: bounces, old mail, copies to others, a mailbox that can't be read.

use std::time::Duration;

use super::{
    desk::{Desk, MX, from_alice, id_of, mail, said},
    post::{ALICE, CAROL, eventually, header},
};

const AUTOMATIC: &str = "automatic = [\"colleagues\"]";

/// A bounce of the mail `about` to `address`.
fn bounce(id: &str, about: &str, address: &str, action: &str, status: &str) -> String {
    let kind = "multipart/report; report-type=delivery-status; boundary=b";
    let fields = [
        ("From", "MAILER-DAEMON@mx.example.test"),
        ("Subject", "Undelivered Mail Returned to Sender"),
        ("MIME-Version", "1.0"),
        ("Content-Type", kind),
    ];
    let report = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test\r\n\r\n\
         Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 no such user\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {about}\r\nSubject: Re: Fair\r\n\r\n--b--"
    );
    mail(&fields, id, &report)
}

#[test]
fn f03_a_bounce_is_told_to_the_owner_and_never_answered() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    let about = id_of(&desk.replies(1)[0]);
    // Forged ones: about no reply of ours, about somebody else's address.
    desk.arrives("", &bounce("b1", "<u.0000@example.test>", ALICE, "failed", "5.1.1"));
    desk.arrives("", &bounce("b2", &about, CAROL, "failed", "5.1.1"));
    console.wait_for_state("silent", 2);
    let (told, _) = desk.mail_command(&["list"]);
    assert!(!told.contains(" is dead") && !told.contains("to the owner"), "{told}");
    // A delay is noted; nobody is told.
    desk.arrives("", &bounce("b3", &about, ALICE, "delayed", "4.4.1"));
    console.wait_for_state("silent", 3);
    let (told, _) = desk.mail_command(&["list"]);
    assert!(told.contains("alice@example.test is delayed: 4.4.1"), "{told}");
    assert!(!told.contains("to the owner"), "{told}");
    for n in 4..34 {
        desk.arrives("", &bounce(&format!("b{n}"), &about, ALICE, "failed", "5.1.1"));
    }
    console.wait_for_state("silent", 33);
    let (told, _) = desk.mail_command(&["list"]);
    assert!(told.contains("alice@example.test is dead: 5.1.1"), "{told}");
    assert_eq!(told.matches("to the owner of bob: A reply did not reach").count(), 1, "{told}");
    // She writes again, so she is there.
    desk.alice_writes("q2", "Fair", "and the hall?");
    desk.replies(2);
    let (told, _) = desk.mail_command(&["list"]);
    assert!(!told.contains(" is dead"), "{told}");
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 2, "no bounce was answered");
}

#[test]
fn f07_old_mail_is_answered_when_its_owner_says_so() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    drop(console);
    desk.post.deliver_old(&from_alice("old", "Fair", "when is the fair?"), Duration::from_secs(8 * 86_400));
    let console = desk.open_again();
    console.wait_for_state("old", 1);
    let (told, _) = desk.mail_command(&["list"]);
    assert!(told.contains("1  old  alice@example.test  it lay here for more than 7 days"), "{told}");
    assert!(told.contains("to the owner of bob: Mail 1 and perhaps more lay in the mailbox"), "{told}");
    assert!(desk.post.mails(ALICE, "INBOX").is_empty());
    assert_eq!(desk.mail_command(&["answer", "1"]), ("mail 1 is answered now\n".to_owned(), true));
    assert!(!desk.mail_command(&["answer", "1"]).1, "once is enough");
    assert_eq!(said(&desk.replies(1)[0]), "You wrote: Subject: Fair\n\nwhen is the fair?");
    desk.settle(&console.running);
}

#[test]
fn colleagues_who_were_asked_in_front_of_get_the_reply_when_the_owner_wants_that() {
    let desk = Desk::new("automatic = [\"colleagues\"]\nreply_all = true");
    let console = desk.open();
    let to_all = [("Cc", "carol@example.test, list@example.test, mallory@evil.example")];
    // Nobody knows Carol yet: she may be a list.
    desk.arrives(ALICE, &mail(&to_all, "q1", "one"));
    assert!(header(&desk.replies(1)[0], "Cc").is_none());
    let stamp = format!("{MX}; dmarc=pass header.from=example.test");
    let carol = [("From", "carol@example.test"), ("Authentication-Results", stamp.as_str())];
    desk.arrives(CAROL, &mail(&carol, "c1", "hello"));
    desk.post.wait_for(CAROL, "INBOX", 1);
    desk.arrives(ALICE, &mail(&to_all, "q2", "two"));
    let reply = desk.replies(2).remove(1);
    assert_eq!(header(&reply, "To").unwrap(), "Alice <alice@example.test>");
    assert_eq!(header(&reply, "Cc").unwrap(), "carol@example.test");
    let copy = desk.post.wait_for(CAROL, "INBOX", 2).remove(1);
    assert_eq!(id_of(&copy), id_of(&reply));
    desk.settle(&console.running);
}

#[test]
fn a_mailbox_that_is_not_read_for_long_is_told_to_its_owner() {
    let mut desk = Desk::new("alarm_after_s = 2");
    desk.post.stop_dovecot();
    let console = desk.open_unread();
    eventually("an alarm", || (console.metric("understudy_mail_alarms_total") == 1).then_some(()));
    let (told, _) = desk.mail_command(&["list"]);
    assert!(told.contains("to the owner of bob: The mailbox has not been read since"), "{told}");
}

#[test]
fn f12_a_server_that_refuses_what_it_has_delivered_parks_nothing() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    desk.post.smtp_mode("dispute");
    desk.alice_writes("q1", "Fair", "one");
    desk.replies(1);
    // Our own copy shows that it arrived.
    desk.settle(&console.running);
    assert_eq!(console.metric("understudy_outbox_replies{state=\"parked\"}"), 0);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 1);
    drop(console);

    let desk = Desk::new("automatic = [\"colleagues\"]\nresend_after_s = 1");
    let console = desk.open();
    desk.post.smtp_mode("reject");
    desk.alice_writes("q1", "Fair", "one");
    let parked = || console.metric("understudy_outbox_replies{state=\"parked\"}");
    eventually("a parked reply", || (parked() == 1).then_some(()));
    assert!(desk.post.mails(ALICE, "INBOX").is_empty());
}
