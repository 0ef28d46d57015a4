//! Tools: what an understudy can do besides answering.
//!
//! A person asks for something to be done; the model names a tool and its arguments; permission decides; the tool runs
//! once and gives a receipt, and only then is "done" said. Kept: one row per action (in the store), written before the
//! tool is called and ended with its receipt. After a crash in between, a tool that may be repeated is called again with
//! the same key, and any other one is reported as uncertain, never repeated.
//!
//! Architecture invariant: a tool knows no channel and no model.

mod calendar;
mod check;
mod edited;
mod github;
pub mod hands;
pub mod mcp;
mod remember;
mod remind;
pub mod schema;
mod search;
mod when;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use check::check;
pub use edited::{edited, shown};
pub use hands::Hands;
pub use schema::Schema;

use crate::{
    domain::{
        Audience, Channel, Effect, InboxId, Integrity, Members, Passage, PersonId, ReaderId, Readers,
        Recipients, Requester,
    },
    error::Hint,
    memory::{Embed, Notes},
    people::{People, Person},
    store::{Reminding, Store},
};
/// What a tool can do after a crash in the middle of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reconcile {
    /// The same key does the same thing only once, so it is called again.
    Repeatable,
    /// Nobody can tell whether it happened, so a person has to look.
    Once,
}

/// Who asked for what to be done, as it was when it was proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who asked.
    pub requester: Requester,
    /// Who reads what is said of it.
    pub audience: Audience,
    /// How the request came.
    pub channel: Channel,
    /// The least trusted of all words that led to it.
    pub label: Integrity,
    /// Whom the arguments name.
    pub recipients: Recipients,
}

/// One call of a tool.
pub struct Call<'c> {
    /// Whose understudy acts.
    pub person: &'c Person,
    /// Who asked, and who reads along.
    pub request: &'c Request,
    /// The message that led to it.
    pub inbox: InboxId,
    /// The same for every try of the same action.
    pub key: &'c str,
    /// The same for every try, and of no other action of any installation: what the outside world knows it by.
    pub mark: Uuid,
    /// Mends what is said later than the reply to this message.
    pub later: &'c (dyn Fn(&str) -> String + Send + Sync),
    /// Checked against the tool's schema.
    pub arguments: &'c Value,
    /// When it was proposed, in Unix seconds.
    pub asked_at: i64,
    /// Whether the program ended in the middle of an earlier try.
    pub is_again: bool,
    /// Unix seconds.
    pub now: i64,
    /// The store.
    pub store: &'c Store,
    /// The notes.
    pub notes: &'c dyn Notes,
    /// Turns texts into vectors.
    pub embed: &'c dyn Embed,
}

impl Call<'_> {
    /// A text argument, without white space around it; empty when it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(Value::as_str).unwrap_or_default().trim()
    }

    /// The requester and the owner, who may read what only they know.
    #[must_use]
    pub fn both(&self) -> Readers {
        Readers::Only(BTreeSet::from([self.request.requester.id.clone(), self.person.owner.clone()]))
    }
}

/// What a tool did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// One or two sentences for whoever asked, made by code.
    pub told: String,
    /// What it made, so that it can be found again.
    pub receipt: String,
    /// What it read, for the reply to rest on; never trusted.
    pub found: Vec<Passage>,
}

/// Why a tool did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// It was not done; the sentence says why and what to do.
    #[error("{0}")]
    NotDone(String),
    /// It may have been done.
    #[error("{0}")]
    Unknown(String),
}

/// Something an understudy can do.
#[async_trait]
pub trait Tool: Send + Sync {
    /// Its name, such as `notes.remember`.
    fn name(&self) -> &str;

    /// What it does, in a few words for the model and for people.
    fn about(&self) -> &str;

    /// What it does to the world.
    fn effect(&self) -> Effect;

    /// Its arguments.
    fn schema(&self) -> &Schema;

    /// What can be done after a crash in the middle of it.
    fn reconcile(&self) -> Reconcile;

    /// Whether what it tells holds words of others, such as a title that somebody else chose.
    fn quotes(&self) -> bool {
        false
    }

    /// Does it.
    ///
    /// # Errors
    /// [`ToolError`]; nothing happened unless it says that it may have.
    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError>;
}

/// Every tool of this installation.
pub struct Toolbox {
    own: Vec<Arc<dyn Tool>>,
    servers: mcp::Servers,
}

impl Toolbox {
    /// The tools that come with the program, those of services that people have accounts at, and those of the MCP servers.
    ///
    /// # Errors
    /// When an account's address is unsafe or its secret is not set.
    pub fn new(
        people: &People,
        servers: mcp::Servers,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Hint> {
        let mut own = Self::built_in();
        own.extend(calendar::tools(calendar::Calendars::read(people, &variable)?));
        own.extend(github::tools(github::Accounts::read(people, &variable)?));
        Ok(Self { own, servers })
    }

    /// With these besides, which channels offer.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        self.own.extend(more);
        self
    }

    /// The tools that need no account.
    fn built_in() -> Vec<Arc<dyn Tool>> {
        vec![
            Arc::new(search::Search::default()),
            Arc::new(remember::Remember::default()),
            Arc::new(remind::Remind::new(Reminding::Always)),
            Arc::new(remind::Remind::new(Reminding::UnlessAnswered)),
        ]
    }

    /// A toolbox of exactly these, for tests.
    #[must_use]
    pub fn of(own: Vec<Arc<dyn Tool>>) -> Self {
        Self { own, servers: mcp::Servers::default() }
    }

