mod dashes;
mod emoji;
mod filler;
mod length;
mod links;
mod markup;
mod properties;

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
