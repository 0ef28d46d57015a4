//! Which domains have signed a mail (DKIM, RFC 6376), by keys that the parent has looked up.
//!
//! The parent knows the network and this process knows the mail, so each does its part: one line with the keys comes
//! in, then the mail.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Arc, time::Instant};

use anyhow::Context;
use mail_auth::{
    AuthenticatedMessage, DkimResult, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
    common::verify::DomainKey,
    common::{crypto::Algorithm, parse::TxtRecordParser},
    dkim::Signature,
    hickory_resolver::config::{ResolverConfig, ResolverOpts},
};

/// The keys, and nothing else: whatever is not among them does not exist.
struct Keys(HashMap<Box<str>, Txt>);

impl ResolverCache<Box<str>, Txt> for Keys {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(self.0.get(name).cloned().unwrap_or(Txt::Error(Error::ParseError)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// The domains whose signature on the mail is valid and covers its sender and all of its text.
///
/// # Errors
/// When the line with the keys can't be read.
pub(super) fn signed(input: &[u8]) -> anyhow::Result<Vec<String>> {
    let end = input.iter().position(|byte| *byte == b'\n').context("there is no line with keys")?;
    let (line, mail) = input.split_at(end + 1);
    let texts: HashMap<String, String> = serde_json::from_slice(line).context("read the keys")?;
    let keys = texts.into_iter().filter_map(|(name, text)| {
        let key = DomainKey::parse(text.as_bytes()).ok()?;
        Some((name.to_lowercase().into_boxed_str(), Txt::DomainKey(Arc::new(key))))
    });
    let keys = Keys(keys.collect());
    let Some(message) = AuthenticatedMessage::parse(mail) else { return Ok(Vec::new()) };
    // It is never asked anything, because every name has an answer above.
    let authenticator = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default());
    let authenticator = authenticator.map_err(|e| anyhow::anyhow!("make a verifier: {e}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("start a runtime")?;
    let verified =
        runtime.block_on(authenticator.verify_dkim(Parameters::new(&message).with_txt_cache(&keys)));
    let valid = verified.iter().filter(|output| *output.result() == DkimResult::Pass);
    let domains = valid.filter_map(|output| output.signature()).filter(|signature| covers(signature));
    Ok(domains.map(|signature| signature.d.to_lowercase()).collect())
}

/// Whether nobody could have put another sender or more text under a signature (RFC 6376, sections 5.4 and 8.2;
/// RFC 8301 on SHA-1).
fn covers(signature: &Signature) -> bool {
    signature.l == 0
        && signature.a != Algorithm::RsaSha1
        && signature.h.iter().any(|field| field.eq_ignore_ascii_case("from"))
}
