//! Files that people sent along, kept by the hash of their content, and beside each what was read in it.
//!
//! A file is written beside its place and moved there, so a crash leaves either all of it or nothing that is looked
//! at. Each addressed person has a directory of their own, so that their erasure reaches it; nothing stays longer
//! than 30 days.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};

use crate::domain::PersonId;

/// Most bytes of a file that is taken in.
pub const FILE_MAX_BYTES: u64 = 50 << 20;
/// How long a file is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// The files of this installation.
#[derive(Debug, Clone)]
pub struct Files {
    dir: PathBuf,
}

impl Files {
    /// The files below the data directory; nothing is made yet.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self { dir: data.join("files") }
    }

    /// Keeps a content that was sent to `person` and returns its SHA-256, in hex.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep(&self, person: &PersonId, content: &[u8]) -> io::Result<String> {
        let hash = hex::encode(Sha256::digest(content));
        let dir = self.dir.join(person.as_str());
        fs::create_dir_all(&dir)?;
        let (place, beside) = (dir.join(&hash), dir.join(format!("{hash}.{}", uuid::Uuid::new_v4())));
        fs::write(&beside, content)?;
        fs::rename(&beside, &place)?;
        Ok(hash)
    }

    /// A content that was kept; `None` when it was never here or is gone by now.
    ///
    /// # Errors
    /// When it is here and can't be read.
    pub fn content(&self, person: &PersonId, hash: &str) -> io::Result<Option<Vec<u8>>> {
        self.read(person, hash)
    }

    /// Keeps what was read in a content, for later turns; it goes with the content.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep_reading(&self, person: &PersonId, hash: &str, reading: &[u8]) -> io::Result<()> {
        let dir = self.dir.join(person.as_str());
        let (place, beside) =
            (dir.join(format!("{hash}.read")), dir.join(format!("{hash}.{}", uuid::Uuid::new_v4())));
        fs::write(&beside, reading)?;
        fs::rename(&beside, &place)
    }

    /// What [`Self::keep_reading`] kept.
    ///
    /// # Errors
    /// When it is here and can't be read.
    pub fn reading(&self, person: &PersonId, hash: &str) -> io::Result<Option<Vec<u8>>> {
        self.read(person, &format!("{hash}.read"))
    }

    fn read(&self, person: &PersonId, name: &str) -> io::Result<Option<Vec<u8>>> {
        // A hash comes back from the journal; nothing else may become a path.
        if !name.trim_end_matches(".read").bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        match fs::read(self.dir.join(person.as_str()).join(name)) {
            Ok(content) => Ok(Some(content)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Deletes what was sent to a person and returns how many files that were.
    ///
    /// # Errors
    /// When something can't be deleted; it has to be repeated then.
    pub fn forget(&self, person: &PersonId) -> io::Result<u64> {
        let dir = self.dir.join(person.as_str());
        let files = match fs::read_dir(&dir) {
            Ok(entries) => entries.count() as u64,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(e),
        };
        fs::remove_dir_all(&dir)?;
        Ok(files)
    }

    /// Deletes what has been kept for long enough at `now`, and returns how many files that were.
    ///
    /// # Errors
    /// When something can't be read or deleted.
    pub fn tidy(&self, now: SystemTime) -> io::Result<u64> {
        let mut deleted = 0;
        for entry in walkdir::WalkDir::new(&self.dir).min_depth(2).into_iter().flatten() {
            let age = entry.metadata()?.modified()?;
            if entry.file_type().is_file() && now.duration_since(age).is_ok_and(|age| age > KEPT) {
                fs::remove_file(entry.path())?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_kept_once_and_goes_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::below(dir.path());
        let bob = PersonId::new("bob").unwrap();
        let hash = files.keep(&bob, b"plan").unwrap();
        assert_eq!(files.keep(&bob, b"plan").unwrap(), hash);
        assert_eq!(fs::read(dir.path().join("files/bob").join(&hash)).unwrap(), b"plan");
        files.keep_reading(&bob, &hash, b"it says so").unwrap();
        assert_eq!(files.content(&bob, &hash).unwrap().unwrap(), b"plan");
        assert_eq!(files.reading(&bob, &hash).unwrap().unwrap(), b"it says so");
        assert_eq!(files.content(&bob, "../bob/x").unwrap(), None);
        let later = |days: u64| SystemTime::now() + Duration::from_secs(days * 24 * 3600);
        assert_eq!(files.tidy(later(29)).unwrap(), 0);
        assert_eq!(files.tidy(later(31)).unwrap(), 2);
        assert_eq!(files.reading(&bob, &hash).unwrap(), None);
        files.keep(&bob, b"plan").unwrap();
        assert_eq!(files.forget(&bob).unwrap(), 1);
        assert_eq!(files.forget(&bob).unwrap(), 0);
    }
}
