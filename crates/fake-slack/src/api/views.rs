//! `views.*`: the home tab, and forms that a trigger opens.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, blocks};
use crate::{events::merged, ids::now_ms, state::Modal};

/// <https://docs.slack.dev/reference/methods/views.publish/>
pub(super) fn publish(call: &mut Call<'_>) -> Answer {
    let user = call.args.text("user_id").ok_or("invalid_arguments")?;
    let user = call.state.users.get(user.as_str()).ok_or("user_not_found")?.id.clone();
    let view = view(call, "home")?;
    let app = call.state.apps.get_mut(&call.app).ok_or("invalid_auth")?;
    let current = app.homes.get(&user).and_then(|home| home.get("hash")).and_then(Value::as_str);
    if let (Some(expected), Some(current)) = (call.args.text("hash"), current)
        && expected != current
    {
        return Err("hash_conflict".into());
    }
    let hash = format!("{}.{}", now_ms(), call.state.ids.next("h"));
    let more = json!({"id": call.state.ids.next("V"), "hash": hash, "app_id": call.app, "bot_id": app.bot});
    let view = merged(&[&view, &more]);
    app.homes.insert(user, view.clone());
    Ok(json!({"view": view}))
}

/// <https://docs.slack.dev/reference/methods/views.open/>
pub(super) fn open(call: &mut Call<'_>) -> Answer {
    let view = view(call, "modal")?;
    let trigger = call.args.text("trigger_id").ok_or("invalid_trigger_id")?;
    let trigger = call.state.triggers.remove(&trigger).ok_or("exchanged_trigger_id")?;
    if trigger.made_at.elapsed() > call.state.settings.trigger_lives {
        return Err("expired_trigger_id".into());
    }
    let id = call.state.ids.next("V");
    let view = merged(&[&view, &json!({"id": id, "root_view_id": id, "app_id": call.app})]);
    let modal = Modal { app: call.app.clone(), user: trigger.user, view: view.clone(), errors: Value::Null };
    call.state.modals.insert(id, modal);
    Ok(json!({"view": view}))
}

fn view(call: &Call<'_>, kind: &str) -> Result<Value, ApiError> {
    let view = call.args.json("view").ok_or("invalid_arguments")?;
    if view.get("type").and_then(Value::as_str) != Some(kind) {
        return Err("invalid_arguments".into());
    }
    blocks::check_view(&view)?;
    Ok(view)
}
