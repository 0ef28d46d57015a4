//! One message from claimed to answered.
//!
//! People see that somebody is at it, then one reply. Kept: the queries, the passages, the draft and the time
//! of every step, in the same transaction as the reply. After a crash the whole turn runs again, because
//! nothing of it has left before that commit.

pub mod cites;
pub mod figures;
pub mod manners;

use std::{sync::Arc, time::Instant};

use serde_json::json;

use crate::{
    domain::{Audience, Inbound, Passage, Requester},
    inbox::{Progress, Stage},
    memory::{Embed, Leg, Notes, Search},
    mind::{Mind, Situation},
    people::{People, Person},
    store::{Claimed, NewReply, Settled, StepRow, Store},
};

/// Passages that a draft is given.
const PASSAGES: usize = 6;
/// Earlier messages of the thread that are looked at; the prompt takes as many as fit.
const THREAD_MESSAGES: u32 = 12;
/// Said when figures came from nowhere twice, or the draft can't be mended.
const NOT_IN_NOTES: &str =
    "That's not in my notes. Ask me again with other words, or ask whoever keeps them.";

/// What a turn needs.
pub struct Desk {
    /// The store.
    pub store: Store,
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// The notes.
    pub notes: Arc<dyn Notes>,
    /// Turns queries into vectors.
    pub embed: Arc<dyn Embed>,
    /// Writes queries and replies.
    pub mind: Arc<dyn Mind>,
    /// Where watchers see how far it is.
    pub progress: Progress,
}

/// Who asks whom, and who will read the answer.
struct Asked<'p> {
    person: &'p Person,
    requester: Requester,
    audience: Audience,
}

struct Clock {
    timings: Vec<(&'static str, i64)>,
    last: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { timings: Vec::new(), last: Instant::now() }
    }

    fn lap(&mut self, step: &'static str) {
        let took = i64::try_from(self.last.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.timings.push((step, took));
        self.last = Instant::now();
    }
}

/// Answers a claimed message and commits the reply with everything that led to it.
///
/// # Errors
/// When a step can't run now (notes out of reach, model failed, lease lost); the inbox decides on the retry.
pub async fn run(desk: &Desk, claimed: &Claimed, now: i64) -> anyhow::Result<()> {
    let mut clock = Clock::start();
    let message = &claimed.message;
    let Some(asked) = identify(desk, message) else {
        let text = format!("There is no {} here any more, so nobody can answer this.", message.person);
        return settle(desk, claimed, "refused", text, Vec::new(), Vec::new(), now).await;
    };
    let text = manners::strip_invisible(&message.text);
    if text.trim().is_empty() {
        let text = "Your message is empty. Write me what you need.".to_owned();
        return settle(desk, claimed, "refused", text, Vec::new(), Vec::new(), now).await;
    }
    let thread = earlier(desk, claimed).await?;
    let situation =
        Situation { person: asked.person, requester: &asked.requester.name, thread: &thread, message: &text };
    clock.lap("identify");

    desk.progress.stage(claimed, Stage::Asking);
    let queries = ask(desk, &situation).await?;
    clock.lap("ask");

    desk.progress.stage(claimed, Stage::Recalling);
    let passages = recall(desk, &situation, &queries, &asked.audience, now).await?;
    clock.lap("recall");

    desk.progress.stage(claimed, Stage::Drafting);
    let drafted = draft(desk, claimed, &situation, &passages).await?;
    clock.lap("draft");

    let spoken = mind_the_manners(&drafted, &situation, &passages);
    clock.lap("manners");

    let record =
        Journal { desk, person: asked.person, queries: &queries, passages: &passages, drafted: &drafted };
    let steps = record.steps(clock);
    settle(desk, claimed, spoken.outcome, spoken.text, spoken.cites, steps, now).await
}

fn identify<'d>(desk: &'d Desk, message: &Inbound) -> Option<Asked<'d>> {
    let person = desk.people.get(&message.person)?;
    let standing = person.standing_of(&message.requester);
    let requester = Requester { standing, ..message.requester.clone() };
    Some(Asked { person, requester, audience: message.audience.clone() })
}

/// Earlier messages of the thread with their replies, oldest first.
async fn earlier(desk: &Desk, claimed: &Claimed) -> anyhow::Result<Vec<(String, String)>> {
    let rows = desk.store.conversation(&claimed.message.conversation, THREAD_MESSAGES).await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.id < claimed.id).collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let replies = desk.store.replies_to(first.id, last.id).await?;
    let mut thread = Vec::new();
    for row in rows {
        let said = replies.iter().filter(|reply| reply.inbox == row.id && reply.sent_at > 0);
        thread.push((row.from, row.text));
        thread.extend(said.map(|reply| ("You".to_owned(), reply.reply.text.clone())));
    }
    Ok(thread)
}

