//! The adapter: two thin matrices beside every linear one, and its GGUF file.
//!
//! LoRA as in Hu et al. 2021 (arXiv 2106.09685): `y = W x + (alpha / rank) B A x`. The file is what llama.cpp's
//! `llama_adapter_lora_init` reads: tensors `<name>.lora_a` as `[rank, in]` and `<name>.lora_b` as `[out, rank]`.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write as _},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use candle_core::{
    DType, Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Content, Value},
    },
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::base::{Base, LINEARS};

/// One pair of thin matrices.
#[derive(Debug, Clone)]
pub struct Lora {
    /// `[rank, in]`.
    pub a: Tensor,
    /// `[out, rank]`; zero at first, so that a new adapter changes nothing.
    pub b: Tensor,
}

/// The pairs of every linear matrix of every block.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// Width of the thin side.
    pub rank: usize,
    /// Numerator of the scale.
    pub alpha: f64,
    /// By block, then in the order of [`LINEARS`].
    pub pairs: Vec<Vec<Lora>>,
}

impl Adapter {
    /// A new adapter: A normal with deviation `1/sqrt(in)`, B zero.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(base: &Base, rank: usize, alpha: f64, seed: u64) -> anyhow::Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut pairs = Vec::new();
        for block in &base.blocks {
            let mut of_block = Vec::new();
            for weight in &block.linears {
                let (out, input) = weight.dims2()?;
                let deviation = 1.0 / (f64::from(u32::try_from(input)?)).sqrt();
                let values: Vec<f32> = (0..rank * input).map(|_| normal(&mut random, deviation)).collect();
                of_block.push(Lora {
                    a: Tensor::from_vec(values, (rank, input), &Device::Cpu)?,
                    b: Tensor::zeros((out, rank), DType::F32, &Device::Cpu)?,
                });
            }
            pairs.push(of_block);
        }
        Ok(Self { rank, alpha, pairs })
    }

    /// What the product of the two matrices is multiplied with.
    #[must_use]
    pub fn scale(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
        let rank = self.rank as f64;
        self.alpha / rank
    }

    /// Reads a GGUF adapter and checks every shape against `base`.
    ///
    /// # Errors
    /// When the file is no LoRA adapter, or one of another base.
    pub fn read(path: &Path, base: &Base) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("open the adapter {}", path.display()))?;
        let mut reader = BufReader::new(file);
        let content =
            Content::read(&mut reader).with_context(|| format!("read the adapter {}", path.display()))?;
        match content.metadata.get("general.architecture") {
            Some(Value::String(name)) if *name == base.shape.architecture => {}
            other => bail!(
                "the adapter {} was made for another base ({other:?} instead of {})",
                path.display(),
                base.shape.architecture
            ),
        }
        let alpha =
            content.metadata.get("adapter.lora.alpha").context("the adapter names no alpha")?.to_f32()?;
        let mut pairs = Vec::new();
        let mut rank = 0;
        for (n, block) in base.blocks.iter().enumerate() {
            let mut of_block = Vec::new();
            for (name, weight) in LINEARS.iter().zip(&block.linears) {
                let mut get = |part: &str| -> anyhow::Result<Tensor> {
                    let name = format!("blk.{n}.{name}.weight.lora_{part}");
                    let tensor = content.tensor(&mut reader, &name, &Device::Cpu);
                    let tensor = tensor.with_context(|| format!("the adapter lacks `{name}`"))?;
                    Ok(tensor.dequantize(&Device::Cpu)?)
                };
                let (a, b) = (get("a")?, get("b")?);
                let (out, input) = weight.dims2()?;
                rank = a.dim(0)?;
                ensure!(
                    a.dims() == [rank, input] && b.dims() == [out, rank],
                    "the adapter {} was made for another base: blk.{n}.{name} has other sizes",
                    path.display()
                );
                of_block.push(Lora { a, b });
            }
            pairs.push(of_block);
        }
        Ok(Self { rank, alpha: f64::from(alpha), pairs })
    }

    /// Writes a GGUF file in 16-bit floats, under a temporary name first.
    ///
    /// # Errors
    /// When the disk is full or the directory can't be written.
    pub fn write(&self, path: &Path, base: &Base) -> anyhow::Result<()> {
        let text = |value: &str| Value::String(value.to_owned());
        #[expect(clippy::cast_possible_truncation, reason = "alpha is a small number")]
        let alpha = Value::F32(self.alpha as f32);
        let metadata = [
            ("general.architecture", text(&base.shape.architecture)),
            ("general.type", text("adapter")),
            ("adapter.type", text("lora")),
            ("adapter.lora.alpha", alpha),
        ];
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
        let mut tensors = Vec::new();
        for (n, of_block) in self.pairs.iter().enumerate() {
            for (name, pair) in LINEARS.iter().zip(of_block) {
                for (part, tensor) in [("a", &pair.a), ("b", &pair.b)] {
                    let tensor = QTensor::quantize(tensor, GgmlDType::F16)?;
                    tensors.push((format!("blk.{n}.{name}.weight.lora_{part}"), tensor));
                }
            }
        }
        let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
        let partial = path.with_extension("partial");
        let mut writer =
            BufWriter::new(File::create(&partial).with_context(|| format!("create {}", partial.display()))?);
        gguf_file::write(&mut writer, &metadata, &tensors)?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        std::fs::rename(&partial, path).with_context(|| format!("put {} in place", path.display()))?;
        Ok(())
    }

    /// Every matrix, A before B, in a fixed order.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor> {
        self.pairs.iter().flatten().flat_map(|pair| [pair.a.clone(), pair.b.clone()]).collect()
    }

    /// Puts matrices back in the order of [`Self::tensors`].
    ///
    /// # Panics
    /// When there are fewer than the adapter has.
    pub fn set_tensors(&mut self, tensors: Vec<Tensor>) {
        let mut tensors = tensors.into_iter();
        for pair in self.pairs.iter_mut().flatten() {
            pair.a = tensors.next().expect("one tensor per matrix");
            pair.b = tensors.next().expect("one tensor per matrix");
        }
    }
}

/// One value of a normal distribution (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng, deviation: f64) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    let turn = std::f64::consts::TAU * random.random::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
    let value = (radius * turn.cos() * deviation) as f32;
    value
}
