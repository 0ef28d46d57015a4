//! Rows of the mailboxes: the ledger of what came in, what it asks of whom, and replies as they left.

mod care;
mod ledger;
mod letters;
mod seen;
mod sent;
mod tasks;

pub use care::{NewNotice, NoticeRow, Reach};
pub use ledger::{Judged, KeptMail, MailCursor, MailState, NewMail};
pub use letters::{LetterEnd, LetterRow, LetterStands, NewLetter};
pub use seen::MailRow;
pub use sent::{Refusal, SentMail};
pub use tasks::{MailTask, MailTraffic};
