//! Approval cards: who gets one, what a click may do, and that every card says how it ended.

use fake_slack::{Fault, Kind, Message, UserId, World};
use serde_json::{Value, json};

use super::office::{Office, PATIENCE};
use crate::support::{Browser, Running};

/// An office in which Bob and Carol decide and Alice asks.
pub struct Board {
    pub office: Office,
    pub bob: UserId,
}

impl Board {
    pub async fn new() -> Self {
        let office = Office::new().await;
        let names =
            "owner = \"bob\"\nowner_also = [\"bob@acme.example\"]\nadmins = [\"carol@acme.example\"]\n";
        office.tune_bob("owner = \"bob\"\n", names);
        let bob = office.world().user("Bob", Kind::Member);
        Self { office, bob }
    }

    /// Starts the program with a tool that asks first.
    pub async fn open() -> (Self, Running) {
        let board = Self::new().await;
        let running = board.office.start();
        board.connected().await;
        let allow = ["tools", "allow", "bob", "notes.remember", "--for", "member", "--ask"];
        let (told, done) = board.office.says(&allow);
        assert!(done, "{told}");
        (board, running)
    }

    pub async fn connected(&self) {
        for bot in [&self.office.bob, &self.office.eve] {
            self.world().wait_for_sockets(&bot.app, 2, PATIENCE).await;
        }
    }

    pub fn world(&self) -> &World {
        self.office.world()
    }

    /// Alice asks Bob's understudy, in a channel, to remember something.
    pub async fn asks(&self, what: &str) {
        let words = format!("use notes.remember {}", json!({"text": what}));
        let asked = self.office.mention(&self.office.bob, &words);
        let told = self.office.replies(&asked, 1).await;
        assert!(told[0].text.contains("or an admin"), "{}", told[0].text);
    }

    /// The newest card of somebody that holds these words.
    pub async fn card(&self, user: &UserId, words: &str) -> Message {
        let room = self.world().direct(user, &self.office.bob);
        let found =
            |world: &World| world.messages(&room).into_iter().rev().find(|post| shown(post).contains(words));
        self.world().wait_for(PATIENCE, found).await.unwrap_or_else(|| {
            panic!(
                "no card with {words:?}: {:?}",
                self.world().messages(&room).iter().map(shown).collect::<Vec<_>>()
            )
        })
    }

    pub fn click(&self, user: &UserId, card_of: &UserId, card: &Message, action: &str) {
        let room = self.world().direct(card_of, &self.office.bob);
        self.world().clicks(user, &self.office.bob, &room, &card.ts, action, &token(card));
    }

    /// The last sentence that only this person was shown, once there are `count` of them.
    pub async fn whispered(&self, user: &UserId, count: usize) -> String {
        let app = &self.office.bob.app;
        let all = |world: &World| -> Vec<String> {
            let mine = |one: &&Value| one["user"] == json!(user.to_string());
            let text = |one: &Value| one["message"]["text"].as_str().unwrap_or_default().to_owned();
            world.ephemerals(app).iter().filter(mine).map(text).collect()
        };
        let enough = |world: &World| Some(all(world)).filter(|told| told.len() >= count);
        self.world()
            .wait_for(PATIENCE, enough)
            .await
            .unwrap_or_else(|| panic!("{:?}", all(self.world())))
            .pop()
            .unwrap()
    }

    /// What was remembered, as Alice finds it.
    pub fn remembered(&self, running: &Running, words: &str) -> bool {
        let ask = json!({"ask": {"person": "bob", "from": "alice@acme.example", "thread": null, "key": null, "text": words}});
        let found = running.connect().unwrap().call(&ask).unwrap();
        !found["passages"].as_array().unwrap().is_empty()
    }
}

/// All of a post as one text.
pub fn shown(post: &Message) -> String {
    post.blocks.as_ref().map_or_else(|| post.text.clone(), Value::to_string)
}

