use super::*;

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
