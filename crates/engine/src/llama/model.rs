//! A loaded model: its vocabulary and chat template.

use std::{
    ffi::{CStr, CString, c_char},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr::NonNull,
};

use llama_cpp_sys_2 as sys;

use super::Token;
use crate::{ModelId, gguf::Header};

/// A GGUF model in memory; weights are memory-mapped.
///
/// Cloned as `Arc<Model>` it serves tokenising and templates on any thread.
pub struct Model {
    handle: NonNull<sys::llama_model>,
    id: ModelId,
    path: PathBuf,
    header: Header,
    template: Option<CString>,
}

// SAFETY: after loading, everything reachable through `&Model` only reads (vocabulary, template, sizes), and
// llama.cpp documents tokenising as thread-safe. Contexts and adapters, which do write, are made from it on
// the owner's thread only (they are `!Send`).
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

/// How special tokens in a text are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Text of the template: `<|im_end|>` is the special token.
    Template,
    /// Text that somebody wrote: `<|im_end|>` is eleven characters.
    Written,
}

/// Who speaks in a chat prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// The task.
    User,
    /// An earlier answer of the model.
    Assistant,
}

/// One message of a chat prompt.
#[derive(Debug, Clone, Copy)]
pub struct Message<'t> {
    /// Who speaks.
    pub role: Role,
    /// What is said; never parsed for special tokens.
    pub text: &'t str,
}

/// A prompt in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// All tokens.
    pub tokens: Vec<Token>,
    /// How many of them stand before the last message and are worth keeping for the next prompt.
    pub prefix_tokens: usize,
}

/// A chat template that this build of llama.cpp can't apply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the chat template of `{}` is missing or unknown. Choose an instruction-tuned model with a common template",
    path.display()
)]
pub struct TemplateError {
    path: PathBuf,
}

impl Model {
    /// Loads `path`, whose header was checked and read as `header`.
    pub(crate) fn load(path: &Path, id: ModelId, header: Header) -> Option<Self> {
        let c_path = CString::new(path.as_os_str().as_bytes()).ok()?;
        // SAFETY: plain value from the library.
        let mut params = unsafe { sys::llama_model_default_params() };
        params.n_gpu_layers = 0;
        params.load_mode = sys::LLAMA_LOAD_MODE_MMAP;
        // SAFETY: the path is NUL-terminated and outlives the call; null is checked.
        let handle = NonNull::new(unsafe { sys::llama_model_load_from_file(c_path.as_ptr(), params) })?;
        let template = header.text("tokenizer.chat_template").and_then(|t| CString::new(t).ok());
        Some(Self { handle, id, path: path.to_owned(), header, template })
    }

    pub(super) fn raw(&self) -> *mut sys::llama_model {
        self.handle.as_ptr()
    }

    pub(super) fn vocab(&self) -> *const sys::llama_vocab {
        // SAFETY: the handle is valid as long as self.
        unsafe { sys::llama_model_get_vocab(self.raw()) }
    }

