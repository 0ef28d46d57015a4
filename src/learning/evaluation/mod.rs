//! What an adapter is worth, side by side with what it should beat.
//!
//! Whoever decides about it reads one page: may it serve, how much better does it know the person, and what of
//! the job did it forget. Four arms answer alike: the base, the base with a few of the person's replies before
//! its eyes, the starter, and the person's adapter.
//!
//! Kept: `report.json` and `report.html` beside the adapter. They hold counts, settings and hashes and nobody's
//! words, so they stay when the exam is destroyed with the words that it was made of.

mod arms;
mod counts;
mod hits;
pub mod html;
mod intervals;
mod spoken;
mod style;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

pub use arms::Arm;
pub use counts::{Counts, Part};
pub use hits::NextStep;
pub use intervals::wilson;
pub use spoken::Spoken;
pub use style::Reference;

use super::{
    cases::Case,
    collection::DataSet,
    decisions, demo,
    judge::{self, Cost, Estimate, Evidence},
    manifest::Manifest,
    quality::{self, Judged, Quality, Share},
};
use crate::{
    mind::{Brain, Serving, Weights},
    people::Person,
    store::now,
};
use arms::Contestant;

/// Most sealed replies whose costs are compared; a longer exam is thinned evenly.
const EXAM_MOST: usize = 120;
/// Most situations whose true reply is looked for among others: each costs twenty scores an arm.
const NEXT_STEPS_MOST: usize = 20;
/// Most situations that every arm answers in its own words.
const SPOKEN_MOST: usize = 30;
/// Most questions about the job for the base, which rambles.
const BASE_QUESTIONS_MOST: usize = 50;
/// Most requests that an invented person decides.
const DECISIONS_MOST: usize = 200;
/// Decides what is drawn, so that the same adapter gets the same report.
const SEED: u64 = 1;

/// The report of a person's adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// SHA-256 of the adapter that was judged; it vouches for no other.
    pub adapter_sha256: String,
    /// What the gate looked at.
    pub evidence: Evidence,
    /// Bits per character of the sealed replies.
    pub bits_per_char: BTreeMap<Arm, f64>,
    /// Why it may not serve; empty when it may.
    pub objections: Vec<String>,
    /// Everything that was measured.
    pub evaluation: Evaluation,
}

/// Everything that was measured of one adapter and of what it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The name of whoever it stands in for; `the starter` for the shipped one.
    pub name: String,
    /// When, in Unix seconds.
    pub made_at: i64,
    /// How long measuring took.
    pub took_s: f64,
    /// What it was trained and examined on; none for invented lessons.
    pub counts: Option<Counts>,
    /// What each arm came to.
    pub arms: BTreeMap<Arm, Results>,
    /// What attribution by style does with replies whose writer is known.
    pub style: Option<Reference>,
    /// The job: the person's adapter less the starter.
    pub forgetting: Vec<Change>,
    /// Decisions that no note holds.
    #[serde(default)]
    pub decisions: Option<Decisions>,
    /// Seeds of the invented companies that the job was measured on.
    pub companies: Vec<u64>,
    /// How the adapter came about.
    pub manifest: Manifest,
}

/// What one arm came to; what was not measured is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The sealed exam.
    pub exam: Option<Exam>,
    /// The true reply among others.
    pub next_step: Option<NextStep>,
    /// What it writes itself.
    pub spoken: Option<Spoken>,
    /// The job, on invented companies.
    pub job: Option<Quality>,
    /// Seconds that it took, all in all.
    pub took_s: f64,
}

/// How likely the person's sealed replies are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exam {
    /// Replies.
    pub replies: usize,
    /// Threads that they come from.
    pub threads: usize,
    /// Bits per character, less is better.
    pub bits_per_char: Estimate,
    /// The same less that of the starter, over the same replies; none for the starter itself.
    pub less_starter: Option<Estimate>,
}

/// What training for a person did to one measure of the job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub measure: String,
    /// Questions that it is about.
    pub questions: usize,
    /// Share of the person's adapter less that of the starter; more is better.
    pub less_starter: Estimate,
}

