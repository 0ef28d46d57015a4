//! Derivatives, written out: each function is one operation, its `_back` twin the gradient with respect to its input.
//!
//! candle's fused operations cut its automatic graph without an error (`apply_op_no_bwd`), and its `matmul`
//! computes the gradient of frozen weights too, a third of all work. So there is no graph here: tensors are
//! plain arrays, and every gradient is an expression that a finite-difference test holds.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::{adapter::Lora, base::Rope};

/// A frozen matrix `[out, in]` with its bias and its pair of thin ones.
#[derive(Clone, Copy)]
pub struct Linear<'l> {
    /// `[out, in]`.
    pub weight: &'l Tensor,
    /// `[out]`.
    pub bias: Option<&'l Tensor>,
    /// The pair.
    pub lora: &'l Lora,
    /// `alpha / rank`.
    pub scale: f64,
}

impl Linear<'_> {
    /// `[t, in]` to `[t, out]`; the second is `x Aᵀ`, which the gradient needs.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let thin = x.matmul(&self.lora.a.t()?)?;
        let own = (thin.matmul(&self.lora.b.t()?)? * self.scale)?;
        let mut y = (x.matmul(&self.weight.t()?)? + own)?;
        if let Some(bias) = self.bias {
            y = y.broadcast_add(bias)?;
        }
        Ok((y, thin))
    }

    /// Gradients of the input and of the pair.
    pub fn back(&self, x: &Tensor, thin: &Tensor, dy: &Tensor) -> Result<(Tensor, Lora)> {
        let dthin = (dy.matmul(&self.lora.b)? * self.scale)?;
        let b = (dy.t()?.matmul(thin)? * self.scale)?;
        let a = dthin.t()?.matmul(x)?;
        let dx = (dy.matmul(self.weight)? + dthin.matmul(&self.lora.a)?)?;
        Ok((dx, Lora { a, b }))
    }
}

/// Root-mean-square norm over the last dimension (arXiv 1910.07467).
pub fn norm(x: &Tensor, gain: &Tensor, epsilon: f32) -> Result<Tensor> {
    candle_nn::ops::rms_norm(&x.contiguous()?, gain, epsilon)
}

/// Gradient of [`norm`].
pub fn norm_back(x: &Tensor, gain: &Tensor, epsilon: f32, dy: &Tensor) -> Result<Tensor> {
    let inverse = (x.sqr()?.mean_keepdim(D::Minus1)? + f64::from(epsilon))?.sqrt()?.recip()?;
    let scaled = dy.broadcast_mul(gain)?;
    let along = ((&scaled * x)?.mean_keepdim(D::Minus1)? * inverse.powf(3.0)?)?;
    scaled.broadcast_mul(&inverse)? - x.broadcast_mul(&along)?
}

/// `silu(gate) * up` (arXiv 2002.05202).
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.apply_op2_no_bwd(up, &SwiGlu)
}

/// Gradients of [`swiglu`] with respect to gate and up.
pub fn swiglu_back(gate: &Tensor, up: &Tensor, dy: &Tensor) -> Result<(Tensor, Tensor)> {
    let both = gate.apply_op3_no_bwd(up, dy, &SwiGluBack)?;
    Ok((both.get(0)?, both.get(1)?))
}

/// One pass on all threads; as single candle operations it would be five passes on one.
struct SwiGlu;

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (values(gate, gate_layout)?, values(up, up_layout)?);
        let mut y = vec![0.0_f32; gate.len()];
        y.par_iter_mut()
            .zip(gate)
            .zip(up)
            .with_min_len(GRAIN)
            .for_each(|((y, g), u)| *y = g * sigmoid(*g) * u);
        Ok((CpuStorage::F32(y), gate_layout.shape().clone()))
    }
}

/// Both gradients, stacked.
struct SwiGluBack;

