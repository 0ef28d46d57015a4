//! One message from claimed to answered.
//!
//! People see that somebody is at it, then one reply. Kept: the queries, the passages, the draft and the time
//! of every step, in the same transaction as the reply. After a crash the whole turn runs again, because
//! nothing of it has left before that commit.

mod act;
pub mod answer;
mod aside;
mod calendar;
pub mod cites;
pub mod figures;
mod hear;
mod late;
pub mod manners;
pub mod questions;
pub mod review;
mod sense;
pub(crate) mod weighing;

use std::{collections::HashMap, sync::Arc};

use serde_json::json;

use act::{Acted, Ground};
use answer::{Answer, Clock, Means, Watch};
pub use late::late;

use crate::{
    domain::{Attachment, Audience, Channel, Conversation, Inbound, Requester, Stopped},
    files::Files,
    inbox::{Progress, Stage},
    memory::{Embed, Notes},
    mind::{Mind, Situation},
    people::{Aside, Introduce, Introduction, People, Person},
    senses::{Hearing, Senses},
    store::{Claimed, NewReply, Settled, StepRow, Store},
    tools::Hands,
    withheld::holds_secret,
};

/// Earlier messages of the thread that are looked at; the prompt takes as many as fit.
const THREAD_MESSAGES: u32 = 12;

/// Who speaks in the understudy's own lines of a thread.
const OWN: &str = "You";
/// What is shown of a file's name.
const FILE_NAME_CHARS: usize = 60;

/// What a turn needs.
pub struct Desk {
    /// The store.
    pub store: Store,
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// The notes.
    pub notes: Arc<dyn Notes>,
    /// Turns what is looked up into vectors, and mends slips in it.
    pub embed: Arc<dyn Embed>,
    /// Writes queries and replies.
    pub mind: Arc<dyn Mind>,
    /// Where watchers see how far it is.
    pub progress: Progress,
    /// Files that came with messages.
    pub files: Files,
    /// Reads them.
    pub senses: Senses,
    /// Hears those that are spoken.
    pub hearing: Hearing,
    /// Channels that say who wrote and who reads only after a message was accepted.
    pub introduced_by: HashMap<Channel, Arc<dyn Introduce>>,
    /// Carries out what the model proposes and permission allows.
    pub hands: Arc<Hands>,
}

/// Who asks whom, and who will read the answer.
struct Asked<'p> {
    person: &'p Person,
    requester: Requester,
    audience: Audience,
    text: String,
    /// Earlier messages, when the channel knows them better than the inbox.
    thread: Option<Vec<(String, String)>>,
    attachments: Vec<Attachment>,
    aside: Option<Aside>,
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
    let mut asked = match identify(desk, message).await? {
        Ok(asked) => asked,
        Err(text) => return settle(desk, claimed, Ending::refused(text), now).await,
    };
    clock.lap("identify");
    let sensed = sense::sense(desk, claimed, &asked.attachments, &asked.audience, now).await?;
    clock.lap("sense");
    let text = sensed.with_what_was_said(manners::strip_invisible(&asked.text).into_owned());
    if text.trim().is_empty() {
        let steps = vec![files_step(&clock, &asked.attachments)];
        let ending = Ending { steps, ..Ending::refused(sensed.instead_of_an_answer()) };
        return settle(desk, claimed, ending, now).await;
    }
    let thread = match asked.thread.take() {
        Some(thread) => thread,
        None => desk.store.said_before(message, THREAD_MESSAGES, OWN).await?,
    };
    let thread: Vec<_> = thread.into_iter().map(as_said_today).collect();
    let weights = desk.mind.weights(asked.person);
    let situation = Situation {
        person: asked.person,
        weights: &weights,
        requester: &asked.requester.name,
        thread: &thread,
        message: &text,
    };
    let sent = sensed.to_review(&text);
    let means = Means { mind: &*desk.mind, embed: &*desk.embed, notes: &*desk.notes, papers: &sensed.papers };
    let watch = Told { progress: &desk.progress, claimed };
    let mut file = None;
    let ground = Ground {
        may_choose: sent.is_empty() && !sensed.is_unsure(),
        heard_others: sensed.has_heard() && !asked.text.trim().is_empty(),
    };
    let acted = act::act(desk, claimed, &asked, (&situation, ground), now).await?;
    let mut answer = match acted {
        Acted::Nothing if !sent.is_empty() => {
            let reviewed = review::review(desk, claimed, (&situation, &sent), &asked.audience, now).await?;
            file = reviewed.1;
            reviewed.0
        }
        Acted::Nothing => answer::answer(means, &situation, &asked.audience, now, &watch).await?,
        Acted::Found(found) => {
            clock.lap("act");
            answer::from_found(means, &situation, found, &watch).await?
        }
        Acted::Said { outcome, text } => {
            clock.lap("act");
            answer::by_code(&situation, text, outcome)
        }
    };
    let from_notes = sent.is_empty() && !clock.timings.iter().any(|(step, _)| *step == "act");
    let apart = match &asked.aside {
        Some(aside) if from_notes => {
            aside::answer(means, &situation, &answer, (&asked.audience, aside), now, &watch).await?
        }
        _ => None,
    };
    // The journal and the citations belong to the one answer that rests on notes.
    let said_aside = match (apart, asked.aside) {
        (Some(apart), Some(aside)) => {
            answer = apart;
            Some(aside.conversation)
        }
        _ => None,
    };
    let told = sensed.told();
    // What was heard passes no manners, and is said all the same.
    answer.text.push_str(if holds_secret(&told) { "" } else { &told });
    clock.timings.extend(&answer.timings_us);
    let mut steps = journal(&clock, &weights.name, &answer);
    // The time of the step is told once, with the files when there are any.
    steps.retain(|step| step.kind != "sense");
    if !asked.attachments.is_empty() {
        steps.insert(1.min(steps.len()), files_step(&clock, &asked.attachments));
    }
    let reply = NewReply { text: answer.text, cites: answer.cites, file };
    let (reply, aside) = match said_aside {
        Some(conversation) => (aside::note(), Some((conversation, reply))),
        None => (reply, None),
    };
    settle(desk, claimed, Ending { outcome: answer.outcome, reply, aside, steps }, now).await
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
    let (Introduction { requester, audience, text, thread, attachments, aside }, known_thread) =
        match desk.introduced_by.get(&message.channel) {
            Some(channel) => (channel.introduce(message).await?, true),
            None => (as_accepted(message), false),
        };
    let standing = person.standing_of(&requester);
    let requester = Requester { standing, ..requester };
    let thread = known_thread.then_some(thread);
    Ok(Ok(Asked { person, requester, audience, text, thread, attachments, aside }))
}

