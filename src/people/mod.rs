//! The people who are stood in for, read from their `person.toml`.

mod hours;
mod introduce;
mod mail;
mod services;
mod slack;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
    domain::{PersonId, ReaderId, Readers, Requester, Standing, Voice},
    error::Hint,
};
pub use hours::Hours;
pub use introduce::{Aside, Introduce, Introduction};
pub use mail::{MailBox, OauthKind, OauthSettings, SenderClass};
pub use services::{CalendarBox, GithubAccount, OwnMailbox};
pub use slack::{Policy, SlackApp};

/// Somebody who is stood in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id, which is also the name of their folder.
    pub id: PersonId,
    /// The name to show.
    pub name: String,
    /// The handle of their understudy, without the at sign.
    pub handle: String,
    /// What they do, in a few words.
    pub role: String,
    /// Who may see drafts and approve them.
    pub owner: ReaderId,
    /// Other names of the same owner, such as the mail address that Slack and mail know them by.
    pub owner_also: Vec<ReaderId>,
    /// Who decides besides the owner and switches tools where channels know people by a mail address.
    pub admins: Vec<ReaderId>,
    /// Whether they exist.
    pub invented: bool,
    /// How they come across.
    pub voice: Voice,
    /// Folders of notes that are indexed at first start.
    pub note_folders: Vec<PathBuf>,
    /// Who may read those.
    pub note_readers: Readers,
    /// Questions that the console offers to somebody who has asked nothing yet.
    pub questions: Vec<String>,
    /// Their adapter, when one was trained.
    pub adapter: Option<PathBuf>,
    /// Their Slack app, when they have one.
    pub slack: Option<SlackApp>,
    /// Their mailbox, when they have one.
    pub mail: Option<MailBox>,
    /// Their time zone and quiet hours.
    pub hours: Hours,
    /// Their calendar, when their understudy may be let into one.
    pub calendar: Option<CalendarBox>,
    /// Where their understudy works on GitHub, when it does.
    pub github: Option<GithubAccount>,
    /// Their own mailbox, when their understudy may be let into it.
    pub mailbox: Option<OwnMailbox>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: PersonId,
    name: String,
    handle: String,
    role: String,
    owner: ReaderId,
    #[serde(default)]
    owner_also: Vec<ReaderId>,
    #[serde(default)]
    admins: Vec<ReaderId>,
    #[serde(default)]
    invented: bool,
    #[serde(default)]
    voice: Voice,
    #[serde(default)]
    questions: Vec<String>,
    #[serde(default)]
    notes: NotesSection,
    #[serde(default)]
    slack: Option<SlackApp>,
    #[serde(default)]
    mail: Option<MailBox>,
    #[serde(default)]
    hours: Hours,
    #[serde(default)]
    calendar: Option<CalendarBox>,
    #[serde(default)]
    github: Option<GithubAccount>,
    #[serde(default)]
    mailbox: Option<OwnMailbox>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct NotesSection {
    #[serde(default)]
    folders: Vec<PathBuf>,
    #[serde(default)]
    readers: Vec<String>,
}

/// Everybody who is stood in for.
#[derive(Debug, Clone, Default)]
pub struct People {
    everybody: Vec<Person>,
    starter: Option<PathBuf>,
    reranker: Option<PathBuf>,
}

impl People {
    /// Reads every `*/person.toml` below the given directories; missing directories are skipped.
    ///
    /// # Errors
    /// When a file can't be read, is malformed, or two people have one id.
    pub fn read(dirs: &[&Path]) -> Result<Self, Hint> {
        let mut people = Self::default();
        for dir in dirs {
            let Ok(entries) = std::fs::read_dir(dir) else { continue };
            let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            folders.sort();
            for folder in folders {
                let adapter = Some(folder.join("adapter.gguf")).filter(|file| file.is_file());
                match folder.file_name().and_then(|name| name.to_str()) {
                    Some("starter") => people.starter = adapter.or(people.starter),
                    Some("reranker") => people.reranker = adapter.or(people.reranker),
                    _ => {}
                }
                let file = folder.join("person.toml");
                if file.is_file() {
                    people.add(read_person(&folder, &file)?)?;
                }
            }
        }
        Ok(people)
    }

    fn add(&mut self, person: Person) -> Result<(), Hint> {
        if self.get(&person.id).is_some() {
            return Err(Hint::new(
                format!("two person.toml files have the id `{}`", person.id),
                "rename one of the two people",
            ));
        }
        self.everybody.push(person);
        Ok(())
    }

    /// Everybody, in order of their folders.
    #[must_use]
    pub fn everybody(&self) -> &[Person] {
        &self.everybody
    }

    /// The person with this id.
    #[must_use]
    pub fn get(&self, id: &PersonId) -> Option<&Person> {
        self.everybody.iter().find(|person| person.id == *id)
    }

    /// The person with this id, or a sentence that lists who there is.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn find(&self, id: &PersonId) -> Result<&Person, Hint> {
        self.get(id).ok_or_else(|| {
            let ids: Vec<&str> = self.everybody.iter().map(|person| person.id.as_str()).collect();
            let next = if ids.is_empty() {
                "add a folder with a person.toml to the people directory (UNDERSTUDY_PEOPLE)".to_owned()
            } else {
                format!("choose one of: {}", ids.join(", "))
            };
            Hint::new(format!("there is no person `{id}`"), next)
        })
    }

    /// The adapter that serves whoever has none of their own.
    #[must_use]
    pub fn starter(&self) -> Option<&Path> {
        self.starter.as_deref()
    }

    /// The adapter that tells which sentences answer a message.
    #[must_use]
    pub fn reranker(&self) -> Option<&Path> {
        self.reranker.as_deref()
    }
}

