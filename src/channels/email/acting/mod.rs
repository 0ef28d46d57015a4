//! `mail.…`: looks into a person's own mailbox for them, lays drafts there, and writes from the understudy's address.
//!
//! The person has to agree to `mailbox` first; what is found is told to them alone, where nobody else reads along, and drafts
//! are laid for them alone.
//! What is sent leaves like the letters to owners: once, from the understudy's own address, marked as a program's.

mod own;

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use chrono::{TimeZone as _, Utc};
use lettre::{
    address::Envelope,
    message::{Mailbox as Named, Message, SinglePart},
};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use self::own::{Listed, NotFiled, Own, Unread};
use super::{
    Mail,
    account::Addressee,
    address::{self, Address},
    addressed, compose,
    imap::ImapError,
    letters,
};
use crate::{
    channels::Checked,
    domain::{
        Consent, Effect, Integrity, Passage, PersonId, Purpose, ReaderId, Readers, SourceKind, Standing,
    },
    error::Hint,
    people::{People, Person},
    store::{LetterStands, NewLetter},
    tools::{Call, Outcome, Reconcile, Schema, Tool, ToolError},
};

/// Longest piece of one mail that is read.
const MAIL_MAX_CHARS: usize = 1500;
/// Longest subject.
const SUBJECT_MAX_CHARS: usize = 200;
/// Words of the text that stand for a subject when none is given.
const SUBJECT_WORDS: usize = 8;
/// How long a mail is waited for until a server has it.
const LEAVING: Duration = Duration::from_secs(20);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(300);

/// The mailboxes of those who let their understudies look into them.
#[derive(Default)]
pub struct OwnMailboxes(HashMap<PersonId, Own>);

impl OwnMailboxes {
    /// Reads everybody's `[mailbox]` table and password.
    ///
    /// # Errors
    /// When a table is wrong or a variable is not set.
    pub fn read(people: &People, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Hint> {
        let mut all = HashMap::new();
        for person in people.everybody() {
            let Some(table) = &person.mailbox else { continue };
            all.insert(person.id.clone(), Own::read(person, table, &variable)?);
        }
        Ok(Self(all))
    }

    /// Tries each: whose, and what came of it.
    pub async fn check(&self) -> Vec<(PersonId, Checked)> {
        let mut all = Vec::new();
        for (person, own) in &self.0 {
            let checked = match own.check().await {
                Ok(words) => Checked::Works(words),
                Err(e) => {
                    Checked::Broken(format!("{e:#}; check [mailbox] in person.toml, see docs/tools.md"))
                }
            };
            all.push((person.clone(), checked));
        }
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }
}

/// The tools of everybody's mail.
#[must_use]
pub fn tools(mail: &Arc<Mail>, own: OwnMailboxes) -> Vec<Arc<dyn Tool>> {
    let mut kinds = Vec::new();
    if !own.0.is_empty() {
        kinds.extend([Kind::Search, Kind::Read, Kind::Draft]);
    }
    if !mail.mailboxes.is_empty() {
        kinds.push(Kind::Send);
    }
    let own = Arc::new(own);
    let tool = |kind: Kind| {
        let (mail, own) = (Arc::clone(mail), Arc::clone(&own));
        Arc::new(MailTool { kind, schema: kind.schema(), mail, own }) as Arc<dyn Tool>
    };
    kinds.into_iter().map(tool).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Search,
    Read,
    Draft,
    Send,
}

impl Kind {
    fn schema(self) -> Schema {
        match self {
            Self::Search => Schema::texts(&["words"]),
            Self::Read => Schema::texts(&[]).and_whole("number"),
            Self::Draft => Schema::texts(&["text"]).or_text("to").or_text("subject"),
            Self::Send => Schema::texts(&["to", "text"]).or_text("subject"),
        }
    }
}

struct MailTool {
    kind: Kind,
    schema: Schema,
    mail: Arc<Mail>,
    own: Arc<OwnMailboxes>,
}

#[async_trait]
impl Tool for MailTool {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Search => "mail.search",
            Kind::Read => "mail.read",
            Kind::Draft => "mail.draft",
            Kind::Send => "mail.send",
        }
    }

    fn about(&self) -> &str {
        match self.kind {
            Kind::Search => "finds mails in the owner's mailbox",
            Kind::Read => "reads a mail of the owner's mailbox by its number",
            Kind::Draft => "lays a draft into the owner's mailbox",
            Kind::Send => "sends a mail",
        }
    }

    fn effect(&self) -> Effect {
        match self.kind {
            Kind::Search | Kind::Read => Effect::Read,
            Kind::Draft => Effect::Write,
            Kind::Send => Effect::Send,
        }
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // A draft is looked for by its id, and a letter is written once for each key.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let (mail, own) = (&*self.mail, self.own.0.get(&call.person.id));
        match self.kind {
            Kind::Search => search(own.ok_or_else(|| no_way_in(call))?, mail, call).await,
            Kind::Read => read(own.ok_or_else(|| no_way_in(call))?, mail, call).await,
            Kind::Draft => draft(own.ok_or_else(|| no_way_in(call))?, call).await,
            Kind::Send => send(mail, call).await,
        }
    }
}

