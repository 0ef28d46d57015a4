//! What happens while a browser watches: the stage of its own turns, and the draft for the owner's eyes.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Shared, session::SignedIn, talk::find, trouble::Trouble};
use crate::{
    domain::{InboxId, PersonId},
    inbox::{Moment, Stage},
};

/// How often an idle stream says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream of `moment` events for one conversation, until the browser leaves or signs out.
pub(super) async fn events(
    State(console): State<Shared>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(person): Path<String>,
) -> Result<Response, Trouble> {
    let person = find(&console, &person)?;
    let watcher = Watcher {
        moments: console.web.progress.watch(),
        person: person.id.clone(),
        sees_drafts: signed_in.owns(person),
        signed_in,
        headers,
        own: HashSet::new(),
        others: HashSet::new(),
        last: None,
        console: Arc::clone(&console),
    };
    Ok(Sse::new(watcher.stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

struct Watcher {
    console: Shared,
    moments: Receiver<Moment>,
    person: PersonId,
    signed_in: SignedIn,
    /// Holds the cookie, to see when the session has ended.
    headers: HeaderMap,
    sees_drafts: bool,
    /// Running turns of this conversation.
    own: HashSet<InboxId>,
    /// Running turns of other conversations with the same person.
    others: HashSet<InboxId>,
    /// What was told last, to tell each stage once.
    last: Option<(InboxId, Stage)>,
}

impl Watcher {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut watcher| async move {
            let event = watcher.next().await?;
            Some((Ok(event), watcher))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            let moment = tokio::select! {
                moment = self.moments.recv() => moment,
                () = self.console.stop.cancelled() => return None,
            };
            match moment {
                Ok(moment) => {
                    if self.concerns(&moment).await?
                        && let Some(event) = self.tell(moment)
                    {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(Event::default().event("missed").data("{}")),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Whether a moment belongs to this conversation, or `None` when the stream must end.
    async fn concerns(&mut self, moment: &Moment) -> Option<bool> {
        let ended =
            matches!(moment.stage, Stage::Settled | Stage::Parked | Stage::Waiting | Stage::Withdrawn);
        if moment.person != self.person {
            return Some(false);
        }
        if self.others.contains(&moment.inbox) {
            if ended {
                self.others.remove(&moment.inbox);
            }
            return Some(false);
        }
        if !self.own.contains(&moment.inbox) {
            let store = &self.console.web.store;
            // Once a turn: a browser that signed out meanwhile hears nothing of later turns.
            SignedIn::of(&self.console.web, &self.headers).await.ok()??;
            let row = store.inbox_row(moment.inbox).await.ok()??;
            let own = row.conversation == self.signed_in.conversation(&self.person);
            let known = if own { &mut self.own } else { &mut self.others };
            known.insert(moment.inbox);
            if !own {
                return Some(false);
            }
        }
        if ended {
            self.own.remove(&moment.inbox);
        }
        Some(true)
    }

    fn tell(&mut self, moment: Moment) -> Option<Event> {
        let draft = moment.draft.filter(|_| self.sees_drafts);
        let now = Some((moment.inbox, moment.stage));
        if draft.is_none() && self.last == now {
            return None;
        }
        self.last = now;
        let settled = matches!(moment.stage, Stage::Settled | Stage::Parked | Stage::Withdrawn);
        let data =
            json!({"inbox": moment.inbox, "words": moment.stage.words(), "settled": settled, "draft": draft});
        Some(Event::default().event("moment").data(data.to_string()))
    }
}
