//! Consent: the one door that words come in by.
//!
//! Nothing is read before the person agreed to its kind of source; what they wrote outside of the time they named
//! is dropped message by message. [`admit`] is the only way to a [`Permit`], and [`crate::learning::intake`]
//! reads nothing without one.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    calendar::{DAY_S, day_of, day_start},
    vault::Vault,
};
use crate::{
    domain::{Consent, IntakeId, PersonId, Purpose, RunId, SourceKind},
    error::Hint,
    store::Store,
};

/// What people agree to, as the command line and the page show it.
pub const TEXT: &str = include_str!("consent.txt");
/// Counts up with every change of [`TEXT`].
pub const TEXT_VERSION: u32 = 2;

/// Leave to take words of one person and one kind in.
///
/// It crosses the control socket, because the command that reads an export is another process than the one that
/// holds the store; that process has the right to read the files anyway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// The bundle.
    pub intake: IntakeId,
    /// Its round.
    pub run: RunId,
    /// Whose words.
    pub person: PersonId,
    /// From where.
    pub kind: SourceKind,
    from_at: i64,
    until_at: i64,
    pub(super) file: PathBuf,
    pub(super) recipient: String,
}

impl Permit {
    /// Whether something written at `t` is covered.
    #[must_use]
    pub fn covers(&self, t: i64) -> bool {
        (self.from_at..self.until_at).contains(&t)
    }
}

/// Lets words in if their person agreed to it, and opens a bundle for them.
///
/// # Errors
/// A [`Hint`] with the command that records a consent when there is none that covers this kind; otherwise when
/// the store or the data directory is out of reach.
pub async fn admit(
    store: &Store,
    vault: &Vault,
    person: &PersonId,
    kind: SourceKind,
    now: i64,
) -> anyhow::Result<Permit> {
    let consent = covering(store, person, Purpose::Training, kind, now).await?;
    let (run, intake) = store.open_intake(person, &consent, kind, now).await?;
    let recipient = vault.recipient(person, run)?;
    Ok(Permit {
        intake,
        run,
        person: person.clone(),
        kind,
        from_at: consent.from_at,
        until_at: consent.until_at,
        file: vault.bundle(person, run, intake),
        recipient,
    })
}

/// The newest consent that covers this use of this source.
///
/// # Errors
/// A [`Hint`] with the next command when there is none.
pub async fn covering(
    store: &Store,
    person: &PersonId,
    purpose: Purpose,
    kind: SourceKind,
    now: i64,
) -> anyhow::Result<Consent> {
    let consents = store.consents(person).await?;
    if let Some(consent) = consents.iter().rev().find(|consent| consent.covers(purpose, kind)) {
        return Ok(consent.clone());
    }
    let live: Vec<&Consent> = consents.iter().filter(|consent| consent.withdrawn_at == 0).collect();
    let what = if consents.is_empty() {
        format!("{person} has not agreed to learning")
    } else if live.is_empty() {
        format!("{person} has withdrawn their consent")
    } else {
        let words = |c: &&Consent| {
            let sources: Vec<&str> = c.sources.iter().map(|kind| kind.as_str()).collect();
            format!("{} from {}", c.purpose, sources.join(", "))
        };
        let agreed: Vec<String> = live.iter().map(words).collect();
        format!("{person} agreed to {} and not to {purpose} from {kind}", agreed.join(" and "))
    };
    let (from, until) = (day_of(now - 365 * DAY_S), day_of(now));
    let next = format!(
        "ask them, then record their yes with `understudy person consent {person} --purpose {purpose} \
         --sources {kind} --from {from} --until {until} --how \"how they said yes\"`"
    );
    Err(Hint::new(what, next).into())
}

