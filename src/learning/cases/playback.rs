//! Playback: what the person wrote unasked, with a question made up for it.
//!
//! Mail that they began and pages that they keep show how they write, and nothing about what they answer. Such
//! cases are marked synthetic, train only, and are never more than the real ones.

use super::replies::{Unasked, cut, speakable};

/// Characters of a text that is played back.
const TEXT_MAX_CHARS: usize = 1200;
/// Words of one.
const TEXT_MIN_WORDS: usize = 12;

/// The made-up question and what the person wrote; `None` when it is too short, too long or holds personal data.
pub(super) fn played_back(unasked: &Unasked) -> Option<(String, String)> {
    let (head, body) = match unasked.channel.as_str() {
        "mail" => {
            let text = unasked.text.strip_prefix("Subject: ")?;
            let (subject, body) = text.split_once("\n\n")?;
            let to = unasked.to.first().map_or("them", String::as_str);
            (format!("Write the mail to {to} about \"{}\".", cut(subject.trim(), 120)), body)
        }
        "page" => {
            let (title, body) = unasked.text.split_once("\n\n")?;
            (format!("Write the section \"{}\" of our notes.", cut(title.trim(), 120)), body)
        }
        _ => return None,
    };
    let body = speakable(body.trim())?;
    let fits = body.chars().count() <= TEXT_MAX_CHARS && body.split_whitespace().count() >= TEXT_MIN_WORDS;
    fits.then_some((head, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_and_a_page_are_played_back_and_a_remark_is_not() {
        let words = "one two three four five six seven eight nine ten eleven twelve";
        let unasked = |channel: &str, text: String| Unasked {
            id: "1".into(),
            thread_id: "t".into(),
            t: 0,
            channel: channel.into(),
            to: vec!["Robin".into()],
            text,
        };
        let mail = played_back(&unasked("mail", format!("Subject: Fair\n\n{words}")));
        assert_eq!(mail, Some(("Write the mail to Robin about \"Fair\".".into(), words.into())));
        assert!(
            played_back(&unasked("page", format!("Fair > Stand\n\n{words}")))
                .unwrap()
                .0
                .contains("Fair > Stand")
        );
        assert_eq!(played_back(&unasked("dm", words.into())), None);
        assert_eq!(played_back(&unasked("page", "Fair\n\nshort".into())), None);
    }
}
