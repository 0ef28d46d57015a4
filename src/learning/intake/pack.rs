//! An export as a list of named files: a zip archive, or the folder that it was unpacked into.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use super::{Trouble, files_below};
use crate::learning::calendar::civil;

/// Most bytes of one file inside an export: more is no message file but an attack or a mistake.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// An export.
pub(super) enum Pack {
    /// A zip archive; its list of entries is in memory, their content is not.
    Zip(Box<ZipArchive<BufReader<File>>>),
    /// A folder.
    Folder(PathBuf),
}

/// A file of an export.
pub(super) struct Entry {
    /// Its name, with folders.
    pub name: String,
    /// Bytes it takes on the disk, for the bar.
    pub bytes: u64,
    place: Place,
}

enum Place {
    Zip(usize),
    File(PathBuf),
}

impl Pack {
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let archive = ZipArchive::new(BufReader::new(File::open(path)?));
        let archive = archive.map_err(|e| Trouble::Broken(format!("it is no zip archive or folder: {e}")))?;
        Ok(Self::Zip(Box::new(archive)))
    }

    /// Its files, by name.
    pub fn entries(&mut self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = match self {
            Self::Folder(root) => files_below(root)
                .into_iter()
                .map(|path| {
                    let name = path.strip_prefix(&*root).unwrap_or(&path).to_string_lossy().into_owned();
                    let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
                    Entry { name, bytes, place: Place::File(path) }
                })
                .collect(),
            Self::Zip(archive) => (0..archive.len())
                .filter_map(|i| {
                    let file = archive.by_index_raw(i).ok()?;
                    let entry = Entry {
                        name: file.name().to_owned(),
                        bytes: file.compressed_size(),
                        place: Place::Zip(i),
                    };
                    file.is_file().then_some(entry)
                })
                .collect(),
        };
        // Finder and Windows leave their own files in archives.
        entries
            .retain(|entry| !entry.name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX"));
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// Reads one file whole; they are small, only their number is large.
    pub fn read(&mut self, entry: &Entry) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        match (&mut *self, &entry.place) {
            (Self::Zip(archive), Place::Zip(i)) => {
                archive.by_index(*i)?.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
            }
            (_, Place::File(path)) => {
                File::open(path)?.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
            }
            (Self::Folder(_), Place::Zip(_)) => {}
        }
        if bytes.len() as u64 > FILE_MAX_BYTES {
            let mb = FILE_MAX_BYTES >> 20;
            return Err(Trouble::Broken(format!("it has more than {mb} MB, which no such file should have")));
        }
        Ok(bytes)
    }

    /// When a file was last changed, in Unix seconds.
    pub fn changed_at(&mut self, entry: &Entry) -> i64 {
        match (self, &entry.place) {
            (Self::Zip(archive), Place::Zip(i)) => {
                let stamp = archive.by_index_raw(*i).ok().and_then(|file| file.last_modified());
                stamp.map_or(0, |at| {
                    let days = civil(at.year().into(), at.month().into(), at.day().into()).unwrap_or(0);
                    days * 86_400 + i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60
                })
            }
            (_, Place::File(path)) => super::changed_at(path),
            (Self::Folder(_), Place::Zip(_)) => 0,
        }
    }
}
