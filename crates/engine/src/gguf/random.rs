//! Random adapters, for measurements and tests that need many adapters of one base.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::Header;

const LINEARS: [&str; 7] = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
const ALIGNMENT: u64 = 32;

/// Writes a LoRA adapter with random small values for all linear layers of `base` to `path`.
///
/// The same seed gives the same bytes. It says nothing sensible: it is for measuring and testing.
///
/// # Errors
/// When the file can't be written.
pub fn write_random_adapter(path: &Path, base: &Header, rank: u32, seed: u64) -> io::Result<()> {
    let architecture = base.text("general.architecture").unwrap_or_default();
    let blocks = base.of_architecture("block_count").unwrap_or(0);
    let rank = u64::from(rank);
    let mut tensors: Vec<(String, [u64; 2])> = Vec::new();
    for block in 0..blocks {
        for linear in LINEARS {
            let name = format!("blk.{block}.{linear}.weight");
            let Some([width_in, width_out]) =
                base.tensors.get(&name).and_then(|t| t.shape.first_chunk::<2>())
            else {
                continue;
            };
            tensors.push((format!("{name}.lora_a"), [*width_in, rank]));
            tensors.push((format!("{name}.lora_b"), [rank, *width_out]));
        }
    }
    let mut out = Counted { inner: BufWriter::new(File::create(path)?), written: 0 };
    out.write_all(b"GGUF")?;
    out.write_all(&3_u32.to_le_bytes())?;
    out.write_all(&(tensors.len() as u64).to_le_bytes())?;
    out.write_all(&4_u64.to_le_bytes())?;
    let pairs =
        [("general.type", "adapter"), ("general.architecture", architecture), ("adapter.type", "lora")];
    for (key, text) in pairs {
        out.text(key)?;
        out.write_all(&8_u32.to_le_bytes())?;
        out.text(text)?;
    }
    out.text("adapter.lora.alpha")?;
    out.write_all(&6_u32.to_le_bytes())?;
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    out.write_all(&(2.0 * rank as f32).to_le_bytes())?;
    let mut offset = 0_u64;
    for (name, shape) in &tensors {
        out.text(name)?;
        out.write_all(&2_u32.to_le_bytes())?;
        out.write_all(&shape[0].to_le_bytes())?;
        out.write_all(&shape[1].to_le_bytes())?;
        out.write_all(&0_u32.to_le_bytes())?;
        out.write_all(&offset.to_le_bytes())?;
        offset += (shape[0] * shape[1] * 4).next_multiple_of(ALIGNMENT);
    }
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for (_, shape) in &tensors {
        out.pad()?;
        for _ in 0..shape[0] * shape[1] {
            // xorshift64 (Marsaglia 2003), mapped to [-0.06, 0.06).
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let value = ((random >> 40) as f32 / 16_777_216.0 - 0.5) * 0.12;
            out.write_all(&value.to_le_bytes())?;
        }
    }
    out.pad()?;
    out.flush()
}

struct Counted<W> {
    inner: W,
    written: u64,
}

impl<W: Write> Counted<W> {
    fn text(&mut self, text: &str) -> io::Result<()> {
        self.write_all(&(text.len() as u64).to_le_bytes())?;
        self.write_all(text.as_bytes())
    }

    fn pad(&mut self) -> io::Result<()> {
        while !self.written.is_multiple_of(ALIGNMENT) {
            self.write_all(&[0])?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
