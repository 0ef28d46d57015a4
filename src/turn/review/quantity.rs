//! Quantities in a text: how much time, money or which share, as far as they can be compared.

/// A quantity: how much of what, and which words say so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantity {
    /// How much, in its unit.
    pub amount: f64,
    /// Of what.
    pub unit: Unit,
    /// Index of its first and last word.
    pub words: (usize, usize),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Hours; days, weeks, months of 30 days and years of 365 count as such.
    Hours,
    /// Working days, which no calendar turns into hours.
    WorkingDays,
    /// Parts of a hundred.
    Percent,
    /// Euros.
    Euros,
}

/// Numbers that are written as words.
const WORDS: &[(&str, f64)] = &[
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("sixty", 60.0),
    ("ninety", 90.0),
];

/// The quantities of a text, in order: its words as they are written, and bare in small letters.
pub(super) fn quantities(written: &[&str], bare: &[String]) -> Vec<Quantity> {
    let text = Text { written, bare };
    (0..written.len()).filter_map(|at| text.quantity(at)).collect()
}

struct Text<'t> {
    written: &'t [&'t str],
    bare: &'t [String],
}

impl Text<'_> {
    fn quantity(&self, at: usize) -> Option<Quantity> {
        let (amount, own) = self.number(at)?;
        if let Some(unit) = own {
            return Some(Quantity { amount, unit, words: (at, at) });
        }
        if at.checked_sub(1).is_some_and(|before| matches!(self.word(before), "eur" | "\u{20ac}")) {
            return Some(Quantity { amount, unit: Unit::Euros, words: (at, at) });
        }
        // "between 14 and 45 days": the unit stands behind the second.
        if let ("and", Some((_, own))) = (self.word(at + 1), self.number(at + 2)) {
            let (factor, unit, _) = own.map(|unit| (1.0, unit, at)).or_else(|| self.unit_behind(at + 2))?;
            return Some(Quantity { amount: amount * factor, unit, words: (at, at) });
        }
        let (factor, unit, last) = self.unit_behind(at)?;
        Some(Quantity { amount: amount * factor, unit, words: (at, last) })
    }

    fn word(&self, at: usize) -> &str {
        self.bare.get(at).map_or("", String::as_str)
    }

    /// The unit behind a number: what one of it is, of what, and where its last word stands.
    fn unit_behind(&self, at: usize) -> Option<(f64, Unit, usize)> {
        let next = if matches!(self.word(at + 1), "full" | "calendar") { at + 2 } else { at + 1 };
        if self.written.get(next).is_some_and(|word| word.trim_end_matches([',', '.', ';', ')']) == "%") {
            return Some((1.0, Unit::Percent, next));
        }
        Some(match self.word(next) {
            "hour" | "hours" => (1.0, Unit::Hours, next),
            "day" | "days" => (24.0, Unit::Hours, next),
            "week" | "weeks" => (7.0 * 24.0, Unit::Hours, next),
            "month" | "months" => (30.0 * 24.0, Unit::Hours, next),
            "year" | "years" => (365.0 * 24.0, Unit::Hours, next),
            "working" if self.word(next + 1).starts_with("day") => (1.0, Unit::WorkingDays, next + 1),
            "percent" => (1.0, Unit::Percent, next),
            "per" if self.word(next + 1) == "cent" => (1.0, Unit::Percent, next + 1),
            "eur" | "euro" | "euros" => (1.0, Unit::Euros, next),
            _ => return None,
        })
    }

    /// A number, with its unit when that is written onto it.
    fn number(&self, at: usize) -> Option<(f64, Option<Unit>)> {
        if let Some((_, amount)) = WORDS.iter().find(|(word, _)| *word == self.word(at)) {
            return Some((*amount, None));
        }
        let trimmed = self.written.get(at)?.trim_matches(['(', ')', '.', ',', ';', ':', '!', '?', '"']);
        let euros = trimmed.strip_prefix('\u{20ac}').or_else(|| trimmed.strip_suffix('\u{20ac}'));
        let (digits, unit) = match (trimmed.strip_suffix('%'), euros) {
            (Some(digits), _) => (digits, Some(Unit::Percent)),
            (None, Some(digits)) => (digits, Some(Unit::Euros)),
            (None, None) => (trimmed, None),
        };
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        // A word that multiplies it stands behind.
        if ["thousand", "million", "billion", "mio", "bn", "m", "k"].contains(&self.word(at + 1)) {
            return None;
        }
        plain(digits).map(|amount| (amount, unit))
    }
}

/// A figure as English writes it; "2,5" and "1.200" may be meant otherwise, so they are none.
fn plain(digits: &str) -> Option<f64> {
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = whole.contains(',');
    let fits = !is_grouped || (first.len() <= 3 && groups.all(|group| group.len() == 3));
    let is_thousands = part.is_some_and(|part| part.len() == 3 && !is_grouped && first.len() <= 3);
    if !fits || is_thousands {
        return None;
    }
    digits.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(f64, Unit)> {
        let written: Vec<&str> = text.split_whitespace().collect();
        let bare: Vec<String> = written.iter().map(super::super::limits::bare).collect();
        quantities(&written, &bare).into_iter().map(|found| (found.amount, found.unit)).collect()
    }

    #[test]
    fn quantities_are_read_as_they_are_written() {
        for (text, wanted) in [
            ("within 72 hours.", vec![(72.0, Unit::Hours)]),
            ("three days", vec![(72.0, Unit::Hours)]),
            ("between 14 and 45 days", vec![(336.0, Unit::Hours), (1080.0, Unit::Hours)]),
            ("between 5 and 10%", vec![(5.0, Unit::Percent), (10.0, Unit::Percent)]),
            ("5 per cent, 5 %, 5%", vec![(5.0, Unit::Percent); 3]),
            ("EUR 1,200; 1,200 euros; \u{20ac}1,200", vec![(1200.0, Unit::Euros); 3]),
            ("5 working days", vec![(5.0, Unit::WorkingDays)]),
            ("clause 4 of 2026, room 12", vec![]),
            ("2,5 % or 1.200 EUR or EUR 5 million", vec![]),
            ("2.5 % or 1,200.50 EUR", vec![(2.5, Unit::Percent), (1200.5, Unit::Euros)]),
        ] {
            assert_eq!(of(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_long_text_takes_no_longer_than_its_words() {
        assert!(of(&"1 and ".repeat(100_000)).is_empty());
    }
}
