//! Logs to standard error. Ids, counts and durations only: no message text at any level.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::Hint;

/// Starts logging with a filter such as `info` or `understudy::turn=debug`.
///
/// # Errors
/// When the filter is malformed.
pub fn start(filter: &str) -> Result<(), Hint> {
    // The embedded Qdrant warns about switches that only its server sets.
    let filter = EnvFilter::try_new(format!("{filter},qdrant_edge=error")).map_err(|e| {
        Hint::new(
            format!("the setting `log` (UNDERSTUDY_LOG) is wrong: {e}"),
            "use error, warn, info or debug",
        )
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // Already set in tests that start several apps.
    subscriber.try_init().ok();
    Ok(())
}
