//! How close two embeddings are.

/// Sums that run side by side, so that a processor can do several at once.
const LANES: usize = 16;

/// Returns the cosine of the angle between two vectors of one length, 0 when one of them has no direction.
#[inline(never)]
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let (mut dot, mut aa, mut bb) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (x, y) in a_chunks.zip(b_chunks) {
        let sums = dot.iter_mut().zip(&mut aa).zip(&mut bb);
        for (((dot, aa), bb), (x, y)) in sums.zip(x.iter().zip(y)) {
            *dot += x * y;
            *aa += x * x;
            *bb += y * y;
        }
    }
    let (mut dot, mut aa, mut bb): (f32, f32, f32) = (dot.iter().sum(), aa.iter().sum(), bb.iter().sum());
    for (x, y) in rest {
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    dot / (aa * bb).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_that_of_the_textbook() {
        for length in [1, 2, 15, 16, 17, 384] {
            let a: Vec<f32> = (0..length).map(|n| (n as f32 * 0.7).sin()).collect();
            let b: Vec<f32> = (0..length).map(|n| (n as f32 * 0.3).cos()).collect();
            let sum = |f: &dyn Fn(usize) -> f32| (0..length).map(f).sum::<f32>();
            let (dot, aa, bb) = (sum(&|n| a[n] * b[n]), sum(&|n| a[n] * a[n]), sum(&|n| b[n] * b[n]));
            let wanted = dot / (aa * bb).sqrt().max(f32::MIN_POSITIVE);
            assert!((cosine(&a, &b) - wanted).abs() < 1e-5, "{length}");
        }
        assert!((cosine(&[3.0, 0.0], &[0.5, 0.0]) - 1.0).abs() < 1e-6);
        assert_eq!(cosine(&[0.0; 3], &[1.0; 3]), 0.0);
    }
}