/// Decisions that the person's rules settle and no note holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    /// The same decision as the person's, by arm.
    pub same: BTreeMap<Arm, Share>,
}

/// How far measuring is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is measured now.
    pub part: String,
    /// How much of it is done.
    pub done: usize,
    /// Of how much.
    pub of: usize,
}

/// Who is told how far it is.
pub type Follow<'f> = &'f (dyn Fn(Progress) + Send + Sync);

/// An adapter and what it is compared with.
#[derive(Debug, Clone)]
pub struct Candidate<'c> {
    /// Whose it is.
    pub person: &'c Person,
    /// The adapter.
    pub weights: Weights,
    /// What serves otherwise.
    pub starter: Weights,
    /// How it came about.
    pub manifest: Manifest,
    /// The person's data set, if it was not destroyed yet.
    pub set: Option<&'c DataSet>,
}

impl Candidate<'_> {
    /// Measures every arm, on `questions` about the job of the companies with these seeds.
    ///
    /// # Errors
    /// When a model or the notes are out of reach.
    pub async fn evaluate(
        self,
        brain: &Brain,
        questions: usize,
        companies: &[u64],
        follow: Follow<'_>,
    ) -> anyhow::Result<Report> {
        let began = Instant::now();
        let exam: Vec<&Case> = self.set.map(|set| replies(&set.exam)).unwrap_or_default();
        let train: Vec<&Case> = self.set.map(|set| replies(&set.cases)).unwrap_or_default();
        let style = style::Styles::learn(&train, &exam);
        let contestants = Contestant::four(&train, &self.starter, &self.weights);
        let asked = Asked { person: self.person, exam: &exam, style: style.as_ref(), questions, companies };
        let (mut arms, mut costs) = (BTreeMap::new(), BTreeMap::new());
        for contestant in &contestants {
            let (results, of_arm) = asked.ask(brain, contestant, follow).await?;
            arms.insert(contestant.arm, results);
            costs.insert(contestant.arm, of_arm);
        }
        compare(&mut arms, &costs);
        let decisions = asked.decided(brain, &contestants, follow).await?;
        let evidence = evidence(&arms, &costs, decisions.as_ref());
        let bits_per_char = costs.iter().map(|(arm, costs)| (*arm, judge::bits_per_char(costs))).collect();
        let judged = |arm| arms.get(&arm).and_then(|results: &Results| results.job.as_ref());
        let evaluation = Evaluation {
            name: self.person.name.clone(),
            made_at: now(),
            took_s: began.elapsed().as_secs_f64(),
            counts: self.set.map(|set| Counts::of(&set.cases, &set.exam)),
            style: style.map(|style| style.reference),
            forgetting: match (judged(Arm::Person), judged(Arm::Starter)) {
                (Some(own), Some(before)) => forgotten(&own.judged, &before.judged),
                _ => Vec::new(),
            },
            decisions,
            companies: companies.to_vec(),
            manifest: self.manifest,
            arms,
        };
        Ok(Report {
            adapter_sha256: evaluation.manifest.adapter_sha256.clone(),
            evidence,
            bits_per_char,
            objections: judge::objections(&evidence),
            evaluation,
        })
    }
}

/// What every arm is asked.
struct Asked<'a> {
    person: &'a Person,
    exam: &'a [&'a Case],
    style: Option<&'a style::Styles>,
    questions: usize,
    companies: &'a [u64],
}

