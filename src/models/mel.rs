//! The mel filter bank that Whisper was trained with, computed instead of shipped.
//!
//! Slaney's scale: linear up to 1 kHz, logarithmic above; triangles that overlap by half and
//! have equal area. The results equal librosa's `filters.mel(sr=16000, n_fft=400, n_mels=…)`,
//! number for number: a weight is rounded to f32 before it is scaled, as there.

/// Frequencies that one filter looks at: half of the 400-point transform, and zero.
pub(super) const FREQUENCIES: usize = 201;

const SAMPLE_RATE_HZ: f64 = 16_000.0;
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// From here on the scale is logarithmic.
const KNEE_HZ: f64 = 1_000.0;

/// Returns the filters one after the other, each with [`FREQUENCIES`] weights.
pub(super) fn filters(count: usize) -> Vec<f32> {
    let top = mel(SAMPLE_RATE_HZ / 2.0);
    let step = top / (count + 1) as f64;
    let corner_hz = |n: usize| hz(if n == count + 1 { top } else { n as f64 * step });

    let mut weights = Vec::with_capacity(count * FREQUENCIES);
    for n in 0..count {
        let (from, peak, to) = (corner_hz(n), corner_hz(n + 1), corner_hz(n + 2));
        let equal_area = 2.0 / (to - from);
        for k in 0..FREQUENCIES {
            let frequency = k as f64 * (SAMPLE_RATE_HZ / 400.0);
            let rising = (frequency - from) / (peak - from);
            let falling = (to - frequency) / (to - peak);
            let inside = rising.min(falling);
            // Not `max(0.0)`: which zero that returns for a negative one is up to the machine.
            let weight = if inside > 0.0 { inside as f32 } else { 0.0 };
            weights.push((f64::from(weight) * equal_area) as f32);
        }
    }
    weights
}

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel(hz: f64) -> f64 {
    KNEE_HZ / HZ_PER_MEL + (hz / KNEE_HZ).ln() / log_step()
}

fn hz(mel: f64) -> f64 {
    let knee = KNEE_HZ / HZ_PER_MEL;
    if mel < knee { HZ_PER_MEL * mel } else { KNEE_HZ * (log_step() * (mel - knee)).exp() }
}
