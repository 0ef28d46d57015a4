//! Files: their JSON, their download with a bearer token, their upload.
//!
//! Without a good token Slack answers 200 with a log-in page. On Enterprise Grid the first host redirects to
//! a second one, which wants the token again; here `localhost` plays the second host.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde_json::{Value, json};

use crate::{
    World,
    ids::AppId,
    state::{self, FileHealth, Health},
};

const LOGIN_PAGE: &str =
    "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body></body></html>";

impl state::State {
    /// A file as Slack shows it.
    pub(crate) fn file_json(&self, file: &str) -> Option<Value> {
        let file = self.files.get(file)?;
        let url = format!("{}/files-pri/{}/{}", self.base_url, file.id, escaped(&file.name));
        let mut json = json!({
            "id": file.id,
            "created": file.created_s,
            "timestamp": file.created_s,
            "name": file.name,
            "title": file.name,
            "mimetype": file.mimetype,
            "filetype": file.name.rsplit('.').next(),
            "pretty_type": "File",
            "user": file.user,
            "mode": "hosted",
            "size": file.bytes.len(),
            "is_external": false,
            "is_public": false,
            "file_access": "visible",
            "url_private": url,
            "url_private_download": url,
            "permalink": url,
        });
        if let Some(fields) = json.as_object_mut() {
            fields.extend(file.more.clone());
        }
        Some(json)
    }

    /// Where a file was shared, as in `files.info`.
    pub(crate) fn shares_json(&self, file: &str) -> Value {
        let mut shares = json!({"public": {}, "private": {}});
        let known = self.files.get(file);
        for (channel, ts) in known.into_iter().flat_map(|file| &file.shares) {
            let Some(room) = self.channels.get(channel).map(|channel| channel.room) else { continue };
            let side = if room == state::Room::Public { "public" } else { "private" };
            let thread = self.message(channel, ts).and_then(|message| message.thread.clone());
            if let Some(side) = shares.get_mut(side).and_then(Value::as_object_mut) {
                side.insert(channel.to_string(), json!([{"ts": ts, "thread_ts": thread}]));
            }
        }
        shares
    }
}

/// `url_private`: the first host.
pub(crate) async fn download(
    State(world): State<World>,
    Path((file, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (redirect, base_url) = {
        let state = world.0.lock();
        (state.settings.redirect_files, state.base_url.clone())
    };
    if redirect && reader(&world, &headers).is_some() {
        let second = base_url.replace("127.0.0.1", "localhost");
        return Redirect::temporary(&format!("{second}/files-origin/{file}/{}", escaped(&name)))
            .into_response();
    }
    serve(&world, &file, &headers)
}

/// The second host.
pub(crate) async fn download_origin(
    State(world): State<World>,
    Path((file, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    serve(&world, &file, &headers)
}

fn serve(world: &World, file: &str, headers: &HeaderMap) -> Response {
    let reader = reader(world, headers);
    let state = world.0.lock();
    let Some(file) = state.files.get(file) else { return StatusCode::NOT_FOUND.into_response() };
    let may_read = reader.is_some_and(|app| state.sees_file(&app, &file.id));
    match file.health {
        FileHealth::Good if may_read => {
            ([(header::CONTENT_TYPE, file.mimetype.clone())], file.bytes.clone()).into_response()
        }
        FileHealth::Gone => StatusCode::NOT_FOUND.into_response(),
        FileHealth::Good | FileHealth::LoginPage => Html(LOGIN_PAGE).into_response(),
    }
}

/// The third step's second one: the bytes for a file that `files.getUploadURLExternal` has announced.
pub(crate) async fn upload(State(world): State<World>, Path(file): Path<String>, bytes: Bytes) -> Response {
    let mut state = world.0.lock();
    let Some(file) = state.files.get_mut(file.as_str()) else { return StatusCode::NOT_FOUND.into_response() };
    file.bytes = bytes.to_vec();
    format!("OK - {}", file.bytes.len()).into_response()
}

/// The app whose good token with `files:read` came along.
fn reader(world: &World, headers: &HeaderMap) -> Option<AppId> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let state = world.0.lock();
    let app = state.apps.values().find(|app| app.bot_token == token)?;
    (app.health == Health::Installed && app.scopes.contains("files:read")).then(|| app.id.clone())
}

impl state::State {
    /// Whether an app is in a channel where the file was shared, or has made it.
    pub(crate) fn sees_file(&self, app: &str, file: &str) -> bool {
        let (Some(app), Some(file)) = (self.apps.get(app), self.files.get(file)) else { return false };
        let inside = |channel: &str| {
            self.channels.get(channel).is_some_and(|channel| channel.members.contains(&app.user))
        };
        file.user == app.user || file.shares.iter().any(|(channel, _)| inside(channel))
    }
}

/// A file's name as part of a URL.
fn escaped(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
