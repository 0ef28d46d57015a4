//! Makes a GGUF that llama.cpp can embed with out of a BERT sentence model's own files.
//!
//! `config.json`, `vocab.txt` and `model.safetensors` go in. Matrices are stored as f16; vectors,
//! positions and token types stay f32. The pooling layer and the position ids are left out:
//! sentence models average the last layer instead (`bert.pooling_type` 1).

use anyhow::{Context, Result, ensure};
use half::f16;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::gguf_writer::{GgufWriter, Numbers, Value};

/// Each tensor of a block: its name there and here.
const BLOCK: [(&str, &str); 8] = [
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
];

/// Converts the three files; `name` becomes `general.name`.
///
/// # Errors
/// When a file is damaged or the three don't belong together.
pub(super) fn convert(name: &str, config: &[u8], vocab: &[u8], weights: &[u8]) -> Result<Vec<u8>> {
    let config: Config = serde_json::from_slice(config).context("read config.json")?;
    let vocab = Vocab::read(vocab).context("read vocab.txt")?;
    let weights = SafeTensors::deserialize(weights).context("read model.safetensors")?;
    let words = vocab.tokens.len();
    ensure!(
        words == config.vocab_size,
        "vocab.txt has {words} words, config.json says {}",
        config.vocab_size
    );

    let mut gguf = GgufWriter::default();
    keys(&mut gguf, name, &config, &vocab)?;
    tensors(&mut gguf, &config, &weights)?;
    Ok(gguf.finish())
}

#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    max_position_embeddings: usize,
    num_attention_heads: u32,
    num_hidden_layers: u32,
    type_vocab_size: usize,
    vocab_size: usize,
}

fn keys(gguf: &mut GgufWriter, name: &str, config: &Config, vocab: &Vocab) -> Result<()> {
    let number = |n: usize| u32::try_from(n).context("config.json has a number out of range");
    gguf.key("general.architecture", Value::Text("bert"));
    gguf.key("general.type", Value::Text("model"));
    gguf.key("general.name", Value::Text(name));
    gguf.key("general.file_type", Value::U32(1));
    gguf.key("general.quantization_version", Value::U32(2));

    gguf.key("bert.block_count", Value::U32(config.num_hidden_layers));
    gguf.key("bert.context_length", Value::U32(number(config.max_position_embeddings)?));
    gguf.key("bert.embedding_length", Value::U32(number(config.hidden_size)?));
    gguf.key("bert.feed_forward_length", Value::U32(number(config.intermediate_size)?));
    gguf.key("bert.attention.head_count", Value::U32(config.num_attention_heads));
    gguf.key("bert.attention.layer_norm_epsilon", Value::F32(config.layer_norm_eps));
    gguf.key("bert.attention.causal", Value::Bool(false));
    gguf.key("bert.pooling_type", Value::U32(1));

    gguf.key("tokenizer.ggml.model", Value::Text("bert"));
    gguf.key("tokenizer.ggml.pre", Value::Text("default"));
    gguf.key("tokenizer.ggml.token_type_count", Value::U32(number(config.type_vocab_size)?));
    gguf.key("tokenizer.ggml.tokens", Value::Texts(&vocab.tokens));
    gguf.key("tokenizer.ggml.token_type", Value::I32s(&vocab.types));
    // "seperator" is how the format spells it.
    for (key, token) in [
        ("bos", "[CLS]"),
        ("eos", "[SEP]"),
        ("unknown", "[UNK]"),
        ("seperator", "[SEP]"),
        ("padding", "[PAD]"),
        ("cls", "[CLS]"),
        ("mask", "[MASK]"),
    ] {
        let id = Value::U32(vocab.id(token)?);
        gguf.key(&format!("tokenizer.ggml.{key}_token_id"), id);
    }
    Ok(())
}

/// The words in the form llama.cpp's tokeniser looks them up.
struct Vocab {
    tokens: Vec<String>,
    types: Vec<i32>,
}

