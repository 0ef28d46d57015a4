//! What needs a yes waits for one, is bound to what was shown, and is done once.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use understudy::{
    domain::{Channel, Mode, Standing},
    mind::Scripted,
    permission::fingerprint,
    store::{ActionRow, ActionState, Decided, now},
};

use super::workshop::{Workshop, add, alice, bob, from, using};

/// Alice asks for something that needs a yes.
async fn waiting(shop: &Workshop) -> ActionRow {
    shop.grant("list.add", Standing::Member, Mode::Ask).await;
    let (outcome, reply, mut actions) = shop.ask(&alice(&add("milk"))).await;
    assert_eq!(outcome, "needs_approval");
    assert!(reply.contains("bob or an admin") && reply.contains("milk"), "{reply}");
    let row = actions.pop().unwrap();
    assert_eq!((row.state, shop.write.count()), (ActionState::Waiting, 0));
    row
}

/// Lets the hands work until nothing is approved any more.
async fn work(shop: &Workshop) {
    let stop = CancellationToken::new();
    let (approved, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let working = shop.desk.hands.work(approved, wake, stop.clone());
    let watching = async {
        let started = std::time::Instant::now();
        loop {
            if shop.store().actions_in_doubt().await.unwrap().is_empty() {
                break;
            }
            assert!(started.elapsed() < std::time::Duration::from_secs(60), "not done in time");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    tokio::join!(working, watching);
}

/// Does an approved action as the worker does.
async fn perform(shop: &Workshop) -> ActionRow {
    let row = shop.store().claim_action(now()).await.unwrap().expect("something is approved");
    shop.desk.hands.perform(&row).await.unwrap()
}

#[tokio::test]
async fn after_a_yes_it_is_done_once_and_whoever_asked_is_told() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    let row = waiting(&shop).await;
    let decide = |decided, by| shop.store().decide_action(row.id, &row.fingerprint, decided, by, now());
    decide(Decided::Approve, "bob").await.unwrap();
    let late = decide(Decided::Reject, "carol").await.unwrap_err().to_string();
    assert!(late.contains("does not wait any more"), "{late}");
    let done = perform(&shop).await;
    assert_eq!((done.state, shop.write.count()), (ActionState::Done, 1));
    assert!(shop.store().claim_action(now()).await.unwrap().is_none(), "single use");
    let words = shop.store().words_to(row.inbox, row.inbox).await.unwrap();
    assert_eq!(words.len(), 1);
    assert_eq!(words[0].reply.text, "list.add did it.");
}

#[tokio::test]
async fn a_yes_to_something_else_than_was_shown_counts_for_nothing() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    let row = waiting(&shop).await;
    let other = fingerprint("bob", "list.add", &json!({"text": "poison"}));
    assert!(shop.store().decide_action(row.id, &other, Decided::Approve, "bob", now()).await.is_err());
    let edited = json!({"text": "oat milk"});
    let print = fingerprint("bob", "list.add", &edited);
    let decided = Decided::ApproveWith(edited, print.clone());
    shop.store().decide_action(row.id, &row.fingerprint, decided, "bob", now()).await.unwrap();
    let done = perform(&shop).await;
    assert_eq!((done.arguments["text"].as_str(), done.fingerprint), (Some("oat milk"), print));
}

#[tokio::test]
async fn a_no_and_a_request_that_nobody_decides_are_told() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    let row = waiting(&shop).await;
    shop.store().decide_action(row.id, &row.fingerprint, Decided::Reject, "bob", now()).await.unwrap();
    let words = shop.store().words_to(row.inbox, row.inbox).await.unwrap();
    assert!(words[0].reply.text.starts_with("bob decided not to"), "{words:?}");

    let row = waiting(&shop).await;
    let late = row.expires_at;
    let expired = shop.store().decide_action(row.id, &row.fingerprint, Decided::Approve, "bob", late).await;
    assert!(expired.is_err(), "an expired request can't be approved");
    assert_eq!(shop.store().expire_actions(late).await.unwrap(), 1);
    let words = shop.store().words_to(row.inbox, row.inbox).await.unwrap();
    assert!(words[0].reply.text.starts_with("Nobody decided"), "{words:?}");
    assert_eq!(shop.write.count(), 0);
}

#[tokio::test]
async fn what_was_taken_back_meanwhile_is_not_done_after_a_yes() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    let row = waiting(&shop).await;
    shop.store().decide_action(row.id, &row.fingerprint, Decided::Approve, "bob", now()).await.unwrap();
    shop.store().remove_grants(&bob(), "list.add", "carol", now()).await.unwrap();
    let done = perform(&shop).await;
    assert_eq!((done.state, shop.write.count()), (ActionState::Failed, 0));
    assert!(done.told.contains("may not use list.add"), "{}", done.told);
}

