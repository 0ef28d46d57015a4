//! A context: the keys and values of one sequence, pinned to one model and at most one adapter.

use std::{
    ffi::c_void,
    ptr::NonNull,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicPtr, Ordering},
    },
};

use llama_cpp_sys_2 as sys;

use super::{Adapter, Model, Token};

/// Sizes of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContextShape {
    /// Longest sequence, in tokens.
    pub(crate) tokens: u32,
    /// Most tokens of one graph.
    pub(crate) chunk: u32,
    /// Sequences side by side; more than one only for embeddings.
    pub(crate) sequences: u32,
    /// Compute threads.
    pub(crate) threads: i32,
    /// Whether it pools embeddings instead of predicting tokens.
    pub(crate) embeddings: bool,
}

/// Which positions of a chunk get logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// None: the chunk is followed by another.
    Nothing,
    /// The last one.
    Last,
    /// All of them.
    All,
}

/// Why a graph did not finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// The stop flag was raised.
    Stopped,
    /// llama.cpp returned this code.
    Failed(i32),
}

/// A context pinned to its model and adapter for life, so that no two adapters ever share keys and values.
pub(crate) struct Context {
    handle: NonNull<sys::llama_context>,
    batch: sys::llama_batch,
    stop: Box<StopFlag>,
    shape: ContextShape,
    model: Arc<Model>,
    _adapter: Option<Rc<Adapter>>,
}

/// Where the abort callback finds the flag of the request that is computing; null between graphs.
struct StopFlag(AtomicPtr<AtomicBool>);

unsafe extern "C" fn should_stop(data: *mut c_void) -> bool {
    // SAFETY: `data` is the boxed StopFlag of the context, which outlives it.
    let flag = unsafe { &*data.cast::<StopFlag>() }.0.load(Ordering::Acquire);
    // SAFETY: non-null only during `run`, whose caller keeps the flag borrowed.
    !flag.is_null() && unsafe { &*flag }.load(Ordering::Relaxed)
}

impl Context {
    /// Makes a context for `model`, with `adapter` applied at full scale.
    pub(crate) fn new(model: Arc<Model>, adapter: Option<Rc<Adapter>>, shape: ContextShape) -> Option<Self> {
        let stop = Box::new(StopFlag(AtomicPtr::new(std::ptr::null_mut())));
        // SAFETY: plain value from the library.
        let mut params = unsafe { sys::llama_context_default_params() };
        params.n_ctx = shape.tokens;
        params.n_batch = shape.chunk;
        params.n_ubatch = shape.chunk;
        params.n_seq_max = shape.sequences;
        params.n_threads = shape.threads;
        params.n_threads_batch = shape.threads;
        params.embeddings = shape.embeddings;
        params.no_perf = true;
        params.abort_callback = Some(should_stop);
        params.abort_callback_data = std::ptr::from_ref::<StopFlag>(&stop).cast_mut().cast::<c_void>();
        // SAFETY: the model is valid and kept alive by the Arc; the callback data is boxed and kept.
        let handle = NonNull::new(unsafe { sys::llama_init_from_model(model.raw(), params) })?;
        let chunk = i32::try_from(shape.chunk).ok()?;
        // SAFETY: allocates arrays for `chunk` tokens with one sequence id each; freed in Drop.
        let batch = unsafe { sys::llama_batch_init(chunk, 0, 1) };
        let context = Self { handle, batch, stop, shape, model, _adapter: adapter };
        if let Some(adapter) = &context._adapter {
            let (mut handle, mut scale) = (adapter.raw(), 1.0_f32);
            // SAFETY: one valid adapter of this model and one scale.
            let code =
                unsafe { sys::llama_set_adapters_lora(context.raw(), &raw mut handle, 1, &raw mut scale) };
            if code != 0 {
                return None;
            }
        }
        Some(context)
    }

    fn raw(&self) -> *mut sys::llama_context {
        self.handle.as_ptr()
    }

    /// Longest sequence, in tokens.
    pub(crate) fn room_tokens(&self) -> usize {
        self.shape.tokens as usize
    }

    /// Computes `tokens` at positions from `start` on, in one graph.
    ///
    /// Positions must follow what the context holds. After an error the caller removes the chunk again.
    pub(crate) fn decode(
        &mut self,
        tokens: &[Token],
        start: usize,
        outputs: Outputs,
        stop: &AtomicBool,
    ) -> Result<(), DecodeError> {
        let last = tokens.len() - 1;
        let placed = tokens.iter().enumerate().map(|(i, token)| Placed {
            token: *token,
            position: start + i,
            sequence: 0,
            output: outputs == Outputs::All || (outputs == Outputs::Last && i == last),
        });
        self.run(placed, stop)
    }

