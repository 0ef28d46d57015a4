//! Socket Mode: greeting, acknowledgement, redelivery, broken lines.

use std::{collections::BTreeSet, time::Duration};

use fake_slack::{Disconnect, What};
use serde_json::json;

use crate::support::{Api, SOON, Socket, cast};

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_arrives_as_two_events_and_acks_end_them() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.asks("when do refunds settle?");
    let first = socket.next().await;
    assert_eq!(first["type"], "events_api");
    assert_eq!(first["retry_attempt"], 0);
    assert_eq!(first["payload"]["event"]["type"], "app_mention");
    let second = socket.next().await;
    assert_eq!(second["payload"]["event"]["type"], "message");
    assert_ne!(first["payload"]["event_id"], second["payload"]["event_id"]);
    assert_eq!(first["payload"]["event"]["ts"], second["payload"]["event"]["ts"]);
    socket.ack(&first).await;
    socket.ack(&second).await;
    let done = cast.slack.wait_for(SOON, |world| (world.undelivered(&cast.bot.app) == 0).then_some(())).await;
    assert!(done.is_some());
    assert_eq!(cast.slack.ack_latencies_ms().len(), 2);
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unacknowledged_event_comes_again_on_the_other_socket() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.ack_deadline = Duration::from_millis(150));
    let (mut one, mut two) = (cast.socket().await, cast.socket().await);
    cast.slack.user_says(&cast.alice, &cast.payments, "good morning");
    let (first, again) = tokio::select! {
        first = one.next() => (first, two.next().await),
        first = two.next() => (first, one.next().await),
    };
    assert_eq!((&first["retry_attempt"], &again["retry_attempt"]), (&json!(0), &json!(1)));
    assert_eq!(again["retry_reason"], "timeout");
    assert_eq!(first["payload"]["event_id"], again["payload"]["event_id"]);
    assert_ne!(first["envelope_id"], again["envelope_id"]);
    one.ack(&again).await;
    assert!(one.is_quiet().await && two.is_quiet().await, "an acknowledged event does not come again");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_given_up_after_three_retries() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.ack_deadline = Duration::from_millis(50));
    let mut socket = cast.socket().await;
    cast.slack.user_says(&cast.alice, &cast.payments, "good morning");
    for attempt in 0..4 {
        assert_eq!(socket.next().await["retry_attempt"], attempt);
    }
    let given_up = cast.slack.wait_for(SOON, |world| world.violations().pop()).await;
    assert!(given_up.is_some());
    assert!(socket.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_spread_over_the_sockets() {
    let cast = cast().await;
    let (mut one, mut two) = (cast.socket().await, cast.socket().await);
    for _ in 0..4 {
        cast.slack.user_says(&cast.alice, &cast.payments, "good morning");
    }
    for _ in 0..2 {
        one.take().await;
        two.take().await;
    }
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_a_socket_or_is_forgotten() {
    let cast = cast().await;
    cast.slack.user_says(&cast.alice, &cast.payments, "lost");
    assert_eq!(cast.slack.forget_waiting(&cast.bot.app), 1);
    cast.slack.user_says(&cast.alice, &cast.payments, "kept");
    let mut socket = cast.socket().await;
    let frame = socket.next().await;
    assert_eq!(frame["payload"]["event"]["text"], "kept");
    assert_eq!((&frame["retry_attempt"], &frame["retry_reason"]), (&json!(1), &json!("connection_failed")));
    socket.ack(&frame).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_break_as_told() {
    let cast = cast().await;
    let app = &cast.bot.app;
    cast.slack.tune(|settings| settings.warned_before = Duration::from_millis(100));

    let mut cut = cast.socket().await;
    cast.slack.drop_sockets(app);
    assert_eq!(cut.next().await, json!(null));
    cast.slack.wait_for_sockets(app, 0, SOON).await;

    let mut warned = cast.socket().await;
    cast.slack.disconnect(app, Disconnect::Warning);
    assert_eq!(warned.next().await["reason"], "warning");
    let mut next = cast.socket().await;
    assert_eq!(warned.next().await["reason"], "refresh_requested");
    assert_eq!(warned.next().await, json!(null));
    cast.slack.wait_for_sockets(app, 1, SOON).await;

    cast.slack.disconnect(app, Disconnect::LinkDisabled);
    assert_eq!(next.next().await["reason"], "link_disabled");
    let refused = Api::new(&cast.slack, &cast.bot.app_token).call("apps.connections.open", &json!({}));
    assert_eq!(refused["ok"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_socket_swallows_events_until_the_deadline() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.ack_deadline = Duration::from_millis(150));
    let mut frozen = cast.socket().await;
    cast.slack.freeze_sockets(&cast.bot.app);
    let mut alive = cast.socket().await;
    // One after the other, so that at least one falls to the frozen socket.
    for text in ["first", "second"] {
        cast.slack.user_says(&cast.alice, &cast.payments, text);
    }
    let heard: BTreeSet<_> =
        [alive.take().await, alive.take().await].map(|event| event["text"].to_string()).into();
    assert_eq!(heard.len(), 2);
    assert!(frozen.is_quiet().await);
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_socket_and_the_eleventh_socket_is_one_too_many() {
    let cast = cast().await;
    let api = Api::new(&cast.slack, &cast.bot.app_token);
    let ticket = api.call("apps.connections.open", &json!({}))["url"].as_str().unwrap().to_owned();
    let mut sockets = vec![Socket::open(&ticket).await];
    assert!(Socket::open_raw(&ticket).await.is_err());
    for _ in 1..10 {
        sockets.push(cast.socket().await);
    }
    let last = api.call("apps.connections.open", &json!({}))["url"].as_str().unwrap().to_owned();
    assert_eq!(Socket::open_raw(&last).await.unwrap().next().await["reason"], "too_many_websockets");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_duplicates_out_of_order_reaches_the_app_whole() {
    let cast = cast().await;
    cast.slack.tune(|settings| {
        settings.duplicate_percent = 30;
        settings.reorder_within = Duration::from_millis(40);
    });
    let mut socket = cast.socket().await;
    let said: Vec<_> = (0..100)
        .map(|number| cast.slack.user_says(&cast.alice, &cast.payments, &number.to_string()).to_string())
        .collect();
    let (mut heard, mut frames) = (Vec::new(), 0);
    while !socket.is_quiet_after(&mut heard, &mut frames).await {}
    let distinct: BTreeSet<_> = heard.iter().cloned().collect();
    assert_eq!(distinct.len(), 100);
    assert!((115..150).contains(&frames), "{frames} frames");
    assert_ne!(heard, said, "some overtook others");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_the_tests_own_making_are_sent_as_they_are() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.slack.send_text(&cast.bot.app, r#"{"type":"from_the_future"}"#);
    assert_eq!(socket.next().await["type"], "from_the_future");
    cast.slack.send_payload(&cast.bot.app, json!({"event": {"type": "message", "text": null}}));
    let frame = socket.next().await;
    assert_eq!(frame["payload"]["team_id"], json!(null));
    socket.ack(&frame).await;
    let acked = |entry: &fake_slack::Entry| matches!(entry.what, What::Acked { .. });
    assert!(
        cast.slack.wait_for(SOON, |world| world.journal().iter().any(acked).then_some(())).await.is_some()
    );
}