impl Asked<'_> {
    /// Measures one arm; its costs come along, because differences pair them with another arm's.
    async fn ask(
        &self,
        brain: &Brain,
        contestant: &Contestant,
        follow: Follow<'_>,
    ) -> anyhow::Result<(Results, Vec<Cost>)> {
        let began = Instant::now();
        let words = contestant.arm.words();
        let at = |part: &str, of: usize| {
            let part = format!("{words}: {part}");
            move |done: usize| follow(Progress { part: part.clone(), done, of })
        };
        let sealed = evenly(self.exam, EXAM_MOST);
        let costs = arms::costs(brain, contestant, &sealed, at("sealed replies", sealed.len())).await?;
        let rounds = hits::draw(self.exam, NEXT_STEPS_MOST, SEED);
        let next_step = hits::measure(brain, contestant, &rounds, at("next steps", rounds.len())).await?;
        let situations = evenly(self.exam, SPOKEN_MOST);
        let follow_spoken = at("own words", situations.len());
        let spoken =
            spoken::measure(brain, self.person, contestant, &situations, self.style, follow_spoken).await?;
        let questions = match contestant.arm {
            Arm::Base => self.questions.div_ceil(4).min(BASE_QUESTIONS_MOST),
            // Exchanges of other threads are no help with a question about the notes.
            Arm::FewShot => 0,
            Arm::Starter | Arm::Person => self.questions,
        };
        let mut job = None;
        if questions > 0 {
            let follow = at("the job", questions);
            let measured =
                quality::measure(brain, brain, &contestant.weights, self.companies, questions, follow)
                    .await?;
            job = Some(measured);
        }
        let results = Results { exam: None, next_step, spoken, job, took_s: began.elapsed().as_secs_f64() };
        Ok((results, costs))
    }

    /// How often each arm decides as the person does; none where nobody knows their rules.
    async fn decided(
        &self,
        brain: &Brain,
        contestants: &[Contestant],
        follow: Follow<'_>,
    ) -> anyhow::Result<Option<Decisions>> {
        if demo::rules_of(&self.person.id).is_none() {
            return Ok(None);
        }
        let mut same = BTreeMap::new();
        for Contestant { arm, weights, .. } in contestants {
            let requests = match arm {
                Arm::Base => self.questions.div_ceil(4).min(BASE_QUESTIONS_MOST),
                Arm::FewShot => continue,
                Arm::Starter | Arm::Person => self.questions.min(DECISIONS_MOST),
            };
            follow(Progress { part: format!("{}: decisions", arm.words()), done: 0, of: requests });
            let decided = decisions::measure(brain, self.person, weights, requests, SEED).await?;
            same.insert(*arm, decided.right);
        }
        Ok(Some(Decisions { same }))
    }
}

/// The replies among `cases` that are not made up.
fn replies(cases: &[Case]) -> Vec<&Case> {
    cases.iter().filter(|case| !case.synthetic && arms::reply_of(case).is_some()).collect()
}

/// At most `most` of them, over the whole range.
fn evenly<'c>(cases: &[&'c Case], most: usize) -> Vec<&'c Case> {
    let count = cases.len().min(most);
    (0..count).filter_map(|n| cases.get(n * cases.len() / count)).copied().collect()
}

/// Fills in what the costs of the exam come to, each arm against the starter.
fn compare(arms: &mut BTreeMap<Arm, Results>, costs: &BTreeMap<Arm, Vec<Cost>>) {
    let Some(starter) = costs.get(&Arm::Starter).filter(|costs| !costs.is_empty()) else { return };
    for (arm, results) in arms {
        let Some(own) = costs.get(arm) else { continue };
        let threads: BTreeSet<&str> = own.iter().map(|cost| cost.thread.as_str()).collect();
        // Nothing costs nothing: the difference to it is the measure itself, with its interval.
        let nothing: Vec<Cost> = own.iter().map(|cost| Cost { nats: 0.0, ..cost.clone() }).collect();
        results.exam = Some(Exam {
            replies: own.len(),
            threads: threads.len(),
            bits_per_char: judge::difference(own, &nothing, SEED),
            less_starter: (*arm != Arm::Starter).then(|| judge::difference(own, starter, SEED)),
        });
    }
}

