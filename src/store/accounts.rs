//! Accounts: who may sign in with a password, who runs the installation, and open invitations.
//!
//! Only hashes are kept. Whatever changes what somebody may do, or how they prove who they are, ends their sessions in
//! the same commit. One admin always stays.

use sqlx::{FromRow, SqliteConnection};

use super::{Store, StoreError, audit};

/// Wrong passwords before an account is locked.
const FAILURES_MAX: i64 = 5;
/// How long it is locked then.
const LOCKED_S: i64 = 15 * 60;

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AccountRow {
    /// Who, as readers lists name them.
    pub reader: String,
    /// The name to show.
    pub name: String,
    /// Whether they run this installation.
    pub admin: bool,
    /// Argon2id in PHC form; empty until the invitation was taken up.
    pub password: String,
    /// Until when no password is tried, or a time that has passed.
    pub locked_until_at: i64,
    /// Until when the open invitation can be taken up, or a time that has passed.
    pub invited_until_at: i64,
    /// When they last signed in, or 0.
    pub seen_at: i64,
}

/// An invitation to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Who, as readers lists name them.
    pub reader: String,
    /// The name to show.
    pub name: String,
    /// Whether they will run this installation.
    pub admin: bool,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
    /// Until when it can be taken up.
    pub until_at: i64,
}

macro_rules! select_account {
    ($rest:literal) => {
        concat!(
            "SELECT reader, name, admin, password, locked_until_at, invited_until_at, seen_at FROM account ",
            $rest
        )
    };
}

