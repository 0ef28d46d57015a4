//! Who answers: the four arms, and what each is shown.

use serde::{Deserialize, Serialize};

use crate::{
    learning::{Call, Example, cases::Case, corpus::Dice, dataset, judge::Cost},
    mind::{Brain, Weights},
};

/// Exchanges that the few-shot arm is shown.
const SHOTS: usize = 3;
/// Longest exchange that is shown, in characters: three of them and a short thread fit a prompt's thread.
const SHOT_CHARS: usize = 320;
/// Decides which exchanges.
const SHOTS_SEED: u64 = 3;

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The base model without an adapter.
    Base,
    /// The base with a few of the person's exchanges before its eyes.
    FewShot,
    /// The shipped adapter that knows the job.
    Starter,
    /// The person's own adapter.
    Person,
}

impl Arm {
    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::FewShot => "base + few-shot",
            Self::Starter => "starter + notes",
            Self::Person => "person + notes",
        }
    }
}

/// An arm with what it is made of.
#[derive(Debug, Clone)]
pub(super) struct Contestant {
    pub arm: Arm,
    pub weights: Weights,
    /// Exchanges that stand before every thread.
    pub shots: Vec<(String, String)>,
}

impl Contestant {
    /// All four; few-shot prompting takes its exchanges from `train`.
    pub fn four(train: &[&Case], starter: &Weights, person: &Weights) -> [Self; 4] {
        let bare = |arm, weights| Self { arm, weights, shots: Vec::new() };
        [
            bare(Arm::Base, Weights::base()),
            Self { arm: Arm::FewShot, weights: Weights::base(), shots: few_shot(train) },
            bare(Arm::Starter, starter.clone()),
            bare(Arm::Person, person.clone()),
        ]
    }

    /// The thread as this arm is shown it.
    pub fn thread(&self, example: &Example) -> Vec<(String, String)> {
        self.shots.iter().chain(&example.thread).cloned().collect()
    }

    /// The nats that `reply` costs as the answer to `example`.
    pub async fn cost(&self, brain: &Brain, example: &Example, reply: &str) -> anyhow::Result<f64> {
        let mut shown = Example { thread: self.thread(example), ..example.clone() };
        if let Call::Reply { reply: answer, .. } = &mut shown.call {
            reply.clone_into(answer);
        }
        let lesson = dataset::lesson(brain.prompts(), Some(brain.base()), &shown);
        Ok(brain.cost(&self.weights, &lesson.prompt, &lesson.answer).await?)
    }
}

/// What the person replied, if the case is a reply.
pub(super) fn reply_of(case: &Case) -> Option<&str> {
    match &case.example.call {
        Call::Reply { reply, .. } => Some(reply),
        _ => None,
    }
}

/// A few exchanges as turns of a thread: short ones that rest on no note, because their notes are not shown.
fn few_shot(train: &[&Case]) -> Vec<(String, String)> {
    let fits = |case: &&&Case| {
        let Call::Reply { notes, reply } = &case.example.call else { return false };
        let chars = case.example.message.chars().count() + reply.chars().count();
        notes.is_empty() && chars <= SHOT_CHARS
    };
    let mut drawn: Vec<&Case> = train.iter().filter(fits).copied().collect();
    Dice::new(SHOTS_SEED, 0).shuffle(&mut drawn);
    let exchange = |case: &Case| {
        let reply = reply_of(case)?.to_owned();
        let Example { requester, message, .. } = &case.example;
        Some([(requester.clone(), message.clone()), ("You".to_owned(), reply)])
    };
    drawn.into_iter().filter_map(exchange).take(SHOTS).flatten().collect()
}

/// What every sealed reply costs, with the notes and the thread it had.
pub(super) async fn costs(
    brain: &Brain,
    contestant: &Contestant,
    exam: &[&Case],
    follow: impl Fn(usize),
) -> anyhow::Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for (n, case) in exam.iter().enumerate() {
        let Some(reply) = reply_of(case) else { continue };
        let nats = contestant.cost(brain, &case.example, reply).await?;
        costs.push(Cost { thread: case.thread.clone(), nats, chars: reply.chars().count() });
        follow(n + 1);
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learning::evaluation::tests::case,
        mind::{Prompts, Scene},
    };

    #[test]
    fn the_few_shot_arm_reads_earlier_exchanges_before_the_thread() {
        let train: Vec<Case> =
            (0..9).map(|n| case(n, &format!("plan {n}?"), &format!("yes, plan {n} is on"))).collect();
        let four = Contestant::four(&train.iter().collect::<Vec<_>>(), &Weights::base(), &Weights::base());
        let mut sealed = case(20, "and the van?", "booked");
        sealed.example.thread = vec![("Alice".to_owned(), "the hall is booked".to_owned())];
        let prompt = |contestant: &Contestant| {
            let thread = contestant.thread(&sealed.example);
            let scene = Scene {
                name: "Bob",
                role: "Operations",
                manner: "Short.",
                requester: "Alice",
                thread: &thread,
                message: &sealed.example.message,
            };
            Prompts::for_context(2048).reply(None, &scene, &[]).0.user
        };
        let [bare, few, ..] = four.each_ref().map(prompt);
        assert!(!bare.contains("plan") && bare.contains("the hall is booked"), "{bare}");
        assert_eq!(few.matches("You: yes, plan").count(), 3, "{few}");
        assert!(few.find("You: yes, plan").unwrap() < few.find("the hall is booked").unwrap(), "{few}");
        assert!(few.trim_end().ends_with("Alice: and the van?"), "{few}");
    }

    #[test]
    fn an_exchange_that_rests_on_notes_or_is_long_is_not_shown() {
        let mut noted = case(1, "when?", "on 3 May [1]");
        noted.example.call = Call::Reply {
            notes: vec![crate::learning::Note { title: "Fair".into(), text: "3 May".into() }],
            reply: "on 3 May [1]".into(),
        };
        let long = case(2, "how?", &"very ".repeat(100));
        assert!(few_shot(&[&noted, &long]).is_empty());
    }
}
