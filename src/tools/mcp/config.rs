//! Which MCP servers there are, from a file of its own.

use std::{collections::BTreeMap, path::Path, time::Duration};

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::{config::is_safe, domain::Effect, error::Hint};

/// What the program's own tools begin with, which no server may be called.
const OWN: [&str; 6] = ["notes", "remind", "calendar", "github", "mail", "slack"];

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name, with which its tools' names begin.
    pub name: String,
    /// How it is reached.
    pub reached: Reached,
    /// What it alone gets: variables of its process, or headers of each request, and their values.
    pub secrets: Vec<(String, String)>,
    /// Tools of which an admin says that they only look.
    pub reads: Vec<String>,
    /// How long one call may take.
    pub patience: Duration,
    /// Tools of which an admin says that doing them twice is doing them once.
    pub repeatable: Vec<String>,
    /// What an admin says that a tool does.
    pub about: BTreeMap<String, String>,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// As a process of its own, by standard input and output: the program and its arguments.
    Process(Vec<String>),
    /// By streamable HTTP, at this address.
    Http(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    servers: BTreeMap<String, Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    url: String,
    /// Its variable or header, and the variable of ours that holds the value.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// Seconds that a call may take, 1 to 600.
    #[serde(default = "patience_s")]
    patience_s: u64,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    repeatable: Vec<String>,
    #[serde(default)]
    about: BTreeMap<String, String>,
}

fn patience_s() -> u64 {
    30
}

impl ServerConfig {
    /// What a model is told that a tool does: the admin's words or the tool's name, never the server's description.
    #[must_use]
    pub fn about(&self, tool: &str) -> String {
        self.about.get(tool).cloned().unwrap_or_else(|| tool.replace(['_', '-', '.'], " "))
    }

    /// What a tool does, by the admin's word: the server's own hints are not trusted.
    #[must_use]
    pub fn effect(&self, tool: &str) -> Effect {
        if self.reads.iter().any(|name| name == tool) { Effect::Read } else { Effect::Send }
    }
}

/// Reads the file; a missing one names no server.
pub(super) fn read(
    file: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<ServerConfig>, Hint> {
    let name = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => {
            return Err(Hint::new(format!("can't read {name}: {e}"), "check the file and its permissions"));
        }
    };
    let parsed: File = toml::from_str(&text)
        .map_err(|e| Hint::new(format!("{name} is malformed"), e.to_string().trim().replace('\n', " ")))?;
    let mut servers = Vec::new();
    for (server, table) in parsed.servers {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let taken = OWN.contains(&server.as_str());
        if server.is_empty() || server.len() > 30 || !server.chars().all(slug) || taken {
            let what = format!("`{server}` in {name} can't be the name of a server");
            return Err(Hint::new(what, format!("use a-z, 0-9 and -, and none of {}", OWN.join(", "))));
        }
        let reached = match (table.command.is_empty(), table.url.is_empty()) {
            (false, true) => Reached::Process(table.command),
            (true, false) if is_safe(&table.url) => Reached::Http(table.url),
            (true, false) => {
                let what = format!("the address of the server `{server}` in {name} is {}", table.url);
                return Err(Hint::new(what, "use https; plain http is taken only for this machine"));
            }
            (none, _) => {
                let has = if none { "neither a command nor a url" } else { "a command and a url" };
                let what = format!("the server `{server}` in {name} has {has}");
                return Err(Hint::new(what, "name its program, or its address"));
            }
        };
        let mut secrets = Vec::new();
        for (theirs, ours) in table.secrets {
            let value = variable(&ours).filter(|value| !value.is_empty()).ok_or_else(|| {
                let what =
                    format!("the server `{server}` in {name} needs the variable {ours}, which is not set");
                Hint::new(what, "set it, for example in .env, or take the server out")
            })?;
            if matches!(reached, Reached::Http(_)) && !is_header(&theirs, &value) {
                let what = format!("the server `{server}` in {name} can't be sent {theirs} as a header");
                return Err(Hint::new(what, format!("check the name, and the value of {ours}")));
            }
            secrets.push((theirs, value));
        }
        let Table { reads, repeatable, patience_s, about, .. } = table;
        let patience = Duration::from_secs(patience_s.clamp(1, 600));
        servers.push(ServerConfig { name: server, reached, secrets, patience, reads, repeatable, about });
    }
    Ok(servers)
}

fn is_header(name: &str, value: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_not_be_used_is_named_with_the_next_step() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mcp.toml");
        assert_eq!(read(&file, |_| None).unwrap(), []);
        for (text, word) in [
            ("servers = 3", "malformed"),
            ("[servers.notes]\ncommand = [\"x\"]", "can't be the name"),
            ("[servers.\"a.b\"]\ncommand = [\"x\"]", "can't be the name"),
            ("[servers.calendar]\ncommand = [\"x\"]", "can't be the name"),
            ("[servers.a]\ncommand = []", "neither a command nor a url"),
            ("[servers.a]\ncommand = [\"x\"]\nurl = \"https://x\"", "a command and a url"),
            ("[servers.a]\nurl = \"http://mcp.example/\"", "use https"),
            ("[servers.a]\nurl = \"https://x\"\nsecrets = {\"no header\" = \"A\"}", "as a header"),
            ("[servers.a]\ncommand = [\"x\"]\nsecrets = {T = \"A_TOKEN\"}", "A_TOKEN"),
        ] {
            std::fs::write(&file, text).unwrap();
            let said = read(&file, |name| (name == "A").then(|| "s3".to_owned())).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
        std::fs::write(
            &file,
            "[servers.a]\ncommand = [\"x\", \"y\"]\nsecrets = {T = \"A\"}\nreads = [\"look\"]",
        )
        .unwrap();
        let server = read(&file, |name| (name == "A").then(|| "s3".to_owned())).unwrap().remove(0);
        assert_eq!(server.secrets, [("T".to_owned(), "s3".to_owned())]);
        assert_eq!((server.effect("look"), server.effect("do")), (Effect::Read, Effect::Send));
    }
}
