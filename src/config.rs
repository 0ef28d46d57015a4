//! Settings: defaults here, then `understudy.toml`, then the environment (a `.env` file is read).
//!
//! Each field is documented once, in [`SETTINGS`]; `.env.example` mirrors that table and a test compares them.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::error::Hint;

/// A setting: its key in `understudy.toml`, its variable, its default, and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Key in `understudy.toml`.
    pub key: &'static str,
    /// Environment variable.
    pub variable: &'static str,
    /// Default as text; empty means unset.
    pub default: &'static str,
    /// Meaning, unit and allowed values.
    pub meaning: &'static str,
}

const fn setting(
    key: &'static str,
    variable: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { key, variable, default, meaning }
}

/// Every setting.
pub const SETTINGS: [Setting; 19] = [
    setting(
        "data",
        "UNDERSTUDY_DATA",
        "./data",
        "Directory of everything that is kept: database, notes, adapters, files.",
    ),
    setting("listen", "UNDERSTUDY_LISTEN", "127.0.0.1:7979", "Address and port of the console."),
    setting(
        "console_url",
        "UNDERSTUDY_CONSOLE_URL",
        "",
        "Address under which people reach the console, for links in mails and cards; unset: http:// and `listen`.",
    ),
    setting(
        "people",
        "UNDERSTUDY_PEOPLE",
        "./adapters",
        "Directory with one folder per person, each with a person.toml; the shipped adapters `starter` and `reranker` lie there as well.",
    ),
    setting(
        "models",
        "UNDERSTUDY_MODELS",
        "",
        "Directory of model files; unset: `models` below the data directory if that is there, else ~/.cache/understudy/models.",
    ),
    setting(
        "base",
        "UNDERSTUDY_BASE",
        "smollm2-135m-instruct",
        "Base model: a name of the catalogue or a path to a GGUF file.",
    ),
    setting(
        "embedding",
        "UNDERSTUDY_EMBEDDING",
        "all-minilm-l6-v2",
        "Embedding model: a name of the catalogue or a path to a GGUF file.",
    ),
    setting(
        "hearing",
        "UNDERSTUDY_HEARING",
        "whisper-tiny.en",
        "Hearing model, for voice notes: a name of the catalogue or a path to a ggml file of Whisper.",
    ),
    setting("engine_threads", "UNDERSTUDY_ENGINE_THREADS", "0", "Compute threads; 0: one per core."),
    setting(
        "engine_memory_mb",
        "UNDERSTUDY_ENGINE_MEMORY_MB",
        "1024",
        "Megabytes for weights, adapters, contexts and prefixes together (128 to 1048576).",
    ),
    setting(
        "engine_context_tokens",
        "UNDERSTUDY_ENGINE_CONTEXT_TOKENS",
        "2048",
        "Longest prompt plus reply, in tokens (1024 to 32768).",
    ),
    setting("workers", "UNDERSTUDY_WORKERS", "4", "Messages answered side by side (1 to 64)."),
    setting(
        "mind",
        "UNDERSTUDY_MIND",
        "model",
        "Who answers: `model`, or `scripted` for tests of the plumbing.",
    ),
    setting(
        "qdrant_url",
        "QDRANT_URL",
        "",
        "gRPC address of a Qdrant server, for example http://127.0.0.1:6334; unset: the notes are kept in this process.",
    ),
    setting("qdrant_api_key", "QDRANT_API_KEY", "", "Key for that server."),
    setting(
        "slack_api",
        "UNDERSTUDY_SLACK_API",
        "https://slack.com/api",
        "Base address of Slack's Web API; plain http only on this machine, for tests.",
    ),
    setting(
        "mcp",
        "UNDERSTUDY_MCP",
        "./mcp.toml",
        "File that names MCP servers, whose tools understudies can be allowed to use; none when it is missing.",
    ),
    setting(
        "canaries",
        "UNDERSTUDY_CANARIES",
        "",
        "Words, separated by commas, that are never said: planted in notes that nobody should quote, they show a leak.",
    ),
    setting(
        "log",
        "UNDERSTUDY_LOG",
        "info",
        "Log filter: error, warn, info, debug, or per module such as understudy::turn=debug.",
    ),
];

