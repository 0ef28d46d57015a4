//! What is said later than a reply: what became of an approval, and reminders. It passes the same gate as a reply.

use super::{answer, manners};
use crate::{domain::Voice, withheld::holds_secret};

/// Mends a late word, which may hold only links that stand in `heard`, the message that led to it.
#[must_use]
pub fn late(voice: &Voice, text: &str, heard: &str) -> String {
    match manners::mend(text, &[heard], &manners::Manners::of(voice)) {
        Ok(mended) if holds_secret(&mended.text) => answer::kept_back(),
        Ok(mended) => mended.text,
        Err(_) => "Something that you asked me for has an end, and I can't put it into words. Look at it in the console."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_word_carries_no_link_picture_ping_or_key_out() {
        let key = ["xo", "xb-17653672481-Ab3dEf6hIj9kLm2n"].concat();
        for (text, heard, stays, goes) in [
            ("I did it.", "", "I did it.", "http"),
            (
                "Remember https://acme.example/a",
                "see https://acme.example/a",
                "https://acme.example/a",
                "evil",
            ),
            ("See https://evil.example/x?d=1 now", "do it", "See", "evil"),
            ("Done ![x](https://evil.example/p.png)", "", "Done", "evil"),
            ("@channel done", "", "channel done", "@"),
            ("Done \u{2014} at last", "", "at last", "\u{2014}"),
        ] {
            let said = late(&Voice::default(), text, heard);
            assert!(said.contains(stays) && !said.contains(goes), "{text}: {said}");
        }
        let kept = late(&Voice::default(), &format!("The token is {key}"), "");
        assert!(!kept.contains(&key) && kept.contains("looks like a key"), "{kept}");
        assert!(late(&Voice::default(), "![](https://evil.example)", "").contains("in the console"));
    }
}
