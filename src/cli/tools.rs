//! `understudy tools`.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::Value;

use super::control::call;
use crate::{
    config::Config,
    domain::{Grant, Integrity, Mode, PersonId, Standing},
    ops::{Request, ToolRequest},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists every tool, and what a person's understudy may.
    List {
        /// Whose understudy.
        #[arg(short, long, value_name = "PERSON")]
        person: Option<PersonId>,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lets an understudy use a tool, at once or with a yes each time.
    Allow {
        /// Whose understudy.
        person: PersonId,
        /// Which tool, as `tools list` shows it.
        tool: String,
        /// When who asks; whoever is trusted more may as well.
        #[arg(long = "for", value_name = "WHO", default_value = "owner")]
        class: Class,
        /// Asks the owner or an admin each time.
        #[arg(long)]
        ask: bool,
        /// The least trusted words that may lead to it: beyond them what is on asks, and what asks is off [default: internal,
        /// external with --ask]
        #[arg(long, value_name = "WORDS")]
        up_to: Option<Taint>,
    },
    /// Shows a tool of an MCP server as it is now; with `--pin` and the hash shown, lets it be used as it is.
    Look {
        /// Which, as `tools list` shows it: `server.tool`.
        tool: String,
        /// The hash that was shown.
        #[arg(long, value_name = "SHA256")]
        pin: Option<String>,
    },
    /// Switches a tool off; with `--for`, only when these people or less trusted ones ask.
    Deny {
        /// Whose understudy.
        person: PersonId,
        /// Which tool.
        tool: String,
        /// When who asks; without it everything that was allowed is taken back.
        #[arg(long = "for", value_name = "WHO")]
        class: Option<Class>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Class {
    Owner,
    Admin,
    Member,
    Guest,
    Unknown,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Taint {
    Owner,
    Admin,
    Internal,
    Tool,
    External,
}

impl From<Class> for Standing {
    fn from(class: Class) -> Self {
        match class {
            Class::Owner => Self::Owner,
            Class::Admin => Self::Admin,
            Class::Member => Self::Member,
            Class::Guest => Self::Guest,
            Class::Unknown => Self::Unknown,
        }
    }
}

impl From<Taint> for Integrity {
    fn from(taint: Taint) -> Self {
        match taint {
            Taint::Owner => Self::Owner,
            Taint::Admin => Self::Admin,
            Taint::Internal => Self::Internal,
            Taint::Tool => Self::Tool,
            Taint::External => Self::External,
        }
    }
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let request = match command {
        Command::List { person, json } => return list(config, person, json).await,
        Command::Allow { person, tool, class, ask, up_to } => {
            // What waits for a yes anyway may be asked for by anybody's words.
            let (mode, usual) =
                if ask { (Mode::Ask, Taint::External) } else { (Mode::Allow, Taint::Internal) };
            let highest_taint = up_to.unwrap_or(usual).into();
            ToolRequest::Put(Grant { person, tool, class: class.into(), highest_taint, mode })
        }
        Command::Look { tool, pin: None } => return look(config, tool).await,
        Command::Look { tool, pin } => ToolRequest::Look { tool, pin },
        Command::Deny { person, tool, class: None } => ToolRequest::Off { person, tool },
        Command::Deny { person, tool, class: Some(class) } => {
            let class = class.into();
            ToolRequest::Put(Grant {
                person,
                tool,
                class,
                highest_taint: Integrity::External,
                mode: Mode::Deny,
            })
        }
    };
    let answer = call(config, Request::Tools(request)).await?;
    println!("{}", answer.get("done").and_then(Value::as_str).unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

async fn look(config: Config, tool: String) -> anyhow::Result<ExitCode> {
    let answer = call(config, Request::Tools(ToolRequest::Look { tool, pin: None })).await?;
    let of = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    println!("{} ({})", of("tool"), of("pinned"));
    // Its words are a stranger's: control characters could draw anything on a terminal.
    let plain: String =
        of("description").chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    println!("{plain}");
    println!("{}", answer.get("schema").map(Value::to_string).unwrap_or_default());
    println!("sha256 {}", of("sha256"));
    Ok(ExitCode::SUCCESS)
}

async fn list(config: Config, person: Option<PersonId>, json: bool) -> anyhow::Result<ExitCode> {
    let answer = call(config, Request::Tools(ToolRequest::List { person })).await?;
    if json {
        super::print_json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let rows = |key: &str| answer.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    for tool in rows("tools") {
        let of = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
        let names = tool.get("arguments").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = names.filter_map(Value::as_str).collect();
        println!("{}({})  {}: {}", of("tool"), names.join(", "), of("effect"), of("about"));
    }
    for server in rows("servers") {
        let name = server.get("server").and_then(Value::as_str).unwrap_or_default();
        if let Some(why) = server.get("trouble").and_then(Value::as_str) {
            println!("{name}  does not run: {why}");
        }
        for tool in server.get("tools").and_then(Value::as_array).into_iter().flatten() {
            let of = |key: &str| tool.get(key).and_then(Value::as_str).unwrap_or_default();
            let next = match of("pinned") {
                "same" => continue,
                "changed" => "has changed, so it is off",
                _ => "is new, so it is off",
            };
            println!(
                "{name}.{}  {next}; look at it with `understudy tools look {name}.{}`",
                of("tool"),
                of("tool")
            );
        }
    }
    for grant in rows("grants") {
        let of = |key: &str| grant.get(key).and_then(Value::as_str).unwrap_or_default();
        println!(
            "{}  {} for {}, up to words of {}",
            of("mode"),
            of("tool"),
            of("class"),
            of("highest_taint")
        );
    }
    Ok(ExitCode::SUCCESS)
}
