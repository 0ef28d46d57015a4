//! The real binary, killed with SIGKILL again and again under load.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use serde_json::json;
use understudy::{
    domain::{Conversation, InboxId},
    store::{OutboxRow, ReplyState, Store},
};

use crate::support::Site;

const KILLS: usize = 200;
const THREADS: usize = 6;

/// What left, by the message it answers.
type Answers = BTreeMap<InboxId, Vec<OutboxRow>>;

/// Posts to its threads until the process dies; what was acknowledged is never posted again.
fn load(socket: &std::path::Path, threads: &mut [usize]) {
    let Some(mut commands) = crate::support::connect(socket) else { return };
    loop {
        for (thread, next) in threads.iter_mut().enumerate() {
            let key = format!("t{thread}-{next}");
            match commands.post(&key, &format!("t{thread}"), &format!("message {next}")) {
                Some(_) => *next += 1,
                None => return,
            }
        }
    }
}

/// How long one message takes on this machine as busy as it is, so that a life is long enough to get work done.
fn pace(site: &Site) -> Duration {
    const ASKED: u32 = 20;
    let running = site.start();
    let mut commands = running.connect().unwrap();
    let started = Instant::now();
    for n in 0..ASKED {
        let ask = json!({"person": "bob", "from": "alice", "thread": "pace", "text": format!("pace {n}")});
        commands.call(&json!({"ask": ask})).unwrap();
    }
    (started.elapsed() / ASKED).clamp(Duration::from_millis(5), Duration::from_millis(25))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_lose_nothing_and_answer_nothing_twice() {
    let site = Site::new();
    let socket = site.data().join("control.sock");
    // The number of acknowledged messages per thread.
    let mut acknowledged = vec![0; THREADS];
    let mut random = 7_u64;
    let pace = pace(&site);
    for _ in 0..KILLS {
        let mut running = site.start();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // From one message to twenty of them, at any instant in between.
        let life = pace.mul_f64(1.0 + ((random >> 33) % 1900) as f64 / 100.0);
        std::thread::scope(|scope| {
            scope.spawn(|| load(&socket, &mut acknowledged));
            std::thread::sleep(life);
            running.kill();
        });
    }
    let running = site.start();
    let mut commands = running.connect().unwrap();
    let started = Instant::now();
    let mut retried = BTreeSet::new();
    loop {
        let list = commands.call(&json!("inbox_list")).unwrap();
        // A message that was caught by three kills is parked, visible, and retried by a person.
        for parked in list["parked"].as_array().unwrap() {
            retried.insert(InboxId(parked["id"].as_i64().unwrap()));
            commands.call(&json!({"inbox_retry": {"id": parked["id"]}})).unwrap();
        }
        let health = commands.call(&json!("health")).unwrap();
        let open = ["/inbox/ready", "/inbox/running", "/inbox/parked", "/open_replies"];
        if open.iter().all(|count| health.pointer(count).unwrap() == 0) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "not drained: {health}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(running);
    let total: usize = acknowledged.iter().sum();
    assert!(total > KILLS, "only {total} messages were sent, which is no load");
    assert!(retried.len() * 10 < total, "{} of {total} messages were parked", retried.len());

    let store = Store::open(&site.data()).await.unwrap();
    let (mut replies, mut notices): (Answers, Answers) = Default::default();
    for reply in store.replies_to(InboxId(0), InboxId(i64::MAX)).await.unwrap() {
        replies.entry(reply.inbox).or_default().push(reply);
    }
    for notice in store.notices_to(InboxId(0), InboxId(i64::MAX)).await.unwrap() {
        notices.entry(notice.inbox).or_default().push(notice);
    }
    for (thread, acknowledged) in acknowledged.into_iter().enumerate() {
        let conversation = Conversation(format!("cli:bob:alice:t{thread}"));
        let rows = store.conversation(&conversation, 1_000_000).await.unwrap();
        // One more than was acknowledged may be in: it was committed and the answer cut off by the kill.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&rows.len()),
            "{} rows for {acknowledged}",
            rows.len()
        );
        let mut last = None;
        for (n, row) in rows.iter().enumerate() {
            assert_eq!(row.text, format!("message {n}"), "order of acceptance");
            let own = replies.get(&row.id).map_or(&[][..], Vec::as_slice);
            assert_eq!(own.len(), 1, "message {n} of thread {thread} has {} replies", own.len());
            assert_eq!(own[0].state, ReplyState::Sent);
            assert!(own[0].reply.text.contains(&row.text));
            // Who wrote a message that was parked has been told so, once, and nobody else.
            let told = notices.get(&row.id).map_or(&[][..], Vec::as_slice);
            assert_eq!(told.len(), usize::from(retried.contains(&row.id)), "notices of message {n}");
            assert!(told.iter().all(|notice| notice.state == ReplyState::Sent));
            // A parked message gives its turn away, so that it can't hold up its conversation.
            if !retried.contains(&row.id) {
                assert!(last < Some(own[0].id), "replies of a thread leave in order");
                last = Some(own[0].id);
            }
        }
    }
}
