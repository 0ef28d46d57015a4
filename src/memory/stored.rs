//! A chunk as it lies in the store: its payload, its id, its vectors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    note::{Chunk, Note, NoteKey, NoteKind, NoteSummary},
    words::{Sparse, Words},
};
use crate::domain::{Audience, Integrity, PersonId, Readers};

/// Names of payload fields that rules and indexes use.
pub(super) mod field {
    pub const PERSON: &str = "person";
    pub const FOLDER: &str = "folder";
    pub const SOURCE: &str = "source";
    pub const READERS: &str = "readers";
    pub const NUMBER: &str = "number";
    pub const VALID_FROM: &str = "valid_from";
    pub const VALID_UNTIL: &str = "valid_until";

    /// Words to index besides the tenant key.
    pub const KEYWORDS: [&str; 3] = [READERS, FOLDER, SOURCE];
    /// Numbers to index.
    pub const INTEGERS: [&str; 3] = [NUMBER, VALID_FROM, VALID_UNTIL];
}

/// Names of the two vectors of a point.
pub(super) const DENSE: &str = "dense";
pub(super) const SPARSE: &str = "words";

/// Ids are derived, so storing a chunk again overwrites it: v5 of (person, folder, source, number).
const ID_SPACE: Uuid = Uuid::from_u128(0x6f1d_2c52_7b0e_4d0a_9a55_5a1e_3d0c_8b71);

/// The payload of a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub person: PersonId,
    #[serde(flatten)]
    pub key: NoteKey,
    pub readers: Readers,
    pub number: i64,
    /// How many chunks the note has; tells a torn note from a whole one.
    pub of: i64,
    pub note_title: String,
    pub title: String,
    pub text: String,
    pub integrity: Integrity,
    pub kind: NoteKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
    pub hash: String,
}

impl Stored {
    /// The second, independent check of what a search returned.
    pub fn may_be_told(&self, person: &PersonId, audience: &Audience, now: i64) -> bool {
        self.person == *person
            && audience.may_read(&self.readers)
            && self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
    }
}

/// A point on its way into the store.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub id: Uuid,
    pub dense: Vec<f32>,
    pub sparse: Sparse,
    pub payload: Stored,
}

/// Turns a note into its points.
pub(super) fn points(note: Note, words: &Words) -> Vec<Point> {
    let Note { person, key, title, readers, integrity, kind, valid_from, valid_until, hash, chunks } = note;
    let of = number(chunks.len());
    let point = |(i, chunk): (usize, Chunk)| Point {
        id: id_of(&person, &key, i),
        sparse: words.of_text(&Chunk::worded(&chunk.title, &chunk.text)),
        dense: chunk.dense,
        payload: Stored {
            person: person.clone(),
            key: key.clone(),
            readers: readers.clone(),
            number: number(i),
            of,
            note_title: title.clone(),
            title: chunk.title,
            text: chunk.text,
            integrity,
            kind,
            valid_from,
            valid_until,
            hash: hash.clone(),
        },
    };
    chunks.into_iter().enumerate().map(point).collect()
}

/// Gathers the chunks of a person's notes into one summary a note, ordered by key.
pub(super) fn summaries(chunks: impl IntoIterator<Item = Stored>) -> Vec<NoteSummary> {
    let mut notes: BTreeMap<NoteKey, (NoteSummary, i64)> = BTreeMap::new();
    for chunk in chunks {
        let Stored { key, readers, of, note_title, integrity, kind, hash, .. } = chunk;
        if let Some((summary, first_of)) = notes.get_mut(&key) {
            summary.chunks += 1;
            // Readers and trust are part of the hash only when the caller made them so; compare them too.
            summary.whole &= summary.hash == hash
                && *first_of == of
                && summary.readers == readers
                && summary.integrity == integrity;
            continue;
        }
        let summary = NoteSummary {
            key: key.clone(),
            title: note_title,
            readers,
            integrity,
            kind,
            hash,
            chunks: 1,
            whole: true,
        };
        notes.insert(key, (summary, of));
    }
    let counted = |(mut summary, of): (NoteSummary, i64)| {
        summary.whole &= number(summary.chunks) == of;
        summary
    };
    notes.into_values().map(counted).collect()
}

fn id_of(person: &PersonId, key: &NoteKey, number: usize) -> Uuid {
    let name = format!("{person}\0{}\0{}\0{number}", key.folder, key.source);
    Uuid::new_v5(&ID_SPACE, name.as_bytes())
}

/// Chunk numbers are far below any limit; the wire wants them signed.
pub(super) fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(hashes: &[&str], of: i64) -> Vec<Stored> {
        let chunk = |(number, hash): (i64, &&str)| Stored {
            person: PersonId::new("bob").unwrap(),
            key: NoteKey { folder: "/n".into(), source: "a.md".into() },
            readers: Readers::Everyone,
            number,
            of,
            note_title: "A".into(),
            title: "A".into(),
            text: String::new(),
            integrity: Integrity::Internal,
            kind: NoteKind::Note,
            valid_from: None,
            valid_until: None,
            hash: (*hash).into(),
        };
        (0..).zip(hashes).map(chunk).collect()
    }

    #[test]
    fn a_torn_note_is_told_from_a_whole_one() {
        let whole = |hashes, of| summaries(chunks(hashes, of))[0].whole;
        assert!(whole(&["h", "h"], 2));
        assert!(!whole(&["h"], 2), "its tail went and its head was not written");
        assert!(!whole(&["new", "old"], 2), "a batch was not written");
    }

    #[test]
    fn a_payload_survives_json() {
        let stored = chunks(&["h"], 1).remove(0);
        let json = serde_json::to_value(&stored).unwrap();
        assert_eq!(json["readers"], serde_json::json!(["everyone"]));
        assert_eq!(json["folder"], "/n");
        assert_eq!(serde_json::from_value::<Stored>(json).unwrap(), stored);
    }
}
