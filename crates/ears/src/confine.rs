//! What this process may use: set once, before anything from outside is read, and never raised again.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space in bytes: a mail of 25 MB is there as bytes, decoded and as text.
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;
/// Processor time in seconds; the parent's clock ends it earlier when it waits.
const CPU_S: u64 = 10;
/// Open files: the three standard ones and a few for the run-time library.
const FILES: u64 = 16;

/// Limits memory, processor time and files; no file can be written.
///
/// # Errors
/// When the system refuses; then nothing must be read.
pub(super) fn confine() -> std::io::Result<()> {
    for (resource, most) in [
        (Resource::As, MEMORY_BYTES),
        (Resource::Cpu, CPU_S),
        (Resource::Fsize, 0),
        (Resource::Nofile, FILES),
        (Resource::Core, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
