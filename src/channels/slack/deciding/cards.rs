//! Keeps the cards: whoever may decide gets one, and each shows what became of its request, wherever that was decided.
//!
//! A card is noted before it is posted. When it is not known whether it was posted, the direct message is searched for
//! it first, so that a crash shows nobody two.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tracing::warn;

use super::{
    super::{api::CallError, frame::str_at, introduce, place::Place},
    Deciding,
    card::Card,
};
use crate::{
    crash,
    domain::ReaderId,
    outbox::DeliveryError,
    people::Person,
    store::{ActionRow, ActionState, CardRow, InboxRow, StoreError, now},
};

/// How often it is looked whether a card is missing or out of date; a decision made here is shown at once.
const LOOK: Duration = Duration::from_millis(500);
/// How long what is under way may take after a stop.
const FAREWELL: Duration = Duration::from_secs(5);
/// Wait after a failed look.
const PAUSE: Duration = Duration::from_secs(5);
/// Requests and cards of one look.
const AT_ONCE: u32 = 50;
/// The type of our metadata.
const EVENT_TYPE: &str = "understudy_card";
/// Clocks differ: posts from so long before a card was made are looked at too.
const MARGIN_S: i64 = 60;

/// Why a look ended early.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Slack(#[from] CallError),
}

/// Keeps the cards and home tabs of one bot until its end.
pub(in super::super) async fn keep(deciding: Arc<Deciding>) {
    while !deciding.over.is_cancelled() {
        let mut wait = LOOK;
        if let Err(e) = deciding.round().await {
            warn!("Approval cards of {} wait: {e}", deciding.account.person);
            wait = match e {
                Failed::Slack(CallError::RateLimited { after }) => after,
                _ => PAUSE,
            };
        }
        deciding.refresh_homes().await;
        tokio::select! {
            () = deciding.look.notified(), if wait == LOOK => {}
            () = tokio::time::sleep(wait) => {}
            () = deciding.over.cancelled() => {}
        }
    }
    // What was clicked before the stop is still decided.
    deciding.tasks.close();
    tokio::time::timeout(FAREWELL, deciding.tasks.wait()).await.ok();
}

impl Deciding {
    async fn round(&self) -> Result<(), Failed> {
        // Before the first socket nobody knows which workspace this is.
        let (Some(own), Some(person)) = (self.account.known_identity(), self.person()) else { return Ok(()) };
        for row in self.store.waiting_actions(&person.id, now(), AT_ONCE).await? {
            let shown_to = self.store.shown_to(row.id).await?;
            for user in self.may_decide(person, &row).await? {
                if !shown_to.contains(&user) {
                    let token = uuid::Uuid::new_v4().simple().to_string();
                    self.store.put_card(&row, &own.team, &user, &token, now()).await?;
                    self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(token);
                }
            }
        }
        for card in self.store.open_cards(&person.id, &own.team, AT_ONCE).await? {
            if let Some((row, question)) = self.request(&card).await? {
                self.bring_up_to_date(person, &card, &row, &question).await?;
            }
        }
        Ok(())
    }

    async fn request(&self, card: &CardRow) -> Result<Option<(ActionRow, InboxRow)>, StoreError> {
        let Some(row) = self.store.action(card.action()).await? else { return Ok(None) };
        let question = self.store.inbox_row(row.inbox).await?;
        Ok(question.map(|question| (row, question)))
    }

    async fn bring_up_to_date(
        &self,
        person: &Person,
        card: &CardRow,
        row: &ActionRow,
        question: &InboxRow,
    ) -> Result<(), Failed> {
        let state = word(row.state);
        if card.shown == state {
            return Ok(());
        }
        let asker = self.name_of(&row.requester, &question.from).await;
        let shown = Card {
            row,
            person: &person.name,
            asker: &asker,
            words: &question.text,
            token: &card.token,
            console: &self.levers.console,
        };
        let closed = is_over(row.state);
        let done = if card.ts.is_empty() {
            self.post(card, row, &shown).await
        } else {
            let arguments = json!({"channel": card.channel, "ts": card.ts, "text": shown.text(),
                                   "blocks": shown.blocks()});
            self.account.write("chat.update", &arguments).await.map(|_| None)
        };
        match done {
            Ok(Some((channel, ts))) => {
                self.store.card_posted(&card.token, &channel, &ts, state, closed).await?;
            }
            Ok(None) => self.store.card_shows(&card.token, state, closed).await?,
            Err(CallError::Refused { method, code }) if !is_fatal(&method, &code) => {
                warn!("A card for one person can't be shown ({method}: {code}); the console has the request");
                self.store.card_shows(&card.token, state, true).await?;
            }
            Err(e) => return Err(e.into()),
        }
        Ok(())
    }

