//! The ZIP file that an Office document is, read within limits.

use std::io::{Cursor, Read};

use understudy_ears::Trouble;
use zip::{ZipArchive, result::ZipError};

/// Most files in one document.
const FILES_MAX: usize = 10_000;
/// Most bytes of one file, unpacked.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Most bytes of all files that are read, unpacked: a document of pictures has them packed already.
const TOTAL_MAX_BYTES: u64 = 160 * 1024 * 1024;

/// An open document.
pub(super) struct Pack<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    left: u64,
}

impl<'b> Pack<'b> {
    pub fn open(bytes: &'b [u8]) -> Result<Self, Trouble> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Trouble::Damaged)?;
        if archive.len() > FILES_MAX {
            return Err(Trouble::Bomb);
        }
        Ok(Self { archive, left: TOTAL_MAX_BYTES })
    }

    pub fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// The names that begin with `prefix`, in order.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<String> = self.archive.file_names().flatten().map(Into::into).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        names
    }

    /// One file, unpacked.
    pub fn file(&mut self, name: &str) -> Result<Vec<u8>, Trouble> {
        let most = self.left.min(FILE_MAX_BYTES);
        let mut file = self.archive.by_name(name).map_err(of_zip)?;
        let mut bytes = Vec::new();
        // What it says of its own size is not believed.
        file.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(|_| Trouble::Damaged)?;
        if bytes.len() as u64 > most {
            return Err(Trouble::Bomb);
        }
        self.left -= bytes.len() as u64;
        Ok(bytes)
    }

    /// Unpacks everything into nothing, for a reader that has no limits of its own.
    pub fn measure(&mut self) -> Result<(), Trouble> {
        for n in 0..self.archive.len() {
            let most = self.left.min(FILE_MAX_BYTES);
            let file = self.archive.by_index(n).map_err(of_zip)?;
            let size = std::io::copy(&mut file.take(most + 1), &mut std::io::sink());
            let size = size.map_err(|_| Trouble::Damaged)?;
            if size > most {
                return Err(Trouble::Bomb);
            }
            self.left -= size;
        }
        Ok(())
    }
}

fn of_zip(error: ZipError) -> Trouble {
    match error {
        ZipError::UnsupportedArchive(why) if why == ZipError::PASSWORD_REQUIRED => Trouble::Encrypted,
        _ => Trouble::Damaged,
    }
}
