//! From a situation to a spoken reply: queries, passages, draft, manners.
//!
//! The one way an understudy answers: a turn takes it for a channel, an evaluation for a held-out question.

use std::time::Instant;

use tracing::warn;

use crate::{
    domain::{Audience, Passage, PersonId},
    inbox::Stage,
    memory::{self, Candidate, Embed, Leg, Notes, Paper, Search, Sentences},
    mind::{Mind, Situation},
    withheld::holds_secret,
};

use super::{cites, figures, manners, questions};

/// Passages that are searched for what the draft is given.
const PASSAGES: usize = 6;
/// How many of them may be of documents that were sent.
const OF_PAPERS: usize = 4;
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
/// Said when figures came from nowhere twice, or the draft can't be mended.
const NOT_IN_NOTES: &str =
    "That's not in my notes. Ask me again with other words, or ask whoever keeps them.";

/// What answering needs.
#[derive(Clone, Copy)]
pub struct Means<'m> {
    /// Writes queries and replies.
    pub mind: &'m dyn Mind,
    /// Turns queries into vectors.
    pub embed: &'m dyn Embed,
    /// The notes.
    pub notes: &'m dyn Notes,
    /// Documents of this conversation.
    pub papers: &'m [Paper],
}

/// Who sees how far it is.
pub trait Watch: Send + Sync {
    /// A step begins.
    fn stage(&self, stage: Stage);
    /// The draft has grown.
    fn draft(&self, text: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn stage(&self, _: Stage) {}
    fn draft(&self, _: &str) {}
}

/// A reply with everything that led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the model wrote to search with.
    pub queries: Vec<String>,
    /// What was found, in full: first what the prompt showed, best first, then the rest.
    pub passages: Vec<Passage>,
    /// What the prompt showed of the first of them.
    pub excerpts: Vec<Passage>,
    /// The last draft; empty when it was given up.
    pub draft: String,
    /// Figures that came from nowhere, per attempt.
    pub loose: Vec<Vec<String>>,
    /// What is said.
    pub text: String,
    /// The passages that it cites.
    pub cites: Vec<usize>,
    /// What it comes to: answered, refused or escalated.
    pub outcome: &'static str,
    /// Microseconds of each step, in order.
    pub timings_us: Vec<(&'static str, i64)>,
}

/// Answers `situation` from what all of `audience` may read at `now`.
///
/// # Errors
/// When the model or the notes are out of reach; nothing was said then.
pub async fn answer(
    means: Means<'_>,
    situation: &Situation<'_>,
    audience: &Audience,
    now: i64,
    watch: &dyn Watch,
) -> anyhow::Result<Answer> {
    let mut clock = Clock::start();
    watch.stage(Stage::Asking);
    let queries = ask(means, situation).await?;
    clock.lap("ask");
    watch.stage(Stage::Recalling);
    let asked = Asked { person: &situation.person.id, message: situation.message, queries: &queries };
    let recalled = recall_for(means, situation, asked, audience, now).await?;
    clock.lap("recall");
    conclude(means, situation, queries, recalled, clock, watch).await
}

/// Answers from what tools found instead of the notes.
///
/// # Errors
/// As for [`answer`].
pub(super) async fn from_found(
    means: Means<'_>,
    situation: &Situation<'_>,
    found: Vec<Passage>,
    watch: &dyn Watch,
) -> anyhow::Result<Answer> {
    let mut clock = Clock::start();
    // No time of its own, but the place where the journal keeps what a reply rests on.
    clock.lap("recall");
    let recalled = Recalled { excerpts: found.clone(), passages: found, sure: 0 };
    conclude(means, situation, Vec::new(), recalled, clock, watch).await
}

/// Drafts from what was found and minds the manners.
async fn conclude(
    means: Means<'_>,
    situation: &Situation<'_>,
    queries: Vec<String>,
    recalled: Recalled,
    mut clock: Clock,
    watch: &dyn Watch,
) -> anyhow::Result<Answer> {
    let Recalled { passages, mut excerpts, sure } = recalled;
    watch.stage(Stage::Drafting);
    let drafted = draft(means, situation, &excerpts, watch).await?;
    clock.lap("draft");
    // What the prompt had no room for can't be cited, and holds no figure that the draft may use.
    excerpts.truncate(drafted.shown);
    let mut spoken = mind_the_manners(&drafted.text, situation, &excerpts);
    if let ("refused", Some(sentences @ [_, ..])) = (spoken.outcome, excerpts.get(..sure)) {
        spoken = mind_the_manners(&quoted(sentences), situation, &excerpts);
    }
    clock.lap("manners");
    Ok(Answer {
        queries,
        excerpts,
        draft: drafted.text,
        loose: drafted.loose,
        text: spoken.text,
        cites: spoken.cites,
        outcome: spoken.outcome,
        timings_us: clock.timings,
        passages,
    })
}

/// What code says of an action; it passes the same gate as a draft, because arguments stand in it.
pub(super) fn by_code(situation: &Situation<'_>, text: String, outcome: &'static str) -> Answer {
    let mut clock = Clock::start();
    let manners = manners::Manners::of(&situation.person.voice);
    let text = match manners::mend(&text, &known_text(situation, &[]), &manners) {
        Ok(mended) if holds_secret(&mended.text) => kept_back(),
        Ok(mended) => mended.text,
        Err(_) => "I did what you asked, and can't put it into words. Look at it in the console.".to_owned(),
    };
    clock.lap("manners");
    Answer {
        queries: Vec::new(),
        passages: Vec::new(),
        excerpts: Vec::new(),
        draft: String::new(),
        loose: Vec::new(),
        text,
        cites: Vec::new(),
        outcome,
        timings_us: clock.timings,
    }
}

/// Measures steps, one after the other.
pub(super) struct Clock {
    pub(super) timings: Vec<(&'static str, i64)>,
    last: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { timings: Vec::new(), last: Instant::now() }
    }

