//! What owners are written, and held mail that they let be answered. Carol reads the owner's mail here.

use std::{process::Stdio, time::Duration};

use serde_json::json;

use super::{
    desk::{Console, Desk, id_of, mail, said},
    post::{ALICE, BOB, CAROL, eventually, header, text},
};

const AUTOMATIC: &str = "automatic = [\"owner\", \"colleagues\", \"others\"]";
const CONSOLE: &str = "https://understudy.example.test";

/// A desk whose owner has an address.
fn desk() -> Desk {
    let desk = Desk::new(AUTOMATIC);
    let names = "owner = \"bob\"\nowner_also = [\"carol@example.test\"]\n";
    desk.settings(|text| text.replace("owner = \"bob\"\n", names));
    desk
}

fn open(desk: &Desk) -> Console {
    let mut command = desk.command();
    let (running, link) = desk.site.greeted(command.env("UNDERSTUDY_CONSOLE_URL", CONSOLE));
    let console = Console::of(running, &link);
    console.wait_until_read();
    console
}

fn may_remember(desk: &Desk) {
    let words = ["tools", "allow", "bob", "notes.remember", "--for", "member", "--ask"];
    assert!(desk.command().args(words).stdout(Stdio::null()).status().unwrap().success());
}

#[test]
fn a_request_is_written_to_its_owner_with_a_link_that_decides_nothing() {
    let desk = desk();
    let console = open(&desk);
    may_remember(&desk);
    desk.alice_writes("q1", "Kettle", "use notes.remember {\"text\":\"The red kettle is Zora's.\"}");
    assert!(said(&desk.replies(1)[0]).contains("or an admin"));
    let letter = desk.post.wait_for(CAROL, "INBOX", 1).remove(0);
    assert_eq!(header(&letter, "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header(&letter, "To").as_deref(), Some(CAROL));
    let words = text(&letter);
    for part in [
        "text: The red kettle is Zora's.",
        "notes.remember",
        "https://understudy.example.test/admin/approvals#request-1",
        "Answering this mail decides nothing.",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // Looking at the page decides nothing, signed in or not; neither does an answer to the letter.
    let cookie = console.sign_in();
    let page = console.page("admin/approvals", &cookie);
    assert!(page.contains("id=\"request-1\"") && page.contains("The red kettle is Zora"), "{page}");
    let answer =
        [("From", "Carol <carol@example.test>"), ("Subject", "Re: asks"), ("In-Reply-To", &id_of(&letter))];
    desk.arrives(CAROL, &mail(&answer, "yes", "yes, do it"));
    desk.post.wait_for(CAROL, "INBOX", 2);
    assert!(console.page("admin/approvals", &cookie).contains("id=\"request-1\""));
    // It bounces: nobody is answered, and nobody is told that a reply was lost.
    let report = format!(
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test\r\n\r\n\
         Final-Recipient: rfc822; {CAROL}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {}\r\nSubject: x\r\n\r\n--b--",
        id_of(&letter)
    );
    let kind = "multipart/report; report-type=delivery-status; boundary=b";
    let fields = [("From", "MAILER-DAEMON@mx.example.test"), ("MIME-Version", "1.0"), ("Content-Type", kind)];
    desk.arrives("", &mail(&fields, "b1", &report));
    console.wait_for_state("silent", 1);
    desk.settle(&console.running);
    assert!(!desk.mail_command(&["list"]).0.contains("to the owner"), "{}", desk.mail_command(&["list"]).0);
    drop(console);
    // Nobody is written twice, and what was decided is written about no more.
    let console = open_again(&desk);
    std::thread::sleep(Duration::from_secs(8));
    let letters = desk.post.mails(CAROL, "INBOX");
    let about: Vec<&String> = letters
        .iter()
        .filter(|mail| header(mail, "Auto-Submitted").as_deref() == Some("auto-generated"))
        .collect();
    assert_eq!(about.len(), 1, "{letters:?}");
    desk.settle(&console.running);
}

fn open_again(desk: &Desk) -> Console {
    let console = desk.open_again();
    console.wait_until_read();
    console
}

#[test]
fn what_waits_on_the_page_is_written_at_most_once_an_hour() {
    let desk = desk();
    let console = open(&desk);
    let forged = |id: &str| mail(&[("Authentication-Results", "-")], id, "a word that nobody vouches for");
    desk.arrives("mallory@evil.example", &forged("h1"));
    let letter = desk.post.wait_for(CAROL, "INBOX", 1).remove(0);
    let words = text(&letter);
    assert!(
        words.contains("1 more mail waits") && words.contains("https://understudy.example.test/admin/mail"),
        "{words}"
    );
    assert!(!words.contains("nobody vouches"), "{words}");
    assert_eq!(header(&letter, "Auto-Submitted").as_deref(), Some("auto-generated"));
    desk.arrives("mallory@evil.example", &forged("h2"));
    console.wait_for_state("held", 2);
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(desk.post.mails(CAROL, "INBOX").len(), 1);
    assert!(desk.post.mails(ALICE, "INBOX").is_empty() && desk.post.mails(BOB, "Sent").is_empty());
    desk.settle(&console.running);
}

#[test]
fn held_mail_that_its_owner_releases_is_answered_as_a_strangers() {
    let desk = desk();
    let notes = desk.site.dir.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("fair.md"), "# Fair\n\nThe fair is on Friday.\n").unwrap();
    let readers = "readers = [\"alice@example.test\", \"bob\", \"carol@example.test\"]";
    desk.settings(|text| format!("{text}[notes]\nfolders = [{notes:?}]\n{readers}\n"));
    let console = open(&desk);
    let list = json!({"notes_list": {"person": "bob"}});
    eventually("the note", || {
        let listed = console.running.connect()?.call(&list)?;
        (!listed["notes"].as_array()?.is_empty()).then_some(())
    });
    desk.alice_writes("q1", "Re: Fair", "when is the fair?");
    assert_eq!(said(&desk.replies(1)[0]).lines().next(), Some("You wrote: when is the fair? [1]"));
    // The same words from nobody who is known to be her, and from somebody who claims to be the owner.
    let forged = |from: &str, id: &str| {
        mail(
            &[("Authentication-Results", "-"), ("From", from), ("Subject", "Re: Fair")],
            id,
            "when is the fair?",
        )
    };
    desk.arrives("mallory@evil.example", &forged("Alice <alice@example.test>", "h1"));
    desk.arrives("mallory@evil.example", &forged("Bob <carol@example.test>", "h2"));
    console.wait_for_state("held", 2);
    desk.settle(&console.running);
    let before = desk.post.mails(ALICE, "INBOX").len();
    let (list, _) = desk.mail_command(&["list"]);
    let held: Vec<&str> = list
        .lines()
        .filter(|line| line.contains("  held  "))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(held.len(), 2, "{list}");
    assert!(!desk.mail_command(&["answer", held[0]]).1, "only old mail is answered as if it were known");
    let cookie = console.sign_in();
    let page = console.page("admin/mail", &cookie);
    assert!(page.contains(&format!("/admin/mail/{}/release", held[0])), "{page}");
    assert_eq!(console.post(&format!("admin/mail/{}/release", held[0]), &cookie, "").status(), 303);
    let (told, fine) = desk.mail_command(&["release", held[1]]);
    assert!(fine && told.contains("as a stranger's"), "{told}");
    assert!(!desk.mail_command(&["release", held[1]]).1, "once is enough");
    let drafts = || console.metric("understudy_outbox_replies{state=\"draft\"}");
    eventually("two drafts", || (drafts() == 2).then_some(()));
    let page = console.page("admin/drafts", &cookie);
    assert_eq!(page.matches("class=\"words drafted\"").count(), 2, "{page}");
    assert!(!page.contains("fair? [1]"), "no note that names somebody is used: {page}");
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), before, "its owner reads the reply first");
}
