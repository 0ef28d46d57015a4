//! Mail that waits for a person, and what owners are told about their mail; for owners and admins only.
//!
//! What is shown of a mail is what the ledger knows: who it says it is from, when it came, why it waits. Its words
//! stay in the mailbox, because nobody vouches for what is held.

use axum::{
    extract::{Path, State},
    response::Redirect,
};
use maud::{Markup, html};

use super::{Console, Shared, page, session::SignedIn, trouble::Trouble};
use crate::{
    domain::PersonId,
    store::{MailRow, NoticeRow, StoreError, now},
};

/// How many a page shows of each kind.
const SHOWN: u32 = 200;

impl Console {
    /// Whether somebody decides on the mail of a mailbox: for all who share it.
    fn decides_on(&self, viewer: &SignedIn, mailbox: &str) -> bool {
        let known = self.web.mailboxes.iter().find(|(name, _)| name == mailbox);
        let people = known.map_or(&[][..], |(_, people)| people.as_slice());
        // A mailbox that nobody has any more is an admin's matter.
        match people {
            [] => viewer.decides_for(None),
            people => people.iter().all(|person| viewer.decides_for(self.web.people.get(person))),
        }
    }

    fn is_told(&self, viewer: &SignedIn, person: &str) -> bool {
        let person = PersonId::new(person.to_owned()).ok();
        viewer.decides_for(person.and_then(|person| self.web.people.get(&person)))
    }
}

/// Notices and waiting mail that the viewer decides on, newest first.
pub(super) async fn list(State(console): State<Shared>, signed_in: SignedIn) -> Result<Markup, Trouble> {
    let store = &console.web.store;
    let mut notices = store.mail_notices(SHOWN).await?;
    notices.retain(|notice| console.is_told(&signed_in, &notice.person));
    let mut mails = store.mail_to_decide(SHOWN).await?;
    mails.retain(|mail| console.decides_on(&signed_in, &mail.mailbox));
    let body = html! {
        h1 { "Mail" }
        p.lead { "What came by mail and was not answered by itself. The mails themselves stay in the mailbox, untouched." }
        @if notices.is_empty() && mails.is_empty() { p.empty { "No mail waits." } }
        @for notice in &notices { (told(notice)) }
        @for mail in &mails { (entry(mail)) }
    };
    Ok(page::page("Mail", &signed_in, &body))
}

fn told(notice: &NoticeRow) -> Markup {
    html! {
        article.card id={ "notice-" (notice.id) } {
            p.meta { b { (notice.person) } " " (page::time(notice.at)) }
            p.words { (notice.words) }
            div.actions {
                form method="post" action={ "/admin/mail-notice/" (notice.id) } { button.quiet type="submit" { "I have read this" } }
            }
        }
    }
}

fn entry(mail: &MailRow) -> Markup {
    let (what, decision) = match mail.state.as_str() {
        "old" => ("lay here for long", Some(("answer", "Answer it now"))),
        "parked" => ("could not be read", Some(("retry", "Read it again"))),
        _ => ("from nobody who is known to be who they say", Some(("release", "Answer it as a stranger's"))),
    };
    html! {
        article.card id={ "mail-" (mail.id) } {
            p.meta {
                @if mail.sender.is_empty() { b { "an unknown sender" } } @else { "says it is from " b { (mail.sender) } }
                " " (page::time(mail.arrived_at)) " · mail " (mail.id) " in " (mail.mailbox)
            }
            p.words { (what) }
            p.reason { b { "Why: " } (mail.why) }
            @if mail.state == "held" {
                p.hint { "Answered, it counts as a stranger's whatever it says: only notes for everyone are used, no tool without a yes, and you read the reply before it goes to the address it claims." }
            }
            div.actions {
                @if let Some((decision, label)) = decision {
                    form method="post" action={ "/admin/mail/" (mail.id) "/" (decision) } { button.primary type="submit" { (label) } }
                }
                form method="post" action={ "/admin/mail/" (mail.id) "/drop" } { button.danger type="submit" { "Drop" } }
            }
        }
    }
}

/// Lets an old or a held mail be answered, has a parked one read again, or drops one.
pub(super) async fn decide(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path((mail, decision)): Path<(String, String)>,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let id: i64 = mail.parse().map_err(|_| Trouble::not_found())?;
    let row = store.mail_row(id).await?.ok_or_else(Trouble::not_found)?;
    if !console.decides_on(&signed_in, &row.mailbox) {
        return Err(Trouble::forbidden());
    }
    let by = signed_in.reader.as_str();
    let is_done = match decision.as_str() {
        "answer" => store.admit_mail(id, by, now()).await?,
        "release" => store.release_mail(id, by, now()).await?,
        "retry" if row.state == "parked" => store.reopen_mail(id).await?,
        "drop" => store.drop_mail(id, by, now()).await?,
        _ => return Err(Trouble::not_found()),
    };
    if !is_done {
        // Somebody else was faster.
        return Err(StoreError::NotThere(format!("mail {id} does not wait any more")).into());
    }
    Ok(Redirect::to("/admin/mail"))
}

/// Puts a notice aside.
pub(super) async fn put_aside(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(notice): Path<String>,
) -> Result<Redirect, Trouble> {
    let store = &console.web.store;
    let id: i64 = notice.parse().map_err(|_| Trouble::not_found())?;
    let person = store.notice_of(id).await?.ok_or_else(Trouble::not_found)?;
    if !console.is_told(&signed_in, &person) {
        return Err(Trouble::forbidden());
    }
    store.put_notice_aside(id, now()).await?;
    Ok(Redirect::to("/admin/mail"))
}
