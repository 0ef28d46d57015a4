//! Deletes everything that rows hold of a person.

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use super::{
    super::{Store, StoreError, audit},
    consent::stop,
};
use crate::domain::{PersonId, Stopped};

/// How many rows an erasure deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Messages to the person's understudy, and the person's own to others, with steps and replies.
    pub messages: u64,
    /// Note folders that were followed.
    pub folders: u64,
    /// Consents and vetoes.
    pub consents: u64,
    /// Signed-in browsers.
    pub sessions: u64,
}

impl Store {
    /// Deletes a person's rows and stops their understudy; ids in the audit and receipts stay as proof.
    ///
    /// What was deleted may lie in free pages and in the write-ahead log until [`Self::scrub`].
    ///
    /// # Errors
    /// When the database is out of reach; nothing is deleted then.
    pub async fn erase_person(&self, person: &PersonId, by: &str, now: i64) -> Result<Erased, StoreError> {
        let (person, by) = (person.to_string(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    stop(&mut *connection, &person, Stopped::Erased, now).await?;
                    let erased = delete_all(&mut *connection, &person).await?;
                    audit::insert(connection, now, &by, "person.erased", &person).await?;
                    Ok(erased)
                })
            })
            .await
    }

    /// Makes deleted rows unrecoverable: rewrites the file and empties the write-ahead log.
    ///
    /// Writes wait meanwhile; about a second for each hundred megabytes.
    ///
    /// # Errors
    /// When a reader holds an old snapshot for long, or the disk is full; it can be repeated.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        self.writer.scrub().await
    }
}

async fn delete_all(connection: &mut SqliteConnection, person: &str) -> Result<Erased, StoreError> {
    // Replies before messages: the outbox points at the inbox. Steps go by their foreign key.
    sqlx::query(
        "DELETE FROM outbox WHERE person = ?1 OR inbox_id IN (
             SELECT id FROM inbox WHERE json_extract(message, '$.requester.id') = ?1)",
    )
    .bind(person)
    .execute(&mut *connection)
    .await?;
    let messages = delete(
        &mut *connection,
        "DELETE FROM inbox WHERE person = ?1 OR json_extract(message, '$.requester.id') = ?1",
        person,
    )
    .await?;
    // The rows of the ledger stay, without a word in them, so that the mail is not taken in again.
    sqlx::query(
        "UPDATE mail SET raw = x'', sender = ''
         WHERE sender = ?1 OR id IN (SELECT mail_id FROM mail_task WHERE person = ?1 OR sender = ?1)",
    )
    .bind(person)
    .execute(&mut *connection)
    .await?;
    // Whoever got copies of replies to others stands in what is kept of those.
    let copied = "UPDATE mail_sent SET bytes = x'', copies = ''
                  WHERE instr(',' || copies || ',', ',' || ?1 || ',') > 0";
    sqlx::query(copied).bind(person).execute(&mut *connection).await?;
    let tasks = "DELETE FROM mail_task
                 WHERE person = ?1 OR sender = ?1 OR instr(head, '\"' || ?1 || '\"') > 0";
    delete(&mut *connection, tasks, person).await?;
    delete(&mut *connection, "DELETE FROM mail_notice WHERE person = ?1 OR instr(words, ?1) > 0", person)
        .await?;
    delete(&mut *connection, "DELETE FROM mail_address WHERE address = ?1", person).await?;
    let letters = "DELETE FROM owner_letter
                   WHERE person = ?1 OR recipient = ?1 OR instr(words, ?1) > 0 OR instr(subject, ?1) > 0";
    delete(&mut *connection, letters, person).await?;
    delete(&mut *connection, "DELETE FROM draft_mode WHERE person = ?1", person).await?;
    // Actions, their cards and reminders go with their messages.
    delete(&mut *connection, "DELETE FROM tool_grant WHERE person = ?1", person).await?;
    delete(&mut *connection, "DELETE FROM account WHERE reader = ?1", person).await?;
    delete(&mut *connection, "DELETE FROM pause WHERE person = ?1", person).await?;
    delete(&mut *connection, "DELETE FROM slack_pause WHERE person = ?1", person).await?;
    delete(&mut *connection, "DELETE FROM slack_heard WHERE person = ?1", person).await?;
    let overheard = "DELETE FROM overheard WHERE conversation >= 'slack:' || ?1 || ':'
                     AND conversation < 'slack:' || ?1 || ';'";
    delete(&mut *connection, overheard, person).await?;
    Ok(Erased {
        messages,
        folders: delete(&mut *connection, "DELETE FROM note_folder WHERE person = ?1", person).await?,
        consents: delete(&mut *connection, "DELETE FROM consent WHERE person = ?1", person).await?
            + delete(&mut *connection, "DELETE FROM veto WHERE person = ?1", person).await?,
        sessions: delete(&mut *connection, "DELETE FROM session WHERE reader = ?1", person).await?,
    })
}

async fn delete(
    connection: &mut SqliteConnection,
    statement: &'static str,
    person: &str,
) -> Result<u64, StoreError> {
    Ok(sqlx::query(statement).bind(person).execute(connection).await?.rows_affected())
}
