//! Where tokens lie: `DATA/mail/NAME.age`, encrypted (age, X25519) under `DATA/mail/NAME.key`, both 0600.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use age::secrecy::ExposeSecret;
use anyhow::Context;

use super::Tokens;

/// The tokens of one mailbox.
#[derive(Debug, Clone)]
pub(in crate::channels::email) struct Vault {
    dir: PathBuf,
    name: String,
}

impl Vault {
    /// The vault of whoever signs in for a mailbox.
    pub(in crate::channels::email) fn new(data: &Path, person: &str) -> Self {
        Self { dir: data.join("mail"), name: person.to_owned() }
    }

    fn path(&self, end: &str) -> PathBuf {
        self.dir.join(format!("{}.{end}", self.name))
    }

    /// What is kept; `None` before the first sign-in.
    pub(super) async fn read(&self) -> anyhow::Result<Option<Tokens>> {
        let vault = self.clone();
        tokio::task::spawn_blocking(move || vault.read_now()).await?
    }

    fn read_now(&self) -> anyhow::Result<Option<Tokens>> {
        let path = self.path("age");
        if !path.exists() {
            return Ok(None);
        }
        let sealed = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let key = self.key().with_context(|| format!("read the key of {}", path.display()))?;
        let opened = age::Decryptor::new_buffered(sealed.as_slice())?;
        let mut plain = Vec::new();
        opened
            .decrypt(std::iter::once(&key as &dyn age::Identity))
            .and_then(|mut reader| Ok(reader.read_to_end(&mut plain)?))
            .with_context(|| format!("decrypt {}", path.display()))?;
        Ok(Some(serde_json::from_slice(&plain).with_context(|| format!("read {}", path.display()))?))
    }

    /// Keeps tokens in place of those before, all or nothing.
    pub(super) async fn write(&self, tokens: &Tokens) -> anyhow::Result<()> {
        let (vault, tokens) = (self.clone(), tokens.clone());
        tokio::task::spawn_blocking(move || vault.write_now(&tokens)).await?
    }

    fn write_now(&self, tokens: &Tokens) -> anyhow::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        if !self.path("key").exists() {
            let key = age::x25519::Identity::generate();
            replace(&self.path("key"), key.to_string().expose_secret().as_bytes())?;
        }
        let recipient = self.key()?.to_public();
        let sealing = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?;
        let mut sealed = Vec::new();
        let mut writer = sealing.wrap_output(&mut sealed)?;
        writer.write_all(&serde_json::to_vec(tokens)?)?;
        writer.finish()?;
        replace(&self.path("age"), &sealed)
    }

    fn key(&self) -> anyhow::Result<age::x25519::Identity> {
        let text = fs::read_to_string(self.path("key"))?;
        text.trim().parse().map_err(|why: &str| anyhow::anyhow!("{why}"))
    }

    /// Removes key and tokens; returns how many files there were.
    pub(in crate::channels::email) fn forget(&self) -> anyhow::Result<u64> {
        let mut gone = 0;
        for path in ["key", "age"].map(|end| self.path(end)) {
            if path.exists() {
                fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

/// Writes a file that only this account may read, under its name only when it is whole.
fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_are_kept_encrypted_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), "bob");
        assert_eq!(vault.read().await.unwrap(), None);
        let tokens =
            Tokens { access: "wolverine".to_owned(), expires_at: 7, refresh: "zebrafish".to_owned() };
        vault.write(&tokens).await.unwrap();
        vault.write(&tokens).await.unwrap();
        assert_eq!(vault.read().await.unwrap(), Some(tokens));
        for entry in fs::read_dir(dir.path().join("mail")).unwrap() {
            use std::os::unix::fs::PermissionsExt;
            let path = entry.unwrap().path();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let bytes = fs::read(&path).unwrap();
            for word in [&b"wolverine"[..], b"zebrafish"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word), "{}", path.display());
            }
        }
        assert_eq!(vault.forget().unwrap(), 2);
        assert_eq!(vault.read().await.unwrap(), None);
    }
}
