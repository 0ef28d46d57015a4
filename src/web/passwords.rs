//! Passwords: Argon2id with a salt of its own each, computed away from the threads that serve pages.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString, rand_core::OsRng},
};
use tokio::sync::Semaphore;

/// Fewest characters of a password (NIST SP 800-63B asks for 8 at least, and for length rather than oddity).
pub(super) const PASSWORD_MIN_CHARS: usize = 10;
/// Most bytes of a password.
pub(super) const PASSWORD_MAX_BYTES: usize = 1024;

/// Hashes that are computed side by side: each takes 19 MB and a core for a moment.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a password is not taken.
pub(super) fn objection(password: &str, name: &str) -> Option<String> {
    if password.chars().count() < PASSWORD_MIN_CHARS {
        return Some(format!(
            "Choose a password of {PASSWORD_MIN_CHARS} characters or more; a few words do well."
        ));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Some(format!("Choose a password of at most {PASSWORD_MAX_BYTES} bytes."));
    }
    let distinct = password.chars().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 4 || password.to_lowercase().contains(&name.to_lowercase()) && name.len() > 3 {
        return Some("This password is easy to guess. Choose another one, without your name.".to_owned());
    }
    None
}

/// The hash of a password, in PHC form.
///
/// # Errors
/// When the machine has no randomness or no memory left.
pub(super) async fn hash(password: String) -> anyhow::Result<String> {
    let _turn = AT_ONCE.acquire().await?;
    let made = tokio::task::spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())
    });
    made.await?.map_err(|e| anyhow::anyhow!("hash a password: {e}"))
}

/// Whether `password` is the one with this hash; with an empty hash, no after the same time.
///
/// # Errors
/// When the program is shutting down.
pub(super) async fn is_right(password: String, hash: String) -> anyhow::Result<bool> {
    // Made of a password that nobody knows, so that a name nobody has takes as long as one that somebody has.
    const NOBODYS: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LTAw$4Tq1pWcE3VqHnV1u4Gk6v1Jm1YtW7uYw2m0mY1bq8pQ";
    let _turn = AT_ONCE.acquire().await?;
    let known = !hash.is_empty();
    let checked = tokio::task::spawn_blocking(move || {
        let hash = if known { hash.as_str() } else { NOBODYS };
        PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    Ok(checked.await? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right_and_each_hash_has_its_own_salt() {
        let hash_of = || hash("correct horse battery".to_owned());
        let (one, other) = (hash_of().await.unwrap(), hash_of().await.unwrap());
        assert!(one.starts_with("$argon2id$") && one != other, "{one} {other}");
        for (password, right) in [("correct horse battery", true), ("correct horse", false), ("", false)] {
            assert_eq!(is_right(password.to_owned(), one.clone()).await.unwrap(), right, "{password}");
        }
        assert!(!is_right(String::new(), String::new()).await.unwrap(), "nobody has no password");
    }

    #[test]
    fn weak_passwords_are_refused_with_a_sentence() {
        for (password, fits) in [
            ("short", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("alice-smith-2026", false),
            (&*"x1y2z3".repeat(300), false),
            ("three plain words", true),
        ] {
            assert_eq!(objection(password, "Alice").is_none(), fits, "{password}");
        }
    }
}
