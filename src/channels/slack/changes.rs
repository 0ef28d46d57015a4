//! What changes after a post: it is edited, deleted or stopped; the bot is invited or removed.

use tracing::info;

use super::{account::Identity, directory::reader_of, intake::Intake, place::Place};
use crate::{
    domain::{Audience, Channel, Inbound, Requester, Standing},
    people::Policy,
    store::{Span, StoreError},
};

impl Intake {
    /// Somebody pressed Stop.
    pub(super) async fn stopped(
        &self,
        own: &Identity,
        channel: &str,
        thread: Option<&str>,
        user: &str,
    ) -> Result<(), StoreError> {
        let place = thread.map(|thread| self.place(own, channel, thread));
        let among = match &place {
            Some(place) => Span::of(&place.conversation()),
            None => Place::channel_span(&self.account.person, &own.team, channel),
        };
        let by = reader_of(user);
        let stopped = self.inbox.stop_all(&among, by.as_str()).await?;
        info!("Somebody pressed Stop: {stopped} messages are cancelled");
        if let Some(place) = place {
            self.status.give_up(&self.account, &place);
        }
        Ok(())
    }

    /// Introduces the bot when it is new in a channel: once, however often it is invited.
    pub(super) async fn joined(&self, own: &Identity, channel: &str, user: &str) -> Result<(), StoreError> {
        self.account.directory.forget_channel(channel);
        let person = &self.account.person;
        let silent = self.account.app.policy_in(channel) == Policy::Off
            || self.store.is_paused_in_slack(person, channel).await?;
        if user != own.user || silent {
            return Ok(());
        }
        let place = Place::top(person.clone(), &own.team, channel);
        let message = Inbound {
            channel: Channel::Slack,
            key: place.key("joined"),
            conversation: place.conversation(),
            person: person.clone(),
            requester: Requester {
                id: reader_of("invitation"),
                name: "an invitation".to_owned(),
                standing: Standing::Unknown,
            },
            audience: Audience::unknown(),
            text: String::new(),
            attachments: Vec::new(),
        };
        self.inbox.answer_at_once(&message, "greeted", &self.account.introduction()).await?;
        Ok(())
    }

    /// Leaves nothing open in a channel that the bot was removed from.
    pub(super) async fn left(&self, own: &Identity, channel: &str, user: &str) -> Result<(), StoreError> {
        self.account.directory.forget_channel(channel);
        if user == own.user {
            let among = Place::channel_span(&self.account.person, &own.team, channel);
            let stopped = self.inbox.stop_all(&among, "slack").await?;
            info!("{} was removed from a channel: {stopped} messages are cancelled", self.account.person);
        }
        Ok(())
    }

    /// Somebody has other words for what they asked.
    pub(super) async fn edited(
        &self,
        own: &Identity,
        channel: String,
        ts: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let key = self.place(own, &channel, ts).key(ts);
        let text = self.without_me(own, text);
        if let Some(id) = self.inbox.amend(Channel::Slack, &key, &text).await? {
            info!(inbox.id = %id, "Inbox row {id} was edited by its sender and is read again");
        }
        Ok(())
    }

    /// Somebody took a question back.
    pub(super) async fn deleted(&self, own: &Identity, channel: String, ts: &str) -> Result<(), StoreError> {
        let key = self.place(own, &channel, ts).key(ts);
        if let Some(id) = self.inbox.cancel(Channel::Slack, &key).await? {
            info!(inbox.id = %id, "Inbox row {id} was taken back by its sender");
            let row = self.store.inbox_row(id).await?.filter(|row| row.state == "cancelled");
            if let Some(place) = row.and_then(|row| Place::of(&row.conversation)) {
                self.status.give_up(&self.account, &place);
            }
        }
        Ok(())
    }
}
