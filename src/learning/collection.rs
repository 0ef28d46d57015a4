//! A person's data set on the disk: made from the bundles of a round, sealed, read back, and thinned by vetoes.

use std::collections::{BTreeSet, HashSet};

use anyhow::Context;

use super::{
    Event,
    cases::{Built, Case},
    clean::Names,
    vault::{SealedWriter, Vault},
};
use crate::{
    domain::{PersonId, SourceKind},
    error::Hint,
    store::{IntakeRow, RunRow, Store},
};

/// Most people of an export who are masked wherever they are named.
const NAMES_MAX: usize = 50_000;

/// The person's threads from the bundles of a round, and everybody who is named in them.
///
/// Bundles are read twice, so that only threads with the person in them are held in memory.
///
/// # Errors
/// When a bundle or its key can't be read.
pub fn gather(
    vault: &Vault,
    run: &RunRow,
    intakes: &[IntakeRow],
) -> anyhow::Result<(Vec<(SourceKind, Event)>, Names)> {
    let kept: Vec<&IntakeRow> = intakes.iter().filter(|intake| intake.state == "kept").collect();
    let bundle = |intake: &IntakeRow| {
        vault.read::<Event>(&run.person, run.id, &vault.bundle(&run.person, run.id, intake.id))
    };
    let (mut theirs, mut names) = (HashSet::new(), BTreeSet::new());
    for intake in &kept {
        for event in bundle(intake)? {
            let event = event?;
            if event.is_mine() {
                theirs.insert((intake.kind, event.thread));
            } else if names.len() < NAMES_MAX {
                names.insert(event.author);
            }
        }
    }
    let mut events = Vec::new();
    for intake in &kept {
        for event in bundle(intake)? {
            let event = event?;
            if theirs.contains(&(intake.kind, event.thread.clone())) {
                events.push((intake.kind, event));
            }
        }
    }
    Ok((events, Names::new(names)))
}

/// Writes a data set in place of the one before.
///
/// # Errors
/// When the disk is full.
pub fn seal(vault: &Vault, run: &RunRow, built: &Built) -> anyhow::Result<()> {
    write(vault, run, &built.cases, &built.exam)
}

fn write(vault: &Vault, run: &RunRow, cases: &[Case], exam: &[Case]) -> anyhow::Result<()> {
    let recipient = vault.recipient(&run.person, run.id)?;
    let files = [(vault.cases(&run.person, run.id), cases), (vault.exam(&run.person, run.id), exam)];
    for (path, cases) in files {
        let mut out = SealedWriter::create(&path, &recipient)?;
        for case in cases {
            out.push(case).context("write the data set; is the disk full?")?;
        }
        out.finish().context("write the data set; is the disk full?")?;
    }
    Ok(())
}

/// A data set as it lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// Its round.
    pub run: RunRow,
    /// Training and development cases, oldest first.
    pub cases: Vec<Case>,
    /// The sealed exam, oldest first.
    pub exam: Vec<Case>,
}

/// Reads the person's newest data set without what they took out; `None` when there is none.
///
/// # Errors
/// When the store is out of reach, or the files or their key can't be read.
pub async fn data_set(store: &Store, vault: &Vault, person: &PersonId) -> anyhow::Result<Option<DataSet>> {
    // A round that has only just begun to collect has no data set yet; the one before may still have its own.
    let runs = store.living_runs(Some(person)).await?;
    let made = |run: &RunRow| vault.cases(&run.person, run.id).exists();
    let Some(run) = runs.into_iter().rev().find(made) else { return Ok(None) };
    let vetoes = store.vetoes(person).await?;
    let vault = vault.clone();
    let reading = tokio::task::spawn_blocking(move || read(&vault, run, &vetoes));
    reading.await.context("read the data set")?.map(Some)
}

fn read(vault: &Vault, run: RunRow, vetoes: &BTreeSet<String>) -> anyhow::Result<DataSet> {
    let (cases, exam) = (vault.cases(&run.person, run.id), vault.exam(&run.person, run.id));
    let open = |path| -> anyhow::Result<Vec<Case>> {
        let mut cases: Vec<Case> =
            vault.read::<Case>(&run.person, run.id, path)?.collect::<anyhow::Result<_>>()?;
        cases.retain(|case| !vetoes.contains(&case.id));
        Ok(cases)
    };
    let (cases, exam) = (open(&cases)?, open(&exam)?);
    Ok(DataSet { run, cases, exam })
}

/// Takes one case out of a person's data set, now and whenever it is made anew.
///
/// # Errors
/// A [`Hint`] when there is no such case; otherwise when store or files are out of reach.
pub async fn veto(
    store: &Store,
    vault: &Vault,
    person: &PersonId,
    case: &str,
    now: i64,
) -> anyhow::Result<()> {
    let set = data_set(store, vault, person).await?;
    let known = |set: &DataSet| set.cases.iter().chain(&set.exam).any(|found| found.id == case);
    let Some(mut set) = set.filter(known) else {
        return Err(Hint::new("this example is not in the data set any more", "reload the page").into());
    };
    // The row first: should the files fail, reading still leaves it out.
    store.put_veto(person, case, now).await?;
    set.cases.retain(|found| found.id != case);
    set.exam.retain(|found| found.id != case);
    let vault = vault.clone();
    tokio::task::spawn_blocking(move || write(&vault, &set.run, &set.cases, &set.exam))
        .await
        .context("write the data set")?
}
