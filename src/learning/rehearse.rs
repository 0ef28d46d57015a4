//! Lessons whose notes the product's own search has chosen.

use super::{
    Example, Note,
    corpus::{self, Rehearsal},
    quality::{Shelf, shelf_owner},
};
use crate::{
    domain::{Audience, ReaderId},
    memory::{Embed, Remembering},
    turn::answer::{self, Asked},
};

/// Questions to one company; indexing its notes costs as much as a few lessons.
const ROUND: usize = 120;

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

/// What a turn would show of the notes.
async fn found(
    embed: &dyn Embed,
    shelf: &Shelf,
    question: &Rehearsal,
    n: usize,
) -> anyhow::Result<Vec<Note>> {
    // Served queries are sometimes of no use, so some lessons go without.
    let queries = if n % 4 == 3 { &[][..] } else { &question.queries };
    let asked = Asked { person: &shelf_owner(), message: &question.message, queries };
    let audience = Audience::only(ReaderId::new("learner")?);
    let recalled = answer::recall(embed, &*shelf.notes, asked, &audience, 0).await?;
    let notes =
        recalled.excerpts.into_iter().map(|passage| Note { title: passage.title, text: passage.text });
    Ok(notes.collect())
}
