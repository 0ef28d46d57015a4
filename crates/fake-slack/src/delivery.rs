//! Envelopes: sent to one of an app's sockets, and again to another one until somebody acknowledges.
//!
//! Without an open socket an event waits for one. Slack itself tries after a minute and after five; tests
//! have no such patience, and a test about a long absence says [`crate::World::forget_waiting`].

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    ids::AppId,
    journal::What,
    state::{Health, Out, State},
};

#[derive(Default)]
pub(crate) struct Deliveries {
    dealt: u64,
    all: BTreeMap<u64, Delivery>,
    envelopes: HashMap<String, Envelope>,
}

struct Delivery {
    app: AppId,
    event: String,
    kind: Kind,
    payload: Value,
    stage: Stage,
    attempts: u32,
    retries: u32,
    last_socket: Option<u64>,
    last_envelope: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    /// No socket was open.
    Waiting,
    /// Sent, not yet acknowledged.
    Sent,
    /// Acknowledged, given up or forgotten.
    Over,
}

struct Envelope {
    delivery: u64,
    sent_at: Instant,
    acked: bool,
}

/// What an envelope carries; its name on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Event,
    Command,
    Interaction,
}

impl Kind {
    fn wire(self) -> &'static str {
        match self {
            Self::Event => "events_api",
            Self::Command => "slash_commands",
            Self::Interaction => "interactive",
        }
    }
}

impl State {
    /// Sends `payload` to one socket of `app`, as late and as often as the settings say.
    pub(crate) fn deliver(&mut self, app: &AppId, kind: Kind, payload: Value) {
        if self.apps.get(app).is_none_or(|app| app.health == Health::Uninstalled) {
            return;
        }
        let number = self.deliveries.dealt + 1;
        self.deliveries.dealt = number;
        let event = payload
            .get("event_id")
            .and_then(Value::as_str)
            .map_or_else(|| format!("{}-{number}", kind.wire()), str::to_owned);
        let delivery = Delivery {
            app: app.clone(),
            event,
            kind,
            payload,
            stage: Stage::Waiting,
            attempts: 0,
            retries: 0,
            last_socket: None,
            last_envelope: String::new(),
        };
        self.deliveries.all.insert(number, delivery);
        let twice = self.dice.below(100) < u64::from(self.settings.duplicate_percent);
        let copies = if twice { 2 } else { 1 };
        for _ in 0..copies {
            let spread_ms = u64::try_from(self.settings.reorder_within.as_millis()).unwrap_or(u64::MAX);
            match self.dice.below(spread_ms) {
                0 => self.send(number, "timeout"),
                wait_ms => {
                    self.later(Duration::from_millis(wait_ms), move |state| state.send(number, "timeout"))
                }
            }
        }
    }

    /// Sends everything that waited for a socket.
    pub(crate) fn send_waiting(&mut self, app: &str) {
        let waiting = |delivery: &Delivery| &*delivery.app == app && delivery.stage == Stage::Waiting;
        let numbers: Vec<_> = self
            .deliveries
            .all
            .iter()
            .filter(|(_, delivery)| waiting(delivery))
            .map(|(number, _)| *number)
            .collect();
        for number in numbers {
            self.send(number, "connection_failed");
        }
    }

    /// Drops everything that waits for a socket, as Slack does after two hours.
    pub(crate) fn forget_waiting(&mut self, app: &str) -> usize {
        let mut forgotten = Vec::new();
        for delivery in self.deliveries.all.values_mut() {
            if &*delivery.app == app && delivery.stage == Stage::Waiting {
                delivery.stage = Stage::Over;
                forgotten.push((delivery.app.clone(), delivery.event.clone()));
            }
        }
        for (app, event) in &forgotten {
            self.journal.write(Some(app), What::Forgotten { event: event.clone() });
        }
        forgotten.len()
    }

    /// How many events wait for a socket or for an acknowledgement.
    pub(crate) fn undelivered(&self, app: &str) -> usize {
        let open = |delivery: &&Delivery| &*delivery.app == app && delivery.stage != Stage::Over;
        self.deliveries.all.values().filter(open).count()
    }

