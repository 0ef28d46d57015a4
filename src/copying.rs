//! Copies directories, for backups and restores.

use std::{fs, io, os::unix::fs::DirBuilderExt as _, path::Path};

use anyhow::Context;

/// Copies a directory with all that is in it, for the eyes of this account only; what vanishes meanwhile is left out.
///
/// # Errors
/// When something can't be read, or the disk is full.
pub fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) if e.io_error().is_some_and(|e| e.kind() == io::ErrorKind::NotFound) => continue,
            Err(e) => return Err(e).with_context(|| format!("read {}", from.display())),
        };
        let Ok(below) = entry.path().strip_prefix(from) else { continue };
        let place = to.join(below);
        if entry.file_type().is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&place)
                .with_context(|| format!("create {}", place.display()))?;
        } else if entry.file_type().is_file() {
            match fs::copy(entry.path(), &place) {
                Ok(_) => fs::File::open(&place)?.sync_all()?,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e).with_context(|| format!("copy {}", entry.path().display())),
            }
        }
    }
    Ok(())
}
