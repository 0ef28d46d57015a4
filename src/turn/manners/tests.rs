//! What drafts look like once they have been mended.

use proptest::prelude::*;

use super::*;

const PLAIN: Manners = Manners { emoji: false, max_chars: 1800 };
const EMOJI: Manners = Manners { emoji: true, max_chars: 1800 };
const NOTES: &str = "Read https://x.test/a, (https://x.test/Foo_(bar)) or www.x.test/w. Mail anna@x.test. \
    See [guide](https://x.test/g) and ftp://x.test/f, \"https://x.test/q?a=1&b=2\".";

fn text_of(draft: &str, manners: &Manners) -> String {
    mend(draft, &["", NOTES], manners).map_or_else(|no| format!("({no})"), |mended| mended.text)
}

fn check(cases: &[(&str, &str)]) {
    for (draft, expected) in cases {
        assert_eq!(text_of(draft, &PLAIN), *expected, "{draft:?}");
    }
}

#[test]
fn dashes_become_commas_unless_they_mean_something_else() {
    check(&[
        ("Friday \u{2014} at noon", "Friday, at noon"),
        ("Friday\u{2014}at noon", "Friday, at noon"),
        ("Friday \u{2013} at noon", "Friday, at noon"),
        ("Friday -- at noon", "Friday, at noon"),
        ("Friday --- at noon", "Friday, at noon"),
        ("Friday \u{2015} at noon", "Friday, at noon"),
        ("Friday \u{2014}\u{2014} at noon", "Friday, at noon"),
        ("Friday\u{a0}\u{2014}\u{a0}at noon", "Friday, at noon"),
        ("Friday \u{2014}\nat noon", "Friday\nat noon"),
        ("Friday \u{2014}", "Friday"),
        ("Friday, \u{2014} at noon", "Friday, at noon"),
        ("Friday (\u{2014} at noon \u{2014})", "Friday (at noon)"),
        ("\u{2014} at noon", "at noon"),
        ("10\u{2013}12 people", "10\u{2013}12 people"),
        ("10 \u{2013} 12 people", "10\u{2013}12 people"),
        ("10\u{2014}12 people", "10\u{2013}12 people"),
        ("London\u{2013}Paris", "London\u{2013}Paris"),
        ("Use --flag now", "Use --flag now"),
        ("Use a-b and - c", "Use a-b and - c"),
        ("- one\n- two", "- one\n- two"),
        ("| a | \u{2014} |", "| a | - |"),
        ("| a | b |\n| --- | --- |", "| a | b |\n| --- | --- |"),
        ("`a \u{2014} b` \u{2014} c", "`a \u{2014} b`, c"),
        ("```\na -- b\n```", "```\na -- b\n```"),
        ("``x ` \u{2014} y`` stays", "``x ` \u{2014} y`` stays"),
        ("A lone ` tick \u{2014} here", "A lone ` tick, here"),
        ("\u{2014}", "(the draft is empty)"),
    ]);
}

#[test]
fn emoji_go_and_text_signs_stay() {
    check(&[
        ("Great \u{1f389} news", "Great news"),
        ("Done \u{1f389}.", "Done."),
        ("Done \u{1f389}", "Done"),
        ("\u{1f389} Party", "Party"),
        ("a\u{1f389}b", "a b"),
        ("Wave \u{1f44b}\u{1f3fd} there", "Wave there"),
        ("Flag \u{1f1e9}\u{1f1ea} there", "Flag there"),
        ("Press 1\u{fe0f}\u{20e3} now", "Press now"),
        ("Press 1 now", "Press 1 now"),
        ("Press # or *", "Press # or *"),
        ("Family \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} day", "Family day"),
        ("Love \u{2764}\u{fe0f} it", "Love it"),
        ("Love \u{2764} it", "Love it"),
        ("Tick \u{2705} box", "Tick box"),
        ("Tick \u{2713} box", "Tick \u{2713} box"),
        ("Go \u{2192} there", "Go \u{2192} there"),
        ("Acme\u{2122} \u{a9} \u{ae}", "Acme\u{2122} \u{a9} \u{ae}"),
        ("Acme\u{a9}\u{fe0f}", "Acme\u{a9}"),
        ("Smile :)", "Smile :)"),
        ("- \u{2705} Done\n- \u{274c} Not", "- Done\n- Not"),
        ("Yes (\u{1f600})", "Yes"),
        ("`\u{1f600}` stays", "`\u{1f600}` stays"),
        ("\u{1f44d}", "(the draft is empty)"),
    ]);
}