impl CustomOp3 for SwiGluBack {
    fn name(&self) -> &'static str {
        "swiglu-back"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
        dy: &CpuStorage,
        dy_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up, dy) = (values(gate, gate_layout)?, values(up, up_layout)?, values(dy, dy_layout)?);
        let mut both = vec![0.0_f32; 2 * gate.len()];
        let (dgate, dup) = both.split_at_mut(gate.len());
        let outputs = dgate.par_iter_mut().zip(dup);
        outputs.zip(gate).zip(up).zip(dy).with_min_len(GRAIN).for_each(|((((dgate, dup), g), u), dy)| {
            let s = sigmoid(*g);
            // silu' = s + g s (1 - s)
            *dgate = dy * u * (s + g * s * (1.0 - s));
            *dup = dy * g * s;
        });
        let shape = [&[2], gate_layout.dims()].concat();
        Ok((CpuStorage::F32(both), Shape::from(shape)))
    }
}

/// Values that one thread takes at least.
const GRAIN: usize = 1 << 14;

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn values<'s>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [f32]> {
    let (from, to) =
        layout.contiguous_offsets().ok_or(candle_core::Error::RequiresContiguous { op: "swiglu" })?;
    let values = storage.as_slice::<f32>()?;
    values.get(from..to).ok_or_else(|| candle_core::Error::msg("a layout reaches beyond its storage"))
}

/// Turns `[heads, t, width]` by the angles of its positions (arXiv 2104.09864).
pub fn turn(x: &Tensor, cos: &Tensor, sin: &Tensor, rope: Rope) -> Result<Tensor> {
    let x = x.contiguous()?.unsqueeze(0)?;
    match rope {
        Rope::Interleaved => candle_nn::rotary_emb::rope_i(&x, cos, sin)?,
        Rope::Halves => candle_nn::rotary_emb::rope(&x, cos, sin)?,
    }
    .squeeze(0)
}

/// Gradient of [`turn`]: the turn back.
pub fn turn_back(dy: &Tensor, cos: &Tensor, sin: &Tensor, rope: Rope) -> Result<Tensor> {
    turn(dy, cos, &sin.neg()?, rope)
}

/// Attention of one tree: `q` `[kv, group * t, width]` (already scaled), `k` and `v` `[kv, t, width]`, `mask` `[t, t]`.
///
/// Returns the output like `q` and the probabilities, which the gradient needs.
pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, mask: &Tensor) -> Result<(Tensor, Tensor)> {
    let (kv, rows, _) = q.dims3()?;
    let t = k.dim(1)?;
    let scores = q.matmul(&k.transpose(1, 2)?)?;
    let scores = scores.reshape((kv, rows / t, t, t))?.broadcast_add(mask)?;
    let probabilities = candle_nn::ops::softmax_last_dim(&scores)?.reshape((kv, rows, t))?;
    Ok((probabilities.matmul(v)?, probabilities))
}