impl Person {
    /// What somebody with this id is to the person.
    ///
    /// Nobody whom their channel counts as a guest or a stranger is an admin, whatever they are called.
    #[must_use]
    pub fn standing_of(&self, requester: &Requester) -> Standing {
        if self.known_as(&requester.id) == &self.owner {
            Standing::Owner
        } else if requester.standing <= Standing::Member && self.admins.contains(&requester.id) {
            Standing::Admin
        } else {
            requester.standing
        }
    }

    /// The one name under which somebody decides: the owner is the same person under each of their names.
    #[must_use]
    pub fn known_as<'n>(&'n self, name: &'n ReaderId) -> &'n ReaderId {
        if self.owner_also.contains(name) { &self.owner } else { name }
    }

    /// Every name of the owner.
    pub fn owner_names(&self) -> impl Iterator<Item = &ReaderId> {
        std::iter::once(&self.owner).chain(&self.owner_also)
    }

    /// Every name of those who decide, the owner's first.
    pub fn deciders(&self) -> impl Iterator<Item = &ReaderId> {
        self.owner_names().chain(&self.admins)
    }
}

fn read_person(folder: &Path, file: &Path) -> Result<Person, Hint> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Hint::new(format!("can't read {name}: {e}"), "check the file and its permissions"))?;
    let parsed: File = toml::from_str(&text).map_err(|e| {
        let why = e.to_string();
        Hint::new(format!("{name} is malformed"), why.trim().replace('\n', " "))
    })?;
    let readers = Readers::try_from(parsed.notes.readers)
        .map_err(|e| Hint::new(format!("{name} is malformed"), e.to_string()))?;
    let adapter = folder.join("adapter.gguf");
    Ok(Person {
        id: parsed.id,
        name: parsed.name,
        handle: parsed.handle,
        role: parsed.role,
        owner: parsed.owner,
        owner_also: parsed.owner_also,
        admins: parsed.admins,
        invented: parsed.invented,
        voice: parsed.voice,
        note_folders: parsed.notes.folders.iter().map(|path| folder.join(path)).collect(),
        note_readers: readers,
        questions: parsed.questions,
        adapter: adapter.is_file().then_some(adapter),
        slack: parsed.slack,
        mail: parsed.mail.map(|mail| MailBox { ca: mail.ca.map(|path| folder.join(path)), ..mail }),
        hours: parsed.hours,
        calendar: parsed.calendar,
        github: parsed.github,
        mailbox: parsed.mailbox.map(|own| OwnMailbox { ca: own.ca.map(|path| folder.join(path)), ..own }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_people_are_read() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let people = People::read(&[&dir]).unwrap();
        let demetrios = people.find(&PersonId::new("demetrios").unwrap()).unwrap();
        assert!(demetrios.invented && !demetrios.questions.is_empty());
        assert!(demetrios.note_folders[0].is_dir());
        assert_eq!(demetrios.note_readers, Readers::Everyone);
    }

    #[test]
    fn an_owner_is_one_person_under_each_name_and_no_guest_is_an_admin() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bob")).unwrap();
        let text = "id = \"bob\"\nname = \"Bob\"\nhandle = \"bob-bot\"\nrole = \"Operations\"\nowner = \"bob\"\n\
                    owner_also = [\"bob@example.com\"]\nadmins = [\"carol@example.com\"]\n";
        std::fs::write(dir.path().join("bob/person.toml"), text).unwrap();
        let people = People::read(&[dir.path()]).unwrap();
        let bob = &people.everybody()[0];
        for (id, standing, expected) in [
            ("bob", Standing::Member, Standing::Owner),
            ("bob@example.com", Standing::Member, Standing::Owner),
            ("carol@example.com", Standing::Member, Standing::Admin),
            ("carol@example.com", Standing::Guest, Standing::Guest),
            ("carol@example.com", Standing::Unknown, Standing::Unknown),
            ("alice@example.com", Standing::Member, Standing::Member),
        ] {
            let id = ReaderId::new(id).unwrap();
            let requester = Requester { id: id.clone(), name: String::new(), standing };
            assert_eq!(bob.standing_of(&requester), expected, "{id}");
        }
        let [short, long] = ["bob", "bob@example.com"].map(|name| ReaderId::new(name).unwrap());
        assert_eq!(bob.known_as(&short), bob.known_as(&long));
        assert_eq!(bob.deciders().count(), 3);
    }

    #[test]
    fn a_malformed_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("x")).unwrap();
        std::fs::write(dir.path().join("x/person.toml"), "id = \"Not A Slug\"").unwrap();
        let text = People::read(&[dir.path()]).unwrap_err().to_string();
        assert!(text.contains("person.toml") && text.contains("person id"), "{text}");
    }

    #[test]
    fn an_unknown_person_is_answered_with_who_there_is() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters");
        let people = People::read(&[&dir]).unwrap();
        let text = people.find(&PersonId::new("nobody").unwrap()).unwrap_err().to_string();
        assert!(text.contains("demetrios"), "{text}");
    }
}
