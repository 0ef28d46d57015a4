//! From a situation to a spoken reply: queries, passages, draft, manners.
//!
//! The one way an understudy answers: a turn takes it for a channel, an evaluation for a held-out question.

use std::time::Instant;

use tracing::warn;

use crate::{
    domain::{Audience, Integrity, Passage, PersonId},
    inbox::Stage,
    memory::{self, Candidate, Embed, Leg, Notes, Paper, Search, Sentences},
    mind::{Mind, Situation},
    withheld::holds_secret,
};

use super::{
    cites, figures, manners, questions,
    weighing::{LIKELY_FROM, SURE_FROM, Weighed, weigh},
};

/// Passages that are searched for what the draft is given.
const PASSAGES: usize = 6;
/// How many of them may be of documents that were sent.
const OF_PAPERS: usize = 4;
/// Said when figures came from nowhere twice, or the draft can't be mended.
const NOT_IN_NOTES: &str =
    "That's not in my notes. Ask me again with other words, or ask whoever keeps them.";

/// What answering needs.
#[derive(Clone, Copy)]
pub struct Means<'m> {
    /// Writes queries and replies.
    pub mind: &'m dyn Mind,
    /// Turns what is looked up into vectors, and mends slips in it.
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
    let recalled = Recalled { excerpts: found.clone(), passages: found, odds: f32::NEG_INFINITY };
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
    let Recalled { passages, mut excerpts, odds } = recalled;
    watch.stage(Stage::Drafting);
    let drafted = draft(means, situation, &excerpts, watch).await?;
    clock.lap("draft");
    // What the prompt had no room for can't be cited, and holds no figure that the draft may use.
    let is_all_shown = excerpts.len() <= drafted.shown;
    excerpts.truncate(drafted.shown);
    let trusted_from = if drafted.text.is_empty() { LIKELY_FROM } else { SURE_FROM };
    let is_sure = is_all_shown && odds >= trusted_from && !excerpts.is_empty();
    let mut spoken = mind_the_manners(&drafted.text, situation, &excerpts);
    if let Some(said) = better_quoted(&spoken, situation, &excerpts, is_sure) {
        spoken = mind_the_manners(&said, situation, &excerpts);
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
    let mended = means.embed.mended(situation.message);
    let situation = Situation { message: mended.as_deref().unwrap_or(situation.message), ..*situation };
    let mut queries = means.mind.queries(&situation).await?;
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
    /// How surely the excerpts answer all of the message, in nats; minus infinity when nobody can say.
    pub odds: f32,
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
        let Weighed { excerpts, odds } = weigh(mind, situation, found.questions(), &sentences, true).await?;
        return Ok(Recalled { odds, ..in_order(passages, excerpts) });
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

/// What the notes say, where the draft does worse: it declines or leaves out what surely answers, or it says of one year
/// what a note says of another.
///
/// A reply that cites nothing may be a decision and stays; so does what rests on tools and documents, whose words are
/// never said as they are.
fn better_quoted(
    spoken: &Spoken,
    situation: &Situation<'_>,
    excerpts: &[Passage],
    is_sure: bool,
) -> Option<String> {
    match (spoken.outcome, spoken.cites.is_empty()) {
        ("refused", _) => is_sure.then(|| quoted(excerpts)),
        ("answered", false) if is_sure && spoken.cites.len() < excerpts.len() => Some(quoted(excerpts)),
        ("answered", false) => {
            let cited: Vec<&Passage> = excerpts.iter().filter(|e| spoken.cites.contains(&e.n)).collect();
            let may_be_said = cited.iter().all(|excerpt| excerpt.integrity <= Integrity::Internal);
            let confuses = may_be_said && confuses_years(&spoken.text, situation, excerpts, &cited);
            confuses.then(|| if is_sure { quoted(excerpts) } else { quoted(cited) })
        }
        _ => None,
    }
}

/// Whether a reply holds a year that only the message has, and cites a note that names another one.
fn confuses_years(reply: &str, situation: &Situation<'_>, excerpts: &[Passage], cited: &[&Passage]) -> bool {
    let named = |text: &str, known: &[&str]| {
        figures::loose_figures(text, known).iter().any(|loose| {
            loose.text.len() == 4 && (loose.text.starts_with("19") || loose.text.starts_with("20"))
        })
    };
    let unasked = Situation { message: "", ..*situation };
    named(reply, &known_text(&unasked, excerpts))
        && cited.iter().any(|excerpt| named(&format!("{}\n{}", excerpt.title, excerpt.text), &[reply]))
}

/// Sentences of the notes as a reply; a line of a list needs its title to be understood.
fn quoted<'e>(excerpts: impl IntoIterator<Item = &'e Passage>) -> String {
    let one = |excerpt: &Passage| {
        let (text, n) = (excerpt.text.trim(), excerpt.n);
        match text.strip_prefix(['-', '*', '\u{2022}']) {
            Some(line) => format!("{}: {} [{n}]", excerpt.title, line.trim()),
            None => format!("{text} [{n}]"),
        }
    };
    excerpts.into_iter().map(one).collect::<Vec<_>>().join("\n")
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
    let meant = embed.mended(&message);
    let mut questions = questions::several(meant.as_ref().unwrap_or(&message));
    if questions.is_empty() {
        questions.extend(meant);
    }
    // The message is looked up as it stands too: what looks like a slip may be a word of the notes, and of a small
    // model's queries for several questions one may be missing.
    let asks = if questions.is_empty() { 0..1 } else { 1..1 + questions.len() };
    let texts: Vec<String> =
        std::iter::once(message).chain(questions).chain(asked.queries.iter().cloned()).collect();
    let vectors = embed.embed(&texts).await?;
    let legs = texts.into_iter().zip(vectors).map(|(text, dense)| Leg { text, dense }).collect();
    let search = Search { person: asked.person, legs, audience, limit: PASSAGES, now };
    let mut passages = notes.search(&search).await?;
    if asks.len() > 1 {
        // Where queries for one half outvote the other, each half's own best still comes first.
        let mut firsts: Vec<Passage> = Vec::new();
        for leg in search.legs.get(asks.clone()).unwrap_or_default() {
            let one = Search { legs: vec![leg.clone()], limit: 1, ..search };
            firsts.extend(notes.search(&one).await?);
        }
        passages = firsts_first(firsts, passages);
    }
    Ok(Found { legs: search.legs, asks, passages })
}