    /// Pools one embedding per text; all texts together fit one chunk.
    pub(crate) fn embed(
        &mut self,
        texts: &[Vec<Token>],
        stop: &AtomicBool,
    ) -> Result<Vec<Vec<f32>>, DecodeError> {
        self.clear();
        let placed = texts.iter().enumerate().flat_map(|(sequence, text)| {
            text.iter().enumerate().map(move |(position, token)| Placed {
                token: *token,
                position,
                sequence,
                output: true,
            })
        });
        self.run(placed, stop)?;
        let width = self.model.width();
        (0..texts.len())
            .map(|sequence| {
                let sequence = i32::try_from(sequence).map_err(|_| DecodeError::Failed(-1))?;
                // SAFETY: returns null or a row of `width` floats that stays valid until the next graph.
                let row = unsafe { sys::llama_get_embeddings_seq(self.raw(), sequence) };
                if row.is_null() {
                    return Err(DecodeError::Failed(-1));
                }
                // SAFETY: as above.
                Ok(unsafe { std::slice::from_raw_parts(row, width) }.to_vec())
            })
            .collect()
    }

    fn run(&mut self, tokens: impl Iterator<Item = Placed>, stop: &AtomicBool) -> Result<(), DecodeError> {
        let mut n = 0;
        for placed in tokens {
            assert!(n < self.shape.chunk as usize, "a chunk never exceeds the batch");
            let position = i32::try_from(placed.position).expect("positions stay below the context size");
            let sequence = i32::try_from(placed.sequence).expect("few sequences");
            // SAFETY: n is below the size that llama_batch_init allocated for each of these arrays.
            unsafe {
                *self.batch.token.add(n) = placed.token;
                *self.batch.pos.add(n) = position;
                *self.batch.n_seq_id.add(n) = 1;
                **self.batch.seq_id.add(n) = sequence;
                *self.batch.logits.add(n) = i8::from(placed.output);
            }
            n += 1;
        }
        self.batch.n_tokens = i32::try_from(n).expect("chunks are small");
        self.stop.0.store(std::ptr::from_ref(stop).cast_mut(), Ordering::Release);
        // SAFETY: context and batch are valid; the stop flag is borrowed for the whole call.
        let code = unsafe { sys::llama_decode(self.raw(), self.batch) };
        self.stop.0.store(std::ptr::null_mut(), Ordering::Release);
        match code {
            0 => Ok(()),
            2 => Err(DecodeError::Stopped),
            code => Err(DecodeError::Failed(code)),
        }
    }

    /// Logits of the `i`-th output of the last chunk; -1 is its last one.
    pub(crate) fn logits(&self, i: i32) -> Option<&[f32]> {
        // SAFETY: returns null or a row of vocabulary size, valid until the next graph, which needs &mut self.
        let row = unsafe { sys::llama_get_logits_ith(self.raw(), i) };
        // SAFETY: as above.
        (!row.is_null()).then(|| unsafe { std::slice::from_raw_parts(row, self.model.vocab_size()) })
    }

    /// Forgets everything from `position` on.
    pub(crate) fn remove_from(&mut self, position: usize) {
        let position = i32::try_from(position).expect("positions stay below the context size");
        // SAFETY: sequence 0 always exists; removing a tail is always possible.
        unsafe { sys::llama_memory_seq_rm(sys::llama_get_memory(self.raw()), 0, position, -1) };
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        // SAFETY: the memory handle belongs to the context; encoders have none, which llama.cpp accepts.
        unsafe {
            let memory = sys::llama_get_memory(self.raw());
            if !memory.is_null() {
                sys::llama_memory_clear(memory, false);
            }
        }
    }

    /// Copies out the keys and values of the sequence.
    pub(crate) fn save(&self) -> Option<Vec<u8>> {
        // SAFETY: asks for a size only.
        let size = unsafe { sys::llama_state_seq_get_size(self.raw(), 0) };
        let mut state = vec![0_u8; size];
        // SAFETY: the buffer has `size` bytes.
        let written = unsafe { sys::llama_state_seq_get_data(self.raw(), state.as_mut_ptr(), size, 0) };
        (written == size && size > 0).then_some(state)
    }

    /// Replaces the sequence by a saved one; false leaves the context empty.
    pub(crate) fn restore(&mut self, state: &[u8]) -> bool {
        self.clear();
        // SAFETY: the bytes came from `save` of a context of the same key.
        let read = unsafe { sys::llama_state_seq_set_data(self.raw(), state.as_ptr(), state.len(), 0) };
        if read == 0 {
            self.clear();
        }
        read != 0
    }
}

struct Placed {
    token: Token,
    position: usize,
    sequence: usize,
    output: bool,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: both came from llama.cpp, are freed once, and the model outlives them.
        unsafe {
            sys::llama_batch_free(self.batch);
            sys::llama_free(self.raw());
        }
    }
}
