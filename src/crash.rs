//! Places where a test lets the program die, as `kill -9` or a power cut would.
//!
//! A moment that a test waits for falls where it likes; a place is hit every time. Each stands between two steps
//! that change something outside this process.

use std::sync::LazyLock;

/// The variable that names one place.
pub const VARIABLE: &str = "UNDERSTUDY_DIE_AT";

/// Dies here, without unwinding or flushing anything, when the variable names this place.
pub fn point(place: &str) {
    static AT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());
    if AT.as_deref() == Some(place) {
        std::process::abort();
    }
}
