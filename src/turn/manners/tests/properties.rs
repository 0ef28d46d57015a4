use proptest::prelude::*;

use super::*;
use crate::turn::manners::emoji::is_emoji;

/// Pieces that meet badly: every rule's trigger, and what rules put in their place.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            " ", "\n", "\n\n", ", ", ". ", "! ", "? ", "—", " — ", " -- ", "– ", " – ", "-", "`",
            "``", "```\n", "~~~\n", "[", "]", "(", ")", "](", "][", "]: ", "<", ">", "<b>", "</b>",
            "<!--", "-->", "!", "![", "@", "@here", "@channel", ":", "::", ":tada:", "*", "**", "_",
            "\"", "'", "|", "\\", "/", "//", "://", "https://docs.example.com/plan",
            "https://evil.example/x", "www.", "javascript:", "data:", "mailto:", "alice@example.com",
            "evil.example/", "1", "12", "[1]", "Mon", "Sure", "Certainly!", "Great question!",
            "I'd be happy to help", "Hey, you around?", "I hope this helps", "Let me know",
            "if you have any questions", "Best regards,", "word", "I", "it's", "the", "Friday",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "\u{200D}", "\u{FE0F}", "\u{200B}", "\u{20E3}", "\u{1F3FD}", "🎉", "👩", "❤", "🇩", "✅",
            "©", "\u{E0041}", "\u{F0000}", "\u{F0001}", "\r", "\u{7}", "\u{301}", "… (cut here)",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn manners() -> impl Strategy<Value = Manners> {
    (any::<bool>(), prop_oneof![Just(4000_usize), 0..80_usize]).prop_map(|(emoji, max_chars)| {
        let emoji = if emoji { Emoji::Allowed } else { Emoji::Removed };
        Manners { emoji, max_chars }
    })
}

proptest! {
    #[test]
    fn mending_twice_is_mending_once(draft in pieces(), manners in manners()) {
        match mend(&draft, KNOWN, &manners) {
            Ok(once) => {
                let twice = mend(&once.text, KNOWN, &manners);
                let settled = Mended { text: once.text, changes: Vec::new() };
                prop_assert_eq!(twice, Ok(settled));
            }
            Err(why) => prop_assert_ne!(why, Unmendable::Unsettled),
        }
    }

    #[test]
    fn no_string_makes_it_panic(draft in any::<String>(), known in any::<String>(), manners in manners()) {
        let once = mend(&draft, &[&known], &manners);
        if let Ok(once) = once {
            prop_assert_eq!(mend(&once.text, &[&known], &manners).map(|m| m.text), Ok(once.text));
        }
    }

    #[test]
    fn nothing_that_should_go_is_left(draft in pieces(), max_chars in 0..200_usize) {
        let manners = Manners { emoji: Emoji::Removed, max_chars };
        if let Ok(Mended { text, .. }) = mend(&draft, KNOWN, &manners) {
            prop_assert!(text.chars().count() <= max_chars);
            prop_assert!(!text.contains(is_emoji), "emoji in {:?}", text);
            prop_assert_eq!(strip_invisible(&text), text.as_str());
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            let prose = text::Shielded::code(&text).text;
            prop_assert!(!prose.contains(['—', '―']), "dash in {:?}", text);
            let linked = |(before, _): (&str, &str)| {
                let lead = before.trim_end_matches(|c: char| c.is_alphanumeric() || "._-".contains(c));
                !lead.ends_with('/') || lead.ends_with("//")
            };
            prop_assert!(!text.split_once("evil.example/").is_some_and(linked), "link in {:?}", text);
            for call in ["@here", "@channel"] {
                let free = text.match_indices(call).any(|(at, _)| {
                    let (before, from) = text.split_at(at);
                    let after = from.strip_prefix(call).unwrap_or_default();
                    !before.ends_with(|c: char| c.is_alphanumeric() || c == '/')
                        && !after.starts_with(|c: char| c.is_alphanumeric() || "_-.".contains(c))
                });
                prop_assert!(!free, "{} in {:?}", call, text);
            }
        }
    }

    #[test]
    fn stripping_twice_is_stripping_once(text in pieces()) {
        let once = strip_invisible(&text).into_owned();
        prop_assert_eq!(strip_invisible(&once), once.as_str());
    }
}
