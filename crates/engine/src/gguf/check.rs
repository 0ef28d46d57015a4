//! What a GGUF must have to be a base, an embedding model, or an adapter of a given base.

use std::path::Path;

use super::{GgufError, Header, header::Value};

/// What makes an adapter unfit for a base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAdapter {
    /// It was trained on another architecture.
    #[error("it was trained on `{adapter}`, the base is `{base}`")]
    Architecture {
        /// Architecture the adapter names.
        adapter: String,
        /// Architecture of the base.
        base: String,
    },
    /// It changes a tensor that the base does not have.
    #[error("it changes `{0}`, which the base does not have")]
    NoSuchTensor(String),
    /// A pair of matrices is incomplete.
    #[error("`{0}` has only one half of its pair")]
    HalfAPair(String),
    /// The shapes do not fit the base.
    #[error("`{tensor}` has the shape {found}, the base needs {wanted}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Shapes of A and B.
        found: String,
        /// What would fit.
        wanted: String,
    },
    /// A tensor name or type that an adapter can't have.
    #[error("`{0}` is not something an adapter can hold")]
    Odd(String),
}

/// Checks that `header` describes a text model that can answer.
///
/// # Errors
/// When it is an adapter, an encoder, or lacks a key or tensor without which llama.cpp would stop.
pub fn check_base(path: &Path, header: &Header) -> Result<(), GgufError> {
    const WANTED: &str = "a base model";
    let architecture = architecture(path, header, WANTED)?;
    let wrong = |why: String| GgufError::WrongKind { path: path.to_owned(), wanted: WANTED, why };
    if is_encoder(header) {
        return Err(wrong(format!(
            "its architecture `{architecture}` only reads. Choose an instruction-tuned text model"
        )));
    }
    require_keys(header, &["block_count", "context_length", "embedding_length", "attention.head_count"])
        .and_then(|()| require_vocabulary(header))
        .map_err(wrong)?;
    Ok(())
}

/// Checks that `header` describes an encoder whose sentence embeddings llama.cpp can pool.
///
/// # Errors
/// As for [`check_base`].
pub fn check_embedding(path: &Path, header: &Header) -> Result<(), GgufError> {
    const WANTED: &str = "an embedding model";
    let architecture = architecture(path, header, WANTED)?;
    let wrong = |why: String| GgufError::WrongKind { path: path.to_owned(), wanted: WANTED, why };
    if !is_encoder(header) {
        return Err(wrong(format!(
            "its architecture `{architecture}` has no pooling. Choose a sentence encoder"
        )));
    }
    require_keys(header, &["block_count", "context_length", "embedding_length"])
        .and_then(|()| require_vocabulary(header))
        .map_err(wrong)?;
    Ok(())
}

/// Checks that every pair of matrices in `adapter` fits the tensor of `base` that it changes.
///
/// With W of shape [in, out], A must be [in, rank] and B [rank, out].
///
/// # Errors
/// When `adapter` is no adapter, or does not fit.
pub fn check_adapter(path: &Path, adapter: &Header, base: &Header) -> Result<(), GgufError> {
    let wrong =
        |why: &str| GgufError::WrongKind { path: path.to_owned(), wanted: "an adapter", why: why.to_owned() };
    if adapter.text("general.type") != Some("adapter") || adapter.text("adapter.type") != Some("lora") {
        return Err(wrong("it is not marked as a LoRA adapter"));
    }
    match adapter.metadata.get("adapter.lora.alpha") {
        Some(Value::Float(alpha)) if alpha.is_finite() => {}
        _ => return Err(wrong("it does not say its alpha")),
    }
    fits(adapter, base).map_err(|why| GgufError::WrongBase { path: path.to_owned(), why })
}

fn fits(adapter: &Header, base: &Header) -> Result<(), BadAdapter> {
    let name = |header: &Header| header.text("general.architecture").unwrap_or("unnamed").to_owned();
    if name(adapter) != name(base) {
        return Err(BadAdapter::Architecture { adapter: name(adapter), base: name(base) });
    }
    let mut pairs = 0;
    for (name, a) in &adapter.tensors {
        // f32, f16, q8_0 and bf16 are what llama.cpp multiplies an adapter in.
        if !matches!(a.ggml_type, 0 | 1 | 8 | 30) {
            return Err(BadAdapter::Odd(name.clone()));
        }
        if let Some(target) = name.strip_suffix(".lora_b") {
            if !adapter.tensors.contains_key(&format!("{target}.lora_a")) {
                return Err(BadAdapter::HalfAPair(target.to_owned()));
            }
            continue;
        }
        let target = name.strip_suffix(".lora_a").ok_or_else(|| BadAdapter::Odd(name.clone()))?;
        let b = adapter
            .tensors
            .get(&format!("{target}.lora_b"))
            .ok_or_else(|| BadAdapter::HalfAPair(target.to_owned()))?;
        let weight = base.tensors.get(target).ok_or_else(|| BadAdapter::NoSuchTensor(target.to_owned()))?;
        let fitting = match (a.shape.as_slice(), b.shape.as_slice(), weight.shape.as_slice()) {
            ([a_in, a_rank], [b_rank, b_out], [w_in, w_out]) => {
                a_in == w_in && b_out == w_out && a_rank == b_rank
            }
            _ => false,
        };
        if !fitting {
            return Err(BadAdapter::Shape {
                tensor: target.to_owned(),
                found: format!("{:?} and {:?}", a.shape, b.shape),
                wanted: format!("a pair for {:?}", weight.shape),
            });
        }
        pairs += 1;
    }
    if pairs == 0 {
        return Err(BadAdapter::Odd("a file without matrices".to_owned()));
    }
    Ok(())
}

fn architecture<'h>(path: &Path, header: &'h Header, wanted: &'static str) -> Result<&'h str, GgufError> {
    let wrong = |why: &str| GgufError::WrongKind { path: path.to_owned(), wanted, why: why.to_owned() };
    if header.text("general.type") == Some("adapter") {
        return Err(wrong("it is an adapter. Give it as a person's adapter instead"));
    }
    header.text("general.architecture").ok_or_else(|| wrong("it does not say its architecture"))
}

fn is_encoder(header: &Header) -> bool {
    let architecture = header.text("general.architecture").unwrap_or_default();
    header.metadata.contains_key(&format!("{architecture}.pooling_type"))
}

fn require_keys(header: &Header, keys: &[&str]) -> Result<(), String> {
    match keys.iter().find(|key| header.of_architecture(key).is_none_or(|n| n == 0)) {
        Some(key) => Err(format!("it does not say its `{key}`. Download it again, or choose another file")),
        None => Ok(()),
    }
}

fn require_vocabulary(header: &Header) -> Result<(), String> {
    let tokens = match header.metadata.get("tokenizer.ggml.tokens") {
        Some(Value::Items(n)) => *n,
        _ => return Err("it has no vocabulary".to_owned()),
    };
    match header.tensors.get("token_embd.weight").map(|t| t.shape.as_slice()) {
        Some([_, rows]) if *rows == tokens => Ok(()),
        Some(_) => Err("its vocabulary and its embeddings differ in size".to_owned()),
        None => Err("it has no token embeddings".to_owned()),
    }
}
