//! `/health`, `/ready`, `/metrics`: for monitors, without sign-in; none of them shows a message or a name.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::Shared;

/// The process runs.
pub(super) async fn health() -> &'static str {
    "ok"
}

/// Whether messages can be answered, part by part; 503 when not.
pub(super) async fn ready(State(console): State<Shared>) -> Response {
    let readiness = (console.web.ready)();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: Map<String, Value> =
        readiness.parts.into_iter().map(|(part, words)| (part, Value::String(words))).collect();
    (status, Json(json!({"ready": readiness.ready, "parts": parts}))).into_response()
}

/// Prometheus text.
pub(super) async fn metrics(State(console): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (console.web.metrics)().await)
        .into_response()
}
