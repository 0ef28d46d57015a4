//! `notes.remember`: keeps what somebody said as a note.
//!
//! Who may read it: whoever said it and the owner; what the owner or an admin says also those who may read the person's
//! notes. Its trust is that of whoever said it.

use std::path::Path;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError};
use crate::{
    domain::{Effect, Integrity, Readers},
    memory::{Chunk, Note, NoteKey, NoteKind, SAID, document},
};

/// How much of the text is its title.
const TITLE_CHARS: usize = 60;

/// Keeps a note.
pub(super) struct Remember {
    schema: Schema,
}

impl Default for Remember {
    fn default() -> Self {
        Self { schema: Schema::texts(&["text"]) }
    }
}

#[async_trait]
impl Tool for Remember {
    fn name(&self) -> &str {
        "notes.remember"
    }

    fn about(&self) -> &str {
        "saves a note for later"
    }

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        // The key names the note, so a repeat replaces it.
        Reconcile::Repeatable
    }

    async fn run(&self, call: &Call<'_>) -> Result<Outcome, ToolError> {
        let text = call.text("text");
        let away = |e: String| {
            ToolError::NotDone(format!("I could not save the note ({e}). Ask me again in a few minutes."))
        };
        let note = note(call, text).await.map_err(|e| away(e.to_string()))?;
        let source = note.key.source.clone();
        let readers = match &note.readers {
            Readers::Everyone => "everybody may read it".to_owned(),
            Readers::Only(ids) => {
                let names: Vec<&str> = ids.iter().map(crate::domain::ReaderId::as_str).collect();
                format!("these may read it: {}", names.join(", "))
            }
        };
        call.notes.replace(note).await.map_err(|e| away(e.to_string()))?;
        Ok(Outcome {
            told: format!("I've saved that as a note; {readers}."),
            receipt: source,
            found: Vec::new(),
        })
    }
}

async fn note(call: &Call<'_>, text: &str) -> anyhow::Result<Note> {
    let line = text.lines().next().unwrap_or_default();
    let mut title: String = line.chars().take(TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    let pieces = document(Path::new("said.txt"), text).map(|document| document.pieces).unwrap_or_default();
    let worded: Vec<String> = pieces.iter().map(|piece| Chunk::worded(&title, &piece.text)).collect();
    let vectors = call.embed.embed(&worded).await?;
    let chunks: Vec<Chunk> = pieces
        .into_iter()
        .zip(vectors)
        .map(|(piece, dense)| Chunk { title: title.clone(), text: piece.text, dense })
        .collect();
    let readers = readers(call);
    let mut hash = Sha256::new();
    hash.update(call.embed.name());
    hash.update(text);
    Ok(Note {
        person: call.person.id.clone(),
        key: NoteKey { folder: SAID.to_owned(), source: format!("said/{}", call.key) },
        title,
        readers,
        integrity: call.request.label,
        kind: NoteKind::Note,
        valid_from: None,
        valid_until: None,
        hash: hex::encode(hash.finalize()),
        chunks,
    })
}

fn readers(call: &Call<'_>) -> Readers {
    let both = call.both();
    if call.request.label > Integrity::Admin {
        return both;
    }
    match (&call.person.note_readers, both) {
        (Readers::Everyone, _) => Readers::Everyone,
        (Readers::Only(more), Readers::Only(both)) => Readers::Only(more | &both),
        (Readers::Only(_), Readers::Everyone) => Readers::Everyone,
    }
}
