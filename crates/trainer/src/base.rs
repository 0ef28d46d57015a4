//! The frozen base: its weights, dequantised to f32 from the GGUF file that serves.
//!
//! Training on the very file that serves leaves no second copy, no converter and no other rounding between the
//! two. The layout is the file's own: rows of `attn_q` and `attn_k` are permuted for interleaved rotary
//! embeddings in the `llama` architecture, so nothing has to be permuted back.

use std::{fs::File, io::BufReader, path::Path};

use anyhow::{Context, bail};
use candle_core::{
    Device, Tensor,
    quantized::gguf_file::{Content, Value},
};

/// The seven matrices of a block that an adapter changes, in the order used everywhere.
pub const LINEARS: [&str; 7] =
    ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

/// How positions turn queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rope {
    /// Pairs of neighbours, as in the `llama` architecture of GGUF.
    Interleaved,
    /// Pairs half a head apart, as in `qwen2` and `qwen3`.
    Halves,
}

/// Sizes and constants of a base model.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// `general.architecture`: llama, qwen2 or qwen3.
    pub architecture: String,
    /// Width of the residual stream.
    pub width: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_width: usize,
    /// Base of the rotary embedding.
    pub rope_base: f32,
    /// Epsilon of the norms.
    pub norm_epsilon: f32,
    /// How positions turn queries and keys.
    pub rope: Rope,
}

/// Weights of one block; matrices are `[out, in]`.
#[derive(Debug)]
pub struct Block {
    /// Before attention, `[width]`.
    pub attention_norm: Tensor,
    /// Before the feed-forward part, `[width]`.
    pub feed_norm: Tensor,
    /// The matrices of [`LINEARS`].
    pub linears: Vec<Tensor>,
    /// Their biases, where the architecture has them (qwen2: query, key, value).
    pub biases: Vec<Option<Tensor>>,
    /// Norms of each query and key head (qwen3), `[head_width]`.
    pub head_norms: Option<(Tensor, Tensor)>,
}

/// A base model in memory.
#[derive(Debug)]
pub struct Base {
    /// Sizes and constants.
    pub shape: Shape,
    /// Token embeddings, `[vocabulary, width]`.
    pub embedding: Tensor,
    /// Output matrix, `[vocabulary, width]`; the embeddings where they are tied.
    pub output: Tensor,
    /// Before the output, `[width]`.
    pub final_norm: Tensor,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
}

impl Base {
    /// Reads and dequantises a GGUF file.
    ///
    /// # Errors
    /// When the file is no GGUF, or its architecture is not llama, qwen2 or qwen3.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("open the base {}", path.display()))?;
        let mut reader = BufReader::new(file);
        let content =
            Content::read(&mut reader).with_context(|| format!("read the base {}", path.display()))?;
        let shape = read_shape(&content)?;
        let blocks = number(&content, &format!("{}.block_count", shape.architecture))?;
        let mut tensors = Tensors { content, reader };
        let embedding = tensors.get("token_embd.weight")?;
        let output = tensors.find("output.weight")?.unwrap_or_else(|| embedding.clone());
        let final_norm = tensors.get("output_norm.weight")?;
        let blocks = (0..blocks).map(|n| tensors.block(n)).collect::<anyhow::Result<_>>()?;
        Ok(Self { shape, embedding, output, final_norm, blocks })
    }
}

fn read_shape(content: &Content) -> anyhow::Result<Shape> {
    let architecture = match content.metadata.get("general.architecture") {
        Some(Value::String(name)) => name.clone(),
        _ => bail!("the base names no architecture"),
    };
    let rope = match architecture.as_str() {
        "llama" => Rope::Interleaved,
        "qwen2" | "qwen3" => Rope::Halves,
        other => bail!(
            "the trainer knows llama, qwen2 and qwen3, and this base is `{other}`: choose another base, or train elsewhere and import the adapter"
        ),
    };
    let of = |key: &str| number(content, &format!("{architecture}.{key}"));
    let real = |key: &str, default: f32| {
        content
            .metadata
            .get(&format!("{architecture}.{key}"))
            .and_then(|v| v.to_f32().ok())
            .unwrap_or(default)
    };
    let (width, heads) = (of("embedding_length")?, of("attention.head_count")?);
    Ok(Shape {
        width,
        heads,
        kv_heads: of("attention.head_count_kv").unwrap_or(heads),
        head_width: of("attention.key_length").unwrap_or(width / heads.max(1)),
        rope_base: real("rope.freq_base", 10_000.0),
        norm_epsilon: real("attention.layer_norm_rms_epsilon", 1e-5),
        rope,
        architecture,
    })
}

fn number(content: &Content, key: &str) -> anyhow::Result<usize> {
    let value = content.metadata.get(key).with_context(|| format!("the base lacks `{key}`"))?;
    let value = value.to_u64().or_else(|_| value.to_u32().map(u64::from))?;
    Ok(usize::try_from(value)?)
}

struct Tensors {
    content: Content,
    reader: BufReader<File>,
}

impl Tensors {
    fn find(&mut self, name: &str) -> anyhow::Result<Option<Tensor>> {
        if !self.content.tensor_infos.contains_key(name) {
            return Ok(None);
        }
        let quantised = self.content.tensor(&mut self.reader, name, &Device::Cpu)?;
        Ok(Some(quantised.dequantize(&Device::Cpu)?))
    }

    fn get(&mut self, name: &str) -> anyhow::Result<Tensor> {
        self.find(name)?.with_context(|| format!("the base lacks the tensor `{name}`"))
    }

    fn block(&mut self, n: usize) -> anyhow::Result<Block> {
        let (mut linears, mut biases) = (Vec::new(), Vec::new());
        for name in LINEARS {
            linears.push(self.get(&format!("blk.{n}.{name}.weight"))?);
            biases.push(self.find(&format!("blk.{n}.{name}.bias"))?);
        }
        let query = self.find(&format!("blk.{n}.attn_q_norm.weight"))?;
        let key = self.find(&format!("blk.{n}.attn_k_norm.weight"))?;
        Ok(Block {
            attention_norm: self.get(&format!("blk.{n}.attn_norm.weight"))?,
            feed_norm: self.get(&format!("blk.{n}.ffn_norm.weight"))?,
            linears,
            biases,
            head_norms: query.zip(key),
        })
    }
}
