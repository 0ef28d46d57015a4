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
/// Below these log-odds a sentence does not answer the message: when all are below, no note does. Of 197 questions to
/// lessons 0.50 of those without an answer are below, and 0.03 of those with one.
pub(crate) const NONE_BELOW: f32 = -1.5;
/// From these on a sentence answers so surely that it is said itself when the draft declines or leaves it out.
pub(super) const SURE_FROM: f32 = 1.0;
/// From these on it is said itself when every draft had figures from nowhere: whoever makes them up thinks that the notes
/// answer. Of 150 questions to lessons the best sentence is right in 118 then and wrong in 7.
pub(super) const LIKELY_FROM: f32 = 0.0;
/// What a point of the search's own score weighs beside a nat of the odds: of 147 questions to lessons with one answer
/// 0.95 then have it in the first place, by the odds alone 0.90, by the search alone 0.89.
const NEARNESS: f32 = 4.0;

/// What the draft is given: of each question the sentence that answers it best, as the mind sees it.
///
/// Each question is weighed by itself, because of two at once a small model sees the one that a sentence answers. No
/// second best is shown: of 150 questions to lessons the first sentence is right in 129 and only the second in 5, and in
/// 31 a wrong one beside the right one would lead the draft astray.
///
/// When nothing answers: nothing if that `may_be_none`, so that the draft says so. Of a document, which somebody may ask
/// about as a whole, the nearest sentences are shown unless each question is surely answered.
pub(super) async fn weigh(
    mind: &dyn Mind,
    situation: &Situation<'_>,
    questions: &[Leg],
    sentences: &Sentences<'_>,
    may_be_none: bool,
) -> anyhow::Result<Weighed> {
    let unsure = |excerpts| Ok(Weighed { excerpts, odds: f32::NEG_INFINITY });
    let candidates = sentences.candidates(WEIGHED);
    let texts: Vec<String> = candidates.iter().map(|candidate| candidate.text.clone()).collect();
    let mut best = Vec::new();
    for question in questions {
        let one = Situation { message: &question.text, ..*situation };
        let Some(odds) = mind.relevance(&one, &texts).await? else { return unsure(sentences.shown()) };
        // The last of equals is taken, which is the nearest from behind.
        let answering = odds.into_iter().zip(&candidates).rev().filter(|(odds, _)| *odds >= NONE_BELOW);
        best.push(answering.max_by(|one, other| worth(one.0, one.1).total_cmp(&worth(other.0, other.1))));
    }
    let odds = best
        .iter()
        .map(|best| best.map_or(f32::NEG_INFINITY, |(odds, _)| odds))
        .fold(f32::INFINITY, f32::min);
    let mut chosen: Vec<&Candidate> = Vec::new();
    for (_, candidate) in best.into_iter().flatten() {
        if !chosen.contains(&candidate) {
            chosen.push(candidate);
        }
    }
    match (chosen.is_empty(), may_be_none) {
        (true, true) => return unsure(Vec::new()),
        (_, false) if odds < SURE_FROM => return unsure(sentences.shown()),
        _ => {}
    }
    let all_shown = chosen.len() == 1 || sentences.fit(&chosen);
    Ok(Weighed {
        excerpts: sentences.chosen(&chosen),
        odds: if all_shown { odds } else { f32::NEG_INFINITY },
    })
}

/// What the draft is given, in the order of the questions.
pub(super) struct Weighed {
    pub excerpts: Vec<Passage>,
    /// How surely they answer, in nats: the least of the questions, and minus infinity where something is missing.
    pub odds: f32,
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
        mind::{BrainError, Draft, DraftSink, Weights},
        people::{People, Person},
        testing::{Blind, passage},
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

    /// What is shown of three sentences about a kettle and a long rest, and how surely it answers.
    async fn shown(judge: &Judge, may_be_none: bool) -> (Vec<String>, f32) {
        let text = format!(
            "The kettle stands in the kitchen. The kettle is red. The kettle holds two litres. {}",
            "Nobody asked about the rest of the kitchen. ".repeat(8)
        );
        shown_of(judge, &["What colour is the kettle?"], &text, may_be_none).await
    }

