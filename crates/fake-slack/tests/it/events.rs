//! The events that acts of people bring about.

use fake_slack::{First, Kind, Room, Upload};
use serde_json::json;

use crate::support::{Api, SOON, cast};

#[tokio::test(flavor = "multi_thread")]
async fn edits_deletions_and_previews_are_told_with_what_was_before() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    let ts = cast.slack.user_says(&cast.alice, &cast.payments, "see https://acme.example");
    socket.take().await;
    cast.slack.unfurls(&cast.payments, &ts, "https://acme.example");
    let preview = socket.take().await;
    assert_eq!(preview["subtype"], "message_changed");
    assert_eq!(preview["message"]["text"], preview["previous_message"]["text"]);
    assert_eq!(preview["message"]["edited"], json!(null));

    cast.slack.edits(&cast.alice, &cast.payments, &ts, &format!("{} look", cast.bot.mention()));
    let edit = socket.take().await;
    assert_eq!(edit["message"]["edited"]["user"], json!(cast.alice));
    let named = socket.take().await;
    assert_eq!((&named["type"], &named["ts"]), (&json!("app_mention"), &json!(ts)));

    cast.slack.deletes(&cast.payments, &ts);
    let gone = socket.take().await;
    assert_eq!((&gone["subtype"], &gone["deleted_ts"]), (&json!("message_deleted"), &json!(ts)));
    assert!(socket.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bots_own_posts_echo_with_their_nested_metadata_and_without_a_mention() {
    let cast = cast().await;
    let asked = cast.asks("hello");
    cast.slack.forget_waiting(&cast.bot.app);
    let mut socket = cast.socket().await;
    let metadata = json!({"event_type": "outbox", "event_payload": {"row": {"id": 7}, "parts": [1, 2]}});
    let text = format!("I am {}", cast.bot.mention());
    let posted = cast.api.call(
        "chat.postMessage",
        &json!({"channel": cast.payments.to_string(), "thread_ts": asked, "text": text, "metadata": metadata}),
    );
    let echo = socket.take().await;
    assert_eq!((&echo["type"], &echo["ts"]), (&json!("message"), &posted["ts"]));
    assert_eq!(echo["metadata"], metadata);
    assert_eq!(echo["bot_id"], json!(cast.bot.bot));
    assert!(socket.is_quiet().await, "nobody is told of mentioning themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bot_hears_only_of_its_channels_and_its_own_mentions() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.first = First::Message);
    let other = cast.slack.app("carol-bot");
    let both = cast.slack.channel("both", Room::Private, &[&cast.alice, &cast.bot.user, &other.user]);
    let mut socket = cast.socket().await;
    cast.slack.user_says(&cast.alice, &both, &format!("{} hello", other.mention()));
    let heard = socket.take().await;
    assert_eq!((&heard["type"], &heard["channel_type"]), (&json!("message"), &json!("group")));
    let alone = cast.slack.channel("alone", Room::Public, &[&cast.alice, &other.user]);
    cast.slack.user_says(&cast.alice, &alone, &cast.bot.mention());
    assert!(socket.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_is_no_mention_and_needs_its_scope() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    let direct = cast.slack.direct(&cast.alice, &cast.bot);
    cast.slack.user_says(&cast.alice, &direct, &cast.bot.mention());
    let heard = socket.take().await;
    assert_eq!((&heard["type"], &heard["channel_type"]), (&json!("message"), &json!("im")));
    cast.slack.set_scopes(&cast.bot.app, &["chat:write"]);
    cast.slack.user_says(&cast.alice, &direct, "still there?");
    assert!(socket.is_quiet().await, "without im:history there is no event");
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_leaving_and_stopping_are_told() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    let room = cast.slack.channel("new", Room::Public, &[&cast.alice]);
    cast.slack.invites(&cast.alice, &cast.bot.user, &room);
    let joined = socket.take().await;
    assert_eq!((&joined["type"], &joined["inviter"]), (&json!("member_joined_channel"), &json!(cast.alice)));
    assert_eq!(socket.take().await["subtype"], "channel_join");
    let greeting = cast.api.call("chat.postMessage", &json!({"channel": room.to_string(), "text": "Hello"}));
    assert_eq!(greeting["ok"], true);
    socket.take().await;
    cast.slack.stops(&cast.alice, &cast.bot, &room, None);
    assert_eq!(socket.take().await["type"], "agent_session_stopped");
    cast.slack.removes(&cast.bot.user, &room);
    assert_eq!(socket.take().await["type"], "member_left_channel");
    assert_eq!(socket.take().await["type"], "channel_left");
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_file_is_described_and_downloads_only_with_the_token() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    let upload = Upload::new("plan 1.txt", "text/plain", b"the plan");
    let (_, file) = cast.slack.user_uploads(&cast.alice, &cast.payments, None, "", &upload);
    let heard = socket.take().await;
    assert_eq!(heard["subtype"], "file_share");
    let url = heard["files"][0]["url_private"].as_str().unwrap();
    assert_eq!(cast.api.fetch(url, true).unwrap().text, "the plan");
    let login = cast.api.fetch(url, false).unwrap();
    assert!(login.status == 200 && login.text.starts_with("<!DOCTYPE html>"));
    let info = cast.api.get("files.info", &format!("file={file}"));
    assert!(info["file"]["shares"]["public"][&*cast.payments][0]["ts"].is_string(), "{info}");

    cast.slack.tune(|settings| settings.redirect_files = true);
    let hop = cast.api.fetch(url, true).unwrap();
    let second = hop.headers["location"].to_str().unwrap().to_owned();
    assert!(hop.status == 307 && second.starts_with("http://localhost:"), "{second}");
    let stranger = cast.slack.app("stranger");
    let refused = Api::new(&cast.slack, &stranger.bot_token).call("files.info", &json!({"file": &*file}));
    assert_eq!(refused["error"], "file_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_clicks_bring_triggers_that_work_once() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.slack.commands(&cast.alice, &cast.bot, &cast.payments, "/understudy", "status");
    let frame = socket.next().await;
    assert_eq!(
        (&frame["type"], &frame["accepts_response_payload"]),
        (&json!("slash_commands"), &json!(true))
    );
    socket.ack(&frame).await;
    let view = json!({"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []});
    let open = json!({"trigger_id": frame["payload"]["trigger_id"], "view": view});
    assert_eq!(cast.api.call("views.open", &open)["ok"], true);
    assert_eq!(cast.api.call("views.open", &open)["error"], "exchanged_trigger_id");
    let asked = cast.asks("approve?");
    cast.slack.clicks(&cast.alice, &cast.bot, &cast.payments, &asked, "approve", "once-1");
    socket.take().await;
    socket.take().await;
    let click = socket.next().await;
    assert_eq!(click["payload"]["actions"][0]["value"], "once-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_sent_until_nothing_is_wrong_with_it() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.slack.commands(&cast.alice, &cast.bot, &cast.payments, "/understudy", "status");
    let command = socket.next().await;
    let said = json!({"envelope_id": command["envelope_id"], "payload": {"text": "I answer."}});
    socket.text(&said.to_string()).await;
    let heard = |world: &fake_slack::World| world.ephemerals(&cast.bot.app).pop();
    let heard = cast.slack.wait_for(SOON, heard).await.unwrap();
    assert_eq!((&heard["message"]["text"], &heard["by"]), (&json!("I answer."), &json!("acknowledgement")));

    let field = json!({"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "text"},
        "element": {"type": "plain_text_input", "action_id": "typed", "initial_value": "milk"}});
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let view = json!({"type": "modal", "callback_id": "c", "title": plain("Change it"), "submit": plain("Go"),
                      "blocks": [field]});
    let open = json!({"trigger_id": command["payload"]["trigger_id"], "view": view});
    assert_eq!(cast.api.call("views.open", &open)["ok"], true);
    assert!(cast.slack.submits(&cast.alice, &cast.bot, &[("b", "")]));
    let form = socket.next().await;
    assert_eq!(form["payload"]["view"]["state"]["values"]["b"]["typed"]["value"], "");
    let wrong = json!({"response_action": "errors", "errors": {"b": "It is empty."}});
    socket.text(&json!({"envelope_id": form["envelope_id"], "payload": wrong}).to_string()).await;
    let told =
        |world: &fake_slack::World| world.modal(&cast.bot.app, &cast.alice).filter(|m| !m.errors.is_null());
    let told = cast.slack.wait_for(SOON, told).await.unwrap();
    assert_eq!(told.errors["b"], "It is empty.");
    assert!(cast.slack.submits(&cast.alice, &cast.bot, &[]));
    let form = socket.next().await;
    assert_eq!(form["payload"]["view"]["state"]["values"]["b"]["typed"]["value"], "milk");
    socket.ack(&form).await;
    let closed = |world: &fake_slack::World| world.modal(&cast.bot.app, &cast.alice).is_none().then_some(());
    cast.slack.wait_for(SOON, closed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_is_late_and_views_that_are_wrong_are_refused() {
    let cast = cast().await;
    let mut socket = cast.socket().await;
    cast.slack.tune(|settings| settings.trigger_lives = std::time::Duration::ZERO);
    cast.slack.commands(&cast.alice, &cast.bot, &cast.payments, "/understudy", "status");
    let command = socket.next().await;
    socket.ack(&command).await;
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let modal = |title: &str| json!({"type": "modal", "title": plain(title), "blocks": []});
    let open = json!({"trigger_id": command["payload"]["trigger_id"], "view": modal("x")});
    assert_eq!(cast.api.call("views.open", &open)["error"], "expired_trigger_id");

    let menu = |first: &str| {
        let option = |value: &str| json!({"value": value, "text": plain(value)});
        json!({"type": "actions", "block_id": "m", "elements": [{"type": "static_select", "action_id": "a",
            "options": [option("on"), option("off")], "initial_option": option(first)}]})
    };
    let home = |blocks: serde_json::Value| {
        let view = json!({"type": "home", "blocks": blocks});
        cast.api.call("views.publish", &json!({"user_id": cast.alice.to_string(), "view": view}))
    };
    assert_eq!(home(json!([menu("on")]))["ok"], true);
    assert!(cast.slack.uses_home(&cast.alice, &cast.bot, "m", "a", "off"));
    assert!(!cast.slack.uses_home(&cast.alice, &cast.bot, "m", "a", "never"), "it is not in the menu");
    let chosen = socket.next().await;
    assert_eq!(chosen["payload"]["actions"][0]["selected_option"]["value"], "off");
    socket.ack(&chosen).await;
    let blank = json!({"type": "section", "text": plain("")});
    for wrong in [json!([menu("never")]), json!([menu("on"), menu("on")]), json!(vec![blank; 1])] {
        assert_eq!(home(wrong)["error"], "invalid_blocks");
    }
    assert_eq!(home(json!(vec![json!({"type": "divider"}); 101]))["error"], "invalid_blocks");
    let long = json!({"trigger_id": "t", "view": modal(&"x".repeat(25))});
    assert_eq!(cast.api.call("views.open", &long)["error"], "invalid_arguments");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_shown_as_what_they_are() {
    let cast = cast().await;
    let partner = cast.slack.team("Partner");
    let guest = cast.slack.user("Gina", Kind::Guest);
    let eve = cast.slack.user("Eve", Kind::External(partner.clone()));
    let shared = cast.slack.channel("shared", Room::Public, &[&cast.alice, &cast.bot.user, &eve]);
    let person = |user: &str| cast.api.get("users.info", &format!("user={user}"))["user"].clone();
    assert_eq!(person(&cast.alice)["profile"]["email"], "alice@acme.example");
    assert_eq!(person(&guest)["is_restricted"], true);
    let outside = person(&eve);
    assert_eq!((&outside["team_id"], &outside["profile"]["email"]), (&json!(partner), &json!(null)));
    let info = cast.api.get("conversations.info", &format!("channel={shared}"));
    assert_eq!(info["channel"]["is_ext_shared"], true);
    let mut socket = cast.socket().await;
    cast.slack.user_says(&eve, &shared, "hello from outside");
    assert_eq!(socket.next().await["payload"]["is_ext_shared_channel"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_gets_its_preview_unless_the_post_forbids_it() {
    let cast = cast().await;
    let root = cast.asks("where is the plan?");
    for (forbidden, previewed) in [(false, true), (true, false)] {
        let mut post = json!({"channel": cast.payments.to_string(), "thread_ts": root,
                              "text": "see <https://acme.example/plan|the plan>"});
        if forbidden {
            post["unfurl_links"] = json!(false);
        }
        let ts = cast.api.call("chat.postMessage", &post)["ts"].as_str().unwrap().into();
        let preview = cast.slack.message(&cast.payments, &ts).unwrap().attachments;
        assert_eq!(preview.is_some(), previewed, "{preview:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_may_leave_out_the_files_that_its_message_names() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.files_in_mentions = false);
    let mut socket = cast.socket().await;
    let words = format!("{} read this", cast.bot.mention());
    cast.slack.user_uploads(
        &cast.alice,
        &cast.payments,
        None,
        &words,
        &Upload::new("a.txt", "text/plain", b"a"),
    );
    let (mention, message) = (socket.take().await, socket.take().await);
    assert_eq!((&mention["type"], &mention["files"]), (&json!("app_mention"), &json!(null)));
    assert_eq!(message["files"][0]["name"], "a.txt");
}
