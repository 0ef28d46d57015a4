//! Invented lessons, and the invented companies that judge what was learned from them.
//!
//! A small model keeps whatever repeats, so nothing here does: subjects, attributes, wordings, names and values
//! are rolled anew for every scene, and what is left to learn is how to read notes. Nothing is kept and nothing
//! is read; the same seed gives the same bytes on every machine.
//!
//! A lesson never knows the kinds of facts in `held_out`; half of a [`Company`]'s questions are about those.

mod asked;
mod attributes;
mod clauses;
mod company;
mod dice;
mod fact;
mod free;
mod held_out;
mod manner;
mod names;
mod pages;
mod rehearsal;
mod scene;
mod stage;
mod steps;
mod subjects;
mod talk;
mod values;
mod verdicts;

pub use company::{Company, File, Kind, Question, company};
pub use rehearsal::{Rehearsal, rehearsals};
pub use scene::Scene;

pub(super) use dice::Dice;

/// The starter's lessons: `scenes` of them, the same for the same `seed`.
#[must_use]
pub fn starter(seed: u64, scenes: usize) -> Vec<Scene> {
    let streams = (0u64..).take(scenes);
    streams
        .map(|stream| {
            // A stream per scene: more scenes never change the earlier ones.
            let mut dice = Dice::new(seed, stream);
            if dice.chance(0.14) { scene::judged(&mut dice) } else { scene::spoken(&mut dice) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
