//! A LoRA adapter in memory.

use std::{ffi::CString, marker::PhantomData, os::unix::ffi::OsStrExt, path::Path, ptr::NonNull, sync::Arc};

use llama_cpp_sys_2 as sys;

use super::Model;

/// A LoRA adapter of one model; lives on the owner's thread, because loading and freeing change the model.
pub(crate) struct Adapter {
    handle: NonNull<sys::llama_adapter_lora>,
    // Keeps the model alive: freeing it would free the adapter underneath us.
    _model: Arc<Model>,
    _not_send: PhantomData<*mut ()>,
}

impl Adapter {
    /// Loads an adapter whose header was checked against the base.
    pub(crate) fn load(model: &Arc<Model>, path: &Path) -> Option<Self> {
        let c_path = CString::new(path.as_os_str().as_bytes()).ok()?;
        // SAFETY: the model is valid; the path is NUL-terminated and outlives the call; null is checked.
        let handle = NonNull::new(unsafe { sys::llama_adapter_lora_init(model.raw(), c_path.as_ptr()) })?;
        Some(Self { handle, _model: Arc::clone(model), _not_send: PhantomData })
    }

    pub(super) fn raw(&self) -> *mut sys::llama_adapter_lora {
        self.handle.as_ptr()
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // SAFETY: every context that uses it holds an Rc to it, so none is left; the model is still alive.
        unsafe { sys::llama_adapter_lora_free(self.raw()) };
    }
}
