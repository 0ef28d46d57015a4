//! Kinds of facts that many classes of subjects share.

mod kinds;
mod money;
mod people;
mod rules;
mod things;
mod time;

use super::fact::Fact;

/// All attributes of the lessons.
pub(super) static TABLES: &[&[Fact]] =
    &[people::FACTS, money::FACTS, time::FACTS, things::FACTS, kinds::FACTS, rules::FACTS];

/// The attributes that subjects of a class have.
pub(super) fn of_class(letter: char) -> Vec<&'static Fact> {
    TABLES.iter().flat_map(|table| table.iter()).filter(|fact| fact.fits.contains(letter)).collect()
}
