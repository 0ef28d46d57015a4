//! How well an adapter knows the job: invented companies that no training has seen, asked by the product's own way.
//!
//! Each company's notes are indexed as a person's would be; each question takes the same steps as a turn. What is
//! counted: whether the right note is found (by the message alone, by the written queries alone, by both fused),
//! whether the reply holds the right value, and whether it declines when, and only when, no note has it.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::corpus::{Company, File, Kind, Question};
use crate::{
    domain::{Audience, Integrity, Passage, PersonId, ReaderId, Readers, Voice},
    memory::{self, Embed, Folder, Leg, Notes, Search, sync_folder},
    mind::{Mind, Situation, Weights},
    people::Person,
    turn::answer::{self, Answer, Means, Unwatched},
};

/// Passages among which the right note has to be.
const TOP: usize = 3;

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// The good ones.
    pub hits: usize,
    /// All.
    pub of: usize,
}

impl Share {
    pub(super) fn count(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    /// The share; none of none is none.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred questions")]
        let value = (self.of > 0).then(|| self.hits as f64 / self.of as f64);
        value
    }
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.value().map(|value| (value * 1000.0).round() / 1000.0), self.of).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (value, of) = <(Option<f64>, usize)>::deserialize(deserializer)?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a few hundred; three digits give back the count"
        )]
        let hits = (value.unwrap_or(0.0) * of as f64).round() as usize;
        Ok(Self { hits, of })
    }
}

/// What one group of questions came to; shares are `[share, of how many]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Every right note among the first three, searching with the message alone.
    pub found_by_message: Share,
    /// The same, with the written queries alone.
    pub found_by_queries: Share,
    /// The same, with both fused, as a turn does.
    pub found: Share,
    /// Every right value in what the prompt showed of the passages.
    #[serde(default)]
    pub shown: Share,
    /// Every right value in the reply, of the answerable ones.
    pub right_value: Share,
    /// Declined though a note has it.
    pub wrong_refusal: Share,
    /// Declined, of those that no note answers.
    pub refusal: Share,
    /// The figure check had to step in.
    pub figures_stopped: Share,
    /// Figures that neither passages nor thread hold in what was said in the end.
    pub loose_figures_said: usize,
}

/// One question with what became of it, for a person to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The company's seed.
    pub company: u64,
    /// Which kind of question.
    pub kind: Kind,
    /// Whether the starter was taught this kind of fact.
    pub seen: bool,
    /// The last message.
    pub message: String,
    /// What the reply should hold.
    pub values: Vec<String>,
    /// Whether a note has it.
    pub answerable: bool,
    /// What the model searched with.
    pub queries: Vec<String>,
    /// Whether the right notes were among the first three.
    pub found: bool,
    /// What the prompt showed of the passages, best first.
    pub read: Vec<String>,
    /// The reply.
    pub reply: String,
    /// Whether it declines.
    pub declined: bool,
    /// Whether that is right.
    pub right: bool,
}

/// The result of one arm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Questions asked.
    pub questions: usize,
    /// By group: all, seen, unseen, plain, hard, and each kind.
    pub groups: BTreeMap<String, Tally>,
    /// Queries that were usable JSON.
    pub valid_queries: Share,
    /// Median seconds from question to reply.
    pub median_s: f64,
    /// Every question.
    #[serde(skip)]
    pub judged: Vec<Judged>,
}

impl Quality {
    /// What the gate looks at.
    #[must_use]
    pub fn job(&self) -> super::judge::Job {
        let all = self.groups.get("all");
        let of = |share: fn(&Tally) -> Share| all.and_then(|tally| share(tally).value()).unwrap_or(0.0);
        super::judge::Job {
            valid_queries: self.valid_queries.value().unwrap_or(0.0),
            found: of(|tally| tally.found),
            right_value: of(|tally| tally.right_value),
            refusal: of(|tally| tally.refusal),
            decided: None,
        }
    }
}

/// Asks at most `limit` questions of the companies with these seeds, `weights` answering.
///
/// # Errors
/// When a model or the notes are out of reach.
pub async fn measure(
    mind: &dyn Mind,
    embed: &dyn Embed,
    weights: &Weights,
    seeds: &[u64],
    limit: usize,
    mut follow: impl FnMut(usize),
) -> anyhow::Result<Quality> {
    let mut quality = Quality::default();
    let mut times = Vec::new();
    let per_company = limit.div_ceil(seeds.len().max(1));
    for seed in seeds {
        if quality.questions == limit {
            break;
        }
        let company = super::corpus::company(*seed);
        let shelf = Shelf::of(&company.files, embed).await?;
        let person = person(&company);
        let means = Means { mind, embed, notes: &*shelf.notes, papers: &[] };
        // Evenly over all of them: a company's last questions are those that no note answers. Odd and even in turn,
        // because every second question is about a kind that was taught.
        let count = company.questions.len();
        let asked = per_company.min(count);
        for question in (0..asked).filter_map(|n| company.questions.get(n * count / asked + n % 2)) {
            if quality.questions == limit {
                break;
            }
            let judged = ask(means, &person, weights, question, *seed, &mut quality, &mut times).await?;
            quality.questions += 1;
            quality.judged.push(judged);
            follow(quality.questions);
        }
    }
    times.sort_by(f64::total_cmp);
    quality.median_s = times.get(times.len() / 2).copied().unwrap_or(0.0);
    Ok(quality)
}

