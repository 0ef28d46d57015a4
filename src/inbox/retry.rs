//! When a failed turn or delivery is tried again.

use std::time::Duration;

/// After this many orderly failures a message is parked.
pub const FAILURES_MAX: i64 = 5;
/// After this many, when what failed is another service that comes back by itself: half an hour on average.
pub const OUTAGE_FAILURES_MAX: i64 = 14;

const BASE: Duration = Duration::from_secs(2);
const CAP: Duration = Duration::from_secs(15 * 60);

/// How long to wait after the `failures`-th failure of at most `most`, or `None` to park.
///
/// Full jitter: anything up to 2, 4, 8, … seconds, so that what failed together does not return together
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[must_use]
pub fn retry_after(failures: i64, most: i64) -> Option<Duration> {
    (failures < most).then(|| jittered(failures, rand::random()))
}

/// A share of the full delay; `share` is in [0, 1).
#[must_use]
pub fn jittered(failures: i64, share: f64) -> Duration {
    let doublings = u32::try_from(failures.clamp(1, 20) - 1).unwrap_or(0);
    let full = BASE.saturating_mul(1 << doublings).min(CAP);
    full.mul_f64(share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap() {
        for (failures, seconds) in [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (99, 900)] {
            assert_eq!(jittered(failures, 1.0), Duration::from_secs(seconds), "{failures}");
        }
        assert_eq!(jittered(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn an_outage_of_half_an_hour_parks_nothing() {
        let waited: Duration = (1..OUTAGE_FAILURES_MAX).map(|failures| jittered(failures, 0.5)).sum();
        assert!(waited > Duration::from_secs(30 * 60), "{waited:?}");
        assert!(retry_after(OUTAGE_FAILURES_MAX, OUTAGE_FAILURES_MAX).is_none());
    }

    #[test]
    fn the_fifth_failure_parks() {
        assert!(retry_after(4, FAILURES_MAX).is_some());
        assert!(retry_after(5, FAILURES_MAX).is_none());
    }
}
