//! Weighing: which of the sentences that a search brought answer the message.
//!
//! The search knows what is near, the mind what answers. Both together decide what the draft is given; when nothing
//! answers it is given nothing, so that it says so.

use crate::{
    domain::Passage,
    memory::{Candidate, Leg, Sentences},
    mind::{Mind, Situation},
};

/// Sentences that the mind weighs; each costs about 40 tokens of reading.
pub(crate) const WEIGHED: usize = 5;
/// Below these log-odds a sentence does not answer the message: when all are below, no note does. Of 196 questions to
/// lessons 0.54 of those without an answer are below, and 0.04 of those with one.
pub(crate) const NONE_BELOW: f32 = -2.5;
/// From these on a sentence answers the message whatever else does, as to each half of a question.
const ANSWERS_FROM: f32 = 0.0;
/// From these on a sentence answers so surely that it is said itself when the draft declines.
const SURE_FROM: f32 = 1.0;
/// What a point of the search's own score weighs beside a nat of the odds: of 146 questions to lessons with one answer
/// 0.92 then have it in the first place, by the odds alone 0.86, by the search alone 0.88.
const NEARNESS: f32 = 2.0;
/// A sentence that is so little worse than the best one is shown beside it.
const BESIDE: f32 = 1.5;

/// What the draft is given: the sentences that answer the message, as the mind sees it, best first.
///
/// When none does: none of them if that `may_be_none`, so that the draft says so; else the nearest, as of a document
/// that somebody asks about as a whole.
pub(super) async fn weigh(
    mind: &dyn Mind,
    situation: &Situation<'_>,
    questions: &[Leg],
    sentences: &Sentences<'_>,
    may_be_none: bool,
) -> anyhow::Result<Weighed> {
    let unsure = |excerpts| Ok(Weighed { excerpts, sure: 0 });
    let candidates = sentences.candidates(WEIGHED);
    let texts: Vec<String> = candidates.iter().map(|candidate| candidate.text.clone()).collect();
    if questions.len() > 1 {
        let Some(chosen) = weigh_each(mind, situation, questions, &candidates, &texts).await? else {
            return unsure(sentences.shown());
        };
        if chosen.is_empty() {
            return unsure(if may_be_none { Vec::new() } else { sentences.shown() });
        }
        let all_sure = chosen.len() == questions.len() && chosen.iter().all(|(odds, _)| *odds >= SURE_FROM);
        let chosen: Vec<&Candidate> = chosen.into_iter().map(|(_, candidate)| candidate).collect();
        let (excerpts, all_shown) = (sentences.chosen(&chosen), sentences.fit(&chosen));
        return Ok(Weighed { sure: if all_sure && all_shown { excerpts.len() } else { 0 }, excerpts });
    }
    let Some(odds) = mind.relevance(situation, &texts).await? else { return unsure(sentences.shown()) };
    if odds.iter().all(|odds| *odds < NONE_BELOW) {
        return unsure(if may_be_none { Vec::new() } else { sentences.shown() });
    }
    let answering = odds.into_iter().zip(&candidates).filter(|(odds, _)| *odds >= NONE_BELOW);
    let mut weighed: Vec<(f32, f32, &Candidate)> =
        answering.map(|(odds, candidate)| (worth(odds, candidate), odds, candidate)).collect();
    weighed.sort_by(|one, other| other.0.total_cmp(&one.0));
    let best = weighed.first().map_or(f32::MIN, |(worth, ..)| *worth);
    weighed.retain(|(worth, odds, _)| *worth >= best - BESIDE || *odds >= ANSWERS_FROM);
    let sure = weighed.first().map_or(0, |(_, odds, _)| usize::from(*odds >= SURE_FROM));
    let chosen: Vec<&Candidate> = weighed.into_iter().map(|(.., candidate)| candidate).collect();
    Ok(Weighed { excerpts: sentences.chosen(&chosen), sure })
}

/// The best answer to each of several questions with its odds, in their order, as the mind sees it; a question that
/// nothing answers has none. `None` from a mind that can't weigh.
///
/// Each is weighed by itself: of two questions at once a small model sees the one that a sentence answers.
async fn weigh_each<'c>(
    mind: &dyn Mind,
    situation: &Situation<'_>,
    questions: &[Leg],
    candidates: &'c [Candidate],
    texts: &[String],
) -> anyhow::Result<Option<Vec<(f32, &'c Candidate)>>> {
    let mut chosen: Vec<(f32, &Candidate)> = Vec::new();
    for question in questions {
        let one = Situation { message: &question.text, ..*situation };
        let Some(odds) = mind.relevance(&one, texts).await? else { return Ok(None) };
        let answering = odds.into_iter().zip(candidates).filter(|(odds, _)| *odds >= NONE_BELOW);
        let best = answering.max_by(|one, other| worth(one.0, one.1).total_cmp(&worth(other.0, other.1)));
        chosen.extend(best.filter(|(_, best)| chosen.iter().all(|(_, other)| other != best)));
    }
    Ok(Some(chosen))
}

/// What the draft is given, best first, and how many of the first of it surely answer.
pub(super) struct Weighed {
    pub excerpts: Vec<Passage>,
    pub sure: usize,
}

