//! Arguments as somebody typed them before saying yes, in the console or in Slack.

use serde_json::Value;

use super::Toolbox;
use crate::{
    permission::fingerprint,
    store::{ActionRow, Decided},
};

/// The yes to a request with the arguments that were typed instead; `typed` gives the text for each argument.
///
/// # Errors
/// In a few words, when the tool is gone or does not take them.
pub fn edited(toolbox: &Toolbox, row: &ActionRow, typed: impl Fn(&str) -> String) -> Result<Decided, String> {
    let Some(tool) = toolbox.find(&row.tool) else {
        return Err(format!("the tool {} is switched off or has changed", row.tool));
    };
    let mut arguments = row.arguments.clone();
    for (name, value) in arguments.as_object_mut().into_iter().flatten() {
        let typed = typed(name);
        // A text stays a text, whatever it looks like.
        *value = if value.is_string() {
            Value::String(typed)
        } else {
            serde_json::from_str(&typed).map_err(|_| format!("`{name}` is not what it was before"))?
        };
    }
    tool.schema().check(&arguments)?;
    if arguments == row.arguments {
        return Ok(Decided::Approve);
    }
    let print = fingerprint(row.person.as_str(), &row.tool, &arguments);
    Ok(Decided::ApproveWith(arguments, print))
}

/// A value as a person reads and types it: a text as it is, anything else as JSON.
#[must_use]
pub fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