/// These passages ahead of the others, each once, and as many in all as a search finds.
fn firsts_first(firsts: Vec<Passage>, others: Vec<Passage>) -> Vec<Passage> {
    let mut all: Vec<Passage> = Vec::new();
    for passage in firsts.into_iter().chain(others) {
        let name = (&passage.source, &passage.title, &passage.text);
        if !all.iter().any(|known| (&known.source, &known.title, &known.text) == name) {
            all.push(passage);
        }
    }
    numbered(all.into_iter().take(PASSAGES))
}

/// What is shown first, under the numbers by which it is cited; so far each excerpt has the number of its passage.
fn in_order(mut passages: Vec<Passage>, excerpts: Vec<Passage>) -> Recalled {
    passages.sort_by_key(|passage| {
        excerpts.iter().position(|excerpt| excerpt.n == passage.n).unwrap_or(usize::MAX)
    });
    let (passages, excerpts) = (numbered(passages.into_iter()), numbered(excerpts.into_iter()));
    Recalled { passages, excerpts, odds: f32::NEG_INFINITY }
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
    let mended = means.embed.mended(situation.message);
    let read = Situation { message: mended.as_deref().unwrap_or(situation.message), ..*situation };
    let sink = |draft: &str| watch.draft(draft);
    let (mut loose, mut shown) = (Vec::new(), 0);
    let mut again = None;
    for _ in 0..2 {
        let draft = means.mind.reply(&read, passages, again.as_deref(), &sink).await?;
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

    use super::*;
    use crate::{
        domain::{ReaderId, Readers},
        memory::Spelling,
        mind::{Scripted, Weights},
        people::People,
        testing::passage,
    };

    #[test]
    fn of_two_pieces_of_one_section_the_one_that_is_shown_is_cited() {
        let piece = |n, text| Passage { source: "a.md".to_owned(), ..passage(n, "Minutes", text) };
        let passages = vec![piece(1, "The stage is rented."), piece(2, "The tent is blue. It has a door.")];
        let recalled = in_order(passages, vec![piece(2, "The tent is blue.")]);
        let [excerpt, shown, rest] =
            [&recalled.excerpts[0], &recalled.passages[0], &recalled.passages[1]].map(|p| (p.n, &*p.text));
        assert_eq!(excerpt, (1, "The tent is blue."));
        assert_eq!(shown, (1, "The tent is blue. It has a door."));
        assert_eq!(rest, (2, "The stage is rented."));
    }

    #[test]
    fn the_best_of_each_half_comes_first_and_nothing_twice() {
        let named = |source: &str, title: &str| Passage {
            source: source.to_owned(),
            ..passage(1, title, "Ask Bob.")
        };
        let others = vec![named("a", "Kitchen"), named("a", "Lab"), named("b", "Lab"), named("c", "Lab")];
        let all = firsts_first(vec![named("c", "Lab"), named("a", "Lab")], others);
        let told: Vec<(usize, &str, &str)> = all.iter().map(|p| (p.n, &*p.source, &*p.title)).collect();
        assert_eq!(told, [(1, "c", "Lab"), (2, "a", "Lab"), (3, "a", "Kitchen"), (4, "b", "Lab")]);
        let many = (0..9).map(|n| named("a", &n.to_string())).collect();
        assert_eq!(firsts_first(Vec::new(), many).len(), PASSAGES);
    }

    /// Compares letters, and knows a few words.
    struct Spelt(Scripted, Spelling);

    #[async_trait::async_trait]
    impl Embed for Spelt {
        async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
            self.0.embed(texts).await
        }

        fn dimensions(&self) -> usize {
            self.0.dimensions()
        }

        fn name(&self) -> &str {
            self.0.name()
        }

        fn mended(&self, text: &str) -> Option<String> {
            self.1.mended(text)
        }
    }

    /// What is looked up for a message in notes about a season, which Bob may not read, and a lamp.
    async fn looked_up(reader: &str, message: &str) -> (Vec<String>, Vec<String>) {
        let words = ["the", "season", "does", "when", "end", "who", "has", "lamp"].map(str::to_owned);
        let embed = Spelt(Scripted, Spelling::new(words.to_vec()));
        let dir = tempfile::tempdir().unwrap();
        let notes = memory::edge::open(dir.path(), embed.dimensions()).await.unwrap();
        let person = PersonId::new("demetrios").unwrap();
        for (title, text, readers) in [
            ("Season", "The season ends in May.", "alice"),
            ("Lamp", "Zora has the lamp.", "everyone"),
            ("Lamp oil", "The lamp oil is in the cellar.", "everyone"),
        ] {
            let said = memory::Said {
                person: person.clone(),
                source: title.to_owned(),
                title: title.to_owned(),
                text: text.to_owned(),
                readers: Readers::parse(readers).unwrap(),
                integrity: Integrity::Internal,
                kind: memory::NoteKind::Note,
            };
            memory::remember(&*notes, &embed, said).await.unwrap();
        }
        let audience = Audience::only(ReaderId::new(reader).unwrap());
        let queries = ["lamp oil lamp".to_owned(), "lamp oil cellar".to_owned()];
        let asked = Asked { person: &person, message, queries: &queries };
        let found = look_up(&embed, &*notes, asked, &audience, 0).await.unwrap();
        let questions = found.questions().iter().map(|leg| leg.text.clone()).collect();
        (questions, found.passages.into_iter().map(|passage| passage.title).collect())
    }

    #[tokio::test]
    async fn a_slip_is_looked_up_as_it_was_meant() {
        let (questions, _) = looked_up("alice", "when does the seaosn end?").await;
        assert_eq!(questions, ["when does the season end?"]);
    }

    #[tokio::test]
    async fn the_best_of_each_question_is_found_first_by_those_who_may_read_it() {
        let message = "When does the season end? Who has the lamp, please?";
        let (questions, titles) = looked_up("alice", message).await;
        assert_eq!(questions, ["When does the season end?", "Who has the lamp, please?"]);
        assert_eq!(titles, ["Season", "Lamp", "Lamp oil"]);
        let (_, titles) = looked_up("bob", message).await;
        assert!(titles.contains(&"Lamp".to_owned()) && !titles.contains(&"Season".to_owned()), "{titles:?}");
    }

    #[test]
    fn a_sentence_of_the_notes_is_a_reply_with_its_source() {
        let [line, sentence] =
            ["- Pass mark: 84 %", "It is on Friday."].map(|text| passage(1, "Spelling contest", text));
        assert_eq!(quoted([&line]), "Spelling contest: Pass mark: 84 % [1]");
        let line = Passage { n: 2, ..line };
        assert_eq!(quoted([&sentence, &line]), "It is on Friday. [1]\nSpelling contest: Pass mark: 84 % [2]");
    }

    #[test]
    fn the_notes_are_quoted_where_the_draft_does_worse() {
        let people = People::read(&[&Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters")]).unwrap();
        let (person, weights) = (&people.everybody()[0], Weights::base());
        let message = "Who examines in 2023, where, and may I bring 2 guests?";
        let situation = Situation { person, weights: &weights, requester: "Alice", thread: &[], message };
        let texts = ["The examiner of 2028 is Oskar.", "It is in the hall.", "Up to 5 guests are fine."];
        let excerpts = numbered(texts.into_iter().map(|text| passage(1, "Exam", text)));
        let better = |draft: &str, excerpts: &[Passage], is_sure| {
            better_quoted(&mind_the_manners(draft, &situation, excerpts), &situation, excerpts, is_sure)
        };
        let doubted = |draft: &str| better(draft, &excerpts, false);
        let surely = |draft: &str| better(draft, &excerpts[..2], true);
        let (one, both) = (
            Some("The examiner of 2028 is Oskar. [1]"),
            Some("The examiner of 2028 is Oskar. [1]\nIt is in the hall. [2]"),
        );
        assert_eq!(doubted("That's not in my notes."), None);
        assert_eq!(surely("That's not in my notes.").as_deref(), both);
        assert_eq!(surely("It is in the hall [2].").as_deref(), both, "a half is missing");
        assert_eq!(surely("The examiner of 2028 is Oskar [1]. It is in the hall [2]."), None);
        assert_eq!(doubted("The examiner of 2023 is Oskar [1].").as_deref(), one, "another year");
        assert_eq!(surely("The examiner of 2023 is Oskar [1].").as_deref(), both);
        assert_eq!(doubted("The examiner of 2028 is Oskar [1]."), None);
        assert_eq!(doubted("Yes, you may bring 2 guests, up to 5 are fine [3]."), None, "no year");
        assert_eq!(doubted("In 2023 it is in the hall [2]."), None, "the note names none");
        assert_eq!(surely("Yes, that is fine."), None, "a decision cites nothing");
        let sent: Vec<Passage> =
            excerpts.iter().map(|e| Passage { integrity: Integrity::External, ..e.clone() }).collect();
        assert_eq!(better("The examiner of 2023 is Oskar [1].", &sent, false), None, "a stranger's words");
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