fn token(card: &Message) -> String {
    let blocks = card.blocks.as_ref().unwrap().as_array().unwrap();
    let actions = blocks.iter().find(|block| block["type"] == "actions").expect("the card has buttons");
    actions["elements"][0]["value"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r34_a_card_goes_to_those_who_may_decide_and_is_done_once_after_a_yes() {
    let (board, running) = Board::open().await;
    let (world, alice, carol) = (board.world(), &board.office.alice, &board.office.carol);
    board.asks("The red kettle is Zora's.").await;
    let (his, hers) = (board.card(&board.bob, "red kettle").await, board.card(carol, "red kettle").await);
    for card in [&his, &hers] {
        let card = shown(card);
        assert!(
            card.contains("notes.remember") && card.contains("asked") && card.contains("card.approve"),
            "{card}"
        );
    }
    // Nobody else is shown the arguments, least of all the channel.
    assert!(world.messages(&world.direct(alice, &board.office.bob)).is_empty());
    assert_ne!(token(&his), token(&hers));
    board.click(carol, carol, &hers, "card.approve");
    for user in [carol, &board.bob] {
        let card = shown(&board.card(user, "it was done").await);
        assert!(card.contains("carol@acme.example said yes") && !card.contains("card.approve"), "{card}");
    }
    assert!(board.remembered(&running, "The red kettle is whose?"));
    // Clicking again, on either card, changes nothing and says why.
    for (user, card) in [(carol, &hers), (&board.bob, &his)] {
        board.click(user, user, card, "card.decline");
        let told = board.whispered(user, 1).await;
        assert!(
            told.contains("was decided before") && told.contains("carol@acme.example said yes"),
            "{told}"
        );
    }
    board.office.settle(&running).await;
    assert!(world.ack_latencies_ms().iter().all(|ms| *ms < 3_000));
    drop(running);
    assert!(board.office.says(&["audit", "verify"]).1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_a_click_of_the_wrong_person_or_place_changes_nothing() {
    let (board, running) = Board::open().await;
    let (world, alice, carol) = (board.world(), &board.office.alice, &board.office.carol);
    board.asks("The blue kettle is mine.").await;
    let card = board.card(carol, "blue kettle").await;
    // Alice, who asked and decides nothing; a client of hers may send whatever it likes.
    board.click(alice, carol, &card, "card.approve");
    let room = world.direct(carol, &board.office.bob);
    let click = |team: &str, value: &str, user: &UserId| {
        json!({"type": "block_actions", "user": {"id": user.to_string(), "team_id": team}, "team": {"id": team},
               "container": {"type": "message", "message_ts": card.ts.to_string(), "channel_id": room.to_string()},
               "actions": [{"action_id": "card.approve", "block_id": "card", "value": value}]})
    };
    let home = world.home().to_string();
    world.sends_interaction(&board.office.bob, click(&home, "guessed", carol));
    let told = board.whispered(carol, 1).await;
    assert!(told.contains("don't know this card"), "{told}");
    world.sends_interaction(&board.office.bob, click("T0ELSEWHERE", &token(&card), carol));
    let told = board.whispered(carol, 2).await;
    assert!(told.contains("another workspace"), "{told}");
    // Slack can't say who Carol is: she may be nobody by now.
    world.fail_times("users.info", 0, 1, Fault::Refused("internal_error".to_owned()));
    board.click(carol, carol, &card, "card.approve");
    let told = board.whispered(carol, 3).await;
    assert!(told.contains("can't ask Slack who you are"), "{told}");
    // She became a guest a moment ago.
    world.becomes(carol, Kind::Guest);
    board.click(carol, carol, &card, "card.approve");
    let told = board.whispered(carol, 4).await;
    assert!(told.contains("Only the owner of this understudy or an admin"), "{told}");
    assert!(!board.remembered(&running, "The blue kettle is whose?"));
    let his = board.card(&board.bob, "blue kettle").await;
    board.click(&board.bob, &board.bob, &his, "card.decline");
    let card = shown(&board.card(carol, "said no").await);
    assert!(card.contains("bob said no. Nothing was done."), "{card}");
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_of_two_clicks_at_once_one_counts_and_the_other_is_told() {
    let (board, running) = Board::open().await;
    let (carol, bob) = (&board.office.carol, &board.bob);
    board.asks("The brass kettle is Zora's.").await;
    let (his, hers) = (board.card(bob, "brass kettle").await, board.card(carol, "brass kettle").await);
    board.click(carol, carol, &hers, "card.approve");
    board.click(carol, carol, &hers, "card.approve");
    board.click(bob, bob, &his, "card.approve");
    board.card(bob, "it was done").await;
    board.card(carol, "it was done").await;
    let told = |world: &World| {
        let said = world.ephemerals(&board.office.bob.app);
        let late = said.iter().filter(|one| one.to_string().contains("was decided before")).count();
        (late >= 2).then_some(said.len())
    };
    assert_eq!(board.world().wait_for(PATIENCE, told).await, Some(2));
    board.office.settle(&running).await;
    drop(running);
    let rows = board.office.audit().await;
    for action in ["action.approved", "action.running", "action.done"] {
        assert_eq!(rows.iter().filter(|(what, _)| what == action).count(), 1, "{action}: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_an_expired_request_closes_its_cards_and_a_late_click_is_told() {
    let (board, running) = Board::open().await;
    board.asks("The glass kettle is Zora's.").await;
    let card = board.card(&board.bob, "glass kettle").await;
    board.office.let_requests_expire().await;
    let closed = shown(&board.card(&board.bob, "Nobody decided in time").await);
    assert!(!closed.contains("card.approve"), "{closed}");
    board.click(&board.bob, &board.bob, &card, "card.approve");
    let told = board.whispered(&board.bob, 1).await;
    assert!(told.contains("Nobody decided in time. Nothing was done."), "{told}");
    assert!(!board.remembered(&running, "The glass kettle is whose?"));
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_yes_to_what_they_asked_for_under_another_name() {
    let (board, running) = Board::open().await;
    let world = board.world();
    let room = world.direct(&board.bob, &board.office.bob);
    world.user_says(&board.bob, &room, "use notes.remember {\"text\":\"The green kettle is mine.\"}");
    // For Carol it is a request; Bob is its requester, whatever he is called in the console.
    let card = board.card(&board.office.carol, "green kettle").await;
    assert!(world.messages(&room).iter().all(|post| !shown(post).contains("card.approve")));
    board.click(&board.bob, &board.office.carol, &card, "card.approve");
    board.click(&board.office.carol, &board.office.carol, &card, "card.decline");
    let card = shown(&board.card(&board.office.carol, "said no").await);
    assert!(card.contains("carol@acme.example said no"), "{card}");
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r35_arguments_are_changed_in_a_form_and_checked_by_the_tool() {
    let (board, running) = Board::open().await;
    let (world, carol, app) = (board.world(), &board.office.carol, &board.office.bob.app);
    board.asks("The kettle is old.").await;
    let card = board.card(carol, "kettle is old").await;
    board.click(carol, carol, &card, "card.edit");
    let modal = world.wait_for(PATIENCE, |world| world.modal(app, carol)).await.unwrap();
    assert_eq!(modal.view["blocks"][0]["element"]["initial_value"], "The kettle is old.");
    assert!(!modal.view.to_string().contains(&*card.ts), "{}", modal.view);
    assert!(world.submits(carol, &board.office.bob, &[("argument.0", "")]));
    let refused = |world: &World| world.modal(app, carol).filter(|modal| !modal.errors.is_null());
    let refused = world.wait_for(PATIENCE, refused).await.unwrap();
    assert!(
        refused.errors["argument.0"].as_str().unwrap().starts_with("Nothing was done"),
        "{}",
        refused.errors
    );
    assert!(world.submits(carol, &board.office.bob, &[("argument.0", "The kettle is of copper.")]));
    let card = shown(&board.card(&board.bob, "it was done").await);
    assert!(card.contains("copper") && !card.contains("text: The kettle is old"), "{card}");
    assert!(board.remembered(&running, "The kettle is of what, copper?"));
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r37_a_decision_in_the_console_is_shown_on_every_card_and_the_other_way_round() {
    let board = Board::new().await;
    let (running, link) =
        board.office.site.greeted(board.office.command().stderr(std::process::Stdio::inherit()));
    board.connected().await;
    board.office.says(&["tools", "allow", "bob", "notes.remember", "--for", "member", "--ask"]);
    let bob = Browser::sign_in(&link, "bob");
    board.asks("The copper kettle is Zora's.").await;
    let card = board.card(&board.bob, "copper kettle").await;
    let page = bob.page("/admin/approvals");
    assert!(page.contains("The copper kettle is Zora"), "{page}");
    assert_eq!(bob.decide(&page, "approve"), 303);
    let decided = shown(&board.card(&board.office.carol, "it was done").await);
    assert!(decided.contains("bob said yes"), "{decided}");
    board.click(&board.bob, &board.bob, &card, "card.approve");
    let told = board.whispered(&board.bob, 1).await;
    assert!(told.contains("was decided before"), "{told}");

    board.asks("The tin kettle is Zora's.").await;
    let card = board.card(&board.bob, "tin kettle").await;
    let page = bob.page("/admin/approvals");
    board.click(&board.bob, &board.bob, &card, "card.decline");
    board.card(&board.bob, "bob said no").await;
    assert_eq!(bob.decide(&page, "approve"), 409, "the first decision counts");
    assert!(bob.page("/admin/approvals").contains("Nothing waits for a yes."));
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_cards_work_after_a_restart_and_nobody_is_asked_twice() {
    let (board, running) = Board::open().await;
    board.asks("The iron kettle is Zora's.").await;
    let card = board.card(&board.bob, "iron kettle").await;
    board.card(&board.office.carol, "iron kettle").await;
    drop(running);
    let running = board.office.start();
    board.connected().await;
    board.click(&board.bob, &board.bob, &card, "card.approve");
    board.card(&board.office.carol, "it was done").await;
    assert!(board.remembered(&running, "The iron kettle is whose?"));
    for user in [&board.bob, &board.office.carol] {
        let room = board.world().direct(user, &board.office.bob);
        assert_eq!(board.world().messages(&room).len(), 1, "one card each");
    }
    board.office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_while_a_card_is_posted_shows_nobody_two() {
    for place in ["card posted", "card there"] {
        let board = Board::new().await;
        let mut command = board.office.command();
        command.arg("run").env("UNDERSTUDY_DIE_AT", place);
        let mut running = board.office.site.wait(command.spawn().unwrap());
        board.connected().await;
        board.office.says(&["tools", "allow", "bob", "notes.remember", "--for", "member", "--ask"]);
        let words = "use notes.remember {\"text\":\"The lead kettle is Zora's.\"}";
        board.office.mention(&board.office.bob, words);
        let died = tokio::task::spawn_blocking(move || running.child.wait()).await.unwrap();
        assert!(!died.unwrap().success(), "{place}");
        let running = board.office.start();
        board.connected().await;
        let card = board.card(&board.bob, "lead kettle").await;
        board.card(&board.office.carol, "lead kettle").await;
        board.click(&board.bob, &board.bob, &card, "card.approve");
        board.card(&board.office.carol, "it was done").await;
        for user in [&board.bob, &board.office.carol] {
            let room = board.world().direct(user, &board.office.bob);
            assert_eq!(board.world().messages(&room).len(), 1, "{place}");
        }
        board.office.settle(&running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_taken_back_closes_its_cards() {
    let (board, running) = Board::open().await;
    let words = "use notes.remember {\"text\":\"The zinc kettle is Zora's.\"}";
    let asked = board.office.mention(&board.office.bob, words);
    let card = board.card(&board.bob, "zinc kettle").await;
    board.world().deletes(&board.office.general, &asked);
    let closed = shown(&board.card(&board.bob, "took it back").await);
    assert!(!closed.contains("card.approve"), "{closed}");
    board.click(&board.bob, &board.bob, &card, "card.approve");
    let told = board.whispered(&board.bob, 1).await;
    assert!(told.contains("took it back. Nothing was done."), "{told}");
    board.office.settle(&running).await;
}
