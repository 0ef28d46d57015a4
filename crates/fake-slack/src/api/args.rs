//! Arguments, in any of the forms that Slack takes: query, form, JSON.

use axum::{
    body::Bytes,
    http::{HeaderMap, Uri, header},
};
use serde_json::{Map, Value};

/// The arguments of one call, by name.
pub(crate) struct Args(Map<String, Value>);

/// Reads the query and then the body, which wins.
pub(crate) fn read(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Args {
    let mut all = pairs(uri.query().unwrap_or_default().as_bytes());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
            // A token in a JSON body counts for nothing at Slack.
            all.extend(fields.into_iter().filter(|(key, _)| key != "token"));
        }
    } else {
        all.extend(pairs(body));
    }
    Args(all)
}

fn pairs(form: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(form).map(|(key, value)| (key.into_owned(), value.into_owned().into())).collect()
}

/// The bearer token, or the one in the form or query.
pub(crate) fn token(headers: &HeaderMap, args: &Args) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned).or_else(|| args.text("token"))
}

impl Args {
    /// A text; numbers and booleans count as their text, an empty one as none.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.0.get(name)? {
            Value::String(text) => text.clone(),
            other @ (Value::Number(_) | Value::Bool(_)) => other.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A yes, in the spellings that Slack takes.
    pub fn yes(&self, name: &str) -> bool {
        matches!(self.text(name).as_deref(), Some("true" | "1" | "True"))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    /// A list or an object: as such in JSON, as JSON text in a form.
    pub fn json(&self, name: &str) -> Option<Value> {
        match self.0.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Null => None,
            other => Some(other.clone()),
        }
    }

    /// Whether something was given that is no JSON.
    pub fn is_broken_json(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| serde_json::from_str::<Value>(&text).is_err())
    }

    /// Everything but the token, for the journal.
    pub fn without_token(&self) -> Value {
        self.0
            .iter()
            .filter(|(key, _)| *key != "token")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}
