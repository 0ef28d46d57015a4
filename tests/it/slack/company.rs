//! Other people, other programs and admins: who gets how much, who is told what, and who may say silence.

use std::time::Duration;

use fake_slack::{Bot, Fault, Room, Ts};
use serde_json::json;

use super::office::{Office, PATIENCE};

/// Another program posts at the root of a channel.
fn posts(office: &Office, bot: &Bot, text: &str) -> Ts {
    let mut answer = ureq::post(format!("{}/chat.postMessage", office.slack.api_url()))
        .header("Authorization", format!("Bearer {}", bot.bot_token))
        .header("Content-Type", "application/json")
        .send(json!({"channel": office.general.to_string(), "text": text}).to_string())
        .unwrap();
    let answer: serde_json::Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    answer["ts"].as_str().unwrap_or_else(|| panic!("{answer}")).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_gets_three_answers_and_then_silence() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let ci = world.app("ci-bot");
    world.invites(&office.alice, &ci.user, &office.general);
    world.open_floor(&office.general);
    let unasked = posts(&office, &ci, "the build is green");
    let mut asked = Vec::new();
    for n in 0..5 {
        asked.push(posts(&office, &ci, &format!("{} build {n}?", office.bob.mention())));
    }
    for root in &asked[..3] {
        office.replies(root, 1).await;
    }
    office.settle(&running).await;
    let answers: Vec<usize> = asked.iter().map(|root| world.replies(&office.general, root).len()).collect();
    assert_eq!(answers, [1, 1, 1, 0, 0]);
    assert!(world.replies(&office.general, &unasked).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_much_is_told_so_once() {
    let office = Office::new().await;
    office.tune_bob("user_per_minute = 100000", "user_per_minute = 2");
    let running = office.start();
    office.world().wait_for_sockets(&office.bob.app, 2, PATIENCE).await;
    let ask = |n: usize| office.mention(&office.bob, &format!("question {n}"));
    let mut asked: Vec<Ts> = Vec::new();
    // One after the other: two posts at once may come by two sockets, in any order.
    for n in 0..3 {
        asked.push(ask(n));
        office.replies(&asked[n], 1).await;
    }
    asked.extend((3..5).map(ask));
    office.settle(&running).await;
    let told = |root: &Ts| office.world().replies(&office.general, root).into_iter().map(|reply| reply.text);
    let told: Vec<String> = asked.iter().flat_map(told).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told.iter().filter(|text| text.starts_with("That is more than I can answer")).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_introduces_itself_once_and_answers_whoever_replies_to_that() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.channel("new", Room::Public, &[&office.alice, &office.carol]);
    world.invites(&office.alice, &office.bob.user, &room);
    let own = |world: &fake_slack::World| {
        let posts = world.messages(&room);
        let own: Vec<_> = posts.into_iter().filter(|post| post.app.is_some()).collect();
        (!own.is_empty()).then_some(own)
    };
    let hello = world.wait_for(PATIENCE, own).await.expect("it says hello").remove(0);
    assert!(hello.text.contains("stands in for Bob") && hello.thread.is_none(), "{}", hello.text);
    world.removes(&office.bob.user, &room);
    world.invites(&office.alice, &office.bob.user, &room);
    office.settle(&running).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(own(world).unwrap().len(), 1, "it says hello once");

    world.user_says_in_thread(&office.carol, &room, &hello.ts, "what do you know?");
    let replies = world.wait_for_replies(&room, &hello.ts, 1, PATIENCE).await;
    assert_eq!(replies[0].text, "You wrote: what do you know?");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_open_where_it_was_removed() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let root = office.mention(&office.bob, "slowly, one");
    office.wait_for_state(&root, "running").await;
    world.removes(&office.bob.user, &office.general);
    office.wait_for_state(&root, "cancelled").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(world.replies(&office.general, &root).is_empty());
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_asker_may_read_is_told_to_them_alone() {
    let office = Office::new().await;
    office.note(&["alice@acme.example"]);
    let running = office.start_with_note().await;
    let world = office.world();
    let ask = |user| {
        let words = format!("{} when is the fair?", office.bob.mention());
        world.user_says(user, &office.general, &words)
    };
    let alone = world.direct(&office.alice, &office.bob);
    let direct = |world: &fake_slack::World| {
        let posts = world.messages(&alone);
        let own: Vec<_> = posts.into_iter().filter(|post| post.app.is_some()).collect();
        (!own.is_empty()).then_some(own)
    };
    // Neither end of the two posts is told, so both are looked for before anything is repeated.
    world.fail_times("chat.postMessage", 0, 2, Fault::CutAfterDoing);
    let root = ask(&office.alice);
    let note = office.replies(&root, 1).await.remove(0).text;
    assert!(note.starts_with("Not everybody here may read"), "{note}");
    let told = world.wait_for(PATIENCE, direct).await.expect("a direct message").remove(0).text;
    assert!(told.ends_with("\n\nSources: [1] Fair"), "{told}");
    office.settle(&running).await;
    assert_eq!(world.replies(&office.general, &root).len(), 1);
    assert_eq!(direct(world).unwrap().len(), 1);

    // Carol may not read it, so she is told nothing, neither here nor there.
    let root = ask(&office.carol);
    assert_eq!(office.replies(&root, 1).await[0].text, "You wrote: when is the fair?");
    office.settle(&running).await;
    let carols = world.messages(&world.direct(&office.carol, &office.bob));
    assert!(carols.is_empty(), "{carols:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_can_silence_it_in_a_channel_and_everywhere() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.channel("other", Room::Public, &[&office.alice, &office.bob.user]);
    let general = office.general.to_string();
    let (told, fine) = office.says(&["slack", "pause", "-p", "bob", "--channel", &general]);
    assert!(fine && told.contains(&format!("is silent in {general}")), "{told}");
    let root = office.mention(&office.bob, "are you there?");
    let reply = office.replies(&root, 1).await.remove(0).text;
    assert!(reply.starts_with("An admin has paused me here"), "{reply}");
    let again = office.mention(&office.bob, "really?");
    let elsewhere = world.user_says(&office.alice, &room, &format!("{} hello", office.bob.mention()));
    assert_eq!(world.wait_for_replies(&room, &elsewhere, 1, PATIENCE).await[0].text, "You wrote: hello");
    office.settle(&running).await;
    assert!(world.replies(&office.general, &again).is_empty(), "it says so once");

    let (told, fine) = office.says(&["slack", "pause", "-p", "bob"]);
    assert!(fine && told.contains("everywhere in Slack"), "{told}");
    let room = world.direct(&office.carol, &office.bob);
    let root = world.user_says(&office.carol, &room, "and here?");
    let reply = world.wait_for_replies(&room, &root, 1, PATIENCE).await.remove(0).text;
    assert!(reply.starts_with("An admin has paused me here"), "{reply}");

    for channel in [&["--channel", general.as_str()][..], &[]] {
        let (told, fine) = office.says(&[&["slack", "resume", "-p", "bob"], channel].concat());
        assert!(fine && told.contains("speaks again"), "{told}");
    }
    let root = office.mention(&office.bob, "and now?");
    assert_eq!(office.replies(&root, 1).await[0].text, "You wrote: and now?");
    office.settle(&running).await;

    for (words, wanted) in [
        (&["slack", "resume", "-p", "bob"][..], "it is paused nowhere"),
        (&["slack", "pause", "-p", "bob", "--channel", "general"], "is not the id of a channel"),
        (&["slack", "pause", "-p", "nobody"], "choose one of: bob, eve"),
    ] {
        let (told, fine) = office.says(words);
        assert!(!fine && told.contains(wanted), "{told}");
    }
}