#[tokio::test]
async fn an_approved_step_that_a_crash_cut_is_never_sent_twice() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("mail.send", Standing::Member, Mode::Ask).await;
    let send = using("mail.send", &json!({"to": "bob", "text": "hello"}));
    let (_, _, actions) = shop.ask(&alice(&send)).await;
    let row = &actions[0];
    shop.store().decide_action(row.id, &row.fingerprint, Decided::Approve, "carol", now()).await.unwrap();
    shop.store().claim_action(now()).await.unwrap().unwrap();
    // Dies here. The next start takes it up.
    work(&shop).await;
    let ended = shop.store().action(row.id).await.unwrap().unwrap();
    assert_eq!((ended.state, shop.send.count()), (ActionState::Uncertain, 0));
    let words = shop.store().words_to(row.inbox, row.inbox).await.unwrap();
    assert!(words[0].reply.text.contains("can't say whether"), "{words:?}");
}

#[tokio::test]
async fn mail_strangers_and_new_receivers_always_need_a_yes() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    for tool in ["list.add", "mail.send"] {
        shop.grant(tool, Standing::Unknown, Mode::Allow).await;
    }
    let by_mail = from("bob", Standing::Owner, Channel::Mail, &add("milk"));
    let stranger = from("eve", Standing::Guest, Channel::Cli, &add("milk"));
    let new = alice(&using("mail.send", &json!({"to": "mallory@example.com", "text": "x"})));
    for message in [by_mail, stranger, new] {
        let (outcome, reply, _) = shop.ask(&message).await;
        assert_eq!(outcome, "needs_approval", "{reply}");
    }
    assert_eq!((shop.write.count(), shop.send.count()), (0, 0));
    let known = alice(&using("mail.send", &json!({"to": "bob", "text": "x"})));
    assert_eq!(shop.ask(&known).await.0, "answered");
}

#[tokio::test]
async fn an_edited_message_takes_back_what_it_had_asked_for() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Member, Mode::Ask).await;
    let message = alice(&add("milk"));
    shop.post(&message).await;
    let claimed = shop.store().claim_next(now(), 60).await.unwrap().unwrap();
    understudy::turn::run(&shop.desk, &claimed, now()).await.unwrap();
    let row = shop.store().actions(claimed.id).await.unwrap().pop().unwrap();
    shop.store().withdraw_actions(claimed.id, "another wording", now()).await.unwrap();
    assert!(
        shop.store().decide_action(row.id, &row.fingerprint, Decided::Approve, "bob", now()).await.is_err()
    );
    assert_eq!(shop.store().action(row.id).await.unwrap().unwrap().state, ActionState::Withdrawn);
}

#[tokio::test]
async fn a_stranger_can_not_bury_those_who_decide() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Unknown, Mode::Allow).await;
    for n in 0..3 {
        let asked = from("mallory", Standing::Guest, Channel::Cli, &add(&format!("thing {n}")));
        assert_eq!(shop.ask(&asked).await.0, "needs_approval");
    }
    let (outcome, reply, actions) =
        shop.ask(&from("mallory", Standing::Guest, Channel::Cli, &add("more"))).await;
    assert_eq!((outcome.as_str(), actions.len()), ("refused", 0));
    assert!(reply.contains("Enough requests wait for a yes from bob or an admin already"), "{reply}");
    // A colleague, who needs no yes, is not held up.
    assert_eq!(shop.ask(&alice(&add("milk"))).await.0, "answered");
    // Many names are not many strangers.
    for n in 0..17 {
        let other =
            from(&format!("stranger-{n}"), Standing::Unknown, Channel::Cli, &add(&format!("thing {n}")));
        assert_eq!(shop.ask(&other).await.0, "needs_approval", "{n}");
    }
    let last = from("stranger-17", Standing::Unknown, Channel::Cli, &add("one more"));
    assert_eq!(shop.ask(&last).await.0, "refused");
}

#[tokio::test]
async fn what_a_tool_tells_late_is_mended_like_a_reply() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("remind.set", Standing::Member, Mode::Allow).await;
    let text = "call https://acme.example/a \u{2014} @channel ![x](https://evil.example/p.png)";
    let said = using("remind.set", &json!({"text": text, "when": "in 1 minute"}));
    let id = shop.post(&alice(&said)).await;
    assert_eq!(shop.turn().await.1, "answered");
    assert_eq!(shop.store().tell_reminders(now() + 120).await.unwrap(), 1);
    let told = shop.store().words_to(id, id).await.unwrap().remove(0).reply.text;
    assert!(told.starts_with("You asked me to remind you of this: call https://acme.example/a"), "{told}");
    for sign in ["@channel", "![", "\u{2014}", "evil.example"] {
        assert!(!told.contains(sign), "{told}");
    }
}
