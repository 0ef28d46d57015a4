//! Saved prefixes: keys and values of instructions that many prompts begin with.
//!
//! Architecture invariant: the key holds everything that the bytes depend on, the adapter first of all. A
//! store keyed by tokens alone hands one person's state to another (llama.cpp issue 26207).

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::{AdapterId, ModelId, llama::Token};

/// Everything that saved keys and values depend on.
///
/// The model id is the hash of the whole GGUF, so it covers weights and chat template; adapters always run at
/// scale 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PrefixKey {
    pub(crate) model: ModelId,
    pub(crate) adapter: Option<AdapterId>,
    pub(crate) chunk_tokens: u32,
    pub(crate) context_tokens: u32,
    pub(crate) threads: i32,
    pub(crate) tokens_hash: [u8; 32],
    pub(crate) tokens: usize,
}

/// The memory tier.
#[derive(Default)]
pub(crate) struct PrefixStore {
    saved: HashMap<PrefixKey, Vec<u8>>,
}

impl PrefixStore {
    pub(crate) fn get(&self, key: &PrefixKey) -> Option<&[u8]> {
        self.saved.get(key).map(Vec::as_slice)
    }

    pub(crate) fn has(&self, key: &PrefixKey) -> bool {
        self.saved.contains_key(key)
    }

    pub(crate) fn put(&mut self, key: PrefixKey, state: Vec<u8>) {
        self.saved.insert(key, state);
    }

    pub(crate) fn remove(&mut self, key: &PrefixKey) {
        self.saved.remove(key);
    }

    /// Keys of everything that was saved under `adapter`.
    pub(crate) fn of_adapter(&self, adapter: &AdapterId) -> Vec<PrefixKey> {
        self.saved.keys().filter(|key| key.adapter.as_ref() == Some(adapter)).cloned().collect()
    }
}

/// Hash of a run of tokens.
pub(crate) fn tokens_hash(tokens: &[Token]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for token in tokens {
        hash.update(token.to_le_bytes());
    }
    hash.finalize().into()
}
