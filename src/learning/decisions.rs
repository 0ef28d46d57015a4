//! How well an understudy decides as its person does, where the decisions can be known: of the invented people.
//!
//! Their rules stand in no note and decide every request that can be put to them ([`super::demo`]). New requests
//! are asked without notes, and the decision is read from the beginning of the reply.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;

use super::{
    demo::{self, Decision, Exchange, Rules},
    quality::Share,
};
use crate::{
    error::Hint,
    mind::{Mind, Situation, Weights},
    people::Person,
};

/// One request with what became of it, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Which kind of request.
    pub kind: &'static str,
    /// The clause that decides it.
    pub clause: &'static str,
    /// What was said before, if anything.
    pub before: Option<String>,
    /// The message.
    pub message: String,
    /// What the rules decide.
    pub expected: String,
    /// The reply.
    pub reply: String,
    /// Whether it decides the same.
    pub right: bool,
}

/// How often one arm decided as the rules do; shares are `[share, of how many]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Decisions {
    /// The same decision, of all.
    pub right: Share,
    /// The same, by kind of request.
    pub by_kind: BTreeMap<&'static str, Share>,
    /// The same, by the decision that is right; the largest is what always saying it would earn.
    pub by_decision: BTreeMap<String, Share>,
    /// Replies that begin with a decision at all, right or wrong.
    pub decided: Share,
    /// Every request.
    #[serde(skip)]
    pub judged: Vec<Judged>,
}

/// Puts `cases` requests to `person`, `weights` answering, and compares the decisions with the rules.
///
/// These requests are rolled apart from those of any export, whatever its seed.
///
/// # Errors
/// A [`Hint`] when the person has no rules that are known; otherwise when the model is out of reach.
pub async fn measure(
    mind: &dyn Mind,
    person: &Person,
    weights: &Weights,
    cases: usize,
    seed: u64,
) -> anyhow::Result<Decisions> {
    let rules = demo::rules_of(&person.id).ok_or_else(|| {
        let what = format!("nobody knows the rules that {} decides by", person.name);
        Hint::new(what, "measure the decisions of an invented person, demetrios or eudora")
    })?;
    let mut decisions = Decisions::default();
    for n in (0..).take(cases) {
        let exchange = rules.unseen(seed, n);
        let thread: Vec<(String, String)> =
            exchange.before.iter().map(|before| (exchange.requester.to_owned(), before.clone())).collect();
        let situation = Situation {
            person,
            weights,
            requester: exchange.requester,
            thread: &thread,
            message: &exchange.message,
        };
        let draft = mind.reply(&situation, &[], None, &|_| {}).await.context("ask for a decision")?;
        decisions.count(rules, exchange, draft.text);
    }
    Ok(decisions)
}

impl Decisions {
    fn count(&mut self, rules: &Rules, exchange: Exchange, reply: String) {
        let kind = exchange.kind();
        let Some((expected, clause)) = exchange.ruled else { return };
        let said = read(rules, &reply);
        let right = said == Some(expected);
        self.right.count(right);
        self.decided.count(said.is_some());
        self.by_kind.entry(kind).or_default().count(right);
        self.by_decision.entry(expected.to_string()).or_default().count(right);
        let Exchange { before, message, .. } = exchange;
        self.judged.push(Judged {
            kind,
            clause,
            before,
            message,
            expected: expected.to_string(),
            reply,
            right,
        });
    }
}

/// Reads the decision that a reply begins with; `None` when it begins with none.
#[must_use]
pub fn read(rules: &Rules, reply: &str) -> Option<Decision> {
    let reply = reply.to_lowercase();
    let mut words = reply.split_whitespace();
    let first = words.next()?;
    match bare(first) {
        "yes" => Some(Decision::Yes),
        // "no note says so" decides nothing, "no, not inside" does.
        "no" if !first.ends_with("no") || words.next().is_none() => Some(Decision::No),
        "ask" => asked(rules, words.next()?),
        "please" if bare(words.next()?) == "ask" => asked(rules, words.next()?),
        _ => None,
    }
}

fn asked(rules: &Rules, who: &str) -> Option<Decision> {
    let known = rules.deciders().iter().find(|known| known.to_lowercase() == bare(who));
    known.map(|known| Decision::Ask(known))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::{
        domain::{Passage, PersonId},
        mind::{BrainError, Draft, DraftSink},
        people::People,
    };

    fn demetrios() -> Person {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        People::read(&[&dir]).unwrap().find(&PersonId::new("demetrios").unwrap()).unwrap().clone()
    }

    #[test]
    fn a_decision_is_read_from_the_beginning() {
        let rules = demo::rules_of(&PersonId::new("demetrios").unwrap()).unwrap();
        for (reply, decision) in [
            ("yes, small and known", Some(Decision::Yes)),
            ("Yes. The rule on papers allows it.", Some(Decision::Yes)),
            ("no, not inside", Some(Decision::No)),
            ("No.", Some(Decision::No)),
            ("\"No\" it is", Some(Decision::No)),
            ("ask tobias first, new shop", Some(Decision::Ask("Tobias"))),
            ("Please ask Ingrid first. It is hers.", Some(Decision::Ask("Ingrid"))),
            ("please ask mattis", Some(Decision::Ask("Mattis"))),
            ("ask somebody else", None),
            ("no", Some(Decision::No)),
            ("no one knows", None),
            ("(no note was found)", None),
            ("No problem, go ahead.", None),
            ("not in my notes", None),
            ("that's not in my notes", None),
            ("nobody said yes", None),
            ("please do", None),
            ("", None),
        ] {
            assert_eq!(read(rules, reply), decision, "{reply}");
        }
    }

    /// Says yes to everything.
    struct Agreeable;

    #[async_trait]
    impl Mind for Agreeable {
        async fn queries(&self, _: &Situation<'_>) -> Result<Vec<String>, BrainError> {
            Ok(Vec::new())
        }

        async fn reply(
            &self,
            _: &Situation<'_>,
            passages: &[Passage],
            _: Option<&str>,
            _: DraftSink<'_>,
        ) -> Result<Draft, BrainError> {
            assert!(passages.is_empty(), "no note tells how to decide");
            Ok(Draft { text: "yes, of course".to_owned(), shown: 0 })
        }

        fn weights(&self, _: &Person) -> Weights {
            Weights::base()
        }
    }

    #[tokio::test]
    async fn who_always_says_yes_earns_the_share_of_yes() {
        let decisions = measure(&Agreeable, &demetrios(), &Weights::base(), 300, 7).await.unwrap();
        assert_eq!((decisions.right.of, decisions.decided.hits), (300, 300));
        assert_eq!(decisions.right.hits, decisions.by_decision["yes"].of);
        assert!(decisions.by_decision.iter().all(|(what, share)| (what == "yes") == (share.hits > 0)));
        assert_eq!(decisions.by_kind.values().map(|share| share.of).sum::<usize>(), 300);
        assert!(decisions.judged.iter().all(|judged| judged.right == (judged.expected == "yes")));
    }

    #[tokio::test]
    async fn nobody_else_has_rules_that_are_known() {
        let bob = Person { id: PersonId::new("bob").unwrap(), name: "Bob".to_owned(), ..demetrios() };
        let text = measure(&Agreeable, &bob, &Weights::base(), 1, 7).await.unwrap_err().to_string();
        assert!(text.contains("Bob") && text.contains("demetrios"), "{text}");
    }
}
