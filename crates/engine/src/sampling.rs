//! From logits to a token, and from logits to a log-probability.

use crate::llama::Token;

/// The token with the highest logit; ties go to the smaller id, NaN never wins.
pub(crate) fn likeliest(logits: &[f32]) -> Option<Token> {
    // Blocks first, so that the compiler can vectorise the search through 50,000 values.
    let max = logits
        .chunks(1024)
        .map(|block| block.iter().copied().fold(f32::NEG_INFINITY, f32::max))
        .fold(f32::NEG_INFINITY, f32::max);
    let at = logits.iter().position(|logit| *logit == max)?;
    Token::try_from(at).ok()
}

/// Natural logarithm of the probability that `logits` give to `token`.
pub(crate) fn log_probability(logits: &[f32], token: Token) -> Option<f32> {
    let logit = *logits.get(usize::try_from(token).ok()?)?;
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|l| f64::from(l - max).exp()).sum();
    #[expect(clippy::cast_possible_truncation, reason = "a log-probability needs no more than f32")]
    Some(logit - max - sum.ln() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_token_is_the_first_of_equals() {
        assert_eq!(likeliest(&[0.0, 2.0, 2.0, 1.0]), Some(1));
        assert_eq!(likeliest(&[f32::NAN, -1.0]), Some(1));
        assert_eq!(likeliest(&[]), None);
    }

    #[test]
    fn log_probabilities_sum_to_one() {
        let logits = [1.0, 2.0, 3.0, -4.0];
        let sum: f32 = (0..4).map(|t| log_probability(&logits, t).unwrap().exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(log_probability(&logits, 9), None);
        assert_eq!(log_probability(&logits, -1), None);
    }
}
