//! What tools need, tried for `understudy doctor`: reached, signed in, allowed.

use super::{calendar::Calendars, github::Accounts};
use crate::{error::Hint, people::People, store::now};

/// Tries every account that people's tools use: what it is, and what came of it.
///
/// # Errors
/// When an account is set up wrongly, so that the program would not start.
pub async fn check(
    people: &People,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, anyhow::Result<String>)>, Hint> {
    let mut all = Vec::new();
    for (person, tried) in Calendars::read(people, &variable)?.check(now()).await {
        all.push((format!("calendar of {person}"), tried));
    }
    for (person, tried) in Accounts::read(people, &variable)?.check().await {
        all.push((format!("GitHub of {person}"), tried));
    }
    Ok(all)
}
