//! Tokens, scopes, membership, sizes, rates, reading back.

use std::time::Duration;

use fake_slack::{Kind, Rates, Room};
use serde_json::{Value, json};

use crate::support::{Api, cast};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_scopes_are_checked_in_slacks_words() {
    let cast = cast().await;
    let error =
        |token: &str, method: &str| Api::new(&cast.slack, token).call(method, &json!({}))["error"].clone();
    assert_eq!(error("xoxb-nobody", "auth.test"), "invalid_auth");
    assert_eq!(error(&cast.bot.app_token, "auth.test"), "not_allowed_token_type");
    assert_eq!(error(&cast.bot.bot_token, "apps.connections.open"), "not_allowed_token_type");
    assert_eq!(error(&cast.bot.bot_token, "no.such.method"), "unknown_method");

    cast.slack.set_scopes(&cast.bot.app, &["chat:write", "channels:read"]);
    let refused = cast.api.get("users.info", &format!("user={}", cast.alice));
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("users:read")));
    assert_eq!(refused["provided"], "channels:read,chat:write");
    let answer = cast.api.raw("auth.test", &json!({})).unwrap();
    assert_eq!(answer.headers["x-oauth-scopes"], "channels:read,chat:write");

    cast.slack.revokes_tokens(&cast.bot.app);
    assert_eq!(error(&cast.bot.bot_token, "auth.test"), "token_revoked");
    cast.slack.uninstalls(&cast.bot.app);
    assert_eq!(error(&cast.bot.bot_token, "auth.test"), "account_inactive");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_form_and_json_mean_the_same() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let by_json = cast.replies(&asked, "one");
    let blocks = "%5B%7B%22type%22%3A%22divider%22%7D%5D";
    let by_form = cast.api.form(
        "chat.postMessage",
        &format!("channel={}&thread_ts={asked}&text=two&blocks={blocks}", cast.payments),
    );
    assert_eq!((&by_json["ok"], &by_form["ok"]), (&json!(true), &json!(true)));
    let thread = cast.api.get("conversations.replies", &format!("channel={}&ts={asked}", cast.payments));
    let texts: Vec<_> =
        thread["messages"].as_array().unwrap().iter().map(|one| one["text"].clone()).collect();
    assert_eq!(texts[1..], [json!("one"), json!("two")]);
    assert_eq!(thread["messages"][0]["reply_count"], 2);
    assert_eq!(thread["messages"][2]["blocks"][0]["type"], "divider");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_writes_only_where_it_is() {
    let cast = cast().await;
    let public = cast.slack.channel("others", Room::Public, &[&cast.alice]);
    let private = cast.slack.channel("secret", Room::Private, &[&cast.alice]);
    let post = |channel: &str| {
        cast.api.call("chat.postMessage", &json!({"channel": channel, "text": "hello"}))["error"].clone()
    };
    assert_eq!(post(&public), "not_in_channel");
    assert_eq!(post(&private), "channel_not_found");
    assert_eq!(post("C0NOWHERE"), "channel_not_found");
    let read = cast.api.get("conversations.history", &format!("channel={public}"));
    assert_eq!(read["error"], "not_in_channel");
    cast.slack.archives(&cast.alice, &cast.payments);
    assert_eq!(post(&cast.payments), "is_archived");
    assert_eq!(post(&cast.alice), json!(null), "a person's id means the direct message");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_cut_or_refused_by_size() {
    let cast = cast().await;
    let asked = cast.asks("tell me everything");
    let posted = cast.replies(&asked, &"é".repeat(40_001));
    assert_eq!(posted["message"]["text"].as_str().unwrap().chars().count(), 40_000);
    let update = |text: String| {
        let args = json!({"channel": cast.payments.to_string(), "ts": posted["ts"], "text": text});
        cast.api.call("chat.update", &args)["error"].clone()
    };
    assert_eq!(update("x".repeat(4_001)), "msg_too_long");
    assert_eq!(update("x".repeat(4_000)), json!(null));
    let empty = cast.replies(&asked, "");
    assert_eq!(empty["error"], "no_text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_post_in_a_second_is_too_fast_and_so_is_not_waiting() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    for number in 0..4 {
        assert_eq!(cast.replies(&asked, &number.to_string())["ok"], true);
    }
    let args = json!({"channel": cast.payments.to_string(), "thread_ts": asked, "text": "4"});
    let refused = cast.api.raw("chat.postMessage", &args).unwrap();
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(cast.api.raw("chat.postMessage", &args).unwrap().status, 429);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(cast.api.raw("chat.postMessage", &args).unwrap().status, 200);
    assert_eq!(cast.slack.violations().len(), 2);
    cast.slack.tune(|settings| settings.rates = Rates::unlimited());
    for number in 0..20 {
        assert_eq!(cast.replies(&asked, &number.to_string())["ok"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_read_back_only_when_asked_for() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let metadata = json!({"event_type": "outbox", "event_payload": {"row": {"id": 7}}});
    let args =
        json!({"channel": cast.payments.to_string(), "thread_ts": asked, "text": "x", "metadata": metadata});
    cast.api.call("chat.postMessage", &args);
    let read = |more: &str| {
        let query = format!("channel={}&ts={asked}{more}", cast.payments);
        cast.api.get("conversations.replies", &query)["messages"][1]["metadata"].clone()
    };
    assert_eq!(read(""), json!(null));
    assert_eq!(read("&include_all_metadata=true"), metadata);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_pages_and_spans() {
    let cast = cast().await;
    let said: Vec<_> =
        (0..5).map(|n| cast.slack.user_says(&cast.alice, &cast.payments, &format!("m{n}"))).collect();
    cast.slack.user_says_in_thread(&cast.alice, &cast.payments, &said[0], "a reply");
    let history =
        |more: &str| cast.api.get("conversations.history", &format!("channel={}&{more}", cast.payments));
    let texts = |page: &Value| -> Vec<String> {
        page["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = history("limit=2");
    assert_eq!((texts(&first), &first["has_more"]), (vec!["m4".into(), "m3".into()], &json!(true)));
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    assert_eq!(texts(&history(&format!("limit=9&cursor={cursor}"))), ["m2", "m1", "m0"]);
    assert_eq!(texts(&history(&format!("oldest={}", said[3]))), ["m4"]);
    assert_eq!(texts(&history(&format!("oldest={}&inclusive=true", said[3]))), ["m4", "m3"]);
    assert_eq!(texts(&history(&format!("latest={}", said[1]))), ["m0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_own_messages_change_and_a_root_leaves_a_tombstone() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let answer = cast.replies(&asked, "hello");
    let error = |method: &str, ts: &Value| {
        let args = json!({"channel": cast.payments.to_string(), "ts": ts, "text": "y"});
        cast.api.call(method, &args)["error"].clone()
    };
    assert_eq!(error("chat.update", &json!(asked)), "cant_update_message");
    assert_eq!(error("chat.delete", &json!(asked)), "cant_delete_message");
    cast.slack.deletes(&cast.payments, &asked);
    let query = format!("channel={}&ts={asked}", cast.payments);
    let thread = cast.api.get("conversations.replies", &query);
    assert_eq!(thread["messages"][0]["subtype"], "tombstone");
    assert_eq!(error("chat.delete", &answer["ts"]), json!(null));
    let gone = cast.slack.user_says(&cast.alice, &cast.payments, "never mind");
    cast.slack.deletes(&cast.payments, &gone);
    assert_eq!(cast.replies(&gone, "too late")["error"], "thread_not_found");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_status_and_homes_are_kept() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let channel = cast.payments.to_string();
    let react = || {
        cast.api.call("reactions.add", &json!({"channel": channel, "timestamp": asked, "name": "eyes"}))["error"]
            .clone()
    };
    assert_eq!((react(), react()), (json!(null), json!("already_reacted")));
    let status = json!({"channel_id": channel, "thread_ts": asked, "status": "is reading"});
    assert_eq!(cast.api.call("assistant.threads.setStatus", &status)["ok"], true);
    assert_eq!(cast.slack.status(&cast.payments, &asked).as_deref(), Some("is reading"));
    cast.replies(&asked, "hello");
    assert_eq!(cast.slack.status(&cast.payments, &asked), None, "a reply clears the status");
    let session = json!({"channel_id": channel, "thread_ts": asked, "status": "processing"});
    assert_eq!(cast.api.call("agents.sessions.setStatus", &session)["ok"], true);
    assert_eq!(cast.slack.session(&cast.payments, Some(&asked)).unwrap().status, "processing");

    let view = json!({"type": "home", "blocks": [{"type": "divider"}]});
    let home = json!({"user_id": cast.alice.to_string(), "view": view});
    assert_eq!(cast.api.call("views.publish", &home)["ok"], true);
    let stale = json!({"user_id": cast.alice.to_string(), "view": view, "hash": "old"});
    assert_eq!(cast.api.call("views.publish", &stale)["error"], "hash_conflict");
    assert!(cast.slack.app_home(&cast.bot.app, &cast.alice).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_opens_once_and_a_deactivated_person_has_none() {
    let cast = cast().await;
    let open = |user: &str| cast.api.call("conversations.open", &json!({"users": user}));
    let (first, second) = (open(&cast.alice), open(&cast.alice));
    assert_eq!(first["channel"]["id"], second["channel"]["id"]);
    assert_eq!((&first["already_open"], &second["already_open"]), (&json!(false), &json!(true)));
    let bob = cast.slack.user("Bob", Kind::Member);
    cast.slack.deactivates(&bob);
    assert_eq!(open(&bob)["error"], "user_disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_by_its_age() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    let place = json!({
        "channel": cast.payments.to_string(), "thread_ts": asked, "markdown_text": "one ",
        "recipient_user_id": cast.alice.to_string(), "recipient_team_id": cast.bot.team.to_string(),
    });
    let started = cast.api.call("chat.startStream", &place);
    let chunk = json!({"channel": cast.payments.to_string(), "ts": started["ts"], "markdown_text": "two"});
    assert_eq!(cast.api.call("chat.appendStream", &chunk)["ok"], true);
    cast.slack.tune(|settings| settings.stream_lives = Duration::ZERO);
    assert_eq!(cast.api.call("chat.stopStream", &chunk)["error"], "message_not_in_streaming_state");
    assert_eq!(cast.slack.replies(&cast.payments, &asked)[0].text, "one two");
}
