//! The whole model: loss of a pack, and its gradient with respect to the adapter.

use candle_core::{D, Device, Result, Tensor};

use crate::{
    adapter::{Adapter, Lora},
    base::Base,
    block::{Adapted, Angles, Kept},
    ops,
    pack::Pack,
};

/// What a forward pass keeps for the gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activations {
    /// Everything: fastest.
    Kept,
    /// Only each block's input; the block is computed again on the way back: a third more time, far less memory.
    Recomputed,
}

/// Loss of a pack.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Loss {
    /// Negative log-likelihood of all reply tokens together, in nats.
    pub sum: f64,
    /// Reply tokens.
    pub tokens: usize,
}

impl Loss {
    /// Nats per reply token.
    #[must_use]
    pub fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
        let tokens = self.tokens.max(1) as f64;
        self.sum / tokens
    }

    /// Adds another pack's.
    pub fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.tokens += other.tokens;
    }
}

/// A base with an adapter.
#[derive(Clone, Copy)]
pub struct Net<'n> {
    /// Frozen.
    pub base: &'n Base,
    /// Learnt.
    pub adapter: &'n Adapter,
}

enum Trace {
    Kept(Box<Kept>),
    Input(Tensor),
}

impl<'n> Net<'n> {
    fn block(&self, n: usize) -> Adapted<'n> {
        #[expect(clippy::indexing_slicing, reason = "an adapter is made or checked against its base")]
        let (block, pairs) = (&self.base.blocks[n], &self.adapter.pairs[n]);
        Adapted { shape: &self.base.shape, block, pairs, scale: self.adapter.scale() }
    }

    fn angles(&self, positions: &[u32]) -> Result<Angles> {
        let half = self.base.shape.head_width / 2;
        let mut values = Vec::with_capacity(positions.len() * half);
        for position in positions {
            for pair in 0..half {
                #[expect(clippy::cast_precision_loss, reason = "heads are narrow")]
                let exponent = pair as f64 / half as f64;
                let angle = f64::from(*position) * f64::from(self.base.shape.rope_base).powf(-exponent);
                #[expect(clippy::cast_possible_truncation, reason = "angles are used in f32")]
                values.push(angle as f32);
            }
        }
        let angles = Tensor::from_vec(values, (positions.len(), half), &Device::Cpu)?;
        Ok(Angles { cos: angles.cos()?, sin: angles.sin()? })
    }

    fn embed(&self, pack: &Pack) -> Result<Tensor> {
        self.base.embedding.index_select(&indices(&pack.tokens)?, 0)
    }

    /// Residual stream after the last block, `[t, width]`.
    fn run(&self, pack: &Pack, angles: &Angles, mut keep: impl FnMut(Tensor, Kept)) -> Result<Tensor> {
        let mut x = self.embed(pack)?;
        for n in 0..self.base.blocks.len() {
            let (y, kept) = self.block(n).forward(&x, angles, &pack.spans)?;
            keep(x, kept);
            x = y;
        }
        Ok(x)
    }

    /// Logits at the places whose next token is learnt, `[rows, vocabulary]`.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn logits(&self, pack: &Pack) -> Result<Tensor> {
        let angles = self.angles(&pack.positions)?;
        let x = self.run(pack, &angles, |_, _| {})?.index_select(&indices(&pack.rows)?, 0)?;
        let normed = ops::norm(&x, &self.base.final_norm, self.base.shape.norm_epsilon)?;
        normed.matmul(&self.base.output.t()?)
    }

    /// Loss alone.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn loss(&self, pack: &Pack) -> Result<Loss> {
        let logits = self.logits(pack)?;
        Ok(judge(&logits, &pack.targets)?.0)
    }

    /// Loss, and the gradient of its sum with respect to every pair, by block.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn gradients(&self, pack: &Pack, activations: Activations) -> Result<(Loss, Vec<Vec<Lora>>)> {
        let base = self.base;
        let angles = self.angles(&pack.positions)?;
        let mut traces = Vec::with_capacity(base.blocks.len());
        let x = self.run(pack, &angles, |x, kept| {
            traces.push(match activations {
                Activations::Kept => Trace::Kept(Box::new(kept)),
                Activations::Recomputed => Trace::Input(x),
            });
        })?;
        let rows = indices(&pack.rows)?;
        let learnt = x.index_select(&rows, 0)?;
        let normed = ops::norm(&learnt, &base.final_norm, base.shape.norm_epsilon)?;
        let (loss, probabilities) = judge(&normed.matmul(&base.output.t()?)?, &pack.targets)?;
        // d(loss)/d(logits) is probabilities minus one at the target; times the output matrix, without the minus one
        // ever being written into the wide tensor.
        let dnormed =
            (probabilities.matmul(&base.output)? - base.output.index_select(&indices(&pack.targets)?, 0)?)?;
        let dlearnt = ops::norm_back(&learnt, &base.final_norm, base.shape.norm_epsilon, &dnormed)?;
        let mut dx = x.zeros_like()?.index_add(&rows, &dlearnt, 0)?;
        let mut gradients = Vec::with_capacity(base.blocks.len());
        for (n, trace) in traces.into_iter().enumerate().rev() {
            let block = self.block(n);
            let kept = match trace {
                Trace::Kept(kept) => *kept,
                Trace::Input(x) => block.forward(&x, &angles, &pack.spans)?.1,
            };
            let (dbefore, pairs) = block.back(&kept, &angles, &pack.spans, &dx)?;
            gradients.push(pairs);
            dx = dbefore;
        }
        gradients.reverse();
        Ok((loss, gradients))
    }
}

fn indices(values: &[u32]) -> Result<Tensor> {
    Tensor::from_slice(values, values.len(), &Device::Cpu)
}

/// Loss and probabilities of logits `[rows, vocabulary]`.
fn judge(logits: &Tensor, targets: &[u32]) -> Result<(Loss, Tensor)> {
    let probabilities = candle_nn::ops::softmax_last_dim(logits)?;
    let targets = indices(targets)?.unsqueeze(1)?;
    let chosen = probabilities.gather(&targets, D::Minus1)?.squeeze(1)?.to_vec1::<f32>()?;
    let sum = chosen.iter().map(|p| -f64::from(p.max(f32::MIN_POSITIVE)).ln()).sum();
    Ok((Loss { sum, tokens: chosen.len() }, probabilities))
}