/// All settings, read and checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "SETTINGS documents every field")]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    #[serde(default)]
    pub console_url: String,
    pub people: PathBuf,
    #[serde(default)]
    pub models: String,
    pub base: String,
    pub embedding: String,
    pub hearing: String,
    pub engine_threads: usize,
    pub engine_memory_mb: u64,
    pub engine_context_tokens: u32,
    pub workers: usize,
    pub mind: MindKind,
    #[serde(default)]
    pub qdrant_url: String,
    #[serde(default)]
    pub qdrant_api_key: String,
    pub slack_api: String,
    pub mcp: PathBuf,
    #[serde(default)]
    pub canaries: String,
    pub log: String,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MindKind {
    /// The language model.
    Model,
    /// A script that echoes, for tests of the plumbing.
    Scripted,
}

impl Config {
    /// Reads the settings for a process started in `dir`.
    ///
    /// # Errors
    /// When a value is malformed or out of range, or a key unknown; the message names it and what is allowed.
    pub fn load(dir: &Path) -> Result<Self, Hint> {
        dotenvy::from_path(dir.join(".env")).ok();
        Self::read(dir, |variable| std::env::var(variable).ok())
    }

    fn read(dir: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Hint> {
        let mut builder = config::Config::builder();
        for setting in SETTINGS {
            builder = builder.set_default(setting.key, setting.default).map_err(|e| refuse(&e))?;
        }
        let file = dir.join("understudy.toml");
        builder = builder.add_source(config::File::from(file).required(false));
        for setting in SETTINGS {
            let value = variable(setting.variable).filter(|value| !value.trim().is_empty());
            builder = builder.set_override_option(setting.key, value).map_err(|e| refuse(&e))?;
        }
        let built = builder.build().map_err(|e| refuse(&e))?;
        let given = |s: &Setting| built.get_string(s.key).unwrap_or_default();
        let config: Self = built
            .clone()
            .try_deserialize()
            .map_err(|e| setting_of(&e).map_or_else(|| refuse(&e), |s| cant_be(s, &given(s))))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Hint> {
        let ranges: [(&str, u64, std::ops::RangeInclusive<u64>); 4] = [
            ("engine_threads", self.engine_threads as u64, 0..=256),
            ("engine_memory_mb", self.engine_memory_mb, 128..=1 << 20),
            ("engine_context_tokens", self.engine_context_tokens.into(), 1024..=32_768),
            ("workers", self.workers as u64, 1..=64),
        ];
        for (key, value, range) in ranges {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(bad_value(key, &value.to_string(), &format!("a number from {low} to {high}")));
            }
        }
        if !self.qdrant_url.is_empty() && !self.qdrant_url.starts_with("http") {
            return Err(bad_value(
                "qdrant_url",
                &self.qdrant_url,
                "an address such as http://127.0.0.1:6334",
            ));
        }
        if !self.qdrant_api_key.is_empty() && self.qdrant_url.is_empty() {
            return Err(Hint::new(
                "QDRANT_API_KEY is set and QDRANT_URL is not",
                "set QDRANT_URL, or remove the key to keep the notes in this process",
            ));
        }
        if !self.console_url.is_empty()
            && !["http://", "https://"].iter().any(|begin| self.console_url.starts_with(begin))
        {
            return Err(bad_value(
                "console_url",
                &self.console_url,
                "an address such as https://understudy.example.com",
            ));
        }
        if !is_safe(&self.slack_api) {
            let allowed = "an https address; plain http is taken only for 127.0.0.1, localhost and [::1]";
            return Err(bad_value("slack_api", &self.slack_api, allowed));
        }
        Ok(())
    }

    /// Where people reach the console, without a slash at its end.
    #[must_use]
    pub fn console(&self) -> String {
        match self.console_url.trim_end_matches('/') {
            // Who listens everywhere is reached here.
            "" if self.listen.ip().is_unspecified() => format!("http://localhost:{}", self.listen.port()),
            "" => format!("http://{}", self.listen),
            url => url.to_owned(),
        }
    }

    /// Directory of the model files.
    #[must_use]
    pub fn models_dir(&self) -> PathBuf {
        if !self.models.is_empty() {
            return PathBuf::from(&self.models);
        }
        let below_data = self.data.join("models");
        match std::env::home_dir() {
            Some(home) if home.is_absolute() && !below_data.exists() => home.join(".cache/understudy/models"),
            _ => below_data,
        }
    }

    /// Compute threads after the default is filled in.
    #[must_use]
    pub fn threads(&self) -> usize {
        match self.engine_threads {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            n => n,
        }
    }
}

/// Whether tokens may be sent to an address: encrypted, or without leaving this machine.
pub(crate) fn is_safe(address: &str) -> bool {
    let own = |host: &str| {
        let rest = address.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
        // Up to the first slash it is a port and nothing else: "http://127.0.0.1:x@elsewhere" is elsewhere.
        let port = rest.map(|rest| rest.split_once('/').map_or(rest, |(port, _)| port));
        let digits =
            |port: &str| port.strip_prefix(':').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()));
        port.is_some_and(|port| port.is_empty() || digits(port))
    };
    address.starts_with("https://") || ["127.0.0.1", "localhost", "[::1]"].into_iter().any(own)
}

