//! What a `person.toml` says about the person's mailbox.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// The `[mail]` table of a `person.toml`.
///
/// It names a variable for the password, never the password, so the file can be shared and kept under version
/// control. People whose tables name the same server and user share one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailBox {
    /// The address that the understudy writes from; `name+tag@` counts as it too.
    pub address: String,
    /// Other addresses by which the person's understudy is addressed.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Where mail is read: `imaps://host` or `imap://127.0.0.1:port`.
    pub imap: String,
    /// Where mail is handed in: `submissions://host` (TLS from the start), `submission://host` (STARTTLS) or
    /// `smtp://127.0.0.1:port`.
    pub smtp: String,
    /// The name to sign in with; the address when it is missing.
    #[serde(default)]
    pub user: Option<String>,
    /// Environment variable of the password; without one somebody signs in by `oauth`.
    #[serde(default)]
    pub password: Option<String>,
    /// Signing in with tokens instead of a password.
    #[serde(default)]
    pub oauth: Option<OauthSettings>,
    /// A PEM file with the authority that signed the servers' certificates, when it is the company's own.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The name under which the company's mail server writes `Authentication-Results`; without it nobody is
    /// believed to be who they say.
    #[serde(default)]
    pub authserv_id: Option<String>,
    /// Whether signatures (DKIM) are checked here, because the mail server says nothing about senders; not beside
    /// `authserv_id`.
    #[serde(default)]
    pub check_dkim: bool,
    /// Which DNS server is asked for the keys of signatures; those of the machine when it is missing.
    #[serde(default)]
    pub dns: Option<SocketAddr>,
    /// Domains whose people are colleagues.
    #[serde(default)]
    pub colleagues: Vec<String>,
    /// Addresses of programs that are answered although programs are not.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Whose mail is answered without the owner's yes; nobody's when it is missing.
    #[serde(default)]
    pub automatic: Vec<SenderClass>,
    /// Whether a copy of each reply goes to the mailbox itself, so that a reply whose end is unknown can be found.
    #[serde(default = "yes")]
    pub copy_to_self: bool,
    /// The folder of what was sent; it is searched before a reply whose end is unknown is sent again.
    #[serde(default = "sent")]
    pub sent: String,
    /// Whether a copy of each reply is filed there; off where the server does so by itself.
    #[serde(default = "yes")]
    pub file_copy: bool,
    /// Whether colleagues who were asked in front of, and have written before, get the reply too.
    #[serde(default)]
    pub reply_all: bool,
    /// Addresses of admins who may have mail remembered as notes; the owner always may.
    #[serde(default)]
    pub may_teach: Vec<String>,
    /// Seconds that a reply whose end is unknown is looked for before the same bytes are sent again.
    #[serde(default = "ten_minutes")]
    pub resend_after_s: u32,
    /// Seconds without a look at the mailbox after which its owner is told.
    #[serde(default = "ten_minutes")]
    pub alarm_after_s: u32,
}

/// The `[mail.oauth]` table of a `person.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthSettings {
    /// Who gives out tokens.
    pub provider: OauthKind,
    /// The id under which the company has registered its understudy there.
    pub client_id: String,
    /// Environment variable of the secret that Google gives desktop clients.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// The company's directory at Microsoft; any company's when it is missing.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Another address of the page where people sign in.
    #[serde(default)]
    pub authorize_url: Option<String>,
    /// Another address that gives out codes for devices.
    #[serde(default)]
    pub device_url: Option<String>,
    /// Another address that gives out tokens.
    #[serde(default)]
    pub token_url: Option<String>,
}

/// Who gives out tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OauthKind {
    /// Microsoft 365: by a code that is typed in any browser.
    Microsoft,
    /// Google: by a page in a browser on this machine.
    Google,
}

/// Who wrote a mail, as far as drafts are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderClass {
    /// Whoever owns the understudy.
    Owner,
    /// People of the domains in `colleagues`.
    Colleagues,
    /// Everybody else who is who they say.
    Others,
}

fn yes() -> bool {
    true
}

fn ten_minutes() -> u32 {
    600
}

fn sent() -> String {
    "Sent".to_owned()
}
