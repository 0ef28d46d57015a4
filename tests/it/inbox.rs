//! Inbox and outbox over the store: once, in order, fenced, parked.

use understudy::{
    domain::{Attachment, Channel, InboxId, PersonId},
    store::{Accepted, Claimed, NewReply, ReplyState, STUCK, Settled, Span, Store, StoreError},
};

use crate::support::message;

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    (dir, store)
}

fn answered(text: &str) -> Settled {
    let reply = NewReply { text: text.to_owned(), cites: vec![], file: None };
    Settled { outcome: "answered", steps: vec![], reply: Some(reply), aside: None }
}

async fn claim(store: &Store, now: i64) -> Option<Claimed> {
    store.claim_next(now, 60).await.unwrap()
}

#[tokio::test]
async fn a_repeated_message_is_stored_once_and_still_acknowledged() {
    let (_dir, store) = store().await;
    let first = store.accept(&message("k", "c", "hello"), 100).await.unwrap();
    let again = store.accept(&message("k", "c", "hello"), 101).await.unwrap();
    assert!(matches!(first, Accepted::New(_)));
    assert_eq!(again, Accepted::Repeat(first.id()));
    assert!(claim(&store, 102).await.is_some());
    assert!(claim(&store, 102).await.is_none());
}

#[tokio::test]
async fn messages_of_one_conversation_are_claimed_one_after_the_other() {
    let (_dir, store) = store().await;
    for (key, conversation) in [("a1", "a"), ("a2", "a"), ("b1", "b")] {
        store.accept(&message(key, conversation, key), 100).await.unwrap();
    }
    let a1 = claim(&store, 100).await.unwrap();
    let b1 = claim(&store, 100).await.unwrap();
    assert_eq!((a1.message.text.as_str(), b1.message.text.as_str()), ("a1", "b1"));
    assert!(claim(&store, 100).await.is_none(), "a2 waits for a1");
    store.fail(&a1, "model fell over", Some(130), 100).await.unwrap();
    assert!(claim(&store, 110).await.is_none(), "a2 does not overtake a1 while it waits for its retry");
    let a1 = claim(&store, 130).await.unwrap();
    store.settle(&a1, answered("one"), 131).await.unwrap();
    assert_eq!(claim(&store, 131).await.unwrap().message.text, "a2");
}

#[tokio::test]
async fn a_lost_lease_can_not_complete() {
    let (_dir, store) = store().await;
    store.accept(&message("k", "c", "hello"), 100).await.unwrap();
    let slow = claim(&store, 100).await.unwrap();
    assert_eq!(store.free_claims(120, false).await.unwrap(), 0, "the lease still holds");
    assert_eq!(store.free_claims(200, false).await.unwrap(), 1);
    let quick = claim(&store, 200).await.unwrap();
    store.settle(&quick, answered("mine"), 201).await.unwrap();
    let late = store.settle(&slow, answered("twice"), 202).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)));
    let replies = store.replies_to(InboxId(0), InboxId(99)).await.unwrap();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].reply.text, "mine");
}

#[tokio::test]
async fn a_message_that_kills_the_process_is_parked_and_frees_its_conversation() {
    let (_dir, store) = store().await;
    store.accept(&message("poison", "c", "poison"), 100).await.unwrap();
    store.accept(&message("next", "c", "next"), 100).await.unwrap();
    for _ in 0..3 {
        assert_eq!(claim(&store, 100).await.unwrap().message.text, "poison");
        store.free_claims(100, true).await.unwrap();
    }
    assert_eq!(claim(&store, 100).await.unwrap().message.text, "next");
    let parked = store.parked(10).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert!(parked[0].last_error.contains("3 times"), "{}", parked[0].last_error);
    store.retry_parked(parked[0].id, 200).await.unwrap();
    assert!(store.retry_parked(parked[0].id, 200).await.is_err(), "only parked messages can be retried");
}