fn evidence(
    arms: &BTreeMap<Arm, Results>,
    costs: &BTreeMap<Arm, Vec<Cost>>,
    decisions: Option<&Decisions>,
) -> Evidence {
    let of = |arm: Arm| costs.get(&arm).map(Vec::as_slice).unwrap_or_default();
    let job = |arm: Arm| {
        let job = arms.get(&arm).and_then(|results| results.job.as_ref()).map(Quality::job);
        let decided = decisions.and_then(|decisions| decisions.same.get(&arm)?.value());
        judge::Job { decided, ..job.unwrap_or_default() }
    };
    let threads: BTreeSet<&str> = of(Arm::Person).iter().map(|cost| cost.thread.as_str()).collect();
    let asked = |arm: Arm| {
        let job = arms.get(&arm).and_then(|results| results.job.as_ref());
        job.map_or(0, |job| job.questions)
    };
    Evidence {
        replies: of(Arm::Person).len(),
        threads: threads.len(),
        questions: asked(Arm::Person),
        difference: judge::difference(of(Arm::Person), of(Arm::Starter), SEED),
        person: job(Arm::Person),
        starter: job(Arm::Starter),
    }
}

/// The measures of the job, question by question, of the person's adapter less the starter.
fn forgotten(own: &[Judged], before: &[Judged]) -> Vec<Change> {
    type Measure = fn(&Judged) -> Option<bool>;
    let measures: [(&str, Measure); 5] = [
        ("Usable queries", |judged| Some(!judged.queries.is_empty())),
        ("Right note in the top 3", |judged| judged.answerable.then_some(judged.found)),
        ("Right value", |judged| judged.answerable.then_some(judged.right)),
        ("Answers what a note has", |judged| judged.answerable.then_some(!judged.declined)),
        ("Declines what no note has", |judged| (!judged.answerable).then_some(judged.declined)),
    ];
    let mut changes = Vec::new();
    for (measure, of) in measures {
        let pairs: Vec<f64> = own
            .iter()
            .zip(before)
            .filter_map(|(own, before)| Some(f64::from(of(own)?) - f64::from(of(before)?)))
            .collect();
        if !pairs.is_empty() {
            changes.push(Change {
                measure: measure.to_owned(),
                questions: pairs.len(),
                less_starter: intervals::mean(&pairs, SEED),
            });
        }
    }
    changes
}

/// Measures the shipped starter beside the base: the job alone, because it knows nobody.
#[must_use]
pub fn of_starter(manifest: Manifest, arms: BTreeMap<Arm, Quality>, companies: &[u64]) -> Evaluation {
    let arms = arms.into_iter().map(|(arm, job)| (arm, Results { job: Some(job), ..Results::default() }));
    Evaluation {
        name: "the starter".to_owned(),
        made_at: now(),
        took_s: 0.0,
        counts: None,
        arms: arms.collect(),
        style: None,
        forgetting: Vec::new(),
        decisions: None,
        companies: companies.to_vec(),
        manifest,
    }
}

/// Writes `report.json` and `report.html` beside `adapter`, and returns the page's path.
///
/// # Errors
/// When the disk is full.
pub fn write_beside(report: &Report, adapter: &Path) -> anyhow::Result<PathBuf> {
    let page = adapter.with_file_name("report.html");
    std::fs::write(&page, html::of_person(report).into_string())
        .with_context(|| format!("write {}", page.display()))?;
    // Last: without it nothing is promoted, so a crash in between leaves an adapter that was not judged.
    let path = adapter.with_file_name("report.json");
    std::fs::write(&path, serde_json::to_vec_pretty(report)?)
        .with_context(|| format!("write {}", path.display()))?;
    Ok(page)
}

/// Removes both, because a report that judged another adapter must not vouch for this one.
pub fn remove_beside(adapter: &Path) {
    for report in ["report.json", "report.html"] {
        std::fs::remove_file(adapter.with_file_name(report)).ok();
    }
}

/// The newest page on `person` below their `adapters`: of what waits for promotion, else of what serves.
#[must_use]
pub fn page_of(person: &Person, adapters: &Path) -> Option<String> {
    let everybody = adapters.parent().unwrap_or(adapters).to_owned();
    let serving = Serving::new(everybody, None).of(person).adapter;
    let places = [
        Some(adapters.join("candidate/report.html")),
        // What was promoted lies under its hash, what was shipped in a folder of its own.
        serving.as_ref().map(|path| path.with_extension("report.html")),
        serving.as_ref().map(|path| path.with_file_name("report.html")),
    ];
    places.into_iter().flatten().find_map(|path| std::fs::read_to_string(path).ok())
}

#[cfg(test)]
mod tests;
