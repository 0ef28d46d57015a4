//! A message on its way in.

use serde::{Deserialize, Serialize};

use super::{Audience, Conversation, PersonId, ReaderId};

/// The surface a message came in by and its reply leaves by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The web console.
    Console,
    /// `understudy ask`.
    Cli,
    /// A Slack workspace.
    Slack,
    /// A mailbox.
    Mail,
}

impl Channel {
    /// The name in the database and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Cli => "cli",
            Self::Slack => "slack",
            Self::Mail => "mail",
        }
    }
}

impl std::str::FromStr for Channel {
    type Err = UnknownChannel;
    fn from_str(name: &str) -> Result<Self, UnknownChannel> {
        match name {
            "console" => Ok(Self::Console),
            "cli" => Ok(Self::Cli),
            "slack" => Ok(Self::Slack),
            "mail" => Ok(Self::Mail),
            _ => Err(UnknownChannel(name.to_owned())),
        }
    }
}

/// A channel name that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown channel `{0}`")]
pub struct UnknownChannel(String);

/// A message as a channel hands it to the inbox: no vendor types, nothing decided yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// Where it came from.
    pub channel: Channel,
    /// The channel's own key of this message; a repeat of (channel, key) is dropped.
    pub key: String,
    /// The thread it belongs to.
    pub conversation: Conversation,
    /// The person who is addressed.
    pub person: PersonId,
    /// Who wrote it.
    pub requester: Requester,
    /// Who will see the reply.
    pub audience: Audience,
    /// What it says.
    pub text: String,
    /// Files that came with it, by content hash.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// A file that came with a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name its sender gave it.
    pub name: String,
    /// Size of the content.
    pub size_bytes: u64,
    /// SHA-256 of the content, in hex; empty while the content is not here.
    pub sha256: String,
    /// What its channel calls it, where the content has to be fetched; empty otherwise.
    #[serde(default)]
    pub source: String,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// The id that readers lists use.
    pub id: ReaderId,
    /// The name to show.
    pub name: String,
    /// What they are to the company and to the person addressed.
    pub standing: Standing,
}

/// What a requester is to the company; later variants may less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The person who is stood in for, or who answers for the understudy.
    Owner,
    /// Runs this installation.
    Admin,
    /// A colleague.
    Member,
    /// Signed in, but not a colleague.
    Guest,
    /// Nobody knows.
    Unknown,
}
