//! What requests are worded with: slots, sums, and names of firms that do not exist.

use crate::learning::corpus::Dice;

/// Puts values into the slots of a text, such as `{eur}`.
pub(super) fn fill(text: &str, slots: &[(&str, String)]) -> String {
    slots.iter().fold(text.to_owned(), |text, (slot, value)| text.replace(&format!("{{{slot}}}"), value))
}

/// One of `ways`, with a made-up name in its slot `{n}`.
pub(super) fn named(dice: &mut Dice, ways: &[&str]) -> String {
    let name = coined(dice);
    fill(dice.word(ways), &[("n", name)])
}

/// A name such as "Tarrowby".
fn coined(dice: &mut Dice) -> String {
    let onset =
        dice.word(&["B", "Br", "D", "F", "G", "H", "L", "M", "N", "P", "Qu", "S", "St", "T", "V", "W"]);
    let vowel = dice.word(&["a", "e", "i", "o", "u"]);
    let middle = dice.word(&["rr", "ll", "nd", "mb", "st", "dd", "lk", "nn"]);
    let coda = dice.word(&["ow", "aby", "ington", "ery", "over", "istead", "ock", "ander"]);
    format!("{onset}{vowel}{middle}{coda}")
}

/// How large a sum is; the rules look at nothing finer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    /// Below 100 EUR.
    Small(u32),
    /// From 100 EUR on and below 1,000.
    Middle(u32),
    /// From 1,000 EUR on.
    Large(u32),
}

impl Sum {
    pub(super) fn small(dice: &mut Dice) -> Self {
        Self::Small(dice.from(15, 95))
    }

    pub(super) fn middle(dice: &mut Dice) -> Self {
        Self::Middle(dice.from(12, 88) * 10)
    }

    pub(super) fn large(dice: &mut Dice) -> Self {
        Self::Large(dice.from(22, 96) * 50)
    }

    /// The sum as people write it.
    pub(super) fn words(self, dice: &mut Dice) -> String {
        let (Self::Small(eur) | Self::Middle(eur) | Self::Large(eur)) = self;
        let eur = if eur < 1000 { eur.to_string() } else { format!("{},{:03}", eur / 1000, eur % 1000) };
        format!("{eur} {}", dice.word(&["EUR", "EUR", "euros"]))
    }
}
