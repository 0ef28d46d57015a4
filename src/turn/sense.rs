//! The files of a message, opened: what the turn reads of them, and what their sender is told.
//!
//! What was read is kept beside the file, so a question asked later in the same thread finds it again; it goes when
//! the file goes. Who is in the conversation reads it, and nobody else.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use tracing::warn;
use understudy_ears::{Document, Kind, Opened, Speech, Trouble, sniff};

use super::{
    Desk, hear,
    review::{Sent, asks_for_review},
    shown_name,
};
use crate::{
    domain::{Attachment, Audience, Members, PersonId, READERS_IN_FULL, Readers},
    files::Files,
    inbox::Stage,
    memory::{Paper, Sheet},
    senses::{Heard, Part, SenseError},
    store::Claimed,
};

/// Files of earlier messages of a thread that are looked into.
const EARLIER_MAX: usize = 6;

/// One file and what became of it.
pub(super) struct Seen {
    name: String,
    came_to: CameTo,
}

enum CameTo {
    Read(Box<Document>),
    Heard(Box<Speech>),
    Unreadable(Trouble),
    /// Its reader died of it or was too slow.
    Broken,
    /// So did whoever heard it.
    BrokenSound,
    /// Its content is not here.
    Missing,
}

/// The files that matter to one turn.
pub(super) struct Sensed {
    /// What came with the message.
    pub seen: Vec<Seen>,
    /// Everything that can be read, of this message and of earlier ones.
    pub papers: Vec<Paper>,
    /// What came earlier, newest first.
    earlier: Vec<(String, Box<Document>)>,
}

/// Opens what came with a message and recalls what came before it in its thread.
///
/// # Errors
/// When the store is out of reach or no reader can be started; the turn is tried again.
pub(super) async fn sense(
    desk: &Desk,
    claimed: &Claimed,
    attachments: &[Attachment],
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Sensed> {
    let message = &claimed.message;
    let readers = readers_of(audience);
    let (mut seen, mut papers, mut before) = (Vec::new(), Vec::new(), Vec::new());
    for file in attachments {
        let came_to = read(desk, claimed, audience, file, now).await?;
        let name = shown_name(file);
        papers.extend(as_paper(&name, &came_to, readers.clone(), true));
        seen.push(Seen { name, came_to });
    }
    let earlier = desk.store.files_before(&message.conversation, claimed.id).await?;
    let is_new = |file: &Attachment| attachments.iter().any(|new| new.sha256 == file.sha256);
    for file in earlier.iter().filter(|file| !file.sha256.is_empty() && !is_new(file)).take(EARLIER_MAX) {
        let (came_to, name) = (read(desk, claimed, audience, file, now).await?, shown_name(file));
        papers.extend(as_paper(&name, &came_to, readers.clone(), false));
        if let CameTo::Read(document) = came_to {
            before.push((name, document));
        }
    }
    Ok(Sensed { seen, papers, earlier: before })
}

/// A file in its place.
#[derive(Clone)]
struct Kept {
    files: Files,
    person: PersonId,
    hash: String,
}

/// What is kept of a file that was opened.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    Document(Box<Document>),
    Speech(Box<Speech>),
    Unreadable(Trouble),
    /// Hearing it was given up, and would be again.
    BrokenSound,
}

/// What a file came to, from what was kept of it or by opening it.
async fn read(
    desk: &Desk,
    claimed: &Claimed,
    audience: &Audience,
    file: &Attachment,
    now: i64,
) -> anyhow::Result<CameTo> {
    let message = &claimed.message;
    let (hash, person) = (file.sha256.clone(), &message.person);
    if hash.is_empty() {
        return Ok(CameTo::Missing);
    }
    let kept = Kept { files: desk.files.clone(), person: person.clone(), hash };
    let (looking, taking) = (kept.clone(), kept.clone());
    let reading = tokio::task::spawn_blocking(move || looking.files.reading(&looking.person, &looking.hash));
    if let Some(reading) = reading.await??
        && let Ok(reading) = serde_json::from_slice(&reading)
        // There may be a hearing model by now.
        && !matches!(reading, Reading::Unreadable(Trouble::Sound))
    {
        return Ok(of_reading(reading));
    }
    let content = tokio::task::spawn_blocking(move || taking.files.content(&taking.person, &taking.hash));
    let Some(content) = content.await?? else { return Ok(CameTo::Missing) };
    let is_sound = sniff(&content) == Ok(Kind::Audio);
    let reading = if is_sound {
        let hint = hear::hint(desk, message, audience, now).await?;
        let telling = |part: Part| desk.progress.stage(claimed, Stage::Hearing { percent: percent(part) });
        desk.hearing.hear_telling(&content, &hint, &telling).await.map(|heard| match heard {
            Heard::Speech(speech) => Reading::Speech(speech),
            Heard::Unheard(trouble) => Reading::Unreadable(trouble),
        })
    } else {
        desk.senses.read_document(&content).await.map(|opened| match opened {
            Opened::Document(document) => Reading::Document(document),
            Opened::Unreadable(trouble) => Reading::Unreadable(trouble),
        })
    };
    let reading = match reading {
        Ok(reading) => reading,
        Err(e @ SenseError::NoReader { .. }) => return Err(e.into()),
        Err(e) => {
            warn!("A file for {person} could not be read: {e}");
            if !is_sound {
                return Ok(CameTo::Broken);
            }
            Reading::BrokenSound
        }
    };
    let bytes = serde_json::to_vec(&reading)?;
    let keeping = move || kept.files.keep_reading(&kept.person, &kept.hash, &bytes);
    tokio::task::spawn_blocking(keeping).await??;
    Ok(of_reading(reading))
}

