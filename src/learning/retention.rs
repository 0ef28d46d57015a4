//! Words do not stay: rounds of learning are destroyed on time, and at once when their person says so.
//!
//! A round goes seven days after its training ended, failed or was cancelled, and 30 days after its first bundle was
//! taken in at the latest, whatever is going on. The key goes first, so that copies of the files in a backup
//! become unreadable. Kept: a receipt with counts. After a crash the next sweep finishes what was begun.

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    calendar::DAY_S,
    vault::{Destroyed, Vault},
};
use crate::{
    domain::PersonId,
    store::{Receipt, RunRow, RunState, Store},
};

/// How long words stay after a training ended.
pub const AFTER_TRAINING_S: i64 = 7 * DAY_S;
/// How long they stay at most after they were taken in.
pub const AT_MOST_S: i64 = 30 * DAY_S;
/// A bundle that has been open for so long is read by nobody any more.
const READING_S: i64 = DAY_S;
/// Between sweeps.
const SWEEP: std::time::Duration = std::time::Duration::from_secs(3600);

/// Why a round is due for destruction, if it is.
#[must_use]
pub fn due(run: &RunRow, now: i64) -> Option<&'static str> {
    if run.first_intake_at > 0 && now - run.first_intake_at >= AT_MOST_S {
        return Some("30 days after intake");
    }
    let ended = run.ended_at > 0 && now - run.ended_at >= AFTER_TRAINING_S;
    let why = match run.state {
        RunState::Failed => "7 days after the training failed",
        RunState::Cancelled => "7 days after the training was cancelled",
        _ => "7 days after the training ended",
    };
    ended.then_some(why)
}

/// Destroys what is due and what a crash left behind; returns how many rounds went.
///
/// # Errors
/// When the store or a file is out of reach; the next sweep tries again.
pub async fn sweep(store: &Store, vault: &Vault, now: i64) -> anyhow::Result<usize> {
    let mut destroyed = 0;
    for run in store.living_runs(None).await? {
        if let Some(why) = due(&run, now) {
            destroy(store, vault, &run, why, now).await?;
            destroyed += 1;
            continue;
        }
        for intake in store.intakes(run.id).await? {
            if intake.state == "open" && now - intake.opened_at >= READING_S {
                store.give_up_intake(intake.id).await?;
                let part = vault.bundle(&run.person, run.id, intake.id).with_extension("part");
                tokio::fs::remove_file(part).await.ok();
            }
        }
    }
    store.forget_corrections(now - AT_MOST_S).await?;
    let present = vault.present()?;
    let alive =
        store.living_runs(None).await?.into_iter().map(|run| (run.person, run.id)).collect::<Vec<_>>();
    let strays = vault.remove_strays(present, &alive)?;
    if strays.files > 0 {
        warn!(files = strays.files, "Removed {} files of learning that belonged to no round", strays.files);
    }
    Ok(destroyed)
}

