//! The home tab: what it may do for whom, an admin's switches, and that other places show the same.

use fake_slack::{Kind, UserId, World};
use serde_json::{Value, json};

use super::{deciding::Board, office::PATIENCE};
use crate::support::Browser;

const TOOL: &str = "tool:remind.set";
const MEMBERS: &str = "home.grant.member";

/// Waits until somebody's home tab satisfies `is_right`, and returns it.
async fn home(board: &Board, user: &UserId, is_right: impl Fn(&str) -> bool) -> String {
    let app = &board.office.bob.app;
    let found =
        |world: &World| world.app_home(app, user).map(|view| view.to_string()).filter(|view| is_right(view));
    board
        .world()
        .wait_for(PATIENCE, found)
        .await
        .unwrap_or_else(|| panic!("{:?}", board.world().app_home(app, user)))
}

/// What the switch of a tool for colleagues says.
fn says(view: &str, tool: &str) -> String {
    let view: Value = serde_json::from_str(view).unwrap();
    let blocks = view["blocks"].as_array().unwrap();
    let block = blocks.iter().find(|block| block["block_id"] == tool).unwrap();
    let menu =
        block["elements"].as_array().unwrap().iter().find(|menu| menu["action_id"] == MEMBERS).unwrap();
    menu["initial_option"]["value"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_an_admin_switches_tools_in_the_home_tab_and_others_read() {
    let (board, running) = Board::open().await;
    let (world, carol, alice, bot) =
        (board.world(), &board.office.carol, &board.office.alice, &board.office.bob);
    for user in [carol, alice, &board.bob] {
        world.opens_home(user, bot, "home");
    }
    let view = home(&board, carol, |view| view.contains(TOOL)).await;
    assert_eq!(says(&view, TOOL), "off");
    assert!(world.uses_home(carol, bot, TOOL, MEMBERS, "ask"));
    home(&board, carol, |view| says(view, TOOL) == "ask").await;
    let (told, _) = board.office.says(&["tools", "list", "-p", "bob"]);
    assert!(told.contains("remind.set"), "{told}");
    // Alice's tab says so within moments, and has no switch.
    let read = home(&board, alice, |view| view.contains("remind.set")).await;
    assert!(read.contains("somebody has to say yes first") && !read.contains("home.grant"), "{read}");
    // Switched at the command line, it shows in Slack.
    board.office.says(&["tools", "deny", "bob", "remind.set"]);
    home(&board, carol, |view| says(view, TOOL) == "off").await;
    home(&board, alice, |view| !view.contains("remind.set")).await;
    // Bob owns the understudy and is no admin; a client of his may send what it likes.
    let his = home(&board, &board.bob, |view| view.contains("Waits for a yes")).await;
    assert!(!his.contains("home.grant"), "{his}");
    for user in [&board.bob, alice] {
        world.forges_home(user, bot, TOOL, MEMBERS, "allow");
        home(&board, user, |view| view.contains("Only an admin can switch this")).await;
    }
    // Carol becomes a guest: the switch that she still sees does nothing.
    world.becomes(carol, Kind::Guest);
    world.forges_home(carol, bot, TOOL, MEMBERS, "allow");
    home(&board, carol, |view| {
        view.contains("Only an admin can switch this") && !view.contains("home.grant.")
    })
    .await;
    let (told, _) = board.office.says(&["tools", "list", "-p", "bob"]);
    assert!(!told.contains("allow"), "{told}");
    board.office.settle(&running).await;
    drop(running);
    assert!(board.office.says(&["audit", "verify"]).1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_home_tab_shows_what_waits_and_stops_the_understudy() {
    let (board, running) = Board::open().await;
    let (world, bot) = (board.world(), &board.office.bob);
    world.opens_home(&board.bob, bot, "home");
    home(&board, &board.bob, |view| view.contains("It answers now.") && view.contains("Nothing.")).await;
    board.asks("The red kettle is Zora's.").await;
    let view = home(&board, &board.bob, |view| view.contains("notes.remember")).await;
    assert!(!view.contains("red kettle"), "arguments stand on the card: {view}");
    assert!(world.uses_home(&board.bob, bot, "pausing", "home.pause", "all"));
    home(&board, &board.bob, |view| view.contains("paused it everywhere")).await;
    let asked = board.office.mention(bot, "are you there?");
    board.office.wait_for_state(&asked, "ready").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(world.replies(&board.office.general, &asked).is_empty(), "it is paused");
    assert!(world.uses_home(&board.bob, bot, "pausing", "home.resume", "all"));
    assert_eq!(board.office.replies(&asked, 1).await[0].text, "You wrote: are you there?");
    let card = board.card(&board.bob, "red kettle").await;
    board.click(&board.bob, &board.bob, &card, "card.decline");
    home(&board, &board.bob, |view| view.contains("Nothing.") && view.contains("It answers now.")).await;
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_what_was_decided_and_switched_in_slack_is_in_the_audit_with_who_did_it() {
    let board = Board::new().await;
    let (running, link) = board.office.site.greeted(&mut board.office.command());
    board.connected().await;
    let (world, carol, bot) = (board.world(), &board.office.carol, &board.office.bob);
    world.opens_home(carol, bot, "home");
    let block = "tool:notes.remember";
    home(&board, carol, |view| view.contains(block)).await;
    for choice in ["allow", "ask"] {
        assert!(world.uses_home(carol, bot, block, MEMBERS, choice));
        home(&board, carol, |view| says(view, block) == choice).await;
    }
    board.asks("The red kettle is Zora's.").await;
    let card = board.card(carol, "red kettle").await;
    board.click(carol, carol, &card, "card.approve");
    board.card(carol, "it was done").await;
    assert!(Browser::sign_in(&link, "bob").page("/admin/approvals").contains("Nothing waits for a yes."));
    board.office.settle(&running).await;
    drop(running);
    let rows = board.office.audit().await;
    for action in ["tool.allow", "tool.ask", "action.approved"] {
        let by = rows.iter().find(|(what, _)| what == action).map(|(_, by)| by.as_str());
        assert_eq!(by, Some("carol@acme.example"), "{action}: {rows:?}");
    }
    assert_eq!(json!(rows.iter().filter(|(what, _)| what == "action.approved").count()), json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_turned_in_slack_shows_in_the_browser_and_the_other_way_round() {
    let board = Board::new().await;
    let (running, link) = board.office.site.greeted(&mut board.office.command());
    board.connected().await;
    let (world, carol, bot) = (board.world(), &board.office.carol, &board.office.bob);
    let bob = Browser::sign_in(&link, "bob");
    world.opens_home(carol, bot, "home");
    home(&board, carol, |view| view.contains(TOOL)).await;
    assert!(world.uses_home(carol, bot, TOOL, MEMBERS, "ask"));
    home(&board, carol, |view| says(view, TOOL) == "ask").await;
    let page = bob.page("/admin/tools?q=remind.set");
    let cell = page.split_once("id=\"cell-bob-remind.set-member\"").expect("the cell");
    assert!(cell.1.contains("when a colleague asks: asks."), "{}", cell.1);
    let form = cell.0.rsplit_once("<form").unwrap().1;
    let seen = form.split_once("name=\"seen\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let turned =
        [("person", "bob"), ("tool", "remind.set"), ("class", "member"), ("to", "off"), ("seen", seen)];
    assert_eq!(bob.post("/admin/tools", &turned).0, 303);
    home(&board, carol, |view| says(view, TOOL) == "off").await;
    // A page that is older than that changes nothing.
    assert_eq!(bob.post("/admin/tools", &turned).0, 409);
    board.office.settle(&running).await;
}
