//! `files.*`: looking one up, and the three steps of an upload.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::{ids::FileId, world::Upload};

/// <https://docs.slack.dev/reference/methods/files.info/>
pub(super) fn info(call: &mut Call<'_>) -> Answer {
    let file = call.args.text("file").ok_or("file_not_found")?;
    if !call.state.sees_file(&call.app, &file) {
        return Err("file_not_found".into());
    }
    let shares = json!({"shares": call.state.shares_json(&file)});
    let json = call.state.file_json(&file).ok_or("file_not_found")?;
    Ok(json!({"file": crate::events::merged(&[&json, &shares]), "comments": []}))
}

/// <https://docs.slack.dev/reference/methods/files.getUploadURLExternal/>
pub(super) fn upload_url(call: &mut Call<'_>) -> Answer {
    let name = call.args.text("filename").ok_or("invalid_arguments")?;
    call.args.number("length").ok_or("invalid_arguments")?;
    let bot = call.bot_user();
    let id = call.state.add_file(&bot, &Upload::new(&name, "application/octet-stream", b""));
    Ok(json!({"upload_url": format!("{}/upload/{id}", call.state.base_url), "file_id": id}))
}

/// <https://docs.slack.dev/reference/methods/files.completeUploadExternal/>
pub(super) fn complete_upload(call: &mut Call<'_>) -> Answer {
    let listed = call.args.json("files").unwrap_or_default();
    let ids =
        listed.as_array().into_iter().flatten().filter_map(|file| file.get("id").and_then(Value::as_str));
    let ids: Vec<FileId> = ids.map(FileId::from).collect();
    let own = |id: &FileId| call.state.files.get(id).is_some_and(|file| file.user == call.bot_user());
    if ids.is_empty() || !ids.iter().all(own) {
        return Err("file_not_found".into());
    }
    // Here the channel is called `channel_id`; without one the files stay private.
    if call.args.text("channel_id").is_some() {
        share(call, &ids)?;
    }
    let files: Vec<_> = ids.iter().filter_map(|id| call.state.file_json(id)).collect();
    Ok(json!({"files": files}))
}

fn share(call: &mut Call<'_>, ids: &[FileId]) -> Result<(), super::ApiError> {
    let channel = call.writable_as("channel_id")?;
    let thread = call.thread_of(&channel)?;
    let place = call.place(&channel, thread.as_ref());
    let app = call.app.clone();
    let words = call.args.text("initial_comment").unwrap_or_default();
    let mut message = call.state.draft_of(&app, &words).ok_or("invalid_auth")?;
    message.thread = thread;
    message.subtype = Some("file_share".to_owned());
    message.files = ids.to_vec();
    let ts = message.ts.clone();
    for id in ids {
        if let Some(file) = call.state.files.get_mut(id) {
            file.shares.push((channel.clone(), ts.clone()));
        }
    }
    call.keep(&channel, message, place)?;
    Ok(())
}
