//! Rate limits: one bucket of calls per method, app and workspace, and one of posts per channel.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::settings::Rates;

/// Calls per minute that Slack grants a method, <https://docs.slack.dev/apis/web-api/rate-limits/>.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tier {
    /// 20 a minute.
    Two,
    /// 50 a minute.
    Three,
    /// 100 a minute.
    Four,
    /// A method's own number a minute.
    Special(f64),
    /// Counted by channel, not by tier: `chat.postMessage`.
    Posting,
}

struct Bucket {
    calls: f64,
    filled_at: Instant,
}

/// The buckets of all apps.
#[derive(Default)]
pub(crate) struct Buckets(BTreeMap<String, Bucket>);

impl Buckets {
    /// Takes one call of `method` by `app`, or says how long to wait.
    ///
    /// # Errors
    /// The time until the next call is free.
    pub fn take(
        &mut self,
        app: &str,
        method: &str,
        channel: Option<&str>,
        tier: Tier,
        rates: &Rates,
    ) -> Result<(), Duration> {
        let per_minute = match tier {
            Tier::Two => 20.0 * rates.tiers,
            Tier::Three => 50.0 * rates.tiers,
            Tier::Four => 100.0 * rates.tiers,
            Tier::Special(number) => number * rates.tiers,
            Tier::Posting => {
                let channel = channel.unwrap_or_default();
                let key = format!("{app} posts {channel}");
                self.take_one(key, rates.post_burst, rates.posts_per_second)?;
                rates.posts_per_minute
            }
        };
        self.take_one(format!("{app} {method}"), per_minute, per_minute / 60.0)
    }

    fn take_one(&mut self, key: String, capacity: f64, per_second: f64) -> Result<(), Duration> {
        let now = Instant::now();
        let bucket = self.0.entry(key).or_insert(Bucket { calls: capacity, filled_at: now });
        let grown = now.duration_since(bucket.filled_at).as_secs_f64() * per_second;
        bucket.calls = (bucket.calls + grown).min(capacity);
        bucket.filled_at = now;
        if bucket.calls >= 1.0 {
            bucket.calls -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.calls) / per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_takes_a_burst_and_then_one_post_a_second() {
        let (mut buckets, rates) = (Buckets::default(), Rates::default());
        let mut post = |channel| buckets.take("A1", "chat.postMessage", Some(channel), Tier::Posting, &rates);
        for _ in 0..4 {
            post("C1").unwrap();
        }
        let wait = post("C1").unwrap_err();
        assert!(wait <= Duration::from_secs(1) && wait > Duration::from_millis(500), "{wait:?}");
        post("C2").expect("another channel has a bucket of its own");
    }

    #[test]
    fn a_tier_is_spent_by_one_app_alone() {
        let (mut buckets, rates) = (Buckets::default(), Rates::default());
        let mut list = |app| buckets.take(app, "conversations.list", None, Tier::Two, &rates);
        for _ in 0..20 {
            list("A1").unwrap();
        }
        list("A1").unwrap_err();
        list("A2").unwrap();
    }
}