#[tokio::test]
async fn the_sender_of_a_stuck_message_is_told_once_and_still_gets_the_reply_of_a_retry() {
    let (_dir, store) = store().await;
    let bob = PersonId::new("bob").unwrap();
    store.set_draft_mode(&bob, Channel::Cli, true).await.unwrap();
    let id = store.accept(&message("k", "c", "hello"), 100).await.unwrap().id();
    for _ in 0..3 {
        claim(&store, 100).await.unwrap();
        store.free_claims(100, true).await.unwrap();
    }
    assert!(claim(&store, 101).await.is_none(), "the fourth claim parks it");
    assert!(store.replies_to(id, id).await.unwrap().is_empty(), "a notice is no reply");
    let notice = store.claim_reply(102).await.unwrap().expect("it waits for no owner");
    assert_eq!((notice.inbox, notice.conversation.0.as_str()), (id, "c"));
    assert_eq!(notice.reply.text, STUCK);
    store.mark_delivered(&notice, "r", 102).await.unwrap();

    // Retried, and stuck again in an orderly way: nobody is told the same thing twice.
    store.retry_parked(id, 200).await.unwrap();
    let claimed = claim(&store, 200).await.unwrap();
    store.fail(&claimed, "model fell over", None, 201).await.unwrap();
    assert_eq!(store.parked(10).await.unwrap()[0].last_error, "model fell over");
    assert!(store.claim_reply(300).await.unwrap().is_none());

    store.set_draft_mode(&bob, Channel::Cli, false).await.unwrap();
    store.retry_parked(id, 400).await.unwrap();
    let claimed = claim(&store, 400).await.unwrap();
    store.settle(&claimed, answered("hi"), 401).await.unwrap();
    let reply = store.claim_reply(402).await.unwrap().unwrap();
    assert_eq!(reply.reply.text, "hi");
    assert_ne!(reply.idempotency_key, notice.idempotency_key);
    store.mark_delivered(&reply, "r", 403).await.unwrap();
    assert_eq!(store.replies_to(id, id).await.unwrap().len(), 1);
    assert_eq!(store.notices_to(id, id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn shutting_down_does_not_count_as_an_attempt() {
    let (_dir, store) = store().await;
    store.accept(&message("k", "c", "hello"), 100).await.unwrap();
    for _ in 0..10 {
        let claimed = claim(&store, 100).await.unwrap();
        assert_eq!(claimed.attempts, 1);
        store.give_back(&claimed).await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_that_was_being_sent_is_uncertain_after_a_crash() {
    let (_dir, store) = store().await;
    store.accept(&message("k", "c", "hello"), 100).await.unwrap();
    let claimed = claim(&store, 100).await.unwrap();
    store.settle(&claimed, answered("hi"), 100).await.unwrap();
    let sending = store.claim_reply(100).await.unwrap().unwrap();
    assert!(!sending.uncertain);
    assert!(store.claim_reply(100).await.unwrap().is_none());
    store.free_sending().await.unwrap();
    let again = store.claim_reply(100).await.unwrap().unwrap();
    assert!(again.uncertain);
    assert_eq!(again.idempotency_key, sending.idempotency_key);
    assert!(matches!(store.mark_delivered(&sending, "r", 101).await, Err(StoreError::LeaseLost)));
    store.mark_delivered(&again, "r", 101).await.unwrap();
    assert_eq!(store.open_replies().await.unwrap(), 0);
}

#[tokio::test]
async fn in_draft_mode_a_reply_waits_and_the_first_decision_wins() {
    let (_dir, store) = store().await;
    let bob = PersonId::new("bob").unwrap();
    store.set_draft_mode(&bob, Channel::Cli, true).await.unwrap();
    for key in ["edited", "refused"] {
        store.accept(&message(key, key, key), 100).await.unwrap();
        let claimed = claim(&store, 100).await.unwrap();
        store.settle(&claimed, answered("draft"), 100).await.unwrap();
    }
    assert!(store.claim_reply(100).await.unwrap().is_none(), "nothing leaves before the owner's yes");
    let drafts = store.drafts(&bob, 10).await.unwrap();
    store.approve_draft(drafts[0].id, Some("better".to_owned()), "bob", 101).await.unwrap();
    store.drop_reply(drafts[1].id, "bob", 101).await.unwrap();
    assert!(store.approve_draft(drafts[1].id, None, "carol", 102).await.is_err());
    assert!(store.drop_reply(drafts[0].id, "carol", 102).await.is_err());
    let leaving = store.claim_reply(102).await.unwrap().unwrap();
    assert_eq!(leaving.reply.text, "better");
    assert_eq!(store.replies_to(InboxId(0), InboxId(9)).await.unwrap()[1].state, ReplyState::Dropped);
}

#[tokio::test]
async fn writes_that_arrive_together_share_commits() {
    let (_dir, store) = store().await;
    let writes = (0..500).map(|n| {
        let store = store.clone();
        async move { store.accept(&message(&format!("k{n}"), "c", "x"), 100).await.unwrap() }
    });
    futures::future::join_all(writes).await;
    assert!(store.commits() < 100, "{} commits for 500 writes", store.commits());
    assert_eq!(store.inbox_counts().await.unwrap().ready, 500);
}

#[tokio::test]
async fn an_operation_that_fails_undoes_only_itself() {
    let (_dir, store) = store().await;
    let good = message("k", "c", "x");
    let ok = store.accept(&good, 100);
    let bad = store.retry_parked(InboxId(77), 100);
    let (ok, bad) = tokio::join!(ok, bad);
    assert!(ok.is_ok());
    assert_eq!(bad.unwrap_err().to_string(), "no parked message has the id 77");
    assert_eq!(store.inbox_counts().await.unwrap().ready, 1);
}

#[tokio::test]
async fn depths_count_what_is_unfinished_and_how_long_it_waits() {
    let (_dir, store) = store().await;
    let ids = ["done", "parked", "running", "late", "later"];
    for key in ids {
        store.accept(&message(key, key, key), 100).await.unwrap();
    }
    let done = claim(&store, 100).await.unwrap();
    store.settle(&done, answered("hi"), 100).await.unwrap();
    let parked = claim(&store, 100).await.unwrap();
    store.fail(&parked, "model fell over", None, 100).await.unwrap();
    claim(&store, 100).await.unwrap();
    let later = claim(&store, 100).await.unwrap();
    store.fail(&later, "model fell over", Some(500), 100).await.unwrap();
    let depths = store.queue_depths(130).await.unwrap();
    assert_eq!(depths.inbox, [("ready", 2), ("running", 1), ("parked", 1)]);
    // The reply, and the notice to whoever wrote the parked one.
    assert_eq!(depths.outbox[1], ("ready", 2));
    assert_eq!((depths.inbox_oldest_due_s, depths.outbox_oldest_due_s), (30, 30));
    let reply = store.claim_reply(130).await.unwrap().unwrap();
    store.mark_delivered(&reply, "r", 130).await.unwrap();
    let notice = store.claim_reply(130).await.unwrap().unwrap();
    store.mark_undelivered(&notice, ReplyState::Parked, "gone", 0).await.unwrap();
    let depths = store.queue_depths(130).await.unwrap();
    assert_eq!((depths.outbox[1], depths.outbox[4]), (("ready", 0), ("parked", 1)));
    assert_eq!(depths.outbox_oldest_due_s, 0);
}

/// Alice goes on in the thread `c`; the key is the text.
async fn goes_on(store: &Store, text: &str, now: i64) -> Accepted {
    let message = message(text, "c", text);
    let among = Span::of(&message.conversation);
    store.accept_following(&message, &among, now).await.unwrap()
}

#[tokio::test]
async fn a_follow_up_joins_the_message_that_is_not_answered_yet() {
    let (_dir, store) = store().await;
    let first = goes_on(&store, "when is the fair?", 100).await.id();
    let slow = claim(&store, 100).await.unwrap();
    let joined = goes_on(&store, "the one in May", 110).await;
    assert!(matches!(joined, Accepted::Joined(earlier) if earlier.id == first));
    let repeated = goes_on(&store, "the one in May", 111).await;
    assert!(matches!(repeated, Accepted::Repeat(_)), "a repeat of a follow-up is still one");
    assert!(matches!(store.settle(&slow, answered("old"), 112).await, Err(StoreError::LeaseLost)));
    let both = claim(&store, 112).await.unwrap();
    assert_eq!(both.message.text, "when is the fair?\nthe one in May");
    store.settle(&both, answered("Friday"), 113).await.unwrap();
    assert!(claim(&store, 114).await.is_none());
    assert!(matches!(goes_on(&store, "thanks", 115).await, Accepted::New(_)), "that one is answered");
}

#[tokio::test]
async fn what_follows_late_or_too_often_is_a_message_of_its_own() {
    let (_dir, store) = store().await;
    goes_on(&store, "one", 100).await;
    assert!(matches!(goes_on(&store, "much later", 121).await, Accepted::New(_)));
    let (_dir, store) = self::store().await;
    goes_on(&store, "first", 100).await;
    for n in 0..5 {
        assert!(matches!(goes_on(&store, &format!("more {n}"), 101).await, Accepted::Joined(_)));
    }
    assert!(matches!(goes_on(&store, "and more", 101).await, Accepted::New(_)));
}

#[tokio::test]
async fn edits_and_deletions_reach_follow_ups() {
    let (_dir, store) = store().await;
    let first = goes_on(&store, "one", 100).await.id();
    for more in ["two", "three"] {
        goes_on(&store, more, 101).await;
    }
    assert_eq!(store.amend(Channel::Cli, "two", "2", 102).await.unwrap().map(|read| read.id), Some(first));
    assert_eq!(claim(&store, 102).await.unwrap().message.text, "one\n2\nthree");
    // The first is taken back: what followed it is still a question.
    store.cancel(Channel::Cli, "one", 103).await.unwrap();
    let rest = claim(&store, 103).await.unwrap();
    assert_eq!(rest.message.text, "2\nthree");
    store.cancel(Channel::Cli, "three", 104).await.unwrap();
    assert!(matches!(store.settle(&rest, answered("old"), 105).await, Err(StoreError::LeaseLost)));
    let rest = claim(&store, 105).await.unwrap();
    assert_eq!(rest.message.text, "2");
    store.settle(&rest, answered("two"), 106).await.unwrap();
    assert_eq!(store.amend(Channel::Cli, "two", "too late", 107).await.unwrap(), None);
}

#[tokio::test]
async fn stop_cancels_what_is_open_and_its_reply_that_has_not_left() {
    let (_dir, store) = store().await;
    let answered_one = store.accept(&message("a", "c", "a"), 100).await.unwrap().id();
    let claimed = claim(&store, 100).await.unwrap();
    store.settle(&claimed, answered("yes"), 101).await.unwrap();
    let open = store.accept(&message("b", "c", "b"), 102).await.unwrap().id();
    store.accept(&message("d", "other", "d"), 102).await.unwrap();
    let running = claim(&store, 102).await.unwrap();
    let among = Span::of(&running.message.conversation);
    let stopped = store.stop_all(&among, "alice", 103).await.unwrap();
    assert_eq!(stopped.iter().map(|row| row.id).collect::<Vec<_>>(), [open]);
    assert_eq!(store.inbox_row(open).await.unwrap().unwrap().state, "cancelled");
    let replies = store.replies_to(answered_one, answered_one).await.unwrap();
    assert_eq!(replies[0].state, ReplyState::Dropped);
    assert!(matches!(store.settle(&running, answered("no"), 104).await, Err(StoreError::LeaseLost)));
    assert_eq!(claim(&store, 104).await.unwrap().message.text, "d", "other conversations go on");
}

#[tokio::test]
async fn files_join_a_bare_message_once() {
    let (_dir, store) = store().await;
    store.accept(&message("k", "c", "read this"), 100).await.unwrap();
    let file = |name: &str| Attachment {
        name: name.to_owned(),
        size_bytes: 1,
        sha256: String::new(),
        source: "F1".to_owned(),
    };
    assert!(store.add_files(Channel::Cli, "k", &[file("a")], 101).await.unwrap().is_some());
    assert!(store.add_files(Channel::Cli, "k", &[file("b")], 102).await.unwrap().is_none());
    assert_eq!(claim(&store, 102).await.unwrap().message.attachments, [file("a")]);
}

#[tokio::test]
async fn a_message_that_is_answered_at_once_needs_no_turn() {
    let (_dir, store) = store().await;
    let told = message("k", "c", "hello");
    let first = store.answer_at_once(&told, "refused", "Not now.", 100).await.unwrap();
    assert_eq!(
        store.answer_at_once(&told, "refused", "Not now.", 101).await.unwrap(),
        Accepted::Repeat(first.id())
    );
    assert!(claim(&store, 102).await.is_none());
    let notice = store.claim_reply(102).await.unwrap().unwrap();
    assert_eq!(notice.reply.text, "Not now.");
    assert!(store.claim_reply(102).await.unwrap().is_none());
}
