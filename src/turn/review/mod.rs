//! A document held against the rules in the notes, clause by clause.
//!
//! Whoever sends a contract and asks "is this compliant?" reads one sentence, the findings that matter and what is
//! unclear, each with the words it is about and the rule it rests on. Kept: the verdict on each clause, as soon as it
//! is there. After a crash the review goes on at the clause it was on; a message that is taken back ends it.

mod asks;
mod clauses;
mod judge;
mod limits;
mod opening;
mod quantity;
mod report;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use understudy_ears::{Document, Section};

pub(super) use asks::asks_for_review;
use report::{About, report, verdict};

use super::{
    Desk,
    answer::{Answer, Clock, Means, by_code},
};
use crate::{
    domain::{Audience, Clause, Judged, PersonId, Verdict},
    inbox::Stage,
    memory::{NoteKind, NoteSummary},
    mind::Situation,
    store::{Claimed, ClauseRow, ReplyFile},
    withheld::holds_secret,
};

/// More clauses are not judged, and the reply says so: at two seconds each, this takes five minutes.
const CLAUSES_MAX: usize = 150;

/// A document to be judged.
pub(super) struct Sent<'d> {
    /// What its sender called it.
    pub name: &'d str,
    /// What was read in it.
    pub document: &'d Document,
}

/// Judges `sent` by the notes that all of `audience` may read.
///
/// # Errors
/// When the model, the notes or the store are out of reach; what was judged is kept for the next try.
pub(super) async fn review(
    desk: &Desk,
    claimed: &Claimed,
    (situation, sent): (&Situation<'_>, &[Sent<'_>]),
    audience: &Audience,
    now: i64,
) -> anyhow::Result<(Answer, Option<ReplyFile>)> {
    let mut clock = Clock::start();
    let means = Means { mind: &*desk.mind, embed: &*desk.embed, notes: &*desk.notes, papers: &[] };
    let all: Vec<(&str, Clause)> = sent
        .iter()
        .flat_map(|sent| {
            clauses::clauses(&sent.document.sections).into_iter().map(|clause| (sent.name, clause))
        })
        .collect();
    let clauses = all.len();
    let before = desk.store.clauses(claimed.id).await?;
    let mut judged = Vec::new();
    for (n, (document, clause)) in all.into_iter().take(CLAUSES_MAX).enumerate() {
        desk.progress.stage(claimed, Stage::Judging { clause: n + 1, of: clauses.min(CLAUSES_MAX) });
        let n = i64::try_from(n)?;
        // A review belongs to its words, to the clause's, to the request's, and to whoever reads it.
        let print = hex::encode(Sha256::digest(serde_json::to_vec(&(
            document,
            &clause,
            situation.message,
            audience,
        ))?));
        let known = before.iter().find(|row| row.n == n && row.print == print);
        if let Some(known) = known.and_then(|row| serde_json::from_str(&row.judged).ok()) {
            judged.push(known);
            continue;
        }
        let finding = judge::judge(means, situation, &clause, audience, now).await?;
        let one = Judged { document: document.to_owned(), clause, finding };
        let row = ClauseRow { n, print, judged: serde_json::to_string(&one)?, ruled: String::new() };
        desk.store.keep_clause(claimed, row).await?;
        judged.push(one);
    }
    desk.store.trim_clauses(claimed, i64::try_from(judged.len())?).await?;
    clock.lap("judge");
    if judged.is_empty() {
        let text = "There is no clause in it that I could judge. Send the document with its text.".to_owned();
        return Ok((by_code(situation, text, "refused"), None));
    }
    let missing = missing(desk, &situation.person.id, &judged, audience).await?;
    let about = About { judged: &judged, owner: &situation.person.name, clauses, missing: &missing };
    let opening = opening::voiced(&*desk.mind, situation, &verdict(&about)).await?;
    let said = report(&about, &opening);
    // What the text beside it may not say, its table may not either.
    let table = said.table.filter(|table| !holds_secret(&table.content));
    let table = table.map(|table| ReplyFile { name: format!("review-{}.csv", claimed.id), ..table });
    let unclear = judged.iter().any(|judged| judged.finding.mark == Verdict::Unsure);
    let outcome = if unclear { "escalated" } else { "answered" };
    let spoken = by_code(situation, said.text, outcome);
    let cites = super::cites::check_cites(&spoken.text, said.rules.len()).cites;
    clock.timings.extend(&spoken.timings_us);
    let queries = judged.iter().flat_map(|judged| judged.finding.queries.iter().cloned()).collect();
    let (passages, excerpts) = (said.rules.clone(), said.rules);
    Ok((Answer { queries, passages, excerpts, cites, timings_us: clock.timings, ..spoken }, table))
}

/// Judges every clause of a document, for an evaluation: nobody waits and nothing is kept.
///
/// # Errors
/// When the model or the notes are out of reach.
pub async fn judge_all(
    means: Means<'_>,
    situation: &Situation<'_>,
    sections: &[Section],
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Vec<Judged>> {
    let mut judged = Vec::new();
    for clause in clauses::clauses(sections) {
        let finding = judge::judge(means, situation, &clause, audience, now).await?;
        judged.push(Judged { document: String::new(), clause, finding });
    }
    Ok(judged)
}

/// Topics that the rules speak of and no clause does: the notes beside those that were cited.
///
/// Only where most notes of a folder were cited; others are about more than such documents.
async fn missing(
    desk: &Desk,
    person: &PersonId,
    judged: &[Judged],
    audience: &Audience,
) -> anyhow::Result<Vec<String>> {
    let rules: BTreeSet<&str> = judged
        .iter()
        .filter_map(|judged| judged.finding.rule.as_ref())
        .map(|rule| rule.source.as_str())
        .collect();
    let mut folders: BTreeMap<PathBuf, Vec<NoteSummary>> = BTreeMap::new();
    for note in desk.notes.list(person).await? {
        if note.kind == NoteKind::Note && audience.may_read(&note.readers) {
            let folder = Path::new(&note.key.folder).join(&note.key.source);
            folders.entry(folder.parent().map(Path::to_path_buf).unwrap_or_default()).or_default().push(note);
        }
    }
    let is_cited = |note: &NoteSummary| rules.contains(note.key.source.as_str());
    let mut topics = Vec::new();
    for notes in folders.into_values() {
        if 2 * notes.iter().filter(|note| is_cited(note)).count() > notes.len() {
            topics.extend(notes.into_iter().filter(|note| !is_cited(note)).map(|note| note.title));
        }
    }
    Ok(topics)
}
