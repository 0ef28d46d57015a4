//! What owners say about answers, wherever they say it: that one was good, or what it should have said.
//!
//! The judgement is always kept; the words only while the person's consent to learning covers today.

use crate::{
    domain::{InboxId, PersonId, Purpose},
    store::{NewCorrection, Store, StoreError, now},
};

/// Longest correction that is taken.
pub const TEXT_MAX_BYTES: usize = 16 * 1024;

/// Why a correction is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCorrection {
    /// There is nothing in it.
    #[error("The correction is empty, so nothing was kept.")]
    Empty,
    /// It has so many bytes.
    #[error("The correction has {0} bytes and up to {TEXT_MAX_BYTES} are kept.")]
    TooLong(usize),
    /// It is what was said.
    #[error("This is what it said already, so nothing was kept.")]
    Same,
}

/// Whether `text` may be kept as what should have been said instead of `said`.
///
/// # Errors
/// When it is empty, too long or no correction.
pub fn check(text: &str, said: &str) -> Result<(), BadCorrection> {
    match text.trim() {
        "" => Err(BadCorrection::Empty),
        _ if text.len() > TEXT_MAX_BYTES => Err(BadCorrection::TooLong(text.len())),
        text if text == said.trim() => Err(BadCorrection::Same),
        _ => Ok(()),
    }
}

/// Keeps a judgement on the answer to `inbox`: that it was good, or what it should have said. Returns whether the words
/// were kept too.
///
/// # Errors
/// When the database is out of reach.
pub async fn keep(
    store: &Store,
    person: &PersonId,
    inbox: InboxId,
    text: Option<String>,
    by: &str,
) -> Result<bool, StoreError> {
    let consent = consent_now(store, person).await?;
    let keeps_words = text.is_some() && consent.is_some();
    let correction = NewCorrection { inbox, person: person.clone(), text, consent };
    store.keep_correction(correction, by, now()).await?;
    Ok(keeps_words)
}

/// The consent to learning that covers what is written now.
///
/// # Errors
/// When the database is out of reach.
pub async fn consent_now(store: &Store, person: &PersonId) -> Result<Option<i64>, StoreError> {
    let now = now();
    let consents = store.consents(person).await?;
    let found = consents.iter().rev().find(|consent| {
        consent.purpose == Purpose::Training
            && consent.withdrawn_at == 0
            && (consent.from_at..consent.until_at).contains(&now)
    });
    Ok(found.map(|consent| consent.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_says_something_else_in_bounds() {
        assert_eq!(check("on Friday", "on Monday"), Ok(()));
        assert_eq!(check(" \n", "on Monday"), Err(BadCorrection::Empty));
        assert_eq!(check(" on Monday\n", "on Monday"), Err(BadCorrection::Same));
        assert_eq!(check(&"x".repeat(1 << 20), "on Monday"), Err(BadCorrection::TooLong(1 << 20)));
    }
}
