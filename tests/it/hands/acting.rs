//! A turn acts as far as it may, once.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Notify;
use understudy::{
    domain::{Channel, Mode, Passage, Standing},
    mind::{BrainError, Draft, DraftSink, Mind, Scripted, Situation, StepMenu, Weights},
    people::Person,
    store::{ActionState, NewAction, now},
    turn,
};

use super::workshop::{Workshop, add, alice, bob, from, using};

#[tokio::test]
async fn without_a_grant_nothing_is_done_and_no_commit_more_is_made() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    let before = shop.store().commits();
    let (outcome, reply, actions) = shop.ask(&alice(&add("milk"))).await;
    assert_eq!((outcome.as_str(), actions.len(), shop.write.count()), ("answered", 0, 0), "{reply}");
    assert_eq!(shop.store().commits() - before, 3, "accept, claim, settle");
}

#[tokio::test]
async fn what_is_allowed_is_done_once_and_told_with_its_receipt() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Member, Mode::Allow).await;
    let (outcome, reply, actions) = shop.ask(&alice(&add("milk"))).await;
    assert_eq!((outcome.as_str(), reply.as_str(), shop.write.count()), ("answered", "list.add did it.", 1));
    assert_eq!((actions[0].state, actions[0].receipt.as_str()), (ActionState::Done, "1"));
    let audit: Vec<String> =
        shop.store().audit(10).await.unwrap().into_iter().map(|row| row.action).collect();
    for action in ["action.running", "action.done"] {
        assert!(audit.iter().any(|done| done == action), "{audit:?}");
    }
    // Somebody who is trusted less is not covered, and gets a plain answer.
    let (_, _, actions) = shop.ask(&from("eve", Standing::Guest, Channel::Cli, &add("eggs"))).await;
    assert_eq!((actions.len(), shop.write.count()), (0, 1));
}

#[tokio::test]
async fn several_steps_are_done_in_order_up_to_the_limit_and_none_twice() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Member, Mode::Allow).await;
    let (_, _, actions) = shop.ask(&alice(&[add("one"), add("two")].join("\n"))).await;
    let texts: Vec<_> = actions.iter().map(|row| row.arguments["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["one", "two"]);
    let (_, _, same) = shop.ask(&alice(&[add("one"), add("one")].join("\n"))).await;
    assert_eq!(same.len(), 1, "a repeated step is done once");
    let (_, _, alike) =
        shop.ask(&alice(&[add("the roof check at nine"), add("the roof check")].join("\n"))).await;
    assert_eq!(alike.len(), 1, "the same in other words is the same");
    let (_, _, many) = shop.ask(&alice(&["a", "b", "c", "d", "e"].map(add).join("\n"))).await;
    assert_eq!(many.len(), 3);
}

#[tokio::test]
async fn arguments_that_break_the_schema_get_a_clear_answer() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Member, Mode::Allow).await;
    for (arguments, why) in [
        (json!({}), "`text` is missing"),
        (json!({"text": 3}), "not a text"),
        (json!({"text": "x", "rm": "y"}), "there is no `rm`"),
        (json!({"text": "x".repeat(5000)}), "longer than"),
    ] {
        let (outcome, reply, actions) = shop.ask(&alice(&using("list.add", &arguments))).await;
        assert_eq!((outcome.as_str(), actions.len()), ("refused", 0), "{reply}");
        assert!(reply.contains(why) && reply.contains("Ask me again"), "{reply}");
    }
    // What was not offered can't be chosen.
    let (_, _, actions) = shop.ask(&alice(&using("mail.send", &json!({"to": "alice", "text": "x"})))).await;
    assert_eq!((actions.len(), shop.write.count(), shop.send.count()), (0, 0, 0));
}

#[tokio::test]
async fn a_reminder_comes_where_it_was_asked_for() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("remind.set", Standing::Member, Mode::Allow).await;
    let message = alice(&using("remind.set", &json!({"text": "the fair", "when": "in 2 hours"})));
    let (outcome, reply, actions) = shop.ask(&message).await;
    assert_eq!(outcome, "answered");
    assert!(reply.starts_with("I'll remind you here on "), "{reply}");
    let inbox = actions[0].inbox;
    assert_eq!(shop.store().tell_reminders(now()).await.unwrap(), 0);
    assert_eq!(shop.store().tell_reminders(now() + 7300).await.unwrap(), 1);
    assert_eq!(shop.store().tell_reminders(now() + 7300).await.unwrap(), 0, "once");
    let words = shop.store().words_to(inbox, inbox).await.unwrap();
    assert_eq!(words[0].reply.text, "You asked me to remind you of this: the fair");
    let past = using("remind.set", &json!({"text": "x", "when": "2020-01-01"}));
    let (outcome, reply, _) = shop.ask(&alice(&past)).await;
    assert!(outcome == "refused" && reply.contains("is over already"), "{reply}");
}

#[tokio::test]
async fn what_a_tool_found_is_answered_from_and_told_only_to_whom_it_is_for() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("web.read", Standing::Member, Mode::Allow).await;
    *shop.read.finds.lock().unwrap() = "the shop opens at nine".to_owned();
    let ask = using("web.read", &json!({"page": "shop"}));
    let (outcome, reply, _) = shop.ask(&alice(&ask)).await;
    assert!(outcome == "answered" && reply.contains("[1]"), "{reply}");
    let mut in_company = alice(&ask);
    in_company.audience = understudy::domain::Audience::unknown();
    let (outcome, reply, _) = shop.ask(&in_company).await;
    assert!(outcome == "refused" && reply.contains("direct message"), "{reply}");
}

