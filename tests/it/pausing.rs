//! Pausing: nothing is answered, sent or done, nothing is lost, and all of it goes on afterwards.

use understudy::{
    domain::{Channel, PersonId},
    store::{NewReply, Settled, Store},
};

use crate::support::message;

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    (dir, store)
}

fn bob() -> PersonId {
    PersonId::new("bob").unwrap()
}

fn answered() -> Settled {
    let reply = NewReply { text: "hi".to_owned(), cites: vec![], file: None };
    Settled { outcome: "answered", steps: vec![], reply: Some(reply), aside: None }
}

#[tokio::test]
async fn a_paused_understudy_claims_and_sends_nothing_and_goes_on_in_order() {
    let (_dir, store) = store().await;
    let (bob, cli) = (bob(), Some(Channel::Cli));
    for (person, channel) in [(Some(&bob), cli), (Some(&bob), None), (None, cli), (None, None)] {
        let key = format!("{person:?}{channel:?}");
        store.accept(&message(&key, "c", &key), 100).await.unwrap();
        store.pause(person, channel, "carol", 100).await.unwrap();
        assert!(store.claim_next(101, 60).await.unwrap().is_none(), "{key}");
        assert_eq!(store.queue_depths(900).await.unwrap().inbox_oldest_due_s, 0, "it waits and is not late");

        store.resume(person, channel, "carol", 102).await.unwrap();
        let claimed = store.claim_next(103, 60).await.unwrap().expect("it waited");
        assert_eq!(claimed.message.text, key);
        store.settle(&claimed, answered(), 104).await.unwrap();

        store.pause(person, channel, "carol", 105).await.unwrap();
        assert!(store.claim_reply(106).await.unwrap().is_none(), "{key}: nothing leaves");
        store.resume(person, channel, "carol", 107).await.unwrap();
        let reply = store.claim_reply(108).await.unwrap().expect("it waited");
        store.mark_delivered(&reply, "r", 108).await.unwrap();
    }
}

#[tokio::test]
async fn a_pause_holds_for_its_person_and_its_channel_only() {
    let (_dir, store) = store().await;
    let other = PersonId::new("demetrios").unwrap();
    store.accept(&message("k", "c", "hello"), 100).await.unwrap();
    store.pause(Some(&other), None, "carol", 100).await.unwrap();
    store.pause(Some(&bob()), Some(Channel::Slack), "carol", 100).await.unwrap();
    store.pause(None, Some(Channel::Mail), "carol", 100).await.unwrap();
    let pauses = store.pauses().await.unwrap();
    assert!(pauses.covering(&bob(), Channel::Slack).is_some());
    assert!(pauses.covering(&bob(), Channel::Mail).unwrap().person.is_none());
    assert!(pauses.covering(&bob(), Channel::Cli).is_none());
    assert!(pauses.covering(&other, Channel::Cli).is_some());
    assert!(store.claim_next(101, 60).await.unwrap().is_some());
}

#[tokio::test]
async fn going_on_somewhere_lifts_no_wider_pause_and_both_are_in_the_audit_once() {
    let (_dir, store) = store().await;
    let bob = bob();
    store.pause(None, None, "carol", 100).await.unwrap();
    store.pause(None, None, "dave", 101).await.unwrap();
    store.pause(Some(&bob), Some(Channel::Mail), "carol", 102).await.unwrap();
    // Without a channel: wherever Bob was paused himself.
    store.resume(Some(&bob), None, "carol", 103).await.unwrap();
    store.resume(Some(&bob), None, "carol", 104).await.unwrap();
    let pauses = store.pauses().await.unwrap();
    assert_eq!(pauses.iter().map(|pause| pause.actor.as_str()).collect::<Vec<_>>(), ["carol"]);
    assert_eq!(pauses.covering(&bob, Channel::Mail), pauses.exactly(None, None));
    let audit = store.audit(10).await.unwrap();
    let said: Vec<String> =
        audit.into_iter().rev().map(|row| format!("{} {}", row.action, row.subject)).collect();
    assert_eq!(
        said,
        [
            "understudy.paused everybody everywhere",
            "understudy.paused bob mail",
            "understudy.resumed bob everywhere",
        ]
    );
}
