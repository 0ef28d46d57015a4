//! What owners are told about their mail: bounces, old mail, threads that were paused.

use tracing::warn;
use understudy_ears::{Delivery, Letter};

use super::{Intake, verdict::Case};
use crate::{
    channels::email::account::Addressee,
    store::{NewNotice, Reach, StoreError, now},
};

impl Intake {
    /// Keeps a notice and counts it when it is new.
    pub(super) async fn tell(&self, notice: NewNotice) -> Result<(), StoreError> {
        let (kind, person) = (notice.kind, notice.person.clone());
        if self.store.tell_owner(notice, now()).await? {
            metrics::counter!("understudy_mail_notices_total", "kind" => kind).increment(1);
            warn!("The owner of {person} is told about their mail: {kind}, see `understudy mail list`");
        }
        Ok(())
    }

    /// Asks the owners whether mail that lay there for long is to be answered.
    pub(super) async fn ask_about_old_mail(
        &self,
        asked: &[&Addressee],
        case: &Case<'_>,
    ) -> Result<(), StoreError> {
        for person in asked {
            self.tell(NewNotice {
                key: format!("old {} {}", person.id, now() / 86_400),
                person: person.id.to_string(),
                kind: "old",
                words: format!(
                    "Mail {} and perhaps more lay in the mailbox for over 7 days before it was read: say on this page, or with `understudy mail answer NUMBER`, what is still to be answered.",
                    case.id
                ),
            })
            .await?;
        }
        Ok(())
    }

    /// Takes in what a bounce says of a reply of ours, and returns why nobody answers it; `None` when it is about
    /// none of them.
    ///
    /// Anybody can write a bounce, so it counts only for an id that we made, which nobody guesses, and for the
    /// address that the reply went to.
    pub(super) async fn reported(&self, letter: &Letter) -> Result<Option<&'static str>, StoreError> {
        let Some(report) = letter.report.as_ref().filter(|report| !report.about.is_empty()) else {
            return Ok(None);
        };
        let Some((person, recipients)) = self.store.sent_to(&report.about).await? else { return Ok(None) };
        let mut told = None;
        for delivery in report.recipients.iter().filter(|d| recipients.contains(&d.address)) {
            let Delivery { address, status, said, .. } = delivery;
            let Some(reach) = reach(delivery) else { continue };
            self.store.mail_bounced(address, reach, status, said, now()).await?;
            metrics::counter!("understudy_mail_bounces_total", "kind" => if reach == Reach::Dead { "dead" } else { "delayed" })
                .increment(1);
            if reach == Reach::Delayed {
                told = told.or(Some("it says that a reply of ours is delayed"));
                continue;
            }
            told = Some("it says that a reply of ours did not arrive");
            let why = if said.is_empty() { status } else { said };
            self.tell(NewNotice {
                key: format!("bounce {} {address}", report.about),
                person: person.clone(),
                kind: "bounce",
                words: format!("A reply did not reach {address} ({why}): tell them another way, or ask for their new address."),
            })
            .await?;
        }
        Ok(told)
    }
}

/// What a report says of an address; `None` when it arrived.
fn reach(delivery: &Delivery) -> Option<Reach> {
    match (delivery.action.as_str(), delivery.status.split('.').next()) {
        // Whatever the status: what could not be delivered for days is given up under that of delays.
        ("failed", _) => Some(Reach::Dead),
        ("delayed", _) | (_, Some("4")) => Some(Reach::Delayed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_up_is_dead() {
        for (action, status, wanted) in [
            ("failed", "5.1.1", Some(Reach::Dead)),
            ("failed", "4.4.7", Some(Reach::Dead)),
            ("delayed", "4.4.1", Some(Reach::Delayed)),
            ("", "4.2.2", Some(Reach::Delayed)),
            ("delivered", "2.0.0", None),
            ("relayed", "2.0.0", None),
            ("", "", None),
        ] {
            let delivery =
                Delivery { action: action.to_owned(), status: status.to_owned(), ..Delivery::default() };
            assert_eq!(reach(&delivery), wanted, "{action} {status}");
        }
    }
}