impl Vocab {
    fn read(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).context("it is no UTF-8")?;
        let (tokens, types) = text.lines().map(|word| (token(word), token_type(word))).unzip();
        Ok(Self { tokens, types })
    }

    fn id(&self, token: &str) -> Result<u32> {
        let place = self.tokens.iter().position(|t| t == token);
        let place = place.with_context(|| format!("vocab.txt has no {token}"))?;
        u32::try_from(place).context("vocab.txt is too long")
    }
}

/// Marks where words begin (U+2581) instead of where they go on (`##`).
fn token(word: &str) -> String {
    if word.starts_with('[') && word.ends_with(']') {
        return word.to_owned();
    }
    word.strip_prefix("##").map_or_else(|| format!("\u{2581}{word}"), str::to_owned)
}

fn token_type(word: &str) -> i32 {
    match word {
        "[UNK]" => 2,
        "[PAD]" | "[CLS]" | "[SEP]" | "[MASK]" => 3,
        unused if unused.starts_with("[unused") => 5,
        _ => 1,
    }
}

fn tensors(gguf: &mut GgufWriter, config: &Config, weights: &SafeTensors<'_>) -> Result<()> {
    let width = config.hidden_size;
    let mut copy = |from: &str, to: &str, shape: &[usize], numbers: Numbers| -> Result<()> {
        let data = values(weights, from, shape, numbers)?;
        gguf.tensor(to, shape, numbers, &data);
        Ok(())
    };

    for (from, to, rows, numbers) in [
        ("word", "token_embd", config.vocab_size, Numbers::F16),
        ("position", "position_embd", config.max_position_embeddings, Numbers::F32),
        ("token_type", "token_types", config.type_vocab_size, Numbers::F32),
    ] {
        let from = format!("embeddings.{from}_embeddings.weight");
        copy(&from, &format!("{to}.weight"), &[rows, width], numbers)?;
    }
    for part in ["weight", "bias"] {
        let from = format!("embeddings.LayerNorm.{part}");
        copy(&from, &format!("token_embd_norm.{part}"), &[width], Numbers::F32)?;
    }
    for block in 0..config.num_hidden_layers {
        for (from, to) in BLOCK {
            let from = format!("encoder.layer.{block}.{from}");
            let to = format!("blk.{block}.{to}");
            let (rows, columns) = match from.as_str() {
                name if name.ends_with("intermediate.dense") => (config.intermediate_size, width),
                name if name.ends_with(".attention.output.dense") => (width, width),
                name if name.ends_with("output.dense") => (width, config.intermediate_size),
                _ => (width, width),
            };
            let (shape, numbers): (&[usize], _) = match from.ends_with("LayerNorm") {
                true => (&[width], Numbers::F32),
                false => (&[rows, columns], Numbers::F16),
            };
            copy(&format!("{from}.weight"), &format!("{to}.weight"), shape, numbers)?;
            copy(&format!("{from}.bias"), &format!("{to}.bias"), &[rows], Numbers::F32)?;
        }
    }
    Ok(())
}

/// Reads a tensor that must have this shape, as little-endian bytes.
fn values(weights: &SafeTensors<'_>, name: &str, shape: &[usize], numbers: Numbers) -> Result<Vec<u8>> {
    let tensor = weights.tensor(name).with_context(|| format!("read {name}"))?;
    let (found, dtype) = (tensor.shape(), tensor.dtype());
    ensure!(found == shape, "{name} has the shape {found:?} instead of {shape:?}");
    ensure!(dtype == Dtype::F32, "{name} holds {dtype:?} instead of F32");
    let data = tensor.data();
    if numbers == Numbers::F32 {
        return Ok(data.to_vec());
    }
    let (fours, _) = data.as_chunks::<4>();
    Ok(fours.iter().flat_map(|four| f16::from_f32(f32::from_le_bytes(*four)).to_le_bytes()).collect())
}
