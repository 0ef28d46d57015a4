//! Ids that look like Slack's, and timestamps that behave like Slack's.

use std::{
    borrow::Borrow,
    fmt,
    ops::Deref,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub(crate) String);

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

id! {
    /// A workspace, `T…`.
    TeamId,
    /// A Slack app, `A…`; its tokens and sockets hang off it.
    AppId,
    /// A person or a bot's user, `U…`.
    UserId,
    /// A channel (`C…`) or a direct message (`D…`).
    ChannelId,
    /// A file, `F…`.
    FileId,
    /// The time of a message in its channel, `1700000000.000100`: its name in that channel, never used twice.
    Ts,
}

/// Deals out ids in an order that is the same in every run.
#[derive(Default)]
pub(crate) struct Ids {
    dealt: u64,
    last_micros: u64,
}

impl Ids {
    /// The next id behind `prefix`, such as `U0` and eight more characters.
    pub fn next(&mut self, prefix: &str) -> String {
        const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        const SPACE: u64 = 36_u64.pow(8);
        self.dealt += 1;
        // The factor has no divisor in common with 36, so every number gets an id of its own.
        let mut rest = self.dealt.wrapping_mul(1_540_483_477) % SPACE;
        let mut tail = [b'0'; 8];
        for place in tail.iter_mut().rev() {
            *place =
                usize::try_from(rest % 36).ok().and_then(|digit| DIGITS.get(digit)).copied().unwrap_or(b'0');
            rest /= 36;
        }
        format!("{prefix}0{}", String::from_utf8_lossy(&tail))
    }

    /// The next timestamp: now, or just after the last one.
    pub fn ts(&mut self) -> Ts {
        self.last_micros = micros().max(self.last_micros + 1);
        Ts(format!("{}.{:06}", self.last_micros / 1_000_000, self.last_micros % 1_000_000))
    }
}

fn micros() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Unix time in milliseconds, for the journal.
pub(crate) fn now_ms() -> u64 {
    micros() / 1000
}

/// Unix time in seconds, for the `created` fields.
pub(crate) fn now_s() -> u64 {
    micros() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_timestamps_ascend() {
        let mut ids = Ids::default();
        let dealt: std::collections::BTreeSet<_> = (0..5000).map(|_| ids.next("U")).collect();
        assert_eq!(dealt.len(), 5000);
        assert!(dealt.iter().all(|id| id.len() == 10), "{dealt:?}");
        let stamps: Vec<_> = (0..5000).map(|_| ids.ts()).collect();
        assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
