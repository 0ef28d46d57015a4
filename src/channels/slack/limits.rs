//! How much is answered: other programs get a small budget, people one that they hardly notice.
//!
//! Nothing is kept: after a restart everybody begins anew. A post counts once, however many events it causes.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota};

use super::event::{Author, Said};
use crate::people::SlackApp;

/// How often another program is answered in one channel: three times, then once in 100 seconds.
const BOT_PERIOD: Duration = Duration::from_secs(100);
/// See [`BOT_PERIOD`].
const BOT_BURST: NonZeroU32 = NonZeroU32::new(3).expect("three is not zero");
/// How often somebody is told the same thing.
const TOLD_PERIOD: Duration = Duration::from_secs(600);
/// Posts that are remembered as counted.
const COUNTED_MOST: usize = 10_000;

/// Whether a post may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// It may.
    Yes,
    /// It may not, and its writer is told so.
    SayNo,
    /// It may not, and its writer has been told so, or is a program.
    No,
}

/// How a post came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// As it was said.
    Live,
    /// Read back after a silence, so people are not blamed for its pace.
    Late,
}

/// The budgets of one bot.
pub(super) struct Limits {
    bots: DefaultKeyedRateLimiter<String>,
    people: DefaultKeyedRateLimiter<String>,
    channels: DefaultKeyedRateLimiter<String>,
    told: DefaultKeyedRateLimiter<String>,
    counted: Mutex<HashMap<String, Allowed>>,
}

impl Limits {
    pub(super) fn new(app: &SlackApp) -> Self {
        let period = |period| Quota::with_period(period).expect("the period is not zero");
        Self {
            bots: DefaultKeyedRateLimiter::keyed(period(BOT_PERIOD).allow_burst(BOT_BURST)),
            people: DefaultKeyedRateLimiter::keyed(Quota::per_minute(app.user_per_minute)),
            channels: DefaultKeyedRateLimiter::keyed(Quota::per_minute(app.channel_per_minute)),
            told: DefaultKeyedRateLimiter::keyed(period(TOLD_PERIOD)),
            counted: Mutex::default(),
        }
    }

    /// Counts the post with this key, once.
    pub(super) fn check(&self, key: &str, said: &Said, heard: Heard) -> Allowed {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(allowed) = counted.get(key) {
            return *allowed;
        }
        if counted.len() >= COUNTED_MOST {
            counted.clear();
            for budget in [&self.bots, &self.people, &self.channels, &self.told] {
                budget.retain_recent();
            }
        }
        let allowed = self.decide(said, heard);
        counted.insert(key.to_owned(), allowed);
        allowed
    }

    fn decide(&self, said: &Said, heard: Heard) -> Allowed {
        let user = match &said.author {
            Author::Bot { bot, .. } => {
                let within = self.bots.check_key(&format!("{}/{bot}", said.channel)).is_ok();
                return if within { Allowed::Yes } else { Allowed::No };
            }
            Author::User(user) => user,
            Author::Nobody => return Allowed::No,
        };
        let within = heard == Heard::Late
            || (self.people.check_key(user).is_ok() && self.channels.check_key(&said.channel).is_ok());
        match within {
            true => Allowed::Yes,
            false if self.may_say("too many", user) => Allowed::SayNo,
            false => Allowed::No,
        }
    }

    /// Whether somebody may be told this now, because they have not been told it for a while.
    pub(super) fn may_say(&self, what: &str, user: &str) -> bool {
        self.told.check_key(&format!("{what}/{user}")).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{channels::slack::event::Surface, people::Policy};

    fn post(author: Author, channel: &str) -> Said {
        Said {
            channel: channel.to_owned(),
            surface: Surface::Channel,
            ts: "1.2".to_owned(),
            thread: None,
            parent: None,
            author,
            text: "x".to_owned(),
            files: Vec::new(),
            is_mention: true,
        }
    }

    #[test]
    fn a_post_counts_once_and_who_asks_too_much_is_told_once() {
        let few = NonZeroU32::new(2).unwrap();
        let many = NonZeroU32::new(100).unwrap();
        let app = SlackApp {
            app_token: String::new(),
            bot_token: String::new(),
            policy: Policy::Thread,
            channels: Default::default(),
            user_per_minute: few,
            channel_per_minute: many,
        };
        let limits = Limits::new(&app);
        let alice = post(Author::User("U1".to_owned()), "C1");
        let check = |key: &str, said: &Said| limits.check(key, said, Heard::Live);
        // Two events for each post.
        for (key, allowed) in [
            ("1", Allowed::Yes),
            ("1", Allowed::Yes),
            ("2", Allowed::Yes),
            ("3", Allowed::SayNo),
            ("3", Allowed::SayNo),
            ("4", Allowed::No),
        ] {
            assert_eq!(check(key, &alice), allowed, "{key}");
        }
        assert_eq!(limits.check("5", &alice, Heard::Late), Allowed::Yes, "read back");
        assert_eq!(check("6", &post(Author::User("U2".to_owned()), "C1")), Allowed::Yes, "somebody else");
        let bot = post(Author::Bot { bot: "B1".to_owned(), user: None }, "C1");
        let answers = ["b1", "b2", "b3", "b4"].map(|key| check(key, &bot));
        assert_eq!(answers, [Allowed::Yes, Allowed::Yes, Allowed::Yes, Allowed::No]);
    }

    #[test]
    fn a_busy_channel_is_slowed_down_whoever_asks() {
        let app = SlackApp {
            app_token: String::new(),
            bot_token: String::new(),
            policy: Policy::Thread,
            channels: Default::default(),
            user_per_minute: NonZeroU32::new(100).unwrap(),
            channel_per_minute: NonZeroU32::new(1).unwrap(),
        };
        let limits = Limits::new(&app);
        let check = |key: &str, user: &str, channel: &str| {
            limits.check(key, &post(Author::User(user.to_owned()), channel), Heard::Live)
        };
        assert_eq!(check("1", "U1", "C1"), Allowed::Yes);
        assert_eq!(check("2", "U2", "C1"), Allowed::SayNo);
        assert_eq!(check("3", "U2", "C2"), Allowed::Yes);
    }
}
