//! Where learned words lie: in files that are encrypted (age, X25519) with one key per person and run.
//!
//! Kept below the data directory: `keys/PERSON-RUN.key` (0600), and `learning/PERSON/RUN/` with one
//! `intake-N.age` per bundle, `cases.age` (training and development) and `exam.age` (the sealed test). A trainer
//! that needs scratch space takes the directory of the run, so that it goes with it. Destroying a run removes the
//! key first: after a crash half-way, what is left of the files can't be read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use age::secrecy::ExposeSecret;
use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};
use walkdir::WalkDir;

use crate::domain::{IntakeId, PersonId, RunId};

/// The files of learning below one data directory.
#[derive(Debug, Clone)]
pub struct Vault {
    data: PathBuf,
}

/// What a destruction removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Files, the key among them.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl std::ops::AddAssign for Destroyed {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

impl Vault {
    /// The vault of a data directory.
    ///
    /// Its paths are absolute: a command that runs elsewhere writes the bundle that this process opened.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { data: std::path::absolute(data).unwrap_or_else(|_| data.to_owned()) }
    }

    /// The directory of a run; everything in it goes when the run is destroyed.
    #[must_use]
    pub fn run_dir(&self, person: &PersonId, run: RunId) -> PathBuf {
        self.data.join("learning").join(person.as_str()).join(run.to_string())
    }

    /// The file of a bundle.
    #[must_use]
    pub fn bundle(&self, person: &PersonId, run: RunId, intake: IntakeId) -> PathBuf {
        self.run_dir(person, run).join(format!("intake-{intake}.age"))
    }

    /// The examples for training and development.
    #[must_use]
    pub fn cases(&self, person: &PersonId, run: RunId) -> PathBuf {
        self.run_dir(person, run).join("cases.age")
    }

    /// The sealed test set.
    #[must_use]
    pub fn exam(&self, person: &PersonId, run: RunId) -> PathBuf {
        self.run_dir(person, run).join("exam.age")
    }

    /// The directory of a person's own adapters.
    #[must_use]
    pub fn adapters(&self, person: &PersonId) -> PathBuf {
        self.data.join("adapters").join(person.as_str())
    }

    fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    fn key_file(&self, person: &PersonId, run: RunId) -> PathBuf {
        self.keys().join(format!("{person}-{run}.key"))
    }

    /// The recipient that a run's files are encrypted to, making key and directory when there are none.
    ///
    /// # Errors
    /// When the data directory can't be written or an existing key can't be read.
    pub fn recipient(&self, person: &PersonId, run: RunId) -> anyhow::Result<String> {
        private_dir(&self.run_dir(person, run))?;
        private_dir(&self.keys())?;
        let path = self.key_file(person, run);
        if path.exists() {
            return Ok(self.key(person, run)?.to_public().to_string());
        }
        let key = age::x25519::Identity::generate();
        let mut file = create_private(&path)?;
        file.write_all(key.to_string().expose_secret().as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("write {}", path.display()))?;
        Ok(key.to_public().to_string())
    }

    fn key(&self, person: &PersonId, run: RunId) -> anyhow::Result<age::x25519::Identity> {
        let path = self.key_file(person, run);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        text.trim().parse().map_err(|why: &str| anyhow::anyhow!("{} is no key: {why}", path.display()))
    }

    /// Reads a file of a run, one value a line, in order.
    ///
    /// # Errors
    /// When file or key are missing, or the file was changed.
    pub fn read<T: DeserializeOwned>(
        &self,
        person: &PersonId,
        run: RunId,
        path: &Path,
    ) -> anyhow::Result<SealedReader<T>> {
        let key = self.key(person, run)?;
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let decryptor = age::Decryptor::new_buffered(BufReader::new(file))
            .with_context(|| format!("read {}", path.display()))?;
        let plain = decryptor
            .decrypt(std::iter::once(&key as &dyn age::Identity))
            .with_context(|| format!("decrypt {}", path.display()))?;
        Ok(SealedReader { lines: BufReader::new(Box::new(plain)), of: std::marker::PhantomData })
    }

    /// Removes key and files of a run.
    ///
    /// # Errors
    /// When something can't be removed; what is left is removed by the next try.
    pub fn destroy(&self, person: &PersonId, run: RunId) -> anyhow::Result<Destroyed> {
        let mut gone = Destroyed::default();
        let key = self.key_file(person, run);
        if key.exists() {
            gone += remove_key(&key)?;
        }
        gone += remove_all(&self.run_dir(person, run))?;
        Ok(gone)
    }

    /// Keys and directories of runs that lie here, for [`Self::remove_strays`].
    ///
    /// # Errors
    /// When a directory can't be listed.
    pub fn present(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut present = children(&self.keys())?;
        for person in children(&self.data.join("learning"))? {
            present.extend(children(&person)?);
        }
        Ok(present)
    }

    /// Removes those of `present` that belong to none of `alive`, left behind by a crash.
    ///
    /// The caller lists the files before it asks which runs are alive: a run has its row before its key, so a
    /// fresh key is never taken for a stray.
    ///
    /// # Errors
    /// When something can't be removed.
    pub fn remove_strays(
        &self,
        present: Vec<PathBuf>,
        alive: &[(PersonId, RunId)],
    ) -> anyhow::Result<Destroyed> {
        let keys = alive.iter().map(|(person, run)| self.key_file(person, *run));
        let dirs = alive.iter().map(|(person, run)| self.run_dir(person, *run));
        let living: Vec<PathBuf> = keys.chain(dirs).collect();
        let mut gone = Destroyed::default();
        for path in present.into_iter().filter(|path| !living.contains(path)) {
            gone += if path.is_dir() { remove_all(&path)? } else { remove_key(&path)? };
        }
        Ok(gone)
    }

    /// Removes everything learned from a person: the words of every run, and their adapters.
    ///
    /// # Errors
    /// When something can't be removed.
    pub fn forget(&self, person: &PersonId) -> anyhow::Result<Destroyed> {
        let mut gone = Destroyed::default();
        for path in children(&self.keys())? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // The number after the last hyphen is the run: `bob-2-1.key` belongs to `bob-2`.
            if name.rsplit_once('-').is_some_and(|(who, _)| who == person.as_str()) {
                gone += remove_key(&path)?;
            }
        }
        gone += remove_all(&self.data.join("learning").join(person.as_str()))?;
        gone += remove_all(&self.adapters(person))?;
        Ok(gone)
    }
}

