//! `/understudy`: answered at once, for the asker only, and changing nothing for whoever may not.

use std::time::Duration;

use fake_slack::{Fault, UserId};

use super::deciding::Board;

/// Somebody types a command to Bob's app in the general channel and reads the answer, the `count`-th one they get.
async fn says(board: &Board, user: &UserId, text: &str, count: usize) -> String {
    board.world().commands(user, &board.office.bob, &board.office.general, "/understudy", text);
    board.whispered(user, count).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r40_the_command_is_answered_at_once_to_the_asker_only() {
    let (board, running) = Board::open().await;
    let (carol, alice) = (&board.office.carol, &board.office.alice);
    let told = says(&board, alice, "", 1).await;
    assert!(told.contains("/understudy approvals") && told.contains("pause"), "{told}");
    let told = says(&board, alice, "dance", 2).await;
    assert!(told.starts_with("I don't know that command"), "{told}");
    let told = says(&board, alice, "status", 3).await;
    assert_eq!(told, "Bob's understudy answers.\nEve's understudy answers.");
    let told = says(&board, alice, "tools bob", 4).await;
    assert!(told.contains("`notes.remember`, after somebody said yes"), "{told}");
    let told = says(&board, alice, "tools eve", 5).await;
    assert!(told.contains("answers and does nothing else"), "{told}");
    board.asks("The red kettle is Zora's.").await;
    let told = says(&board, alice, "approvals bob", 6).await;
    assert!(told.contains("its owner and admins decide, not you") && !told.contains("request"), "{told}");
    let told = says(&board, carol, "approvals bob", 1).await;
    assert!(told.contains("request 1: `notes.remember`, asked by alice@acme.example"), "{told}");
    assert!(!told.contains("red kettle"), "a channel is no place for arguments: {told}");
    let told = says(&board, alice, "status nobody", 7).await;
    assert!(told.contains("There is no nobody here, so nothing was done. There is: bob, eve"), "{told}");
    board.office.settle(&running).await;
    assert!(board.world().ack_latencies_ms().iter().all(|ms| *ms < 3_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_in_charge_pause_it_and_messages_wait_meanwhile() {
    let (board, running) = Board::open().await;
    let (carol, alice, general) = (&board.office.carol, &board.office.alice, &board.office.general);
    let told = says(&board, alice, "pause bob", 1).await;
    assert!(told.contains("Only its owner or an admin can stop Bob's understudy"), "{told}");
    let told = says(&board, carol, "pause", 1).await;
    assert!(told.contains("Whose understudy?") && told.contains("bob, eve"), "{told}");
    let told = says(&board, carol, "pause eve", 2).await;
    assert!(told.contains("Only its owner or an admin can stop Eve's understudy"), "{told}");
    let told = says(&board, carol, "pause @bob-bot", 3).await;
    assert!(told.contains("Bob's understudy is paused everywhere"), "{told}");
    let asked = board.office.mention(&board.office.bob, "are you there?");
    board.office.wait_for_state(&asked, "ready").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(board.world().replies(general, &asked).is_empty());
    let told = says(&board, alice, "status bob", 2).await;
    assert_eq!(told, "Bob's understudy is paused everywhere.");
    assert_eq!(says(&board, carol, "resume bob", 4).await, "Bob's understudy answers.");
    assert_eq!(board.office.replies(&asked, 1).await[0].text, "You wrote: are you there?");
    let told = says(&board, carol, "pause bob here", 5).await;
    assert!(told.contains("silent in this channel"), "{told}");
    let silent = board.office.mention(&board.office.bob, "and now?");
    assert!(board.office.replies(&silent, 1).await[0].text.contains("paused me here"));
    assert_eq!(says(&board, carol, "resume bob here", 6).await, "Bob's understudy answers.");
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_late_follows_the_acknowledgement() {
    let (board, running) = Board::open().await;
    board.world().fail_times("users.info", 0, 1, Fault::Slow(Duration::from_secs(4)));
    let told = says(&board, &board.office.carol, "approvals bob", 1).await;
    assert_eq!(told, "One moment…");
    let told = board.whispered(&board.office.carol, 2).await;
    assert!(told.contains("Nothing waits for a yes"), "{told}");
    board.office.settle(&running).await;
    assert!(board.world().ack_latencies_ms().iter().all(|ms| *ms < 3_000));
}