/// Lets the model write its queries; an unusable answer means that the message itself is the query.
async fn ask(desk: &Desk, situation: &Situation<'_>) -> anyhow::Result<Vec<String>> {
    let mut queries = desk.mind.queries(situation).await?;
    queries.retain(|query| !query.trim().is_empty());
    queries.dedup();
    Ok(queries)
}

/// Looks the message and the queries up, for this audience only.
async fn recall(
    desk: &Desk,
    situation: &Situation<'_>,
    queries: &[String],
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Vec<Passage>> {
    let message: String = situation.message.chars().take(1000).collect();
    let texts: Vec<String> = std::iter::once(message).chain(queries.iter().cloned()).collect();
    let vectors = desk.embed.embed(&texts).await?;
    let legs = texts.into_iter().zip(vectors).map(|(text, dense)| Leg { text, dense }).collect();
    let search = Search { person: &situation.person.id, legs, audience, limit: PASSAGES, now };
    Ok(desk.notes.search(&search).await?)
}

struct Drafted {
    text: String,
    /// Figures that came from nowhere, per attempt.
    loose: Vec<Vec<String>>,
}

/// Lets the model draft; figures from nowhere get one more try, then the draft is given up.
async fn draft(
    desk: &Desk,
    claimed: &Claimed,
    situation: &Situation<'_>,
    passages: &[Passage],
) -> anyhow::Result<Drafted> {
    let sink = |draft: &str| desk.progress.draft(claimed, draft);
    let known = known_text(situation, passages);
    let mut loose = Vec::new();
    let mut again = None;
    for _ in 0..2 {
        let text = desk.mind.reply(situation, passages, again.as_deref(), &sink).await?;
        let found: Vec<String> =
            figures::loose_figures(&text, &known).into_iter().map(|figure| figure.text).collect();
        if found.is_empty() {
            loose.push(found);
            return Ok(Drafted { text, loose });
        }
        again = Some("Use only figures, dates and links that stand in the notes or the message.".to_owned());
        loose.push(found);
    }
    Ok(Drafted { text: String::new(), loose })
}

struct Spoken {
    text: String,
    cites: Vec<usize>,
    outcome: &'static str,
}

fn mind_the_manners(drafted: &Drafted, situation: &Situation<'_>, passages: &[Passage]) -> Spoken {
    let declined = || Spoken { text: NOT_IN_NOTES.to_owned(), cites: Vec::new(), outcome: "refused" };
    let cited = cites::check_cites(&drafted.text, passages.len());
    let known = known_text(situation, passages);
    let manners = manners::Manners::of(&situation.person.voice);
    match manners::mend(&cited.text, &known, &manners) {
        Ok(mended) => {
            // What the mending cut may have held a citation.
            let cited = cites::check_cites(&mended.text, passages.len());
            Spoken { text: mended.text, cites: cited.cites, outcome: "answered" }
        }
        Err(_) => declined(),
    }
}

fn known_text<'s>(situation: &Situation<'s>, passages: &'s [Passage]) -> Vec<&'s str> {
    let of_passages = passages.iter().flat_map(|passage| [passage.title.as_str(), passage.text.as_str()]);
    let of_thread = situation.thread.iter().map(|(_, text)| text.as_str());
    of_passages.chain(of_thread).chain([situation.message]).collect()
}

struct Journal<'j> {
    desk: &'j Desk,
    person: &'j Person,
    queries: &'j [String],
    passages: &'j [Passage],
    drafted: &'j Drafted,
}

impl Journal<'_> {
    fn steps(&self, clock: Clock) -> Vec<StepRow> {
        clock
            .timings
            .into_iter()
            .map(|(kind, took_us)| {
                let result = match kind {
                    "ask" => {
                        json!({"adapter": self.desk.mind.adapter_name(self.person), "queries": self.queries})
                    }
                    "recall" => json!({"passages": self.passages}),
                    "draft" => json!({"draft": self.drafted.text, "loose": self.drafted.loose}),
                    _ => json!({}),
                };
                StepRow { kind: kind.to_owned(), result: result.to_string(), took_us }
            })
            .collect()
    }
}

async fn settle(
    desk: &Desk,
    claimed: &Claimed,
    outcome: &'static str,
    text: String,
    cites: Vec<usize>,
    steps: Vec<StepRow>,
    now: i64,
) -> anyhow::Result<()> {
    let settled = Settled { outcome, steps, reply: Some(NewReply { text, cites }) };
    desk.store.settle(claimed, settled, now).await?;
    Ok(())
}
