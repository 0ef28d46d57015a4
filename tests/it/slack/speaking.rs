//! How it speaks.

use std::time::Duration;

use fake_slack::Fault;
use serde_json::json;

use super::office::{Office, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_work_is_seen_within_a_second() {
    let (office, running) = Office::open().await;
    let world = office.world();
    world.fail("users.info", Fault::Slow(Duration::from_secs(2)));
    let root = office.mention(&office.bob, "one");
    let shown =
        |world: &fake_slack::World| world.status(&office.general, &root).filter(|words| !words.is_empty());
    let words = world.wait_for(Duration::from_secs(1), shown).await.expect("a status within a second");
    assert!(words.starts_with("is looking"), "{words}");
    office.replies(&root, 1).await;
    assert!(shown(world).is_none(), "the reply takes it away");

    let over = |world: &fake_slack::World| {
        world.session(&office.general, Some(&root)).filter(|session| session.status == "active").map(|_| ())
    };
    world.wait_for(PATIENCE, over).await.expect("the session ends with the reply");

    // Where there is no status line, eyes say it.
    for method in ["assistant.threads.setStatus", "agents.sessions.setStatus"] {
        world.fail(method, Fault::Refused("missing_scope".to_owned()));
    }
    world.fail("conversations.members", Fault::Slow(Duration::from_secs(2)));
    world.fail("users.info", Fault::Slow(Duration::from_secs(2)));
    let room = world.channel("more", fake_slack::Room::Public, &[&office.alice, &office.bob.user]);
    let root = world.user_says(&office.alice, &room, &format!("{} two", office.bob.mention()));
    let eyes = |world: &fake_slack::World| {
        world.message(&room, &root).filter(|m| m.reactions.contains_key("eyes")).map(|_| ())
    };
    world.wait_for(Duration::from_secs(1), eyes).await.expect("eyes within a second");
    world.wait_for_replies(&room, &root, 1, PATIENCE).await;
    let gone = |world: &fake_slack::World| eyes(world).is_none().then_some(());
    world.wait_for(PATIENCE, gone).await.expect("the eyes go when the reply is there");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_pinged_and_nothing_unfolds() {
    let (office, running) = Office::open().await;
    let root = office.mention(&office.bob, &format!("tell <!channel> and <@{}> & co", office.carol));
    let reply = office.replies(&root, 1).await.remove(0);
    assert_eq!(reply.text, "You wrote: tell channel and @carol &amp; co");
    assert_eq!(reply.metadata.as_ref().unwrap()["event_type"], "understudy_reply");
    let root = office.mention(&office.bob, "is it <https://acme.example/plan>?");
    let reply = office.replies(&root, 1).await.remove(0);
    assert!(reply.text.contains("https://acme.example/plan"), "{}", reply.text);
    office.settle(&running).await;
    let reply = office.world().replies(&office.general, &root).remove(0);
    assert!(reply.attachments.is_none(), "the link got a preview");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_reply_comes_in_posts_that_slack_takes() {
    // A reply of its own is never that long; what its owner makes of a draft may be.
    let office = Office::new().await;
    let store = || async { understudy::store::Store::open(&office.site.data()).await.unwrap() };
    std::fs::create_dir(office.site.data()).unwrap();
    let bob = understudy::domain::PersonId::new("bob").unwrap();
    store().await.set_draft_mode(&bob, understudy::domain::Channel::Slack, true).await.unwrap();
    let mut running = office.start();
    office.world().wait_for_sockets(&office.bob.app, 2, PATIENCE).await;
    let root = office.mention(&office.bob, "tell me everything");
    office.wait_for_state(&root, "done").await;
    running.kill();
    let draft = store().await.drafts(&bob, 1).await.unwrap().remove(0);
    let long = "word ".repeat(1500);
    store().await.approve_draft(draft.id, Some(long), "bob", understudy::store::now()).await.unwrap();
    let running = office.start();
    let posts = office.replies(&root, 3).await;
    office.settle(&running).await;
    assert_eq!(office.world().replies(&office.general, &root).len(), 3);
    assert!(posts.iter().all(|post| post.text.chars().count() <= 3500));
    let words: usize = posts.iter().map(|post| post.text.matches("word").count()).sum();
    assert_eq!(words, 1500);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_waits_as_long_as_slack_wants() {
    let (office, running) = Office::open().await;
    office.world().fail("chat.postMessage", Fault::RateLimited { retry_after_s: 2 });
    let began = std::time::Instant::now();
    let root = office.mention(&office.bob, "one");
    office.replies(&root, 1).await;
    assert!(began.elapsed() >= Duration::from_secs(2));
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unclear_post_is_looked_for_before_it_is_repeated() {
    let (office, running) = Office::open().await;
    for (n, fault) in [Fault::CutAfterDoing, Fault::ServerErrorAfterDoing, Fault::NotJson, Fault::ServerError]
        .into_iter()
        .enumerate()
    {
        office.world().fail("chat.postMessage", fault.clone());
        let root = office.mention(&office.bob, &format!("number {n}"));
        office.replies(&root, 1).await;
        office.settle(&running).await;
        assert_eq!(office.world().replies(&office.general, &root).len(), 1, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_it_was_removed_from_parks_the_reply_where_people_see_it() {
    let (office, running) = Office::open().await;
    let world = office.world();
    world.fail("chat.postMessage", Fault::Refused("not_in_channel".to_owned()));
    office.mention(&office.bob, "one");
    let posted = |world: &fake_slack::World| (world.calls("chat.postMessage") > 0).then_some(());
    world.wait_for(PATIENCE, posted).await.unwrap();
    office.settle(&running).await;
    let counts = running.connect().unwrap().call(&json!("inbox_list")).unwrap();
    assert_eq!(counts["counts"]["done"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_of_a_channel_is_kept() {
    let (office, running) = Office::open().await;
    office.world().tune(|settings| settings.rates = fake_slack::Rates { tiers: 1e9, ..Default::default() });
    let asked: Vec<_> = (0..9).map(|n| office.mention(&office.bob, &format!("question {n}"))).collect();
    for root in &asked {
        office.replies(root, 1).await;
    }
    // The journal knows a violation for whoever posts too fast.
    office.settle(&running).await;
}
