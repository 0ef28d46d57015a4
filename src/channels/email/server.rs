//! Where a mail server is, and how the way to it is encrypted.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, crypto,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::error::Hint;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(60);

/// How the way to a server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Not at all; only without leaving this machine.
    None,
    /// From the first byte.
    Tls,
    /// After a greeting in the clear; what follows is refused unless it is encrypted.
    StartTls,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A connection, encrypted or not.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug> Wire for T {}

impl Server {
    /// Where mail is read.
    ///
    /// # Errors
    /// When the address is of another form.
    pub(super) fn imap(address: &str) -> Result<Self, Hint> {
        let forms = [("imaps", Encryption::Tls, 993), ("imap", Encryption::None, 143)];
        Self::read("imap", address, &forms)
    }

    /// Where mail is handed in.
    ///
    /// # Errors
    /// As for [`Self::imap`].
    pub(super) fn smtp(address: &str) -> Result<Self, Hint> {
        let forms = [
            ("submissions", Encryption::Tls, 465),
            ("submission", Encryption::StartTls, 587),
            ("smtp", Encryption::None, 25),
        ];
        Self::read("smtp", address, &forms)
    }

    fn read(key: &str, address: &str, forms: &[(&str, Encryption, u16)]) -> Result<Self, Hint> {
        let refuse = |what: &str| {
            let allowed = forms.iter().map(|(scheme, ..)| format!("{scheme}://host")).collect::<Vec<_>>();
            let next = format!("write {}; see docs/email.md", allowed.join(" or "));
            Hint::new(format!("`{key} = \"{address}\"` {what}"), next)
        };
        let (scheme, rest) = address.split_once("://").ok_or_else(|| refuse("names no way in"))?;
        let found = forms.iter().find(|(known, ..)| *known == scheme);
        let (_, encryption, usual) = found.copied().ok_or_else(|| refuse("names no way in"))?;
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| refuse("has no port after the colon"))?),
            None => (rest, usual),
        };
        if host.is_empty() {
            return Err(refuse("names no host"));
        }
        if encryption == Encryption::None && !matches!(host, "127.0.0.1" | "localhost") {
            return Err(refuse("would send the password in the clear"));
        }
        Ok(Self { host: host.to_owned(), port, encryption })
    }

    /// Opens the way; a STARTTLS one is still in the clear.
    ///
    /// # Errors
    /// When the server can't be reached or shows no certificate that fits; the words name it.
    pub(super) async fn connect(&self, ca: Option<&[u8]>) -> anyhow::Result<Box<dyn Wire>> {
        let address = (self.host.as_str(), self.port);
        let tcp = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(e)) => anyhow::bail!("can't reach {self}: {e}"),
            Err(_) => anyhow::bail!("can't reach {self}: no answer in {} s", CONNECT.as_secs()),
        };
        tcp.set_nodelay(true).ok();
        if self.encryption != Encryption::Tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(self.host.clone())?;
        let connector = TlsConnector::from(Arc::new(tls(ca)?));
        match timeout(CONNECT, connector.connect(name, tcp)).await {
            Ok(Ok(tls)) => Ok(Box::new(tls)),
            Ok(Err(e)) => anyhow::bail!(
                "{self} shows no certificate that can be trusted: {e}; name the company's own authority as `ca` in [mail]"
            ),
            Err(_) => anyhow::bail!("{self} does not finish TLS in {} s", CONNECT.as_secs()),
        }
    }
}

fn tls(ca: Option<&[u8]>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for certificate in ca.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_stay_encrypted() {
        let server = Server::imap("imaps://imap.example.com").unwrap();
        assert_eq!((server.port, server.encryption), (993, Encryption::Tls));
        let server = Server::smtp("submission://smtp.example.com:2587/").unwrap();
        assert_eq!((server.port, server.encryption), (2587, Encryption::StartTls));
        assert!(Server::imap("imap://127.0.0.1:1143").is_ok());
        for (address, word) in [
            ("imap.example.com", "imaps://host"),
            ("imap://imap.example.com", "in the clear"),
            ("imaps://", "no host"),
            ("imaps://x:port", "no port"),
            ("smtp://127.0.0.1", "no way in"),
        ] {
            let told = Server::imap(address).unwrap_err().to_string();
            assert!(told.contains(word), "{told}");
        }
        assert!(Server::smtp("smtp://localhost.example.com").is_err());
    }
}
