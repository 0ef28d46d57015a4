//! Folders and files whose notes a person's understudy reads.

use std::path::PathBuf;

use sqlx::Row;

use super::{Store, StoreError, to_json};
use crate::domain::{PersonId, Readers};

/// A folder or file of notes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NoteFolder {
    /// Whose notes.
    pub person: PersonId,
    /// Absolute path.
    pub path: PathBuf,
    /// Who may read them.
    pub readers: Readers,
    /// Whether changes are followed.
    pub watched: bool,
}

impl Store {
    /// Remembers a folder, replacing what was said of it before.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_folder(&self, folder: &NoteFolder) -> Result<(), StoreError> {
        let (person, path) = (folder.person.to_string(), folder.path.to_string_lossy().into_owned());
        let (readers, watched) = (to_json(&folder.readers), folder.watched);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO note_folder (person, path, readers, watched) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (person, path)
                         DO UPDATE SET readers = excluded.readers, watched = excluded.watched",
                    )
                    .bind(person)
                    .bind(path)
                    .bind(readers)
                    .bind(watched)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Forgets a folder and returns whether it was known.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn remove_folder(&self, person: &PersonId, path: &std::path::Path) -> Result<bool, StoreError> {
        let (person, path) = (person.to_string(), path.to_string_lossy().into_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM note_folder WHERE person = ?1 AND path = ?2")
                        .bind(person)
                        .bind(path)
                        .execute(connection)
                        .await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// All folders.
    ///
    /// # Errors
    /// When the database is out of reach or a row unreadable.
    pub async fn folders(&self) -> Result<Vec<NoteFolder>, StoreError> {
        let rows =
            sqlx::query("SELECT person, path, readers, watched FROM note_folder ORDER BY person, path")
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                let unreadable = |why: String| StoreError::Unreadable { table: "note_folder", id: 0, why };
                let person: String = row.try_get("person")?;
                let path: String = row.try_get("path")?;
                Ok(NoteFolder {
                    person: PersonId::new(person).map_err(|e| unreadable(e.to_string()))?,
                    path: path.into(),
                    readers: serde_json::from_str(row.try_get("readers")?)
                        .map_err(|e| unreadable(e.to_string()))?,
                    watched: row.try_get("watched")?,
                })
            })
            .collect()
    }
}
