//! Intake: exports become events, one after the other, in an encrypted bundle.
//!
//! A person hands in an export and sees a bar move; at the end they read how much was kept and what was left out.
//! A broken file is named and skipped. An export is read as a stream: an archive by entry, a mailbox by message,
//! so memory does not grow with its size. Kept: one bundle, encrypted, once it was read to its end; when reading
//! breaks off, nothing.

mod mail;
mod mbox;
mod pack;
mod pages;
mod slack;
mod slack_text;
mod steps;
mod subtitles;
mod transcript;
mod who;

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;

pub use who::Me;

use super::{
    consent::Permit,
    event::Event,
    report::{Reason, Report},
    vault::SealedWriter,
};
use crate::{domain::SourceKind, error::Hint};
use who::Seen;

/// Most names that a sentence lists.
const NAMES_SHOWN: usize = 10;

/// How far reading has come.
pub trait Meter {
    /// Says how many bytes there are.
    fn starts(&self, bytes: u64);
    /// Says that this many more were read.
    fn advances(&self, bytes: u64);
}

/// Why reading stopped.
#[derive(Debug)]
enum Trouble {
    /// This file is broken; the next one may be fine.
    Broken(String),
    /// Nothing can be kept any more.
    Stop(anyhow::Error),
}

impl From<io::Error> for Trouble {
    fn from(e: io::Error) -> Self {
        Self::Broken(e.to_string())
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(e: serde_json::Error) -> Self {
        Self::Broken(format!("it is not the JSON that was expected: {e}"))
    }
}

impl From<zip::result::ZipError> for Trouble {
    fn from(e: zip::result::ZipError) -> Self {
        Self::Broken(e.to_string())
    }
}

/// Takes what the readers find.
trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event) -> Result<(), Trouble>;
    /// Counts a message that is left out.
    fn leave_out(&mut self, why: Reason);
    /// Names a broken file.
    fn skip(&mut self, name: &str, why: &str);
    /// Counts bytes.
    fn advance(&mut self, bytes: u64);
}

/// Reads exports into the bundle that `permit` opened.
///
/// # Errors
/// A [`Hint`] when nothing could be read, or the person is not in it; otherwise when the disk is full. Nothing
/// is kept then.
pub fn read(paths: &[PathBuf], me: &Me, permit: &Permit, meter: &dyn Meter) -> anyhow::Result<Report> {
    let out = SealedWriter::create(&permit.file, &permit.recipient)?;
    let mut bundle =
        Bundle { permit, out, report: Report::default(), seen: Seen::default(), me_seen: false, meter };
    meter.starts(paths.iter().map(|path| bytes_of(path)).sum());
    for path in paths {
        if !path.exists() {
            return Err(Hint::new(format!("{} does not exist", path.display()), "check the path").into());
        }
        match read_one(path, permit.kind, me, &mut bundle) {
            Ok(()) => {}
            Err(Trouble::Broken(why)) => bundle.skip(&path.to_string_lossy(), &why),
            Err(Trouble::Stop(e)) => return Err(e),
        }
    }
    bundle.close(me)
}

fn read_one(path: &Path, kind: SourceKind, me: &Me, sink: &mut dyn Sink) -> Result<(), Trouble> {
    match kind {
        SourceKind::Slack => slack::read(path, me, sink),
        SourceKind::Mail => mail::read(path, me, sink),
        SourceKind::Transcript => transcript::read(path, me, sink),
        SourceKind::Markdown => pages::read(path, pages::Pages::Any, sink),
        SourceKind::Notes => pages::read(path, pages::Pages::Plain, sink),
        SourceKind::Steps => steps::read(path, sink),
    }
}

struct Bundle<'b> {
    permit: &'b Permit,
    out: SealedWriter,
    report: Report,
    seen: Seen,
    me_seen: bool,
    meter: &'b dyn Meter,
}

impl Bundle<'_> {
    fn close(self, me: &Me) -> anyhow::Result<Report> {
        if !self.me_seen {
            return Err(nobody(&self.report, &self.seen, me, self.permit.kind).into());
        }
        self.out.finish().context("finish the bundle")?;
        Ok(self.report)
    }
}

/// Why there is nothing of the person in an export.
fn nobody(report: &Report, seen: &Seen, me: &Me, kind: SourceKind) -> Hint {
    let outside = report.left_out_for(Reason::OutsideConsent);
    if report.kept == 0 && outside > 0 {
        let what = format!("all {outside} messages were written outside the time that the consent covers");
        return Hint::new(what, "see `understudy person show` for the days, or record another consent");
    }
    let names = seen.most_frequent(NAMES_SHOWN);
    if names.is_empty() {
        let mut what = format!("there is nothing of kind {kind} in this export");
        if let Some(first) = report.skipped.first() {
            what = format!("{what}; {} could not be read ({})", first.name, first.why);
        }
        return Hint::new(what, "check the path, and --kind against what was exported");
    }
    let what = format!("{me} is not in this export; these people are: {}", names.join(", "));
    Hint::new(what, "give the name or address that the person has there with --me")
}

impl Sink for Bundle<'_> {
    fn event(&mut self, event: Event) -> Result<(), Trouble> {
        if event.text.trim().is_empty() {
            self.leave_out(Reason::Empty);
            return Ok(());
        }
        if !self.permit.covers(event.t) {
            self.leave_out(Reason::OutsideConsent);
            return Ok(());
        }
        if event.is_mine() {
            self.me_seen = true;
        } else {
            self.seen.count(&event.author);
        }
        self.report.kept += 1;
        let pushed = self.out.push(&event).context("write the bundle; is the disk full?");
        pushed.map_err(Trouble::Stop)
    }

    fn leave_out(&mut self, why: Reason) {
        self.report.leave_out(why);
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.report.skip(name, why);
    }

    fn advance(&mut self, bytes: u64) {
        self.meter.advances(bytes);
    }
}

fn bytes_of(path: &Path) -> u64 {
    let files = walkdir::WalkDir::new(path).into_iter().flatten();
    files.filter_map(|entry| entry.metadata().ok()).filter(std::fs::Metadata::is_file).map(|m| m.len()).sum()
}

/// Files below a path that are worth a look, in order; a path that is a file is the only one.
fn files_below(path: &Path) -> Vec<PathBuf> {
    let hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    walkdir::WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !hidden(entry))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// When a file was last changed, in Unix seconds.
fn changed_at(path: &Path) -> i64 {
    let changed = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let since = changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}

/// The extension of a name in lower case.
fn extension(name: &str) -> String {
    Path::new(name).extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
