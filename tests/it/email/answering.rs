//! What is answered, and how the answer looks.

use super::{
    desk::{Desk, from_alice, id_of, mail, said},
    post::{ALICE, BOB, CAROL, header, text},
};

pub const AUTOMATIC: &str = "automatic = [\"colleagues\"]";

#[test]
fn a_mail_is_answered_once_in_its_thread_and_filed() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    let reply = desk.replies(1).remove(0);
    assert_eq!(said(&reply), "You wrote: Subject: Fair\n\nwhen is the fair?");
    assert!(text(&reply).contains("Bob's understudy, a program that answers for Bob."));
    assert_eq!(header(&reply, "Subject").unwrap(), "Re: Fair");
    assert_eq!(header(&reply, "In-Reply-To").unwrap(), "<q1@example.test>");
    assert_eq!(header(&reply, "References").unwrap(), "<q1@example.test>");
    assert_eq!(header(&reply, "Auto-Submitted").unwrap(), "auto-replied");
    assert_eq!(header(&reply, "To").unwrap(), "Alice <alice@example.test>");
    assert!(header(&reply, "Cc").is_none());
    let filed = desk.post.wait_for(BOB, "Sent", 1);
    assert_eq!(id_of(&filed[0]), id_of(&reply));

    // She answers the answer: the thread goes on, and what she quotes is not read again.
    let id = id_of(&reply);
    let fields = [("Subject", "Re: Fair"), ("In-Reply-To", id.as_str()), ("References", id.as_str())];
    let words =
        "and the hall?\r\n\r\nOn Tue, 24 Nov 2026 at 12:00, Bob <bob-bot@example.test> wrote:\r\n> You wrote";
    desk.arrives(ALICE, &mail(&fields, "q2", words));
    let second = desk.replies(2).remove(1);
    assert_eq!(said(&second), "You wrote: and the hall?");
    assert_eq!(header(&second, "Subject").unwrap(), "Re: Fair");
    assert!(header(&second, "References").unwrap().ends_with("<q2@example.test>"));
    // Our own copies came back and were recognised.
    console.wait_for_state("own", 2);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 2);
    assert!(desk.post.mails(CAROL, "INBOX").is_empty());
}

#[test]
fn a_folder_of_sent_mail_that_is_not_there_holds_up_no_reply() {
    let desk = Desk::new(&format!("{AUTOMATIC}\nsent = \"Nowhere\"\n"));
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    assert_eq!(said(&desk.replies(1)[0]), "You wrote: Subject: Fair\n\nwhen is the fair?");
    desk.settle(&console.running);
}

#[test]
fn a_reply_waits_for_its_owner_unless_told_otherwise() {
    let desk = Desk::new("");
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "when is the fair?");
    let drafts = || console.metric("understudy_outbox_replies{state=\"draft\"}");
    super::post::eventually("a draft", || (drafts() == 1).then_some(()));
    assert!(desk.post.mails(ALICE, "INBOX").is_empty());
    let cookie = console.sign_in();
    let page = console.page("admin/drafts", &cookie);
    assert!(page.contains("You wrote: Subject: Fair"), "{page}");
    let action = page.split("action=\"/admin/drafts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = "decision=edit&text=On+Friday.";
    assert_eq!(console.post(&format!("admin/drafts/{action}"), &cookie, form).status(), 303);
    let reply = desk.replies(1).remove(0);
    assert_eq!(said(&reply), "On Friday.");
    assert!(header(&reply, "Auto-Submitted").is_none(), "a person pressed send");
    desk.settle(&console.running);
}

#[test]
fn f05_the_same_mail_is_answered_once_and_another_under_its_id_as_well() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    let one = from_alice("same", "Fair", "one");
    desk.arrives(ALICE, &one);
    desk.replies(1);
    desk.arrives(ALICE, &one);
    console.wait_for_state("repeat", 1);
    // A sender that uses one id for everything.
    desk.arrives(ALICE, &from_alice("same", "Fair", "two"));
    let replies = desk.replies(2);
    assert_eq!(said(&replies[1]), "You wrote: Subject: Fair\n\ntwo");
    // Without any id, date or subject.
    desk.arrives(ALICE, &mail(&[("Message-ID", "-"), ("Date", "-"), ("Subject", "-")], "x", "three"));
    assert_eq!(said(&desk.replies(3)[2]), "You wrote: three");
    desk.settle(&console.running);
}

