//! How well the reranker tells which sentence answers a question, on invented companies that no training has seen.

use serde::Serialize;

use super::{quality::Share, rehearse::Weighed};
use crate::{
    mind::{Brain, Weights},
    turn::weighing::{NONE_BELOW, WEIGHED, worth},
};

/// What the reranker came to; shares are `[share, of how many]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reranking {
    /// An answer among the sentences that are weighed, of the questions that a note answers.
    pub in_reach: Share,
    /// An answer in the first place, of those: as the search orders them.
    pub first_by_search: Share,
    /// The same, as search and reranker order them together.
    pub first_by_both: Share,
    /// Some sentence counts as an answer, of those.
    pub kept: Share,
    /// None does, of the questions that no note answers.
    pub declined: Share,
    /// Every question.
    #[serde(skip)]
    pub judged: Vec<Judged>,
}

/// One question with what was thought of its sentences, in the order of the search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// The message.
    pub message: String,
    /// Whether a note answers it.
    pub answerable: bool,
    /// The sentences.
    pub sentences: Vec<Sentence>,
}

/// A sentence that was weighed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sentence {
    /// What the search scored.
    pub score: f32,
    /// What the reranker thought, in nats.
    pub odds: f32,
    /// Both together, by which sentences are ordered.
    pub worth: f32,
    /// Whether it answers.
    pub answers: bool,
    /// Its text, behind the title of its note.
    pub text: String,
}

/// Weighs the first sentences of every question by the adapter `weights`.
///
/// # Errors
/// When the model can't run.
pub async fn measure(
    brain: &Brain,
    weights: &Weights,
    questions: &[Weighed],
    follow: impl Fn(usize),
) -> anyhow::Result<Reranking> {
    let mut measured = Reranking::default();
    for (n, weighed) in questions.iter().enumerate() {
        let texts: Vec<String> =
            weighed.candidates.iter().take(WEIGHED).map(|candidate| candidate.text.clone()).collect();
        let example = weighed.question.weighed(String::new());
        let odds = brain.relevance_by(weights, &example.scene(), &texts).await?;
        let sentences = (weighed.candidates.iter().zip(odds).zip(texts))
            .map(|((candidate, odds), text)| Sentence {
                score: candidate.score,
                odds,
                worth: worth(odds, candidate),
                answers: weighed.question.is_answered_by(&text),
                text,
            })
            .collect();
        measured.count(Judged {
            message: example.message,
            answerable: weighed.question.is_answerable(),
            sentences,
        });
        follow(n + 1);
    }
    Ok(measured)
}

impl Reranking {
    fn count(&mut self, judged: Judged) {
        let sentences = &judged.sentences;
        let best = sentences.iter().max_by(|one, other| one.worth.total_cmp(&other.worth));
        let is_kept = sentences.iter().any(|sentence| sentence.odds >= NONE_BELOW);
        if judged.answerable {
            let in_reach = sentences.iter().any(|sentence| sentence.answers);
            self.in_reach.count(in_reach);
            if in_reach {
                self.first_by_search.count(sentences.first().is_some_and(|first| first.answers));
                self.first_by_both.count(best.is_some_and(|best| best.answers));
                self.kept.count(is_kept);
            }
        } else {
            self.declined.count(!is_kept);
        }
        self.judged.push(judged);
    }
}
