//! Who a message is from and who will read the answer, asked of the channel it came by.

use async_trait::async_trait;

use crate::domain::{Attachment, Audience, Conversation, Inbound, Requester};

/// What a channel knows about an accepted message and had no time to find out before it acknowledged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// Who wrote it.
    pub requester: Requester,
    /// Who will see the reply.
    pub audience: Audience,
    /// What it says, with names instead of the channel's ids.
    pub text: String,
    /// Earlier messages of the thread, oldest first, each with who wrote it.
    pub thread: Vec<(String, String)>,
    /// The files that came with it; those without a hash could not be fetched.
    pub attachments: Vec<Attachment>,
    /// Where the asker can be told what not everybody in the audience may read.
    pub aside: Option<Aside>,
}

/// A conversation with the asker alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its name.
    pub conversation: Conversation,
    /// The asker.
    pub audience: Audience,
}

/// A channel that can introduce whoever wrote.
#[async_trait]
pub trait Introduce: Send + Sync {
    /// Introduces the writer and the readers of `message`.
    ///
    /// What can't be found out gets the least rights.
    ///
    /// # Errors
    /// When the channel can't be asked now; the turn is tried again.
    async fn introduce(&self, message: &Inbound) -> anyhow::Result<Introduction>;
}
