//! One block of the model, forwards and backwards.

use candle_core::{Result, Tensor};

use crate::{
    adapter::Lora,
    base::{Block, LINEARS, Shape},
    ops::{self, Linear},
    pack::Span,
};

/// Angles of a pack's positions, `[t, head_width / 2]` each.
#[derive(Debug)]
pub struct Angles {
    /// Cosines.
    pub cos: Tensor,
    /// Sines.
    pub sin: Tensor,
}

/// A block with the pairs that change it.
#[derive(Clone, Copy)]
pub struct Adapted<'b> {
    /// Sizes.
    pub shape: &'b Shape,
    /// Frozen weights.
    pub block: &'b Block,
    /// Pairs in the order of [`LINEARS`].
    pub pairs: &'b [Lora],
    /// `alpha / rank`.
    pub scale: f64,
}

/// What the gradients of a block need from its forward pass.
pub struct Kept {
    x: Tensor,
    /// Input of query, key and value.
    normed: Tensor,
    /// Queries and keys before the norm of each head, where the architecture has it.
    unnormed: Option<(Tensor, Tensor)>,
    /// `[heads, t, head_width]`, turned; queries scaled too.
    q: Tensor,
    k: Tensor,
    v: Tensor,
    probabilities: Vec<Tensor>,
    attended: Tensor,
    middle: Tensor,
    feed_normed: Tensor,
    gate: Tensor,
    up: Tensor,
    hidden: Tensor,
    thin: Vec<Tensor>,
}

const Q: usize = 0;
const K: usize = 1;
const V: usize = 2;
const OUTPUT: usize = 3;
const GATE: usize = 4;
const UP: usize = 5;
const DOWN: usize = 6;

