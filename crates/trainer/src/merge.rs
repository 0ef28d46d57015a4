//! Base and adapter as one model, for programs that load no adapters.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Seek, Write},
    path::Path,
};

use anyhow::{Context, ensure};
use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{self, Content, Value},
    },
};

/// `general.file_type` of a model whose matrices are mostly 16-bit floats.
const MOSTLY_F16: u32 = 1;

/// Writes `W + (alpha / rank) B A` for every adapted matrix, and the rest of the base as it is, as one GGUF model.
///
/// Matrices, the embeddings among them, become 16-bit floats whatever the base's were, so the file is larger than a
/// quantised base; norms and biases stay 32-bit floats. The base's metadata goes along: vocabulary, chat template
/// and licence. The whole model is held in memory once, in 16 bits.
///
/// # Errors
/// When a file can't be read, the adapter was made for another base, or `out` can't be written.
pub fn merge(base: &Path, adapter: &Path, out: &mut (impl Write + Seek)) -> anyhow::Result<()> {
    let mut base = Weights::open(base)?;
    let mut pairs = Pairs::open(adapter)?;
    let mut names: Vec<String> = base.content.tensor_infos.keys().cloned().collect();
    // One order, so that the same base and adapter give the same bytes.
    names.sort();
    let mut tensors = Vec::with_capacity(names.len());
    for name in names {
        let mut weight = base.get(&name)?;
        if let Some(change) = pairs.change(&name)? {
            ensure!(
                weight.dims() == change.dims(),
                "the adapter was made for another base: `{name}` has other sizes"
            );
            weight = (weight + change)?;
        }
        let kind = if weight.rank() > 1 { GgmlDType::F16 } else { GgmlDType::F32 };
        tensors.push((name, QTensor::quantize(&weight, kind)?));
    }
    ensure!(pairs.left() == 0, "the adapter changes {} matrices that the base does not have", pairs.left());
    let mut metadata: BTreeMap<&str, &Value> =
        base.content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let file_type = Value::U32(MOSTLY_F16);
    metadata.insert("general.file_type", &file_type);
    // The writer aligns as GGUF does by default, whatever the base did.
    metadata.remove("general.alignment");
    let metadata: Vec<(&str, &Value)> = metadata.into_iter().collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
    gguf_file::write(out, &metadata, &tensors).context("write the merged model; is the disk full?")
}

struct Weights {
    content: Content,
    reader: BufReader<File>,
}

impl Weights {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let mut reader = BufReader::new(file);
        let content = Content::read(&mut reader).with_context(|| format!("read {}", path.display()))?;
        Ok(Self { content, reader })
    }

    fn get(&mut self, name: &str) -> anyhow::Result<Tensor> {
        let tensor = self.content.tensor(&mut self.reader, name, &Device::Cpu);
        Ok(tensor.with_context(|| format!("read `{name}`"))?.dequantize(&Device::Cpu)?)
    }
}

/// The pairs of an adapter, each of which has to find its matrix.
struct Pairs {
    weights: Weights,
    alpha: f64,
    found: usize,
}

impl Pairs {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let weights = Weights::open(path)?;
        let alpha = weights.content.metadata.get("adapter.lora.alpha");
        let alpha = f64::from(alpha.context("the adapter names no alpha")?.to_f32()?);
        Ok(Self { weights, alpha, found: 0 })
    }

    /// `(alpha / rank) B A` for the matrix `name`, when the adapter changes it.
    fn change(&mut self, name: &str) -> anyhow::Result<Option<Tensor>> {
        let half = |part: &str| format!("{name}.lora_{part}");
        if !self.weights.content.tensor_infos.contains_key(&half("a")) {
            return Ok(None);
        }
        let (a, b) = (self.weights.get(&half("a"))?, self.weights.get(&half("b"))?);
        self.found += 1;
        #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
        let rank = b.dim(1)? as f64;
        // llama.cpp takes an alpha of nought for "no scale".
        let scale = if self.alpha == 0.0 { 1.0 } else { self.alpha / rank };
        Ok(Some((b.matmul(&a)? * scale)?))
    }

    fn left(&self) -> usize {
        (self.weights.content.tensor_infos.len() / 2).saturating_sub(self.found)
    }
}
