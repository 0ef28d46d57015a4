//! The next step: does the true reply stand out among others of the same person?
//!
//! Each sealed situation gets its own reply and nineteen replies that the person wrote in other situations. They
//! are ranked by how much likelier the situation makes them (pointwise mutual information), so that a reply that
//! is likely anywhere, such as a short thank-you, wins nothing by it.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::arms::{Contestant, reply_of};
use crate::{
    learning::{Call, Example, cases::Case, corpus::Dice, judge, quality::Share},
    mind::Brain,
};

/// Replies to choose from, the true one among them.
const AMONG: usize = 20;
/// Fewer replies than this are no choice.
const AMONG_LEAST: usize = 5;
/// Replies that choices are drawn from; each is also scored without a situation.
const POOL: usize = 40;

/// How often the true reply came first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    /// First among all.
    pub first: Share,
    /// Mean of one over its place: 1 when it is always first.
    pub reciprocal_rank: f64,
    /// Replies to choose from.
    pub among: usize,
}

/// A situation with the replies to choose from, the true one first.
pub(super) struct Round<'c> {
    example: &'c Example,
    replies: Vec<&'c str>,
}

/// Draws at most `most` situations; the same for the same seed.
pub(super) fn draw<'c>(exam: &[&'c Case], most: usize, seed: u64) -> Vec<Round<'c>> {
    let mut drawn: Vec<&Case> = exam.to_vec();
    Dice::new(seed, 0).shuffle(&mut drawn);
    drawn.truncate(POOL.max(most));
    let pool: BTreeSet<&str> = drawn.iter().filter_map(|case| reply_of(case)).collect();
    if pool.len() < AMONG_LEAST {
        return Vec::new();
    }
    let round = |(n, case): (u64, &&'c Case)| {
        let own = reply_of(case)?;
        let mut others: Vec<&str> = pool.iter().copied().filter(|reply| *reply != own).collect();
        Dice::new(seed, n).shuffle(&mut others);
        let replies = std::iter::once(own).chain(others).take(AMONG).collect();
        Some(Round { example: &case.example, replies })
    };
    (1..).zip(&drawn).take(most).filter_map(round).collect()
}

/// Ranks the replies of every round.
pub(super) async fn measure(
    brain: &Brain,
    contestant: &Contestant,
    rounds: &[Round<'_>],
    follow: impl Fn(usize),
) -> anyhow::Result<Option<NextStep>> {
    let (mut first, mut reciprocal) = (Share::default(), 0.0);
    let mut alone: HashMap<&str, f64> = HashMap::new();
    for (n, round) in rounds.iter().enumerate() {
        let empty = without_situation(round.example);
        for reply in &round.replies {
            if !alone.contains_key(reply) {
                alone.insert(*reply, contestant.cost(brain, &empty, reply).await?);
            }
        }
        // One situation after the other: the engine then reads each of them once.
        let mut gains = Vec::new();
        for reply in &round.replies {
            let cost = contestant.cost(brain, round.example, reply).await?;
            gains.push(alone.get(reply).copied().unwrap_or(0.0) - cost);
        }
        let place = place_of_first(&gains);
        first.count(place == 1);
        reciprocal += 1.0 / judge::count(place);
        follow(n + 1);
    }
    let among = rounds.iter().map(|round| round.replies.len()).max().unwrap_or(0);
    let reciprocal_rank = reciprocal / judge::count(rounds.len().max(1));
    Ok((!rounds.is_empty()).then_some(NextStep { first, reciprocal_rank, among }))
}

/// The same prompt with nothing in it to answer.
fn without_situation(example: &Example) -> Example {
    let call = Call::Reply { notes: Vec::new(), reply: String::new() };
    Example { thread: Vec::new(), message: String::new(), call, ..example.clone() }
}

/// The place of the first score in the order of all, best first, from 1; a tie counts against it.
fn place_of_first(scores: &[f64]) -> usize {
    let Some((own, others)) = scores.split_first() else { return 1 };
    1 + others.iter().filter(|other| other.total_cmp(own).is_ge()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::evaluation::tests::case;

    #[test]
    fn the_place_counts_whoever_is_as_good_or_better() {
        for (scores, place) in [
            (&[3.0, 1.0, 2.0][..], 1),
            (&[1.0, 3.0, 2.0], 3),
            (&[2.0, 2.0, 1.0], 2),
            (&[f64::NEG_INFINITY, f64::NEG_INFINITY], 2),
            (&[-1.0], 1),
        ] {
            assert_eq!(place_of_first(scores), place, "{scores:?}");
        }
    }

    #[test]
    fn a_round_has_the_true_reply_first_and_no_reply_twice() {
        let exam: Vec<Case> =
            (0..70).map(|n| case(n, &format!("plan {n}?"), &format!("reply {}", n % 60))).collect();
        let exam: Vec<&Case> = exam.iter().collect();
        let rounds = draw(&exam, 20, 1);
        assert_eq!(rounds.len(), 20);
        for round in &rounds {
            let Call::Reply { reply, .. } = &round.example.call else { panic!("only replies are drawn") };
            assert_eq!((round.replies[0], round.replies.len()), (reply.as_str(), AMONG));
            assert_eq!(round.replies.iter().collect::<BTreeSet<_>>().len(), AMONG);
        }
        let again = draw(&exam, 20, 1);
        assert!(rounds.iter().zip(&again).all(|(one, other)| one.replies == other.replies));
        assert!(draw(&exam[..4], 20, 1).is_empty(), "four replies are no choice");
    }
}
