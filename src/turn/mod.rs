//! One message from claimed to answered.
//!
//! People see that somebody is at it, then one reply. Kept: the queries, the passages, the draft and the time
//! of every step, in the same transaction as the reply. After a crash the whole turn runs again, because
//! nothing of it has left before that commit.

pub mod answer;
mod calendar;
pub mod cites;
pub mod figures;
pub mod manners;

use std::sync::Arc;

use serde_json::json;

use answer::{Answer, Clock, Means, Watch};

use crate::{
    domain::{Audience, Inbound, Requester, Stopped},
    inbox::{Progress, Stage},
    memory::{Embed, Notes},
    mind::{Mind, Situation},
    people::{People, Person},
    store::{Claimed, NewReply, Settled, StepRow, Store},
};

/// Earlier messages of the thread that are looked at; the prompt takes as many as fit.
const THREAD_MESSAGES: u32 = 12;

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

/// Tells the watchers of one message.
struct Told<'t> {
    progress: &'t Progress,
    claimed: &'t Claimed,
}

impl Watch for Told<'_> {
    fn stage(&self, stage: Stage) {
        self.progress.stage(self.claimed, stage);
    }

    fn draft(&self, text: &str) {
        self.progress.draft(self.claimed, text);
    }
}

/// Answers a claimed message and commits the reply with everything that led to it.
///
/// # Errors
/// When a step can't run now (notes out of reach, model failed, lease lost); the inbox decides on the retry.
pub async fn run(desk: &Desk, claimed: &Claimed, now: i64) -> anyhow::Result<()> {
    let mut clock = Clock::start();
    let message = &claimed.message;
    let asked = match identify(desk, message).await? {
        Ok(asked) => asked,
        Err(text) => return settle(desk, claimed, "refused", text, Vec::new(), Vec::new(), now).await,
    };
    let text = manners::strip_invisible(&message.text);
    if text.trim().is_empty() {
        let text = "Your message is empty. Write me what you need.".to_owned();
        return settle(desk, claimed, "refused", text, Vec::new(), Vec::new(), now).await;
    }
    let thread = earlier(desk, claimed).await?;
    let weights = desk.mind.weights(asked.person);
    let situation = Situation {
        person: asked.person,
        weights: &weights,
        requester: &asked.requester.name,
        thread: &thread,
        message: &text,
    };
    clock.lap("identify");

    let means = Means { mind: &*desk.mind, embed: &*desk.embed, notes: &*desk.notes };
    let watch = Told { progress: &desk.progress, claimed };
    let answer = answer::answer(means, &situation, &asked.audience, now, &watch).await?;
    clock.timings.extend(&answer.timings_us);
    let journal = journal(&clock, &weights.name, &answer);
    settle(desk, claimed, answer.outcome, answer.text, answer.cites, journal, now).await
}

/// Who is addressed and who asks, or the sentence that says why nobody answers.
async fn identify<'d>(desk: &'d Desk, message: &Inbound) -> anyhow::Result<Result<Asked<'d>, String>> {
    let Some(person) = desk.people.get(&message.person) else {
        return Ok(Err(format!("There is no {} here any more, so nobody can answer this.", message.person)));
    };
    if let Some(why) = desk.store.stopped(&person.id).await? {
        let name = &person.name;
        return Ok(Err(match why {
            Stopped::Withdrawn => format!(
                "{name} has withdrawn their consent, so their understudy no longer answers. Ask {name} directly."
            ),
            Stopped::Erased => format!(
                "What was kept of {name} has been erased, so nobody can answer this. Ask {name} directly."
            ),
        }));
    }
    let standing = person.standing_of(&message.requester);
    let requester = Requester { standing, ..message.requester.clone() };
    Ok(Ok(Asked { person, requester, audience: message.audience.clone() }))
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
        // Its numbers meant other passages than today's.
        let without_cites = |text: &str| cites::check_cites(text, 0).text;
        thread.extend(said.map(|reply| ("You".to_owned(), without_cites(&reply.reply.text))));
    }
    Ok(thread)
}

/// The journal of a turn: what each step came to, and how long it took.
fn journal(clock: &Clock, adapter: &str, answer: &Answer) -> Vec<StepRow> {
    let read: Vec<&str> = answer.excerpts.iter().map(|excerpt| excerpt.text.as_str()).collect();
    let row = |(kind, took_us): &(&'static str, i64)| {
        let result = match *kind {
            "ask" => json!({"adapter": adapter, "queries": answer.queries}),
            "recall" => json!({"passages": answer.passages}),
            "draft" => json!({"draft": answer.draft, "loose": answer.loose, "read": read}),
            _ => json!({}),
        };
        StepRow { kind: (*kind).to_owned(), result: result.to_string(), took_us: *took_us }
    };
    clock.timings.iter().map(row).collect()
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
    let took: Vec<(String, i64)> = steps.iter().map(|step| (step.kind.clone(), step.took_us)).collect();
    let settled = Settled { outcome, steps, reply: Some(NewReply { text, cites }) };
    desk.store.settle(claimed, settled, now).await?;
    metrics::counter!("understudy_turns_total", "outcome" => outcome).increment(1);
    for (step, took_us) in took {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of one turn")]
        metrics::histogram!("understudy_turn_step_seconds", "step" => step).record(took_us as f64 / 1e6);
    }
    Ok(())
}
