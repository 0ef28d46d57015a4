//! Looks in Slack for posts whose delivery ended in doubt.

use serde_json::Value;

use super::{
    account::{Account, Identity},
    api::CallError,
    frame::str_at,
    place::Place,
    send::{EVENT_TYPE, failed},
};
use crate::outbox::DeliveryError;

/// Pages of a thread that are searched for a reply.
const PAGES: usize = 10;
/// Clocks differ: posts from so long before a reply was committed are looked at too.
const MARGIN_S: i64 = 60;

/// The posts with this key that are there already, by part; they were made at `made_at` (Unix seconds) or later.
pub(super) async fn find(
    account: &Account,
    own: &Identity,
    place: &Place,
    made_at: i64,
    key: &str,
) -> Result<Vec<(u64, String)>, DeliveryError> {
    // Whether it was posted is not known, so a failed look leaves it so.
    let unknown = |e: CallError| match e {
        CallError::RateLimited { .. } | CallError::Unsent { .. } | CallError::Unclear { .. } => {
            DeliveryError::Uncertain(e.to_string())
        }
        CallError::Refused { .. } if e.code() == Some("thread_not_found") => {
            DeliveryError::Permanent(failed(account, &e).to_string())
        }
        CallError::Refused { .. } => match failed(account, &e) {
            permanent @ DeliveryError::Permanent(_) => permanent,
            other => DeliveryError::Uncertain(other.to_string()),
        },
    };
    let oldest = (made_at - MARGIN_S).to_string();
    let (method, begin) = match place.thread() {
        Some(thread) => ("conversations.replies", ("ts", thread)),
        None => ("conversations.history", ("oldest", oldest.as_str())),
    };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let mut arguments = vec![
            ("channel", place.channel.as_str()),
            begin,
            ("include_all_metadata", "true"),
            ("limit", "200"),
        ];
        if !cursor.is_empty() {
            arguments.push(("cursor", &cursor));
        }
        let answer = account.read(method, &arguments).await.map_err(unknown)?;
        for post in answer.get("messages").and_then(Value::as_array).into_iter().flatten() {
            found.extend(ours(post, own, key));
        }
        match str_at(&answer, "/response_metadata/next_cursor") {
            Some(next) => cursor = next.to_owned(),
            None => return Ok(found),
        }
    }
    Err(DeliveryError::Permanent(format!(
        "the thread is too long to see whether the reply is there; look at it, then drop or repeat {key} by hand"
    )))
}

/// The part and `ts` of a post when it is one of this reply; anybody's app can write metadata, so its author counts.
fn ours(post: &Value, own: &Identity, key: &str) -> Option<(u64, String)> {
    let by_us = str_at(post, "/bot_id") == Some(&own.bot) || str_at(post, "/user") == Some(&own.user);
    let same = str_at(post, "/metadata/event_type") == Some(EVENT_TYPE)
        && str_at(post, "/metadata/event_payload/reply") == Some(key);
    let part = post.pointer("/metadata/event_payload/part").and_then(Value::as_u64)?;
    (by_us && same).then(|| Some((part, str_at(post, "/ts")?.to_owned())))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_our_own_post_with_the_key_counts_as_delivered() {
        let own =
            Identity { team: "T1".to_owned(), enterprise: None, user: "UB".to_owned(), bot: "BB".to_owned() };
        let post = |bot: &str, kind: &str, reply: Value, part: Value| {
            json!({"ts": "5.1", "bot_id": bot,
                   "metadata": {"event_type": kind, "event_payload": {"reply": reply, "part": part}}})
        };
        let found = |post: Value| ours(&post, &own, "reply-1@5");
        assert_eq!(found(post("BB", EVENT_TYPE, json!("reply-1@5"), json!(2))), Some((2, "5.1".to_owned())));
        for other in [
            post("BX", EVENT_TYPE, json!("reply-1@5"), json!(1)),
            post("BB", "other", json!("reply-1@5"), json!(1)),
            post("BB", EVENT_TYPE, json!("reply-1@6"), json!(1)),
            post("BB", EVENT_TYPE, json!({"reply": 1}), json!(1)),
            post("BB", EVENT_TYPE, json!("reply-1@5"), json!("1")),
            json!({"ts": "5.1", "bot_id": "BB"}),
            json!(null),
        ] {
            assert_eq!(found(other.clone()), None, "{other}");
        }
    }
}
