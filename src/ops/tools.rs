//! What commands can ask about tools: what there is, what is allowed, and switching it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{Grant, Integrity, Mode, PersonId, Standing},
    error::Hint,
    store::{ActionRow, now},
};

/// A request about tools.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolRequest {
    /// Lists every tool, and what a person's understudy may.
    List {
        /// Whose; only the tools when unset.
        person: Option<PersonId>,
    },
    /// Switches a tool.
    Put(Grant),
    /// Takes back everything that is switched for a tool.
    Off {
        /// Whose.
        person: PersonId,
        /// Which.
        tool: String,
    },
}

pub(super) async fn handle(app: &App, request: ToolRequest) -> anyhow::Result<Value> {
    match request {
        ToolRequest::List { person } => {
            let grants = match &person {
                Some(person) => app.store.grants(&app.people.find(person)?.id).await?,
                None => Vec::new(),
            };
            let tools = app.toolbox.all().into_iter().map(|tool| {
                let names: Vec<&str> = tool.schema().names().collect();
                json!({"tool": tool.name(), "arguments": names, "about": tool.about(), "effect": tool.effect()})
            });
            Ok(json!({"tools": tools.collect::<Vec<_>>(), "grants": grants}))
        }
        ToolRequest::Put(grant) => {
            let name = &app.people.find(&grant.person)?.name;
            if grant.mode != Mode::Deny {
                known(app, &grant.tool)?;
            }
            app.store.put_grant(grant.clone(), "operator", now()).await?;
            Ok(json!({"done": in_words(&grant, name)}))
        }
        ToolRequest::Off { person, tool } => {
            let name = &app.people.find(&person)?.name;
            if app.store.remove_grants(&person, &tool, "operator", now()).await? == 0 {
                let what = format!("nothing is switched for {tool} of {name}, so it is off already");
                return Err(
                    Hint::new(what, format!("`understudy tools list -p {person}` shows what is")).into()
                );
            }
            Ok(json!({"done": format!("{tool} is off for the understudy of {name}")}))
        }
    }
}

fn known(app: &App, tool: &str) -> Result<(), Hint> {
    if app.toolbox.find(tool).is_some() {
        return Ok(());
    }
    let names: Vec<String> = app.toolbox.all().iter().map(|tool| tool.name().to_owned()).collect();
    Err(Hint::new(format!("there is no tool `{tool}`"), format!("choose one of: {}", names.join(", "))))
}

fn in_words(grant: &Grant, name: &str) -> String {
    let Grant { tool, class, highest_taint, mode, .. } = grant;
    let whom = match (mode, class) {
        (Mode::Deny, Standing::Owner) => "everybody".to_owned(),
        (Mode::Deny, class) => format!("{} and everybody trusted less", class_word(*class)),
        (_, Standing::Owner) => "the owner".to_owned(),
        (_, class) => format!("{} and everybody trusted more", class_word(*class)),
    };
    match mode {
        Mode::Deny => format!("the understudy of {name} never uses {tool} for {whom}"),
        Mode::Ask => format!("the understudy of {name} asks before it uses {tool} for {whom}"),
        Mode::Allow => {
            let beyond = match highest_taint {
                Integrity::Owner => "the owner",
                Integrity::Admin => "an admin",
                Integrity::Internal => "colleagues",
                Integrity::Tool => "tools",
                Integrity::External => "anybody",
            };
            format!(
                "the understudy of {name} uses {tool} for {whom}; it asks where words of others than {beyond} led to it, and for what came by mail"
            )
        }
    }
}

fn class_word(class: Standing) -> &'static str {
    match class {
        Standing::Owner => "the owner",
        Standing::Admin => "admins",
        Standing::Member => "colleagues",
        Standing::Guest => "guests",
        Standing::Unknown => "strangers",
    }
}

/// The actions of a turn, for `ask --json`.
pub(super) fn shown(actions: &[ActionRow]) -> Vec<Value> {
    let one = |row: &ActionRow| {
        json!({"id": row.id, "tool": row.tool, "arguments": row.arguments, "state": row.state,
               "receipt": row.receipt, "told": row.told})
    };
    actions.iter().map(one).collect()
}
