//! What people do in views: they use what stands in a home tab, and send forms.

use serde_json::{Map, Value, json};

use crate::{Bot, World, delivery::Kind as Carries, ids::UserId, state::State};

impl World {
    /// `user` uses a button or chooses from a menu of the home tab that they see; nothing happens when it is not there.
    ///
    /// Returns whether it was.
    pub fn uses_home(&self, user: &UserId, bot: &Bot, block: &str, action: &str, value: &str) -> bool {
        let mut state = self.0.lock();
        let Some(view) = state.apps.get(&bot.app).and_then(|app| app.homes.get(user)).cloned() else {
            return false;
        };
        let Some(element) = element(&view, block, action) else { return false };
        let done = match element.get("type").and_then(Value::as_str) {
            Some("static_select") => {
                let options = element.get("options").and_then(Value::as_array).into_iter().flatten();
                let chosen = options.into_iter().find(|option| option.get("value") == Some(&json!(value)));
                let Some(chosen) = chosen else { return false };
                json!({"type": "static_select", "selected_option": chosen})
            }
            _ if element.get("value") == Some(&json!(value)) => json!({"type": "button", "value": value}),
            _ => return false,
        };
        state.used(user, bot, &view, block, action, &done);
        true
    }

    /// `user` sends what their client should not: a use of something that stands in no home tab of theirs.
    pub fn forges_home(&self, user: &UserId, bot: &Bot, block: &str, action: &str, value: &str) {
        let done = json!({"type": "static_select", "selected_option": {"value": value}});
        self.0.lock().used(user, bot, &json!({"type": "home", "hash": "none"}), block, action, &done);
    }

    /// `user` sends the form that they have open, with these texts by block and what they left as it was.
    ///
    /// Returns whether they had one open.
    pub fn submits(&self, user: &UserId, bot: &Bot, typed: &[(&str, &str)]) -> bool {
        let mut state = self.0.lock();
        let open = state.modals.values().rev().find(|modal| modal.app == bot.app && modal.user == *user);
        let Some(view) = open.map(|modal| modal.view.clone()) else { return false };
        let mut values = Map::new();
        for block in view.get("blocks").and_then(Value::as_array).into_iter().flatten() {
            let Some(id) = block.get("block_id").and_then(Value::as_str) else { continue };
            let begin = block.pointer("/element/initial_value").cloned().unwrap_or_default();
            let value = typed.iter().find(|(block, _)| *block == id).map_or(begin, |(_, text)| json!(text));
            let action = block.pointer("/element/action_id").and_then(Value::as_str).unwrap_or("typed");
            values.insert(id.to_owned(), json!({action: {"type": "plain_text_input", "value": value}}));
        }
        let view = crate::events::merged(&[&view, &json!({"state": {"values": values}})]);
        let payload = json!({
            "type": "view_submission", "api_app_id": bot.app, "team": {"id": bot.team}, "enterprise": null,
            "user": {"id": user, "team_id": bot.team}, "is_enterprise_install": false, "view": view,
            "response_urls": [],
        });
        state.deliver(&bot.app, Carries::Interaction, payload);
        true
    }

    /// Sends a whole interaction of the test's own making, for example one of another workspace.
    pub fn sends_interaction(&self, bot: &Bot, payload: Value) {
        self.0.lock().deliver(&bot.app, Carries::Interaction, payload);
    }
}

impl State {
    fn used(&mut self, user: &UserId, bot: &Bot, view: &Value, block: &str, action: &str, done: &Value) {
        let channel = self.direct(user, &bot.user);
        let (trigger, _) = self.interaction(&bot.app, &channel, user);
        let now = self.ids.ts();
        let more = json!({"action_id": action, "block_id": block, "action_ts": now});
        let payload = json!({
            "type": "block_actions", "api_app_id": bot.app, "trigger_id": trigger, "enterprise": null,
            "user": {"id": user, "team_id": bot.team}, "team": {"id": bot.team},
            "container": {"type": "view", "view_id": view.get("id")}, "view": view,
            "is_enterprise_install": false, "actions": [crate::events::merged(&[done, &more])],
        });
        self.deliver(&bot.app, Carries::Interaction, payload);
    }
}

/// What has this name in this block of a view.
fn element<'v>(view: &'v Value, block: &str, action: &str) -> Option<&'v Value> {
    let blocks = view.get("blocks")?.as_array()?;
    let block = blocks.iter().find(|known| known.get("block_id") == Some(&json!(block)))?;
    block.get("elements")?.as_array()?.iter().find(|known| known.get("action_id") == Some(&json!(action)))
}
