//! What commands can ask about tools: what there is, what is allowed, and switching it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{Grant, Integrity, Mode, PersonId, Standing},
    error::Hint,
    store::{ActionRow, now},
    tools::mcp::Server,
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
    /// Looks at a tool of an MCP server as it is now, and remembers it when told to.
    Look {
        /// `server.tool`.
        tool: String,
        /// What it must look like to be remembered.
        pin: Option<String>,
    },
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
            Ok(json!({"tools": tools.collect::<Vec<_>>(), "grants": grants, "servers": servers(app)}))
        }
        ToolRequest::Put(grant) => {
            let name = &app.people.find(&grant.person)?.name;
            if grant.mode != Mode::Deny {
                known(app, &grant.tool)?;
            }
            app.store.put_grant(grant.clone(), "operator", now()).await?;
            Ok(json!({"done": in_words(&grant, name)}))
        }
        ToolRequest::Look { tool, pin } => look(app, &tool, pin.as_deref()).await,
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

/// How each MCP server is, and which of its tools nobody has looked at.
fn servers(app: &App) -> Vec<Value> {
    let one = |server: &std::sync::Arc<Server>| {
        let tools: Vec<Value> =
            server.seen().iter().map(|seen| json!({"tool": seen.name, "pinned": seen.pinned})).collect();
        json!({"server": server.name(), "trouble": server.trouble(), "tools": tools})
    };
    app.toolbox.servers().each().map(one).collect()
}

async fn look(app: &App, tool: &str, pin: Option<&str>) -> anyhow::Result<Value> {
    let found = app.toolbox.servers().of_tool(tool);
    let seen = found
        .and_then(|(server, own)| Some((server, server.seen().into_iter().find(|seen| seen.name == own)?)));
    let Some((server, seen)) = seen else {
        let next = "`understudy tools list` shows them, while `understudy run` runs";
        return Err(Hint::new(format!("no MCP server that runs has a tool `{tool}`"), next).into());
    };
    let Some(pin) = pin else {
        return Ok(json!({"tool": tool, "description": seen.description, "schema": seen.schema,
                         "sha256": seen.sha256, "pinned": seen.pinned}));
    };
    // Between the look and the yes it may have changed again.
    if pin != seen.sha256 {
        return Err(
            Hint::new(format!("{tool} is not what you looked at any more"), "look at it again").into()
        );
    }
    app.store.pin(server.name(), &seen.name, &seen.sha256, "operator", now()).await?;
    server.look_again();
    Ok(
        json!({"done": format!("{tool} can be allowed as it is now; if it changes, it is off until you look again")}),
    )
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
