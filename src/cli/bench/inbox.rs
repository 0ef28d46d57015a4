//! A burst of messages, accepted and then completed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    domain::{Audience, Channel, Conversation, Inbound, PersonId, ReaderId, Requester, Standing},
    store::{NewReply, Settled, Store, now},
};

pub(super) async fn run(messages: usize) -> anyhow::Result<Value> {
    // Beside the real data directory's file system matters: a tmpfs would have no disk to wait for.
    let dir = std::env::current_dir()?.join(format!("bench-inbox-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let store = Store::open(&dir).await?;
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for n in 0..messages {
        let store = store.clone();
        running.spawn(async move {
            let began = Instant::now();
            store.accept(&message(n), now()).await.map(|_| began.elapsed())
        });
    }
    let mut waits = Vec::new();
    while let Some(done) = running.join_next().await {
        waits.push(done??.as_secs_f64());
    }
    let accepting = started.elapsed();
    let accept_commits = store.commits();
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        workers.spawn(async move {
            while let Some(claimed) = store.claim_next(now(), 60).await? {
                let reply = NewReply { text: "done".to_owned(), cites: vec![], file: None };
                let settled = Settled { outcome: "answered", steps: vec![], reply: Some(reply), aside: None };
                store.settle(&claimed, settled, now()).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    let completing = started.elapsed();
    let counts = store.inbox_counts().await?;
    drop(store);
    std::fs::remove_dir_all(&dir)?;
    waits.sort_by(f64::total_cmp);
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or(0.0);
    #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
    let per_second = |took: Duration| messages as f64 / took.as_secs_f64();
    Ok(json!({
        "bench": "inbox", "messages": messages, "synchronous": "FULL",
        "accepted_per_s": per_second(accepting), "accept_commits": accept_commits, "accept_p99_ms": p99 * 1e3,
        "claimed_and_completed_per_s": per_second(completing), "done": counts.done,
    }))
}

fn message(n: usize) -> Inbound {
    let alice = ReaderId::new("alice").expect("a valid id");
    Inbound {
        channel: Channel::Cli,
        key: format!("bench-{n}"),
        conversation: Conversation(format!("bench-{}", n % 500)),
        person: PersonId::new("bob").expect("a valid id"),
        requester: Requester { id: alice.clone(), name: "Alice".to_owned(), standing: Standing::Member },
        audience: Audience::only(alice),
        text: "When is the fair, and who owns it? ".repeat(20),
        attachments: Vec::new(),
    }
}