fn no_way_in(call: &Call<'_>) -> ToolError {
    let name = &call.person.name;
    ToolError::NotDone(format!(
        "I have no way into {name}'s own mailbox, so I did nothing. An admin can name it in person.toml; docs/tools.md shows how."
    ))
}

/// The person's consent to having their mailbox looked into.
async fn agreed(call: &Call<'_>) -> Result<Consent, ToolError> {
    let person = call.person;
    let consents = call.store.consents(&person.id).await.map_err(|e| {
        ToolError::NotDone(format!("I could not see what {} agreed to ({e}), so I did nothing.", person.name))
    })?;
    let holds = |consent: &Consent| consent.covers(Purpose::Mailbox, SourceKind::Mail);
    consents.into_iter().rev().find(holds).ok_or_else(|| {
        let (name, id) = (&person.name, &person.id);
        ToolError::NotDone(format!(
            "{name} has not agreed that I look into their mailbox, so I did nothing. `understudy person consent {id} --purpose mailbox --sources mail …` records their yes."
        ))
    })
}

/// Everybody that the owner is called.
fn owner(person: &Person) -> Readers {
    Readers::Only(person.owner_names().cloned().collect())
}

/// Nothing is looked up that could not be said afterwards.
fn to_the_owner_alone(call: &Call<'_>) -> Result<(), ToolError> {
    if call.request.audience.may_read(&owner(call.person)) {
        return Ok(());
    }
    let name = &call.person.name;
    Err(ToolError::NotDone(format!(
        "What is in {name}'s mailbox I tell {name} alone, where nobody else reads along, so I did not look."
    )))
}

async fn search(own: &Own, mail: &Mail, call: &Call<'_>) -> Result<Outcome, ToolError> {
    to_the_owner_alone(call)?;
    let consent = agreed(call).await?;
    let words = call.text("words");
    let found = own.search(words, &consent, &mail.senses).await.map_err(|e| out_of_reach(&e))?;
    let shown: String = words.chars().take(80).collect();
    let line = |one: &Listed| format!("Mail {}: {}, {}", one.number, heading(one), day(one, call.person));
    let lines: Vec<String> = found.iter().map(line).collect();
    let receipt = format!("{} mails", lines.len());
    if lines.is_empty() {
        let told = format!("I found no mail with \"{shown}\" in the days that you agreed to.");
        return Ok(Outcome { told, receipt, found: Vec::new() });
    }
    let title = format!("Mails with \"{shown}\", newest first");
    Ok(Outcome {
        told: "I've looked into your mailbox.".to_owned(),
        receipt,
        found: vec![passage(call.person, "mailbox", &title, &lines.join("\n"))],
    })
}

async fn read(own: &Own, mail: &Mail, call: &Call<'_>) -> Result<Outcome, ToolError> {
    to_the_owner_alone(call)?;
    let consent = agreed(call).await?;
    let number = call.arguments.get("number").and_then(Value::as_u64);
    let number = number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let found = own.mail(number, &consent, &mail.senses).await.map_err(|e| match e {
        Unread::NotThere => ToolError::NotDone(format!(
            "There is no mail {number} in the days that you agreed to, so I read nothing. Ask me to find it first."
        )),
        Unread::Unreadable(why) => ToolError::NotDone(format!("I can't read mail {number}: {why}.")),
        Unread::Mailbox(e) => out_of_reach(&e),
    })?;
    let title = format!("{}, {}", heading(&found), day(&found, call.person));
    let mut text: String = found.letter.text.trim().chars().take(MAIL_MAX_CHARS).collect();
    if text.len() < found.letter.text.trim().len() {
        text.push('…');
    }
    let files: Vec<&str> = found.letter.enclosures.iter().map(|file| file.name.as_str()).collect();
    if !files.is_empty() {
        text.push_str(&format!("\nFiles: {}", files.join(", ")));
    }
    Ok(Outcome {
        told: format!("I've read mail {number}."),
        receipt: format!("mail {number}"),
        found: vec![passage(call.person, &format!("mailbox {number}"), &title, &text)],
    })
}

