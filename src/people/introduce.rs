//! Who a message is from and who will read the answer, asked of the channel it came by.

use async_trait::async_trait;

use crate::domain::{Audience, Inbound, Requester};

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