    pub(super) fn lap(&mut self, step: &'static str) {
        let took = i64::try_from(self.last.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.timings.push((step, took));
        self.last = Instant::now();
    }
}

/// Lets the model write its queries; an unusable answer means that the message itself is the query.
pub(super) async fn ask(means: Means<'_>, situation: &Situation<'_>) -> anyhow::Result<Vec<String>> {
    let mut queries = means.mind.queries(situation).await?;
    queries.retain(|query| !query.trim().is_empty());
    queries.dedup();
    Ok(queries)
}

/// What is looked up, and in whose notes.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub person: &'a PersonId,
    pub message: &'a str,
    pub queries: &'a [String],
}

/// What was found.
pub(crate) struct Recalled {
    pub passages: Vec<Passage>,
    pub excerpts: Vec<Passage>,
    /// So many of the first excerpts surely answer the message.
    pub sure: usize,
}

/// Looks the message and the queries up, for this audience only, and picks what of it a draft would be given if
/// nobody weighed it.
pub(crate) async fn recall(
    embed: &dyn Embed,
    notes: &dyn Notes,
    asked: Asked<'_>,
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Recalled> {
    let found = look_up(embed, notes, asked, audience, now).await?;
    let excerpts = found.sentences(embed, &found.passages).await?.shown();
    Ok(in_order(found.passages, excerpts))
}

/// The sentences that speak to a message, for this audience only, best first.
pub(crate) async fn candidates(
    embed: &dyn Embed,
    notes: &dyn Notes,
    asked: Asked<'_>,
    audience: &Audience,
    most: usize,
) -> anyhow::Result<Vec<Candidate>> {
    let found = look_up(embed, notes, asked, audience, 0).await?;
    Ok(found.sentences(embed, &found.passages).await?.candidates(most))
}

/// Looks everything up, with the documents of the conversation, which all of its audience have, and lets the mind
/// weigh what was found.
async fn recall_for(
    means: Means<'_>,
    situation: &Situation<'_>,
    asked: Asked<'_>,
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Recalled> {
    let Means { mind, embed, notes, papers } = means;
    let mut found = look_up(embed, notes, asked, audience, now).await?;
    if papers.is_empty() {
        let passages = std::mem::take(&mut found.passages);
        let sentences = found.sentences(embed, &passages).await?;
        let Weighed { excerpts, sure } = weigh(mind, situation, found.questions(), &sentences, true).await?;
        return Ok(Recalled { sure, ..in_order(passages, excerpts) });
    }
    let sent = memory::leaf_through(embed, &found.legs, papers, OF_PAPERS).await?;
    let is_new = |passage: &Passage| papers.iter().any(|paper| paper.is_new && paper.name == passage.source);
    let all = numbered(sent.iter().chain(&found.passages).take(PASSAGES).cloned());
    let (sentences, asks) = (found.sentences(embed, &all).await?, found.questions());
    let mut excerpts = weigh(mind, situation, asks, &sentences, false).await?.excerpts;
    // "What is in it?" is nearest to anything; whoever sends a document asks about that one.
    if sent.iter().any(is_new) && !excerpts.iter().any(is_new) {
        let new: Vec<Passage> = all.iter().filter(|passage| is_new(passage)).cloned().collect();
        let sentences = found.sentences(embed, &new).await?;
        excerpts = weigh(mind, situation, asks, &sentences, false).await?.excerpts;
    }
    Ok(in_order(all, excerpts))
}

/// What the draft is given: the sentences that answer the message, as the mind sees it, best first.
///
/// When none does: none of them if that `may_be_none`, so that the draft says so; else the nearest, as of a document
/// that somebody asks about as a whole.
async fn weigh(
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

/// The best answer to each of several questions with its odds, in their order, as the mind sees it; a question that nothing answers has
/// none. `None` from a mind that can't weigh.
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
struct Weighed {
    excerpts: Vec<Passage>,
    sure: usize,
}

/// Sentences of the notes as a reply; a line of a list needs its title to be understood.
fn quoted(excerpts: &[Passage]) -> String {
    let one = |(n, excerpt): (usize, &Passage)| {
        let text = excerpt.text.trim();
        match text.strip_prefix(['-', '*', '\u{2022}']) {
            Some(line) => format!("{}: {} [{n}]", excerpt.title, line.trim()),
            None => format!("{text} [{n}]"),
        }
    };
    (1..).zip(excerpts).map(one).collect::<Vec<_>>().join("\n")
}

/// By what candidates are ordered: how surely one answers, and how near it is.
pub(crate) fn worth(odds: f32, candidate: &Candidate) -> f32 {
    odds + NEARNESS * candidate.score
}

fn numbered(passages: impl Iterator<Item = Passage>) -> Vec<Passage> {
    (1..).zip(passages).map(|(n, passage)| Passage { n, ..passage }).collect()
}

/// A message taken apart, and the notes that speak to it.
struct Found {
    legs: Vec<Leg>,
    /// Which of the legs are what is asked; queries follow.
    asks: std::ops::Range<usize>,
    passages: Vec<Passage>,
}

impl Found {
    /// What is asked, each for itself.
    fn questions(&self) -> &[Leg] {
        self.legs.get(self.asks.clone()).unwrap_or_default()
    }

    async fn sentences<'p>(
        &self,
        embed: &dyn Embed,
        passages: &'p [Passage],
    ) -> anyhow::Result<Sentences<'p>> {
        let queries = self.legs.get(self.asks.end..).unwrap_or_default();
        Sentences::ranked(embed, self.questions(), queries, passages).await
    }
}

async fn look_up(
    embed: &dyn Embed,
    notes: &dyn Notes,
    asked: Asked<'_>,
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Found> {
    let message: String = asked.message.chars().take(1000).collect();
    // A message that asks several things is looked up whole too: of a small model's queries one may be missing.
    let questions = questions::several(&message);
    let asks = if questions.is_empty() { 0..1 } else { 1..1 + questions.len() };
    let texts: Vec<String> =
        std::iter::once(message).chain(questions).chain(asked.queries.iter().cloned()).collect();
    let vectors = embed.embed(&texts).await?;
    let legs = texts.into_iter().zip(vectors).map(|(text, dense)| Leg { text, dense }).collect();
    let search = Search { person: asked.person, legs, audience, limit: PASSAGES, now };
    let passages = notes.search(&search).await?;
    Ok(Found { legs: search.legs, asks, passages })
}

/// What is shown first, under the numbers by which it is cited; so far each excerpt has the number of its passage.
fn in_order(mut passages: Vec<Passage>, excerpts: Vec<Passage>) -> Recalled {
    passages.sort_by_key(|passage| {
        excerpts.iter().position(|excerpt| excerpt.n == passage.n).unwrap_or(usize::MAX)
    });
    let (passages, excerpts) = (numbered(passages.into_iter()), numbered(excerpts.into_iter()));
    Recalled { passages, excerpts, sure: 0 }
}

struct Drafted {
    text: String,
    shown: usize,
    loose: Vec<Vec<String>>,
}

/// Lets the model draft; figures from nowhere get one more try, then the draft is given up.
async fn draft(
    means: Means<'_>,
    situation: &Situation<'_>,
    passages: &[Passage],
    watch: &dyn Watch,
) -> anyhow::Result<Drafted> {
    let sink = |draft: &str| watch.draft(draft);
    let (mut loose, mut shown) = (Vec::new(), 0);
    let mut again = None;
    for _ in 0..2 {
        let draft = means.mind.reply(situation, passages, again.as_deref(), &sink).await?;
        shown = draft.shown;
        let known = known_text(situation, passages.get(..shown).unwrap_or(passages));
        let found: Vec<String> =
            figures::loose_figures(&draft.text, &known).into_iter().map(|figure| figure.text).collect();
        if found.is_empty() {
            loose.push(found);
            return Ok(Drafted { text: draft.text, shown, loose });
        }
        again = Some("Use only figures, dates and links that stand in the notes or the message.".to_owned());
        loose.push(found);
    }
    Ok(Drafted { text: String::new(), shown, loose })
}

/// Raises the alarm for a key that was about to be said, and returns what is said instead.
pub(super) fn kept_back() -> String {
    metrics::counter!("understudy_keys_kept_back_total").increment(1);
    warn!("A reply held a key or a canary, so it was kept back: look which note or message holds it");
    "My answer held something that looks like a key, so I keep it back. Ask whoever looks after it directly."
        .to_owned()
}

struct Spoken {
    text: String,
    cites: Vec<usize>,
    outcome: &'static str,
}

fn mind_the_manners(draft: &str, situation: &Situation<'_>, passages: &[Passage]) -> Spoken {
    let cited = cites::check_cites(draft, passages.len());
    let known = known_text(situation, passages);
    let manners = manners::Manners::of(&situation.person.voice);
    match manners::mend(&cited.text, &known, &manners) {
        Ok(mended) if holds_secret(&mended.text) => {
            Spoken { text: kept_back(), cites: Vec::new(), outcome: "refused" }
        }
        Ok(mended) => {
            // What the mending cut may have held a citation.
            let cited = cites::check_cites(&mended.text, passages.len());
            let outcome = outcome_of(&mended.text, &cited.cites);
            Spoken { text: mended.text, cites: cited.cites, outcome }
        }
        Err(_) => Spoken { text: NOT_IN_NOTES.to_owned(), cites: Vec::new(), outcome: "refused" },
    }
}

/// What a reply comes to, by the words that every adapter is taught for it.
fn outcome_of(reply: &str, cites: &[usize]) -> &'static str {
    let reply = reply.to_lowercase();
    if reply.contains("pass it on") || reply.contains("pass this on") {
        "escalated"
    } else if reply.starts_with("that's not in my notes")
        || (cites.is_empty() && reply.contains("not in my notes"))
    {
        "refused"
    } else {
        "answered"
    }
}

/// Everything that a reply may take its figures and links from.
pub(crate) fn known_text<'s>(situation: &Situation<'s>, passages: &'s [Passage]) -> Vec<&'s str> {
    let of_passages = passages.iter().flat_map(|passage| [passage.title.as_str(), passage.text.as_str()]);
    let of_thread = situation.thread.iter().map(|(_, text)| text.as_str());
    of_passages.chain(of_thread).chain([situation.message]).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        domain::{Integrity, Readers},
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

    #[test]
    fn of_two_pieces_of_one_section_the_one_that_is_shown_is_cited() {
        let piece = |n, text| Passage { n, ..passage("Minutes", text) };
        let passages = vec![piece(1, "The stage is rented."), piece(2, "The tent is blue. It has a door.")];
        let recalled = in_order(passages, vec![piece(2, "The tent is blue.")]);
        let [excerpt, shown, rest] =
            [&recalled.excerpts[0], &recalled.passages[0], &recalled.passages[1]].map(|p| (p.n, &*p.text));
        assert_eq!(excerpt, (1, "The tent is blue."));
        assert_eq!(shown, (1, "The tent is blue. It has a door."));
        assert_eq!(rest, (2, "The stage is rented."));
    }

    #[test]
    fn a_sentence_of_the_notes_is_a_reply_with_its_source() {
        let [line, sentence] =
            ["- Pass mark: 84 %", "It is on Friday."].map(|text| passage("Spelling contest", text));
        assert_eq!(quoted(std::slice::from_ref(&line)), "Spelling contest: Pass mark: 84 % [1]");
        assert_eq!(quoted(&[sentence, line]), "It is on Friday. [1]\nSpelling contest: Pass mark: 84 % [2]");
    }

    #[test]
    fn the_taught_words_decide_what_a_reply_comes_to() {
        assert_eq!(outcome_of("That's not in my notes.", &[]), "refused");
        assert_eq!(
            outcome_of("That's not in my notes. Bob looks after it and may know [2].", &[2]),
            "refused"
        );
        assert_eq!(outcome_of("The price is 5 EUR [1]; the date is not in my notes.", &[1]), "answered");
        assert_eq!(outcome_of("That's for Bob to decide, I'll pass it on.", &[]), "escalated");
        assert_eq!(outcome_of("On 3 May [1].", &[1]), "answered");
    }
}