/// Writes one value a line into an encrypted file.
pub struct SealedWriter {
    out: age::stream::StreamWriter<BufWriter<File>>,
    part: PathBuf,
    path: PathBuf,
}

impl SealedWriter {
    /// Starts the file `path`; it appears there when it is finished.
    ///
    /// # Errors
    /// When the file can't be made, or `recipient` is no age recipient.
    pub fn create(path: &Path, recipient: &str) -> anyhow::Result<Self> {
        let recipient: age::x25519::Recipient =
            recipient.parse().map_err(|why: &str| anyhow::anyhow!("the recipient is malformed: {why}"))?;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .context("prepare the encryption")?;
        let part = path.with_extension("part");
        match fs::remove_file(&part) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(e).with_context(|| format!("replace {}", part.display()));
            }
            _ => {}
        }
        let out = encryptor
            .wrap_output(BufWriter::new(create_private(&part)?))
            .with_context(|| format!("write {}", part.display()))?;
        Ok(Self { out, part, path: path.to_owned() })
    }

    /// Adds a value.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn push<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// Ends the file and returns when it is on disk under its name.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(self) -> io::Result<()> {
        let file = self.out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&self.part, &self.path)
    }
}

/// Reads an encrypted file, one value a line.
pub struct SealedReader<T> {
    lines: BufReader<Box<dyn Read>>,
    of: std::marker::PhantomData<T>,
}

impl<T: DeserializeOwned> Iterator for SealedReader<T> {
    type Item = anyhow::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).context("a line of a sealed file is malformed")),
            Err(e) => Some(Err(e).context("read a sealed file")),
        }
    }
}

fn private_dir(dir: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("create {}", dir.display()))
}

fn create_private(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("create {}", path.display()))
}

fn children(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => {
            let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
            paths.with_context(|| format!("list {}", dir.display()))
        }
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(e) => Err(e).with_context(|| format!("list {}", dir.display())),
    }
}

/// Overwrites a key before it is removed: a file system may keep the blocks of a removed file for a while.
fn remove_key(path: &Path) -> anyhow::Result<Destroyed> {
    let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
    let blank = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&vec![0; usize::try_from(bytes).unwrap_or(0)])?;
        file.sync_all()
    };
    blank().and_then(|()| fs::remove_file(path)).with_context(|| format!("remove {}", path.display()))?;
    Ok(Destroyed { files: 1, bytes })
}

fn remove_all(dir: &Path) -> anyhow::Result<Destroyed> {
    let mut gone = Destroyed::default();
    for entry in WalkDir::new(dir).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        gone += Destroyed { files: 1, bytes: entry.metadata().map_or(0, |meta| meta.len()) };
    }
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Destroyed::default()),
        other => other.map(|()| gone).with_context(|| format!("remove {}", dir.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn bob() -> PersonId {
        PersonId::new("bob").unwrap()
    }

    #[test]
    fn a_sealed_file_is_read_back_and_its_words_do_not_lie_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path());
        let recipient = vault.recipient(&bob(), RunId(1)).unwrap();
        assert_eq!(vault.recipient(&bob(), RunId(1)).unwrap(), recipient, "a run has one key");
        let path = vault.cases(&bob(), RunId(1));
        let mut out = SealedWriter::create(&path, &recipient).unwrap();
        out.push(&"the canary sings").unwrap();
        out.push(&"twice").unwrap();
        assert!(!path.exists(), "it appears when it is whole");
        out.finish().unwrap();
        let read: Vec<String> =
            vault.read(&bob(), RunId(1), &path).unwrap().collect::<anyhow::Result<_>>().unwrap();
        assert_eq!(read, ["the canary sings", "twice"]);
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
        for file in [path, dir.path().join("keys/bob-1.key")] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_destroyed_run_leaves_neither_key_nor_file() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path());
        for run in [1, 2] {
            let recipient = vault.recipient(&bob(), RunId(run)).unwrap();
            SealedWriter::create(&vault.exam(&bob(), RunId(run)), &recipient).unwrap().finish().unwrap();
        }
        assert_eq!(vault.destroy(&bob(), RunId(1)).unwrap().files, 2);
        assert_eq!(vault.destroy(&bob(), RunId(1)).unwrap(), Destroyed::default(), "again is harmless");
        assert!(vault.exam(&bob(), RunId(2)).exists());
        let strays =
            |alive: &[(PersonId, RunId)]| vault.remove_strays(vault.present().unwrap(), alive).unwrap();
        assert_eq!(strays(&[(bob(), RunId(2))]), Destroyed::default());
        assert_eq!(strays(&[]).files, 2);
    }

    #[test]
    fn forgetting_one_person_leaves_a_namesake_alone() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path());
        let namesake = PersonId::new("bob-2").unwrap();
        vault.recipient(&bob(), RunId(1)).unwrap();
        vault.recipient(&namesake, RunId(2)).unwrap();
        vault.forget(&bob()).unwrap();
        assert!(!dir.path().join("keys/bob-1.key").exists());
        assert!(dir.path().join("keys/bob-2-2.key").exists());
    }
}
