//! A thread in Slack as the name of a conversation, and a post as the key of a message.

use crate::{
    domain::{Conversation, PersonId},
    store::Span,
};

/// Stands for the thread of posts that begin one of their own.
const TOP: &str = "top";

/// A thread in which a person's bot answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose bot.
    pub person: PersonId,
    /// The workspace.
    pub team: String,
    /// The channel or direct message, or a user, which means the direct message with them.
    pub channel: String,
    /// The `ts` of the thread's first post, or a word for posts that are in none.
    pub thread: String,
}

impl Place {
    /// The place of posts in a channel that begin a thread of their own.
    #[must_use]
    pub fn top(person: PersonId, team: &str, channel: &str) -> Self {
        Self { person, team: team.to_owned(), channel: channel.to_owned(), thread: TOP.to_owned() }
    }

    /// The `ts` of the thread's first post; `None` for posts that begin one.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        Some(self.thread.as_str()).filter(|thread| *thread != TOP)
    }

    /// Whether the channel is a user, with whom the direct message has to be opened first.
    #[must_use]
    pub fn is_a_user(&self) -> bool {
        self.channel.starts_with(['U', 'W'])
    }

    /// All conversations of a person's bot in one channel.
    #[must_use]
    pub fn channel_span(person: &PersonId, team: &str, channel: &str) -> Span {
        Span::below(&format!("slack:{person}:{team}:{channel}:"))
    }

    /// The conversation of this thread.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        let Self { person, team, channel, thread } = self;
        Conversation(format!("slack:{person}:{team}:{channel}:{thread}"))
    }

    /// The thread of a conversation that came from Slack.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let mut parts = conversation.0.strip_prefix("slack:")?.split(':');
        let mut next = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
        let place =
            Self { person: PersonId::new(next()?).ok()?, team: next()?, channel: next()?, thread: next()? };
        next().is_none().then_some(place)
    }

    /// The key of a post in this place: two people's bots may each answer the same post, each of them once.
    #[must_use]
    pub fn key(&self, ts: &str) -> String {
        format!("{}/{}/{}/{ts}", self.person, self.team, self.channel)
    }
}

/// The `ts` of the post that a key stands for.
#[must_use]
pub fn ts_of_key(key: &str) -> Option<&str> {
    key.rsplit_once('/').map(|(_, ts)| ts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_way_through_the_store() {
        let place = Place {
            person: PersonId::new("bob").unwrap(),
            team: "T1".to_owned(),
            channel: "C1".to_owned(),
            thread: "1700000000.000100".to_owned(),
        };
        assert_eq!(Place::of(&place.conversation()), Some(place.clone()));
        assert_eq!(ts_of_key(&place.key("1.2")), Some("1.2"));
        assert_eq!(place.thread(), Some("1700000000.000100"));
        let top = Place::top(place.person.clone(), "T1", "U1");
        assert_eq!(Place::of(&top.conversation()), Some(top.clone()));
        assert!(top.thread().is_none() && top.is_a_user() && !place.is_a_user());
        for odd in
            ["cli:bob:alice:x", "slack:bob:T1:C1", "slack:bob:T1::1.0", "slack:bob:T1:C1:1.0:2", "slack:"]
        {
            assert_eq!(Place::of(&Conversation(odd.to_owned())), None, "{odd}");
        }
    }
}