/// Every consent to training that holds, whatever its sources.
///
/// # Errors
/// As for [`covering`].
pub async fn to_train(store: &Store, person: &PersonId, now: i64) -> anyhow::Result<Vec<i64>> {
    let consents = store.consents(person).await?;
    let holds = |c: &&Consent| c.withdrawn_at == 0 && c.purpose == Purpose::Training;
    let ids: Vec<i64> = consents.iter().filter(holds).map(|consent| consent.id).collect();
    if ids.is_empty() {
        // Which source is asked for makes no difference to the sentence.
        covering(store, person, Purpose::Training, SourceKind::Mail, now).await?;
    }
    Ok(ids)
}

/// Reads the first and the last day that a consent covers; returns the first second and the first one after.
///
/// # Errors
/// When a day is malformed or the last one lies before the first.
pub fn range(from: &str, until: &str) -> Result<(i64, i64), Hint> {
    let day = |text: &str| {
        day_start(text).ok_or_else(|| Hint::new(format!("`{text}` is no day"), "write it like 2026-05-03"))
    };
    let (first, last) = (day(from)?, day(until)?);
    if last < first {
        return Err(Hint::new(format!("{until} lies before {from}"), "give the first day as --from"));
    }
    Ok((first, last + DAY_S))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NewConsent;

    const NOW: i64 = 1_795_478_400;

    async fn fresh() -> (tempfile::TempDir, Store, Vault) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let vault = Vault::new(dir.path());
        (dir, store, vault)
    }

    fn bob() -> PersonId {
        PersonId::new("bob").unwrap()
    }

    async fn agree(store: &Store, sources: &[SourceKind]) {
        let (from_at, until_at) = range("2026-01-01", "2026-11-24").unwrap();
        let consent = NewConsent {
            person: bob(),
            purpose: Purpose::Training,
            sources: sources.to_vec(),
            from_at,
            until_at,
            text_version: TEXT_VERSION,
            how: "said so to Carol".into(),
        };
        store.give_consent(consent, NOW).await.unwrap();
    }

    #[tokio::test]
    async fn without_consent_nothing_comes_in_and_the_next_command_is_named() {
        let (_dir, store, vault) = fresh().await;
        let text = admit(&store, &vault, &bob(), SourceKind::Mail, NOW).await.unwrap_err().to_string();
        for word in
            ["bob has not agreed", "understudy person consent bob", "--sources mail", "--until 2026-11-24"]
        {
            assert!(text.contains(word), "{text}");
        }
        agree(&store, &[SourceKind::Slack]).await;
        let text = admit(&store, &vault, &bob(), SourceKind::Mail, NOW).await.unwrap_err().to_string();
        assert!(text.contains("agreed to training from slack and not to training from mail"), "{text}");
        assert!(store.living_runs(None).await.unwrap().is_empty(), "a refusal opens nothing");
    }

    #[tokio::test]
    async fn a_permit_covers_the_days_of_the_consent_and_ends_with_its_withdrawal() {
        let (_dir, store, vault) = fresh().await;
        agree(&store, &[SourceKind::Mail]).await;
        let permit = admit(&store, &vault, &bob(), SourceKind::Mail, NOW).await.unwrap();
        let day = |text: &str| day_start(text).unwrap();
        assert!(permit.covers(day("2026-01-01")) && permit.covers(day("2026-11-25") - 1));
        assert!(!permit.covers(day("2026-01-01") - 1) && !permit.covers(day("2026-11-25")));
        store.withdraw_consent(&bob(), "bob", NOW).await.unwrap();
        assert!(store.keep_intake(permit.intake, 1, "{}".into()).await.is_err(), "withdrawn meanwhile");
        let text = admit(&store, &vault, &bob(), SourceKind::Mail, NOW).await.unwrap_err().to_string();
        assert!(text.contains("has withdrawn"), "{text}");
    }

    #[test]
    fn days_are_checked() {
        assert!(range("2026-05-03", "2026-05-02").unwrap_err().to_string().contains("before"));
        assert!(range("3 May", "2026-05-02").unwrap_err().to_string().contains("2026-05-03"));
        assert_eq!(range("1970-01-01", "1970-01-01"), Ok((0, DAY_S)));
    }
}
