//! Makes a ggml file that whisper.cpp reads out of an English-only Whisper in `CTranslate2` form.
//!
//! The order is that of whisper.cpp's own converter: sizes, mel filters, tokens, tensors.
//! `CTranslate2` keeps query, key and value in one matrix; here they are three, and the key's
//! bias, which is zero by design, is dropped.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use half::f16;
use serde::Deserialize;

use super::ct2::{Ct2Model, Ct2Numbers, Variable};
use super::mel;

/// The first number in every ggml file.
pub(super) const MAGIC: u32 = 0x6767_6d6c;

/// Tokens above this are Whisper's own; whisper.cpp adds them itself.
const TEXT_TOKENS: u32 = 50_256;
/// The vocabulary of the English-only models; the others have more.
const ENGLISH_VOCABULARY: usize = 51_864;

/// Converts `model.bin` and `tokenizer.json`.
///
/// # Errors
/// When a file is damaged, or is of a model that isn't an English-only Whisper in f16.
pub(super) fn convert(model: &[u8], tokenizer: &[u8]) -> Result<Vec<u8>> {
    let model = Ct2Model::read(model).context("read model.bin")?;
    let tokens = tokens(tokenizer).context("read tokenizer.json")?;
    let mut file = GgmlFile { model, out: Vec::new() };
    file.sizes()?;
    for token in &tokens {
        file.number(token.len())?;
        file.out.extend(token);
    }
    file.encoder()?;
    file.decoder()?;
    Ok(file.out)
}

/// Reads the text tokens as the bytes they stand for, in the order of their ids.
fn tokens(tokenizer: &[u8]) -> Result<Vec<Vec<u8>>> {
    #[derive(Deserialize)]
    struct Tokenizer {
        model: Model,
    }
    #[derive(Deserialize)]
    struct Model {
        vocab: BTreeMap<String, u32>,
    }
    let vocab = serde_json::from_slice::<Tokenizer>(tokenizer)?.model.vocab;
    let texts: BTreeMap<u32, &str> = vocab.iter().map(|(text, id)| (*id, text.as_str())).collect();
    let alphabet = byte_alphabet();
    (0..TEXT_TOKENS)
        .map(|id| {
            let text = texts.get(&id).with_context(|| format!("it has no token {id}"))?;
            let bytes = text.chars().map(|c| alphabet.get(&c).copied());
            bytes.collect::<Option<_>>().with_context(|| format!("token {id} has a stray character"))
        })
        .collect()
}

/// GPT-2 writes each byte as a printable character; this is the way back.
///
/// Printable Latin-1 stands for itself, the other bytes for U+0100 and up, in order.
fn byte_alphabet() -> BTreeMap<char, u8> {
    let mut others = '\u{100}'..;
    (0..=u8::MAX)
        .map(|byte| match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => (char::from(byte), byte),
            _ => (others.next().expect("there are 256 bytes"), byte),
        })
        .collect()
}

struct GgmlFile<'a> {
    model: Ct2Model<'a>,
    out: Vec<u8>,
}

