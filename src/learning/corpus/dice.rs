//! Seeded chance: the same seed rolls the same on every machine.

use rand::{
    Rng as _, SeedableRng as _,
    seq::{IndexedRandom as _, SliceRandom as _},
};
use rand_chacha::ChaCha8Rng;

/// Where all choices of the corpus come from.
pub(in crate::learning) struct Dice(ChaCha8Rng);

impl Dice {
    /// Starts a stream; streams of one seed are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// One of a table, which is never empty.
    pub fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        table.choose(&mut self.0).expect("tables are not empty")
    }

    /// One of a table of words.
    pub fn word<'t>(&mut self, table: &[&'t str]) -> &'t str {
        table.choose(&mut self.0).copied().expect("tables are not empty")
    }

    /// `true` with probability `share`.
    pub fn chance(&mut self, share: f64) -> bool {
        self.0.random_bool(share)
    }

    /// A number from `low` to `high`, both included.
    pub fn from(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// A number from `low` to `high`, both included.
    pub fn count(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// The place of one of `weights`, as often as it weighs.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.0.random_range(0..weights.iter().sum::<u32>().max(1));
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }

    /// Brings `things` into a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        things.shuffle(&mut self.0);
    }
}
