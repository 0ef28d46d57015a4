//! Tools of Slack: a channel is read to those who are in it, and a post stands there once.

use fake_slack::{Fault, Room};
use serde_json::json;

use super::{
    deciding::Board,
    office::{Office, PATIENCE},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_read_to_nobody_who_is_not_in_it() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let (told, done) = office.says(&["tools", "allow", "bob", "slack.read", "--for", "member"]);
    assert!(done, "{told}");
    let board = world.channel("board", Room::Private, &[&office.carol, &office.bob.user]);
    world.user_says(&office.carol, &board, "the offer of Zora is 4,000 & ends <!here>");
    let read = |channel: &str| format!("use slack.read {}", json!({"channel": channel}));
    // Nobody learns whether there is one: by its name, by its id, and one that is not there.
    for channel in ["#board", "cellar", board.to_string().as_str()] {
        let asked = office.mention(&office.bob, &read(channel));
        let told = office.replies(&asked, 1).await.remove(0).text;
        let same = format!("either I'm in no channel \"{channel}\", or not everybody here is in it");
        assert!(told.contains(&same), "{told}");
    }
    // In the channel itself, where everybody knows it.
    let asked =
        world.user_says(&office.carol, &board, &format!("{} {}", office.bob.mention(), read("board")));
    let told = world.wait_for_replies(&board, &asked, 1, PATIENCE).await.remove(0).text;
    assert!(told.contains("The last posts of #board"), "{told}");
    office.settle(&running).await;
    let ask = json!({"ask": {"person": "bob", "from": "carol@acme.example", "thread": null, "key": null, "text": read("board")}});
    let found = running.connect().unwrap().call(&ask).unwrap();
    let passage = &found["passages"][0]["text"];
    assert!(
        passage
            .as_str()
            .unwrap()
            .contains("carol: the offer of Zora is 4,000 & ends @here\ncarol: @bob-bot use"),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_waits_for_a_yes_and_stands_once_whatever_slack_does() {
    let board = Board::new().await;
    let world = board.world();
    let running = board.office.start();
    board.connected().await;
    let news = world.channel("news", Room::Public, &[&board.office.carol, &board.office.bob.user]);
    // Where the fake lets it begin threads.
    world.open_floor(&news);
    let (told, done) = board.office.says(&["tools", "allow", "bob", "slack.post", "--for", "member"]);
    assert!(done, "{told}");
    let call = json!({"channel": "news", "text": "The fair is open, <!channel>."});
    let asked = board.office.mention(&board.office.bob, &format!("use slack.post {call}"));
    let told = board.office.replies(&asked, 1).await.remove(0).text;
    assert!(told.contains("needs a yes"), "{told}");
    let card = board.card(&board.bob, "slack.post").await;
    // Slack takes the post and does not say so.
    world.fail_times("chat.postMessage", 0, 1, Fault::CutAfterDoing);
    board.click(&board.bob, &board.bob, &card, "card.approve");
    let told = board.office.replies(&asked, 2).await.remove(1).text;
    assert!(told.contains("I've posted it in #news"), "{told}");
    board.office.settle(&running).await;
    let own: Vec<String> = world
        .messages(&news)
        .into_iter()
        .filter(|post| post.app.is_some() && post.text.contains("fair"))
        .map(|post| post.text)
        .collect();
    assert_eq!(own, ["The fair is open, @\u{2060}channel."], "nobody is called");
    // Where an admin has silenced it, no yes makes it speak.
    let (told, done) = board.office.says(&["slack", "pause", "-p", "bob", "-c", &news.to_string()]);
    assert!(done, "{told}");
    let call = json!({"channel": "news", "text": "The fair is over."});
    let asked = board.office.mention(&board.office.bob, &format!("use slack.post {call}"));
    board.office.replies(&asked, 1).await;
    let card = board.card(&board.bob, "The fair is over").await;
    board.click(&board.bob, &board.bob, &card, "card.approve");
    let told = board.office.replies(&asked, 2).await.remove(1).text;
    assert!(told.contains("has silenced me in #news"), "{told}");
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_is_dropped_when_somebody_answers() {
    let (office, running) = Office::open().await;
    let (told, done) = office.says(&["tools", "allow", "bob", "follow_up.set", "--for", "member"]);
    assert!(done, "{told}");
    let ask = |n: usize| {
        let call = json!({"text": format!("the numbers {n}"), "when": "in 1 minute"});
        office.mention(&office.bob, &format!("use follow_up.set {call}"))
    };
    let (answered, silent) = (ask(1), ask(2));
    for root in [&answered, &silent] {
        let told = office.replies(root, 1).await.remove(0).text;
        assert!(told.contains("unless somebody writes here before"), "{told}");
    }
    // Not to the bot, which says nothing to it.
    let words = format!("<@{}> here they are", office.alice);
    office.world().user_says_in_thread(&office.carol, &office.general, &answered, &words);
    office.settle(&running).await;
    office.make_reminders_due().await;
    let told = office.replies(&silent, 2).await.remove(1).text;
    assert!(told.contains("follow up on this: the numbers 2"), "{told}");
    office.settle(&running).await;
    assert_eq!(office.world().replies(&office.general, &answered).len(), 1, "it said nothing more");
}