/// How much of a recording was heard, of 100.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and 100 is the most"
)]
fn percent(part: Part) -> u8 {
    (100.0 * part.done_s / part.of_s.max(f32::EPSILON)).clamp(0.0, 100.0) as u8
}

fn of_reading(reading: Reading) -> CameTo {
    match reading {
        Reading::Document(document) => CameTo::Read(document),
        Reading::Speech(speech) => CameTo::Heard(speech),
        Reading::Unreadable(trouble) => CameTo::Unreadable(trouble),
        Reading::BrokenSound => CameTo::BrokenSound,
    }
}

/// A file as a document of its conversation; a recording is one when it is too long for a message.
fn as_paper(name: &str, came_to: &CameTo, readers: Readers, is_new: bool) -> Option<Paper> {
    match came_to {
        CameTo::Read(document) => Some(paper(name, document, readers, is_new)),
        CameTo::Heard(speech) if !hear::is_message(speech) => {
            let places: Vec<String> =
                speech.utterances.iter().map(|said| hear::place(said.start_s)).collect();
            let sheets = speech.utterances.iter().zip(&places).map(|(said, place)| Sheet {
                place,
                text: &said.text,
                is_markdown: false,
            });
            Some(Paper::cut(name, readers, is_new, sheets))
        }
        _ => None,
    }
}

fn paper(name: &str, document: &Document, readers: Readers, is_new: bool) -> Paper {
    let sheets = document.sections.iter().map(|section| Sheet {
        place: &section.place,
        text: &section.text,
        is_markdown: section.is_markdown,
    });
    Paper::cut(name, readers, is_new, sheets)
}

/// Who is in the conversation.
fn readers_of(audience: &Audience) -> Readers {
    let mut readers: std::collections::BTreeSet<_> = audience.space.iter().cloned().collect();
    if let Members::Known(members) = &audience.members
        && members.len() <= READERS_IN_FULL
    {
        readers.extend(members.iter().cloned());
    }
    Readers::Only(readers)
}

