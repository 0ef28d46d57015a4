//! What it answers, and what it lets pass.

use std::time::Duration;

use fake_slack::{First, Kind, Upload};
use serde_json::json;

use super::office::{Office, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_is_answered_once_in_its_thread_whichever_event_comes_first() {
    let (office, running) = Office::open().await;
    for first in [First::Mention, First::Message] {
        office.world().tune(|settings| settings.first = first);
        let root = office.mention(&office.bob, "when is the fair?");
        let replies = office.replies(&root, 1).await;
        assert_eq!(replies[0].text, "You wrote: when is the fair?");
        assert_eq!(replies[0].thread.as_ref(), Some(&root));
        assert_eq!(replies[0].user, office.bob.user);
        office.settle(&running).await;
        assert_eq!(office.world().replies(&office.general, &root).len(), 1);
    }
    let slowest = office.world().ack_latencies_ms().into_iter().max().unwrap();
    assert!(slowest < 1000, "an acknowledgement took {slowest} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_is_answered_in_its_thread() {
    let (office, running) = Office::open().await;
    let room = office.world().direct(&office.alice, &office.bob);
    let root = office.world().user_says(&office.alice, &room, "is it open?");
    let replies = office.world().wait_for_replies(&room, &root, 1, PATIENCE).await;
    assert_eq!(replies[0].text, "You wrote: is it open?");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_its_threads_and_leaves_people_alone() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let root = office.mention(&office.bob, "one");
    office.replies(&root, 1).await;
    let says = |user, text: &str| world.user_says_in_thread(user, &office.general, &root, text);
    says(&office.alice, "and two?");
    assert_eq!(office.replies(&root, 2).await[1].text, "You wrote: and two?");

    // To somebody else, and their answer; then the bot is asked again.
    let carol = format!("<@{}>", office.carol);
    says(&office.alice, &format!("{carol} what do you think?"));
    // Two posts at once may come by two sockets, in any order.
    office.settle(&running).await;
    says(&office.carol, "I think so");
    world.user_says(&office.carol, &office.general, "lunch, anybody?");
    office.settle(&running).await;
    let texts: Vec<_> = world.replies(&office.general, &root).into_iter().map(|reply| reply.text).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    says(&office.carol, &format!("{} and you?", office.bob.mention()));
    assert_eq!(office.replies(&root, 3).await[2].text, "You wrote: and you?");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bot_answers_for_its_own_person() {
    let (office, running) = Office::open().await;
    let root = office.mention(&office.eve, "hello");
    assert_eq!(office.replies(&root, 1).await[0].user, office.eve.user);
    let both = office.mention(&office.bob, &format!("and {} please", office.eve.mention()));
    let mut by: Vec<_> = office.replies(&both, 2).await.into_iter().map(|reply| reply.user).collect();
    by.sort();
    let mut wanted = vec![office.bob.user.clone(), office.eve.user.clone()];
    wanted.sort();
    assert_eq!(by, wanted);
    office.settle(&running).await;
    assert_eq!(office.world().replies(&office.general, &both).len(), 2, "they don't answer each other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_before_the_answer_is_what_is_answered_and_a_deleted_question_is_not() {
    let (office, running) = Office::open().await;
    let world = office.world();
    // Slack is slow to say who Alice is, so the questions are still open when she changes her mind.
    world.fail_times("users.info", 0, 4, fake_slack::Fault::Slow(Duration::from_secs(2)));
    let edited = office.mention(&office.bob, "when is the fare?");
    let deleted = office.mention(&office.bob, "never mind");
    let asked = |world: &fake_slack::World| (world.calls("users.info") >= 2).then_some(());
    world.wait_for(PATIENCE, asked).await.unwrap();
    world.edits(
        &office.alice,
        &office.general,
        &edited,
        &format!("{} when is the fair?", office.bob.mention()),
    );
    world.deletes(&office.general, &deleted);
    assert_eq!(office.replies(&edited, 1).await[0].text, "You wrote: when is the fair?");
    office.settle(&running).await;
    assert_eq!(world.replies(&office.general, &edited).len(), 1);
    assert!(world.replies(&office.general, &deleted).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_without_text_gets_an_honest_answer() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.direct(&office.alice, &office.bob);
    let note = Upload::new("audio_message.m4a", "audio/mp4", b"\0\0\0\x18ftypM4A \0\0\0\0");
    let (root, _) = world.user_uploads(&office.alice, &room, None, "", &note);
    let replies = world.wait_for_replies(&room, &root, 1, PATIENCE).await;
    assert!(
        replies[0]
            .text
            .starts_with("I couldn't hear audio_message.m4a: I have no hearing model here, so write me"),
        "{}",
        replies[0].text
    );
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_frames_are_acknowledged_and_forgotten() {
    let (office, running) = Office::open().await;
    let (world, app) = (office.world(), &office.bob.app);
    for frame in ["", "{", "null", "{\"type\":null}", "{\"type\":\"surprise\"}", &"[".repeat(50_000)] {
        world.send_text(app, frame);
    }
    world.send_binary(app, &[0xff, 0xfe, 0x00]);
    for payload in
        [json!(null), json!({}), json!({"event": null}), json!({"event": {"type": "message"}}), json!([1])]
    {
        world.send_payload(app, payload);
    }
    world.send_event(app, &json!({"type": "from_the_future", "channel": {"id": 7}}));
    // A mention in a payload as an organisation-wide installation sends it, with metadata that breaks typed models.
    let ts = world.user_says(&office.alice, &office.general, "a plain post");
    let event = json!({"type": "app_mention", "user": office.alice, "channel": office.general, "ts": ts, "team": null,
                       "text": format!("{} can you read this?", office.bob.mention()),
                       "metadata": {"event_type": "x", "event_payload": {"a": {"b": [null]}}}});
    world.send_payload(app, json!({"team_id": null, "event_id": null, "event": event}));
    world.open_floor(&office.general);
    assert_eq!(office.replies(&ts, 1).await[0].text, "You wrote: can you read this?");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_note_is_told_to_its_readers_only() {
    let office = Office::new().await;
    let world = office.world();
    office.note(&["alice@acme.example", "guest@acme.example"]);
    let running = office.start_with_note().await;
    let ask = async |channel: &fake_slack::ChannelId, user: &fake_slack::UserId| {
        let root = world.user_says(user, channel, &format!("{} when is the fair?", office.bob.mention()));
        world.wait_for_replies(channel, &root, 1, PATIENCE).await.remove(0).text
    };
    let guest = world.user("Guest", Kind::Guest);
    let partner = world.user("Alice", Kind::External(world.team("Partner")));
    let small = world.channel(
        "small",
        fake_slack::Room::Private,
        &[&office.alice, &guest, &office.bob.user, &office.eve.user],
    );
    let shared =
        world.channel("shared", fake_slack::Room::Public, &[&office.alice, &partner, &office.bob.user]);
    for (channel, user, told) in [
        (world.direct(&office.alice, &office.bob), &office.alice, true),
        (world.direct(&office.carol, &office.bob), &office.carol, false),
        (small.clone(), &office.alice, true),
        (office.general.clone(), &office.alice, false),
        (shared, &partner, false),
    ] {
        let text = ask(&channel, user).await;
        assert_eq!(text.ends_with("\n\nSources: [1] Fair"), told, "{channel}: {text}");
    }
    // Carol comes in, so the small channel is no longer only theirs.
    world.invites(&office.alice, &office.carol, &small);
    let left = |world: &fake_slack::World| (world.undelivered(&office.bob.app) == 0).then_some(());
    world.wait_for(PATIENCE, left).await.unwrap();
    assert!(!ask(&small, &office.alice).await.contains("Sources"));
    office.settle(&running).await;
}
