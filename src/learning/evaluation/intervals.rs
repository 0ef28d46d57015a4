//! 95 % intervals: Wilson's for shares of counts, a bootstrap for everything else.

use crate::learning::{
    judge::{self, Estimate},
    quality::Share,
};

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// Wilson's score interval (E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
/// Journal of the American Statistical Association 22, 1927, 209-212); none of none.
///
/// Unlike the textbook interval it stays inside 0 and 1, and has a width even when every try succeeded.
#[must_use]
pub fn wilson(share: Share) -> Option<Estimate> {
    let mean = share.value()?;
    let n = judge::count(share.of);
    let z2 = Z * Z;
    let centre = (mean + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let reach = Z / (1.0 + z2 / n) * (mean * (1.0 - mean) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Estimate { mean, low: (centre - reach).max(0.0), high: (centre + reach).min(1.0) })
}

/// The mean of paired differences, with a bootstrap over the pairs.
pub(super) fn mean(pairs: &[f64], seed: u64) -> Estimate {
    judge::bootstrap(pairs, seed, |drawn| {
        drawn.iter().copied().sum::<f64>() / judge::count(drawn.len().max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_what_the_tables_say() {
        // Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(Share { hits, of }).unwrap();
            assert!((interval.low - low).abs() < 1e-4 && (interval.high - high).abs() < 1e-4, "{interval:?}");
        }
        assert_eq!(wilson(Share { hits: 0, of: 0 }), None);
    }

    #[test]
    fn equal_answers_differ_by_nothing() {
        assert_eq!(mean(&[0.0; 20], 1), Estimate { mean: 0.0, low: 0.0, high: 0.0 });
        let worse = mean(&[-1.0, -1.0, -1.0, 0.0, -1.0, -1.0, -1.0, -1.0], 1);
        assert!(worse.high < 0.0 && worse.low >= -1.0, "{worse:?}");
    }
}
