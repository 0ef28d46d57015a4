//! What the parser makes of odd payloads.

use serde_json::{Value, json};

use super::*;

fn said(event: Value) -> Said {
    match read(&json!({"event": event})) {
        Event::Said(said) => *said,
        other => panic!("{other:?}"),
    }
}

fn other(event: Value) -> String {
    match read(&json!({"event": event})) {
        Event::Other(kind) => kind,
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_post_is_read_whatever_lies_beside_its_text() {
    let plain = json!({"type": "message", "channel": "C1", "user": "U1", "ts": "1.2", "text": "hi"});
    let beside = [
        json!({}),
        json!({"team": null, "client_msg_id": null}),
        json!({"metadata": {"event_type": "x", "event_payload": {"a": {"b": [1, null]}}}}),
        json!({"files": [null, 7, {"url_private": ""}], "subtype": "file_share"}),
        json!({"attachments": [{"color": 123456}], "blocks": [{"type": "hologram", "text": 7}]}),
        json!({"thread_ts": null, "bot_profile": {"name": null}, "edited": null}),
        json!({"thread_ts": "1.2", "reply_count": "many"}),
    ];
    for fields in beside {
        let mut event = plain.clone();
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let said = said(event);
        assert_eq!(said.text, "hi", "{fields}");
        assert_eq!(said.author, Author::User("U1".to_owned()));
        assert_eq!(said.thread, None, "a root is not a reply to itself");
    }
}

#[test]
fn hostile_events_are_named_and_left() {
    for (event, kind) in [
        (json!(null), "unknown"),
        (json!([]), "unknown"),
        (json!({"type": null}), "unknown"),
        (json!({"type": "message"}), "message without a channel"),
        (json!({"type": "message", "channel": "C1"}), "message without a ts"),
        (json!({"type": "message", "channel": "C1", "ts": 12.5}), "message without a ts"),
        (json!({"type": "message", "channel": {"id": "C1"}, "ts": "1.2"}), "message without a channel"),
        (
            json!({"type": "message", "channel": "C1", "ts": "1.2", "subtype": "channel_join"}),
            "message.channel_join",
        ),
        (json!({"type": "message", "channel": "C1", "subtype": "message_changed"}), "edit of nothing"),
        (json!({"type": "message", "channel": "C1", "subtype": "message_deleted"}), "deletion without a ts"),
        (json!({"type": "user_change", "user": null}), "user_change"),
        (json!({"type": "reaction_added", "item": {"type": "file"}}), "reaction_added"),
        (json!({"type": "subteam_updated"}), "subteam_updated"),
    ] {
        assert_eq!(other(event.clone()), kind, "{event}");
    }
    assert_eq!(read(&Value::Null), Event::Other("unknown".to_owned()));
}

#[test]
fn who_wrote_is_never_guessed() {
    let by = |fields: Value| {
        let mut event = json!({"type": "app_mention", "channel": "C1", "ts": "1.2", "text": "x"});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        said(event).author
    };
    let bot = |user: Option<&str>| Author::Bot { bot: "B1".to_owned(), user: user.map(str::to_owned) };
    assert_eq!(by(json!({"user": "U1"})), Author::User("U1".to_owned()));
    assert_eq!(by(json!({"bot_id": "B1"})), bot(None));
    assert_eq!(by(json!({"bot_id": "B1", "user": "U9"})), bot(Some("U9")));
    assert_eq!(by(json!({"user": "USLACKBOT"})), Author::Nobody);
    assert_eq!(by(json!({"user": null})), Author::Nobody);
}

#[test]
fn text_that_lies_only_in_blocks_is_found() {
    let blocks = json!([{"type": "rich_text", "elements": [{"type": "rich_text_section",
        "elements": [{"type": "text", "text": "where is"}, {"type": "text", "text": "the key?"}]}]}]);
    let found = said(
        json!({"type": "message", "channel": "C1", "user": "U1", "ts": "1.2", "text": "", "blocks": blocks}),
    );
    assert_eq!(found.text, "where is the key?");
    let deep = (0..200).fold(json!({"text": "deep"}), |inner, _| json!([inner]));
    let found = said(json!({"type": "message", "channel": "C1", "user": "U1", "ts": "1.2", "blocks": deep}));
    assert_eq!(found.text, "");
}

#[test]
fn a_very_long_text_is_cut_between_characters() {
    let text = "é".repeat(MESSAGE_MAX_BYTES);
    let found = said(json!({"type": "message", "channel": "C1", "user": "U1", "ts": "1.2", "text": text}));
    assert!(found.text.len() <= MESSAGE_MAX_BYTES && found.text.chars().all(|c| c == 'é'));
}

#[test]
fn a_voice_note_without_text_is_a_post_with_a_file() {
    let file = json!({"id": "F1", "subtype": "slack_audio", "name": "audio_message.m4a", "size": 4096});
    let found =
        said(json!({"type": "message", "subtype": "file_share", "channel": "D1", "channel_type": "im",
                            "user": "U1", "ts": "1.2", "text": "", "files": [file]}));
    assert_eq!(found.surface, Surface::Direct);
    assert_eq!((found.files[0].name.as_str(), found.files[0].source.as_str()), ("audio_message.m4a", "F1"));
}

#[test]
fn only_other_words_are_an_edit() {
    let edit = |now: &str, before: &str, edited: Value| {
        let event = json!({"type": "message", "subtype": "message_changed", "channel": "C1",
                           "message": {"ts": "1.2", "text": now, "user": "U1", "edited": edited},
                           "previous_message": {"ts": "1.2", "text": before}});
        read(&json!({"event": event}))
    };
    let by = json!({"user": "U1", "ts": "2.0"});
    let wanted = Event::Edited { channel: "C1".to_owned(), ts: "1.2".to_owned(), text: "new".to_owned() };
    assert_eq!(edit("new", "old", by.clone()), wanted);
    assert!(matches!(edit("same", "same", by), Event::Other(_)));
    assert!(matches!(edit("new", "old", Value::Null), Event::Other(_)), "a link preview");
}

#[test]
fn who_comes_goes_and_says_stop() {
    let of = |event: Value| read(&json!({"event": event}));
    let (channel, user) = ("C1".to_owned(), "U1".to_owned());
    let joined = json!({"type": "member_joined_channel", "channel": "C1", "user": "U1", "inviter": null});
    assert_eq!(of(joined), Event::Joined { channel: channel.clone(), user: user.clone() });
    let left = json!({"type": "member_left_channel", "channel": "C1", "user": "U1"});
    assert_eq!(of(left), Event::Left { channel: channel.clone(), user: user.clone() });
    for (thread, wanted) in [(json!("1.2"), Some("1.2".to_owned())), (Value::Null, None)] {
        let event =
            json!({"type": "agent_session_stopped", "channel": "C1", "user": "U1", "thread_ts": thread});
        let (channel, user) = (channel.clone(), user.clone());
        assert_eq!(of(event), Event::Stopped { channel, thread: wanted, user });
    }
    assert!(matches!(of(json!({"type": "agent_session_stopped", "channel": 7})), Event::Other(_)));
}

#[test]
fn a_post_that_is_taken_back_is_named_by_its_ts() {
    let gone = Event::Deleted { channel: "C1".to_owned(), ts: "1.2".to_owned() };
    for event in [
        json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.2"}),
        json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "previous_message": {"ts": "1.2"}}),
        json!({"type": "message", "subtype": "message_changed", "channel": "C1",
               "message": {"subtype": "tombstone", "ts": "1.2", "text": "This message was deleted."}}),
    ] {
        assert_eq!(read(&json!({"event": event})), gone, "{event}");
    }
}
