//! Grants: rows that an admin switches.

use super::{value, word};
use crate::{
    domain::{Grant, Integrity, Mode, PersonId, Standing},
    store::{Store, StoreError, audit},
};

impl Store {
    /// Everything that is switched for a person's understudy; unreadable rows count as `deny`.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn grants(&self, person: &PersonId) -> Result<Vec<Grant>, StoreError> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT tool, class, highest_taint, mode FROM tool_grant WHERE person = ?1 ORDER BY tool, class",
        )
        .bind(person.as_str())
        .fetch_all(&self.readers)
        .await?;
        let read = |(tool, class, taint, mode)| read(person.clone(), tool, class, taint, mode);
        Ok(rows.into_iter().map(read).collect())
    }

    /// Puts these rows in the place of everything that is switched for a tool, if it still is what `seen` says.
    ///
    /// `told` is what the audit says was done, as (action, subject).
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when somebody switched it meanwhile; otherwise when the database is out of reach.
    pub async fn replace_grants(
        &self,
        (person, tool): (&PersonId, &str),
        seen: Vec<Grant>,
        rows: Vec<Grant>,
        told: (String, String),
        (by, now): (&str, i64),
    ) -> Result<(), StoreError> {
        let (person, tool, by) = (person.clone(), tool.to_owned(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let there: Vec<(String, String, String)> = sqlx::query_as(
                        "SELECT class, highest_taint, mode FROM tool_grant
                         WHERE person = ?1 AND tool = ?2 ORDER BY class",
                    )
                    .bind(person.as_str())
                    .bind(&tool)
                    .fetch_all(&mut *connection)
                    .await?;
                    let there: Vec<Grant> = there
                        .into_iter()
                        .map(|(class, taint, mode)| read(person.clone(), tool.clone(), class, taint, mode))
                        .collect();
                    if there != seen {
                        return Err(StoreError::NotThere(
                            "somebody else switched it a moment ago".to_owned(),
                        ));
                    }
                    sqlx::query("DELETE FROM tool_grant WHERE person = ?1 AND tool = ?2")
                        .bind(person.as_str())
                        .bind(&tool)
                        .execute(&mut *connection)
                        .await?;
                    for grant in rows {
                        sqlx::query(
                            "INSERT INTO tool_grant (person, tool, class, highest_taint, mode, at)
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )
                        .bind(person.as_str())
                        .bind(&tool)
                        .bind(word(grant.class))
                        .bind(word(grant.highest_taint))
                        .bind(word(grant.mode))
                        .bind(now)
                        .execute(&mut *connection)
                        .await?;
                    }
                    audit::insert(connection, now, &by, &told.0, &told.1).await
                })
            })
            .await
    }

    /// Switches a tool for a class of requesters; the row that was there for them is replaced.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn put_grant(&self, grant: Grant, by: &str, now: i64) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO tool_grant (person, tool, class, highest_taint, mode, at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT (person, tool, class)
                         DO UPDATE SET highest_taint = excluded.highest_taint, mode = excluded.mode, at = excluded.at",
                    )
                    .bind(grant.person.as_str())
                    .bind(&grant.tool)
                    .bind(word(grant.class))
                    .bind(word(grant.highest_taint))
                    .bind(word(grant.mode))
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    let subject = format!(
                        "{} {} for {} up to {}",
                        grant.person,
                        grant.tool,
                        word(grant.class),
                        word(grant.highest_taint)
                    );
                    audit::insert(connection, now, &by, &format!("tool.{}", word(grant.mode)), &subject).await
                })
            })
            .await
    }

    /// Takes back what is switched for a tool and one class of requesters; returns whether anything was.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn remove_grant(
        &self,
        person: &PersonId,
        tool: &str,
        class: Standing,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (person, tool, by, class) = (person.to_string(), tool.to_owned(), by.to_owned(), word(class));
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let gone =
                        sqlx::query("DELETE FROM tool_grant WHERE person = ?1 AND tool = ?2 AND class = ?3")
                            .bind(&person)
                            .bind(&tool)
                            .bind(&class)
                            .execute(&mut *connection)
                            .await?
                            .rows_affected();
                    if gone > 0 {
                        let subject = format!("{person} {tool} for {class}");
                        audit::insert(connection, now, &by, "tool.off", &subject).await?;
                    }
                    Ok(gone > 0)
                })
            })
            .await
    }

    /// Takes back everything that is switched for a tool and returns how many rows that were; without rows it is off.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn remove_grants(
        &self,
        person: &PersonId,
        tool: &str,
        by: &str,
        now: i64,
    ) -> Result<u64, StoreError> {
        let (person, tool, by) = (person.to_string(), tool.to_owned(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let gone = sqlx::query("DELETE FROM tool_grant WHERE person = ?1 AND tool = ?2")
                        .bind(&person)
                        .bind(&tool)
                        .execute(&mut *connection)
                        .await?
                        .rows_affected();
                    if gone > 0 {
                        audit::insert(connection, now, &by, "tool.off", &format!("{person} {tool}")).await?;
                    }
                    Ok(gone)
                })
            })
            .await
    }
}

/// A row as the rest of the program knows it.
fn read(person: PersonId, tool: String, class: String, taint: String, mode: String) -> Grant {
    // Written by a newer version, perhaps: what can't be read must not allow, and its deny must hold.
    let (class, highest_taint, mode) = match (value(class), value(taint), value(mode)) {
        (Some(class), Some(taint), Some(mode)) => (class, taint, mode),
        _ => (Standing::Owner, Integrity::Owner, Mode::Deny),
    };
    Grant { person, tool, class, highest_taint, mode }
}