#[test]
fn a_person_who_uses_emoji_keeps_them() {
    let family = "Family \u{1f468}\u{200d}\u{1f469} 1\u{fe0f}\u{20e3} \u{2764}\u{fe0f}";
    let mended = mend(family, &[], &EMOJI).unwrap();
    assert_eq!((mended.text.as_str(), mended.changes.as_slice()), (family, [].as_slice()));
    assert_eq!(text_of("\u{1f44d}", &EMOJI), "\u{1f44d}");
}

#[test]
fn stock_openers_are_cut_when_more_follows() {
    check(&[
        ("Certainly! It is Friday.", "It is Friday."),
        ("Sure! it is Friday.", "It is Friday."),
        ("sure, it is Friday.", "it is Friday."),
        ("Sure thing! Friday.", "Friday."),
        ("Great question! Friday.", "Friday."),
        ("Of course! Friday.", "Friday."),
        ("Of course, the deadline is Friday.", "The deadline is Friday."),
        ("Absolutely! Friday.", "Friday."),
        ("I'd be happy to help! Friday.", "Friday."),
        ("I\u{2019}d be happy to help you with that. Friday.", "Friday."),
        ("Happy to help: Friday.", "Friday."),
        ("As an AI language model, I can\u{2019}t say.", "I can\u{2019}t say."),
        ("As an AI, i can't say.", "I can't say."),
        ("Hey, you around? Friday works.", "Friday works."),
        ("Hello! Friday.", "Friday."),
        ("Thank you for reaching out. Friday.", "Friday."),
        ("I hope this finds you well. Friday.", "Friday."),
        ("Hello! Sure! Great question! Friday.", "Friday."),
        ("Sure!!\n\nFriday.", "Friday."),
        ("SURE! Friday.", "Friday."),
        ("Sure \u{2014} it is Friday.", "It is Friday."),
        ("\u{1f44b} Hello! Friday.", "Friday."),
        ("Sure! `cargo` it is.", "`cargo` it is."),
    ]);
}

#[test]
fn words_that_answer_are_not_openers() {
    check(&[
        ("Sure.", "Sure."),
        ("Sure!", "Sure!"),
        ("Of course.", "Of course."),
        ("Absolutely not.", "Absolutely not."),
        ("Absolutely.", "Absolutely."),
        ("Certainly not.", "Certainly not."),
        ("Of course the deadline is Friday", "Of course the deadline is Friday"),
        ("Sure.com is down", "Sure.com is down"),
        ("Surely, it is Friday.", "Surely, it is Friday."),
        ("Hello, Anna", "Hello, Anna"),
        ("As an AI team we ship.", "As an AI team we ship."),
        ("Happy to help Anna move.", "Happy to help Anna move."),
        ("It is Friday. Sure! Why not.", "It is Friday. Sure! Why not."),
        ("Great questions came up.", "Great questions came up."),
    ]);
}