impl GgmlFile<'_> {
    fn sizes(&mut self) -> Result<()> {
        let rows_columns = |name: &str| match self.model.get(name)?.shape.as_slice() {
            &[rows, columns] => Ok((rows, columns)),
            other => bail!("{name} has the shape {other:?}"),
        };
        let (vocabulary, text_width) = rows_columns("decoder/embeddings/weight")?;
        let (audio_context, audio_width) = rows_columns("encoder/position_encodings/encodings")?;
        let (text_context, _) = rows_columns("decoder/position_encodings/encodings")?;
        let mels = self.model.get("encoder/conv1/weight")?.shape.get(1).copied().unwrap_or(0);
        ensure!(vocabulary == ENGLISH_VOCABULARY, "it isn't English-only: {vocabulary} tokens");
        ensure!((1..=128).contains(&mels), "it looks at {mels} mel bands");

        let heads = |side: &str| {
            let name = format!("{side}/num_heads");
            let heads = self.model.get(&name)?.single().context(name)?;
            usize::try_from(heads).context("negative number of heads")
        };
        let sizes = [
            vocabulary,
            audio_context,
            audio_width,
            heads("encoder")?,
            self.model.layers("encoder"),
            text_context,
            text_width,
            heads("decoder")?,
            self.model.layers("decoder"),
            mels,
            1, // f16
        ];
        self.out.extend(MAGIC.to_le_bytes());
        for size in sizes.into_iter().chain([mels, mel::FREQUENCIES]) {
            self.number(size)?;
        }
        self.out.extend(mel::filters(mels).into_iter().flat_map(f32::to_le_bytes));
        self.number(TEXT_TOKENS as usize)
    }

    fn encoder(&mut self) -> Result<()> {
        self.positions("encoder")?;
        for conv in ["conv1", "conv2"] {
            let (from, to) = (format!("encoder/{conv}"), format!("encoder.{conv}"));
            self.copy(&format!("{from}/weight"), &format!("{to}.weight"), Stored::F16)?;
            // whisper.cpp adds it to every time step and wants it as a column for that.
            let bias = self.array(&format!("{from}/bias"))?;
            self.tensor(&format!("{to}.bias"), &[bias.values.len(), 1], &bias.values, Stored::F32)?;
        }
        for n in 0..self.model.layers("encoder") {
            let (from, to) = (format!("encoder/layer_{n}"), format!("encoder.blocks.{n}"));
            self.self_attention(&from, &to)?;
            self.feed_forward(&from, &to)?;
        }
        self.norm("encoder/layer_norm", "encoder.ln_post")
    }

    fn decoder(&mut self) -> Result<()> {
        self.positions("decoder")?;
        self.copy("decoder/embeddings/weight", "decoder.token_embedding.weight", Stored::F16)?;
        for n in 0..self.model.layers("decoder") {
            let (from, to) = (format!("decoder/layer_{n}"), format!("decoder.blocks.{n}"));
            self.self_attention(&from, &to)?;
            self.cross_attention(&from, &to)?;
            self.feed_forward(&from, &to)?;
        }
        self.norm("decoder/layer_norm", "decoder.ln")
    }

    fn positions(&mut self, side: &str) -> Result<()> {
        let from = format!("{side}/position_encodings/encodings");
        self.copy(&from, &format!("{side}.positional_embedding"), Stored::F32)
    }

    fn self_attention(&mut self, from: &str, to: &str) -> Result<()> {
        let from = format!("{from}/self_attention");
        self.split(&format!("{from}/linear_0"), &format!("{to}.attn"), &["query", "key", "value"])?;
        self.linear(&format!("{from}/linear_1"), &format!("{to}.attn.out"))?;
        self.norm(&format!("{from}/layer_norm"), &format!("{to}.attn_ln"))
    }

    fn cross_attention(&mut self, from: &str, to: &str) -> Result<()> {
        let from = format!("{from}/attention");
        self.linear(&format!("{from}/linear_0"), &format!("{to}.cross_attn.query"))?;
        self.split(&format!("{from}/linear_1"), &format!("{to}.cross_attn"), &["key", "value"])?;
        self.linear(&format!("{from}/linear_2"), &format!("{to}.cross_attn.out"))?;
        self.norm(&format!("{from}/layer_norm"), &format!("{to}.cross_attn_ln"))
    }

    fn feed_forward(&mut self, from: &str, to: &str) -> Result<()> {
        let from = format!("{from}/ffn");
        self.linear(&format!("{from}/linear_0"), &format!("{to}.mlp.0"))?;
        self.linear(&format!("{from}/linear_1"), &format!("{to}.mlp.2"))?;
        self.norm(&format!("{from}/layer_norm"), &format!("{to}.mlp_ln"))
    }

    fn norm(&mut self, from: &str, to: &str) -> Result<()> {
        self.copy(&format!("{from}/gamma"), &format!("{to}.weight"), Stored::F32)?;
        self.copy(&format!("{from}/beta"), &format!("{to}.bias"), Stored::F32)
    }

    fn linear(&mut self, from: &str, to: &str) -> Result<()> {
        self.copy(&format!("{from}/weight"), &format!("{to}.weight"), Stored::F16)?;
        self.copy(&format!("{from}/bias"), &format!("{to}.bias"), Stored::F32)
    }

    /// Writes a matrix that holds several, one below the other, as its `parts`.
    fn split(&mut self, from: &str, to: &str, parts: &[&str]) -> Result<()> {
        let weight = self.array(&format!("{from}/weight"))?;
        let bias = self.array(&format!("{from}/bias"))?;
        let (&[rows, columns], &[biases]) = (weight.shape.as_slice(), bias.shape.as_slice()) else {
            bail!("{from} is no linear layer");
        };
        let count = parts.len();
        let height = rows / count;
        ensure!(
            height > 0 && columns > 0 && height * count == rows && biases == rows,
            "{from} doesn't hold {count} equal parts"
        );
        let pieces = weight.values.chunks(height * columns).zip(bias.values.chunks(height));
        for (part, (weight, bias)) in parts.iter().zip(pieces) {
            let name = format!("{to}.{part}");
            self.tensor(&format!("{name}.weight"), &[height, columns], weight, Stored::F16)?;
            if *part != "key" {
                self.tensor(&format!("{name}.bias"), &[height], bias, Stored::F32)?;
            }
        }
        Ok(())
    }

    fn copy(&mut self, from: &str, to: &str, stored: Stored) -> Result<()> {
        let array = self.array(from)?;
        self.tensor(to, &array.shape, &array.values, stored)
    }

    fn array(&self, name: &str) -> Result<Array> {
        let Variable { shape, numbers, data } = self.model.get(name)?;
        ensure!(*numbers == Ct2Numbers::F16, "{name} holds {numbers:?} instead of F16");
        let (pairs, _) = data.as_chunks::<2>();
        let values = pairs.iter().map(|pair| f16::from_le_bytes(*pair)).collect();
        Ok(Array { shape: shape.clone(), values })
    }

    fn tensor(&mut self, name: &str, shape: &[usize], values: &[f16], stored: Stored) -> Result<()> {
        self.number(shape.len())?;
        self.number(name.len())?;
        self.number(stored as usize)?;
        for &size in shape.iter().rev() {
            self.number(size)?;
        }
        self.out.extend(name.as_bytes());
        match stored {
            Stored::F32 => self.out.extend(values.iter().flat_map(|v| v.to_f32().to_le_bytes())),
            Stored::F16 => self.out.extend(values.iter().flat_map(|v| v.to_le_bytes())),
        }
        Ok(())
    }

    fn number(&mut self, n: usize) -> Result<()> {
        let n = i32::try_from(n).context("a size is out of range")?;
        self.out.extend(n.to_le_bytes());
        Ok(())
    }
}

struct Array {
    shape: Vec<usize>,
    values: Vec<f16>,
}

/// How whisper.cpp expects a tensor's numbers.
#[derive(Clone, Copy)]
enum Stored {
    F32 = 0,
    F16 = 1,
}
