//! `AdamW` (arXiv 1711.05101) over the adapter's matrices, with a clipped norm and a cosine rate.

use candle_core::{Result, Tensor};

use crate::adapter::Lora;

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.99;
const EPSILON: f64 = 1e-8;

/// First and second moments of every matrix, in the order of `Adapter::tensors`.
#[derive(Debug, Clone)]
pub struct AdamW {
    /// Steps taken.
    pub step: usize,
    /// Mean gradients.
    pub first: Vec<Tensor>,
    /// Mean squared gradients.
    pub second: Vec<Tensor>,
}

impl AdamW {
    /// Moments of zero.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(tensors: &[Tensor]) -> Result<Self> {
        let zeros = || tensors.iter().map(Tensor::zeros_like).collect::<Result<Vec<_>>>();
        Ok(Self { step: 0, first: zeros()?, second: zeros()? })
    }

    /// Takes one step down `gradients`, returning the new matrices.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn step(
        &mut self,
        tensors: &[Tensor],
        gradients: &[Tensor],
        rate: f64,
        weight_decay: f64,
    ) -> Result<Vec<Tensor>> {
        self.step += 1;
        let steps = i32::try_from(self.step).unwrap_or(i32::MAX);
        let (first_bias, second_bias) = (1.0 - FIRST_DECAY.powi(steps), 1.0 - SECOND_DECAY.powi(steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        let mut moved = Vec::with_capacity(tensors.len());
        for ((tensor, gradient), (first, second)) in tensors.iter().zip(gradients).zip(moments) {
            *first = ((&*first * FIRST_DECAY)? + (gradient * (1.0 - FIRST_DECAY))?)?;
            *second = ((&*second * SECOND_DECAY)? + (gradient.sqr()? * (1.0 - SECOND_DECAY))?)?;
            let spread = ((&*second / second_bias)?.sqrt()? + EPSILON)?;
            let direction = ((&*first / first_bias)? / spread)?;
            moved.push(((tensor * (1.0 - rate * weight_decay))? - (direction * rate)?)?);
        }
        Ok(moved)
    }
}

/// Divides summed gradients by `tokens` and scales them down to a norm of at most `most`; returns the norm before.
///
/// # Errors
/// When memory runs out.
pub fn clip(gradients: Vec<Vec<Lora>>, tokens: usize, most: f64) -> Result<(Vec<Tensor>, f64)> {
    let flat: Vec<Tensor> = gradients.into_iter().flatten().flat_map(|pair| [pair.a, pair.b]).collect();
    let mut squares = 0.0;
    for gradient in &flat {
        squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
    }
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    let tokens = tokens.max(1) as f64;
    let norm = squares.sqrt() / tokens;
    let scale = if norm > most { most / norm } else { 1.0 } / tokens;
    let scaled = flat.iter().map(|gradient| gradient * scale).collect::<Result<_>>()?;
    Ok((scaled, norm))
}

/// The rate at `step` of `steps`: a linear rise over the first `warm_up` of them, then half a cosine down to nothing.
#[must_use]
pub fn rate(step: usize, steps: usize, warm_up: f64, most: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "step counts are far below 2^52")]
    let (step, steps) = (step as f64 + 1.0, steps.max(1) as f64);
    let rise = (steps * warm_up).max(1.0);
    if step < rise {
        return most * step / rise;
    }
    let done = ((step - rise) / (steps - rise).max(1.0)).min(1.0);
    most * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_then_falls_to_nothing() {
        let at = |step| rate(step, 100, 0.1, 1.0);
        assert!((at(0) - 0.1).abs() < 1e-9 && (at(9) - 1.0).abs() < 1e-9);
        assert!(at(50) < at(20) && at(99) < 0.001);
    }
}