impl Store {
    /// Accounts whose name or id contains `like`, in order of their names.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn accounts(&self, like: &str, skip: u32, limit: u32) -> Result<Vec<AccountRow>, StoreError> {
        let rows = sqlx::query_as(select_account!(
            "WHERE instr(lower(name), lower(?1)) > 0 OR instr(reader, lower(?1)) > 0
             ORDER BY name, reader LIMIT ?3 OFFSET ?2"
        ))
        .bind(like)
        .bind(skip)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        Ok(rows)
    }

    /// One account.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn account(&self, reader: &str) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query_as(select_account!("WHERE reader = ?1"))
            .bind(reader)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row)
    }

    /// Whether an admin has a password, so that the printed token is only a way back in.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn admins_have_passwords(&self) -> Result<bool, StoreError> {
        let row: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM account WHERE admin AND password <> '' LIMIT 1")
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.is_some())
    }

    /// The account that an open invitation is for.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn invited(&self, token_hash: &str, now: i64) -> Result<Option<AccountRow>, StoreError> {
        let row = sqlx::query_as(select_account!(
            "WHERE invitation = ?1 AND invitation <> '' AND invited_until_at > ?2"
        ))
        .bind(token_hash)
        .bind(now)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row)
    }

    /// Invites somebody, new or known; an earlier open invitation of theirs no longer works, their password does until
    /// the new one is set.
    ///
    /// # Errors
    /// When the database is out of reach, or it would leave nobody who runs the installation.
    pub async fn invite(&self, invitation: NewInvitation, by: &str, now: i64) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let NewInvitation { reader, name, admin, token_hash, until_at } = invitation;
                    sqlx::query(
                        "INSERT INTO account (reader, name, admin, invitation, invited_until_at, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT (reader) DO UPDATE SET admin = excluded.admin, invitation = excluded.invitation,
                             invited_until_at = excluded.invited_until_at, locked_until_at = 0, failures = 0",
                    )
                    .bind(&reader)
                    .bind(name)
                    .bind(admin)
                    .bind(token_hash)
                    .bind(until_at)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    end_other_standing(&mut *connection, &reader, admin).await?;
                    one_admin_stays(&mut *connection).await?;
                    let action = if admin { "account.invited_admin" } else { "account.invited" };
                    audit::insert(connection, now, &by, action, &reader).await
                })
            })
            .await
    }

    /// Remembers somebody who came with the printed token, as an admin.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn came_with_token(&self, reader: &str, name: &str, now: i64) -> Result<(), StoreError> {
        let (reader, name) = (reader.to_owned(), name.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO account (reader, name, admin, created_at, seen_at) VALUES (?1, ?2, 1, ?3, ?3)
                         ON CONFLICT (reader) DO UPDATE SET admin = 1, seen_at = excluded.seen_at",
                    )
                    .bind(&reader)
                    .bind(name)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    audit::insert(connection, now, &reader, "account.signed_in_by_token", &reader).await
                })
            })
            .await
    }

    /// Sets a password and ends every session of its owner; an open invitation is used up.
    ///
    /// `invitation` is the hash of the invitation that lets them do so; without one they do so by being signed in.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when the invitation is not open any more; otherwise when the database is out of reach.
    pub async fn set_password(
        &self,
        reader: &str,
        password: &str,
        invitation: Option<&str>,
        now: i64,
    ) -> Result<(), StoreError> {
        let (reader, password) = (reader.to_owned(), password.to_owned());
        let invitation = invitation.map(str::to_owned);
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE account SET password = ?2, invitation = '', invited_until_at = 0, failures = 0,
                                locked_until_at = 0
                         WHERE reader = ?1 AND (?3 IS NULL OR (invitation = ?3 AND invited_until_at > ?4))",
                    )
                    .bind(&reader)
                    .bind(password)
                    .bind(invitation)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::NotThere("this invitation was used or has run out".to_owned()));
                    }
                    end_sessions(&mut *connection, &reader).await?;
                    audit::insert(connection, now, &reader, "account.password_set", &reader).await
                })
            })
            .await
    }

    /// Counts a wrong password, and locks the account for a quarter of an hour after five in a row.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn wrong_password(&self, reader: &str, now: i64) -> Result<(), StoreError> {
        let reader = reader.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let locked: Option<i64> = sqlx::query_scalar(
                        "UPDATE account SET failures = failures + 1,
                                locked_until_at = CASE WHEN (failures + 1) % ?3 = 0 THEN ?2 + ?4
                                                       ELSE locked_until_at END
                         WHERE reader = ?1 RETURNING failures % ?3 = 0",
                    )
                    .bind(&reader)
                    .bind(now)
                    .bind(FAILURES_MAX)
                    .bind(LOCKED_S)
                    .fetch_optional(&mut *connection)
                    .await?;
                    if locked == Some(1) {
                        audit::insert(connection, now, &reader, "account.locked", &reader).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Forgets wrong passwords, because the right one was given.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn right_password(&self, reader: &str, now: i64) -> Result<(), StoreError> {
        let reader = reader.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE account SET failures = 0, seen_at = ?2 WHERE reader = ?1")
                        .bind(reader)
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Makes somebody an admin or no longer one; their sessions end.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] when there is no such account, or nobody would be left who runs the installation.
    pub async fn set_admin(&self, reader: &str, admin: bool, by: &str, now: i64) -> Result<(), StoreError> {
        let (reader, by) = (reader.to_owned(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query("UPDATE account SET admin = ?2 WHERE reader = ?1")
                        .bind(&reader)
                        .bind(admin)
                        .execute(&mut *connection)
                        .await?;
                    known(done.rows_affected(), &reader)?;
                    one_admin_stays(&mut *connection).await?;
                    end_sessions(&mut *connection, &reader).await?;
                    let action = if admin { "account.made_admin" } else { "account.no_longer_admin" };
                    audit::insert(connection, now, &by, action, &reader).await
                })
            })
            .await
    }

    /// Removes an account; its sessions end, what its owner wrote stays.
    ///
    /// # Errors
    /// As for [`Self::set_admin`].
    pub async fn remove_account(&self, reader: &str, by: &str, now: i64) -> Result<(), StoreError> {
        let (reader, by) = (reader.to_owned(), by.to_owned());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM account WHERE reader = ?1")
                        .bind(&reader)
                        .execute(&mut *connection)
                        .await?;
                    known(done.rows_affected(), &reader)?;
                    one_admin_stays(&mut *connection).await?;
                    end_sessions(&mut *connection, &reader).await?;
                    audit::insert(connection, now, &by, "account.removed", &reader).await
                })
            })
            .await
    }

    /// When a session last proved who uses it, or 0.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn confirmed_at(&self, token_hash: &str) -> Result<i64, StoreError> {
        let at = sqlx::query_scalar("SELECT confirmed_at FROM session WHERE token_hash = ?1")
            .bind(token_hash)
            .fetch_optional(&self.readers)
            .await?;
        Ok(at.unwrap_or(0))
    }

    /// Remembers that a session has proved who uses it.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn confirm_session(&self, token_hash: &str, now: i64) -> Result<(), StoreError> {
        let token_hash = token_hash.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE session SET confirmed_at = ?2 WHERE token_hash = ?1")
                        .bind(token_hash)
                        .bind(now)
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

fn known(rows: u64, reader: &str) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotThere(format!("there is no account {reader}"))) } else { Ok(()) }
}

/// Refuses a change that leaves nobody who can sign in as an admin, if there was somebody.
async fn one_admin_stays(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let (all, admins): (i64, i64) =
        sqlx::query_as("SELECT count(*), coalesce(sum(admin), 0) FROM account").fetch_one(connection).await?;
    if all > 0 && admins == 0 {
        let why = "nobody would be left who runs this installation; make somebody else an admin first";
        return Err(StoreError::NotThere(why.to_owned()));
    }
    Ok(())
}

async fn end_sessions(connection: &mut SqliteConnection, reader: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE reader = ?1").bind(reader).execute(connection).await?;
    Ok(())
}

/// Ends sessions that say something else about whether their owner is an admin.
async fn end_other_standing(
    connection: &mut SqliteConnection,
    reader: &str,
    admin: bool,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE reader = ?1 AND (standing = 'admin') <> ?2")
        .bind(reader)
        .bind(admin)
        .execute(connection)
        .await?;
    Ok(())
}