#[test]
fn stock_closers_are_cut() {
    check(&[
        ("Friday. I hope this helps!", "Friday."),
        ("Friday.\n\nLet me know if you have any other questions.", "Friday."),
        ("Friday. Let me know if you have any questions", "Friday."),
        ("Friday. Feel free to reach out.", "Friday."),
        ("Friday. Please don\u{2019}t hesitate to ask.", "Friday."),
        ("Friday. Please don't hesitate to get in touch!", "Friday."),
        ("Friday. Is there anything else I can help you with?", "Friday."),
        ("Friday. I hope this helps! Is there anything else you need?", "Friday."),
        ("Friday.\n\nBest regards,\nAnna", "Friday."),
        ("Friday.\n\nBest regards,\n\nAnna Berg\nSupport", "Friday."),
        ("Friday. Best regards, Anna", "Friday."),
        ("Friday.\nKind regards", "Friday."),
        ("Friday. \u{1f600} I hope this helps \u{1f600}", "Friday."),
        ("Sure! Friday. Hope this helps.", "Friday."),
        ("He said \"Friday.\" I hope this helps.", "He said \"Friday.\""),
    ]);
}

#[test]
fn closing_sentences_that_say_something_stay() {
    let cases = [
        "Friday. Feel free to reach out to Anna.",
        "Friday. Let me know if you have any objections to 5 pm.",
        "I hope this helps the team. Friday.",
        "Best regards to Anna is what it said.",
        "Friday. Is there anything else in `a.txt`?",
        "The best regards were sent.",
    ];
    for draft in cases {
        assert_eq!(text_of(draft, &PLAIN), draft);
    }
}

#[test]
fn a_draft_of_filler_alone_cannot_be_mended() {
    let cases = [
        "Great question!",
        "Happy to help!",
        "I hope this helps.",
        "Sure! I hope this helps.",
        "Certainly! I'd be happy to help. Is there anything else you need?",
        "Hey, you around?",
        "Hello! Thank you for reaching out.",
        "Best regards,\nAnna",
        "As an AI language model,",
    ];
    for draft in cases {
        assert_eq!(mend(draft, &[], &PLAIN), Err(Unmendable::OnlyFiller), "{draft:?}");
    }
}

#[test]
fn a_draft_with_nothing_in_it_is_empty() {
    for draft in
        ["", "  \n\t ", "\u{200b}\u{feff}", "\u{2014} \u{1f600}", "![a](b)", "<br>", "https://evil.test"]
    {
        assert_eq!(mend(draft, &[], &PLAIN), Err(Unmendable::Empty), "{draft:?}");
    }
    assert_eq!(Unmendable::Empty.to_string(), "the draft is empty");
    assert_eq!(Unmendable::OnlyFiller.to_string(), "the draft is only filler");
}

#[test]
fn links_the_notes_hold_stay() {
    let cases = [
        "See https://x.test/a.",
        "See https://x.test/a, then ask.",
        "See <https://x.test/a> now.",
        "See (https://x.test/a).",
        "See \"https://x.test/a\".",
        "See **https://x.test/a** now.",
        "See [the page](https://x.test/a) now.",
        "See [guide](https://x.test/g).",
        "See https://x.test/Foo_(bar) now.",
        "See [Foo](https://x.test/Foo_(bar)).",
        "See www.x.test/w.",
        "See ftp://x.test/f now.",
        "See https://x.test/q?a=1&b=2 now.",
        "`curl https://x.test/a`",
        "Mail anna@x.test now.",
    ];
    for draft in cases {
        assert_eq!(text_of(draft, &PLAIN), draft);
    }
}