/// What the channel knew when it accepted the message.
fn as_accepted(message: &Inbound) -> Introduction {
    Introduction {
        requester: message.requester.clone(),
        audience: message.audience.clone(),
        text: message.text.clone(),
        thread: Vec::new(),
        attachments: message.attachments.clone(),
        aside: None,
    }
}

/// A file's name without what could be read as anything else: it is the sender's, and passes no gate here.
fn shown_name(file: &Attachment) -> String {
    plain(&file.name)
}

/// Words that somebody else chose, for a sentence of ours.
fn plain(words: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || " ._-(),".contains(c) { c } else { '_' };
    words.chars().take(FILE_NAME_CHARS).map(plain).collect()
}

/// The step that says which files came, by what hash their content is kept.
fn files_step(clock: &Clock, files: &[Attachment]) -> StepRow {
    let took_us = clock.timings.iter().find(|(step, _)| *step == "sense").map_or(0, |(_, took_us)| *took_us);
    StepRow { kind: "sense".to_owned(), result: json!({"files": files}).to_string(), took_us }
}

/// An own line without its numbers, which meant other passages than today's.
fn as_said_today((who, text): (String, String)) -> (String, String) {
    let text = if who == OWN { cites::check_cites(&text, 0).text } else { text };
    (who, text)
}

/// The journal of a turn: what each step came to, and how long it took.
fn journal(clock: &Clock, adapter: &str, answer: &Answer) -> Vec<StepRow> {
    let read: Vec<&str> = answer.excerpts.iter().map(|excerpt| excerpt.text.as_str()).collect();
    let row = |(kind, took_us): &(&'static str, i64)| {
        let result = match *kind {
            "act" => json!({"adapter": adapter}),
            "ask" => json!({"adapter": adapter, "queries": answer.queries}),
            // A review looks its rules up for each clause.
            "judge" => {
                json!({"adapter": adapter, "queries": answer.queries, "passages": answer.passages, "read": read})
            }
            "recall" => json!({"passages": answer.passages}),
            "draft" => json!({"draft": answer.draft, "loose": answer.loose, "read": read}),
            _ => json!({}),
        };
        StepRow { kind: (*kind).to_owned(), result: result.to_string(), took_us: *took_us }
    };
    clock.timings.iter().map(row).collect()
}

/// How a turn ends.
struct Ending {
    outcome: &'static str,
    reply: NewReply,
    aside: Option<(Conversation, NewReply)>,
    steps: Vec<StepRow>,
}

impl Ending {
    /// Without an answer, by a sentence that says why.
    fn refused(text: String) -> Self {
        let reply = NewReply { text, cites: Vec::new(), file: None };
        Self { outcome: "refused", reply, aside: None, steps: Vec::new() }
    }
}

async fn settle(desk: &Desk, claimed: &Claimed, ending: Ending, now: i64) -> anyhow::Result<()> {
    let Ending { outcome, reply, aside, steps } = ending;
    let took: Vec<(String, i64)> = steps.iter().map(|step| (step.kind.clone(), step.took_us)).collect();
    desk.store.settle(claimed, Settled { outcome, steps, reply: Some(reply), aside }, now).await?;
    metrics::counter!("understudy_turns_total", "outcome" => outcome).increment(1);
    for (step, took_us) in took {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of one turn")]
        metrics::histogram!("understudy_turn_step_seconds", "step" => step).record(took_us as f64 / 1e6);
    }
    Ok(())
}