    fn send(&mut self, number: u64, reason: &str) {
        let Some(delivery) = self.deliveries.all.get_mut(&number) else { return };
        let Some(app) = self.apps.get_mut(&delivery.app) else { return };
        let others: Vec<_> =
            app.sockets.iter().filter(|socket| Some(socket.number) != delivery.last_socket).collect();
        let open = if others.is_empty() { app.sockets.iter().collect() } else { others };
        app.turn = app.turn.wrapping_add(1);
        let Some(socket) = app.turn.checked_rem(open.len()).and_then(|place| open.get(place)) else {
            if delivery.stage != Stage::Over {
                delivery.stage = Stage::Waiting;
                // An event that found no socket counts as tried.
                delivery.attempts = delivery.attempts.max(1);
            }
            return;
        };
        let envelope = uuid::Uuid::new_v4().to_string();
        let mut frame = json!({
            "envelope_id": envelope,
            "type": delivery.kind.wire(),
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != Kind::Event,
        });
        if delivery.kind == Kind::Event
            && let Some(fields) = frame.as_object_mut()
        {
            let reason = if delivery.attempts == 0 { "" } else { reason };
            fields.insert("retry_attempt".to_owned(), delivery.attempts.into());
            fields.insert("retry_reason".to_owned(), reason.into());
        }
        // A socket that has just ended is noticed by its own task; the deadline covers its envelopes.
        drop(socket.out.send(Out::Text(frame.to_string())));
        let sent = What::Sent {
            socket: socket.number,
            envelope: envelope.clone(),
            event: delivery.event.clone(),
            kind: delivery.kind.wire().to_owned(),
            attempt: delivery.attempts,
            payload: delivery.payload.clone(),
        };
        if delivery.stage == Stage::Waiting {
            delivery.stage = Stage::Sent;
        }
        delivery.attempts += 1;
        delivery.last_socket = Some(socket.number);
        delivery.last_envelope.clone_from(&envelope);
        let record = Envelope { delivery: number, sent_at: Instant::now(), acked: false };
        self.deliveries.envelopes.insert(envelope.clone(), record);
        let app = delivery.app.clone();
        self.journal.write(Some(&app), sent);
        self.later(self.settings.ack_deadline, move |state| state.overdue(number, &envelope));
    }

    /// The deadline of `envelope` has passed: sends its event again, unless it was acknowledged.
    fn overdue(&mut self, number: u64, envelope: &str) {
        let retries = self.settings.retries;
        let Some(delivery) = self.deliveries.all.get_mut(&number) else { return };
        if delivery.stage != Stage::Sent || delivery.last_envelope != envelope {
            return;
        }
        // Slack sends commands and clicks once: the person sees that they failed.
        if delivery.kind != Kind::Event || delivery.retries >= retries {
            delivery.stage = Stage::Over;
            let (app, event) = (delivery.app.clone(), delivery.event.clone());
            self.journal.write(Some(&app), What::GaveUp { event });
            return;
        }
        delivery.retries += 1;
        self.send(number, "timeout");
    }

    /// Takes one text frame that came in on `socket`.
    pub(crate) fn received(&mut self, app: &AppId, socket: u64, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        let envelope = frame.get("envelope_id").and_then(Value::as_str).unwrap_or_default();
        let deliveries = &mut self.deliveries;
        let record = deliveries.envelopes.get_mut(envelope);
        let known = record.and_then(|record| Some((deliveries.all.get_mut(&record.delivery)?, record)));
        let Some((delivery, record)) = known.filter(|(delivery, _)| delivery.app == *app) else {
            let text = text.chars().take(200).collect();
            self.journal.write(Some(app), What::Stray { socket, text });
            return;
        };
        let again = std::mem::replace(&mut record.acked, true);
        delivery.stage = Stage::Over;
        let answered = (delivery.kind, delivery.payload.clone());
        let acked = What::Acked {
            socket,
            envelope: envelope.to_owned(),
            event: delivery.event.clone(),
            latency_ms: u64::try_from(record.sent_at.elapsed().as_millis()).unwrap_or(u64::MAX),
            again,
            payload: frame.get("payload").cloned(),
        };
        self.journal.write(Some(app), acked);
        if !again {
            self.answered(app, answered, frame.get("payload").unwrap_or(&Value::Null));
        }
    }

    /// What an acknowledgement shows to whoever clicked, sent a form or typed a command.
    fn answered(&mut self, app: &AppId, (kind, asked): (Kind, Value), answer: &Value) {
        let of = |pointer: &str| asked.pointer(pointer).cloned().unwrap_or_default();
        match kind {
            Kind::Command if answer.get("text").is_some() => {
                if let Some(app) = self.apps.get_mut(app) {
                    let shown = json!({"user": of("/user_id"), "channel": of("/channel_id"),
                                       "message": answer, "by": "acknowledgement"});
                    app.ephemerals.push(shown);
                }
            }
            Kind::Interaction if asked.get("type") == Some(&json!("view_submission")) => {
                let view = of("/view/id");
                let Some(id) = view.as_str() else { return };
                if answer.get("response_action") == Some(&json!("errors")) {
                    if let Some(modal) = self.modals.get_mut(id) {
                        modal.errors = answer.get("errors").cloned().unwrap_or_default();
                    }
                } else {
                    self.modals.remove(id);
                }
            }
            _ => {}
        }
    }
}