#[test]
fn links_from_nowhere_go() {
    check(&[
        ("See https://evil.test now.", "See now."),
        ("See https://evil.test.", "See."),
        ("See (https://evil.test).", "See."),
        ("See https://x.test/a/b now.", "See now."),
        ("See https://x.test now.", "See now."),
        ("See https://x.test/ab now.", "See now."),
        ("See https://x.test/A now.", "See now."),
        ("See HTTP://x.test/a now.", "See now."),
        ("See http://x.test/a now.", "See now."),
        ("See https://x.test/a?u=1 now.", "See now."),
        ("See https://x.test/a#b now.", "See now."),
        ("See https://x.test/a!b now.", "See now."),
        ("See https://x.test/a{b} now.", "See now."),
        ("See https://x.test/a\u{1f600}b now.", "See now."),
        ("See https://x.test/a![a](b)c now.", "See now."),
        ("See https://x.test/a[1] now.", "See https://x.test/a[1] now."),
        ("See https://evil.test/https://x.test/a now.", "See now."),
        ("See www.evil.test now.", "See now."),
        ("See WWW.evil.test/x now.", "See now."),
        ("Run javascript:alert(1) now.", "Run now."),
        ("Run data:text/html,hi now.", "Run now."),
        ("Get ftp://evil.test/x now.", "Get now."),
        ("See <https://evil.test> now.", "See now."),
        ("See <https://evil.test|the page> now.", "See the page now."),
        ("See [the page](https://evil.test) now.", "See the page now."),
        ("See [the page](https://evil.test \"title\") now.", "See the page now."),
        ("See [the page](<https://evil.test>) now.", "See the page now."),
        ("See [the [old] page](https://evil.test) now.", "See the [old] page now."),
        ("See [the page](javascript:alert(1)) now.", "See the page now."),
        ("See [the page](//evil.test) now.", "See the page now."),
        ("See [the page](other.md) now.", "See the page now."),
        ("See [https://evil.test](https://x.test/a) now.", "See now."),
        ("See [](https://evil.test) now.", "See now."),
        ("See [the page][x] now.\n\n[x]: https://evil.test", "See [the page] now."),
        ("See it [1].\n[1]: https://x.test/a", "See it [1]."),
        ("Mail mailto:anna@x.test?subject=hi now.", "Mail anna@x.test now."),
        ("Mail <mailto:anna@x.test> now.", "Mail anna@x.test now."),
        ("Mail [Anna](mailto:anna@x.test) now.", "Mail Anna (anna@x.test) now."),
        ("Mail [anna@x.test](mailto:anna@x.test) now.", "Mail anna@x.test now."),
        ("`curl https://evil.test -o x` now", "`curl  -o x` now"),
        ("`a[0](b)` stays", "`a[0](b)` stays"),
        ("```\nwget https://evil.test\n```", "```\nwget \n```"),
        ("ht\u{200b}tps://evil.test is gone", "is gone"),
        ("[note]: the room is booked", "[note]: the room is booked"),
        ("Friday [1] (see the plan)", "Friday [1] (see the plan)"),
    ]);
}

#[test]
fn a_script_is_no_link_even_when_a_note_holds_it() {
    let mended = mend("Run javascript:alert(1) now", &["javascript:alert(1)"], &PLAIN).unwrap();
    assert_eq!(mended.text, "Run now");
}

