//! What an understudy may do, what it did, and what it will remind of.

mod actions;
mod grants;
mod pins;
mod reminders;

pub(crate) use actions::Ended;
pub(super) use actions::withdraw;
pub use actions::{ActionRow, ActionState, Decided, NewAction};
pub use reminders::{NewReminder, Reminding};

/// The word for a value of a closed set, as JSON writes it.
fn word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The value that a word stands for.
fn value<T: serde::de::DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word)).ok()
}