/// The setting whose value an error is about.
fn setting_of(e: &config::ConfigError) -> Option<&'static Setting> {
    let (config::ConfigError::Type { key, .. } | config::ConfigError::At { key, .. }) = e else {
        return None;
    };
    let key = key.as_deref()?;
    SETTINGS.iter().find(|s| s.key == key)
}

fn cant_be(s: &Setting, value: &str) -> Hint {
    let next = match s.default {
        "" => "remove it, or give it what it stands for".to_owned(),
        default => format!("remove it for the default, {default}, or give it what it stands for"),
    };
    let what = format!("the setting `{}` ({}) can't be `{value}`", s.key, s.variable);
    Hint::new(what, format!("{next}. {}", s.meaning))
}

fn refuse(e: &config::ConfigError) -> Hint {
    if let config::ConfigError::FileParse { cause, .. } = e {
        let marked = cause.to_string();
        let next = format!("mend the line that is marked here\n{}", marked.trim_end());
        return Hint::new("understudy.toml can't be read", next);
    }
    Hint::new(
        format!("the settings can't be read: {e}"),
        "compare understudy.toml and your variables with .env.example",
    )
}

fn bad_value(key: &str, value: &str, allowed: &str) -> Hint {
    let variable = SETTINGS.iter().find(|s| s.key == key).map_or("", |s| s.variable);
    Hint::new(format!("the setting `{key}` ({variable}) is {value}"), format!("it must be {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Config, Hint> {
        let dir = tempfile::tempdir().unwrap();
        Config::read(dir.path(), |variable| {
            pairs.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = with(&[]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.mind, MindKind::Model);
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_allowed() {
        for (variable, value, word) in [
            ("UNDERSTUDY_ENGINE_MEMORY_MB", "12", "128"),
            ("UNDERSTUDY_WORKERS", "0", "from 1 to 64"),
            ("UNDERSTUDY_MIND", "clever", "scripted"),
            ("UNDERSTUDY_LISTEN", "here", "UNDERSTUDY_LISTEN"),
            ("UNDERSTUDY_WORKERS", "many", "UNDERSTUDY_WORKERS"),
            (
                "UNDERSTUDY_WORKERS",
                "many",
                "`many`: remove it for the default, 4, or give it what it stands for. Messages answered side by side (1 to 64).",
            ),
            (
                "UNDERSTUDY_LISTEN",
                "here",
                "`here`: remove it for the default, 127.0.0.1:7979, or give it what it stands for. Address and port",
            ),
            ("QDRANT_URL", "localhost", "http://127.0.0.1:6334"),
            ("QDRANT_API_KEY", "x", "QDRANT_URL"),
            ("UNDERSTUDY_SLACK_API", "http://slack.example/api", "https"),
            ("UNDERSTUDY_SLACK_API", "http://127.0.0.1.example/api", "https"),
        ] {
            let text = with(&[(variable, value)]).unwrap_err().to_string();
            assert!(text.contains(word) && text.contains(variable), "{variable}: {text}");
        }
    }

    #[test]
    fn an_unknown_key_in_the_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("understudy.toml"), "lissten = \"x\"\n").unwrap();
        let text = Config::read(dir.path(), |_| None).unwrap_err().to_string();
        assert!(text.contains("lissten") && !text.contains("UNDERSTUDY_DATA"), "{text}");
        std::fs::write(dir.path().join("understudy.toml"), "workers = \"a\n").unwrap();
        let text = Config::read(dir.path(), |_| None).unwrap_err().to_string();
        assert!(text.starts_with("understudy.toml can't be read: mend the line"), "{text}");
        assert!(text.contains("line 1"), "{text}");
    }

    #[test]
    fn the_example_file_lists_every_setting_with_its_default() {
        let example = include_str!("../.env.example");
        for s in SETTINGS {
            assert!(example.contains(&format!("# {}\n", s.meaning)), "{} is not explained", s.variable);
            assert!(
                example.contains(&format!("#{}={}\n", s.variable, s.default)),
                "{} is missing",
                s.variable
            );
        }
        let lines = example.lines().filter(|l| l.starts_with('#') && l.contains('=') && !l.starts_with("# "));
        assert_eq!(lines.count(), SETTINGS.len(), "the example has a setting that does not exist");
    }
}
