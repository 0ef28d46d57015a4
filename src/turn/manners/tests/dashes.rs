use super::*;

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
