//! Who is who in an export.

use std::{collections::BTreeMap, fmt};

/// Most names that are counted; a mailing list has more, and the first ones say enough.
const COUNTED: usize = 20_000;

/// The names and addresses that the person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    names: Vec<String>,
}

impl Me {
    /// Collects names, handles and addresses; case does not count.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Self { names: names.collect() }
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let name = name.trim().trim_start_matches('@').to_lowercase();
        self.names.iter().any(|own| own.trim_start_matches('@').to_lowercase() == name)
    }

    /// Whether one of several names of somebody is one of them.
    pub fn is_any<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> bool {
        names.into_iter().any(|name| self.is(name))
    }
}

impl fmt::Display for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names.first().map_or("the person", String::as_str))
    }
}

/// Counts the other people of an export.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, u64>);

impl Seen {
    pub fn count(&mut self, name: &str) {
        if let Some(n) = self.0.get_mut(name) {
            *n += 1;
        } else if self.0.len() < COUNTED {
            self.0.insert(name.to_owned(), 1);
        }
    }

    /// The names that were seen most, without mail addresses: those are nobody's to list.
    pub fn most_frequent(&self, most: usize) -> Vec<String> {
        let mut names: Vec<(&String, &u64)> = self.0.iter().collect();
        names.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), (*name).clone()));
        let shown = names.into_iter().map(|(name, _)| name.split('@').next().unwrap_or_default().trim());
        shown.filter(|name| !name.is_empty()).take(most).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_known_by_name_handle_or_address() {
        let me = Me::new(["Bob Miller".into(), "@bob".into(), "bob@example.org".into(), " ".into()]);
        for name in ["bob miller", "BOB", "@bob", " bob@example.org "] {
            assert!(me.is(name), "{name}");
        }
        assert!(!me.is("bobby") && !me.is(""));
        assert_eq!(me.to_string(), "Bob Miller");
    }

    #[test]
    fn the_most_frequent_people_are_listed_without_their_addresses() {
        let mut seen = Seen::default();
        for name in ["Carol", "Alice", "Carol", "dave@example.org"] {
            seen.count(name);
        }
        assert_eq!(seen.most_frequent(10), ["Carol", "Alice", "dave"]);
        assert_eq!(seen.most_frequent(1), ["Carol"]);
    }
}
