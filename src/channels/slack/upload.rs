//! A file that goes along with a reply, in the three steps that Slack asks for
//! (<https://docs.slack.dev/messaging/working-with-files/#upload>).
//!
//! It is posted behind the words of its reply. Slack has no idempotent upload either, so after an attempt whose end is
//! unknown the file is looked for in its thread by its name, which no other reply has.

use reqwest::Url;
use serde_json::{Value, json};

use super::{
    account::{Account, Identity},
    api::CallError,
    files::{Trust, trust},
    frame::str_at,
    place::Place,
};
use crate::store::ReplyFile;

/// Posts of the thread that are looked through, newest last.
const LOOKED: &str = "200";

/// Puts `file` into the thread of a reply.
///
/// # Errors
/// As for any call; after [`CallError::Unclear`] of the last step it may be there.
pub(super) async fn upload(account: &Account, place: &Place, file: &ReplyFile) -> Result<(), CallError> {
    const BEGIN: &str = "files.getUploadURLExternal";
    let length = file.content.len().to_string();
    let begun = account.read(BEGIN, &[("filename", &file.name), ("length", &length)]).await?;
    let refused = |code: &str| CallError::Refused { method: BEGIN.to_owned(), code: code.to_owned() };
    let address = str_at(&begun, "/upload_url").and_then(|address| Url::parse(address).ok());
    let address = address.ok_or_else(|| refused("no_upload_url"))?;
    let id = str_at(&begun, "/file_id").ok_or_else(|| refused("no_file_id"))?;
    // The address itself is the permission; no token goes there, and nothing to a host of somebody else.
    if trust(account.api.base(), &address) != Some(Trust::Token) {
        return Err(refused("foreign_upload_url"));
    }
    let unsent = |why: String| CallError::Unsent { method: "upload".to_owned(), why };
    let sent = account.api.http().post(address).body(file.content.clone()).send().await;
    let sent = sent.map_err(|e| unsent(e.without_url().to_string()))?;
    if !sent.status().is_success() {
        return Err(unsent(format!("status {}", sent.status().as_u16())));
    }
    let mut shared = json!({"files": [{"id": id, "title": file.name}], "channel_id": place.channel});
    if let (Some(thread), Some(fields)) = (place.thread(), shared.as_object_mut()) {
        fields.insert("thread_ts".to_owned(), json!(thread));
    }
    account.write("files.completeUploadExternal", &shared).await?;
    Ok(())
}

/// Whether we have put a file of this name into the thread.
///
/// # Errors
/// As for any call.
pub(super) async fn lies_there(
    account: &Account,
    own: &Identity,
    place: &Place,
    name: &str,
) -> Result<bool, CallError> {
    let (method, begin) = match place.thread() {
        Some(thread) => ("conversations.replies", vec![("ts", thread)]),
        None => ("conversations.history", Vec::new()),
    };
    let mut arguments = vec![("channel", place.channel.as_str()), ("limit", LOOKED)];
    arguments.extend(begin);
    let answer = account.read(method, &arguments).await?;
    let posts = answer.get("messages").and_then(Value::as_array).into_iter().flatten();
    let ours =
        |post: &&Value| str_at(post, "/bot_id") == Some(&own.bot) || str_at(post, "/user") == Some(&own.user);
    let files = posts.filter(ours).filter_map(|post| post.get("files")?.as_array()).flatten();
    Ok(files.into_iter().any(|file| str_at(file, "/name") == Some(name)))
}
