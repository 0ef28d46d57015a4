//! Changes of mind: Stop, taking a question back, going on before the answer is there.

use std::time::Duration;

use fake_slack::{Fault, World};

use super::office::{Office, PATIENCE};

/// Longer than a slow turn takes.
const A_TURN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_the_turn_and_nothing_is_posted() {
    let (office, running) = Office::open().await;
    let (world, general) = (office.world(), &office.general);
    let root = office.mention(&office.bob, "slowly, what is there?");
    office.wait_for_state(&root, "running").await;
    let session = |world: &World| world.session(general, Some(&root)).map(|session| session.status);
    let processing = |world: &World| (session(world).as_deref() == Some("processing")).then_some(());
    world.wait_for(PATIENCE, processing).await.expect("there is a Stop button");
    world.stops(&office.alice, &office.bob, general, Some(&root));
    let active = |world: &World| (session(world).as_deref() == Some("active")).then_some(());
    world.wait_for(PATIENCE, active).await.expect("the session is over");
    office.wait_for_state(&root, "cancelled").await;
    tokio::time::sleep(A_TURN).await;
    assert!(world.replies(general, &root).is_empty());
    assert_eq!(world.status(general, &root), None);

    // The thread goes on.
    world.user_says_in_thread(&office.alice, general, &root, &format!("{} and now?", office.bob.mention()));
    assert_eq!(office.replies(&root, 1).await[0].text, "You wrote: and now?");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_deleted_while_its_turn_runs_is_not_answered() {
    let (office, running) = Office::open().await;
    let (world, general) = (office.world(), &office.general);
    let root = office.mention(&office.bob, "slowly, what is there?");
    office.wait_for_state(&root, "running").await;
    world.deletes(general, &root);
    office.wait_for_state(&root, "cancelled").await;
    tokio::time::sleep(A_TURN).await;
    assert!(world.replies(general, &root).is_empty());
    assert_eq!(world.status(general, &root), None);
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_follow_ups_of_one_sender_are_answered_together() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.direct(&office.alice, &office.bob);
    let first = world.user_says(&office.alice, &room, "slowly, when is the fair?");
    office.wait_for_state(&first, "running").await;
    let second = world.user_says(&office.alice, &room, "the one in May");
    office.wait_for_state(&second, "merged").await;
    let reply = world.wait_for_replies(&room, &first, 1, PATIENCE).await.remove(0);
    assert_eq!(reply.text, "You wrote: slowly, when is the fair?\nthe one in May");
    office.settle(&running).await;
    assert!(world.replies(&room, &second).is_empty());

    // In a thread of a channel, too; somebody else's words are a question of their own.
    world.fail_times("users.info", 0, 2, Fault::Slow(Duration::from_secs(2)));
    let root = office.mention(&office.bob, "slowly, one");
    office.wait_for_state(&root, "running").await;
    world.user_says_in_thread(&office.alice, &office.general, &root, "and two");
    world.user_says_in_thread(&office.carol, &office.general, &root, "and three");
    let replies = office.replies(&root, 2).await;
    office.settle(&running).await;
    assert_eq!(replies[0].text, "You wrote: slowly, one\nand two");
    assert_eq!(replies[1].text, "You wrote: and three");
    assert_eq!(world.replies(&office.general, &root).len(), 2);
}
