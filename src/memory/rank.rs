//! Puts the lists of several legs into one order.
//!
//! Done here and not in Qdrant, so that both stores rank alike and equal scores never depend on the place a
//! point has inside a segment.

use std::{cmp::Ordering, collections::HashMap};

use uuid::Uuid;

/// How much the first places of a list outweigh the later ones; 60 is the constant of the RRF paper
/// (Cormack et al., 2009).
const K: f64 = 60.0;

/// A point that a leg found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub id: Uuid,
    pub score: f32,
}

/// Orders hits best first; equal scores by id.
pub(super) fn best_first(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id))
}

/// Reciprocal Rank Fusion: each list gives `1 / (60 + rank)` to what it found.
pub(super) fn fuse(lists: Vec<Vec<Hit>>) -> Vec<Hit> {
    let mut scores: HashMap<Uuid, f64> = HashMap::new();
    for mut list in lists {
        list.sort_by(best_first);
        for (rank, hit) in (1_u32..).zip(list) {
            *scores.entry(hit.id).or_default() += 1.0 / (K + f64::from(rank));
        }
    }
    let mut fused: Vec<Hit> = scores.into_iter().map(|(id, score)| Hit { id, score: score as f32 }).collect();
    fused.sort_by(best_first);
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(id: u128, score: f32) -> Hit {
        Hit { id: Uuid::from_u128(id), score }
    }

    fn order(hits: &[Hit]) -> Vec<u128> {
        hits.iter().map(|hit| hit.id.as_u128()).collect()
    }

    #[test]
    fn what_two_legs_agree_on_comes_first() {
        let fused = fuse(vec![vec![hit(1, 0.9), hit(2, 0.8)], vec![hit(3, 7.0), hit(2, 6.0)]]);
        assert_eq!(order(&fused), [2, 1, 3]);
        assert!((fused[0].score - 2.0 / 62.0).abs() < 1e-6);
    }

    #[test]
    fn equal_scores_are_ordered_by_id_whatever_order_they_came_in() {
        let one = fuse(vec![vec![hit(3, 0.5), hit(1, 0.5), hit(2, 0.5)]]);
        let other = fuse(vec![vec![hit(2, 0.5), hit(3, 0.5), hit(1, 0.5)]]);
        assert_eq!(order(&one), [1, 2, 3]);
        assert_eq!(one, other);
    }
}