impl Adapted<'_> {
    #[expect(clippy::indexing_slicing, reason = "a block has its seven linears; reading it made sure")]
    fn linear(&self, which: usize) -> Linear<'_> {
        Linear {
            weight: &self.block.linears[which],
            bias: self.block.biases[which].as_ref(),
            lora: &self.pairs[which],
            scale: self.scale,
        }
    }

    fn query_scale(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "heads are narrow")]
        let width = self.shape.head_width as f64;
        width.sqrt().recip()
    }

    /// `[t, heads * head_width]` to `[heads, t, head_width]`.
    fn split(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        x.reshape((x.dim(0)?, heads, self.shape.head_width))?.transpose(0, 1)?.contiguous()
    }

    /// The reverse of [`Self::split`].
    fn merge(x: &Tensor) -> Result<Tensor> {
        let (heads, t, width) = x.dims3()?;
        x.transpose(0, 1)?.contiguous()?.reshape((t, heads * width))
    }

    /// One tree's rows, with the query heads of a group below each other.
    fn part(&self, x: &Tensor, span: &Span) -> Result<Tensor> {
        let part = x.narrow(1, span.start, span.len)?.contiguous()?;
        let (heads, t, width) = part.dims3()?;
        part.reshape((self.shape.kv_heads, heads / self.shape.kv_heads * t, width))
    }

    /// The reverse of [`Self::part`] for all trees, in their order.
    fn join(&self, parts: &[Tensor], heads: usize, spans: &[Span]) -> Result<Tensor> {
        let parts = parts.iter().zip(spans);
        let parts = parts.map(|(part, span)| part.reshape((heads, span.len, self.shape.head_width)));
        Tensor::cat(&parts.collect::<Result<Vec<_>>>()?, 1)
    }

    /// `[t, width]` to `[t, width]`, with what the gradients need.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn forward(&self, x: &Tensor, angles: &Angles, spans: &[Span]) -> Result<(Tensor, Kept)> {
        let (shape, block) = (self.shape, self.block);
        let normed = ops::norm(x, &block.attention_norm, shape.norm_epsilon)?;
        let (q, thin_q) = self.linear(Q).forward(&normed)?;
        let (k, thin_k) = self.linear(K).forward(&normed)?;
        let (v, thin_v) = self.linear(V).forward(&normed)?;
        let (mut q, mut k) = (self.split(&q, shape.heads)?, self.split(&k, shape.kv_heads)?);
        let v = self.split(&v, shape.kv_heads)?;
        let mut unnormed = None;
        if let Some((query, key)) = &block.head_norms {
            unnormed = Some((q.clone(), k.clone()));
            q = ops::norm(&q, query, shape.norm_epsilon)?;
            k = ops::norm(&k, key, shape.norm_epsilon)?;
        }
        let q = (ops::turn(&q, &angles.cos, &angles.sin, shape.rope)? * self.query_scale())?;
        let k = ops::turn(&k, &angles.cos, &angles.sin, shape.rope)?;
        let (mut parts, mut probabilities) = (Vec::new(), Vec::new());
        for span in spans {
            let (q, k, v) = (self.part(&q, span)?, self.part(&k, span)?, self.part(&v, span)?);
            let (part, p) = ops::attend(&q, &k, &v, &span.mask)?;
            parts.push(part);
            probabilities.push(p);
        }
        let attended = Self::merge(&self.join(&parts, shape.heads, spans)?)?;
        let (out, thin_out) = self.linear(OUTPUT).forward(&attended)?;
        let middle = (x + out)?;
        let feed_normed = ops::norm(&middle, &block.feed_norm, shape.norm_epsilon)?;
        let (gate, thin_gate) = self.linear(GATE).forward(&feed_normed)?;
        let (up, thin_up) = self.linear(UP).forward(&feed_normed)?;
        let hidden = ops::swiglu(&gate, &up)?;
        let (down, thin_down) = self.linear(DOWN).forward(&hidden)?;
        let y = (&middle + down)?;
        let thin = vec![thin_q, thin_k, thin_v, thin_out, thin_gate, thin_up, thin_down];
        let x = x.clone();
        #[rustfmt::skip]
        let kept = Kept {
            x, normed, unnormed, q, k, v, probabilities, attended, middle, feed_normed, gate, up, hidden, thin,
        };
        Ok((y, kept))
    }

    /// Gradient of the input, and of each pair in the order of [`LINEARS`].
    ///
    /// # Errors
    /// When memory runs out.
    pub fn back(
        &self,
        kept: &Kept,
        angles: &Angles,
        spans: &[Span],
        dy: &Tensor,
    ) -> Result<(Tensor, Vec<Lora>)> {
        let (shape, block) = (self.shape, self.block);
        let mut grads: Vec<Option<Lora>> = vec![None; LINEARS.len()];
        let mut through = |which: usize, x: &Tensor, dy: &Tensor| -> Result<Tensor> {
            #[expect(clippy::indexing_slicing, reason = "one thin product per linear was kept")]
            let (dx, pair) = self.linear(which).back(x, &kept.thin[which], dy)?;
            if let Some(slot) = grads.get_mut(which) {
                *slot = Some(pair);
            }
            Ok(dx)
        };
        let dhidden = through(DOWN, &kept.hidden, dy)?;
        let (dgate, dup) = ops::swiglu_back(&kept.gate, &kept.up, &dhidden)?;
        let dfeed = (through(GATE, &kept.feed_normed, &dgate)? + through(UP, &kept.feed_normed, &dup)?)?;
        let dmiddle = (dy + ops::norm_back(&kept.middle, &block.feed_norm, shape.norm_epsilon, &dfeed)?)?;

        let dattended = self.split(&through(OUTPUT, &kept.attended, &dmiddle)?, shape.heads)?;
        let (mut dqs, mut dks, mut dvs) = (Vec::new(), Vec::new(), Vec::new());
        for (span, p) in spans.iter().zip(&kept.probabilities) {
            let part = |x: &Tensor| self.part(x, span);
            let (q, k, v) = (part(&kept.q)?, part(&kept.k)?, part(&kept.v)?);
            let (dq, dk, dv) = ops::attend_back(&q, &k, &v, p, &part(&dattended)?)?;
            dqs.push(dq);
            dks.push(dk);
            dvs.push(dv);
        }
        let dq = (self.join(&dqs, shape.heads, spans)? * self.query_scale())?;
        let mut dq = ops::turn_back(&dq, &angles.cos, &angles.sin, shape.rope)?;
        let dk = self.join(&dks, shape.kv_heads, spans)?;
        let mut dk = ops::turn_back(&dk, &angles.cos, &angles.sin, shape.rope)?;
        if let (Some((query, key)), Some((q, k))) = (&block.head_norms, &kept.unnormed) {
            dq = ops::norm_back(q, query, shape.norm_epsilon, &dq)?;
            dk = ops::norm_back(k, key, shape.norm_epsilon, &dk)?;
        }
        let dv = self.join(&dvs, shape.kv_heads, spans)?;
        let dnormed =
            (through(Q, &kept.normed, &Self::merge(&dq)?)? + through(K, &kept.normed, &Self::merge(&dk)?)?)?;
        let dnormed = (dnormed + through(V, &kept.normed, &Self::merge(&dv)?)?)?;
        let dx = (dmiddle + ops::norm_back(&kept.x, &block.attention_norm, shape.norm_epsilon, &dnormed)?)?;
        Ok((dx, grads.into_iter().flatten().collect()))
    }
}
