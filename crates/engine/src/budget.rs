//! One byte budget over weights, adapters, contexts and prefixes, and what to let go when it is full.
//!
//! Eviction is Greedy-Dual-Size-Frequency: what is cheap to make again, seldom used and large goes first
//! (Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching", HPL-98-69R1).

use std::{collections::HashMap, hash::Hash, time::Duration};

/// A budget was too small even after everything idle had gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) needed_bytes: u64,
    pub(crate) limit_bytes: u64,
}

struct Entry {
    bytes: u64,
    cost: Duration,
    uses: u32,
    pins: u32,
    priority: f64,
}

/// Who holds how many bytes.
pub(crate) struct Ledger<K> {
    limit_bytes: u64,
    used_bytes: u64,
    /// Priority of what was let go last: newcomers start from it, so that old fame fades.
    age: f64,
    entries: HashMap<K, Entry>,
}

impl<K: Clone + Eq + Hash + Ord> Ledger<K> {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, used_bytes: 0, age: 0.0, entries: HashMap::new() }
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.used_bytes
    }

    /// Chooses what must go so that `bytes` more fit; the caller drops those and calls [`Self::forget`].
    pub(crate) fn make_room(&self, bytes: u64) -> Result<Vec<K>, Over> {
        let mut going = Vec::new();
        let mut free = self.limit_bytes.saturating_sub(self.used_bytes);
        let mut idle: Vec<_> = self.entries.iter().filter(|(_, e)| e.pins == 0).collect();
        idle.sort_by(|a, b| a.1.priority.total_cmp(&b.1.priority).then_with(|| a.0.cmp(b.0)));
        for (key, entry) in idle {
            if free >= bytes {
                break;
            }
            free += entry.bytes;
            going.push(key.clone());
        }
        if free >= bytes {
            return Ok(going);
        }
        Err(Over { needed_bytes: self.used_bytes + bytes, limit_bytes: self.limit_bytes })
    }

    /// Records that `key` now holds `bytes` and would take `cost` to make again.
    pub(crate) fn hold(&mut self, key: K, bytes: u64, cost: Duration) {
        self.forget(&key);
        self.used_bytes += bytes;
        let mut entry = Entry { bytes, cost, uses: 0, pins: 0, priority: 0.0 };
        entry.touch(self.age);
        self.entries.insert(key, entry);
    }

    /// Counts a use.
    pub(crate) fn touch(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.touch(self.age);
        }
    }

    /// Keeps `key` from being let go until [`Self::unpin`].
    pub(crate) fn pin(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.pins += 1;
        }
    }

    pub(crate) fn unpin(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.pins = entry.pins.saturating_sub(1);
        }
    }

    /// Gives back what `key` held.
    pub(crate) fn forget(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.used_bytes -= entry.bytes;
            self.age = self.age.max(entry.priority);
        }
    }
}

impl Entry {
    fn touch(&mut self, age: f64) {
        self.uses = self.uses.saturating_add(1);
        #[expect(clippy::cast_precision_loss, reason = "a priority needs no exact bytes")]
        let bytes = self.bytes.max(1) as f64;
        self.priority = age + self.cost.as_secs_f64() * f64::from(self.uses) / bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(limit: u64) -> Ledger<&'static str> {
        Ledger::new(limit)
    }

    #[test]
    fn what_is_cheap_seldom_used_and_large_goes_first() {
        let mut ledger = ledger(100);
        ledger.hold("dear", 30, Duration::from_secs(3));
        ledger.hold("cheap", 30, Duration::from_millis(3));
        ledger.hold("used", 30, Duration::from_millis(3));
        ledger.touch(&"used");
        assert_eq!(ledger.make_room(10), Ok(vec![]));
        assert_eq!(ledger.make_room(30), Ok(vec!["cheap"]));
        assert_eq!(ledger.make_room(60), Ok(vec!["cheap", "used"]));
    }

    #[test]
    fn pinned_entries_stay_and_the_refusal_names_the_numbers() {
        let mut ledger = ledger(100);
        ledger.hold("base", 90, Duration::ZERO);
        ledger.pin(&"base");
        assert_eq!(ledger.make_room(20), Err(Over { needed_bytes: 110, limit_bytes: 100 }));
        ledger.unpin(&"base");
        assert_eq!(ledger.make_room(20), Ok(vec!["base"]));
    }

    #[test]
    fn the_sum_is_right_after_holding_again_and_forgetting() {
        let mut ledger = ledger(100);
        ledger.hold("a", 40, Duration::ZERO);
        ledger.hold("a", 10, Duration::ZERO);
        assert_eq!(ledger.used_bytes(), 10);
        ledger.forget(&"a");
        ledger.forget(&"a");
        assert_eq!(ledger.used_bytes(), 0);
    }

    #[test]
    fn old_fame_fades() {
        let mut ledger = ledger(10);
        ledger.hold("famous", 5, Duration::from_secs(1));
        for _ in 0..3 {
            ledger.touch(&"famous");
        }
        for _ in 0..20 {
            ledger.hold("passing", 5, Duration::from_secs(1));
            ledger.forget(&"passing");
        }
        ledger.hold("new", 5, Duration::from_secs(1));
        assert_eq!(ledger.make_room(5), Ok(vec!["famous"]));
    }
}
