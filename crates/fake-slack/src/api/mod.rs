//! The Web API, <https://docs.slack.dev/apis/web-api/>: what every method goes through before its own work.

mod agents;
mod args;
mod blocks;
mod chat;
mod conversations;
mod files;
mod history;
mod methods;
mod people;
mod streams;
mod views;

use std::time::{Duration, Instant};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Extract},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    World,
    faults::Fault,
    ids::AppId,
    journal::{Refused, What},
    state::{Health, State},
    world::LONGEST_HOLD,
};
use args::Args;
use methods::{Method, Token};

/// `ok: false` and its code, with more fields where Slack sends them.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: String,
    more: Value,
}

impl From<&str> for ApiError {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), more: Value::Null }
    }
}

impl ApiError {
    /// Says which of the arguments is wrong, as Slack does in `response_metadata.messages`.
    fn about(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), more: json!({"response_metadata": {"messages": [message]}}) }
    }
}

/// What a method answers besides `ok`.
pub(crate) type Answer = Result<Value, ApiError>;

/// One call, with the rights of the app that makes it.
pub(crate) struct Call<'a> {
    pub state: &'a mut State,
    pub app: AppId,
    pub args: &'a Args,
    pub method: &'a str,
}

impl Call<'_> {
    /// # Errors
    /// `missing_scope`, with what is needed and what was granted.
    pub fn need_scope(&self, any_of: &[&str]) -> Result<(), ApiError> {
        let Some(app) = self.state.apps.get(&self.app) else { return Err("invalid_auth".into()) };
        if any_of.is_empty() || any_of.iter().any(|scope| app.scopes.contains(*scope)) {
            return Ok(());
        }
        let provided = app.scopes.iter().cloned().collect::<Vec<_>>().join(",");
        Err(ApiError {
            code: "missing_scope".to_owned(),
            more: json!({"needed": any_of.join(","), "provided": provided}),
        })
    }

    /// The calling bot's user.
    pub fn bot_user(&self) -> crate::UserId {
        self.state.apps.get(&self.app).map_or_else(|| "".into(), |app| app.user.clone())
    }
}

/// What goes over the wire in the end.
enum Reply {
    Json { body: Value, scopes: String },
    Limited(Duration),
    Html(StatusCode),
    NotJson,
    Cut,
}

/// `/api/{method}`: GET with a query, or POST with a form or JSON.
pub(crate) async fn call(
    Extract(world): Extract<World>,
    Path(method): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (reply, wait) = {
        let mut state = world.0.lock();
        answer(&mut state, &method, &uri, &headers, &body)
    };
    tokio::time::sleep(wait).await;
    match reply {
        Reply::Json { body, scopes } => ([("x-oauth-scopes", scopes)], Json(body)).into_response(),
        Reply::Limited(wait) => {
            let seconds = (wait.as_secs_f64().ceil()).max(1.0).to_string();
            let body = Json(json!({"ok": false, "error": "ratelimited"}));
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], body).into_response()
        }
        Reply::Html(status) => (status, Html("<html><body>Server Error</body></html>")).into_response(),
        Reply::NotJson => "upstream says hello".into_response(),
        Reply::Cut => cut(),
    }
}

fn answer(state: &mut State, name: &str, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> (Reply, Duration) {
    let args = args::read(uri, headers, body);
    let token = args::token(headers, &args);
    let (method, caller) = admit(state, name, token.as_deref());
    let app = caller.as_ref().ok().cloned();
    let fault = state.fault(app.as_deref(), name);
    let scopes = app.as_ref().and_then(|app| state.apps.get(app));
    let scopes =
        scopes.map(|app| app.scopes.iter().cloned().collect::<Vec<_>>().join(",")).unwrap_or_default();
    let mut line = Line { app: app.clone(), method: name, args: args.without_token(), refused: None };

    if let (Some(app), Some(method)) = (&app, method)
        && let Err((refused, wait)) = within_rates(state, app, method, &args, fault.as_ref())
    {
        line.refused = Some(refused);
        line.write(state, 429, &json!({"ok": false, "error": "ratelimited"}));
        return (Reply::Limited(wait), Duration::ZERO);
    }
    match fault {
        Some(Fault::ServerError) => {
            line.write(state, 500, &Value::Null);
            return (Reply::Html(StatusCode::INTERNAL_SERVER_ERROR), Duration::ZERO);
        }
        Some(Fault::NotJson) => {
            line.write(state, 200, &Value::Null);
            return (Reply::NotJson, Duration::ZERO);
        }
        Some(Fault::Refused(code)) => {
            let body = json!({"ok": false, "error": code});
            line.write(state, 200, &body);
            return (Reply::Json { body, scopes }, Duration::ZERO);
        }
        _ => {}
    }
    let body = caller.and_then(|app| match method {
        Some(method) => carry_out(state, app, method, &args),
        None => Err("unknown_method".into()),
    });
    let body = worded(body);
    match fault {
        Some(Fault::ServerErrorAfterDoing) => {
            line.write(state, 500, &body);
            (Reply::Html(StatusCode::INTERNAL_SERVER_ERROR), Duration::ZERO)
        }
        Some(Fault::CutAfterDoing) => {
            line.write(state, 0, &body);
            (Reply::Cut, Duration::ZERO)
        }
        Some(Fault::Slow(wait)) => {
            line.write(state, 200, &body);
            (Reply::Json { body, scopes }, wait.min(LONGEST_HOLD))
        }
        _ => {
            line.write(state, 200, &body);
            (Reply::Json { body, scopes }, Duration::ZERO)
        }
    }
}

/// A line of the journal in the making.
struct Line<'a> {
    app: Option<AppId>,
    method: &'a str,
    args: Value,
    refused: Option<Refused>,
}

