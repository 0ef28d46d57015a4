use super::*;

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
