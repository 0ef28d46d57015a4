//! What leaves an installation: files that appear whole or not at all, and never in place of others.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{error::Hint, mind::beside};

/// What lies beside an adapter and goes along with it.
pub const PAPERS: [&str; 3] = ["manifest.json", "report.json", "report.html"];

/// An adapter with everything that goes along with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The adapter's file.
    pub adapter: PathBuf,
    /// The base it belongs to, where it is on this machine.
    pub base: Option<PathBuf>,
}

impl Parcel {
    /// Copies the adapter and its papers into the directory `out`, making it when there is none; returns what it
    /// wrote.
    ///
    /// # Errors
    /// A [`Hint`] when one of the files is there already; otherwise when the directory can't be written. Nothing
    /// is left behind then.
    pub fn adapter_into(&self, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let mut copies = vec![(self.adapter.clone(), out.join("adapter.gguf"))];
        copies
            .extend(PAPERS.iter().filter_map(|paper| Some((beside(&self.adapter, paper)?, out.join(paper)))));
        for (_, to) in &copies {
            must_be_new(to)?;
        }
        let made = !out.exists();
        if made {
            fs::create_dir(out).map_err(|e| cannot_create(out, &e))?;
        }
        let mut written = Vec::new();
        for (from, to) in copies {
            let copied = write_new(&to, |file| {
                let mut source = File::open(&from).with_context(|| format!("open {}", from.display()))?;
                io::copy(&mut source, file)?;
                Ok(())
            });
            if let Err(e) = copied {
                for file in &written {
                    fs::remove_file(file).ok();
                }
                if made {
                    fs::remove_dir(out).ok();
                }
                return Err(e);
            }
            written.push(to);
        }
        Ok(written)
    }

    /// Writes base and adapter as one model into the file `out`, and the manifest beside it; returns what it wrote.
    ///
    /// Matrices are written as 16-bit floats, see [`understudy_trainer::merge`].
    ///
    /// # Errors
    /// As for [`Self::adapter_into`].
    pub fn merged_into(&self, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let Some(base) = &self.base else {
            let next = "get it with `understudy models pull`";
            return Err(Hint::new("the base of this adapter is not on this machine", next).into());
        };
        let manifest =
            beside(&self.adapter, "manifest.json").map(|from| (from, out.with_extension("manifest.json")));
        if let Some((_, to)) = &manifest {
            must_be_new(to)?;
        }
        write_new(out, |file| understudy_trainer::merge::merge(base, &self.adapter, file))?;
        let mut written = vec![out.to_owned()];
        if let Some((from, to)) = manifest {
            let text = fs::read(&from).with_context(|| format!("read {}", from.display()))?;
            if let Err(e) = write_new(&to, |file| Ok(file.write_all(&text)?)) {
                fs::remove_file(out).ok();
                return Err(e);
            }
            written.push(to);
        }
        Ok(written)
    }
}

/// Writes the file `out`, which only this account may read, under another name first.
///
/// # Errors
/// A [`Hint`] when there is such a file already, or no such directory; otherwise what `fill` says, or that the disk
/// is full. No file is left behind then.
pub fn write_new<T>(
    out: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    must_be_new(out)?;
    let mut name = OsString::from(".");
    name.push(out.file_name().with_context(|| format!("{} names no file", out.display()))?);
    name.push(format!(".{}.part", std::process::id()));
    let part = out.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
    let mut file = BufWriter::new(file.map_err(|e| cannot_create(out, &e))?);
    let written = fill(&mut file).and_then(|value| {
        file.flush()?;
        file.get_ref().sync_all()?;
        Ok(value)
    });
    let placed = written.and_then(|value| {
        must_be_new(out)?;
        fs::rename(&part, out)?;
        Ok(value)
    });
    if placed.is_err() {
        // What is still buffered is given up as well.
        drop(file.into_parts());
        fs::remove_file(&part).ok();
    }
    placed.map_err(|e| {
        let failed = e.chain().any(|cause| cause.is::<io::Error>());
        if failed { e.context(format!("write {}; is the disk full?", out.display())) } else { e }
    })
}

fn must_be_new(path: &Path) -> Result<(), Hint> {
    if path.symlink_metadata().is_ok() {
        let what = format!("{} exists and is not overwritten", path.display());
        return Err(Hint::new(what, "choose another --out, or move it away"));
    }
    Ok(())
}

fn cannot_create(path: &Path, error: &io::Error) -> Hint {
    let what = format!("can't create {}: {error}", path.display());
    Hint::new(what, "choose an --out in a directory that exists and that you may write")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("messages.jsonl");
        let full = write_new(&out, |file| {
            file.write_all(b"half of it")?;
            Err::<(), _>(io::Error::from(io::ErrorKind::StorageFull).into())
        });
        assert!(format!("{:#}", full.unwrap_err()).contains("is the disk full?"));
        assert_eq!(names(dir.path()), Vec::<String>::new(), "nothing is left behind");
        write_new(&out, |file| Ok(file.write_all(b"whole")?)).unwrap();
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        let again = write_new(&out, |_| Ok(())).unwrap_err();
        assert!(again.to_string().contains("is not overwritten: choose another --out"), "{again}");
        assert_eq!(fs::read(&out).unwrap(), b"whole");
        let nowhere = write_new(&dir.path().join("no/such/place"), |_| Ok(())).unwrap_err();
        assert!(nowhere.to_string().contains("directory that exists"), "{nowhere}");
    }

    #[test]
    fn an_adapter_leaves_with_its_papers_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        // As a promoted one lies: everything under its hash.
        let adapter = dir.path().join("abc.gguf");
        fs::write(&adapter, "weights").unwrap();
        fs::write(dir.path().join("abc.manifest.json"), "manifest").unwrap();
        fs::write(dir.path().join("abc.report.json"), "report").unwrap();
        fs::write(dir.path().join("other.report.html"), "of another one").unwrap();
        let parcel = Parcel { adapter, base: None };
        let out = dir.path().join("out");
        parcel.adapter_into(&out).unwrap();
        assert_eq!(names(&out), ["adapter.gguf", "manifest.json", "report.json"]);
        assert_eq!(fs::read(out.join("report.json")).unwrap(), b"report");
        assert!(parcel.adapter_into(&out).unwrap_err().to_string().contains("is not overwritten"));
        // One file in the way keeps all of them away.
        let taken = dir.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("report.json"), "mine").unwrap();
        parcel.adapter_into(&taken).unwrap_err();
        assert_eq!(names(&taken), ["report.json"]);
        let merged = dir.path().join("merged.gguf");
        let error = parcel.merged_into(&merged).unwrap_err().to_string();
        assert!(error.contains("not on this machine: get it with `understudy models pull`"), "{error}");
        let no_model = Parcel { base: Some(parcel.adapter.clone()), ..parcel };
        no_model.merged_into(&merged).unwrap_err();
        assert!(!merged.exists() && !dir.path().join("merged.manifest.json").exists());
    }
}
