//! What `understudy doctor` finds out about a mailbox: both servers, what they can do, who stamps its mail.

use std::{collections::BTreeMap, path::Path};

use super::{
    account::{self, Mailbox, Mailboxes},
    authres,
    imap::{Imap, ImapError, Part},
    smtp,
};
use crate::{channels::Checked, people::People};

/// Mails whose stamps are looked at.
const STAMPED: u32 = 20;

/// Tries the mailboxes of everybody who has one; nothing is fetched for good and nothing is sent.
pub async fn check(
    people: &People,
    data: &Path,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<(String, Checked)> {
    let Mailboxes { mailboxes, problems } = account::mailboxes(people, data, variable);
    let mut found: Vec<_> =
        problems.into_iter().map(|(person, why)| (person.to_string(), Checked::Broken(why))).collect();
    for mailbox in mailboxes {
        let whose: Vec<&str> = mailbox.people.iter().map(|person| person.id.as_str()).collect();
        found.push((whose.join(", "), check_one(&mailbox).await));
    }
    found
}

async fn check_one(mailbox: &Mailbox) -> Checked {
    let (can_idle, stamps) = match read(mailbox).await {
        Ok(read) => read,
        Err(e) => return Checked::Broken(e.to_string()),
    };
    let address = mailbox.people.first().map(|person| person.mail.address.as_str()).unwrap_or_default();
    let hello = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    match smtp::open(mailbox, hello).await {
        Ok(connection) => smtp::close(connection).await,
        Err(e) => return Checked::Broken(e.to_string()),
    }
    let mut words = format!("{address}: {} and {} let it in", mailbox.account.imap, mailbox.smtp);
    if !can_idle {
        words.push_str("; the server has no IDLE, so mail is noticed within a minute");
    }
    let set = mailbox.people.iter().find_map(|person| person.mail.authserv_id.as_deref());
    let seen = stamps.iter().map(|(name, n)| format!("{name} ({n})")).collect::<Vec<_>>().join(", ");
    if mailbox.names.is_some() {
        return Checked::Works(format!("{words}; signatures of senders are checked here"));
    }
    match (set, seen.is_empty()) {
        (Some(set), _) if stamps.contains_key(set) => Checked::Works(words),
        (Some(_), true) => {
            Checked::Works(format!("{words}; no mail is there yet that shows `authserv_id` at work"))
        }
        (Some(set), false) => Checked::Look(format!(
            "{words}; the last mails are stamped by {seen} and `authserv_id` is \"{set}\", so every sender is held as unknown. Set the name of your own mail server, see docs/email.md"
        )),
        (None, true) => Checked::Look(format!(
            "{words}; `authserv_id` is not set, so every sender is held as unknown, and no mail is there yet that shows it. Send one to {address} and run doctor again; if your server stamps nothing, set `check_dkim`"
        )),
        (None, false) => Checked::Look(format!(
            "{words}; `authserv_id` is not set, so every sender is held as unknown. The last mails are stamped by {seen}: set the name of your own mail server, see docs/email.md"
        )),
    }
}

/// Whether the server can wait for mail, and who stamped the last mails how often.
async fn read(mailbox: &Mailbox) -> Result<(bool, BTreeMap<String, usize>), ImapError> {
    let mut imap = Imap::open(&mailbox.account).await?;
    let selected = imap.select("INBOX").await?;
    let mut stamps = BTreeMap::new();
    if selected.exists > 0 {
        // Enough numbers for the last mails even where many were deleted.
        let first = selected.uid_next.unwrap_or(1).saturating_sub(10 * STAMPED).max(1);
        let all = imap.list(&format!("{first}:*")).await?;
        let last: Vec<u32> = all.iter().rev().take(STAMPED as usize).map(|mail| mail.uid).collect();
        for head in imap.fetch(&last, Part::Head).await?.into_values() {
            // Only this mail's topmost stamp: the ones below it came in with the mail.
            let text =
                String::from_utf8_lossy(&head).replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
            let values = text.lines().filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("authentication-results").then(|| value.to_owned())
            });
            if let Some(name) = authres::servers(values).into_iter().next() {
                *stamps.entry(name).or_default() += 1;
            }
        }
    }
    let can_idle = imap.can_idle;
    imap.close().await;
    Ok((can_idle, stamps))
}