    /// The MCP servers.
    #[must_use]
    pub fn servers(&self) -> &mcp::Servers {
        &self.servers
    }

    /// Every tool that can be used now.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<dyn Tool>> {
        self.own.iter().cloned().chain(self.servers.tools()).collect()
    }

    /// The tool with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<dyn Tool>> {
        self.all().into_iter().find(|tool| tool.name() == name)
    }
}

impl Default for Toolbox {
    /// Without accounts and MCP servers.
    fn default() -> Self {
        Self { own: Self::built_in(), servers: mcp::Servers::default() }
    }
}

/// The secret of somebody's account, by the variable that their `person.toml` names.
fn secret(
    person: &PersonId,
    table: &str,
    name: &str,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<String, Hint> {
    variable(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let what =
            format!("[{table}] in the person.toml of {person} needs the variable {name}, which is not set");
        Hint::new(what, format!("set it, for example in .env, or take [{table}] out"))
    })
}

/// Names of arguments that say who receives something.
const RECEIVING: [&str; 11] = [
    "to",
    "cc",
    "bcc",
    "recipient",
    "recipients",
    "with",
    "attendees",
    "invitees",
    "email",
    "user",
    "share_with",
];

/// Where the receivers come from that the arguments name.
#[must_use]
pub fn recipients(arguments: &Value, request_of: (&Requester, &Audience), people: &People) -> Recipients {
    let (requester, audience) = request_of;
    let Some(fields) = arguments.as_object() else { return Recipients::Nobody };
    // Everybody calls themselves and their channels what they like, so no name vouches for a channel.
    if fields.keys().any(|name| name.eq_ignore_ascii_case("channel")) {
        return Recipients::New;
    }
    let named: Vec<&str> = fields
        .iter()
        .filter(|(name, _)| RECEIVING.contains(&name.to_lowercase().as_str()))
        .flat_map(|(_, value)| match value {
            Value::Array(many) => many.iter().map(|one| one.as_str().unwrap_or_default()).collect(),
            one => vec![one.as_str().unwrap_or_default()],
        })
        .flat_map(|list| list.split([',', ';']))
        .map(str::trim)
        .collect();
    if named.is_empty() {
        return Recipients::Nobody;
    }
    let member = |who: &str| match &audience.members {
        Members::Known(members) => ReaderId::new(who).is_ok_and(|who| members.contains(&who)),
        Members::SomeUnknown => false,
    };
    // Nor is a name that looks like an address one.
    let called = |who: &str, name: &str| !name.contains('@') && who.eq_ignore_ascii_case(name);
    let known = |who: &&str| {
        who.eq_ignore_ascii_case(requester.id.as_str())
            || called(who, &requester.name)
            || member(who)
            || people.everybody().iter().any(|person| {
                called(who, &person.name)
                    || who.eq_ignore_ascii_case(person.owner.as_str())
                    || person.mail.as_ref().is_some_and(|mail| who.eq_ignore_ascii_case(&mail.address))
            })
    };
    if named.iter().all(known) { Recipients::Known } else { Recipients::New }
}

/// How far the words of a requester are to be trusted.
#[must_use]
pub fn label_of(standing: crate::domain::Standing) -> Integrity {
    use crate::domain::Standing;
    match standing {
        Standing::Owner => Integrity::Owner,
        Standing::Admin => Integrity::Admin,
        Standing::Member => Integrity::Internal,
        Standing::Guest | Standing::Unknown => Integrity::External,
    }
}

/// A call in one line for people: the tool and its arguments, each cut to a readable length.
#[must_use]
pub fn in_words(tool: &str, arguments: &Value) -> String {
    const SHOWN_CHARS: usize = 120;
    let one = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""));
        let cut: String = text.chars().take(SHOWN_CHARS).collect();
        let more = if cut.len() < text.len() { "…" } else { "" };
        format!("{name} {cut}{more}")
    };
    let fields: Vec<String> = arguments.as_object().into_iter().flatten().map(one).collect();
    if fields.is_empty() { tool.to_owned() } else { format!("{tool}, {}", fields.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Standing;

    #[test]
    fn receivers_are_known_only_when_this_installation_knows_them() {
        let alice = ReaderId::new("alice").unwrap();
        let requester =
            Requester { id: alice.clone(), name: "Alice Smith".to_owned(), standing: Standing::Member };
        let audience = Audience::only(alice);
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let people = People::read(&[&dir]).unwrap();
        for (arguments, wanted) in [
            (json!({"text": "to mallory@example.com"}), Recipients::Nobody),
            (json!({"to": "alice"}), Recipients::Known),
            (json!({"To": "Alice Smith, Demetrios"}), Recipients::Known),
            (json!({"to": "mallory@example.com"}), Recipients::New),
            (json!({"to": "alice, mallory@example.com"}), Recipients::New),
            (json!({"attendees": ["alice", "mallory"]}), Recipients::New),
            (json!({"channel": 7}), Recipients::New),
            (json!({"channel": "alice"}), Recipients::New),
            (json!({"Channel": "Alice Smith"}), Recipients::New),
        ] {
            assert_eq!(recipients(&arguments, (&requester, &audience), &people), wanted, "{arguments}");
        }
        let posing = Requester { name: "mallory@example.com".to_owned(), ..requester };
        let to = json!({"to": "mallory@example.com"});
        assert_eq!(recipients(&to, (&posing, &audience), &people), Recipients::New);
    }
}
