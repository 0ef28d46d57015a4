//! Away and back: silences, orderly ends, and deaths between any two steps of a turn.

use std::{collections::BTreeSet, time::Duration};

use fake_slack::{Fault, Kind, Room, Ts, What, World};
use serde_json::Value;

use super::office::{Office, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_forgot_during_an_absence_is_read_back_and_answered_once() {
    let (office, mut running) = Office::open().await;
    let world = office.world();
    let root = office.mention(&office.bob, "one");
    office.replies(&root, 1).await;
    office.settle(&running).await;
    running.kill();
    for bot in [&office.bob, &office.eve] {
        world.wait_for_sockets(&bot.app, 0, PATIENCE).await;
    }
    let mention = office.mention(&office.bob, "two");
    let room = world.direct(&office.alice, &office.bob);
    let direct = world.user_says(&office.alice, &room, "three");
    world.user_says_in_thread(&office.alice, &office.general, &root, "four");
    let inside = world.user_says(&office.carol, &office.general, "lunch, anybody?");
    let deep = format!("{} five", office.bob.mention());
    world.user_says_in_thread(&office.carol, &office.general, &inside, &deep);
    assert!(world.forget_waiting(&office.bob.app) > 0);
    world.forget_waiting(&office.eve.app);

    for _ in 0..2 {
        running = office.start();
        for (channel, thread, last, count) in [
            (&office.general, &mention, "two", 1),
            (&room, &direct, "three", 1),
            (&office.general, &root, "four", 2),
            (&office.general, &inside, "five", 1),
        ] {
            let replies = world.wait_for_replies(channel, thread, count, PATIENCE).await;
            assert_eq!(replies[count - 1].text, format!("You wrote: {last}"));
        }
        office.settle(&running).await;
        let posts = world.messages(&office.general).into_iter().chain(world.messages(&room));
        assert_eq!(posts.filter(|post| post.app.is_some()).count(), 5, "each of them once");
        // Another start reads the same back again and knows all of it.
        running.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_is_acknowledged_when_it_is_told_to_end() {
    let (office, mut running) = Office::open().await;
    let world = office.world();
    let rooms: Vec<_> = (0..20)
        .map(|n| world.channel(&format!("room{n}"), Room::Public, &[&office.alice, &office.bob.user]))
        .collect();
    let ask = |n: usize| {
        let room = rooms[n % rooms.len()].clone();
        let root = world.user_says(&office.alice, &room, &format!("{} question {n}", office.bob.mention()));
        (room, root)
    };
    let asked: Vec<_> = (0..60).map(ask).collect();
    let some = |world: &World| (world.ack_latencies_ms().len() > 10).then_some(());
    world.wait_for(PATIENCE, some).await.unwrap();
    let pid = running.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || running.child.wait().unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it ends soon").unwrap();
    assert!(ended.success(), "{ended}");

    // What is in the inbox was acknowledged, whatever else was on its way.
    let (committed, acked) = (office.states().await, acknowledged(world));
    let lost: Vec<_> = committed.keys().filter(|ts| !acked.contains(*ts)).collect();
    assert!(lost.is_empty(), "committed and not acknowledged: {lost:?}");
    assert!(!committed.is_empty());

    let running = office.start();
    for (room, root) in &asked {
        world.wait_for_replies(room, root, 1, PATIENCE).await;
    }
    office.settle(&running).await;
    assert!(asked.iter().all(|(room, root)| world.replies(room, root).len() == 1));
}

/// The posts of which at least one event was acknowledged.
fn acknowledged(world: &World) -> BTreeSet<String> {
    let journal = world.journal();
    let acked: BTreeSet<&str> = journal
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Acked { envelope, .. } => Some(envelope.as_str()),
            _ => None,
        })
        .collect();
    let of_post = |what: &What| match what {
        What::Sent { envelope, payload, .. } if acked.contains(envelope.as_str()) => {
            payload.pointer("/event/ts").and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    journal.iter().filter_map(|entry| of_post(&entry.what)).collect()
}

/// A moment of a turn at which the process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Sent,
    Acknowledged,
    Identifying,
    Reading,
    /// So long after the turn began; each of its slow steps takes a second.
    Thinking(u64),
    BeforePosting,
    AfterPosting,
    Delivered,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_any_two_steps_loses_nothing_and_repeats_nothing() {
    let (office, mut running) = Office::open().await;
    let world = office.world();
    let mut asked = Vec::new();
    for death in [
        Death::Sent,
        Death::Acknowledged,
        Death::Identifying,
        Death::Reading,
        Death::Thinking(500),
        Death::Thinking(1500),
        Death::Thinking(2500),
        Death::BeforePosting,
        Death::AfterPosting,
        Death::Delivered,
    ] {
        let slow = Fault::Slow(Duration::from_secs(3));
        let method = match death {
            Death::Identifying => Some(("users.info", slow)),
            Death::Reading => Some(("conversations.members", slow)),
            Death::BeforePosting => Some(("chat.postMessage", Fault::ServerError)),
            Death::AfterPosting => Some(("chat.postMessage", slow)),
            _ => None,
        };
        let words = if matches!(death, Death::Thinking(_)) { "slowly, die" } else { "die" };
        let (acks, said) = (world.ack_latencies_ms().len(), format!("{words} at {death:?}"));
        let before = method.as_ref().map(|(name, fault)| {
            world.fail(name, fault.clone());
            (*name, world.calls(name))
        });
        // Somebody new in a new channel, so that Slack has to be asked about both.
        let user = world.user(&format!("Alice{}", asked.len()), Kind::Member);
        let room = world.channel(&format!("room{}", asked.len()), Room::Public, &[&user, &office.bob.user]);
        let root = world.user_says(&user, &room, &format!("{} {said}", office.bob.mention()));
        let sent = |world: &World| is_sent(world, &root).then_some(());
        world.wait_for(PATIENCE, sent).await.unwrap();
        match (death, before) {
            (Death::Sent, _) => {}
            (Death::Thinking(ms), _) => {
                office.wait_for_state(&root, "running").await;
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            (Death::Delivered, _) => drop(world.wait_for_replies(&room, &root, 1, PATIENCE).await),
            (_, Some((name, calls))) => {
                let called = |world: &World| (world.calls(name) > calls).then_some(());
                world.wait_for(PATIENCE, called).await.unwrap_or_else(|| panic!("{name} at {death:?}"));
            }
            (_, None) => {
                let acked = |world: &World| (world.ack_latencies_ms().len() > acks).then_some(());
                world.wait_for(PATIENCE, acked).await.unwrap();
            }
        }
        running.kill();
        running = office.start();
        // Three deaths in one turn would park it.
        let replies = world.wait_for_replies(&room, &root, 1, PATIENCE).await;
        assert_eq!(replies[0].text, format!("You wrote: {said}"));
        asked.push((room, root, said));
    }
    office.settle(&running).await;
    for (room, root, said) in &asked {
        assert_eq!(world.replies(room, root).len(), 1, "{said}");
    }
}

fn is_sent(world: &World, root: &Ts) -> bool {
    world.journal().iter().any(|entry| match &entry.what {
        What::Sent { payload, .. } => payload.pointer("/event/ts").and_then(Value::as_str) == Some(root),
        _ => false,
    })
}