    /// Posts a card that was never posted, or finds it, and returns its channel and `ts`; nothing for a request that is
    /// over: whoever was not asked in time need not be told.
    async fn post(
        &self,
        card: &CardRow,
        row: &ActionRow,
        shown: &Card<'_>,
    ) -> Result<Option<(String, String)>, CallError> {
        // The first attempt of the process that made it can't have been preceded by one.
        let is_first = self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(&card.token);
        if is_first && is_over(row.state) {
            return Ok(None);
        }
        let opened = self.account.write("conversations.open", &json!({"users": card.user})).await?;
        let Some(channel) = str_at(&opened, "/channel/id") else {
            let (method, code) = ("conversations.open".to_owned(), "no_channel".to_owned());
            return Err(CallError::Refused { method, code });
        };
        let key = format!("{}@{}/{}", row.idempotency_key, row.created_at, card.user);
        if !is_first && let Some(ts) = self.find(card, channel, &key).await? {
            // What it shows is not known, so it is brought up to date in any case.
            let arguments =
                json!({"channel": channel, "ts": ts, "text": shown.text(), "blocks": shown.blocks()});
            self.account.write("chat.update", &arguments).await?;
            return Ok(Some((channel.to_owned(), ts)));
        }
        if is_over(row.state) {
            return Ok(None);
        }
        let arguments = json!({
            "channel": channel, "text": shown.text(), "blocks": shown.blocks(),
            "unfurl_links": false, "unfurl_media": false,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"card": key}},
        });
        let place = Place::top(row.person.clone(), &card.team, channel);
        if let Err(DeliveryError::RateLimited { after }) = self.pace.wait(&place).await {
            return Err(CallError::RateLimited { after });
        }
        crash::point("card posted");
        let posted = self.account.write("chat.postMessage", &arguments).await?;
        crash::point("card there");
        Ok(str_at(&posted, "/ts").map(|ts| (channel.to_owned(), ts.to_owned())))
    }

    /// The post of a card that may be there already.
    async fn find(&self, card: &CardRow, channel: &str, key: &str) -> Result<Option<String>, CallError> {
        let Some(own) = self.account.known_identity() else { return Ok(None) };
        let oldest = (card.made_at - MARGIN_S).to_string();
        let arguments =
            [("channel", channel), ("oldest", &oldest), ("include_all_metadata", "true"), ("limit", "200")];
        let answer = self.account.read("conversations.history", &arguments).await?;
        let posts = answer.get("messages").and_then(Value::as_array).into_iter().flatten();
        let ours = |post: &&Value| {
            (str_at(post, "/bot_id") == Some(&own.bot) || str_at(post, "/user") == Some(&own.user))
                && str_at(post, "/metadata/event_type") == Some(EVENT_TYPE)
                && str_at(post, "/metadata/event_payload/card") == Some(key)
        };
        Ok(posts.into_iter().find(ours).and_then(|post| str_at(post, "/ts")).map(str::to_owned))
    }

    /// The name of whoever asked, as far as this workspace knows it.
    async fn name_of(&self, requester: &ReaderId, otherwise: &str) -> String {
        let Some(own) = self.account.known_identity() else { return otherwise.to_owned() };
        let Some(id) = requester.as_str().strip_prefix("slack:") else { return requester.to_string() };
        let user = introduce::user(&self.account, own, id).await.ok().flatten();
        user.map_or_else(|| otherwise.to_owned(), |user| user.name.clone())
    }
}

/// Whether nothing will go well before an operator puts it right.
fn is_fatal(method: &str, code: &str) -> bool {
    let (method, code) = (method.to_owned(), code.to_owned());
    CallError::Refused { method, code }.is_fatal()
}

/// Whether a request will not change any more.
fn is_over(state: ActionState) -> bool {
    !matches!(state, ActionState::Waiting | ActionState::Approved | ActionState::Running)
}

/// The name of a state in the row of a card; being done looks like having been approved.
fn word(state: ActionState) -> &'static str {
    match state {
        ActionState::Waiting => "waiting",
        ActionState::Approved | ActionState::Running => "approved",
        ActionState::Done => "done",
        ActionState::Failed => "failed",
        ActionState::Uncertain => "uncertain",
        ActionState::Rejected => "rejected",
        ActionState::Expired => "expired",
        ActionState::Withdrawn => "withdrawn",
    }
}
