use std::borrow::Cow;

use super::*;

#[test]
fn emoji_go_and_the_spaces_close() {
    becomes(&[
        ("Done 🎉!", "Done!"),
        ("🎉 Done", "Done"),
        ("All 🚀 good", "All good"),
        ("All🚀good", "All good"),
        ("Thumbs 👍🏽 up.", "Thumbs up."),
        ("From 🇩🇪🇫🇷 with care.", "From with care."),
        ("The family 👨‍👩‍👧‍👦 came.", "The family came."),
        ("Nodding 🙂‍↕️ along.", "Nodding along."),
        ("England 🏴󠁧󠁢󠁥󠁮󠁧󠁿 won.", "England won."),
        ("I ❤️ it ✅.", "I it."),
        ("Great (🎉) news", "Great news"),
        ("Fine, 🙂.", "Fine."),
        ("- ✅ tests\n- ❌ docs", "- tests\n- docs"),
        ("In code: `x 🎉`", "In code: `x `"),
    ]);
}

#[test]
fn digits_and_signs_are_not_emoji() {
    stays(&["Call 0800 1234 # or *.", "Acme™ © 2026 ®", "A → B, a ↔ b, ✓ and §"]);
    becomes(&[
        ("Option 2️⃣ it is.", "Option 2 it is."),
        ("Acme™️ ©️ 2026", "Acme™ © 2026"),
        ("A ➡️ B", "A ➡ B"),
    ]);
}

#[test]
fn emoji_codes_go_but_times_and_paths_stay() {
    becomes(&[
        ("Done :tada:!", "Done!"),
        (":wave::skin-tone-3: Hi Bob", "Hi Bob"),
        ("Good :+1: then", "Good then"),
    ]);
    stays(&["At 10:30:45 sharp", "Use std::fmt::Display here", "key:value:other", "Note: this: that"]);
}

#[test]
fn emoji_stay_when_the_person_uses_them() {
    let manners = Manners { emoji: Emoji::Allowed, ..plain() };
    for draft in ["Done 🎉", "👍", "The family 👨‍👩‍👧‍👦 ❤️ :tada: 1️⃣"] {
        assert_eq!(mend(draft, &[], &manners).unwrap().text, draft);
    }
}

#[test]
fn invisible_characters_stay_only_inside_emoji() {
    for (text, expected) in [
        ("plain", "plain"),
        ("a\u{200D}b\u{FE0F}c", "abc"),
        ("👩\u{200D}💻 ❤\u{FE0F}", "👩\u{200D}💻 ❤\u{FE0F}"),
        ("👩\u{200D}x", "👩x"),
        ("👩\u{FE0F}\u{FE0F}", "👩\u{FE0F}"),
        ("1\u{FE0F}\u{20E3} 1\u{FE0F}", "1\u{FE0F}\u{20E3} 1"),
        ("\u{2066}x\u{2069}\u{3164}\u{E007F}", "x"),
    ] {
        assert_eq!(strip_invisible(text), expected, "{text:?}");
    }
    assert!(matches!(strip_invisible("plain"), Cow::Borrowed(_)));
}
