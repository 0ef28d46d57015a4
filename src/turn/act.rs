//! The step that acts: the model names a tool or says that a reply is enough; permission decides; each step is journalled.
//!
//! It comes first, before anything is looked up: tools are chosen from the requester's words and the list of tools, never
//! after somebody else's text has been read. What a tool found goes into the reply, not into the choice of the next tool.
//! Where nothing is allowed, no model is asked.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::{Asked, Desk};
use crate::{
    domain::{Effect, Integrity, Members, Mode, Passage, Recipients, Standing},
    inbox::Stage,
    mind::{Situation, StepMenu},
    permission::{self, EXPIRES_S, fingerprint},
    store::{ActionRow, ActionState, Claimed, NewAction},
    tools::{
        Request, Tool,
        hands::{proposal, refused, who_can_approve},
        in_words, label_of, recipients,
        schema::{self, Step},
    },
};

/// Most requests of one person that wait for a yes, and of one stranger.
const WAITING_MAX: usize = 20;
const WAITING_OF_STRANGER_MAX: usize = 3;
/// Most of all strangers together, who can have as many names as they like.
const WAITING_OF_STRANGERS_MAX: usize = 20;
/// As many rows as are looked at for that.
const WAITING_LOOKED_AT: u32 = 500;
/// Most steps of one turn.
const STEPS_MAX: usize = 3;

/// What acting came to.
pub(super) enum Acted {
    /// Nothing was to be done; the message is answered as ever.
    Nothing,
    /// Something was read, and the reply rests on it.
    Found(Vec<Passage>),
    /// Everything that there is to say.
    Said {
        /// How the turn ends.
        outcome: &'static str,
        /// What is said, by code.
        text: String,
    },
}

/// What the message is made of, as far as acting depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// Whether a step may be chosen at all: a document is judged by the notes, and nothing is done on words that may
    /// have been others.
    pub may_choose: bool,
    /// Whether a recording came along with written words: somebody else may speak in it.
    pub heard_others: bool,
}

/// Lets the model choose steps for a claimed message and does those that are allowed.
///
/// # Errors
/// When model or store are out of reach, or the lease was lost; what was done is journalled and not repeated.
pub(super) async fn act(
    desk: &Desk,
    claimed: &Claimed,
    asked: &Asked<'_>,
    (situation, ground): (&Situation<'_>, Ground),
    now: i64,
) -> anyhow::Result<Acted> {
    let mut request = request(claimed, asked, situation.thread);
    if !situation.thread.is_empty() {
        // An earlier reply may say what a stranger wrote.
        let heard = desk.store.heard_before(&claimed.message.conversation, claimed.id).await?;
        request.label = request.label.max(heard);
    }
    if ground.heard_others {
        request.label = request.label.max(Integrity::External);
    }
    let mut menu = if ground.may_choose { offered(desk, asked, &request).await? } else { Vec::new() };
    let sha256 = hex::encode(Sha256::digest(situation.message));
    let earlier = desk.store.actions(claimed.id).await?;
    if menu.is_empty() && earlier.is_empty() {
        return Ok(Acted::Nothing);
    }
    if earlier.iter().any(|row| row.message_sha256 != sha256) {
        desk.store.withdraw_actions(claimed.id, &sha256, now).await?;
    }
    let mut next_n = earlier.iter().map(|row| row.n).max().unwrap_or(0) + 1;
    let (before, reworded): (Vec<ActionRow>, Vec<ActionRow>) =
        earlier.into_iter().partition(|row| row.message_sha256 == sha256);
    let mut before = before.into_iter();
    let mut done: Vec<ActionRow> = Vec::new();
    // The message has other words now, and what was done for the earlier ones is done.
    for row in reworded {
        let row = if row.state == ActionState::Running { desk.hands.take_up(&row).await? } else { row };
        if matches!(row.state, ActionState::Done | ActionState::Uncertain) {
            done.push(row);
        }
    }
    let mut turn =
        Turn { desk, claimed, asked, situation, request, sha256, thread: situation.thread.to_vec() };
    for _ in 0..STEPS_MAX {
        let row = match before.next() {
            // The program ended in the middle of it.
            Some(row) if row.state == ActionState::Running => desk.hands.take_up(&row).await?,
            Some(row) => row,
            None => match turn.step(&menu, &done, next_n, now).await? {
                Stepped::Enough => break,
                Stepped::Refused(text) => return Ok(Acted::Said { outcome: "refused", text }),
                Stepped::Row(row) => *row,
            },
        };
        next_n = next_n.max(row.n + 1);
        match row.state {
            ActionState::Done => {}
            ActionState::Waiting | ActionState::Approved => return Ok(turn.waits(&done, &row)),
            _ => return Ok(turn.ended(&done, &row)),
        }
        turn.thread.push((super::OWN.to_owned(), format!("I have used {}.", row.tool)));
        let found = read(&row);
        if let Some(least) = found.iter().map(|passage| passage.integrity).max() {
            turn.request.label = turn.request.label.max(least).max(Integrity::Tool);
            menu = offered(desk, asked, &turn.request).await?;
        }
        done.push(row);
    }
    Ok(turn.sum_up(&done))
}

/// What the model is told that it may use, and the tools behind it.
async fn offered(desk: &Desk, asked: &Asked<'_>, request: &Request) -> anyhow::Result<Vec<Arc<dyn Tool>>> {
    let grants = desk.store.grants(&asked.person.id).await?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let mut tools = desk.hands.toolbox.all();
    // Nobody waits for a yes to a look-up: what may not be read at once is answered without it.
    tools.retain(|tool| {
        let mode = permission::decide(&proposal(asked.person, &**tool, request), &grants);
        tool.schema().can_be_proposed()
            && (mode == Mode::Allow || (mode == Mode::Ask && tool.effect() > Effect::Read))
    });
    Ok(tools)
}

/// Who asks for what, and how far the words are to be trusted that the model will have read.
fn request(claimed: &Claimed, asked: &Asked<'_>, thread: &[(String, String)]) -> Request {
    let others = match &asked.audience.members {
        // What somebody unknown said in the thread is a stranger's word.
        Members::SomeUnknown if !thread.is_empty() => Integrity::External,
        // Earlier replies were made of notes and documents, whoever listens.
        _ if !thread.is_empty() => Integrity::Internal,
        _ => Integrity::Owner,
    };
    Request {
        requester: asked.requester.clone(),
        audience: asked.audience.clone(),
        channel: claimed.message.channel,
        label: label_of(asked.requester.standing).max(others),
        recipients: Recipients::Nobody,
    }
}

/// One turn, as far as it acts.
struct Turn<'t> {
    desk: &'t Desk,
    claimed: &'t Claimed,
    asked: &'t Asked<'t>,
    situation: &'t Situation<'t>,
    request: Request,
    sha256: String,
    thread: Vec<(String, String)>,
}

