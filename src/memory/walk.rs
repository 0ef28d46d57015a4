//! Finds and reads the files of a folder of notes; whatever cannot be read is named, and the rest goes on.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use super::chunk::Format;

/// Files above this are exports or logs rather than notes.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// Something that was left out, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The path below the folder.
    pub source: String,
    /// A sentence or two for the person who keeps the notes.
    pub why: String,
}

impl Skipped {
    pub(super) fn new(source: impl Into<String>, why: impl Into<String>) -> Self {
        Self { source: source.into(), why: why.into() }
    }
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Candidates by name, in order.
    pub files: Vec<(String, PathBuf)>,
    pub skipped: Vec<Skipped>,
    /// Folders below that could not be listed: what was read from there before may still be there.
    pub unlisted: Vec<String>,
}

impl Found {
    pub fn may_still_have(&self, source: &str) -> bool {
        self.unlisted.iter().any(|dir| Path::new(source).starts_with(dir))
    }
}

/// The absolute path of a folder or file of notes, which its notes are filed under; links in it are resolved.
///
/// A file that is gone keeps its name, as long as its folder is there.
pub(super) fn root(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(err) if err.kind() == io::ErrorKind::NotFound && Format::of(path).is_some() => {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(err);
            };
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok(folder.canonicalize()?.join(name))
        }
        other => other,
    }
}

/// Lists the notes below `root`; a `root` that is a file has one, or none any more.
///
/// # Errors
/// When `root` itself cannot be listed: nothing is known about its notes then.
pub(super) fn walk(root: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    match fs::metadata(root) {
        Ok(meta) if meta.is_file() => {
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.files.push((name, root.to_owned()));
            return Ok(found);
        }
        Err(err) if err.kind() == io::ErrorKind::NotFound && Format::of(root).is_some() => return Ok(found),
        other => other?,
    };
    fs::read_dir(root)?;
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
        match entry {
            Ok(entry) => found.take(root, entry),
            Err(err) => found.miss(root, err)?,
        }
    }
    Ok(found)
}

impl Found {
    fn take(&mut self, root: &Path, entry: walkdir::DirEntry) {
        let kind = entry.file_type();
        let is_note = Format::of(entry.path()).is_some();
        let source = source(root, entry.path());
        match source {
            _ if kind.is_dir() => {}
            Ok(source) if kind.is_symlink() => self.skipped.push(Skipped::new(
                source,
                "It is a symbolic link, and links are not followed. Put the file or folder itself here, or add \
                 its own place with `understudy notes add`.",
            )),
            Ok(source) if kind.is_file() && is_note => self.files.push((source, entry.into_path())),
            Err(source) if is_note => self.skipped.push(Skipped::new(
                source,
                "Its name is not valid UTF-8, so it can't be cited. Rename it.",
            )),
            Ok(_) | Err(_) => {}
        }
    }

    fn miss(&mut self, root: &Path, err: walkdir::Error) -> io::Result<()> {
        let path = err.path().map(Path::to_owned).filter(|path| path != root);
        let io_err = io::Error::from(err);
        let Some(path) = path else {
            return Err(io_err);
        };
        let (Ok(source) | Err(source)) = source(root, &path);
        self.skipped.push(Skipped::new(source.clone(), refusal(&io_err)));
        self.unlisted.push(source);
        Ok(())
    }
}

/// The bytes of a note.
pub(super) fn read(path: &Path) -> io::Result<Content> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > MAX_BYTES {
        return Ok(Content::TooLarge(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // It may grow while it is read.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Content::TooLarge(bytes.len() as u64));
    }
    Ok(Content::Bytes(bytes))
}

/// What reading gave.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    TooLarge(u64),
}

pub(super) fn too_large(size_bytes: u64) -> String {
    const MIB: f64 = 1024.0 * 1024.0;
    format!(
        "It has {:.1} MiB; notes are read up to {:.0} MiB. Split it, or keep only the part that matters.",
        size_bytes as f64 / MIB,
        MAX_BYTES as f64 / MIB
    )
}

pub(super) const NO_FORMAT: &str =
    "Notes are read from files that end in .md, .txt or .html. Save it as one of these.";
pub(super) const NOT_UTF8: &str = "It is not UTF-8 text. Save it as UTF-8 and it will be read.";
pub(super) const NO_TEXT: &str = "It has no text. Write something into it, or delete it.";

/// Why the file system refused, with the next step.
pub(super) fn refusal(err: &io::Error) -> String {
    match err.kind() {
        io::ErrorKind::PermissionDenied => {
            "It can't be opened: permission denied. Let the account that runs understudy read it.".to_owned()
        }
        io::ErrorKind::NotFound => {
            "It went away while it was read. Nothing to do if that was meant.".to_owned()
        }
        _ => format!("It can't be read: {err}. Check the disk or the network drive it is on."),
    }
}

fn is_hidden(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// The path below `root` with forward slashes; as an error, what can be shown of one that is not UTF-8.
fn source(root: &Path, path: &Path) -> Result<String, String> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| below.to_string_lossy().into_owned())
}
