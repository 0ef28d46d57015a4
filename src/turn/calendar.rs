//! The names of months and of days of the week, in full or cut to three letters.

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Returns the number of the month, from 1, that a word in lower case names.
pub(super) fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|name| names(word, name))?;
    u32::try_from(at).ok().map(|at| at + 1)
}

/// Says whether a word in lower case names a day of the week.
pub(super) fn is_day(word: &str) -> bool {
    DAYS.iter().any(|name| names(word, name))
}

/// Says whether a word is cut short, so that a full stop behind it may belong to it.
pub(super) fn is_cut(word: &str) -> bool {
    (word.len() == 3 && word != "may") || word == "sept"
}

fn names(word: &str, name: &str) -> bool {
    word == name || (is_cut(word) && name.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_full_and_cut_and_nothing_else_is() {
        for (word, number) in [("january", 1), ("jan", 1), ("may", 5), ("sept", 9), ("sep", 9), ("dec", 12)] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for word in ["", "ja", "janu", "mon", "marc", "ember"] {
            assert_eq!(month(word), None, "{word}");
        }
        for word in ["mon", "sunday", "thu"] {
            assert!(is_day(word), "{word}");
        }
        for word in ["", "mo", "thur", "day", "may"] {
            assert!(!is_day(word), "{word}");
        }
    }
}
