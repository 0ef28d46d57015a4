//! One-time start of llama.cpp and its log.

use std::{
    ffi::{CStr, c_char, c_void},
    sync::{Mutex, Once, PoisonError},
};

use llama_cpp_sys_2 as sys;
use tracing::{trace, warn};

static START: Once = Once::new();

/// The first error line since it was last taken, because llama.cpp says why it refused a file only in its log;
/// the lines after it only say which calls failed therefore.
static RECENT_ERROR: Mutex<String> = Mutex::new(String::new());

/// Starts llama.cpp once per process and sends its log to `tracing`.
pub(crate) fn init() {
    START.call_once(|| {
        // SAFETY: `forward` has the signature llama.cpp asks for, never unwinds and needs no user data.
        unsafe { sys::llama_log_set(Some(forward), std::ptr::null_mut()) };
        // SAFETY: called once, before anything else of llama.cpp.
        unsafe { sys::llama_backend_init() };
    });
}

/// Takes the first error line that llama.cpp logged since this was called last.
pub(crate) fn recent_error() -> String {
    std::mem::take(&mut *RECENT_ERROR.lock().unwrap_or_else(PoisonError::into_inner))
}

unsafe extern "C" fn forward(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a NUL-terminated string that lives for this call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim_end();
    if text.is_empty() {
        return;
    }
    if level == sys::GGML_LOG_LEVEL_ERROR {
        let mut recent = RECENT_ERROR.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.is_empty() {
            text.clone_into(&mut recent);
        }
        warn!(target: "llama", "{text}");
    } else {
        trace!(target: "llama", "{text}");
    }
}
