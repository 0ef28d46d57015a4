//! What breaks: sockets, the process, tokens; and storms.

use std::time::Duration;

use fake_slack::{Disconnect, Fault, Room};

use super::office::{Office, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_with_repeats_disorder_and_broken_sockets_is_answered_once_each() {
    let (office, running) = Office::open().await;
    let world = office.world();
    world.tune(|settings| {
        settings.duplicate_percent = 30;
        settings.reorder_within = Duration::from_millis(300);
    });
    let rooms: Vec<_> = (0..50)
        .map(|n| world.channel(&format!("room{n}"), Room::Public, &[&office.alice, &office.bob.user]))
        .collect();
    let mut asked = Vec::new();
    for n in 0..150 {
        let room = &rooms[n % rooms.len()];
        let root = world.user_says(&office.alice, room, &format!("{} question {n}", office.bob.mention()));
        asked.push((room.clone(), root, n));
        match n {
            40 => world.drop_sockets(&office.bob.app),
            90 => world.disconnect(&office.bob.app, Disconnect::Warning),
            120 => world.disconnect(&office.bob.app, Disconnect::RefreshRequested),
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (room, root, n) in &asked {
        let replies = world.wait_for_replies(room, root, 1, Duration::from_secs(120)).await;
        assert_eq!(replies[0].text, format!("You wrote: question {n}"));
    }
    office.settle(&running).await;
    for (room, root, n) in &asked {
        assert_eq!(world.replies(room, root).len(), 1, "question {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_while_it_was_dead_is_answered_and_nothing_twice() {
    let (office, mut running) = Office::open().await;
    let world = office.world();
    let mut asked = Vec::new();
    for n in 0..6 {
        // One of them has posted when it dies, and does not know it.
        world.fail("chat.postMessage", Fault::CutAfterDoing);
        asked.push(office.mention(&office.bob, &format!("question {n}")));
        tokio::time::sleep(Duration::from_millis(40 * n)).await;
        running.kill();
        running = office.start();
    }
    world.wait_for_sockets(&office.bob.app, 2, PATIENCE).await;
    for (n, root) in asked.iter().enumerate() {
        let replies = world.wait_for_replies(&office.general, root, 1, Duration::from_secs(90)).await;
        assert_eq!(replies[0].text, format!("You wrote: question {n}"));
    }
    office.settle(&running).await;
    assert!(asked.iter().all(|root| world.replies(&office.general, root).len() == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_sockets_are_noticed_and_replaced() {
    let (office, running) = Office::open().await;
    let world = office.world();
    world.freeze_sockets(&office.bob.app);
    let root = office.mention(&office.bob, "anybody there?");
    let replies = world.wait_for_replies(&office.general, &root, 1, Duration::from_secs(75)).await;
    assert_eq!(replies[0].text, "You wrote: anybody there?");
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_with_a_sentence_that_names_its_variable() {
    let office = Office::new().await;
    office.world().fail_times("auth.test", 0, 99, Fault::Refused("invalid_auth".to_owned()));
    let mut command = office.command();
    let child =
        command.arg("run").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
    let mut running = office.site.wait(child.unwrap());
    let refused = |world: &fake_slack::World| (world.calls("auth.test") >= 2).then_some(());
    office.world().wait_for(PATIENCE, refused).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(office.world().calls("auth.test") <= 4, "it does not try again and again");
    running.kill();
    let mut said = String::new();
    for stream in [
        running.child.stdout.take().map(|s| Box::new(s) as Box<dyn std::io::Read>),
        running.child.stderr.take().map(|s| Box::new(s) as _),
    ] {
        std::io::Read::read_to_string(&mut stream.unwrap(), &mut said).unwrap();
    }
    assert!(said.contains("refuses the token in BOB_SLACK_BOT_TOKEN (invalid_auth)"), "{said}");
    assert!(!said.contains("xoxb-fake"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_app_stops_and_the_other_goes_on() {
    let (office, running) = Office::open().await;
    let world = office.world();
    world.uninstalls(&office.bob.app);
    world.wait_for_sockets(&office.bob.app, 0, PATIENCE).await;
    let root = office.mention(&office.eve, "are you still there?");
    assert_eq!(office.replies(&root, 1).await[0].user, office.eve.user);
    let opened = world.calls("apps.connections.open");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.calls("apps.connections.open"), opened, "it does not try again");
    drop(running);
}
