//! Somebody is told when a mailbox has not been read for long: silence must not look like "no mail".

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::account::Mailbox;
use crate::store::{NewNotice, Store, now};

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(5);

/// What has changed since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It has not been read for too long.
    Raised,
    /// It is read again.
    Over,
}

fn change(is_raised: bool, unread_s: i64, most_s: i64) -> Option<Change> {
    match (is_raised, unread_s > most_s) {
        (false, true) => Some(Change::Raised),
        (true, false) => Some(Change::Over),
        _ => None,
    }
}

/// Watches how long ago a mailbox was read, until the end.
pub(super) async fn watch(mailbox: Arc<Mailbox>, store: Store, stop: CancellationToken) {
    let most_s = mailbox.alarm_after_s();
    let look = LOOK.min(Duration::from_secs(most_s.unsigned_abs().max(1)));
    let mut is_raised = false;
    loop {
        tokio::select! {
            () = sleep(look) => {}
            () = stop.cancelled() => return,
        }
        let unread_s = mailbox.line.unread_s();
        match change(is_raised, unread_s, most_s) {
            None => {}
            Some(Change::Over) => {
                is_raised = false;
                info!("The mailbox of {} is read again", mailbox.whose());
            }
            Some(Change::Raised) => {
                is_raised = true;
                let why = mailbox.line.trouble().unwrap_or_else(|| "it does not answer".to_owned());
                error!("The mailbox of {} has not been read for {unread_s} s: {why}", mailbox.whose());
                metrics::counter!("understudy_mail_alarms_total").increment(1);
                tell(&mailbox, &store, unread_s, &why).await;
            }
        }
    }
}

async fn tell(mailbox: &Mailbox, store: &Store, unread_s: i64, why: &str) {
    for person in &mailbox.people {
        let notice = NewNotice {
            key: format!("silent {} {}", person.id, now() - unread_s),
            person: person.id.to_string(),
            kind: "silent",
            words: format!(
                "The mailbox has not been read since {unread_s} s ago ({why}): whoever wrote meanwhile has no answer yet. `understudy doctor` says what to do."
            ),
        };
        if let Err(e) = store.tell_owner(notice, now()).await {
            warn!("Can't tell the owner of {} about their mailbox: {e:#}", person.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_raised_once_and_ends_when_the_mailbox_is_read() {
        assert_eq!(change(false, 600, 600), None);
        assert_eq!(change(false, 601, 600), Some(Change::Raised));
        assert_eq!(change(true, 9_999, 600), None);
        assert_eq!(change(true, 3, 600), Some(Change::Over));
        assert_eq!(change(false, 3, 600), None);
    }
}