async fn draft(own: &Own, call: &Call<'_>) -> Result<Outcome, ToolError> {
    // It looks as if its owner had begun to write it.
    if call.request.requester.standing != Standing::Owner {
        let name = &call.person.name;
        return Err(ToolError::NotDone(format!(
            "I lay drafts into {name}'s mailbox for {name} alone, so I did nothing."
        )));
    }
    agreed(call).await?;
    let from = own.address().or_else(|| address_of(call.person)).ok_or_else(|| {
        let name = &call.person.name;
        ToolError::NotDone(format!(
            "I don't know {name}'s own address, so I laid no draft. An admin can name it in `owner_also` of person.toml."
        ))
    })?;
    let to = match call.text("to") {
        "" => None,
        _ => Some(recipient(call)?),
    };
    let id = format!("u.{}@{}", call.mark.simple(), from.domain);
    let from = from.to_string();
    let subject = subject(call);
    let written = || -> anyhow::Result<Vec<u8>> {
        let mut builder = Message::builder()
            .from(Named::new(Some(compose::plain_name(&call.person.name)), from.parse()?))
            .subject(subject.clone())
            .message_id(Some(format!("<{id}>")));
        // A draft goes nowhere yet, and lettre wants to know where.
        let envelope = Envelope::new(Some(from.parse()?), vec![from.parse()?])?;
        builder = builder.envelope(envelope);
        if let Some(to) = &to {
            builder = builder.to(Named::new(None, to.to_string().parse()?));
        }
        Ok(builder.singlepart(SinglePart::plain(call.text("text").to_owned()))?.formatted())
    };
    let bytes = written().context("write the draft").map_err(|e| {
        ToolError::NotDone(format!("I could not write that as a mail ({e:#}), so I laid no draft."))
    })?;
    match own.draft(&id, &bytes).await {
        Ok(()) => Ok(Outcome {
            told: format!(
                "The draft \"{subject}\" lies in {}'s mailbox; nothing was sent.",
                call.person.name
            ),
            receipt: format!("draft {id}"),
            found: Vec::new(),
        }),
        Err(NotFiled::Before(e)) => Err(out_of_reach(&e)),
        Err(NotFiled::Refused(e)) => Err(ToolError::NotDone(format!(
            "The mailbox takes no draft ({e:#}), so none lies there. An admin can name its folder by `drafts` in [mailbox] of person.toml."
        ))),
        Err(NotFiled::Unclear(e)) => Err(ToolError::Unknown(format!(
            "The mailbox broke off ({e:#}), so I can't say whether the draft lies there. Look before you ask again."
        ))),
    }
}

async fn send(mail: &Mail, call: &Call<'_>) -> Result<Outcome, ToolError> {
    let Some((mailbox, addressee)) = mail.addressee(call.person.id.as_str()) else {
        let name = &call.person.name;
        return Err(ToolError::NotDone(format!(
            "{name}'s understudy has no mailbox, so I sent nothing. docs/email.md shows how to give it one."
        )));
    };
    let to = recipient(call)?;
    if addressed::is_own(&to, &mailbox.people) {
        let told = "That is my own address, so I sent nothing. Tell me somebody else's.";
        return Err(ToolError::NotDone(told.to_owned()));
    }
    let key = letters::tool_key(call.inbox, call.mark);
    let letter = NewLetter {
        key: key.clone(),
        person: call.person.id.clone(),
        recipient: to.to_string(),
        kind: "tool",
        subject: subject(call),
        words: signed(call, &addressee),
    };
    let unsaid = |e: crate::store::StoreError| {
        ToolError::NotDone(format!("I could not write the mail ({e}). Ask me again in a few minutes."))
    };
    mail.store.write_letter(letter, call.now).await.map_err(unsaid)?;
    let until = Instant::now() + LEAVING;
    loop {
        let stands = mail.store.letter_stands(&key).await.map_err(|e| {
            ToolError::Unknown(format!(
                "I can't see what became of the mail ({e}). Ask {to} before you send it again."
            ))
        })?;
        match stands {
            LetterStands::Sent => {
                return Ok(Outcome {
                    told: format!("I've sent it to {to} from {}.", addressee.mail.address),
                    receipt: format!("mail to {to}"),
                    found: Vec::new(),
                });
            }
            LetterStands::Refused(why) => {
                return Err(ToolError::NotDone(format!("The mail to {to} was not taken: {why}.")));
            }
            LetterStands::Unclear(why) => {
                return Err(ToolError::Unknown(format!(
                    "I can't say whether the mail to {to} left: {why}. Ask {to} whether it came before you send it again."
                )));
            }
            LetterStands::Waiting(why)
                if Instant::now() >= until
                    && mail.store.give_up_letter(&key, call.now).await.unwrap_or(false) =>
            {
                let why = if why.is_empty() { "the mail server is slow".to_owned() } else { why };
                return Err(ToolError::Unknown(format!(
                    "The mail to {to} is written and has not left yet ({why}). It is tried again for about three hours, and I'll say here what became of it."
                )));
            }
            LetterStands::Waiting(_) => sleep(LOOK).await,
        }
    }
}

