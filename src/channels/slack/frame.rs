//! What comes through a socket, read leniently: nothing in it can fail, and what is unknown is still acknowledged.

use serde_json::Value;

/// A frame of Socket Mode (<https://docs.slack.dev/apis/events-api/using-socket-mode>).
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// The connection is open.
    Hello {
        /// Open connections of this app, this one included; 0 when Slack does not say.
        connections: u64,
        /// The app that the socket belongs to.
        app: Option<String>,
    },
    /// The connection will close.
    Disconnect {
        /// `warning`, `refresh_requested`, `link_disabled`, …
        reason: String,
    },
    /// Something to acknowledge.
    Envelope(Envelope),
    /// Nothing that could be acknowledged.
    Noise,
}

/// A frame that Slack sends again until it is acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// What the acknowledgement names.
    pub id: String,
    /// `events_api`, `interactive`, `slash_commands`, or what comes next year.
    pub kind: String,
    /// How often it was sent before.
    pub retries: u64,
    /// The content.
    pub payload: Value,
}

/// Reads a frame.
#[must_use]
pub fn read(text: &str) -> Frame {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return Frame::Noise };
    if let Some(id) = str_at(&value, "/envelope_id").map(str::to_owned) {
        let kind = str_at(&value, "/type").unwrap_or("unknown").to_owned();
        let retries = value.get("retry_attempt").and_then(Value::as_u64).unwrap_or(0);
        let payload = value.get_mut("payload").map(Value::take).unwrap_or_default();
        return Frame::Envelope(Envelope { id, kind, retries, payload });
    }
    match str_at(&value, "/type") {
        Some("hello") => {
            let connections = value.get("num_connections").and_then(Value::as_u64).unwrap_or(0);
            Frame::Hello { connections, app: str_at(&value, "/connection_info/app_id").map(str::to_owned) }
        }
        Some("disconnect") => {
            Frame::Disconnect { reason: str_at(&value, "/reason").unwrap_or("unknown").to_owned() }
        }
        _ => Frame::Noise,
    }
}

/// The text at a JSON pointer, unless it is empty or something else.
#[must_use]
pub fn str_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_frames_are_noise_and_unknown_envelopes_keep_their_id() {
        for noise in [
            "",
            "{",
            "null",
            "7",
            "\"hello\"",
            "[]",
            "{}",
            r#"{"type":null}"#,
            r#"{"envelope_id":7}"#,
            r#"{"envelope_id":""}"#,
            "\u{0}",
            &"[".repeat(100_000),
            r#"{"type":"surprise"}"#,
        ] {
            assert_eq!(read(noise), Frame::Noise, "{}", noise.chars().take(40).collect::<String>());
        }
        let Frame::Envelope(odd) =
            read(r#"{"envelope_id":"e1","type":null,"payload":null,"retry_attempt":"x"}"#)
        else {
            panic!("an envelope")
        };
        assert_eq!((odd.id.as_str(), odd.kind.as_str(), odd.retries), ("e1", "unknown", 0));
        let hello = r#"{"type":"hello","num_connections":2,"connection_info":{"app_id":"A1"}}"#;
        assert_eq!(read(hello), Frame::Hello { connections: 2, app: Some("A1".to_owned()) });
        assert_eq!(read(r#"{"type":"hello"}"#), Frame::Hello { connections: 0, app: None });
        assert_eq!(read(r#"{"type":"disconnect"}"#), Frame::Disconnect { reason: "unknown".to_owned() });
    }

    #[test]
    fn a_frame_of_a_megabyte_is_read() {
        let text = format!(
            r#"{{"envelope_id":"e","type":"events_api","retry_attempt":2,"payload":{{"event":{{"text":"{}"}}}}}}"#,
            "x".repeat(1 << 20)
        );
        let Frame::Envelope(envelope) = read(&text) else { panic!("an envelope") };
        assert_eq!(envelope.retries, 2);
        assert_eq!(str_at(&envelope.payload, "/event/text").map(str::len), Some(1 << 20));
    }
}
