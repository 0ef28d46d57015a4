//! Notes that came in a message ("remember this") instead of from a disk.

use std::path::Path;

use anyhow::Context;
use sha2::{Digest, Sha256};

use super::{
    Embed, Notes, SAID, chunk,
    index::embed_all,
    note::{Chunk, Note, NoteKey, NoteKind},
};
use crate::domain::{Integrity, PersonId, Readers};

/// Something that was said and is to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Whose understudy answers from it.
    pub person: PersonId,
    /// Its name among what was said; the same name replaces what was said under it before.
    pub source: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Who may read it.
    pub readers: Readers,
    /// How far it is to be trusted.
    pub integrity: Integrity,
    /// What it is.
    pub kind: NoteKind,
}

/// Keeps what was said as a note.
///
/// # Errors
/// When it has no text, or the encoder or the notes fail.
pub async fn remember(notes: &dyn Notes, embed: &dyn Embed, said: Said) -> anyhow::Result<()> {
    let Said { person, source, title, text, readers, integrity, kind } = said;
    let document = chunk::document(Path::new("said.txt"), &text).context("cut what was said")?;
    anyhow::ensure!(!document.pieces.is_empty(), "nothing was said that could be remembered");
    let texts: Vec<String> = document.pieces.iter().map(|piece| Chunk::worded(&title, &piece.text)).collect();
    let vectors = embed_all(embed, &texts).await?;
    let chunks = document
        .pieces
        .into_iter()
        .zip(vectors)
        .map(|(piece, dense)| Chunk { title: title.clone(), text: piece.text, dense })
        .collect();
    let terms = serde_json::json!([readers, integrity, kind, chunk::VERSION, embed.name(), title, text]);
    let hash = hex::encode(Sha256::digest(terms.to_string()));
    let key = NoteKey { folder: SAID.to_owned(), source };
    let note = Note {
        person,
        key,
        title,
        readers,
        integrity,
        kind,
        valid_from: None,
        valid_until: None,
        hash,
        chunks,
    };
    Ok(notes.replace(note).await?)
}