/// Sweeps at once and then every hour, until `stop`; `clock` tells the time.
pub async fn keep(store: Store, vault: Vault, clock: impl Fn() -> i64 + Send, stop: CancellationToken) {
    loop {
        if let Err(e) = sweep(&store, &vault, clock()).await {
            warn!("Could not destroy what is due; the next try is in an hour: {e:#}");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Destroys the words and the key of a round and writes the receipt.
///
/// # Errors
/// When something can't be removed; it can be repeated.
pub async fn destroy(
    store: &Store,
    vault: &Vault,
    run: &RunRow,
    why: &str,
    now: i64,
) -> anyhow::Result<Destroyed> {
    let (files, person, id) = (vault.clone(), run.person.clone(), run.id);
    let gone =
        tokio::task::spawn_blocking(move || files.destroy(&person, id)).await.context("remove files")??;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let receipt = Receipt {
        at: now,
        person: run.person.to_string(),
        run: run.id,
        why: why.to_owned(),
        files: count(gone.files),
        bytes: count(gone.bytes),
    };
    store.mark_destroyed(receipt).await?;
    info!(run.id = %run.id, files = gone.files, "Destroyed learning run {}: {why}", run.id);
    Ok(gone)
}

/// What a withdrawal destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Consents that still held.
    pub consents: u64,
    /// Rounds of learning.
    pub runs: usize,
    /// All files, adapters among them.
    pub files: u64,
}

/// Takes a person's consent back: their understudy stops, and what was learned is destroyed.
///
/// # Errors
/// When the store is out of reach, or a file can't be removed; the understudy has stopped in that case, and the
/// withdrawal can be repeated.
pub async fn withdraw(
    store: &Store,
    vault: &Vault,
    person: &PersonId,
    by: &str,
    now: i64,
) -> anyhow::Result<Withdrawn> {
    let consents = store.withdraw_consent(person, by, now).await?;
    let mut withdrawn = Withdrawn { consents, ..Withdrawn::default() };
    for run in store.living_runs(Some(person)).await? {
        withdrawn.files += destroy(store, vault, &run, "consent withdrawn", now).await?.files;
        withdrawn.runs += 1;
    }
    let (files, who) = (vault.clone(), person.clone());
    let rest = tokio::task::spawn_blocking(move || files.forget(&who)).await.context("remove files")??;
    withdrawn.files += rest.files;
    Ok(withdrawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Purpose, SourceKind},
        learning::{
            consent::{self, Permit},
            vault::SealedWriter,
        },
        store::NewConsent,
    };

    const NOW: i64 = 1_795_478_400;

    struct Room {
        dir: tempfile::TempDir,
        store: Store,
        vault: Vault,
    }

    impl Room {
        async fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).await.unwrap();
            let consent = NewConsent {
                person: bob(),
                purpose: Purpose::Training,
                sources: vec![SourceKind::Mail],
                from_at: 0,
                until_at: NOW,
                text_version: 1,
                how: "made up".into(),
            };
            store.give_consent(consent, NOW).await.unwrap();
            let vault = Vault::new(dir.path());
            Self { dir, store, vault }
        }

        /// A bundle with one line in it.
        async fn take_in(&self, now: i64) -> Permit {
            let permit =
                consent::admit(&self.store, &self.vault, &bob(), SourceKind::Mail, now).await.unwrap();
            let mut out = SealedWriter::create(&permit.file, &permit.recipient).unwrap();
            out.push(&"words").unwrap();
            out.finish().unwrap();
            self.store.keep_intake(permit.intake, 1, "{}".into()).await.unwrap();
            permit
        }

        fn files(&self) -> usize {
            let below = |dir: &str| walkdir::WalkDir::new(self.dir.path().join(dir)).into_iter().flatten();
            below("keys").chain(below("learning")).filter(|entry| entry.file_type().is_file()).count()
        }
    }

    fn bob() -> PersonId {
        PersonId::new("bob").unwrap()
    }

    #[tokio::test]
    async fn words_go_seven_days_after_a_training_ended_failed_or_was_cancelled() {
        for (how, words) in
            [(RunState::Ended, "ended"), (RunState::Failed, "failed"), (RunState::Cancelled, "cancelled")]
        {
            let room = Room::new().await;
            let run = room.take_in(NOW).await.run;
            room.store.begin_training(run, NOW + 100).await.unwrap();
            assert_eq!(
                sweep(&room.store, &room.vault, NOW + 8 * DAY_S).await.unwrap(),
                0,
                "a training goes on"
            );
            room.store.end_training(run, how, NOW + 200).await.unwrap();
            assert_eq!(sweep(&room.store, &room.vault, NOW + 199 + AFTER_TRAINING_S).await.unwrap(), 0);
            assert_eq!(room.files(), 2);
            assert_eq!(sweep(&room.store, &room.vault, NOW + 200 + AFTER_TRAINING_S).await.unwrap(), 1);
            assert_eq!(room.files(), 0);
            let receipts = room.store.receipts(&bob()).await.unwrap();
            assert_eq!((receipts[0].files, receipts[0].at), (2, NOW + 200 + AFTER_TRAINING_S));
            assert!(receipts[0].why.contains(words), "{}", receipts[0].why);
            assert!(room.store.begin_training(run, NOW).await.is_err(), "nothing is left to train on");
        }
    }

    #[tokio::test]
    async fn words_go_30_days_after_intake_whatever_is_going_on() {
        let room = Room::new().await;
        let run = room.take_in(NOW).await.run;
        room.take_in(NOW + 20 * DAY_S).await;
        room.store.begin_training(run, NOW + 29 * DAY_S).await.unwrap();
        assert_eq!(sweep(&room.store, &room.vault, NOW + AT_MOST_S - 1).await.unwrap(), 0);
        assert_eq!(sweep(&room.store, &room.vault, NOW + AT_MOST_S).await.unwrap(), 1);
        assert_eq!(room.files(), 0);
        assert!(room.store.end_training(run, RunState::Ended, NOW).await.is_err());
        assert_eq!(sweep(&room.store, &room.vault, NOW + AT_MOST_S).await.unwrap(), 0, "once");
    }

    #[tokio::test]
    async fn a_withdrawal_destroys_everything_at_once_and_stops_the_understudy() {
        let room = Room::new().await;
        room.take_in(NOW).await;
        let adapters = room.vault.adapters(&bob());
        std::fs::create_dir_all(&adapters).unwrap();
        std::fs::write(adapters.join("adapter.gguf"), "weights").unwrap();
        assert_eq!(room.store.stopped(&bob()).await.unwrap(), None);
        let done = withdraw(&room.store, &room.vault, &bob(), "bob", NOW + 5).await.unwrap();
        assert_eq!(done, Withdrawn { consents: 1, runs: 1, files: 3 });
        assert_eq!(room.files(), 0);
        assert!(!adapters.exists());
        assert_eq!(room.store.stopped(&bob()).await.unwrap(), Some(crate::domain::Stopped::Withdrawn));
        assert_eq!(room.store.receipts(&bob()).await.unwrap()[0].why, "consent withdrawn");
        let again = withdraw(&room.store, &room.vault, &bob(), "bob", NOW + 6).await.unwrap();
        assert_eq!(again, Withdrawn::default(), "again is harmless");
    }

    #[tokio::test]
    async fn what_a_crash_left_behind_is_swept_up() {
        let room = Room::new().await;
        let permit = room.take_in(NOW).await;
        let stray = permit.file.with_file_name("x").parent().unwrap().with_file_name("99");
        std::fs::create_dir_all(&stray).unwrap();
        std::fs::write(stray.join("intake-7.age"), "x").unwrap();
        let open = consent::admit(&room.store, &room.vault, &bob(), SourceKind::Mail, NOW).await.unwrap();
        let part = open.file.with_extension("part");
        std::fs::write(&part, "half").unwrap();
        sweep(&room.store, &room.vault, NOW + 60).await.unwrap();
        assert!(!stray.exists() && part.exists());
        sweep(&room.store, &room.vault, NOW + READING_S).await.unwrap();
        assert!(!part.exists(), "nobody reads for a day");
        assert!(permit.file.exists());
    }
}
