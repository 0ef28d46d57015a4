//! Messages in, replies and their history out.

use understudy::{domain::InboxId, inbox::Stage};

use super::desk::{Desk, bob, next_event};

const SCRIPT: &str = "<script>alert(1)</script>\"'&";

#[tokio::test]
async fn a_message_is_answered_with_everything_that_led_to_the_reply() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    let page = desk.get("/talk/bob", &alice).await.body;
    let key = page.split_once("name=\"key\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let sent = desk.post("/talk/bob", &alice, &format!("key={key}&text=when+is+it%3F")).await;
    assert_eq!((sent.status, sent.header("location")), (303, Some("/talk/bob#turn-1")));
    assert!(desk.get("/talk/bob", &alice).await.body.contains("waiting for its turn"));

    let claimed = desk.claim().await;
    assert_eq!(claimed.message.conversation.0, "console:bob:alice");
    desk.progress.stage(&claimed, Stage::Recalling);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(desk.get("/talk/bob", &alice).await.body.contains("looking it up"));

    desk.settle(&claimed, "on the 24th").await;
    assert!(!desk.get("/talk/bob", &alice).await.body.contains("on the 24th"), "not before it is delivered");
    assert!(desk.deliver().await);
    let page = desk.get("/talk/bob", &alice).await.body;
    for shown in
        ["when is it?", "on the 24th <a class=\"cite\"", "How it got there", "0.500", "1.2 s", "3.7 s"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("data-pending"));
}

#[tokio::test]
async fn a_repeated_key_is_one_message() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    let first = desk.ask(&alice, "k1", "hello").await;
    assert_eq!(desk.ask(&alice, "k1", "hello").await, first);
    assert_ne!(desk.ask(&alice, "k2", "hello").await, first);
    // Carol's key is her own.
    let carol = desk.sign_in("carol").await;
    assert_ne!(desk.ask(&carol, "k1", "hello").await, first);
    assert_eq!(desk.store.inbox_counts().await.unwrap().ready, 3);

    // Other words under a used key, as after going back in the browser, are handed back instead of lost.
    let again = desk.post("/talk/bob", &alice, "key=k1&text=something+else").await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("\nsomething else</textarea>"), "{}", again.body);
    assert_eq!(desk.store.inbox_counts().await.unwrap().ready, 3);
}

#[tokio::test]
async fn empty_long_and_garbled_messages_get_an_honest_answer() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    assert_eq!(desk.post("/talk/bob", &alice, "key=e&text=").await.status, 303);
    for bytes in [300_000, 1_000_000, 5_000_000] {
        let reply = desk.post("/talk/bob", &alice, &format!("text={}", "x".repeat(bytes))).await;
        assert_eq!(reply.status, 413, "{bytes}");
        assert!(reply.body.contains("Send the long part as a file, or in pieces."), "{}", reply.body);
    }
    for (form, status) in [(&b"text=%FF%FE"[..], 400), (b"text=\xff", 400)] {
        let reply = desk.post_with("/talk/bob", &alice, form, "Sec-Fetch-Site: same-origin\r\n").await;
        assert_eq!(reply.status, status);
        assert!(reply.body.contains("not valid UTF-8"));
    }
    let json = "Sec-Fetch-Site: same-origin\r\nAccept: application/json\r\n";
    let reply = desk.post_with("/talk/nobody", &alice, b"text=x", json).await;
    assert_eq!(reply.status, 404);
    assert!(reply.body.starts_with("{\"error\":"), "{}", reply.body);
    assert_eq!(desk.store.inbox_counts().await.unwrap().ready, 1);
}

#[tokio::test]
async fn what_others_asked_stays_with_them() {
    let desk = Desk::new().await;
    let (alice, carol, owner) =
        (desk.member("alice").await, desk.member("carol").await, desk.member("bob").await);
    let id = desk.ask(&alice, "k", "my+salary").await;
    desk.settle(&desk.claim().await, "secret").await;
    desk.deliver().await;
    let path = format!("/talk/bob/turn/{id}");
    let own = desk.get(&path, &alice).await;
    assert!(own.status == 200 && own.body.contains("my salary") && own.body.contains("secret-alice"));
    assert!(own.body.starts_with("<article"), "a fragment");
    for (path, cookie) in [(&*path, &carol), ("/talk/mallory/turn/1", &alice), ("/talk/bob/turn/999", &alice)]
    {
        let reply = desk.get(path, cookie).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.body.contains("salary"));
    }
    assert!(!desk.get("/talk/bob", &carol).await.body.contains("salary"));
    // The owner may look on, but not into notes that only Alice may read.
    let looked_on = desk.get(&path, &owner).await;
    assert!(looked_on.status == 200 && looked_on.body.contains("secret-everyone"));
    assert!(
        !looked_on.body.contains("secret-alice") && looked_on.body.contains("1 more are for other readers")
    );
}