    /// Identity of weights and template.
    #[must_use]
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The file it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The header of that file.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of the weights.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.header.size_bytes
    }

    /// Longest context it was trained for, in tokens.
    #[must_use]
    pub fn context_tokens(&self) -> u32 {
        let n = self.header.of_architecture("context_length").unwrap_or(2048);
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    /// Width of its hidden state, which is the length of its embeddings.
    #[must_use]
    pub fn width(&self) -> usize {
        let n = self.header.of_architecture("embedding_length").unwrap_or(0);
        usize::try_from(n).expect("a width fits a usize")
    }

    /// Bytes of f16 keys and values per token of context.
    #[must_use]
    pub fn kv_bytes_per_token(&self) -> u64 {
        let of = |key: &str| self.header.of_architecture(key);
        let heads = of("attention.head_count").unwrap_or(1).max(1);
        let head_width = of("embedding_length").unwrap_or(0) / heads;
        let kv_heads = of("attention.head_count_kv").unwrap_or(heads);
        let widths = of("attention.key_length").unwrap_or(head_width)
            + of("attention.value_length").unwrap_or(head_width);
        of("block_count").unwrap_or(0) * kv_heads * widths * 2
    }

    /// Size of the vocabulary.
    #[must_use]
    pub fn vocab_size(&self) -> usize {
        // SAFETY: the vocabulary lives as long as the model.
        let n = unsafe { sys::llama_vocab_n_tokens(self.vocab()) };
        usize::try_from(n).expect("a vocabulary has no negative size")
    }

    /// Splits `text` into tokens, without beginning or end marks.
    #[must_use]
    pub fn tokenize(&self, text: &str, content: Content) -> Vec<Token> {
        self.tokenize_raw(text, false, content == Content::Template)
    }

    /// Splits `text` into tokens, with the marks that the model wants around a whole text.
    #[must_use]
    pub fn tokenize_marked(&self, text: &str) -> Vec<Token> {
        self.tokenize_raw(text, true, false)
    }

    fn tokenize_raw(&self, text: &str, marks: bool, special: bool) -> Vec<Token> {
        let length = i32::try_from(text.len()).expect("texts are capped far below 2 GiB");
        let mut tokens: Vec<Token> = vec![0; text.len() / 2 + 16];
        loop {
            let room = i32::try_from(tokens.len()).expect("as many tokens as bytes at most");
            // SAFETY: pointer and length describe `text`; the output has room for `room` tokens.
            let n = unsafe {
                sys::llama_tokenize(
                    self.vocab(),
                    text.as_ptr().cast::<c_char>(),
                    length,
                    tokens.as_mut_ptr(),
                    room,
                    marks,
                    special,
                )
            };
            match usize::try_from(n) {
                Ok(n) => {
                    tokens.truncate(n);
                    return tokens;
                }
                Err(_) => tokens.resize(n.unsigned_abs() as usize, 0),
            }
        }
    }

    /// The bytes a token stands for; special tokens stand for nothing.
    #[must_use]
    pub fn piece(&self, token: Token) -> Vec<u8> {
        let mut bytes = vec![0_u8; 64];
        loop {
            let room = i32::try_from(bytes.len()).expect("pieces are short");
            // SAFETY: the buffer has `room` bytes; an id outside the vocabulary yields an empty piece.
            let n = unsafe {
                sys::llama_token_to_piece(
                    self.vocab(),
                    token,
                    bytes.as_mut_ptr().cast::<c_char>(),
                    room,
                    0,
                    false,
                )
            };
            match usize::try_from(n) {
                Ok(n) => {
                    bytes.truncate(n);
                    return bytes;
                }
                Err(_) => bytes.resize(n.unsigned_abs() as usize, 0),
            }
        }
    }

    /// The whole words of a `WordPiece` vocabulary, in its order, which is nearly that of how common they are; none of
    /// another kind of vocabulary.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        if self.header.text("tokenizer.ggml.model") != Some("bert") {
            return Vec::new();
        }
        let ids = (0..self.vocab_size()).filter_map(|id| Token::try_from(id).ok());
        // SAFETY: the text of a token of the vocabulary is NUL-terminated and lives as long as the model.
        let texts = ids.map(|id| unsafe { CStr::from_ptr(sys::llama_vocab_get_text(self.vocab(), id)) });
        // GGUF marks the pieces that begin a word, as SentencePiece does.
        let words = texts.filter_map(|text| text.to_str().ok()?.strip_prefix('\u{2581}').map(str::to_owned));
        words.filter(|word| word.chars().all(char::is_alphabetic)).collect()
    }

    /// Whether `token` ends an answer.
    #[must_use]
    pub fn is_end(&self, token: Token) -> bool {
        // SAFETY: the vocabulary lives as long as the model; any id may be asked.
        unsafe { sys::llama_vocab_is_eog(self.vocab(), token) }
    }

    /// The token that ends an answer: the end of a turn, or of the text where the vocabulary has no turns.
    #[must_use]
    pub fn end_token(&self) -> Token {
        // SAFETY: the vocabulary lives as long as the model.
        let (turn, text) =
            unsafe { (sys::llama_vocab_eot(self.vocab()), sys::llama_vocab_eos(self.vocab())) };
        if turn < 0 { text } else { turn }
    }

    /// Renders `messages` by the model's own chat template, ready for the model's answer.
    ///
    /// What people wrote is tokenised apart from the template, so no text can forge a turn of the chat.
    ///
    /// # Errors
    /// When the file has no template, or one that llama.cpp does not know.
    pub fn render(&self, messages: &[Message<'_>]) -> Result<Prompt, TemplateError> {
        let marks: Vec<String> = (0..messages.len()).map(|i| format!("\u{E000}{i}\u{E001}")).collect();
        let frame = self.apply_template(messages, &marks).ok_or_else(|| self.template_error())?;
        let mut tokens = Vec::new();
        let mut prefix_tokens = 0;
        let mut rest = frame.as_str();
        for (message, mark) in messages.iter().zip(&marks) {
            let (before, after) = rest.split_once(mark.as_str()).ok_or_else(|| self.template_error())?;
            tokens.extend(self.tokenize(before, Content::Template));
            prefix_tokens = tokens.len();
            tokens.extend(self.tokenize(message.text.trim(), Content::Written));
            rest = after;
        }
        tokens.extend(self.tokenize(rest, Content::Template));
        Ok(Prompt { tokens, prefix_tokens })
    }

    fn template_error(&self) -> TemplateError {
        TemplateError { path: self.path.clone() }
    }

    fn apply_template(&self, messages: &[Message<'_>], marks: &[String]) -> Option<String> {
        let template = self.template.as_ref()?;
        let contents: Vec<CString> =
            marks.iter().map(|m| CString::new(m.as_str())).collect::<Result<_, _>>().ok()?;
        let chat: Vec<sys::llama_chat_message> = messages
            .iter()
            .zip(&contents)
            .map(|(message, content)| sys::llama_chat_message {
                role: match message.role {
                    Role::System => c"system",
                    Role::User => c"user",
                    Role::Assistant => c"assistant",
                }
                .as_ptr(),
                content: content.as_ptr(),
            })
            .collect();
        let mut frame = vec![0_u8; 1024 + 256 * messages.len()];
        loop {
            let room = i32::try_from(frame.len()).ok()?;
            // SAFETY: all strings are NUL-terminated and outlive the call; the buffer has `room` bytes.
            let n = unsafe {
                sys::llama_chat_apply_template(
                    template.as_ptr(),
                    chat.as_ptr(),
                    chat.len(),
                    true,
                    frame.as_mut_ptr().cast::<c_char>(),
                    room,
                )
            };
            let n = usize::try_from(n).ok()?;
            if n <= frame.len() {
                frame.truncate(n);
                return String::from_utf8(frame).ok();
            }
            frame.resize(n, 0);
        }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: the handle came from llama_model_load_from_file and nothing refers to it any more.
        unsafe { sys::llama_model_free(self.raw()) };
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("id", &self.id).finish_non_exhaustive()
    }
}
