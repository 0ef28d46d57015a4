//! Messages that say nothing, and those that nobody wrote.

/// Whole messages that carry no decision.
const FILLERS: [&str; 40] = [
    "+1",
    "ok",
    "okay",
    "k",
    "kk",
    "thanks",
    "thank you",
    "thanks!",
    "thx",
    "ty",
    "cheers",
    "great",
    "cool",
    "nice",
    "lol",
    "haha",
    "hahaha",
    "sure thing",
    "np",
    "no problem",
    "you're welcome",
    "welcome",
    "hi",
    "hey",
    "hello",
    "morning",
    "good morning",
    "brb",
    "same",
    "this",
    "wow",
    "yay",
    "congrats",
    "congratulations",
    "got it",
    "noted",
    "ack",
    "hm",
    "hmm",
    "oh",
];

/// Beginnings of automatic replies whose headers did not say so.
const AWAY: [&str; 10] = [
    "i am out of the office",
    "i'm out of the office",
    "i am currently out of",
    "i'm currently out of",
    "out of office",
    "automatic reply",
    "auto-reply",
    "thank you for your email. i am",
    "this is an automated",
    "ich bin derzeit nicht",
];

/// Whether a message is only thanks, a greeting or a `+1`.
pub(super) fn is_filler(text: &str) -> bool {
    let has_word = text.chars().any(char::is_alphanumeric);
    // ":tada:" and ":+1:" are reactions that somebody typed.
    let reaction =
        text.split_whitespace().all(|word| word.len() > 2 && word.starts_with(':') && word.ends_with(':'));
    let bare = text.trim().trim_end_matches(['.', '!', ' ', ',']).to_lowercase();
    !has_word || reaction || FILLERS.contains(&bare.as_str())
}

/// Whether a mail says that its sender is away.
pub(super) fn is_auto_reply(text: &str) -> bool {
    let text = text.strip_prefix("Subject: ").unwrap_or(text).trim_start().to_lowercase();
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    let greeted = body.trim_start();
    AWAY.iter().any(|start| text.starts_with(start) || greeted.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_are_told_from_decisions() {
        for text in ["+1", "Thanks!", "ok.", ":tada: :+1:", "👍", "...", "Got it"] {
            assert!(is_filler(text), "{text}");
        }
        for text in ["yes", "no", "approved", "ok, go ahead", "thanks, book it", "3"] {
            assert!(!is_filler(text), "{text}");
        }
    }

    #[test]
    fn somebody_who_is_away_is_noticed_without_headers() {
        assert!(is_auto_reply("I'm out of the office until Monday."));
        assert!(is_auto_reply("Subject: Automatic reply: Fair\n\nHello"));
        assert!(is_auto_reply("Hello,\n\nI am currently out of the office."));
        assert!(!is_auto_reply("Are you out of the office on Monday?"));
    }
}