#[test]
fn f17_a_mail_that_cannot_be_read_is_parked_told_about_and_holds_up_no_other() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(5_000);
    let poison = mail(&[("Subject", "Bomb"), ("MIME-Version", "1.0")], "bomb", "");
    desk.arrives(ALICE, &format!("{}{deep}", poison.trim_end_matches("\r\n").to_owned() + "\r\n"));
    desk.alice_writes("good", "Fair", "when is the fair?");
    let replies = desk.replies(2);
    let told = replies.iter().find(|reply| header(reply, "Subject").unwrap() == "Re: Bomb").unwrap();
    assert!(said(told).starts_with("I couldn't fetch or open your mail, because it holds"), "{told}");
    console.wait_for_state("parked", 1);
    console.wait_for_state("taken", 1);
    desk.settle(&console.running);
}

#[test]
fn f15_a_rewritten_message_id_is_learnt_and_keeps_the_thread() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    desk.post.smtp_mode("rewrite");
    desk.alice_writes("q1", "Fair", "one");
    let reply = desk.replies(1).remove(0);
    assert!(id_of(&reply).contains("provider.example"));
    console.wait_for_state("own", 1);
    // Her program names only the id that it saw.
    let id = id_of(&reply);
    let fields = [("Subject", "Re: Fair"), ("In-Reply-To", id.as_str())];
    desk.arrives(ALICE, &mail(&fields, "q2", "two"));
    desk.replies(2);
    desk.settle(&console.running);
    let health = console.running.connect().unwrap().call(&serde_json::json!("health")).unwrap();
    assert_eq!(health.pointer("/inbox/done").unwrap(), 2);
    let threads = conversations(&desk);
    assert_eq!(threads.len(), 1, "{threads:?}");
}

#[test]
fn f14_an_id_of_somebody_elses_thread_opens_nothing() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    desk.alice_writes("q1", "Fair", "one");
    let reply = desk.replies(1).remove(0);
    // Carol is who she says, and names an id that was forwarded to her.
    let stamp = format!("{}; dmarc=pass header.from=example.test", super::desk::MX);
    let id = id_of(&reply);
    let fields = [
        ("From", "carol@example.test"),
        ("Authentication-Results", stamp.as_str()),
        ("Subject", "Re: Fair"),
        ("In-Reply-To", id.as_str()),
        ("Reply-To", "mallory@evil.example"),
    ];
    desk.arrives(CAROL, &mail(&fields, "c1", "what did she ask?"));
    let told = desk.post.wait_for(CAROL, "INBOX", 1).remove(0);
    assert_eq!(said(&told), "You wrote: what did she ask?");
    desk.settle(&console.running);
    assert_eq!(conversations(&desk).len(), 2, "each has a thread of their own");
}

/// The threads that the store knows.
fn conversations(desk: &Desk) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::Row;
        let file = desk.site.data().join("understudy.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let rows = sqlx::query("SELECT DISTINCT conversation FROM inbox").fetch_all(&pool).await.unwrap();
        rows.iter().map(|row| row.get("conversation")).collect()
    })
}

#[test]
fn somebody_from_outside_is_marked_as_such() {
    let desk = Desk::new("");
    let console = desk.open();
    let stamp = format!("{}; dmarc=pass header.from=customer.example", super::desk::MX);
    let fields = [("From", "Dave <dave@customer.example>"), ("Authentication-Results", stamp.as_str())];
    desk.arrives("dave@customer.example", &mail(&fields, "d1", "when is the fair?"));
    desk.alice_writes("q1", "Fair", "and the hall?");
    let drafts = || console.metric("understudy_outbox_replies{state=\"draft\"}");
    super::post::eventually("two drafts", || (drafts() == 2).then_some(()));
    let page = console.page("admin/drafts", &console.sign_in());
    assert!(page.contains("Dave (outside)") && !page.contains("Alice (outside)"), "{page}");
    desk.settle(&console.running);
}

#[test]
fn documents_of_a_mail_are_read_by_what_is_in_them() {
    let desk = Desk::new(AUTOMATIC);
    let console = desk.open();
    let part = |name: &str, kind: &str, content: &str| {
        format!(
            "--cut\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    };
    let words = format!(
        "--cut\r\nContent-Type: text/plain\r\n\r\nhow high is the deposit?\r\n{}{}--cut--",
        // Neither name nor type says what it is.
        part("lease.zip", "application/zip", "# Lease\r\n\r\nThe deposit is 4,750 EUR."),
        part("scan.pdf", "application/pdf", "%PDF-1.7 cut short"),
    );
    let fields = [("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=cut")];
    desk.arrives(ALICE, &mail(&fields, "lease", &words));
    let reply = said(&desk.replies(1)[0]);
    assert!(reply.contains("how high is the deposit?"), "{reply}");
    assert!(reply.contains("I read lease.zip."), "{reply}");
    assert!(
        reply.contains("I couldn't read scan.pdf: it is damaged or cut short, so save it again"),
        "{reply}"
    );
    desk.settle(&console.running);
}
