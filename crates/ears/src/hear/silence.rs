//! Where there is something to hear: by loudness, against what this recording is like where nobody speaks.
//!
//! Only long pauses are cut. A breath between two sentences tells Whisper where one ends.

use understudy_ears::{SAMPLE_RATE_HZ, Stretch};

/// Samples of which loudness is taken: 30 ms.
const FRAME: usize = SAMPLE_RATE_HZ * 30 / 1000;
/// Kept before and behind each sound, in frames: a quiet consonant is part of its word.
const MARGIN: usize = 10;
/// Shortest sound that counts, in frames; a click is shorter.
const SHORTEST: usize = 3;
/// Loudness below which nothing is heard, as mean square of samples between -1 and 1: -60 dB.
const QUIET: f32 = 1e-6;
/// How much louder than the pauses a voice is, as a ratio of power: 6 dB.
const ABOVE_PAUSES: f32 = 4.0;
/// How much quieter than the loud parts a voice may be, as a ratio of power: 35 dB.
const BELOW_LOUD: f32 = 3e-4;

/// The stretches in which there is something to hear, and their samples.
pub(super) fn cut(samples: &[f32]) -> (Vec<Stretch>, Vec<f32>) {
    let (mut stretches, mut heard) = (Vec::new(), Vec::new());
    for (from, to) in sounds(&loudness(samples)) {
        let end = if to * FRAME + FRAME > samples.len() { samples.len() } else { to * FRAME };
        let Some(sound) = samples.get(from * FRAME..end) else { continue };
        #[expect(clippy::cast_precision_loss, reason = "half an hour of samples")]
        let start_s = (from * FRAME) as f32 / SAMPLE_RATE_HZ as f32;
        stretches.push(Stretch { start_s, samples: sound.len() });
        heard.extend_from_slice(sound);
    }
    (stretches, heard)
}

/// Cuts what is heard into pieces that Whisper takes at once, each where it is quietest near its end.
pub(super) fn windows(samples: &[f32], most: usize) -> Vec<&[f32]> {
    let mut windows = Vec::new();
    let mut rest = samples;
    while rest.len() > most {
        let loudness = loudness(rest.get(..most).unwrap_or(rest));
        let late = loudness.len() * 2 / 3;
        let quietest = loudness.iter().enumerate().skip(late).min_by(|a, b| a.1.total_cmp(b.1));
        let at = quietest.map_or(most, |(frame, _)| frame * FRAME + FRAME / 2);
        let (window, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        windows.push(window);
        rest = after;
    }
    windows.push(rest);
    windows
}

/// Mean square of each frame; the last one may be shorter.
fn loudness(samples: &[f32]) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "a frame is short")]
    let power = |frame: &[f32]| frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
    samples.chunks(FRAME).map(power).collect()
}

/// From which frame to which (not included) there is sound, margins included, none touching another.
fn sounds(loudness: &[f32]) -> Vec<(usize, usize)> {
    let mut sorted = loudness.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |percent: usize| sorted.get(sorted.len() * percent / 100).copied().unwrap_or(0.0);
    // A recording without a pause has no quiet tenth, so its loud parts bound what a pause can be.
    let level = QUIET.max((at(10) * ABOVE_PAUSES).min(at(95) / ABOVE_PAUSES)).max(at(95) * BELOW_LOUD);
    let mut sounds: Vec<(usize, usize)> = Vec::new();
    let mut began = None;
    for (frame, power) in loudness.iter().copied().chain([0.0]).enumerate() {
        match (power > level, began) {
            (true, None) => began = Some(frame),
            (false, Some(from)) => {
                began = None;
                if frame - from < SHORTEST {
                    continue;
                }
                let (from, to) = (from.saturating_sub(MARGIN), (frame + MARGIN).min(loudness.len()));
                match sounds.last_mut() {
                    Some(last) if last.1 >= from => last.1 = to,
                    _ => sounds.push((from, to)),
                }
            }
            _ => {}
        }
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of a tone, or of noise so faint that nobody hears it.
    fn tone(loud: bool, seconds: f32) -> Vec<f32> {
        let volume = if loud { 0.3 } else { 0.0004 };
        (0..(seconds * 16_000.0) as usize).map(|n| ((n * n) as f32 * 0.37).sin() * volume).collect()
    }

    #[test]
    fn long_pauses_are_cut_and_short_ones_stay() {
        let parts =
            [(false, 3.0), (true, 1.0), (false, 0.4), (true, 1.0), (false, 5.0), (true, 0.5), (false, 1.0)];
        let samples: Vec<f32> = parts.into_iter().flat_map(|(loud, seconds)| tone(loud, seconds)).collect();
        let (stretches, heard) = cut(&samples);
        let told: Vec<(f32, usize)> =
            stretches.iter().map(|s| ((s.start_s * 10.0).round() / 10.0, s.samples / 1_600)).collect();
        assert_eq!(told, [(2.7, 30), (10.1, 11)]);
        assert_eq!(heard.len(), stretches.iter().map(|s| s.samples).sum::<usize>());
    }

    #[test]
    fn silence_is_nothing_and_what_never_pauses_is_all() {
        assert!(cut(&vec![0.0; 160_000]).0.is_empty());
        assert!(cut(&[]).0.is_empty());
        let (stretches, heard) = cut(&tone(true, 4.0));
        assert_eq!((stretches.len(), heard.len()), (1, 64_000));
    }

    #[test]
    fn windows_end_in_a_pause_and_hold_everything() {
        let samples: Vec<f32> =
            [(true, 25.0), (false, 0.5), (true, 20.0)].into_iter().flat_map(|(l, s)| tone(l, s)).collect();
        let windows = windows(&samples, 28 * 16_000);
        assert_eq!(windows.iter().map(|w| w.len()).sum::<usize>(), samples.len());
        let first = windows.first().unwrap().len();
        assert!((25 * 16_000..=25 * 16_000 + 8_000).contains(&first), "{first}");
    }
}
