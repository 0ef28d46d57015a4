//! Which MCP servers there are, from a file of its own.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::Deserialize;

use crate::{domain::Effect, error::Hint};

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name, with which its tools' names begin.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Its variables and their values.
    pub env: Vec<(String, String)>,
    /// Tools of which an admin says that they only look.
    pub reads: Vec<String>,
    /// How long one call may take.
    pub patience: Duration,
    /// Tools of which an admin says that doing them twice is doing them once.
    pub repeatable: Vec<String>,
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
    command: Vec<String>,
    /// Its variable, and the variable of ours that holds the value.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// Seconds that a call may take, 1 to 600.
    #[serde(default = "patience_s")]
    patience_s: u64,
    #[serde(default)]
    reads: Vec<String>,
    #[serde(default)]
    repeatable: Vec<String>,
}

fn patience_s() -> u64 {
    30
}

impl ServerConfig {
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
        let taken = ["notes", "remind"].contains(&server.as_str());
        if server.is_empty() || server.len() > 30 || !server.chars().all(slug) || taken {
            let what = format!("`{server}` in {name} can't be the name of a server");
            return Err(Hint::new(what, "use a-z, 0-9 and -, and neither notes nor remind"));
        }
        if table.command.is_empty() {
            return Err(Hint::new(
                format!("the server `{server}` in {name} has no command"),
                "name its program first",
            ));
        }
        let mut env = Vec::new();
        for (theirs, ours) in table.secrets {
            let value = variable(&ours).filter(|value| !value.is_empty()).ok_or_else(|| {
                let what =
                    format!("the server `{server}` in {name} needs the variable {ours}, which is not set");
                Hint::new(what, "set it, for example in .env, or take the server out")
            })?;
            env.push((theirs, value));
        }
        let Table { command, reads, repeatable, patience_s, .. } = table;
        let patience = Duration::from_secs(patience_s.clamp(1, 600));
        servers.push(ServerConfig { name: server, command, env, patience, reads, repeatable });
    }
    Ok(servers)
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
            ("[servers.a]\ncommand = []", "no command"),
            ("[servers.a]\ncommand = [\"x\"]\nsecrets = {T = \"A_TOKEN\"}", "A_TOKEN"),
        ] {
            std::fs::write(&file, text).unwrap();
            let said = read(&file, |_| None).unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        }
        std::fs::write(
            &file,
            "[servers.a]\ncommand = [\"x\", \"y\"]\nsecrets = {T = \"A\"}\nreads = [\"look\"]",
        )
        .unwrap();
        let server = read(&file, |name| (name == "A").then(|| "s3".to_owned())).unwrap().remove(0);
        assert_eq!(server.env, [("T".to_owned(), "s3".to_owned())]);
        assert_eq!((server.effect("look"), server.effect("do")), (Effect::Read, Effect::Send));
    }
}