/// An action that was running when the program died, and the turn that comes after it. The message had the words
/// `then` when the action began.
async fn after_a_crash(
    tool: &str,
    arguments: serde_json::Value,
    then: Option<&str>,
) -> (Workshop, String, String, ActionState) {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant(tool, Standing::Member, Mode::Allow).await;
    let message = alice(&using(tool, &arguments));
    shop.post(&message).await;
    let claimed = shop.store().claim_next(now(), 60).await.unwrap().unwrap();
    let request = json!({"requester": message.requester, "audience": message.audience, "channel": "cli",
                         "label": "internal", "recipients": "known"});
    let new = NewAction {
        n: 1,
        tool: tool.to_owned(),
        arguments,
        fingerprint: String::new(),
        message_sha256: {
            use sha2::Digest;
            hex::encode(sha2::Sha256::digest(then.unwrap_or(&message.text)))
        },
        requester: message.requester.id.clone(),
        request,
        waits_until: None,
    };
    let row = shop.store().begin_action(&claimed, new.clone(), now()).await.unwrap();
    // Dies here: nobody knows whether the tool was called.
    shop.store().free_claims(now(), true).await.unwrap();
    let (_, outcome, reply) = shop.turn().await;
    let state = shop.store().action(row.id).await.unwrap().unwrap().state;
    assert!(shop.store().begin_action(&claimed, new, now()).await.is_err(), "the old claim is fenced off");
    (shop, outcome, reply, state)
}

#[tokio::test]
async fn after_a_crash_a_step_is_repeated_only_by_a_tool_that_may_be() {
    let (shop, outcome, _, state) = after_a_crash("list.add", json!({"text": "milk"}), None).await;
    assert_eq!((outcome.as_str(), state, shop.write.count()), ("answered", ActionState::Done, 1));
    let (shop, outcome, reply, state) =
        after_a_crash("mail.send", json!({"to": "bob", "text": "hi"}), None).await;
    assert_eq!((outcome.as_str(), state, shop.send.count()), ("escalated", ActionState::Uncertain, 0));
    assert!(reply.contains("can't say whether it was done"), "{reply}");
}

#[tokio::test]
async fn a_message_with_other_words_does_not_do_again_what_was_done() {
    let before = Some("put milk on the");
    let (shop, _, reply, state) = after_a_crash("list.add", json!({"text": "milk"}), before).await;
    assert_eq!((state, shop.write.count()), (ActionState::Done, 1), "{reply}");
    assert_eq!(reply, "list.add did it.");
    let (shop, _, reply, state) =
        after_a_crash("mail.send", json!({"to": "bob", "text": "hi"}), before).await;
    assert_eq!((state, shop.send.count()), (ActionState::Uncertain, 0));
    assert!(reply.contains("can't say whether it was done"), "{reply}");
}

#[tokio::test]
async fn what_its_sender_took_back_can_no_longer_be_approved() {
    let shop = Workshop::new(Arc::new(Scripted)).await;
    shop.grant("list.add", Standing::Member, Mode::Ask).await;
    let message = alice(&add("milk"));
    let (outcome, _, actions) = shop.ask(&message).await;
    assert_eq!((outcome.as_str(), actions[0].state), ("needs_approval", ActionState::Waiting));
    shop.store().cancel(message.channel, &message.key, now()).await.unwrap();
    let row = shop.store().action(actions[0].id).await.unwrap().unwrap();
    assert_eq!((row.state, shop.write.count()), (ActionState::Withdrawn, 0));
}

/// The scripted mind, which thinks until it is let go.
struct Slow {
    began: Arc<Notify>,
    go: Arc<Notify>,
}

#[async_trait]
impl Mind for Slow {
    async fn queries(&self, situation: &Situation<'_>) -> Result<Vec<String>, BrainError> {
        Scripted.queries(situation).await
    }
    async fn reply(
        &self,
        situation: &Situation<'_>,
        passages: &[Passage],
        again: Option<&str>,
        sink: DraftSink<'_>,
    ) -> Result<Draft, BrainError> {
        Scripted.reply(situation, passages, again, sink).await
    }
    async fn step(
        &self,
        situation: &Situation<'_>,
        menu: StepMenu<'_>,
    ) -> Result<Option<String>, BrainError> {
        self.began.notify_one();
        self.go.notified().await;
        Scripted.step(situation, menu).await
    }
    fn weights(&self, person: &Person) -> Weights {
        Scripted.weights(person)
    }
}

#[tokio::test]
async fn a_switch_that_is_turned_meanwhile_stops_the_next_step() {
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let shop = Workshop::new(Arc::new(Slow { began: Arc::clone(&began), go: Arc::clone(&go) })).await;
    shop.grant("list.add", Standing::Member, Mode::Allow).await;
    let id = shop.post(&alice(&add("milk"))).await;
    let claimed = shop.store().claim_next(now(), 60).await.unwrap().unwrap();
    let turning = async { turn::run(&shop.desk, &claimed, now()).await.unwrap() };
    let switching = async {
        began.notified().await;
        assert_eq!(shop.store().remove_grants(&bob(), "list.add", "carol", now()).await.unwrap(), 1);
        go.notify_one();
    };
    tokio::join!(turning, switching);
    let (_, outcome, reply) = shop.answer(id).await;
    assert!(outcome == "refused" && reply.contains("understudy tools allow bob list.add"), "{reply}");
    assert_eq!(shop.write.count(), 0);
}
