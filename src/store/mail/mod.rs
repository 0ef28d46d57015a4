//! Rows of the mailboxes: the ledger of what came in, what it asks of whom, and replies as they left.

mod ledger;
mod sent;
mod tasks;

pub use ledger::{Judged, KeptMail, MailCursor, MailRow, MailState, NewMail};
pub use sent::SentMail;
pub use tasks::{MailTask, MailTraffic};
