//! The hands: one journalled action is carried out, at once or after somebody approved it.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::{Call, Outcome, Reconcile, Request, Tool, ToolError, Toolbox, label_of};
use crate::{
    domain::{Effect, Mode, Passage, Standing, Voice},
    memory::{Embed, Notes},
    people::{People, Person},
    permission::{self, Proposal},
    store::{ActionRow, ActionState, Ended, Store, StoreError, now},
    withheld::holds_secret,
};

/// How long a tool may take, above the limits that tools set themselves.
const PATIENCE: Duration = Duration::from_secs(660);
/// Most bytes of what a tool found that are kept.
const FOUND_MAX_BYTES: usize = 64 * 1024;
/// How often approvals, reminders and what has expired are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What carrying out needs.
pub struct Hands {
    /// The store.
    pub store: Store,
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// The tools.
    pub toolbox: Arc<Toolbox>,
    /// The notes.
    pub notes: Arc<dyn Notes>,
    /// Turns texts into vectors.
    pub embed: Arc<dyn Embed>,
    /// What everything passes that is said later than a reply.
    pub gate: Gate,
}

/// Mends a text in somebody's voice, with no link in it that was not in what was heard.
pub type Gate = fn(voice: &Voice, text: &str, heard: &str) -> String;

impl Hands {
    /// What permission says to a tool for a request, by the grants as they are now.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn decide(
        &self,
        person: &Person,
        tool: &dyn Tool,
        request: &Request,
    ) -> Result<Mode, StoreError> {
        let grants = self.store.grants(&person.id).await?;
        Ok(permission::decide(&proposal(person, tool, request), &grants))
    }

    /// Carries out a journalled action that is running, and ends it.
    ///
    /// What is no longer allowed, unknown or malformed by now is not done.
    ///
    /// # Errors
    /// When the store is out of reach; the action then stays running and is looked at after the next start.
    pub async fn perform(&self, row: &ActionRow) -> Result<ActionRow, StoreError> {
        self.carry_out(row, false).await
    }

    async fn carry_out(&self, row: &ActionRow, is_again: bool) -> Result<ActionRow, StoreError> {
        let done = self.attempt(row, is_again).await?;
        let quotes = self.toolbox.find(&row.tool).is_some_and(|tool| tool.quotes());
        let voice = self.people.get(&row.person).map(|person| person.voice.clone()).unwrap_or_default();
        let heard = self.heard(row).await?;
        // Whoever had to wait is told by this sentence alone, and no turn looks at it again.
        let gated = |told: String| if told.is_empty() { told } else { (self.gate)(&voice, &told, &heard) };
        let (state, ended) = match done {
            Ok(Outcome { told, receipt, found }) => {
                (ActionState::Done, Ended { told: gated(told), receipt, found: kept(&found), quotes })
            }
            Err(ToolError::NotDone(told)) => {
                (ActionState::Failed, Ended { told: gated(told), quotes, ..Ended::default() })
            }
            Err(ToolError::Unknown(told)) => {
                (ActionState::Uncertain, Ended { told: gated(told), quotes, ..Ended::default() })
            }
        };
        let (id, tool) = (row.id, &row.tool);
        info!(action.id = %id, "Action {id} ({tool}) ended as {state:?}");
        metrics::counter!("understudy_actions_total", "result" => word(state)).increment(1);
        self.store.end_action(row.id, state, ended, now()).await
    }

    /// What the message said that led to an action.
    async fn heard(&self, row: &ActionRow) -> Result<String, StoreError> {
        Ok(self.store.inbox_row(row.inbox).await?.map(|message| message.text).unwrap_or_default())
    }

    async fn attempt(
        &self,
        row: &ActionRow,
        is_again: bool,
    ) -> Result<Result<Outcome, ToolError>, StoreError> {
        let not_done = |told: String| Ok(Err(ToolError::NotDone(told)));
        let Some(tool) = self.toolbox.find(&row.tool) else {
            let name = &row.tool;
            return not_done(format!(
                "The tool {name} is switched off or has changed, so I did nothing. An admin can look at it with `understudy tools list`."
            ));
        };
        let Some(person) = self.people.get(&row.person) else {
            return not_done(format!("There is no {} here any more, so I did nothing.", row.person));
        };
        if self.store.stopped(&person.id).await?.is_some() {
            return not_done(format!(
                "{}'s understudy has been stopped, so I did nothing. Ask {} directly.",
                person.name, person.name
            ));
        }
        let Ok(request) = serde_json::from_value::<Request>(row.request.clone()) else {
            return not_done(
                "This request can't be read by this version, so I did nothing. Ask me again.".to_owned(),
            );
        };
        let needed = if row.decided_by.is_empty() { Mode::Allow } else { Mode::Ask };
        if self.decide(person, &*tool, &request).await? < needed {
            return not_done(refused(person, &row.tool));
        }
        if let Err(why) = tool.schema().check(&row.arguments) {
            return not_done(format!("I could not use {}: {why}. Ask me again with every detail.", row.tool));
        }
        if tool.effect() > Effect::Read && holds_secret(&row.arguments.to_string()) {
            metrics::counter!("understudy_keys_kept_back_total").increment(1);
            warn!(action.id = %row.id, "The arguments of action {} hold a key or a canary, so it was not done", row.id);
            return not_done(
                "What you gave me to pass on holds something that looks like a key, so I did nothing. Pass it on yourself."
                    .to_owned(),
            );
        }
        let name = format!("{} {} {}", row.idempotency_key, row.created_at, row.fingerprint);
        let heard = self.heard(row).await?;
        let later = |text: &str| (self.gate)(&person.voice, text, &heard);
        let call = Call {
            later: &later,
            mark: Uuid::new_v5(&self.store.installation().await?, name.as_bytes()),
            person,
            request: &request,
            inbox: row.inbox,
            key: &row.idempotency_key,
            arguments: &row.arguments,
            asked_at: row.created_at,
            is_again,
            now: now(),
            store: &self.store,
            notes: &*self.notes,
            embed: &*self.embed,
        };
        Ok(tokio::time::timeout(PATIENCE, tool.run(&call)).await.unwrap_or_else(|_| {
            let (tool, s) = (&row.tool, PATIENCE.as_secs());
            Err(ToolError::Unknown(format!(
                "{tool} did not answer within {s} s, so I can't say whether it was done. Look before you ask again."
            )))
        }))
    }

    /// Takes up an action that was running when the program ended.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn take_up(&self, row: &ActionRow) -> Result<ActionRow, StoreError> {
        let tool = self.toolbox.find(&row.tool);
        if tool.is_some_and(|tool| tool.reconcile() == Reconcile::Repeatable) {
            return self.carry_out(row, true).await;
        }
        let told = format!(
            "I was interrupted while using {}, so I can't say whether it was done. Look before you ask again.",
            row.tool
        );
        self.store.end_action(row.id, ActionState::Uncertain, Ended { told, ..Ended::default() }, now()).await
    }

    /// Does what is approved, tells reminders and ends what nobody decided, until `stop`.
    pub async fn work(&self, approved: Arc<Notify>, wake_outbox: Arc<Notify>, stop: CancellationToken) {
        if let Err(e) = self.recover().await {
            warn!("Can't take up actions of the run before: {e:#}");
        }
        while !stop.is_cancelled() {
            match self.round().await {
                Ok(true) => wake_outbox.notify_one(),
                Ok(false) => tokio::select! {
                    () = approved.notified() => {}
                    () = tokio::time::sleep(LOOK) => {}
                    () = stop.cancelled() => {}
                },
                Err(e) => {
                    warn!("Can't look at approvals and reminders: {e:#}");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    async fn recover(&self) -> Result<(), StoreError> {
        for row in self.store.actions_in_doubt().await? {
            self.take_up(&row).await?;
        }
        Ok(())
    }

    /// One look; whether there was anything to do.
    async fn round(&self) -> Result<bool, StoreError> {
        let told = self.store.tell_reminders(now()).await? + self.store.expire_actions(now()).await?;
        let Some(row) = self.store.claim_action(now()).await? else { return Ok(told > 0) };
        self.perform(&row).await?;
        Ok(true)
    }
}

/// A proposal as permission sees it.
#[must_use]
pub fn proposal<'p>(person: &'p Person, tool: &'p dyn Tool, request: &Request) -> Proposal<'p> {
    Proposal {
        person: &person.id,
        tool: tool.name(),
        effect: tool.effect(),
        requester: request.requester.standing,
        channel: request.channel,
        // Whoever asks is part of what the model read.
        label: request.label.max(label_of(request.requester.standing)),
        recipients: request.recipients,
    }
}

/// What somebody is told who may not use a tool.
#[must_use]
pub fn refused(person: &Person, tool: &str) -> String {
    format!(
        "I may not use {tool} for you, so I did nothing. An admin can allow it with `understudy tools allow {} {tool}`.",
        person.id
    )
}

/// Whether somebody is an admin or the owner, in words for whoever has to wait for them.
#[must_use]
pub fn who_can_approve(person: &Person, requester: Standing) -> String {
    if requester == Standing::Owner { "an admin".to_owned() } else { format!("{} or an admin", person.owner) }
}

/// What was found, as it is kept: cut to whole passages.
fn kept(found: &[Passage]) -> String {
    let mut kept: Vec<&Passage> = Vec::new();
    let mut bytes = 0;
    for passage in found {
        bytes += passage.text.len() + passage.title.len() + 256;
        if bytes > FOUND_MAX_BYTES {
            break;
        }
        kept.push(passage);
    }
    if kept.is_empty() { String::new() } else { serde_json::to_string(&kept).unwrap_or_default() }
}

fn word(state: ActionState) -> &'static str {
    match state {
        ActionState::Done => "done",
        ActionState::Uncertain => "uncertain",
        _ => "failed",
    }
}
