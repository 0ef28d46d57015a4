//! What an answer should have been, said in Slack and seen in the browser, and the other way round.

use std::time::{Duration, Instant};

use fake_slack::{Kind, World};
use serde_json::Value;

use super::{deciding::Board, office::PATIENCE};
use crate::support::Browser;

const SHORTCUT: &str = "answer.correct";
const ANSWER: &str = "answer.text";

/// Waits until a page of the console holds these words.
fn page(browser: &Browser, path: &str, words: &str) -> String {
    let began = Instant::now();
    loop {
        let page = browser.page(path);
        if page.contains(words) {
            return page;
        }
        assert!(began.elapsed() < PATIENCE, "no {words:?}: {page}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_made_in_slack_shows_in_the_browser_and_the_other_way_round() {
    let board = Board::new().await;
    let pace = "channel_per_minute = 100000\n";
    board.office.tune_bob(pace, &format!("{pace}[notes]\nreaders = [\"everyone\"]\n"));
    let (running, link) = board.office.site.greeted(&mut board.office.command());
    board.connected().await;
    let (world, bot, app) = (board.world(), &board.office.bob, &board.office.bob.app);
    let (alice, carol, room) = (&board.office.alice, &board.office.carol, &board.office.general);
    let asked = board.office.mention(bot, "when is the fair?");
    let answer = board.office.replies(&asked, 1).await.remove(0);

    // Alice only asks, and her own message is no answer.
    world.points_at(alice, bot, room, &answer.ts, SHORTCUT);
    assert!(board.whispered(alice, 1).await.contains("Only the owner of this understudy or an admin"));
    world.points_at(carol, bot, room, &asked, SHORTCUT);
    assert!(board.whispered(carol, 1).await.contains("can't find this among my answers"));

    world.points_at(carol, bot, room, &answer.ts, SHORTCUT);
    let modal = world.wait_for(PATIENCE, |world| world.modal(app, carol)).await.expect("a form");
    let view = modal.view.to_string();
    assert!(view.contains("You wrote") && view.contains("No consent to learning covers today"), "{view}");
    // What it said already is no correction, and the form stays and says so.
    assert!(world.submits(carol, bot, &[]));
    let refused = |world: &World| Some(world.modal(app, carol)?.errors).filter(Value::is_object);
    let told = world.wait_for(PATIENCE, refused).await.expect("an error");
    assert!(told.to_string().contains("what it said already"), "{told}");
    assert!(world.submits(carol, bot, &[(ANSWER, "On Friday.")]));
    assert!(board.whispered(carol, 2).await.contains("your words are not"));
    let bob = Browser::sign_in(&link, "bob");
    page(&bob, "/admin/answers/bob", "carol@acme.example");

    // Bob finds it good in the browser; the form in Slack says so.
    let path = page(&bob, "/admin/answers/bob", "Good answer");
    let action = path.split_once("action=\"/admin/answers/bob/").unwrap().1.split_once('"').unwrap().0;
    let action = action.replace("&amp;", "&");
    assert_eq!(bob.post(&format!("/admin/answers/bob/{action}"), &[("verdict", "good")]).0, 303);
    world.points_at(carol, bot, room, &answer.ts, SHORTCUT);
    let good = |world: &World| world.modal(app, carol).filter(|m| m.view.to_string().contains("good answer"));
    let modal = world.wait_for(PATIENCE, good).await.expect("a form").view.to_string();
    assert!(modal.contains("So far: a good answer, says bob."), "{modal}");

    // What he rules is what is answered from, for those he says.
    let rule = [("verdict", "corrected"), ("text", "The fair is on Friday."), ("readers", "notes")];
    assert_eq!(bob.post(&format!("/admin/answers/bob/{action}"), &rule).0, 303);
    assert!(board.remembered(&running, "When is the fair?"));

    // Carol becomes a guest while the form is open.
    world.becomes(carol, Kind::Guest);
    assert!(world.submits(carol, bot, &[(ANSWER, "On Sunday.")]));
    let told = world.wait_for(PATIENCE, refused).await.expect("an error");
    assert!(told.to_string().contains("Only the owner"), "{told}");
    board.office.settle(&running).await;
    drop(running);
    assert!(board.office.says(&["audit", "verify"]).1);
}
