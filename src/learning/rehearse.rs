//! Lessons whose notes the product's own search has chosen.

use super::{
    Example, Note,
    corpus::{self, Rehearsal},
    quality::{Shelf, shelf_owner},
};
use crate::{
    domain::{Audience, PersonId, ReaderId},
    memory::{Candidate, Embed, Remembering},
    turn::{
        answer::{self, Asked},
        weighing::WEIGHED,
    },
};

/// Questions to one company; indexing its notes costs as much as a few lessons.
const ROUND: usize = 120;
/// The same where nothing is written but the answer: more companies are more variety.
const WEIGHED_ROUND: usize = 40;

/// Makes `count` lessons at most; the companies begin at `stream`, so that other streams share no company.
///
/// # Errors
/// When the notes can't be written, indexed or searched.
pub async fn rehearse(
    embed: &dyn Embed,
    seed: u64,
    stream: u64,
    count: usize,
    mut follow: impl FnMut(usize),
) -> anyhow::Result<Vec<Example>> {
    let mut lessons = Vec::new();
    for round in (0..).take(count.div_ceil(ROUND)) {
        let (files, questions) = corpus::rehearsals(seed, stream + round, ROUND.min(count - lessons.len()));
        let shelf = Shelf::of(&files, embed).await?;
        let embed = Remembering::new(embed);
        for (n, question) in questions.into_iter().enumerate() {
            let notes = found(&embed, &shelf, &question, n).await?;
            lessons.extend(question.lesson(notes));
            follow(lessons.len());
        }
    }
    Ok(lessons)
}

/// How far down an answer is looked for.
const DEPTH: usize = 12;
/// Sentences of a question that none of them answers.
const WEIGHED_IN_VAIN: usize = 3;

/// A question with the sentences that a search brings, each with its score there, best first.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// What was asked.
    pub question: Rehearsal,
    /// The sentences.
    pub candidates: Vec<Candidate>,
}

/// Searches for `count` questions as a turn would; the companies begin at `stream`.
///
/// # Errors
/// When the notes can't be written, indexed or searched.
pub async fn weighed(
    embed: &dyn Embed,
    seed: u64,
    stream: u64,
    count: usize,
    mut follow: impl FnMut(usize),
) -> anyhow::Result<Vec<Weighed>> {
    let mut all = Vec::new();
    for round in (0..).take(count.div_ceil(WEIGHED_ROUND)) {
        let (files, questions) =
            corpus::rehearsals(seed, stream + round, WEIGHED_ROUND.min(count - all.len()));
        let shelf = Shelf::of(&files, embed).await?;
        let embed = Remembering::new(embed);
        for (n, question) in questions.into_iter().enumerate() {
            let audience = Audience::only(ReaderId::new("learner")?);
            let owner = shelf_owner();
            let asked = asked(&question, &owner, n);
            let candidates = answer::candidates(&embed, &*shelf.notes, asked, &audience, DEPTH).await?;
            all.push(Weighed { question, candidates });
            follow(all.len());
        }
    }
    Ok(all)
}

impl Weighed {
    /// Lessons on a few of the sentences: those that are nearest, and the answer when it lies a little deeper.
    #[must_use]
    pub fn lessons(&self) -> Vec<Example> {
        let near = if self.question.is_answerable() { WEIGHED } else { WEIGHED_IN_VAIN };
        let is_taught = |(n, candidate): (usize, &Candidate)| {
            (n < near || self.question.is_answered_by(&candidate.text))
                .then(|| self.question.weighed(candidate.text.clone()))
        };
        self.candidates.iter().enumerate().filter_map(is_taught).collect()
    }
}

/// What is looked up for a question.
fn asked<'q>(question: &'q Rehearsal, person: &'q PersonId, n: usize) -> Asked<'q> {
    // Served queries are sometimes of no use, so some lessons go without.
    let queries = if n % 4 == 3 { &[][..] } else { &question.queries };
    Asked { person, message: &question.message, queries }
}

/// What a draft would be shown of the notes if nobody weighed them: the two nearest, so that it learns to tell which answers.
async fn found(
    embed: &dyn Embed,
    shelf: &Shelf,
    question: &Rehearsal,
    n: usize,
) -> anyhow::Result<Vec<Note>> {
    let (owner, audience) = (shelf_owner(), Audience::only(ReaderId::new("learner")?));
    let recalled = answer::recall(embed, &*shelf.notes, asked(question, &owner, n), &audience, 0).await?;
    let notes =
        recalled.excerpts.into_iter().map(|passage| Note { title: passage.title, text: passage.text });
    Ok(notes.collect())
}