async fn ask(
    means: Means<'_>,
    person: &Person,
    weights: &Weights,
    question: &Question,
    company: u64,
    quality: &mut Quality,
    times: &mut Vec<f64>,
) -> anyhow::Result<Judged> {
    let situation = Situation {
        person,
        weights,
        requester: &question.requester,
        thread: &question.thread,
        message: &question.message,
    };
    let audience = Audience::only(ReaderId::new("judge")?);
    let began = std::time::Instant::now();
    let answer = answer::answer(means, &situation, &audience, 0, &Unwatched).await?;
    times.push(began.elapsed().as_secs_f64());
    let by_message = search(means, person, std::slice::from_ref(&question.message), &audience).await?;
    let by_queries = search(means, person, &answer.queries, &audience).await?;
    quality.valid_queries.count(!answer.queries.is_empty());
    let judged = judge(question, &answer, company);
    for group in groups(question) {
        let tally = quality.groups.entry(group.to_owned()).or_default();
        if question.answerable {
            tally.found_by_message.count(holds(&by_message, &question.gold));
            tally.found_by_queries.count(holds(&by_queries, &question.gold));
            tally.found.count(judged.found);
            tally.shown.count(judged.holds_values());
            tally.right_value.count(judged.right);
            tally.wrong_refusal.count(declines(&answer));
        } else {
            tally.refusal.count(declines(&answer));
        }
        tally.figures_stopped.count(answer.loose.iter().any(|attempt| !attempt.is_empty()));
        tally.loose_figures_said += loose_figures(&answer, &situation);
    }
    Ok(judged)
}

impl Judged {
    /// Whether what the prompt showed holds every right value.
    fn holds_values(&self) -> bool {
        self.values.iter().all(|value| self.read.iter().any(|read| read.contains(value.as_str())))
    }
}

fn judge(question: &Question, answer: &Answer, company: u64) -> Judged {
    let has = |value: &String| answer.text.contains(value.as_str());
    let right = if question.answerable { question.values.iter().all(has) } else { declines(answer) };
    Judged {
        company,
        kind: question.kind,
        seen: question.seen,
        message: question.message.clone(),
        values: question.values.clone(),
        answerable: question.answerable,
        queries: answer.queries.clone(),
        found: holds(&answer.passages, &question.gold),
        read: answer.excerpts.iter().map(|excerpt| format!("{}: {}", excerpt.title, excerpt.text)).collect(),
        reply: answer.text.clone(),
        declined: declines(answer),
        right,
    }
}

fn declines(answer: &Answer) -> bool {
    answer.outcome == "refused"
}

fn loose_figures(answer: &Answer, situation: &Situation<'_>) -> usize {
    let known = answer::known_text(situation, &answer.excerpts);
    crate::turn::figures::loose_figures(&answer.text, &known).len()
}

fn groups(question: &Question) -> [&'static str; 4] {
    let (kind, hardness) = match question.kind {
        Kind::Plain => ("kind plain", "plain"),
        Kind::FollowUp => ("kind follow-up", "hard"),
        Kind::Colloquial => ("kind colloquial", "hard"),
        Kind::TwoNotes => ("kind two notes", "hard"),
    };
    ["all", if question.seen { "seen" } else { "unseen" }, hardness, kind]
}

/// Whether every right note is among the first [`TOP`].
fn holds(passages: &[Passage], gold: &[String]) -> bool {
    gold.iter().all(|source| passages.iter().take(TOP).any(|passage| passage.source == *source))
}

async fn search(
    means: Means<'_>,
    person: &Person,
    texts: &[String],
    audience: &Audience,
) -> anyhow::Result<Vec<Passage>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let vectors = means.embed.embed(texts).await?;
    let legs = texts.iter().cloned().zip(vectors).map(|(text, dense)| Leg { text, dense }).collect();
    Ok(means.notes.search(&Search { person: &person.id, legs, audience, limit: TOP, now: 0 }).await?)
}

/// Whose notes a [`Shelf`] holds.
pub(super) fn shelf_owner() -> PersonId {
    PersonId::new("judged").expect("a lower-case word is an id")
}

fn person(company: &Company) -> Person {
    Person {
        hours: crate::people::Hours::default(),
        calendar: None,
        github: None,
        mailbox: None,
        id: shelf_owner(),
        name: company.cast.name.clone(),
        handle: "judged-bot".to_owned(),
        role: company.cast.role.clone(),
        owner: ReaderId::new("owner").expect("a lower-case word is an id"),
        owner_also: Vec::new(),
        admins: Vec::new(),
        invented: true,
        voice: Voice { manner: company.cast.manner.clone(), emoji: false },
        note_folders: Vec::new(),
        note_readers: Readers::Everyone,
        questions: Vec::new(),
        adapter: None,
        slack: None,
        mail: None,
    }
}

/// A company's notes, indexed in a directory that goes with it.
pub(super) struct Shelf {
    pub notes: std::sync::Arc<dyn Notes>,
    _dir: Dir,
}

impl Shelf {
    /// Indexes `files` as notes of [`shelf_owner`].
    pub async fn of(files: &[File], embed: &dyn Embed) -> anyhow::Result<Self> {
        let dir = Dir::new()?;
        let folder = dir.0.join("folder");
        for note in files {
            let path = folder.join(&note.source);
            std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            std::fs::write(&path, &note.text).with_context(|| format!("write {}", path.display()))?;
        }
        let notes = memory::edge::open(&dir.0.join("notes"), embed.dimensions()).await?;
        let folder = Folder {
            person: shelf_owner(),
            path: folder,
            readers: Readers::Everyone,
            integrity: Integrity::Internal,
        };
        sync_folder(&*notes, embed, &folder, &|_| {}).await?;
        Ok(Self { notes, _dir: dir })
    }
}

/// A directory for one measurement, removed afterwards.
struct Dir(std::path::PathBuf);

impl Dir {
    fn new() -> anyhow::Result<Self> {
        let dir = std::env::temp_dir().join(format!("understudy-quality-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