/// The text with who had it written: nobody shall take a program's mail for the person's.
fn signed(call: &Call<'_>, addressee: &Addressee) -> String {
    let (text, name) = (call.text("text"), &addressee.name);
    let asker = compose::plain_name(&call.request.requester.name);
    format!("{text}\n\n-- \n{name}'s understudy, a program. {asker} asked it to send this.\n")
}

/// The subject, or the first words of the text.
fn subject(call: &Call<'_>) -> String {
    let named = compose::plain_name(call.text("subject"));
    if !named.trim().is_empty() {
        return named.chars().take(SUBJECT_MAX_CHARS).collect();
    }
    let first: Vec<&str> = call.text("text").split_whitespace().take(SUBJECT_WORDS).collect();
    compose::plain_name(&first.join(" ")).chars().take(SUBJECT_MAX_CHARS).collect()
}

/// The one address that is meant by `to`: an address, or the name of somebody whose address is known here.
fn recipient(call: &Call<'_>) -> Result<Address, ToolError> {
    let named = call.text("to").trim_start_matches("mailto:");
    if let Some(address) = address::parse(named) {
        return Ok(address);
    }
    if named.contains([',', ';']) {
        let told = "I write to one address at a time, so I did nothing. Ask me once for each.";
        return Err(ToolError::NotDone(told.to_owned()));
    }
    let requester = &call.request.requester;
    let is_named = |id: &ReaderId, name: &str| {
        named.eq_ignore_ascii_case(id.as_str()) || named.eq_ignore_ascii_case(name)
    };
    let known = if is_named(&requester.id, &requester.name) {
        address::parse(requester.id.as_str())
    } else if is_named(&call.person.owner, &call.person.name) {
        address_of(call.person)
    } else {
        None
    };
    known.ok_or_else(|| {
        let shown: String = named.chars().take(60).collect();
        ToolError::NotDone(format!(
            "I know no address of \"{shown}\", so I did nothing. Tell me the address."
        ))
    })
}

/// The owner's own address, when one of their names is one.
fn address_of(person: &Person) -> Option<Address> {
    person.owner_names().find_map(|name| address::parse(name.as_str()))
}

/// Who wrote a mail, and about what.
fn heading(mail: &Listed) -> String {
    let letter = &mail.letter;
    let address = address::sender(letter).map(|address| address.to_string());
    let from = match (letter.from_name.trim(), address) {
        ("", Ok(address)) => address,
        (name, Ok(address)) => format!("{name} ({address})"),
        (name, Err(_)) => format!("{name} (no plain address)"),
    };
    let cut: String = compose::plain_name(letter.subject.trim()).chars().take(120).collect();
    format!("\"{}\" from {from}", if cut.is_empty() { "no subject" } else { &cut })
}

fn day(mail: &Listed, person: &Person) -> String {
    let at = Utc.timestamp_opt(mail.arrived_at, 0).single().unwrap_or_default();
    at.with_timezone(&person.hours.zone).format("%-d %B %Y").to_string()
}

fn passage(person: &Person, source: &str, title: &str, text: &str) -> Passage {
    Passage {
        n: 1,
        source: source.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        score: 1.0,
        // Anybody may have written it.
        integrity: Integrity::External,
        readers: owner(person),
    }
}

fn out_of_reach(e: &ImapError) -> ToolError {
    ToolError::NotDone(format!(
        "I can't get into the mailbox ({e:#}), so I did nothing. An admin can look with `understudy doctor`."
    ))
}
