use super::*;

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