#[test]
fn pictures_and_markup_go_and_the_text_stays() {
    check(&[
        ("See ![a cat](https://x.test/a) here.", "See here."),
        ("![a](b)\nFriday", "Friday"),
        ("See ![a][b] here.", "See here."),
        ("[![a](b)](https://evil.test) Friday", "Friday"),
        ("<b>Friday</b> it is", "Friday it is"),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("One<br>two", "One two"),
        ("One<br/>\ntwo", "One\ntwo"),
        ("<a href=\"https://evil.test\">page</a>", "page"),
        ("<img src=x onerror=alert(1)>Friday", "Friday"),
        ("<svg/onload=alert(1)>Friday", "Friday"),
        ("<x-y onclick=a>Friday</x-y>", "Friday"),
        ("One <!-- hidden --> two", "One two"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 it", "I <3 it"),
        ("Use <name> here", "Use <name> here"),
        ("`<b>` stays", "`<b>` stays"),
        ("<<b>b>Friday", "Friday"),
    ]);
}

#[test]
fn nobody_is_called_by_accident() {
    check(&[
        ("@channel Friday", "channel Friday"),
        ("Hey @here, Friday", "Hey here, Friday"),
        ("@Everyone: Friday", "Everyone: Friday"),
        ("<!channel> Friday", "channel Friday"),
        ("<!here|here> Friday", "here Friday"),
        ("<!everyone> Friday", "everyone Friday"),
        ("Mail me@here.test", "Mail me@here.test"),
        ("@heresy stays", "@heresy stays"),
        ("@anna stays", "@anna stays"),
        ("@@channel too", "channel too"),
        ("`@channel` stays", "`@channel` stays"),
    ]);
}

#[test]
fn lines_are_tidied() {
    check(&[
        ("One\r\ntwo", "One\ntwo"),
        ("One  \ntwo\t\n", "One\ntwo"),
        ("One\n\n\n\n\ntwo", "One\n\ntwo"),
        ("One\n\ntwo", "One\n\ntwo"),
        ("\n\n One \n\n", "One"),
        ("One\u{7}\u{1b} two\u{0}", "One two"),
        ("One\ttwo", "One\ttwo"),
        ("- a\n  - b", "- a\n  - b"),
        ("```\na\n\n\n\nb  \n```", "```\na\n\n\n\nb  \n```"),
        ("One \u{f0000}two", "One two"),
    ]);
}

#[test]
fn a_long_draft_ends_at_a_sentence() {
    let short = Manners { emoji: false, max_chars: 60 };
    let cases = [
        (
            "One two three. Four five six. Seven eight nine ten eleven twelve.",
            "One two three. Four five six. (cut here)",
        ),
        (
            "one two three four five six seven eight nine ten eleven twelve",
            "one two three four five six seven eight (cut here)",
        ),
        ("Fits into the limit. It is short.", "Fits into the limit. It is short."),
        (
            "Say:\n```\nlet a = 1;\nlet b = 2;\nlet c = 3;\nlet d = 4;\nlet e = 5;\n```",
            "Say:\n```\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```\n(cut here)",
        ),
    ];
    for (draft, expected) in cases {
        assert_eq!(text_of(draft, &short), expected);
    }
    assert_eq!(text_of("abcdefghij", &Manners { emoji: false, max_chars: 4 }), "abcd");
    let endless = text_of(&"x".repeat(200), &short);
    assert!(endless.ends_with("x (cut here)") && endless.chars().count() <= 60, "{endless}");
}

#[test]
fn a_draft_of_endless_brackets_is_survived() {
    for piece in
        ["[", "[a](", "<b", "<", "`a``", "(", "Sure! sure! ", "\u{2014} ", "[[a](b)", "![", "@", "<!--", "a@"]
    {
        let draft = piece.repeat(4000);
        assert!(mend(&draft, &[], &PLAIN).map_or(0, |mended| mended.text.chars().count()) <= 1800);
    }
    let nested = format!("{}a{}", "[".repeat(4000), "](b)".repeat(4000));
    assert!(mend(&nested, &[], &PLAIN).is_ok());
}

#[test]
fn each_kind_of_change_is_told_once() {
    let draft = "Sure! See \u{200b}https://a.test \u{2014} and https://b.test \u{1f600}\u{1f600} <b>now</b> ![a](b) @here. \
        I hope this helps.";
    let mended = mend(draft, &[], &PLAIN).unwrap();
    assert_eq!(mended.text, "See, and now here.");
    use Change::{Closer, Dashes, Emoji, Html, Images, Invisible, Links, Mention, Opener};
    assert_eq!(mended.changes, [Invisible, Html, Links, Images, Mention, Emoji, Dashes, Opener, Closer]);
    assert_eq!(mend("Friday.\r\n", &[], &PLAIN).unwrap().changes, []);
}

#[test]
fn invisible_characters_are_dropped() {
    let cases = [
        ("plain", "plain"),
        ("a\u{200b}b\u{200f}c\u{2060}d\u{feff}e", "abcde"),
        ("a\u{202e}b\u{2066}c\u{2069}", "abc"),
        ("a\u{ad}b\u{180e}c", "abc"),
        ("a\u{e0041}\u{e007f}b", "ab"),
        ("a\u{fe0f}b\u{fe01}", "ab"),
        ("a\u{200d}b", "ab"),
        ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{200d}\u{1f469}"),
        ("\u{1f468}\u{200d}", "\u{1f468}"),
        ("\u{2764}\u{fe0f}\u{200d}\u{1f525}", "\u{2764}\u{fe0f}\u{200d}\u{1f525}"),
        ("\u{2764}\u{fe0f}\u{fe0f}", "\u{2764}\u{fe0f}"),
        ("1\u{fe0f}\u{20e3} 1\u{fe0f}", "1\u{fe0f}\u{20e3} 1"),
        ("a\r\nb\rc\td\u{85}e", "a\nbc\tde"),
        ("\u{1f468}\u{200d}\u{200b}\u{1f469}", "\u{1f468}\u{1f469}"),
    ];
    for (text, expected) in cases {
        assert_eq!(strip_invisible(text), expected, "{text:?}");
    }
    assert!(matches!(strip_invisible("a\tb\n"), Cow::Borrowed(_)));
}

#[test]
fn manners_follow_the_voice() {
    let voice = Voice { manner: String::new(), emoji: true };
    assert_eq!(Manners::of(&voice), Manners { emoji: true, max_chars: 1800 });
}

/// Drafts made of the pieces the rules look for, in any order.
fn drafts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "Sure",
        "sure! ",
        "Of course, ",
        "Hello! ",
        "As an AI, ",
        "I hope this helps",
        "Best regards",
        "!",
        ".",
        ", ",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "`",
        "```",
        "```\n",
        "\u{2014}",
        " -- ",
        " \u{2013} ",
        "\u{2013}",
        "10",
        "a",
        "b",
        "<",
        ">",
        "<b>",
        "</b>",
        "<br>",
        "<!--",
        "-->",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "]: ",
        "https://",
        "https://x.test/a",
        "evil.test",
        "www.",
        "mailto:",
        "javascript:",
        "@",
        "here",
        "@channel",
        "<!",
        "|",
        "\u{1f600}",
        "\u{fe0f}",
        "\u{200d}",
        "\u{20e3}",
        "1",
        "\u{1f1e9}",
        "\u{200b}",
        "\u{f0000}",
        "x",
        "\"",
        "Is there anything else",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn settles(draft: &str, manners: &Manners) -> Result<(), TestCaseError> {
    if let Ok(once) = mend(draft, &[NOTES], manners) {
        let twice = mend(&once.text, &[NOTES], manners).map(|mended| mended.text);
        prop_assert_eq!(twice.as_deref(), Ok(once.text.as_str()));
        prop_assert!(once.text.chars().count() <= manners.max_chars);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn mending_twice_changes_nothing_more(draft in any::<String>(), emoji: bool, max_chars in 0_usize..200) {
        settles(&draft, &Manners { emoji, max_chars })?;
    }

    #[test]
    fn mending_what_the_rules_look_for_twice_changes_nothing_more(
        draft in drafts(), emoji: bool, max_chars in 0_usize..200
    ) {
        settles(&draft, &Manners { emoji, max_chars })?;
    }

    #[test]
    fn no_unknown_address_survives(draft in drafts()) {
        if let Ok(mended) = mend(&draft, &[], &PLAIN) {
            prop_assert!(!mended.text.contains("https://x.test/a"), "{}", mended.text);
        }
    }

    #[test]
    fn stripping_twice_changes_nothing_more(text in prop_oneof![any::<String>(), drafts()]) {
        let once = strip_invisible(&text).into_owned();
        prop_assert_eq!(strip_invisible(&once), once.as_str());
    }
}
