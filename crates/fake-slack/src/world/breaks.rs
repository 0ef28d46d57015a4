//! What goes wrong, on command.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    World,
    delivery::Kind,
    faults::{Fault, Rule},
    ids::AppId,
    state::{Health, Out, State},
};

/// Why Slack ends a socket, <https://docs.slack.dev/apis/events-api/using-socket-mode/#disconnect>.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disconnect {
    /// It will be refreshed soon; the socket lives on for [`crate::Settings::warned_before`].
    Warning,
    /// It ends now; open another one.
    RefreshRequested,
    /// Socket Mode was switched off; opening another one is refused.
    LinkDisabled,
}

impl Disconnect {
    fn wire(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::RefreshRequested => "refresh_requested",
            Self::LinkDisabled => "link_disabled",
        }
    }
}

impl World {
    /// Lets the next call of `method` fail.
    pub fn fail(&self, method: &str, fault: Fault) {
        self.fail_times(method, 0, 1, fault);
    }

    /// Lets `times` calls of `method` (or of any, for `*`) fail, after `after` good ones.
    pub fn fail_times(&self, method: &str, after: u32, times: u32, fault: Fault) {
        let method = (method != "*").then(|| method.to_owned());
        if times > 0 {
            self.0.lock().rules.push_back(Rule { method, app: None, after, times, fault });
        }
    }

    /// Cuts all sockets of an app without a close frame.
    pub fn drop_sockets(&self, app: &AppId) {
        self.0.lock().tell_sockets(app, || Out::Cut);
    }

    /// Leaves all sockets of an app open, and neither reads nor writes on them any more.
    pub fn freeze_sockets(&self, app: &AppId) {
        self.0.lock().tell_sockets(app, || Out::Freeze);
    }

    /// Sends `disconnect` on all sockets of an app, and ends them when that reason does.
    pub fn disconnect(&self, app: &AppId, reason: Disconnect) {
        self.0.lock().disconnect(app, reason);
    }

    /// Sends a text frame as it is, on one socket.
    pub fn send_text(&self, app: &AppId, frame: &str) {
        self.0.lock().tell_one_socket(app, Out::Text(frame.to_owned()));
    }

    /// Sends a binary frame as it is, on one socket.
    pub fn send_binary(&self, app: &AppId, frame: &[u8]) {
        self.0.lock().tell_one_socket(app, Out::Binary(frame.to_vec()));
    }

    /// Sends an event of the test's own making in a proper envelope; its acknowledgement is awaited.
    pub fn send_event(&self, app: &AppId, event: &Value) -> String {
        let mut state = self.0.lock();
        let payload = state.payload(app, "", event);
        let id = payload.get("event_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        state.deliver(app, Kind::Event, payload);
        id
    }

    /// Sends a whole payload of the test's own making, for example one without `team_id`.
    pub fn send_payload(&self, app: &AppId, payload: Value) {
        self.0.lock().deliver(app, Kind::Event, payload);
    }

    /// Drops the events that wait for a socket, as Slack does with those more than two hours old. Says how many.
    pub fn forget_waiting(&self, app: &AppId) -> usize {
        self.0.lock().forget_waiting(app)
    }

    /// Revokes an app's tokens and says so, as its last event.
    pub fn revokes_tokens(&self, app: &AppId) {
        let mut state = self.0.lock();
        let now = state.ids.ts();
        let bot = state.apps.get(app).map(|app| app.user.clone());
        let event = json!({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}, "event_ts": now});
        state.tell(app, "", "", &event);
        state.set_health(app, Health::Revoked);
    }

    /// Removes an app from the workspace: two last events, then silence.
    pub fn uninstalls(&self, app: &AppId) {
        self.revokes_tokens(app);
        let mut state = self.0.lock();
        let now = state.ids.ts();
        state.tell(app, "", "", &json!({"type": "app_uninstalled", "event_ts": now}));
        state.set_health(app, Health::Uninstalled);
    }

    /// Lets bots post anywhere in this channel without a violation.
    pub fn open_floor(&self, channel: &str) {
        if let Some(channel) = self.0.lock().channels.get_mut(channel) {
            channel.open_floor = true;
        }
    }
}

impl State {
    pub(crate) fn disconnect(&mut self, app: &AppId, reason: Disconnect) {
        let frame = disconnect_frame(reason.wire());
        self.tell_sockets(app, || Out::Text(frame.clone()));
        match reason {
            Disconnect::Warning => {
                // Only the sockets that were warned end; those opened since then stay.
                let warned: Vec<_> = self
                    .apps
                    .get(app)
                    .into_iter()
                    .flat_map(|app| &app.sockets)
                    .map(|one| one.number)
                    .collect();
                let app = app.clone();
                self.later(self.settings.warned_before, move |state| state.refresh(&app, &warned));
            }
            Disconnect::LinkDisabled => {
                self.set_health(app, Health::Revoked);
                self.end_soon(app);
            }
            Disconnect::RefreshRequested => self.end_soon(app),
        }
    }

    fn refresh(&mut self, app: &AppId, warned: &[u64]) {
        let Some(app) = self.apps.get(app) else { return };
        for socket in app.sockets.iter().filter(|socket| warned.contains(&socket.number)) {
            drop(socket.out.send(Out::Text(disconnect_frame("refresh_requested"))));
            drop(socket.out.send(Out::Close));
        }
    }

    /// Closes the sockets that are open now, after whatever was already sent.
    fn end_soon(&self, app: &AppId) {
        self.tell_sockets(app, || Out::Close);
    }

    fn set_health(&mut self, app: &AppId, health: Health) {
        if let Some(app) = self.apps.get_mut(app) {
            app.health = health;
        }
    }

    pub(crate) fn tell_sockets(&self, app: &AppId, out: impl Fn() -> Out) {
        for socket in self.apps.get(app).into_iter().flat_map(|app| &app.sockets) {
            drop(socket.out.send(out()));
        }
    }

    fn tell_one_socket(&self, app: &AppId, out: Out) {
        if let Some(socket) = self.apps.get(app).and_then(|app| app.sockets.first()) {
            drop(socket.out.send(out));
        }
    }
}

/// A `disconnect` frame.
pub(crate) fn disconnect_frame(reason: &str) -> String {
    json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake-slack"}}).to_string()
}

/// How long a call may be held open at most.
pub(crate) const LONGEST_HOLD: Duration = Duration::from_secs(600);