impl Line<'_> {
    fn write(self, state: &mut State, status: u16, answer: &Value) {
        let Self { app, method, args, refused } = self;
        let call = What::Call { method: method.to_owned(), args, status, answer: answer.clone(), refused };
        state.journal.write(app.as_ref(), call);
    }
}

/// Finds the method and the app behind the token.
fn admit(
    state: &State,
    name: &str,
    token: Option<&str>,
) -> (Option<&'static Method>, Result<AppId, ApiError>) {
    let method = methods::find(name);
    let wanted = method.map_or(Token::Bot, |method| method.token);
    (method, caller(state, wanted, token))
}

fn caller(state: &State, wanted: Token, token: Option<&str>) -> Result<AppId, ApiError> {
    let token = token.ok_or("not_authed")?;
    let with_bot_token = state.apps.values().find(|app| app.bot_token == token);
    let with_app_token = state.apps.values().find(|app| app.app_token == token);
    let app = match (wanted, with_bot_token, with_app_token) {
        (Token::Bot, Some(app), _) | (Token::App, _, Some(app)) => app,
        (_, None, None) => return Err("invalid_auth".into()),
        _ => return Err("not_allowed_token_type".into()),
    };
    match app.health {
        Health::Installed => Ok(app.id.clone()),
        Health::Revoked => Err("token_revoked".into()),
        Health::Uninstalled => Err("account_inactive".into()),
    }
}

fn within_rates(
    state: &mut State,
    app: &AppId,
    method: &Method,
    args: &Args,
    fault: Option<&Fault>,
) -> Result<(), (Refused, Duration)> {
    let channel = args.text("channel");
    let key =
        format!("{} {}", method.name, channel.as_deref().filter(|_| method.is_by_channel()).unwrap_or(""));
    let now = Instant::now();
    let Some(known) = state.apps.get_mut(app) else { return Ok(()) };
    if let Some(left) = known.wait_until.get(&key).and_then(|until| until.checked_duration_since(now)) {
        return Err((Refused::TooEarly, left));
    }
    let refused = match fault {
        Some(Fault::RateLimited { retry_after_s }) => {
            Err((Refused::OnCommand, Duration::from_secs(*retry_after_s)))
        }
        _ => {
            let rates = &state.settings.rates;
            let taken = state.buckets.take(app, method.name, channel.as_deref(), method.tier, rates);
            // Slack speaks in whole seconds, and means them.
            taken.map_err(|wait| (Refused::TooFast, Duration::from_secs(wait.as_secs() + 1)))
        }
    };
    if let (Err((_, wait)), Some(known)) = (&refused, state.apps.get_mut(app)) {
        known.wait_until.insert(key, now + *wait);
    }
    refused
}

fn carry_out(state: &mut State, app: AppId, method: &Method, args: &Args) -> Answer {
    let mut call = Call { state, app, args, method: method.name };
    if method.token == Token::Bot {
        call.need_scope(method.scopes)?;
    }
    (method.run)(&mut call)
}

fn worded(answer: Answer) -> Value {
    match answer {
        Ok(fields) => crate::events::merged(&[&json!({"ok": true}), &fields]),
        Err(error) => crate::events::merged(&[&json!({"ok": false, "error": error.code}), &error.more]),
    }
}

/// A response whose body breaks off, so that the client sees the connection end.
fn cut() -> Response {
    let broken = futures::stream::once(async {
        Err::<Bytes, std::io::Error>(std::io::ErrorKind::ConnectionReset.into())
    });
    ([(header::CONTENT_TYPE, "application/json")], axum::body::Body::from_stream(broken)).into_response()
}

/// `response_url`: five posts in thirty minutes,
/// <https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses>.
pub(crate) async fn response_url(
    Extract(world): Extract<World>,
    Path(key): Path<String>,
    body: Bytes,
) -> Response {
    let mut state = world.0.lock();
    let Some(url) = state.responses.get_mut(&key) else { return StatusCode::NOT_FOUND.into_response() };
    url.uses += 1;
    if url.uses > 5 || url.made_at.elapsed() > Duration::from_secs(30 * 60) {
        return (StatusCode::NOT_FOUND, "used_url").into_response();
    }
    let shown = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let (app, user, channel) = (url.app.clone(), url.user.clone(), url.channel.clone());
    if let Some(app) = state.apps.get_mut(&app) {
        app.ephemerals
            .push(json!({"user": user, "channel": channel, "message": shown, "by": "response_url"}));
    }
    "ok".into_response()
}
