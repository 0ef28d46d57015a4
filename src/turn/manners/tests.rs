use proptest::prelude::*;

use std::borrow::Cow;

use super::*;

const KNOWN: &[&str] = &[
    "The plan is at https://docs.example.com/plan (draft). Ask alice@example.com or \
     [the wiki](https://wiki.example.org/Foo_(bar)).",
    "> <https://chat.example.com/archives/C1|thread>, and www.example.net/help too.",
];

fn plain() -> Manners {
    Manners { emoji: Emoji::Removed, max_chars: 4000 }
}

#[track_caller]
fn becomes(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (draft, expected) in cases {
        match mend(draft, KNOWN, &plain()) {
            Ok(mended) if mended.text == *expected => {}
            other => wrong.push(format!("{draft:?} became {other:?}, not {expected:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[track_caller]
fn stays(drafts: &[&str]) {
    let cases: Vec<_> = drafts.iter().map(|draft| (*draft, *draft)).collect();
    becomes(&cases);
}

#[track_caller]
fn is_refused(cases: &[(&str, Unmendable)]) {
    for (draft, why) in cases {
        assert_eq!(mend(draft, KNOWN, &plain()), Err(*why), "draft: {draft:?}");
    }
}

#[test]
fn a_plain_reply_goes_through_untouched() {
    stays(&[
        "Yes, Friday works.",
        "The budget is 1,200 euros, see [1].",
        "First line\nsecond line\n\n- a list\n- of two",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ]);
    let mended = mend("Yes, Friday works.", KNOWN, &plain()).unwrap();
    assert_eq!(mended.changes, []);
}

#[test]
fn a_dash_before_a_new_clause_becomes_a_full_stop() {
    becomes(&[
        ("The report is done — I sent it to Bob.", "The report is done. I sent it to Bob."),
        ("We moved the date—it's Friday now.", "We moved the date. It's Friday now."),
        ("It works now ― they fixed it.", "It works now. They fixed it."),
        ("I checked twice -- there is no invoice.", "I checked twice. There is no invoice."),
        ("The room is booked – you can go in.", "The room is booked. You can go in."),
    ]);
}

#[test]
fn a_dash_inside_a_sentence_becomes_a_comma() {
    becomes(&[
        ("The plan — the new one — is fine.", "The plan, the new one, is fine."),
        ("We tried—but failed.", "We tried, but failed."),
        ("Only one thing is missing – the signature.", "Only one thing is missing, the signature."),
        ("Bring the badge -- the blue one.", "Bring the badge, the blue one."),
        ("Yes — I sent it.", "Yes, I sent it."),
        ("If you need it — I can send it.", "If you need it, I can send it."),
        ("He said \"no\" — and left.", "He said \"no\", and left."),
        ("Run `make` — it builds all of it.", "Run `make`. It builds all of it."),
        ("The plan—\nthe new one—is fine.", "The plan,\nthe new one, is fine."),
        ("It was, — well, odd.", "It was, well, odd."),
        ("One——two", "One, two"),
        ("One — — two", "One, two"),
    ]);
}

#[test]
fn a_dash_leaves_no_odd_punctuation_behind() {
    becomes(&[
        ("Really? — Yes.", "Really? Yes."),
        ("Wait —, what?", "Wait, what?"),
        ("I was going to —", "I was going to."),
        ("I was going to—\n\nNever mind.", "I was going to.\n\nNever mind."),
        ("\"But—\" he began.", "\"But\" he began."),
        ("(— so they say)", "(so they say)"),
        ("A —> B", "A -> B"),
        ("| plan | — |", "| plan | - |"),
        ("Text above\n—\ntext below", "Text above\n\ntext below"),
    ]);
}

#[test]
fn a_dash_that_starts_a_line_becomes_a_bullet() {
    becomes(&[
        ("Two things:\n— one\n— two", "Two things:\n- one\n- two"),
        ("Two things:\n– one\n– two", "Two things:\n- one\n- two"),
        ("Well said.\n—Bob", "Well said.\n- Bob"),
        ("> — Bob", "> - Bob"),
    ]);
}

#[test]
fn a_dash_after_a_bold_label_becomes_a_colon() {
    becomes(&[("- **Deadline** — Friday", "- **Deadline**: Friday")]);
}

#[test]
fn ranges_keep_their_en_dash() {
    stays(&["Pages 10–12.", "Open 10 – 12 on Monday.", "Mon – Fri, 9am – 5pm.", "The 2024–2025 plan."]);
    becomes(&[("Pages 10—12.", "Pages 10–12."), ("Open Mon—Fri.", "Open Mon–Fri.")]);
}

#[test]
fn flags_rules_and_hyphens_are_not_dashes() {
    stays(&[
        "Pass --release to it.",
        "Run cargo test -- --nocapture to see it.",
        "Run git checkout -- notes.md for that.",
        "One\n\n---\n\nTwo",
        "It is a well-known e-mail - so what.",
        "word--word",
    ]);
}

#[test]
fn code_keeps_its_dashes() {
    stays(&[
        "Use `a — b` here.",
        "Use ``a ` — b`` here.",
        "```text\na — b -- c\n\n\n\n\nd\n```",
        "~~~\na — b\n~~~\nDone.",
        "```\nnever closed — still code",
    ]);
    becomes(&[("Code ` a — b ` and — ` alone.", "Code ` a — b ` and, ` alone.")]);
}

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
fn stock_openers_are_cut() {
    becomes(&[
        ("Certainly! The deadline is Friday.", "The deadline is Friday."),
        ("Sure thing! The deadline is Friday.", "The deadline is Friday."),
        ("Great question! The deadline is Friday.", "The deadline is Friday."),
        ("That's a really good question. The deadline is Friday.", "The deadline is Friday."),
        ("Great question, Alice! The deadline is Friday.", "The deadline is Friday."),
        ("Of course! The deadline is Friday.", "The deadline is Friday."),
        ("Absolutely! the deadline is Friday.", "The deadline is Friday."),
        ("I'd be happy to help with that! The deadline is Friday.", "The deadline is Friday."),
        ("I’m glad to help you. The deadline is Friday.", "The deadline is Friday."),
        ("As an AI language model, I can't sign it.", "I can't sign it."),
        ("As an AI, I can't sign it.", "I can't sign it."),
        ("Hey, you around? The deadline is Friday.", "The deadline is Friday."),
        ("Hi Alice, are you there?\n\nThe deadline is Friday.", "The deadline is Friday."),
        ("Hey, got a minute? The deadline is Friday.", "The deadline is Friday."),
        ("Thanks for reaching out! The deadline is Friday.", "The deadline is Friday."),
        ("I hope this email finds you well. The deadline is Friday.", "The deadline is Friday."),
        ("Sure, here is the list: a and b.", "Here is the list: a and b."),
        ("**Certainly!** The deadline is Friday.", "The deadline is Friday."),
        ("Certainly! 🎉 Great question — the deadline is Friday.", "The deadline is Friday."),
        ("Sure! Great question! I'd be happy to help. The deadline is Friday.", "The deadline is Friday."),
        ("Sure thing!\n\n- one\n- two", "- one\n- two"),
        ("Absolutely! `make test` runs them.", "`make test` runs them."),
    ]);
}

#[test]
fn openers_below_a_greeting_are_cut() {
    becomes(&[
        ("Hi Alice,\n\nThanks for reaching out! It is Friday.", "Hi Alice,\n\nIt is Friday."),
        ("Hello Alice Smith!\nGreat question! It is Friday.", "Hello Alice Smith!\nIt is Friday."),
    ]);
    stays(&["Hi Alice!", "Hi Alice, it is Friday.", "Dear Alice,\n\nSure."]);
    is_refused(&[("Hi Alice,\n\nI hope this helps!", Unmendable::OnlyFiller)]);
}

#[test]
fn an_answer_that_looks_like_an_opener_stays() {
    stays(&[
        "Sure",
        "Sure.",
        "Certainly!",
        "Absolutely.",
        "Certainly not.",
        "Absolutely not! The room is taken.",
        "Of course the deadline is Friday.",
        "Of course not.",
        "Sure, but only until Friday.",
        "Certainly, as long as Bob signs.",
        "Sure, Alice.",
        "Sure! But only until Friday.",
        "Absolutely. The office is empty.",
        "Great question about the budget came up.",
        "I'd be happy to help with the move on Friday.",
        "Are you around on Friday? The keys are with me.",
        "Sure enough, it broke.",
        "Certainly the best plan is to wait.",
        "As an AI company, we ship models.",
        "\"Sure!\" said Bob.",
        "Definitely maybe.",
        "Thanks for the invoice. It is paid.",
    ]);
}

#[test]
fn stock_closers_are_cut() {
    for closer in [
        "I hope this helps!",
        "Hope that helps.",
        "Let me know if you have any other questions.",
        "Let me know if you have any questions!",
        "Please let me know if you need anything else.",
        "Please don't hesitate to reach out.",
        "Feel free to reach out.",
        "Feel free to reach out if you have any further questions.",
        "If you have any other questions, feel free to ask.",
        "I hope this helps, and let me know if you need more information!",
        "Is there anything else I can help you with?",
        "Let me know if there's anything else I can do for you.",
        "I'm happy to help further.",
        "*I hope this helps!* 🙂",
        "I hope this helps! Let me know if you have any questions. Feel free to reach out!",
    ] {
        let draft = format!("The deadline is Friday [1]. {closer}");
        becomes(&[(&draft, "The deadline is Friday [1].")]);
        let below = format!("The deadline is Friday [1].\n\n{closer}\n");
        becomes(&[(&below, "The deadline is Friday [1].")]);
    }
    becomes(&[(
        "The deadline is Friday — let me know if you have any questions.",
        "The deadline is Friday.",
    )]);
}

#[test]
fn a_closer_above_the_sign_off_is_cut() {
    becomes(&[(
        "The deadline is Friday.\n\nI hope this helps!\n\nBest regards,\nBob",
        "The deadline is Friday.\n\nBest regards,\nBob",
    )]);
}

#[test]
fn an_end_that_says_something_stays() {
    stays(&[
        "Two slots are free. Let me know if Friday works.",
        "The form is new. Feel free to reach out to Bob at 5 pm.",
        "It is a draft. I hope this helps the team decide.",
        "Which one? Let me know.",
        "The key is gone. Let me know if you need anything from the cellar.",
        "It broke.\n\nBest,\nBob",
        "```\nI hope this helps\n```",
    ]);
}

#[test]
fn a_draft_of_stock_phrases_is_not_sent() {
    is_refused(&[
        ("Great question!", Unmendable::OnlyFiller),
        ("I'd be happy to help!", Unmendable::OnlyFiller),
        ("I hope this helps!", Unmendable::OnlyFiller),
        ("Great question! I hope this helps! 🎉", Unmendable::OnlyFiller),
        ("Let me know if you have any questions.", Unmendable::OnlyFiller),
    ]);
    becomes(&[("Sure! I hope this helps!", "Sure!")]);
}

#[test]
fn a_knock_without_a_reason_is_not_sent() {
    for draft in
        ["hey, you around?", "Hey! You around?", "Hey Alice, you there?", "you around?", "Hi, got a sec? 🙂"]
    {
        is_refused(&[(draft, Unmendable::BarePing)]);
    }
}

#[test]
fn an_empty_draft_is_not_sent() {
    is_refused(&[
        ("", Unmendable::Empty),
        (" \n\t", Unmendable::Empty),
        ("\u{200B}\u{202E}", Unmendable::Empty),
        ("🎉", Unmendable::NothingLeft),
        ("https://evil.example/x", Unmendable::NothingLeft),
        ("![](https://evil.example/x.png)", Unmendable::NothingLeft),
        ("...", Unmendable::NothingLeft),
    ]);
    let runaway = "word ".repeat(20_000);
    is_refused(&[(&runaway, Unmendable::TooLong)]);
}

#[test]
fn a_known_link_stays_byte_for_byte() {
    stays(&[
        "See https://docs.example.com/plan.",
        "See (https://docs.example.com/plan).",
        "See https://wiki.example.org/Foo_(bar), or not.",
        "See **https://docs.example.com/plan**!",
        "See https://docs.example.com/plan[1].",
        "See [the plan](https://docs.example.com/plan)s now.",
        "In the thread https://chat.example.com/archives/C1.",
        "Go to www.example.net/help.",
        "Mail [Alice](mailto:alice@example.com).",
    ]);
    becomes(&[
        ("See <https://docs.example.com/plan>.", "See https://docs.example.com/plan."),
        ("See <https://docs.example.com/plan|the plan>.", "See https://docs.example.com/plan."),
        ("See [](https://docs.example.com/plan).", "See https://docs.example.com/plan."),
        (
            "See [the plan](https://docs.example.com/plan \"Title\").",
            "See [the plan](https://docs.example.com/plan).",
        ),
        ("Ask <alice@example.com>.", "Ask alice@example.com."),
    ]);
}

#[test]
fn an_unknown_link_is_dropped_and_its_text_stays() {
    becomes(&[
        ("See [the plan](https://evil.example/x).", "See the plan."),
        ("See https://evil.example/x for more.", "See for more."),
        ("See the plan (https://evil.example/x).", "See the plan."),
        ("See the plan <https://evil.example/x>.", "See the plan."),
        ("See <https://evil.example/x|the plan>.", "See the plan."),
        ("See the plan **https://evil.example/x**.", "See the plan."),
        ("See [a [nested] plan](https://evil.example/x_(y)).", "See a [nested] plan."),
        ("See [`plan.md`](https://evil.example/x).", "See `plan.md`."),
        ("See [plan](/admin/delete) now.", "See plan now."),
        ("See [1](https://evil.example/x) now.", "See [1] now."),
        ("Mail [Eve](mailto:eve@evil.example).", "Mail Eve."),
        ("Write to <eve@evil.example> now.", "Write to now."),
        ("Write to mailto:eve@evil.example now.", "Write to now."),
        ("See www.evil.example/x now.", "See now."),
        ("See evil.example/x?secret=1 now.", "See now."),
        ("See evil.example?secret=1 now.", "See now."),
        ("See //evil.example/x now.", "See now."),
        ("Run `curl https://evil.example/x` now.", "Run `curl ` now."),
    ]);
}

#[test]
fn a_link_that_only_looks_known_is_dropped() {
    becomes(&[
        ("See https://docs.example.com/plan2 now.", "See now."),
        ("See https://docs.example.com/plan/ now.", "See now."),
        ("See https://docs.example.com/plan?q=secret now.", "See now."),
        ("See HTTPS://docs.example.com/plan now.", "See now."),
        ("See https://docs.example.com@evil.example/plan now.", "See now."),
        ("See https://docs.example.com/plan,https://evil.example/ now.", "See now."),
        ("See docs.example.com@evil.example/plan now.", "See now."),
        ("See https://docs.example.com/pl\u{200B}an2 now.", "See now."),
        ("See hTTps://evil.example/x now.", "See now."),
        ("See [x](HTTPS://EVIL.example/x) now.", "See x now."),
        ("See [x](javascript:alert(1)) now.", "See x now."),
        ("See [x]( javascript:alert(1) ) now.", "See x now."),
        ("See javascript:alert(1) now.", "See now."),
        ("See data:text/html,<b>hi now.", "See now."),
        ("See [x](data:text/html;base64,AAAA) now.", "See x now."),
        (
            "See [https://docs.example.com/plan](https://evil.example/x).",
            "See https://docs.example.com/plan.",
        ),
        ("See [[x](/evil)](https://docs.example.com/plan).", "See [x](https://docs.example.com/plan)."),
    ]);
}

#[test]
fn a_known_script_address_is_still_dropped() {
    let known = ["javascript:alert(1) and data:text/html,x"];
    let mended = mend("Go to javascript:alert(1) or data:text/html,x now.", &known, &plain());
    assert_eq!(mended.unwrap().text, "Go to or now.");
}

#[test]
fn text_with_slashes_and_dots_is_not_a_link() {
    stays(
        &[
            "Yes and/or no, 24/7, w/o cost, 3.5/10, e.g./i.e., N.Y./L.A.",
            "See src/main.rs:42 and docs/plan.md.",
            "Did you read plan.md? Notes.txt/plan.docx too.",
            "The data: 5, 6 and 7.",
            "Use std::fmt and a://b? No: 1://2.",
            "See [note](see below) and f(x)[i].",
            "Write to bob@example.com.",
        ][..4],
    );
}

#[test]
fn reference_links_images_and_html_go() {
    becomes(&[
        ("See [the plan][ref].\n\n[ref]: https://docs.example.com/plan", "See the plan."),
        ("See [the plan][].", "See the plan."),
        ("Done.\n[1]: https://docs.example.com/plan \"Title\"", "Done."),
        ("Look ![a chart](https://docs.example.com/plan) here.", "Look here."),
        ("Look ![a chart][ref] here.", "Look here."),
        ("A <b>bold</b> word, H<sub>2</sub>O.", "A bold word, H2O."),
        ("See <a href=\"https://evil.example/x\">this</a>.", "See this."),
        ("Line<br>break", "Line\nbreak"),
        ("Hi <script>steal()</script>Bob", "Hi Bob"),
        ("Hi <!-- secret --> Bob", "Hi Bob"),
        ("Hi <img src=x onerror=alert(1)> Bob <svg/onload=x>", "Hi  Bob"),
        ("See [the plan][1].", "See the plan [1]."),
    ]);
}

#[test]
fn citations_and_brackets_are_not_references() {
    stays(&[
        "It is Friday [1][2].",
        "It is Friday [1, 3].",
        "- [ ] to do\n- [x] done",
        "Use Vec<String> if a < b and b > c.",
    ]);
    stays(&["[1]: the plan says Friday.", "a<b and c>d"]);
}

#[test]
fn a_whole_room_is_never_called() {
    becomes(&[
        ("@channel the build is red", "channel the build is red"),
        ("Tell @here and @Everyone.", "Tell here and Everyone."),
        ("Tell @@here", "Tell here"),
        ("Tell @\u{200B}here", "Tell here"),
        ("Tell <!channel> and <!here|here>", "Tell channel and here"),
        ("Tell <!subteam^S1|@ops>", "Tell ops"),
        ("Code `@channel` too", "Code `channel` too"),
    ]);
    stays(&["Tell @alice and @hereford.", "Mail bob@here.example now.", "Ask <@U123> now."]);
}

#[test]
fn line_breaks_controls_and_blank_lines_are_tidied() {
    becomes(&[
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("bell\u{7} and \u{1b}[31mred", "bell and [31mred"),
        ("one\n\n\n\n\n\ntwo", "one\n\n\ntwo"),
        ("one\n\n\ntwo", "one\n\n\ntwo"),
        ("  one  \ntwo\t\n", "one\ntwo"),
        ("so\u{AD}ft zero\u{200B}width \u{202E}bidi\u{202C} \u{FEFF}mark", "soft zerowidth bidi mark"),
        ("hid\u{E0041}\u{E0042}den", "hidden"),
    ]);
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

#[test]
fn a_long_reply_ends_at_a_sentence_and_says_so() {
    let manners = Manners { max_chars: 60, ..plain() };
    let cut = |draft: &str| mend(draft, KNOWN, &manners).map(|mended| mended.text);
    assert_eq!(
        cut("The first sentence is here. The second one is here. The third one is far too long."),
        Ok("The first sentence is here. … (cut here)".into())
    );
    assert_eq!(
        cut("Dr. Smith and Mr. Jones of example e.g. Acme wrote a very long sentence without end"),
        Ok("Dr. Smith and Mr. Jones of example e.g. Acme … (cut here)".into())
    );
    assert_eq!(cut(&"x".repeat(99)), Ok(format!("{} … (cut here)", "x".repeat(47))));
    assert_eq!(
        cut("A short block:\n```\nok\n```\nAnd then a sentence that does not fit in at all."),
        Ok("A short block:\n```\nok\n```\n… (cut here)".into())
    );
    let changes = mend(&"Again and again. ".repeat(9), &[], &manners).unwrap().changes;
    assert!(changes.contains(&Change::Shortened));
}

#[test]
fn a_limit_without_room_is_an_error() {
    let manners = Manners { max_chars: 10, ..plain() };
    assert_eq!(mend("This is too long.", &[], &manners), Err(Unmendable::NoRoom));
    assert_eq!(mend("It fits.", &[], &manners).map(|m| m.text), Ok("It fits.".into()));
}

#[test]
fn the_journal_names_each_kind_of_change_once() {
    let draft = "Sure! All done 🎉 — I sent it 🎉 to @here, see https://evil.example/x. I hope this helps!";
    let mended = mend(draft, KNOWN, &plain()).unwrap();
    assert_eq!(mended.text, "All done. I sent it to here, see.");
    assert_eq!(
        mended.changes,
        [
            Change::LinkRemoved,
            Change::PingDefused,
            Change::EmojiRemoved,
            Change::DashRewritten,
            Change::CloserCut,
            Change::OpenerCut,
        ]
    );
    assert_eq!(Change::OpenerCut.to_string(), "opener cut");
}

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
            prop_assert!(!text.contains(emoji::is_emoji), "emoji in {:?}", text);
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
