//! Mail that waits for a person is shown to its owner and to admins, and the first decision counts.

use understudy::store::{Judged, MailCursor, MailState, NewMail, NewNotice, now};

use super::desk::Desk;

const MAILBOX: &str = "bob-bot@mail.test:993/INBOX";

/// Keeps a mail that was judged so, in this mailbox.
async fn waits(desk: &Desk, mailbox: &str, uid: u32, state: MailState, why: &str) -> i64 {
    let cursor = MailCursor { uid_validity: 1, uid_next: uid + 1, read_at: now() };
    let mail =
        NewMail { uid, raw: b"words that nobody vouches for".to_vec(), size_bytes: 29, arrived_at: now() };
    desk.store.keep_mail(mailbox, 1, vec![mail], cursor, now()).await.unwrap();
    let id = desk.store.unread_mail(mailbox, 1).await.unwrap().pop().unwrap();
    let judged = Judged {
        state,
        why: why.to_owned(),
        content_key: format!("key {uid}"),
        text_hash: String::new(),
        sender: "<script>alice@example.test</script>".to_owned(),
    };
    desk.store.judge_mail(id, judged).await.unwrap();
    id
}

#[tokio::test]
async fn waiting_mail_is_shown_to_whoever_decides_and_to_nobody_else() {
    let desk = Desk::new().await;
    let (admin, owner, alice) =
        (desk.sign_in("carol").await, desk.member("bob").await, desk.member("alice").await);
    let held = waits(&desk, MAILBOX, 1, MailState::Held, "no signature is valid").await;
    let old = waits(&desk, MAILBOX, 2, MailState::Old, "it lay here for more than 7 days").await;
    let parked = waits(&desk, MAILBOX, 3, MailState::Parked, "it has more than 25 MB").await;
    let elsewhere = waits(&desk, "gone@mail.test:993/INBOX", 1, MailState::Held, "an orphan").await;
    waits(&desk, MAILBOX, 4, MailState::Silent, "it went to many").await;

    let page = desk.get("/admin/mail", &owner).await.body;
    for words in ["no signature is valid", "it lay here for more than 7 days", "it has more than 25 MB"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("an orphan") && !page.contains("it went to many"), "{page}");
    assert!(!page.contains("<script>alice") && !page.contains("nobody vouches for"), "{page}");
    assert!(desk.get("/admin/mail", &admin).await.body.contains("an orphan"));
    assert!(desk.get("/admin/mail", &alice).await.body.contains("No mail waits."));

    for (id, decision) in [(held, "drop"), (old, "answer"), (parked, "retry")] {
        let path = format!("/admin/mail/{id}/{decision}");
        assert_eq!(desk.post(&path, &alice, "").await.status, 403, "{decision}");
        assert_eq!(desk.post(&path, &owner, "").await.header("location"), Some("/admin/mail"), "{decision}");
        assert!(desk.post(&path, &admin, "").await.status >= 404, "{decision} counts once");
    }
    assert_eq!(desk.post(&format!("/admin/mail/{elsewhere}/drop"), &owner, "").await.status, 403);
    assert_eq!(desk.post(&format!("/admin/mail/{elsewhere}/answer"), &admin, "").await.status, 409);
    assert_eq!(desk.post("/admin/mail/999/drop", &admin, "").await.status, 404);
    // Both go their way again.
    assert_eq!(desk.store.unread_mail(MAILBOX, 10).await.unwrap(), [old, parked]);
}

#[tokio::test]
async fn a_notice_is_shown_to_its_owner_until_it_is_read() {
    let desk = Desk::new().await;
    let (owner, alice) = (desk.member("bob").await, desk.member("alice").await);
    let notice = |words: &str| NewNotice {
        key: "loop 1".to_owned(),
        person: "bob".to_owned(),
        kind: "loop",
        words: words.to_owned(),
    };
    assert!(desk.store.tell_owner(notice("two programs answer each other"), now()).await.unwrap());
    assert!(!desk.store.tell_owner(notice("again"), now()).await.unwrap(), "nobody is told twice");
    let page = desk.get("/admin/mail", &owner).await.body;
    assert!(page.contains("two programs answer each other"), "{page}");
    assert!(!desk.get("/admin/mail", &alice).await.body.contains("two programs"));
    let id = desk.store.mail_notices(1).await.unwrap()[0].id;
    let path = format!("/admin/mail-notice/{id}");
    assert_eq!(desk.post(&path, &alice, "").await.status, 403);
    assert_eq!(desk.post(&path, &owner, "").await.status, 303);
    assert!(!desk.get("/admin/mail", &owner).await.body.contains("two programs"));
    assert_eq!(desk.post(&path, &owner, "").await.status, 404);
}
