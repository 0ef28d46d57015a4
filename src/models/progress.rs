//! What a pull reports while it runs, and the bar that shows it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::error::human;

/// A step of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another process pulls into the same directory; this one goes on when that one is done.
    Waiting,
    /// A source is being asked.
    Trying {
        /// The host or package.
        source: String,
    },
    /// Bytes have arrived from it.
    Received {
        /// So far, kept bytes of earlier attempts included.
        bytes: u64,
        /// In all, where the source says.
        total_bytes: Option<u64>,
    },
    /// Everything is here and being made into a model file.
    Converting,
    /// The source said no, and the next one follows.
    Skipped {
        /// For a person to read.
        reason: String,
    },
    /// A file whose sum nobody had recorded is in place; this is its sum.
    Unverified {
        /// In hex.
        sha256: String,
    },
}

/// Returns a listener that draws the pull of `name` as a bar on standard error.
///
/// Without a terminal it writes only the lines worth keeping in a log.
pub fn progress_bar(name: &str) -> impl FnMut(Progress) + use<> {
    let name = name.to_owned();
    let bar = ProgressBar::no_length().with_style(style(None)).with_message(name.clone());
    let mut shown_total = None;
    move |progress| {
        match progress {
        Progress::Waiting => bar.suspend(|| eprintln!("{name}: waiting for another pull to finish")),
        Progress::Trying { source } => {
            bar.set_position(0);
            bar.set_message(format!("{name} from {source}"));
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress::Received { bytes, total_bytes } => {
            if total_bytes != shown_total {
                bar.set_style(style(total_bytes));
                bar.set_length(total_bytes.unwrap_or(0));
                shown_total = total_bytes;
            }
            bar.set_position(bytes);
        }
        Progress::Converting => bar.set_message(format!("{name}: checking {}", human(bar.position()))),
        Progress::Skipped { reason } => bar.suspend(|| eprintln!("{reason} I'll ask the next source.")),
        Progress::Unverified { sha256 } => bar.suspend(|| {
            eprintln!("{name}: no checksum is on record yet. If you trust this file, put sha256 = \"{sha256}\" into models.toml.");
        }),
    }
    }
}

fn style(total_bytes: Option<u64>) -> ProgressStyle {
    let template = match total_bytes {
        Some(_) => "{msg} [{bar:30}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
        None => "{spinner} {msg} {decimal_bytes} {decimal_bytes_per_sec}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
