//! The gate: whether a person's adapter may serve.
//!
//! It has to predict the person's own sealed replies better than the starter does, and must not have forgotten
//! the job. Both are measured on what neither adapter has seen; intervals come from a bootstrap over threads, in
//! pairs, because two replies of one thread are not two proofs.

use std::collections::BTreeMap;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Resamples of a bootstrap (Efron and Tibshirani 1993 recommend about a thousand for intervals).
const RESAMPLES: usize = 1000;
/// How much worse than the starter a share may be.
pub const SLACK: f64 = 0.02;
/// Least share of usable queries.
pub const VALID_QUERIES: f64 = 0.99;
/// Least share of right values.
pub const RIGHT_VALUE: f64 = 0.85;
/// Least share of declined questions among those that no note answers.
pub const REFUSAL: f64 = 0.90;
/// Fewest threads of an exam.
pub const EXAM_THREADS: usize = 8;
/// Fewest questions about the job.
pub const QUESTIONS: usize = 200;

/// What one reply cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// A hash of its thread.
    pub thread: String,
    /// Negative log-likelihood of the reply, in nats.
    pub nats: f64,
    /// Characters of the reply.
    pub chars: usize,
}

/// Bits per character over many replies.
#[must_use]
pub fn bits_per_char(costs: &[Cost]) -> f64 {
    let nats: f64 = costs.iter().map(|cost| cost.nats).sum();
    nats / std::f64::consts::LN_2 / count(costs.iter().map(|cost| cost.chars).sum::<usize>().max(1))
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What was measured.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Bits per character of `ours` less those of `theirs`, over the same replies in the same order.
///
/// Threads are drawn with replacement; less than nothing is better.
#[must_use]
pub fn difference(ours: &[Cost], theirs: &[Cost], seed: u64) -> Estimate {
    let mut threads: BTreeMap<&str, Vec<(&Cost, &Cost)>> = BTreeMap::new();
    for pair in ours.iter().zip(theirs) {
        threads.entry(&pair.0.thread).or_default().push(pair);
    }
    let threads: Vec<Vec<(&Cost, &Cost)>> = threads.into_values().collect();
    bootstrap(&threads, seed, |drawn| {
        let (mut nats, mut chars) = (0.0, 0);
        for (own, other) in drawn.iter().flat_map(|thread| thread.iter()) {
            nats += own.nats - other.nats;
            chars += own.chars;
        }
        nats / std::f64::consts::LN_2 / count(chars.max(1))
    })
}

/// What `of` says of all `clusters`, with the 95 % interval of a percentile bootstrap over them.
pub(super) fn bootstrap<C>(clusters: &[C], seed: u64, of: impl Fn(&[&C]) -> f64) -> Estimate {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let pick = |_| clusters.get(random.random_range(0..clusters.len().max(1)));
            of(&(0..clusters.len()).filter_map(pick).collect::<Vec<_>>())
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |part: usize| drawn.get(RESAMPLES * part / 1000).copied().unwrap_or(0.0);
    Estimate { mean: of(&clusters.iter().collect::<Vec<_>>()), low: at(25), high: at(974) }
}

/// How well an adapter knows the job, on invented companies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Share of usable queries.
    pub valid_queries: f64,
    /// Right notes among the first three.
    pub found: f64,
    /// Right values in the reply.
    pub right_value: f64,
    /// Declined, of what no note answers.
    pub refusal: f64,
    /// Decided as the person does; none where nobody knows their rules.
    #[serde(default)]
    pub decided: Option<f64>,
}

/// Everything the gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Replies of the exam.
    pub replies: usize,
    /// Threads that they come from.
    #[serde(default)]
    pub threads: usize,
    /// Questions about the job.
    #[serde(default)]
    pub questions: usize,
    /// Bits per character, the person's adapter less the starter.
    pub difference: Estimate,
    /// The person's adapter at the job.
    pub person: Job,
    /// The starter at the job.
    pub starter: Job,
}