enum Stepped {
    Enough,
    Refused(String),
    Row(Box<ActionRow>),
}

impl Turn<'_> {
    /// Lets the model choose, and journals and does what it chose as far as it may.
    async fn step(
        &self,
        menu: &[Arc<dyn Tool>],
        done: &[ActionRow],
        n: i64,
        now: i64,
    ) -> anyhow::Result<Stepped> {
        if menu.is_empty() {
            return Ok(Stepped::Enough);
        }
        self.desk.progress.stage(self.claimed, Stage::Acting);
        let lines: Vec<String> =
            menu.iter().map(|tool| schema::line(tool.name(), tool.schema(), tool.about())).collect();
        let named: Vec<_> = menu.iter().map(|tool| (tool.name(), tool.schema())).collect();
        let menu_shown = StepMenu { tools: &lines, grammar: &schema::grammar(&named) };
        let situation = Situation { thread: &self.thread, ..*self.situation };
        let Some(text) = self.desk.mind.step(&situation, menu_shown).await? else {
            return Ok(Stepped::Enough);
        };
        let Ok(Step { tool: name, arguments }) = serde_json::from_str::<Step>(&text) else {
            // Cut at the token limit: half a call is none.
            warn!("The model's step could not be read, so the message is answered without tools");
            return Ok(Stepped::Enough);
        };
        // Only what was offered can be chosen, whatever the model writes.
        let Some(tool) = menu.iter().find(|tool| tool.name() == name) else { return Ok(Stepped::Enough) };
        let arguments = if arguments.is_null() { serde_json::json!({}) } else { arguments };
        if let Err(why) = tool.schema().check(&arguments) {
            let told =
                format!("I wanted to use {name} and could not: {why}. Ask me again with every detail.");
            return Ok(Stepped::Refused(told));
        }
        let person = self.asked.person;
        let print = fingerprint(person.id.as_str(), &name, &arguments);
        if done.iter().any(|row| is_again(row, &name, &arguments)) {
            return Ok(Stepped::Enough);
        }
        let named =
            recipients(&arguments, (&self.request.requester, &self.request.audience), &self.desk.people);
        let request = Request { recipients: named, ..self.request.clone() };
        // Decided again now: a switch that was turned meanwhile holds.
        let mode = self.desk.hands.decide(person, &**tool, &request).await?;
        let waits_until = match mode {
            Mode::Deny => return Ok(Stepped::Refused(refused(person, &name))),
            Mode::Ask if self.has_enough_waiting(now).await? => {
                return Ok(Stepped::Refused(self.enough_waiting()));
            }
            Mode::Ask => Some(now + EXPIRES_S),
            Mode::Allow => None,
        };
        let new = NewAction {
            n,
            tool: name,
            arguments,
            fingerprint: print,
            message_sha256: self.sha256.clone(),
            requester: request.requester.id.clone(),
            request: serde_json::to_value(&request)?,
            waits_until,
        };
        let row = self.desk.store.begin_action(self.claimed, new, now).await?;
        let row = if mode == Mode::Allow { self.desk.hands.perform(&row).await? } else { row };
        Ok(Stepped::Row(Box::new(row)))
    }

    /// Whether as much of this requester waits for a yes as may: nobody shall bury those who decide.
    async fn has_enough_waiting(&self, now: i64) -> anyhow::Result<bool> {
        let waiting = self.desk.store.waiting_actions(&self.asked.person.id, now, WAITING_LOOKED_AT).await?;
        let requester = &self.request.requester;
        let is_stranger = |standing| standing >= Standing::Guest;
        let theirs = waiting.iter().filter(|row| row.requester == requester.id).count();
        let strangers = waiting.iter().filter(|row| {
            serde_json::from_value::<Request>(row.request.clone())
                .map_or(true, |request| is_stranger(request.requester.standing))
        });
        Ok(theirs >= WAITING_MAX
            || (is_stranger(requester.standing)
                && (theirs >= WAITING_OF_STRANGER_MAX || strangers.count() >= WAITING_OF_STRANGERS_MAX)))
    }

    fn enough_waiting(&self) -> String {
        let by = who_can_approve(self.asked.person, self.request.requester.standing);
        format!(
            "Enough requests wait for a yes from {by} already, so I did not make another one. Ask me again when they are decided."
        )
    }

    /// Says that an approval is needed.
    fn waits(&self, done: &[ActionRow], row: &ActionRow) -> Acted {
        let by = who_can_approve(self.asked.person, self.request.requester.standing);
        let (what, id) = (in_words(&row.tool, &row.arguments), row.id);
        let text = format!(
            "{}This needs a yes from {by} first, and I'll tell you here what becomes of it (request {id}): {what}.",
            said(done)
        );
        Acted::Said { outcome: "needs_approval", text }
    }

    /// Says why a step was not done.
    fn ended(&self, done: &[ActionRow], row: &ActionRow) -> Acted {
        let outcome = if row.state == ActionState::Uncertain { "escalated" } else { "refused" };
        Acted::Said { outcome, text: format!("{}{}", said(done), row.told) }
    }

    fn sum_up(&self, done: &[ActionRow]) -> Acted {
        if done.is_empty() {
            return Acted::Nothing;
        }
        let mut found: Vec<Passage> = done.iter().flat_map(read).collect();
        if found.is_empty() {
            return Acted::Said { outcome: "answered", text: said(done).trim_end().to_owned() };
        }
        // The owner's eyes are not everybody's: what a tool read is said only where all who listen may know it.
        if !found.iter().all(|passage| self.asked.audience.may_read(&passage.readers)) {
            let text = "I looked, and not everybody here may know what I found. Ask me in a direct message.";
            return Acted::Said { outcome: "refused", text: text.to_owned() };
        }
        for (n, passage) in (1..).zip(&mut found) {
            passage.n = n;
        }
        Acted::Found(found)
    }
}

/// Whether a step does once more what was done: the same tool, with an argument that is the same or a part of it.
///
/// A small model that has done what it was asked for likes to do it again in other words; two steps of one tool that
/// were both asked for rarely share an argument.
fn is_again(row: &ActionRow, tool: &str, arguments: &Value) -> bool {
    let same = |(name, value): (&String, &Value)| {
        let before = row.arguments.get(name);
        match (before.and_then(Value::as_str), value.as_str()) {
            (Some(before), Some(now)) => before.contains(now) || now.contains(before),
            _ => before == Some(value),
        }
    };
    row.tool == tool
        && (*arguments == row.arguments
            || arguments.as_object().is_some_and(|fields| fields.iter().any(same)))
}

/// What a step found.
fn read(row: &ActionRow) -> Vec<Passage> {
    serde_json::from_str(&row.found).unwrap_or_default()
}

/// What was done so far, in the tools' own sentences.
fn said(done: &[ActionRow]) -> String {
    let told: Vec<&str> = done.iter().map(|row| row.told.as_str()).filter(|told| !told.is_empty()).collect();
    if told.is_empty() { String::new() } else { format!("{}\n", told.join("\n")) }
}
