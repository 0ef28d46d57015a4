//! Threads in which people talk to each other: what decides is the latest post that named somebody.
//!
//! Kept in memory only: after a restart a thread belongs to the bot again until somebody names another one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::domain::Conversation;

/// Threads that are remembered.
const MOST: usize = 10_000;

/// Whom somebody named in a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The bot.
    Me,
    /// Somebody else.
    Other,
}

/// Who was named last, by thread.
#[derive(Default)]
pub(super) struct Talks(Mutex<HashMap<Conversation, (String, Named)>>);

impl Talks {
    /// Notes whom the post `ts` named. Slack sends by two sockets, and a post twice, so an older one may come last.
    pub(super) fn note(&self, thread: &Conversation, ts: &str, named: Named) {
        let mut talks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if talks.len() >= MOST && !talks.contains_key(thread) {
            talks.clear();
        }
        let last = talks.entry(thread.clone()).or_insert_with(|| (ts.to_owned(), named));
        // A ts is seconds of ten digits, a point and six digits, so the order of its text is that of time.
        if last.0.as_str() <= ts {
            *last = (ts.to_owned(), named);
        }
    }

    /// Whether people talk to each other there.
    pub(super) fn among_people(&self, thread: &Conversation) -> bool {
        let talks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        talks.get(thread).is_some_and(|(_, named)| *named == Named::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_post_decides_in_whatever_order_they_come() {
        let (talks, thread) = (Talks::default(), Conversation("slack/t/c/1".to_owned()));
        assert!(!talks.among_people(&thread));
        talks.note(&thread, "1795558100.488882", Named::Other);
        assert!(talks.among_people(&thread));
        // The second event of the mention that began the thread.
        talks.note(&thread, "1795558100.451426", Named::Me);
        assert!(talks.among_people(&thread));
        talks.note(&thread, "1795558101.000001", Named::Me);
        assert!(!talks.among_people(&thread));
        talks.note(&thread, "1795558100.999999", Named::Other);
        assert!(!talks.among_people(&thread));
    }

    #[test]
    fn it_forgets_rather_than_grows() {
        let talks = Talks::default();
        for n in 0..=MOST {
            talks.note(&Conversation(n.to_string()), "1795558100.000001", Named::Other);
        }
        assert!(talks.among_people(&Conversation(MOST.to_string())));
        assert_eq!(talks.0.lock().unwrap().len(), 1);
    }
}