/// By what candidates are ordered: how surely one answers, and how near it is.
pub(crate) fn worth(odds: f32, candidate: &Candidate) -> f32 {
    odds + NEARNESS * candidate.score
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        domain::{Integrity, Readers},
        memory::Embed,
        mind::{BrainError, Draft, DraftSink, Weights},
        people::{People, Person},
    };

    /// Thinks so of each sentence that holds the second word, when the question holds the first.
    struct Judge(&'static [(&'static str, &'static str, f32)]);

    #[async_trait]
    impl Mind for Judge {
        async fn queries(&self, _: &Situation<'_>) -> Result<Vec<String>, BrainError> {
            Ok(Vec::new())
        }

        async fn relevance(
            &self,
            situation: &Situation<'_>,
            notes: &[String],
        ) -> Result<Option<Vec<f32>>, BrainError> {
            let odds = |note: &String| {
                let fits = |(asks, says, _): &&(&str, &str, f32)| {
                    situation.message.contains(asks) && note.contains(says)
                };
                self.0.iter().find(fits).map(|(.., odds)| *odds)
            };
            Ok((!self.0.is_empty()).then(|| notes.iter().map(|note| odds(note).unwrap_or(-9.0)).collect()))
        }

        async fn reply(
            &self,
            _: &Situation<'_>,
            _: &[Passage],
            _: Option<&str>,
            _: DraftSink<'_>,
        ) -> Result<Draft, BrainError> {
            Ok(Draft { text: String::new(), shown: 0 })
        }

        fn weights(&self, _: &Person) -> Weights {
            Weights::base()
        }
    }

    /// Finds everything equally near.
    struct Blind;

    #[async_trait]
    impl Embed for Blind {
        async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
            Ok(vec![vec![0.0]; texts.len()])
        }

        fn dimensions(&self) -> usize {
            1
        }

        fn name(&self) -> &str {
            "blind"
        }
    }

    fn passage(title: &str, text: &str) -> Passage {
        Passage {
            n: 1,
            source: "a.md".to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            score: 1.0,
            integrity: Integrity::Internal,
            readers: Readers::Everyone,
        }
    }

    /// What is shown of three sentences about a kettle and a long rest.
    async fn shown(judge: &Judge, may_be_none: bool) -> Vec<String> {
        let text = format!(
            "The kettle stands in the kitchen. The kettle is red. The kettle holds two litres. {}",
            "Nobody asked about the rest of the kitchen. ".repeat(8)
        );
        shown_of(judge, &["What colour is the kettle?"], &text, may_be_none).await
    }

    /// What is shown of a text when these questions are asked.
    async fn shown_of(judge: &Judge, questions: &[&str], text: &str, may_be_none: bool) -> Vec<String> {
        let people = People::read(&[&Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters")]).unwrap();
        let (weights, message) = (Weights::base(), questions.join(" "));
        let person = &people.everybody()[0];
        let situation =
            Situation { person, weights: &weights, requester: "Alice", thread: &[], message: &message };
        let legs: Vec<Leg> =
            questions.iter().map(|text| Leg { text: (*text).to_owned(), dense: vec![0.0] }).collect();
        let passages = [passage("Kettle", text)];
        let sentences = Sentences::ranked(&Blind, &legs, &[], &passages).await.unwrap();
        let shown = weigh(judge, &situation, &legs, &sentences, may_be_none).await.unwrap();
        shown.excerpts.into_iter().map(|passage| passage.text).collect()
    }

    #[tokio::test]
    async fn the_sentence_that_answers_is_shown_and_no_other() {
        assert_eq!(
            shown(&Judge(&[("", "red", 4.0), ("", "litres", -0.5)]), true).await,
            ["The kettle is red."]
        );
        let both = shown(&Judge(&[("", "red", 4.0), ("", "litres", 5.0)]), true).await;
        assert_eq!(both, ["The kettle holds two litres. The kettle is red."]);
    }

    #[tokio::test]
    async fn nothing_is_shown_when_nothing_answers_unless_something_has_to_be() {
        let doubtful = Judge(&[("", "red", -3.0)]);
        assert!(shown(&doubtful, true).await.is_empty());
        assert_eq!(shown(&doubtful, false).await.concat().matches("kettle").count(), 2);
    }

    #[tokio::test]
    async fn each_of_several_questions_gets_its_answer() {
        let text = format!(
            "The fair opens on Friday. The fair ends on Sunday. Zora has the key. {}",
            "Nobody asked about the rest of this. ".repeat(8)
        );
        let judge = Judge(&[("open", "Friday", 6.0), ("open", "Sunday", 5.0), ("key", "key", -1.0)]);
        let shown = shown_of(&judge, &["When does the fair open?", "Who has the key?"], &text, true).await;
        assert_eq!(shown, ["The fair opens on Friday. Zora has the key."]);
    }

    #[tokio::test]
    async fn every_line_of_a_short_note_is_weighed() {
        let lines: Vec<String> = (1..=7).map(|n| format!("- Thing {n}: here")).collect();
        let text = format!("{}\n- Door code: blue", lines.join("\n"));
        let shown = shown_of(&Judge(&[("", "Door", 4.0)]), &["What is the door code?"], &text, true).await;
        assert_eq!(shown, ["- Door code: blue"]);
    }

    #[tokio::test]
    async fn a_mind_that_can_not_weigh_gets_the_two_nearest() {
        let text = shown(&Judge(&[]), true).await.concat();
        assert_eq!(text.matches("kettle").count(), 2, "{text}");
    }
}