/// Gradients of [`attend`] with respect to q, k and v.
pub fn attend_back(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    probabilities: &Tensor,
    dy: &Tensor,
) -> Result<(Tensor, Tensor, Tensor)> {
    let dv = probabilities.transpose(1, 2)?.matmul(dy)?;
    let dp = dy.matmul(&v.transpose(1, 2)?)?;
    let weighted = (&dp * probabilities)?;
    let along = weighted.sum_keepdim(D::Minus1)?;
    let ds = (weighted - probabilities.broadcast_mul(&along)?)?;
    Ok((ds.matmul(k)?, ds.transpose(1, 2)?.matmul(q)?, dv))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn random(seed: u64, shape: &[usize]) -> Tensor {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|_| random.random::<f32>() * 2.0 - 1.0).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    /// Compares `gradient` of `sum(f(x) * weights)` with central differences, entry by entry.
    fn check(x: &Tensor, weights: &Tensor, gradient: &Tensor, f: impl Fn(&Tensor) -> Tensor) {
        let of = |x: &Tensor| {
            let product = (f(x) * weights).unwrap().to_dtype(DType::F64).unwrap();
            product.sum_all().unwrap().to_scalar::<f64>().unwrap()
        };
        let flat = x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let gradient = gradient.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(flat.len(), gradient.len());
        for at in 0..flat.len() {
            let step = 1e-2;
            let moved = |by: f32| {
                let mut values = flat.clone();
                values[at] += by;
                of(&Tensor::from_vec(values, x.dims(), &Device::Cpu).unwrap())
            };
            let measured = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let given = f64::from(gradient[at]);
            assert!((measured - given).abs() < 2e-3 + 2e-3 * given.abs(), "{at}: {measured} against {given}");
        }
    }

    #[test]
    fn the_gradient_of_the_norm_is_the_measured_one() {
        let (x, gain, w) = (random(1, &[3, 8]), random(2, &[8]), random(3, &[3, 8]));
        let gradient = norm_back(&x, &gain, 1e-5, &w).unwrap();
        check(&x, &w, &gradient, |x| norm(x, &gain, 1e-5).unwrap());
    }

    #[test]
    fn the_gradients_of_swiglu_are_the_measured_ones() {
        let (gate, up, w) = (random(1, &[3, 5]), random(2, &[3, 5]), random(3, &[3, 5]));
        let (dgate, dup) = swiglu_back(&gate, &up, &w).unwrap();
        check(&gate, &w, &dgate, |gate| swiglu(gate, &up).unwrap());
        check(&up, &w, &dup, |up| swiglu(&gate, up).unwrap());
    }

    #[test]
    fn the_gradient_of_a_turn_is_the_measured_one_both_ways_of_pairing() {
        let (x, w) = (random(1, &[2, 3, 8]), random(2, &[2, 3, 8]));
        let angles = random(3, &[3, 4]);
        let (cos, sin) = (angles.cos().unwrap(), angles.sin().unwrap());
        for rope in [Rope::Interleaved, Rope::Halves] {
            let gradient = turn_back(&w, &cos, &sin, rope).unwrap();
            check(&x, &w, &gradient, |x| turn(x, &cos, &sin, rope).unwrap());
        }
    }

    #[test]
    fn the_gradients_of_attention_are_the_measured_ones() {
        let (q, k, v) = (random(1, &[2, 6, 4]), random(2, &[2, 3, 4]), random(3, &[2, 3, 4]));
        let hidden = f32::NEG_INFINITY;
        let mask = [0.0, hidden, hidden, 0.0, 0.0, hidden, 0.0, hidden, 0.0];
        let mask = Tensor::from_slice(&mask, (3, 3), &Device::Cpu).unwrap();
        let w = random(4, &[2, 6, 4]);
        let (_, p) = attend(&q, &k, &v, &mask).unwrap();
        let (dq, dk, dv) = attend_back(&q, &k, &v, &p, &w).unwrap();
        check(&q, &w, &dq, |q| attend(q, &k, &v, &mask).unwrap().0);
        check(&k, &w, &dk, |k| attend(&q, k, &v, &mask).unwrap().0);
        check(&v, &w, &dv, |v| attend(&q, &k, v, &mask).unwrap().0);
    }

    #[test]
    fn the_gradients_of_a_linear_are_the_measured_ones() {
        let (weight, bias, x, w) =
            (random(1, &[4, 6]), random(2, &[4]), random(3, &[3, 6]), random(4, &[3, 4]));
        let lora = Lora { a: random(5, &[2, 6]), b: random(6, &[4, 2]) };
        let linear = Linear { weight: &weight, bias: Some(&bias), lora: &lora, scale: 2.0 };
        let (_, thin) = linear.forward(&x).unwrap();
        let (dx, pair) = linear.back(&x, &thin, &w).unwrap();
        check(&x, &w, &dx, |x| linear.forward(x).unwrap().0);
        check(&lora.a, &w, &pair.a, |a| {
            let lora = Lora { a: a.clone(), b: lora.b.clone() };
            Linear { lora: &lora, ..linear }.forward(&x).unwrap().0
        });
        check(&lora.b, &w, &pair.b, |b| {
            let lora = Lora { a: lora.a.clone(), b: b.clone() };
            Linear { lora: &lora, ..linear }.forward(&x).unwrap().0
        });
    }
}