#[tokio::test]
async fn a_script_in_any_field_is_shown_and_never_runs() {
    let desk = Desk::new().await;
    let name = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26";
    let mallory = desk.sign_in(name).await;
    let id = desk.ask(&mallory, "k1", name).await;
    desk.settle(&desk.claim().await, SCRIPT).await;
    desk.deliver().await;
    desk.ask(&mallory, "k2", name).await;
    desk.park(SCRIPT).await;
    desk.store.set_draft_mode(&bob(), understudy::domain::Channel::Console, true).await.unwrap();
    desk.ask(&mallory, "k3", name).await;
    desk.settle(&desk.claim().await, SCRIPT).await;
    let turn = format!("/talk/bob/turn/{id}");
    let prefilled = format!("/sign-in?token={name}");
    for path in ["/", "/talk/bob", "/talk/mallory", &turn, "/admin/inbox", "/admin/drafts", &prefilled] {
        let page = desk.get(path, &mallory).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("&lt;script&gt;alert("), "{path} shows it");
        assert!(!page.body.contains("<script>alert"), "{path} runs it");
        assert!(!page.body.contains(SCRIPT), "{path}");
    }
}

#[tokio::test]
async fn a_watcher_hears_of_their_own_turns_and_only_the_owner_sees_the_draft() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.member("alice").await, desk.member("bob").await);
    let mut alices = desk.watch("/events/bob", &alice).await;
    let mut owners = desk.watch("/events/bob", &owner).await;
    desk.ask(&alice, "a", "hello").await;
    let of_alice = desk.claim().await;
    desk.ask(&owner, "b", "hello").await;
    let of_owner = desk.claim().await;
    for claimed in [&of_alice, &of_owner] {
        desk.progress.stage(claimed, Stage::Started);
        desk.progress.draft(claimed, "forming words");
        desk.progress.draft(claimed, "forming words more");
        desk.progress.stage(claimed, Stage::Settled);
    }
    let (mut heard, mut seen) = (String::new(), String::new());
    while !heard.contains("\"settled\":true") {
        heard += &next_event(&mut alices).await;
    }
    while !seen.contains("\"settled\":true") {
        seen += &next_event(&mut owners).await;
    }
    assert_eq!(heard.matches("event: moment").count(), 3, "each stage once: {heard}");
    assert!(heard.contains("\"words\":\"writing\"") && !heard.contains("forming words"), "{heard}");
    assert!(!heard.contains(&format!("\"inbox\":{}", of_owner.id)));
    assert!(
        seen.contains("forming words more") && !seen.contains(&format!("\"inbox\":{},", of_alice.id)),
        "{seen}"
    );
    assert!(!desk.get("/talk/bob", &alice).await.body.contains("data-draft"));
    assert!(desk.get("/talk/bob", &owner).await.body.contains("data-draft"));
    assert_eq!(of_alice.id, InboxId(1));
}

#[tokio::test]
async fn an_open_stream_does_not_keep_the_console_from_stopping() {
    let desk = Desk::new().await;
    let alice = desk.member("alice").await;
    let _open = desk.watch("/events/bob", &alice).await;
    desk.stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(3), desk.serving).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn files_of_the_form_come_along_with_the_message() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    let page = desk.get("/talk/bob", &alice).await.body;
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""), "{page}");
    let field = |head: &str, value: &str| {
        format!("--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
    };
    let body = [
        field("name=\"key\"", "k1"),
        field("name=\"text\"", "how high is it?"),
        field("name=\"file\"; filename=\"lease.txt\"", "The deposit is 4,750 EUR."),
        field("name=\"file\"; filename=\"\"", ""),
        "--cut--\r\n".to_owned(),
    ];
    let head = format!(
        "POST /talk/bob HTTP/1.1\r\nCookie: understudy_session={alice}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=cut\r\n"
    );
    assert_eq!(desk.raw(&head, body.concat().as_bytes()).await.status, 303);
    let claimed = desk.claim().await;
    assert_eq!(claimed.message.text, "how high is it?");
    let files = &claimed.message.attachments;
    assert_eq!((files.len(), files[0].name.as_str(), files[0].size_bytes), (1, "lease.txt", 25));
    assert_eq!(desk.files.content(&bob(), &files[0].sha256).unwrap().unwrap(), b"The deposit is 4,750 EUR.");
    desk.settle(&claimed, "on the 24th").await;
}
