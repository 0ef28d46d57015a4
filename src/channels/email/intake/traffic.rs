//! Traffic that no people make, and what its owner is told of it.

use crate::{
    channels::email::{account::Addressee, address::Address},
    domain::Conversation,
    store::{MailTraffic, NewNotice},
};

/// Answers in one thread in ten minutes, to one sender in a day, to everybody in an hour.
const TRAFFIC_MAX: (i64, i64, i64) = (4, 20, 200);

/// Why no more is answered for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// The same words came before in the thread: two programs tell each other the same.
    SameWords,
    /// A thread goes back and forth too fast.
    Thread,
    /// One sender writes too much.
    Sender,
    /// All together write too much.
    Everybody,
}

impl Excess {
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::SameWords => "the same words were sent in this thread before",
            Self::Thread => "this thread goes back and forth too fast for people",
            Self::Sender => "its sender has been answered often enough for a day",
            Self::Everybody => "enough mail was answered for this hour",
        }
    }

    /// What the owner is told, once for a thread, and once a day for a sender or everybody.
    pub(super) fn notice(
        self,
        person: &Addressee,
        from: &Address,
        conversation: &Conversation,
        now: i64,
    ) -> NewNotice {
        let day = now / 86_400;
        let (key, kind, words) = match self {
            Self::SameWords | Self::Thread => (
                format!("loop {}", conversation.0),
                "loop",
                format!(
                    "A thread with {from} looks like two programs that answer each other, so it is paused: {}. If a person writes there, answer them yourself.",
                    self.why()
                ),
            ),
            Self::Sender => (
                format!("limit {} {from} {day}", person.id),
                "limit",
                format!("{from} got 20 answers in a day, so further mail of theirs waits in the mailbox: answer it yourself if it matters."),
            ),
            Self::Everybody => (
                format!("limit {} {day}", person.id),
                "limit",
                "200 mails were answered in an hour, so further mail waits in the mailbox: look what floods it.".to_owned(),
            ),
        };
        NewNotice { key, person: person.id.to_string(), kind, words }
    }
}

/// What is too much about this traffic, if anything.
pub(super) fn excess(traffic: &MailTraffic) -> Option<Excess> {
    let (thread, sender, everybody) = TRAFFIC_MAX;
    if traffic.same_text > 0 {
        return Some(Excess::SameWords);
    }
    if traffic.thread >= thread {
        return Some(Excess::Thread);
    }
    if traffic.sender >= sender {
        return Some(Excess::Sender);
    }
    (traffic.everybody >= everybody).then_some(Excess::Everybody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f04_traffic_that_no_people_make_is_stopped() {
        let none = MailTraffic::default();
        assert_eq!(excess(&none), None);
        for (traffic, wanted) in [
            (MailTraffic { same_text: 1, ..none }, Excess::SameWords),
            (MailTraffic { thread: 4, ..none }, Excess::Thread),
            (MailTraffic { sender: 20, ..none }, Excess::Sender),
            (MailTraffic { everybody: 200, ..none }, Excess::Everybody),
        ] {
            assert_eq!(excess(&traffic), Some(wanted), "{traffic:?}");
        }
        assert_eq!(excess(&MailTraffic { thread: 3, sender: 19, everybody: 199, same_text: 0 }), None);
    }
}
