//! What an understudy does: permission, approvals, audit, tools.

mod acting;
mod adapter;
mod approving;
mod audit;
mod binary;
mod calendar;
mod github;
mod injection;
mod mcp;
mod playwright;
mod workshop;

/// Something that `deploy/setup test` has installed.
fn tooling(path: &str) -> std::path::PathBuf {
    let cache = std::env::var_os("UNDERSTUDY_CACHE").map_or_else(
        || std::path::PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy"),
        std::path::PathBuf::from,
    );
    let file = cache.join("tools").join(path);
    assert!(file.exists(), "{} is missing: `make test` installs it", file.display());
    file
}
