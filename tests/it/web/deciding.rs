//! Stuck messages and drafts wait for somebody, and the first decision counts.

use understudy::{
    domain::{Channel, InboxId},
    store::ReplyState,
};

use super::desk::{Desk, bob};

#[tokio::test]
async fn a_stuck_message_is_shown_with_its_reason_and_retried_or_dropped() {
    let desk = Desk::new().await;
    let admin = desk.sign_in("carol").await;
    let alice = desk.member("alice").await;
    let first = desk.ask(&alice, "a", "one").await;
    desk.park("the notes are out of reach").await;
    assert!(desk.get("/talk/bob", &alice).await.body.contains("I got stuck on this"));
    assert!(desk.deliver().await, "the notice leaves like a reply");
    assert!(desk.get("/talk/bob", &alice).await.body.contains("an admin sees it and can let me try again"));
    assert!(
        !desk.get("/talk/bob", &alice).await.body.contains("out of reach"),
        "reasons are for whoever decides"
    );
    assert!(!desk.get("/admin/inbox", &alice).await.body.contains("out of reach"));
    let page = desk.get("/admin/inbox", &admin).await.body;
    assert!(page.contains("the notes are out of reach") && page.contains("one"), "{page}");

    let retry = format!("/admin/inbox/{first}/retry");
    assert_eq!(desk.post(&retry, &alice, "").await.status, 403);
    assert_eq!(desk.post(&retry, &admin, "").await.header("location"), Some("/admin/inbox"));
    assert_eq!(desk.store.inbox_counts().await.unwrap().ready, 1);
    let late = desk.post(&retry, &admin, "").await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("decided already"));

    desk.park("again").await;
    assert_eq!(desk.post(&format!("/admin/inbox/{first}/drop"), &admin, "").await.status, 303);
    assert!(desk.get("/talk/bob", &alice).await.body.contains("took this message off my desk"));
    assert_eq!(desk.post("/admin/inbox/999/retry", &admin, "").await.status, 404);
}

async fn drafted(desk: &Desk, cookie: &str, key: &str, words: &str) -> (InboxId, String) {
    let id = desk.ask(cookie, key, "question").await;
    desk.settle(&desk.claim().await, words).await;
    let draft = desk.store.drafts(&bob(), 10).await.unwrap().pop().unwrap();
    assert_eq!(draft.inbox, id);
    (id, format!("/admin/drafts/{id}/{}", draft.id))
}

#[tokio::test]
async fn a_draft_waits_for_its_owner_who_approves_edits_or_drops_it() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.member("alice").await, desk.member("bob").await);
    assert_eq!(desk.post("/admin/draft-mode/bob", &alice, "mode=on").await.status, 403);
    assert_eq!(desk.post("/admin/draft-mode/bob", &owner, "mode=on").await.status, 303);
    assert!(desk.store.draft_mode(&bob(), Channel::Console).await.unwrap());

    let (first, path) = drafted(&desk, &alice, "a", "from the notes").await;
    assert!(!desk.deliver().await, "a draft does not leave");
    let waiting = desk.get("/talk/bob", &alice).await.body;
    assert!(
        waiting.contains("This reply waits for bob's yes") && !waiting.contains("from the notes"),
        "{waiting}"
    );
    assert!(!desk.get("/admin/drafts", &alice).await.body.contains("from the notes"));
    let page = desk.get("/admin/drafts", &owner).await.body;
    assert!(page.contains("from the notes") && page.contains("question"), "{page}");

    assert_eq!(desk.post(&path, &alice, "decision=approve").await.status, 403);
    assert_eq!(desk.post(&path, &owner, "decision=maybe").await.status, 400);
    assert_eq!(desk.post(&path, &owner, "decision=approve").await.status, 303);
    tokio::time::timeout(std::time::Duration::from_secs(1), desk.wake_outbox.notified())
        .await
        .expect("it rings");
    let late = desk.post(&path, &owner, "decision=drop").await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("The first decision counts"));
    assert!(desk.deliver().await);
    assert!(desk.get("/talk/bob", &alice).await.body.contains("from the notes"));

    let (second, path) = drafted(&desk, &alice, "b", "clumsy").await;
    assert_eq!(desk.post(&path, &owner, "decision=edit&text=+").await.status, 400);
    assert_eq!(desk.post(&path, &owner, "decision=edit&text=better%0D%0Awords").await.status, 303);
    assert!(desk.deliver().await);
    let reply = desk.store.replies_to(second, second).await.unwrap().pop().unwrap();
    assert_eq!((&*reply.reply.text, reply.state), ("better\nwords", ReplyState::Sent));

    let (third, path) = drafted(&desk, &alice, "c", "wrong").await;
    // A draft is found under the message it answers only.
    assert_eq!(
        desk.post(&path.replacen(&third.to_string(), &first.to_string(), 1), &owner, "decision=drop")
            .await
            .status,
        404
    );
    assert_eq!(desk.post(&path, &owner, "decision=drop").await.status, 303);
    assert!(!desk.deliver().await);
    assert!(desk.get("/talk/bob", &alice).await.body.contains("decided not to send"));

    assert_eq!(desk.post("/admin/draft-mode/bob", &owner, "mode=off").await.status, 303);
    assert!(!desk.store.draft_mode(&bob(), Channel::Console).await.unwrap());
    let decided: Vec<String> =
        desk.store.audit(20).await.unwrap().into_iter().map(|row| row.action).collect();
    for action in ["draft.approved", "draft.edited", "reply.dropped"] {
        assert_eq!(decided.iter().filter(|done| *done == action).count(), 1, "{action}");
    }
}
