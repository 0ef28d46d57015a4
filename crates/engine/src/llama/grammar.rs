//! Grammars: which tokens may come next.

use std::{ffi::CString, ptr::NonNull, sync::Arc};

use llama_cpp_sys_2 as sys;

use super::{Model, Token};

/// A grammar or schema that llama.cpp can't use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grammar can't be parsed. This is a defect of the program, please report it")]
pub struct GrammarError;

/// Turns a JSON schema into a GBNF grammar.
///
/// # Errors
/// When the schema is not JSON or uses what llama.cpp's converter lacks.
pub fn json_schema_to_gbnf(schema: &serde_json::Value) -> Result<String, GrammarError> {
    let schema = CString::new(schema.to_string()).map_err(|_| GrammarError)?;
    let mut out = std::ptr::null_mut();
    // SAFETY: the schema is NUL-terminated; `out` receives a string that we free below.
    let status = unsafe { sys::llama_rs_json_schema_to_grammar(schema.as_ptr(), true, &raw mut out) };
    if status != sys::LLAMA_RS_STATUS_OK || out.is_null() {
        return Err(GrammarError);
    }
    // SAFETY: on success `out` is a NUL-terminated string.
    let gbnf = unsafe { std::ffi::CStr::from_ptr(out) }.to_string_lossy().into_owned();
    // SAFETY: allocated by the call above.
    unsafe { sys::llama_rs_string_free(out) };
    Ok(gbnf)
}

/// A grammar at some point of a text.
pub(crate) struct Grammar {
    handle: NonNull<sys::llama_sampler>,
    scratch: Vec<sys::llama_token_data>,
    // The sampler reads the vocabulary.
    _model: Arc<Model>,
}

/// How many of the likeliest tokens are tried before the whole vocabulary is.
const LIKELIEST: usize = 64;

impl Grammar {
    /// Starts `gbnf` at its rule `root`.
    pub(crate) fn new(model: &Arc<Model>, gbnf: &str) -> Result<Self, GrammarError> {
        let gbnf = CString::new(gbnf).map_err(|_| GrammarError)?;
        // SAFETY: both strings are NUL-terminated; the vocabulary lives as long as the model we keep.
        let handle =
            unsafe { sys::llama_rs_sampler_init_grammar(model.vocab(), gbnf.as_ptr(), c"root".as_ptr()) };
        let handle = NonNull::new(handle).ok_or(GrammarError)?;
        Ok(Self { handle, scratch: Vec::new(), _model: Arc::clone(model) })
    }

    /// The likeliest token that the grammar allows; ties go to the smaller id.
    ///
    /// Tries the likeliest one first, then the next 63, then all: a grammar check costs about as much per
    /// token as the whole sampling does without one.
    pub(crate) fn pick(&mut self, logits: &[f32]) -> Option<Token> {
        let best = super::super::sampling::likeliest(logits)?;
        if let Some(token) = self.first_allowed(std::iter::once((best, 0.0))) {
            return Some(token);
        }
        let mut order: Vec<(Token, f32)> =
            (0..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan()).collect();
        let likelier = |a: &(Token, f32), b: &(Token, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if order.len() > LIKELIEST {
            order.select_nth_unstable_by(LIKELIEST, likelier);
        }
        let cut = LIKELIEST.min(order.len());
        let (head, tail) = order.split_at_mut(cut);
        head.sort_unstable_by(likelier);
        if let Some(token) = self.first_allowed(head.iter().copied()) {
            return Some(token);
        }
        tail.sort_unstable_by(likelier);
        self.first_allowed(tail.iter().copied())
    }

    fn first_allowed(&mut self, candidates: impl Iterator<Item = (Token, f32)>) -> Option<Token> {
        self.scratch.clear();
        self.scratch.extend(candidates.map(|(id, logit)| sys::llama_token_data { id, logit, p: 0.0 }));
        let mut array = sys::llama_token_data_array {
            data: self.scratch.as_mut_ptr(),
            size: self.scratch.len(),
            selected: -1,
            sorted: false,
        };
        // SAFETY: the array describes `scratch`; the sampler only changes logits in place.
        unsafe { sys::llama_sampler_apply(self.handle.as_ptr(), &raw mut array) };
        self.scratch.iter().find(|c| c.logit > f32::NEG_INFINITY).map(|c| c.id)
    }

    /// Moves on by `token`, which [`Self::pick`] returned.
    pub(crate) fn accept(&mut self, token: Token) -> Result<(), GrammarError> {
        // SAFETY: the wrapper catches what llama.cpp throws on a token that does not fit.
        let status = unsafe { sys::llama_rs_sampler_accept(self.handle.as_ptr(), token) };
        if status == sys::LLAMA_RS_STATUS_OK { Ok(()) } else { Err(GrammarError) }
    }
}

impl Drop for Grammar {
    fn drop(&mut self) {
        // SAFETY: came from llama.cpp and is freed once.
        unsafe { sys::llama_sampler_free(self.handle.as_ptr()) };
    }
}
