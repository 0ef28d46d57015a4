//! A small cast, notes in one line, and an embedder without a model.

use async_trait::async_trait;
use tempfile::TempDir;
use understudy::{
    domain::{Audience, Integrity, Members, Passage, PersonId, ReaderId, Readers},
    memory::{Chunk, Embed, Leg, Note, NoteKey, NoteKind, Notes, SAID, Search, edge},
};

/// A fixed time; nothing here depends on the clock.
pub const NOW: i64 = 1_800_000_000;

/// Embeds by hashing words into a few dimensions: texts that share words are near each other.
pub struct WordHash {
    pub name: &'static str,
}

pub const EMBED: WordHash = WordHash { name: "word-hash" };
pub const DIMENSIONS: usize = 48;

#[async_trait]
impl Embed for WordHash {
    async fn embed(&self, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
        tokio::task::yield_now().await;
        Ok(texts.iter().map(|text| vector(text)).collect())
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn name(&self) -> &str {
        self.name
    }
}

pub fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.01; DIMENSIONS];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let seed = word
            .to_lowercase()
            .bytes()
            .fold(17_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        vector[seed % DIMENSIONS] += 1.0;
    }
    vector
}

pub fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

pub fn reader(id: &str) -> ReaderId {
    ReaderId::new(id).unwrap()
}

pub fn readers(list: &str) -> Readers {
    Readers::parse(list).unwrap()
}

pub fn audience(space: Option<&str>, members: &[&str]) -> Audience {
    Audience {
        space: space.map(reader),
        members: Members::Known(members.iter().map(|id| reader(id)).collect()),
    }
}

pub fn alice() -> Audience {
    Audience::only(reader("alice"))
}

pub fn key(source: &str) -> NoteKey {
    NoteKey { folder: SAID.to_owned(), source: source.to_owned() }
}

/// A note for bob's understudy with one chunk a text.
pub fn note(source: &str, who: &str, texts: &[&str]) -> Note {
    let chunk = |text: &&str| Chunk {
        title: source.to_owned(),
        text: (*text).to_owned(),
        dense: vector(&Chunk::worded(source, text)),
    };
    Note {
        person: person("bob"),
        key: key(source),
        title: source.to_owned(),
        readers: readers(who),
        integrity: Integrity::Internal,
        kind: NoteKind::Note,
        valid_from: None,
        valid_until: None,
        hash: format!("{source}/{who}/{texts:?}"),
        chunks: texts.iter().map(chunk).collect(),
    }
}

pub fn leg(text: &str) -> Leg {
    Leg { text: text.to_owned(), dense: vector(text) }
}

/// What bob's understudy finds for `audience`.
pub async fn find(notes: &dyn Notes, audience: &Audience, queries: &[&str]) -> Vec<Passage> {
    let bob = person("bob");
    let legs = queries.iter().map(|query| leg(query)).collect();
    notes.search(&Search { person: &bob, legs, audience, limit: 10, now: NOW }).await.unwrap()
}

pub fn sources(passages: &[Passage]) -> Vec<&str> {
    passages.iter().map(|passage| passage.source.as_str()).collect()
}

pub fn texts(passages: &[Passage]) -> Vec<&str> {
    passages.iter().map(|passage| passage.text.as_str()).collect()
}

/// Notes on Qdrant Edge in a directory that goes away with the test.
///
/// In this order, so that the notes are closed before their directory goes.
pub async fn edge_notes() -> (TempDir, std::sync::Arc<dyn Notes>) {
    let dir = tempfile::tempdir().unwrap();
    let notes = edge::open(&dir.path().join("notes"), DIMENSIONS).await.unwrap();
    (dir, notes)
}
