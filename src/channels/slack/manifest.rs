//! The manifest of a person's Slack app, and what of it can be missing later.

use crate::people::Person;

/// What every app gets, with gaps for the person.
const TEMPLATE: &str = include_str!("../../../deploy/slack-manifest.yaml");
/// Slack's limits (<https://docs.slack.dev/reference/app-manifest>).
const NAME_MAX_CHARS: usize = 35;
/// See [`NAME_MAX_CHARS`].
const DESCRIPTION_MAX_CHARS: usize = 140;
/// See [`NAME_MAX_CHARS`].
const HANDLE_MAX_CHARS: usize = 80;

/// The manifest of a person's app, filled in.
#[must_use]
pub fn manifest(person: &Person) -> String {
    let name = quoted(&format!("{} (understudy)", person.name), NAME_MAX_CHARS);
    let role = person.role.trim_end_matches('.');
    let description = format!("Stands in for {}: {role}. A program, not a person.", person.name);
    TEMPLATE
        .replace("{name}", &name)
        .replace("{description}", &quoted(&description, DESCRIPTION_MAX_CHARS))
        .replace("{handle}", &quoted(&person.handle, HANDLE_MAX_CHARS))
}

/// The inside of a double-quoted YAML text.
fn quoted(text: &str, most: usize) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    plain.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The scopes that the manifest asks for.
pub(super) fn scopes() -> impl Iterator<Item = &'static str> {
    let list = TEMPLATE.split_once("    bot:\n").map_or("", |(_, rest)| rest);
    list.lines().map_while(|line| line.trim().strip_prefix("- "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{domain::PersonId, people::People};

    #[test]
    fn the_manifest_is_filled_in_and_fits() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let people = People::read(&[&dir]).unwrap();
        let mut person = people.find(&PersonId::new("demetrios").unwrap()).unwrap().clone();
        let filled = manifest(&person);
        assert!(filled.contains("display_name: \"demetrios-bot\"\n"), "{filled}");
        assert!(filled.contains("name: \"Demetrios (understudy)\"\n"), "{filled}");
        assert!(!filled.contains(['{', '}']), "{filled}");
        person.role = "a \"quoted\"\nrole".repeat(40);
        let line = manifest(&person).lines().find(|line| line.contains("  description:")).unwrap().to_owned();
        assert!(line.contains("\\\"quoted\\\"") && line.ends_with('"'), "{line}");
    }

    #[test]
    fn the_scopes_are_those_of_the_template() {
        let scopes: Vec<&str> = scopes().collect();
        assert!(scopes.contains(&"chat:write") && scopes.contains(&"users:read.email"), "{scopes:?}");
        assert_eq!(
            scopes.len(),
            TEMPLATE.matches("      - ").count()
                - TEMPLATE.split_once("bot_events:").unwrap().1.matches("      - ").count()
        );
    }
}
