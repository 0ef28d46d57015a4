//! The journal's invariants catch each thing that a coworker must not do, and nothing else.

use fake_slack::{Place, Room, Violation};
use serde_json::{Value, json};

use crate::support::{SOON, cast};

#[tokio::test(flavor = "multi_thread")]
async fn a_good_coworker_breaks_none() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    let asked = cast.asks("when do refunds settle?");
    socket.take().await;
    socket.take().await;
    cast.replies(&asked, "On Tuesdays");
    socket.take().await;
    cast.slack.edits(&cast.alice, &cast.payments, &asked, "never mind");
    cast.replies(&asked, "Fine");
    let jsonl = cast.slack.journal_jsonl();
    assert!(jsonl.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert!(!jsonl.contains(&cast.bot.bot_token), "the journal keeps no tokens");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn misplaced_posts_are_caught() {
    let cast = cast().await;
    let strangers = cast.slack.user_says(&cast.alice, &cast.payments, "lunch?");
    let asked = cast.asks("hello");
    let reply = cast.slack.user_says_in_thread(&cast.alice, &cast.payments, &asked, "anybody?");
    cast.replies(&strangers, "I'd love to");
    cast.replies(&reply, "yes");
    let root = json!({"channel": cast.payments.to_string(), "text": "hello all"});
    cast.api.call("chat.postMessage", &root);
    let places: Vec<_> = cast.slack.violations().into_iter().map(place).collect();
    assert_eq!(places, [Place::StrangersThread, Place::ReplyAsRoot, Place::ChannelRoot]);
    assert_eq!(cast.replies("1.000001", "nowhere")["error"], "thread_not_found");
    assert!(matches!(cast.slack.violations().last(), Some(Violation::NoThread { .. })));
}

fn place(violation: Violation) -> Place {
    match violation {
        Violation::Misplaced { place, .. } => place,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_floor_takes_posts_anywhere() {
    let cast = cast().await;
    cast.slack.open_floor(&cast.payments);
    let strangers = cast.slack.user_says(&cast.alice, &cast.payments, "lunch?");
    cast.replies(&strangers, "I'd love to");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_metadata_key_posted_twice_is_caught() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let post = |row: u32| {
        let args = json!({
            "channel": cast.payments.to_string(), "thread_ts": asked, "text": "x",
            "metadata": {"event_type": "outbox", "event_payload": {"row": row, "part": 1}},
        });
        cast.api.call("chat.postMessage", &args)
    };
    post(1);
    post(2);
    cast.slack.invariants();
    post(1);
    assert!(matches!(cast.slack.violations().as_slice(), [Violation::PostedTwice { .. }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_outside_and_secrets_are_caught() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let others = cast.slack.channel("others", Room::Public, &[&cast.alice]);
    cast.api.call("chat.postMessage", &json!({"channel": others.to_string(), "text": "hello"}));
    cast.replies(&asked, "my token is xoxb-1234");
    let found = cast.slack.violations();
    assert!(matches!(found.as_slice(), [Violation::Outside { .. }, Violation::Secret { .. }]), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn double_and_stray_acknowledgements_are_caught() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.slack.user_says(&cast.alice, &cast.payments, "good morning");
    let frame = socket.next().await;
    socket.ack(&frame).await;
    socket.ack(&frame).await;
    socket.text("{\"envelope_id\": \"unheard-of\"}").await;
    let found =
        cast.slack.wait_for(SOON, |world| Some(world.violations()).filter(|found| found.len() == 2)).await;
    let found = found.expect("two violations");
    assert!(
        matches!(found.as_slice(), [Violation::AckedTwice { .. }, Violation::StrayFrame { .. }]),
        "{found:?}"
    );
}
