//! Signatures of senders checked here (DKIM, RFC 6376), for mail servers that say nothing about who sent a mail.
//!
//! The keys come from the domain name system; the mail is looked at in a child process like everything else of it.
//! Only signatures that could speak for the sender are looked up: nobody makes this program ask for names of theirs.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::{net::runtime::TokioRuntimeProvider, proto::rr::RData};
use understudy_ears::Letter;

use super::{address::Address, authres::is_aligned};
use crate::senses::{SenseError, Senses};

/// Signatures of one mail that are looked at.
const SIGNATURES_MAX: usize = 4;
/// Longest name that is asked for, in bytes (RFC 1035, section 2.3.4).
const NAME_MAX_BYTES: usize = 253;
/// How long an answer may take, and how often it is asked for.
const ANSWER: Duration = Duration::from_secs(3);
/// See [`ANSWER`].
const ATTEMPTS: usize = 2;

/// Looks up keys.
#[derive(Debug, Clone)]
pub(super) struct Names(TokioResolver);

/// What the names that matter came to.
enum Looked {
    /// The keys that there are, by name; a name without one has none.
    Keys(BTreeMap<String, String>),
    /// Nobody answered, which says nothing about the mail.
    Nobody(String),
}

/// Whether a mail is signed by its sender's domain.
pub(super) enum Signed {
    /// It is.
    Yes,
    /// It is not, and these words say why.
    No(&'static str),
    /// Nobody could find out now.
    Unknown(String),
}

impl Names {
    /// Asks the server at `address`, or else those that the machine is set up with.
    ///
    /// # Errors
    /// When the machine's setting can't be read.
    pub(super) fn open(address: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut options = ResolverOpts::default();
        (options.timeout, options.attempts) = (ANSWER, ATTEMPTS);
        let builder = match address {
            Some(address) => {
                let mut ways = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
                ways.iter_mut().for_each(|way| way.port = address.port());
                let server = NameServerConfig::new(address.ip(), true, ways);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio()?,
        };
        Ok(Self(builder.with_options(options).build()?))
    }

    /// The text records of `names`.
    async fn keys(&self, names: Vec<String>) -> Looked {
        let mut keys = BTreeMap::new();
        for name in names {
            match self.0.txt_lookup(name.clone()).await {
                Ok(found) => {
                    let texts = found.answers().iter().filter_map(|record| match &record.data {
                        RData::TXT(txt) => Some(
                            txt.txt_data.iter().flat_map(|part| part.iter().copied()).collect::<Vec<u8>>(),
                        ),
                        _ => None,
                    });
                    if let Some(text) = texts.filter_map(|text| String::from_utf8(text).ok()).next() {
                        keys.insert(name, text);
                    }
                }
                Err(e) if e.is_no_records_found() || e.is_nx_domain() => {}
                Err(e) => return Looked::Nobody(e.to_string()),
            }
        }
        Looked::Keys(keys)
    }
}

/// Whether the domain of `sender` has signed the mail.
///
/// # Errors
/// When no reader can be started; the mail is tried again.
pub(super) async fn signed(
    names: &Names,
    senses: &Senses,
    (letter, raw): (&Letter, &[u8]),
    sender: &Address,
) -> Result<Signed, SenseError> {
    let asked: Vec<String> = letter
        .all("DKIM-Signature")
        .filter_map(named)
        .filter(|(domain, _)| is_aligned(domain, &sender.domain))
        .map(|(domain, selector)| format!("{selector}._domainkey.{domain}."))
        .filter(|name| name.len() <= NAME_MAX_BYTES)
        .take(SIGNATURES_MAX)
        .collect();
    if asked.is_empty() {
        return Ok(Signed::No("its sender's domain has not signed it"));
    }
    let keys = match names.keys(asked).await {
        Looked::Keys(keys) => keys,
        Looked::Nobody(why) => return Ok(Signed::Unknown(why)),
    };
    match senses.signers(raw, &keys).await {
        Ok(domains) if domains.iter().any(|domain| is_aligned(domain, &sender.domain)) => Ok(Signed::Yes),
        Err(e @ SenseError::NoReader { .. }) => Err(e),
        Ok(_) | Err(_) => Ok(Signed::No("no signature of its sender's domain is valid")),
    }
}

/// The domain and the selector of a signature.
fn named(signature: &str) -> Option<(String, String)> {
    let tag = |wanted: &str| {
        let mut tags = signature.split(';').filter_map(|tag| tag.split_once('='));
        let value = tags.find(|(name, _)| name.trim() == wanted)?.1;
        let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        (!value.is_empty() && value.chars().all(is_name)).then(|| value.to_ascii_lowercase())
    };
    Some((tag("d")?, tag("s")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_its_key() {
        let of = |text: &str| named(text).map(|(domain, selector)| format!("{selector} {domain}"));
        assert_eq!(
            of("v=1; a=rsa-sha256; d=Example.COM;\r\n\ts=mail 1; bh=x").as_deref(),
            Some("mail1 example.com")
        );
        for odd in ["", "d=example.com", "s=a; d=", "s=a; d=ex ample.com/../x", "s=a\u{0}b; d=example.com"] {
            assert_eq!(of(odd), None, "{odd:?}");
        }
    }
}
