//! A file in the making: written under another name, summed on the way, renamed when it is right.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::PullError;
use super::pull::Errand;

/// An unfinished model file.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    sum: Sha256,
    bytes: u64,
}

impl Part {
    /// Starts an empty file.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        Ok(Self { path: path.to_owned(), file, sum: Sha256::new(), bytes: 0 })
    }

    /// Goes on behind what an earlier attempt wrote.
    pub(super) fn resume(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut sum = Sha256::new();
        let bytes = io::copy(&mut file, &mut sum)?;
        Ok(Self { path: path.to_owned(), file, sum, bytes })
    }

    /// Returns how much has been written.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Starts over.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.bytes > 0 {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.sum = Sha256::new();
            self.bytes = 0;
        }
        Ok(())
    }

    /// Makes the part the model, when it is what the catalogue promises, and returns its sum.
    ///
    /// The name changes only after the bytes are on the disk, so that a power cut leaves the
    /// whole model or none. A part that is refused stays; the caller removes it.
    pub(super) fn place(
        self,
        errand: &Errand<'_>,
        from: &str,
        expected: Option<&str>,
    ) -> Result<String, PullError> {
        let name = || errand.entry.name.clone();
        let failed = |error| errand.io_failed(&self.path, error, None);

        self.file.sync_all().map_err(failed)?;
        if !starts_with(&self.path, errand.entry.kind.magic()).map_err(failed)? {
            return Err(PullError::NotAModel { name: name(), from: from.to_owned() });
        }
        let got = hex::encode(self.sum.finalize());
        if let Some(expected) = expected.filter(|sum| *sum != got) {
            let (from, expected) = (from.to_owned(), expected.to_owned());
            return Err(PullError::WrongChecksum { name: name(), from, expected, got });
        }
        fs::rename(&self.path, errand.target()).map_err(failed)?;
        // Without this the rename itself may be lost in a power cut.
        File::open(errand.dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
        Ok(got)
    }
}

impl Write for Part {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        self.sum.update(data.get(..written).unwrap_or(data));
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Tells whether a file begins with these bytes.
pub(super) fn starts_with(path: &Path, magic: [u8; 4]) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut head)?;
    Ok(head == magic)
}