/// Why the adapter may not serve, in words for the person; empty when it may.
#[must_use]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "what is no number must not pass")]
pub fn objections(evidence: &Evidence) -> Vec<String> {
    let mut objections = Vec::new();
    let Evidence { replies, threads, questions, difference, person, starter } = *evidence;
    if replies == 0 {
        objections.push("there is no sealed exam to compare on: more of their words are needed".to_owned());
    } else if threads < EXAM_THREADS {
        // The interval is drawn over threads: over a few it says nothing.
        objections.push(format!(
            "the sealed exam has {threads} threads, and {EXAM_THREADS} are the least: more of their words are needed"
        ));
    }
    if questions < QUESTIONS {
        objections
            .push(format!("the job was judged on {questions} questions, and {QUESTIONS} are the least"));
    }
    if replies > 0 && !(difference.high < 0.0) {
        objections.push(format!(
            "it does not predict their replies surely better than the starter: {:+.3} bits per character, \
             between {:+.3} and {:+.3}",
            difference.mean, difference.low, difference.high
        ));
    }
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    for (what, own, before, least) in [
        ("writes usable queries", person.valid_queries, starter.valid_queries, VALID_QUERIES),
        ("finds the right note", person.found, starter.found, 0.0),
        ("gives the right value", person.right_value, starter.right_value, RIGHT_VALUE),
        ("declines when no note has it", person.refusal, starter.refusal, REFUSAL),
    ] {
        // Negated, so that what is no number passes nothing.
        if !(own >= least) {
            objections.push(format!("it {what} in {}, and {} are the least", percent(own), percent(least)));
        } else if !(own >= before - SLACK) {
            objections.push(format!("it {what} in {}, the starter in {}", percent(own), percent(before)));
        }
    }
    if let (Some(own), Some(before)) = (person.decided, starter.decided)
        && !(own >= before - SLACK)
    {
        let (own, before) = (percent(own), percent(before));
        objections.push(format!("it decides as they do in {own}, the starter in {before}"));
    }
    objections
}

pub(super) fn count(n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let n = n as f64;
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(nats: impl Fn(usize) -> f64) -> Vec<Cost> {
        (0..60).map(|n| Cost { thread: format!("t{}", n / 2), nats: nats(n), chars: 50 }).collect()
    }

    fn evidence(difference: Estimate) -> Evidence {
        let good =
            Job { valid_queries: 1.0, found: 0.95, right_value: 0.9, refusal: 0.95, decided: Some(0.9) };
        Evidence { replies: 60, threads: 30, questions: 200, difference, person: good, starter: good }
    }

    #[test]
    fn a_steady_gain_excludes_nothing_and_noise_does_not() {
        let theirs = costs(|n| 30.0 + (n % 7) as f64);
        let better = costs(|n| 27.0 + (n % 7) as f64 + (n % 3) as f64 * 0.3);
        let gain = difference(&better, &theirs, 1);
        assert!(gain.high < 0.0 && gain.low < gain.mean && gain.mean < gain.high, "{gain:?}");
        assert!(objections(&evidence(gain)).is_empty());
        let noise = costs(|n| 30.0 + (n % 7) as f64 + if n % 4 < 2 { 5.0 } else { -5.0 });
        let none = difference(&noise, &theirs, 1);
        assert!(none.low < 0.0 && none.high > 0.0, "{none:?}");
        assert!(objections(&evidence(none))[0].contains("surely better"));
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let (ours, theirs) = (costs(|n| n as f64), costs(|n| n as f64 + 1.0));
        assert_eq!(difference(&ours, &theirs, 1), difference(&ours, &theirs, 1));
    }

    #[test]
    fn bits_per_character_do_not_depend_on_how_replies_are_cut() {
        let one = [Cost { thread: "t".to_owned(), nats: 10.0, chars: 20 }];
        let two = vec![Cost { thread: "t".to_owned(), nats: 5.0, chars: 10 }; 2];
        assert!((bits_per_char(&one) - bits_per_char(&two)).abs() < 1e-12);
        assert!((bits_per_char(&one) - 10.0 / 2.0_f64.ln() / 20.0).abs() < 1e-12);
    }

    #[test]
    fn whoever_forgot_the_job_does_not_serve() {
        let gain = Estimate { mean: -0.1, low: -0.2, high: -0.05 };
        for (change, words) in [
            ((|job: &mut Job| job.valid_queries = 0.9) as fn(&mut Job), "usable queries"),
            (|job| job.found = 0.9, "finds the right note"),
            (|job| job.right_value = 0.8, "right value"),
            (|job| job.refusal = 0.5, "declines"),
            (|job| job.decided = Some(0.5), "decides as they do in 50 %, the starter in 90 %"),
        ] {
            let mut evidence = evidence(gain);
            change(&mut evidence.person);
            let said = objections(&evidence);
            assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
        }
        let change = |change: fn(&mut Evidence)| {
            let mut evidence = evidence(gain);
            change(&mut evidence);
            objections(&evidence).join("; ")
        };
        assert!(change(|e| e.replies = 0).contains("more of their words"));
        assert!(change(|e| e.threads = 1).contains("has 1 threads, and 8 are the least"));
        assert!(change(|e| e.questions = 10).contains("judged on 10 questions, and 200 are the least"));
        assert!(change(|e| e.difference.high = f64::NAN).contains("surely better"));
        assert!(change(|e| e.person.right_value = f64::NAN).contains("right value"));
    }
}