    /// The same of a text when these questions are asked.
    async fn shown_of(
        judge: &Judge,
        questions: &[&str],
        text: &str,
        may_be_none: bool,
    ) -> (Vec<String>, f32) {
        let people = People::read(&[&Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters")]).unwrap();
        let (weights, message) = (Weights::base(), questions.join(" "));
        let person = &people.everybody()[0];
        let situation =
            Situation { person, weights: &weights, requester: "Alice", thread: &[], message: &message };
        let legs: Vec<Leg> =
            questions.iter().map(|text| Leg { text: (*text).to_owned(), dense: vec![0.0] }).collect();
        let passages = [passage(1, "Kettle", text)];
        let sentences = Sentences::ranked(&Blind, &legs, &[], &passages).await.unwrap();
        let Weighed { excerpts, odds } =
            weigh(judge, &situation, &legs, &sentences, may_be_none).await.unwrap();
        (excerpts.into_iter().map(|passage| passage.text).collect(), odds)
    }

    #[tokio::test]
    async fn the_sentence_that_answers_best_is_shown_and_no_other() {
        let alone = shown(&Judge(&[("", "red", 4.0), ("", "litres", -0.5)]), true).await;
        assert_eq!(alone, (vec!["The kettle is red.".to_owned()], 4.0));
        let best = shown(&Judge(&[("", "red", 4.0), ("", "litres", 5.0)]), true).await;
        assert_eq!(best, (vec!["The kettle holds two litres.".to_owned()], 5.0));
    }

    #[tokio::test]
    async fn nothing_is_shown_when_nothing_answers_unless_something_has_to_be() {
        let doubtful = Judge(&[("", "red", -3.0)]);
        assert_eq!(shown(&doubtful, true).await, (Vec::new(), f32::NEG_INFINITY));
        assert_eq!(shown(&doubtful, false).await.0.concat().matches("kettle").count(), 2);
        let perhaps = shown(&Judge(&[("", "red", 0.5)]), false).await;
        assert_eq!(perhaps.0.concat().matches("kettle").count(), 2, "of a document the nearest");
    }

    #[tokio::test]
    async fn each_of_several_questions_gets_its_answer() {
        let text = format!(
            "The fair opens on Friday. The fair ends on Sunday. Zora has the key. {}",
            "Nobody asked about the rest of this. ".repeat(8)
        );
        let asked = ["When does the fair open?", "Who has the key?"];
        let judge = Judge(&[("open", "Friday", 6.0), ("open", "Sunday", 5.0), ("key", "key", -1.0)]);
        let shown = shown_of(&judge, &asked, &text, true).await;
        assert_eq!(shown, (vec!["The fair opens on Friday. Zora has the key.".to_owned()], -1.0));
        let judge = Judge(&[("open", "Friday", 6.0), ("key", "Friday", 5.0)]);
        let shown = shown_of(&judge, &asked, &text, true).await;
        assert_eq!(shown, (vec!["The fair opens on Friday.".to_owned()], 5.0), "one sentence answers both");
        let judge = Judge(&[("open", "Friday", 6.0)]);
        let shown = shown_of(&judge, &asked, &text, true).await;
        assert_eq!(shown, (vec!["The fair opens on Friday.".to_owned()], f32::NEG_INFINITY), "a half");
    }

    #[tokio::test]
    async fn every_line_of_a_short_note_is_weighed() {
        let lines: Vec<String> = (1..=7).map(|n| format!("- Thing {n}: here")).collect();
        let text = format!("{}\n- Door code: blue", lines.join("\n"));
        let shown = shown_of(&Judge(&[("", "Door", 4.0)]), &["What is the door code?"], &text, true).await;
        assert_eq!(shown, (vec!["- Door code: blue".to_owned()], 4.0));
    }

    #[tokio::test]
    async fn of_equals_the_nearest_is_shown() {
        let text = "- Door: blue\n- Door: green";
        let shown = shown_of(&Judge(&[("", "Door", 4.0)]), &["What colour is the door?"], text, true).await;
        assert_eq!(shown.0, ["- Door: blue"]);
    }

    #[tokio::test]
    async fn a_mind_that_can_not_weigh_gets_the_two_nearest() {
        let text = shown(&Judge(&[]), true).await.0.concat();
        assert_eq!(text.matches("kettle").count(), 2, "{text}");
    }
}