impl Sensed {
    /// The documents that `text` wants to be judged: those that came with it, or else the last one before.
    pub fn to_review(&self, text: &str) -> Vec<Sent<'_>> {
        if !asks_for_review(text) {
            return Vec::new();
        }
        let new = self.seen.iter().filter_map(|seen| match &seen.came_to {
            CameTo::Read(document) => Some(Sent { name: &seen.name, document }),
            _ => None,
        });
        let mut sent: Vec<Sent<'_>> = new.collect();
        // With a file that can't be read, the one before is not what is meant.
        if self.seen.iter().all(|seen| matches!(seen.came_to, CameTo::Heard(_))) {
            sent.extend(self.earlier.first().map(|(name, document)| Sent { name, document }));
        }
        sent
    }

    /// What was said in recordings that came with the message.
    fn heard(&self) -> impl Iterator<Item = (&str, &Speech)> {
        self.seen.iter().filter_map(|seen| match &seen.came_to {
            CameTo::Heard(speech) => Some((seen.name.as_str(), &**speech)),
            _ => None,
        })
    }

    /// The written words with the spoken ones behind them.
    pub fn with_what_was_said(&self, mut text: String) -> String {
        for (_, speech) in self.heard().filter(|(_, speech)| hear::is_message(speech)) {
            if !text.trim().is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&super::manners::strip_invisible(&speech.text()));
        }
        text
    }

    /// Whether somebody was heard at all.
    pub fn has_heard(&self) -> bool {
        self.heard().next().is_some()
    }

    /// Whether some of the words may have been others.
    pub fn is_unsure(&self) -> bool {
        self.heard().any(|(_, speech)| hear::is_unsure(speech))
    }

    /// What is said when files came without a word.
    pub fn instead_of_an_answer(&self) -> String {
        let told = self.told();
        let told = told.trim_start();
        if self.seen.iter().any(|seen| matches!(seen.came_to, CameTo::Read(_) | CameTo::Heard(_))) {
            return format!("{told}\n\nWhat do you want to know?");
        }
        if told.is_empty() {
            "Your message is empty. Write me what you need.".to_owned()
        } else {
            told.to_owned()
        }
    }

    /// What is added to a reply: which files were read, and which could not be and what to do about it.
    pub fn told(&self) -> String {
        let mut told = String::new();
        let read = self.seen.iter().filter_map(|seen| match &seen.came_to {
            CameTo::Read(document) => Some(described(&seen.name, document)),
            _ => None,
        });
        let read: Vec<String> = read.collect();
        if !read.is_empty() {
            told.push_str("\n\nI read ");
            told.push_str(&read.join(", "));
            told.push('.');
        }
        for (name, speech) in self.heard() {
            told.push_str("\n\n");
            told.push_str(&hear::told(name, speech));
        }
        // Writing to a string can't fail.
        for seen in &self.seen {
            let name = &seen.name;
            let (why, next) = match &seen.came_to {
                CameTo::Read(_) | CameTo::Heard(_) => continue,
                CameTo::Unreadable(trouble) => trouble.words(),
                CameTo::BrokenSound => (
                    "it takes more time or memory than a voice note needs",
                    "record it again or write me what you need",
                ),
                CameTo::Broken => {
                    ("it takes more time or memory than a document needs", "save it again and send that")
                }
                CameTo::Missing => {
                    let _written = write!(
                        told,
                        "\n\nI couldn't fetch or open {name}, so send it again in another form."
                    );
                    continue;
                }
            };
            let is_sound = match &seen.came_to {
                CameTo::Unreadable(trouble) => trouble.is_of_sound(),
                came_to => matches!(came_to, CameTo::BrokenSound),
            };
            let verb = if is_sound { "hear" } else { "read" };
            let _written = write!(told, "\n\nI couldn't {verb} {name}: {why}, so {next}.");
        }
        told
    }
}

/// A name with how much of the document was read.
fn described(name: &str, document: &Document) -> String {
    let count = document.sections.len();
    let mut about: Vec<String> = Vec::new();
    let unit = match document.kind {
        Kind::Pdf => Some(("page", "pages")),
        Kind::Pptx => Some(("slide", "slides")),
        Kind::Xlsx => Some(("sheet", "sheets")),
        _ => None,
    };
    if let Some((one, many)) = unit {
        about.push(format!("{count} {}", if count == 1 { one } else { many }));
    }
    if document.is_cut {
        about.push("only the beginning, it is very long".to_owned());
    }
    // What was left out may hold a name that its sender chose.
    let plain = |text: &String| super::plain(text);
    about.extend(document.left_out.iter().take(3).map(|what| format!("without {}", plain(what))));
    if about.is_empty() { name.to_owned() } else { format!("{name} ({})", about.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, came_to: CameTo) -> Seen {
        Seen { name: name.to_owned(), came_to }
    }

    fn document(kind: Kind, sections: usize) -> Box<Document> {
        let section =
            understudy_ears::Section { place: String::new(), text: "x".to_owned(), is_markdown: false };
        Box::new(Document { kind, sections: vec![section; sections], ..Document::default() })
    }

    #[test]
    fn a_reply_says_what_was_read_and_what_was_not() {
        let mut long = document(Kind::Pdf, 1);
        (long.is_cut, long.left_out) = (true, vec!["2 pages without text".to_owned()]);
        let sensed = Sensed {
            papers: Vec::new(),
            earlier: Vec::new(),
            seen: vec![
                seen("plan.pdf", CameTo::Read(document(Kind::Pdf, 5))),
                seen("long.pdf", CameTo::Read(long)),
                seen("note.txt", CameTo::Read(document(Kind::Text, 1))),
                seen("scan.pdf", CameTo::Unreadable(Trouble::Scanned)),
                seen("odd.bin", CameTo::Broken),
                seen("gone.txt", CameTo::Missing),
            ],
        };
        let told = sensed.told();
        for wanted in [
            "I read plan.pdf (5 pages), long.pdf (1 page, only the beginning, it is very long, without 2 pages without text), note.txt.",
            "I couldn't read scan.pdf: its pages are pictures without text, so send it with recognised text (OCR)",
            "I couldn't read odd.bin: it takes more time",
            "I couldn't fetch or open gone.txt, so send it again",
        ] {
            assert!(told.contains(wanted), "{told}");
        }
        assert!(sensed.instead_of_an_answer().ends_with("What do you want to know?"));
        let nothing = Sensed { seen: Vec::new(), papers: Vec::new(), earlier: Vec::new() };
        assert_eq!(nothing.told(), "");
        assert_eq!(nothing.instead_of_an_answer(), "Your message is empty. Write me what you need.");
    }
}
