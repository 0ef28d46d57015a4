//! Any recording as samples: one channel, 16 kHz, without the silence.
//!
//! What a file is, its content decides. Damaged packets are skipped, as a player does; a file of which nothing can be
//! decoded is damaged.

use std::{io::Cursor, sync::LazyLock};

use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};
use symphonia::core::{
    codecs::{
        audio::{AudioDecoder, AudioDecoderOptions},
        registry::CodecRegistry,
    },
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};
use symphonia_adapter_libopus::OpusDecoder;
use understudy_ears::{Kind, SAMPLE_RATE_HZ, SOUND_MAX_BYTES, SOUND_MAX_S, Sound, Trouble, sniff};

use super::silence;

/// Most channels of a recording; what has more is no voice note.
const CHANNELS_MAX: usize = 16;
/// Sample rates that are believed, in hertz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// Packets in a row that may be damaged before the file is.
const DAMAGED_MAX: usize = 200;
/// Samples that are resampled at once.
const CHUNK: usize = 4_096;

/// Every decoder, Opus included.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<OpusDecoder>();
    codecs
});

/// Decodes a recording and leaves out its silence.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<(Sound, Vec<f32>), Trouble> {
    if bytes.len() > SOUND_MAX_BYTES {
        return Err(Trouble::TooLarge);
    }
    match sniff(&bytes) {
        Ok(Kind::Audio) => {}
        Ok(_) => return Err(Trouble::NoSound),
        Err(trouble) => return Err(trouble),
    }
    let is_amr = bytes.starts_with(b"#!AMR");
    let mut file = open(bytes).map_err(|trouble| if is_amr { Trouble::NoSound } else { trouble })?;
    let (samples, is_cut) = file.samples()?;
    let (stretches, heard) = silence::cut(&samples);
    #[expect(clippy::cast_precision_loss, reason = "half an hour of samples")]
    let duration_s = samples.len() as f32 / SAMPLE_RATE_HZ as f32;
    Ok((Sound { duration_s, is_cut, stretches }, heard))
}

/// A recording with the decoder of its first track of sound.
struct File {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
}

fn open(bytes: Vec<u8>) -> Result<File, Trouble> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    let format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, options, MetadataOptions::default())
        .map_err(|_| Trouble::Damaged)?;
    let track = format.default_track(TrackType::Audio).ok_or(Trouble::NoSound)?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or(Trouble::NoSound)?;
    let decoder = CODECS.make_audio_decoder(codec, &AudioDecoderOptions::default()).map_err(|e| match e {
        Error::Unsupported(_) => Trouble::NoSound,
        _ => Trouble::Damaged,
    })?;
    let track = track.id;
    Ok(File { format, decoder, track })
}

impl File {
    /// All samples up to the limit, and whether there are more.
    fn samples(&mut self) -> Result<(Vec<f32>, bool), Trouble> {
        let mut out = Vec::new();
        let mut resampling: Option<Resampling> = None;
        let mut interleaved: Vec<f32> = Vec::new();
        let mut damaged = 0;
        let limit = SOUND_MAX_S * SAMPLE_RATE_HZ;
        // A file that breaks off is heard as far as it goes.
        while let Ok(Some(packet)) = self.format.next_packet() {
            if packet.track_id != self.track {
                continue;
            }
            let Ok(decoded) = self.decoder.decode(&packet) else {
                damaged += 1;
                if damaged > DAMAGED_MAX {
                    break;
                }
                continue;
            };
            damaged = 0;
            let (rate_hz, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
            if !RATES_HZ.contains(&rate_hz) || !(1..=CHANNELS_MAX).contains(&channels) {
                return Err(Trouble::Damaged);
            }
            decoded.copy_to_vec_interleaved(&mut interleaved);
            // The first frames of some codecs are said to be of another rate than the rest.
            if resampling.as_ref().is_none_or(|resampling| resampling.from_hz != rate_hz) {
                if let Some(resampling) = resampling.take() {
                    resampling.finish(&mut out)?;
                }
                resampling = Some(Resampling::new(rate_hz)?);
            }
            if let Some(resampling) = &mut resampling {
                resampling.take(&interleaved, channels, &mut out)?;
            }
            if out.len() >= limit {
                out.truncate(limit);
                return Ok((out, true));
            }
        }
        match resampling {
            Some(resampling) => resampling.finish(&mut out)?,
            None => return Err(Trouble::Damaged),
        }
        Ok((out, false))
    }
}

/// Makes one channel of 16 kHz out of what comes.
struct Resampling {
    from_hz: u32,
    /// `None` when nothing is to be done.
    filter: Option<Async<f32>>,
    waiting: Vec<f32>,
    /// Samples at the beginning that only the filter's delay put there.
    to_skip: usize,
    /// Samples that were put in, of `from_hz`.
    taken: usize,
    /// Samples that came out, of 16 kHz.
    made: usize,
}

impl Resampling {
    fn new(from_hz: u32) -> Result<Self, Trouble> {
        let ratio = SAMPLE_RATE_HZ as f64 / f64::from(from_hz);
        let needed = from_hz as usize != SAMPLE_RATE_HZ;
        let quality = SincInterpolationParameters::new(96, WindowFunction::BlackmanHarris2)
            .interpolation(SincInterpolationType::Linear);
        let filter =
            needed.then(|| Async::new_sinc(ratio, 1.0, &quality, CHUNK, 1, FixedAsync::Input)).transpose();
        let filter = filter.map_err(|_| Trouble::Damaged)?;
        let to_skip = filter.as_ref().map_or(0, Resampler::output_delay);
        Ok(Self { from_hz, filter, waiting: Vec::new(), to_skip, taken: 0, made: 0 })
    }

    fn take(&mut self, interleaved: &[f32], channels: usize, out: &mut Vec<f32>) -> Result<(), Trouble> {
        #[expect(clippy::cast_precision_loss, reason = "a few channels")]
        let share = 1.0 / channels as f32;
        let mono = interleaved.chunks_exact(channels).map(|frame| {
            let sum = frame.iter().sum::<f32>() * share;
            if sum.is_finite() { sum.clamp(-1.0, 1.0) } else { 0.0 }
        });
        if self.filter.is_none() {
            out.extend(mono);
            return Ok(());
        }
        self.taken += interleaved.len() / channels;
        self.waiting.extend(mono);
        self.run(out)
    }

    /// Runs the filter over all whole chunks that wait.
    fn run(&mut self, out: &mut Vec<f32>) -> Result<(), Trouble> {
        let Some(filter) = &mut self.filter else { return Ok(()) };
        let mut done = 0;
        for chunk in self.waiting.chunks_exact(CHUNK) {
            let input = InterleavedSlice::new(chunk, 1, CHUNK).map_err(|_| Trouble::Damaged)?;
            let made = filter.process(&input, None).map_err(|_| Trouble::Damaged)?.take_data();
            let skipped = self.to_skip.min(made.len());
            self.to_skip -= skipped;
            out.extend(made.iter().skip(skipped));
            self.made += made.len() - skipped;
            done += CHUNK;
        }
        self.waiting.drain(..done);
        Ok(())
    }

    /// Pushes the last samples through with silence behind them.
    fn finish(mut self, out: &mut Vec<f32>) -> Result<(), Trouble> {
        if self.filter.is_none() {
            return Ok(());
        }
        let wanted = self.taken * SAMPLE_RATE_HZ / self.from_hz as usize;
        while self.made < wanted {
            self.waiting.resize((self.waiting.len() / CHUNK + 1) * CHUNK, 0.0);
            self.run(out)?;
        }
        out.truncate(out.len() - (self.made - wanted));
        Ok(())
    }
}
