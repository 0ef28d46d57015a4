//! `notes.remember`: keeps what somebody said as a note.
//!
//! Who may read it: whoever said it and the owner; what the owner or an admin says also those who may read the person's
//! notes. Its trust is that of whoever said it.

use async_trait::async_trait;

use super::{Call, Outcome, Reconcile, Schema, Tool, ToolError};
use crate::{
    domain::{Effect, Integrity, Readers},
    memory::{NoteKind, Said, remember},
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
        let said = Said {
            person: call.person.id.clone(),
            source: format!("said/{}", call.key),
            title: title(text),
            text: text.to_owned(),
            readers: readers(call),
            integrity: call.request.label,
            kind: NoteKind::Note,
        };
        let receipt = said.source.clone();
        let shown = match &said.readers {
            Readers::Everyone => "everybody may read it".to_owned(),
            Readers::Only(ids) => {
                let names: Vec<&str> = ids.iter().map(crate::domain::ReaderId::as_str).collect();
                format!("these may read it: {}", names.join(", "))
            }
        };
        remember(call.notes, call.embed, said).await.map_err(|e| {
            ToolError::NotDone(format!("I could not save the note ({e}). Ask me again in a few minutes."))
        })?;
        Ok(Outcome { told: format!("I've saved that as a note; {shown}."), receipt, found: Vec::new() })
    }
}

/// The first line, as far as it is short.
fn title(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut title: String = line.chars().take(TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
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
