//! What strangers send, made readable: bytes in, text and facts about it out.
//!
//! Mail and pages are written by whoever likes to, so they are read in a process of their own (the binary
//! `understudy-ears`, one process per mail or document), which has limits and dies alone. This library is what that
//! process does to mail, and the wire types that its parent reads; the parent itself calls only [`html`], for notes,
//! and [`sniff()`]. What opens documents and what hears is in the binary alone, so that none of it is linked into the
//! parent: its llama.cpp and our whisper.cpp would clash.
//!
//! Architecture invariant: nothing here knows the network, the store, or who is allowed what.

#![forbid(unsafe_code)]

mod document;
mod headers;
pub mod html;
mod letter;
mod nesting;
mod report;
mod sniff;
mod sound;

use serde::{Deserialize, Serialize};

pub use document::{DOCUMENT_MAX_BYTES, DOCUMENT_TEXT_MAX_BYTES, Document, Kind, Opened, Section, Trouble};
pub use headers::{HEADER_MAX_BYTES, HEADERS_MAX};
pub use letter::{enclosed, read};
pub use report::{Delivery, Report};
pub use sniff::{is_zip, sniff};
pub use sound::{
    Decoded, HINT_MAX_BYTES, Hears, Listen, SAMPLE_RATE_HZ, SOUND_MAX_BYTES, SOUND_MAX_S, Sound, Speech,
    Stretch, Utterance, Window,
};

/// Most bytes of a mail that is read.
pub const MAIL_MAX_BYTES: usize = 25 * 1024 * 1024;
/// Most parts of a mail.
pub const PARTS_MAX: usize = 200;
/// Most parts inside each other.
pub const DEPTH_MAX: usize = 20;
/// Most addresses in To and Cc together.
pub const RECIPIENTS_MAX: usize = 100;
/// Most files that come with a mail.
pub const ENCLOSURES_MAX: usize = 10;
/// Most bytes of one of them.
pub const ENCLOSURE_MAX_BYTES: usize = 20 * 1024 * 1024;
/// Most bytes of text that are handed on.
pub const TEXT_MAX_BYTES: usize = 200 * 1024;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// It was read.
    Letter(Box<Letter>),
    /// It is over a limit, which the sentence names.
    OverLimit(String),
}

/// A mail as the parent sees it: nothing in it is believed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Every header field in order: its name as it was written, and its value unfolded but not decoded.
    pub headers: Vec<(String, String)>,
    /// The decoded subject.
    pub subject: String,
    /// The decoded display name of From.
    pub from_name: String,
    /// Addresses of To and Cc.
    pub recipients: Vec<String>,
    /// Its Message-ID without brackets, or nothing.
    pub message_id: String,
    /// The ids that it says it answers, nearest last, without brackets.
    pub references: Vec<String>,
    /// The ids in In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// When it says it was written, in Unix seconds.
    pub written_at: Option<i64>,
    /// What a reader sees, quotes included.
    pub text: String,
    /// SHA-256 of everything after the headers, in hex.
    pub body_sha256: String,
    /// The files that came with it.
    pub enclosures: Vec<Enclosure>,
    /// Whether it reports on another mail: a bounce or a receipt.
    pub is_report: bool,
    /// What it reports on the delivery of another mail.
    #[serde(default)]
    pub report: Option<Report>,
    /// Whether a part of it is encrypted and therefore unread.
    pub is_encrypted: bool,
    /// Whether it carries an invitation or an answer to one.
    pub is_calendar: bool,
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// The name its sender gave it, or what it is.
    pub name: String,
    /// Size of the decoded content.
    pub size_bytes: u64,
    /// SHA-256 of the decoded content, in hex.
    pub sha256: String,
}

impl Letter {
    /// The values of a header, by its name in any case.
    pub fn all<'l>(&'l self, name: &'l str) -> impl Iterator<Item = &'l str> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The first value of a header, or nothing.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}
