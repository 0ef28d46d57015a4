//! What a `person.toml` says about services that an understudy may act in: calendar, GitHub, the person's own mailbox.
//!
//! The tables name variables, never secrets, so the file can be shared and kept under version control.

use std::path::PathBuf;

use serde::Deserialize;

/// The `[calendar]` table of a `person.toml`: one calendar, spoken to by `CalDAV` (RFC 4791).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarBox {
    /// The address of the calendar itself, such as `https://dav.example.com/calendars/bob/work/`.
    pub url: String,
    /// The name to sign in with.
    pub user: String,
    /// Environment variable of the password; with Google, iCloud and Fastmail one for apps.
    pub password: String,
}

/// The `[github]` table of a `person.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GithubAccount {
    /// Environment variable of the token, best one of an account of the understudy's own.
    pub token: String,
    /// The only repositories that are read and written, as `owner/name`; the first one is meant when none is named.
    pub repositories: Vec<String>,
    /// Where the API is; another one for GitHub Enterprise.
    #[serde(default = "github_api")]
    pub api: String,
}

/// The `[mailbox]` table of a `person.toml`: the person's own mailbox, which is not the one their understudy is written to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnMailbox {
    /// Where it is read: `imaps://host` or `imap://127.0.0.1:port`.
    pub imap: String,
    /// The name to sign in with.
    pub user: String,
    /// Environment variable of the password; best one for this use only.
    pub password: String,
    /// The folder that is looked into.
    #[serde(default = "inbox")]
    pub folder: String,
    /// The folder where drafts are laid.
    #[serde(default = "drafts")]
    pub drafts: String,
    /// A PEM file with the authority that signed the server's certificate, when it is the company's own.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

fn inbox() -> String {
    "INBOX".to_owned()
}

fn drafts() -> String {
    "Drafts".to_owned()
}

fn github_api() -> String {
    "https://api.github.com".to_owned()
}
