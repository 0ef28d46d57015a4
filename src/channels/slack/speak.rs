//! When to speak: a pure decision over what was overheard.

use crate::people::Policy;

/// A post, as far as manners are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overheard {
    /// Who wrote.
    pub from: From,
    /// Whether only one person and the bot are there.
    pub direct: bool,
    /// Whether the bot is mentioned.
    pub mentions_me: bool,
    /// Whether it opens by naming somebody else.
    pub opens_naming_other: bool,
    /// Whether it is in a thread in which the bot was addressed before, or which it began itself.
    pub in_my_thread: bool,
    /// Whether people talk to each other in that thread since.
    pub others_talk: bool,
    /// Whether there is anything to answer: text, a file, or a mention.
    pub has_content: bool,
    /// What the channel wants.
    pub policy: Policy,
}

/// Who wrote a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A person.
    Person,
    /// The bot itself.
    Me,
    /// Another program.
    Bot,
    /// Slack, or nobody.
    Nobody,
}

/// What to do about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Answer it.
    Speak,
    /// Say nothing, for this reason.
    Silent(&'static str),
}

/// Decides whether the bot answers.
#[must_use]
pub fn decide(heard: &Overheard) -> Verdict {
    use Verdict::{Silent, Speak};
    match heard.from {
        From::Me => return Silent("own"),
        From::Nobody => return Silent("nobody"),
        // Two bots that follow each other's threads never stop.
        From::Bot if !heard.mentions_me => return Silent("bot"),
        From::Bot | From::Person => {}
    }
    if !heard.has_content {
        return Silent("empty");
    }
    if heard.direct {
        return Speak;
    }
    if heard.policy == Policy::Off {
        return Silent("off");
    }
    if heard.mentions_me {
        return Speak;
    }
    if heard.opens_naming_other {
        return Silent("to somebody else");
    }
    match heard.policy {
        Policy::All => Speak,
        Policy::Thread if heard.in_my_thread && heard.others_talk => Silent("people talk"),
        Policy::Thread if heard.in_my_thread => Speak,
        _ => Silent("not addressed"),
    }
}

/// Whether a text, in Slack's notation, opens by naming somebody else than `me`.
///
/// It may be a mention or a known first name followed by a comma or colon; a greeting before it doesn't count.
#[must_use]
pub fn opens_naming_other(text: &str, me: &str, my_names: &[&str], names: &[String]) -> bool {
    const GREETINGS: [&str; 7] = ["hi", "hey", "hello", "thanks", "thank", "you", "ok"];
    let mut rest = text.trim_start();
    for _ in 0..3 {
        if let Some(mention) = rest.strip_prefix("<@") {
            let user = mention.split(['>', '|']).next().unwrap_or_default();
            return user != me;
        }
        if rest.starts_with("<!subteam") {
            return true;
        }
        let Some((word, after)) = rest.split_once(char::is_whitespace) else { return false };
        let bare = word.trim_end_matches([',', ':']);
        let is =
            |name: &str| name.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case(bare));
        let called = word.len() > bare.len();
        if called && my_names.iter().any(|name| is(name)) {
            return false;
        }
        if called && names.iter().any(|name| is(name)) {
            return true;
        }
        if !GREETINGS.contains(&bare.to_lowercase().as_str()) {
            return false;
        }
        rest = after.trim_start();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(change: impl Fn(&mut Overheard)) -> Verdict {
        let mut overheard = Overheard {
            from: From::Person,
            direct: false,
            mentions_me: false,
            opens_naming_other: false,
            in_my_thread: false,
            others_talk: false,
            has_content: true,
            policy: Policy::Thread,
        };
        change(&mut overheard);
        decide(&overheard)
    }

    #[test]
    fn when_to_speak() {
        use Verdict::{Silent, Speak};
        type Change = fn(&mut Overheard);
        let table: [(&str, Change, Verdict); 21] = [
            ("a channel's talk", |_| (), Silent("not addressed")),
            ("a mention", |h| h.mentions_me = true, Speak),
            ("a direct message", |h| h.direct = true, Speak),
            (
                "a direct message that names somebody",
                |h| (h.direct, h.opens_naming_other) = (true, true),
                Speak,
            ),
            ("a reply in its thread", |h| h.in_my_thread = true, Speak),
            (
                "a reply to somebody else in its thread",
                |h| (h.in_my_thread, h.opens_naming_other) = (true, true),
                Silent("to somebody else"),
            ),
            (
                "people who went on among themselves",
                |h| (h.in_my_thread, h.others_talk) = (true, true),
                Silent("people talk"),
            ),
            (
                "a mention among them",
                |h| (h.in_my_thread, h.others_talk, h.mentions_me) = (true, true, true),
                Speak,
            ),
            (
                "a mention after somebody else's",
                |h| (h.mentions_me, h.opens_naming_other) = (true, true),
                Speak,
            ),
            ("off, mentioned", |h| (h.policy, h.mentions_me) = (Policy::Off, true), Silent("off")),
            ("off, direct", |h| (h.policy, h.direct) = (Policy::Off, true), Speak),
            (
                "mention only, in its thread",
                |h| (h.policy, h.in_my_thread) = (Policy::Mention, true),
                Silent("not addressed"),
            ),
            ("mention only, mentioned", |h| (h.policy, h.mentions_me) = (Policy::Mention, true), Speak),
            ("all", |h| h.policy = Policy::All, Speak),
            (
                "all, to somebody else",
                |h| (h.policy, h.opens_naming_other) = (Policy::All, true),
                Silent("to somebody else"),
            ),
            ("itself", |h| (h.from, h.direct, h.mentions_me) = (From::Me, true, true), Silent("own")),
            ("Slackbot", |h| (h.from, h.direct) = (From::Nobody, true), Silent("nobody")),
            ("a bot in its thread", |h| (h.from, h.in_my_thread) = (From::Bot, true), Silent("bot")),
            ("a bot in an open channel", |h| (h.from, h.policy) = (From::Bot, Policy::All), Silent("bot")),
            ("a bot that mentions it", |h| (h.from, h.mentions_me) = (From::Bot, true), Speak),
            ("an empty direct message", |h| (h.direct, h.has_content) = (true, false), Silent("empty")),
        ];
        for (what, change, wanted) in table {
            assert_eq!(heard(change), wanted, "{what}");
        }
    }

    #[test]
    fn whom_a_message_opens_with() {
        let names = ["Carol Stone".to_owned(), "Dan".to_owned()];
        for (text, other) in [
            ("<@U2> can you look?", true),
            ("  <@U2|carol>: ok", true),
            ("hey <@U2> look", true),
            ("<!subteam^S1> please", true),
            ("Carol, what do you think?", true),
            ("hi dan: see above", true),
            ("thanks carol, that helps", true),
            ("<@UME> and you?", false),
            ("Bob, and on Friday?", false),
            ("can you ask <@U2>?", false),
            ("carol knows that", false),
            ("what about Carol, then?", false),
            ("Eve, hello", false),
            ("thanks", false),
            ("", false),
        ] {
            assert_eq!(opens_naming_other(text, "UME", &["Bob"], &names), other, "{text}");
        }
    }
}
