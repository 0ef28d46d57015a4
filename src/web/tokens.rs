//! Secrets that people and browsers hold; this side keeps their hashes only.

use sha2::{Digest, Sha256};

use crate::store::{Store, StoreError};

/// The setting that holds the hash of the sign-in token.
const SIGN_IN_TOKEN_HASH: &str = "sign_in_token_hash";

/// Makes the sign-in token at the first start and returns it, or `None` when there is one already.
///
/// Only its hash is kept, so whoever calls this shows it now or never.
///
/// # Errors
/// When the store is out of reach.
pub async fn first_sign_in_token(store: &Store) -> Result<Option<String>, StoreError> {
    if store.setting(SIGN_IN_TOKEN_HASH).await?.is_some() {
        return Ok(None);
    }
    renew_sign_in_token(store).await.map(Some)
}

/// Replaces the sign-in token and returns the new one; the old one no longer works, sessions go on.
///
/// # Errors
/// When the store is out of reach.
pub async fn renew_sign_in_token(store: &Store) -> Result<String, StoreError> {
    let token = random();
    store.set_setting(SIGN_IN_TOKEN_HASH, &hash(&token)).await?;
    Ok(token)
}

/// Lets the sign-in token work no more; `understudy sign-in` makes another.
pub(super) async fn use_up_sign_in_token(store: &Store) -> Result<(), StoreError> {
    // Not removed: the next start would take it for the first one and print a new one.
    store.set_setting(SIGN_IN_TOKEN_HASH, "used").await
}

/// Whether `token` is the sign-in token.
pub(super) async fn is_sign_in_token(store: &Store, token: &str) -> Result<bool, StoreError> {
    let kept = store.setting(SIGN_IN_TOKEN_HASH).await?;
    Ok(kept.is_some_and(|kept| same(kept.as_bytes(), hash(token).as_bytes())))
}

/// 256 random bits as text that is safe in links and cookies.
pub(super) fn random() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// What is kept of a secret.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Compares in a time that depends on the lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_token_is_made_once_and_kept_as_a_hash() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        assert!(!is_sign_in_token(&store, "").await.unwrap(), "there is no token yet");
        let token = first_sign_in_token(&store).await.unwrap().unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(first_sign_in_token(&store).await.unwrap(), None);
        assert!(is_sign_in_token(&store, &token).await.unwrap());
        assert!(!store.setting(SIGN_IN_TOKEN_HASH).await.unwrap().unwrap().contains(&token));

        let renewed = renew_sign_in_token(&store).await.unwrap();
        assert!(!is_sign_in_token(&store, &token).await.unwrap());
        assert!(is_sign_in_token(&store, &renewed).await.unwrap());
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        for (a, b, equal) in [("", "", true), ("ab", "ab", true), ("ab", "aB", false), ("ab", "a", false)] {
            assert_eq!(same(a.as_bytes(), b.as_bytes()), equal, "{a} {b}");
        }
    }
}
