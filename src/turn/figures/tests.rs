use proptest::prelude::*;

use super::FigureKind::{Amount, Code, Date, Link, Mail, Number, Percent, Phone, Time};
use super::*;

/// Checks which figures of a reply are loose, for `(known, reply, loose)`.
#[track_caller]
fn finds(cases: &[(&str, &str, &[&str])]) {
    let mut wrong = Vec::new();
    for (known, reply, expected) in cases {
        let loose = loose_figures(reply, &[known]);
        let texts: Vec<&str> = loose.iter().map(|loose| loose.text.as_str()).collect();
        if texts != *expected {
            wrong.push(format!("{reply:?} with {known:?}: {loose:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks that a reply holds nothing loose, for `(known, reply)`.
#[track_caller]
fn holds(cases: &[(&str, &str)]) {
    let cases: Vec<_> = cases.iter().map(|(known, reply)| (*known, *reply, &[] as &[&str])).collect();
    finds(&cases);
}

#[test]
fn each_kind_of_figure_is_found() {
    for (text, kind) in [
        ("42", Number),
        ("1,200.50", Number),
        ("ten", Number),
        ("twenty-five", Number),
        ("3rd", Number),
        ("10GB", Number),
        ("5%", Percent),
        ("five per cent", Percent),
        ("€1,200", Amount),
        ("1.200,50 EUR", Amount),
        ("$1.5M", Amount),
        ("March 3", Date),
        ("3rd of March, 2026", Date),
        ("2026-03-03", Date),
        ("03.03.2026", Date),
        ("March 2026", Date),
        ("Q3 2026", Date),
        ("17:00", Time),
        ("5.30 p.m.", Time),
        ("noon", Time),
        ("+49 30 1234567", Phone),
        ("(555) 123-4567", Phone),
        ("bob@example.com", Mail),
        ("https://example.com/a", Link),
        ("www.example.com", Link),
        ("INV-2024-117", Code),
        ("10.0.0.1", Code),
    ] {
        let reply = format!("It is {text}, I think.");
        let expected = Loose { text: text.to_owned(), kind };
        assert_eq!(loose_figures(&reply, &["nothing"]), [expected], "reply: {reply:?}");
    }
}

#[test]
fn thousands_are_compared_without_their_separators() {
    holds(&[
        ("1,200 seats", "1200 seats"),
        ("1200 seats", "1,200 seats"),
        ("1.200.000 seats", "1200000 seats"),
        ("1.200,50 seats", "1,200.50 seats"),
        ("1.200 €", "€1200"),
        ("1'200 seats", "1200 seats"),
        ("1\u{202F}200 seats", "1200 seats"),
        ("12,00,000 seats", "1200000 seats"),
        ("1.50 m", "1.5 m"),
        ("1,5 m", "1.5 m"),
    ]);
    finds(&[("1.200 m", "1200 m", &["1200"]), ("1,2,3", "12 or 23", &["12", "23"])]);
}

#[test]
fn a_number_inside_a_longer_one_is_not_held() {
    finds(&[
        ("15 and 2025", "5 seats", &["5"]),
        ("5.5 and 1,5", "5 seats", &["5"]),
        ("5:30", "5 seats", &["5"]),
        ("INV-2024-117", "117 seats", &["117"]),
        ("1,200", "200 seats", &["200"]),
        ("5", "15 seats", &["15"]),
        ("https://example.com/42", "42 seats", &["42"]),
        ("30", "3 seats", &["3"]),
    ]);
}

#[test]
fn number_words_and_digits_are_the_same() {
    holds(&[
        ("ten seats", "10 seats"),
        ("10 seats", "ten seats"),
        ("twenty-five seats", "25 seats"),
        ("25 seats", "Twenty five seats"),
        ("a hundred seats", "100 seats"),
        ("one hundred and five seats", "105 seats"),
        ("250 seats", "two hundred fifty seats"),
        ("two thousand seats", "2,000 seats"),
        ("1.5 million users", "1,500,000 users"),
        ("1500 users", "1.5k users"),
        ("a dozen eggs", "12 eggs"),
        ("the third floor", "the 3rd floor"),
        ("floor 3", "the third floor"),
    ]);
    finds(&[("ten", "eleven people", &["eleven"]), ("2", "ten or twenty", &["ten", "twenty"])]);
}

#[test]
fn words_that_seldom_count_are_not_figures() {
    holds(&[
        ("", "One of them is new, and no one knows the first one."),
        ("", "Give me a second. Third, ask a third-party tool."),
        ("", "There are two options, in three steps."),
        ("", "We are open 24/7 and use B2B, MP3 and UTF-8."),
        ("", "They may call, we march on, a.m. or not."),
    ]);
}

#[test]
fn percentages_are_compared_by_value() {
    holds(&[
        ("5 percent", "5%"),
        ("5 %", "5 per cent"),
        ("five percent", "5%"),
        ("5.0%", "5 pct"),
        ("| share (%) | 5 |", "5%"),
        ("5%", "5 points"),
    ]);
    finds(&[("5 people", "5%", &["5%"]), ("15%", "5%", &["5%"])]);
}

#[test]
fn amounts_are_compared_by_value_and_currency() {
    holds(&[
        ("€1,200", "1200 EUR"),
        ("EUR 1.200,00", "€1,200"),
        ("1200 euros", "€1200"),
        ("$5 million", "$5M"),
        ("$5m", "5,000,000 dollars"),
        ("US$20", "20 dollars"),
        ("CHF 99", "99 francs"),
        ("five pounds", "£5"),
        ("| price (EUR) | 1200 |", "€1,200"),
        ("€1,200", "1200"),
    ]);
    finds(&[
        ("€1,200", "$1,200", &["$1,200"]),
        ("€1,200", "€1,300", &["€1,300"]),
        ("1200 people", "€1,200", &["€1,200"]),
        ("$5 million", "$5", &["$5"]),
    ]);
}

#[test]
fn times_are_compared_on_the_clock() {
    holds(&[
        ("5 pm", "17:00"),
        ("17:00", "5pm"),
        ("17:00", "5 p.m."),
        ("17h00", "5 PM"),
        ("17:30", "5.30 pm"),
        ("12 pm", "noon"),
        ("00:00", "midnight"),
        ("9:00", "9 am"),
        ("17:00", "at 5:00"),
        ("17:00", "at 5"),
        ("five o'clock", "5:00"),
        ("2026-03-03T17:00:00Z", "3 March at 5 pm"),
    ]);
    finds(&[
        ("5 pm", "5 am", &["5 am"]),
        ("5 pm", "5 minutes", &["5"]),
        ("5:00", "5 pm", &["5 pm"]),
        ("17:00", "17:30", &["17:30"]),
        ("17:00", "7 pm", &["7 pm"]),
    ]);
}

#[test]
fn dates_are_compared_as_days() {
    holds(&[
        ("March 3", "3 March"),
        ("2026-03-03", "March 3"),
        ("March 3", "2026-03-03"),
        ("03.03.2026", "Mar. 3rd, 2026"),
        ("3 March 2026", "3/3/2026"),
        ("3/4/2026", "April 3"),
        ("3/4/2026", "March 4"),
        ("13/4/2026", "13th of April"),
        ("2026/03/03", "03.03.26"),
        ("2026-03-03", "March 2026"),
        ("2026-03-03", "in 2026"),
        ("March 3", "on the 3rd"),
        ("March 3–5", "March 5"),
        ("3–5 March", "March 3"),
        ("3. April 2026", "April 3"),
        ("Q3 2026", "Q3"),
        ("Sept 9", "9 September"),
    ]);
    finds(&[
        ("March 3", "March 4", &["March 4"]),
        ("March 3", "3 May", &["3 May"]),
        ("2026-03-03", "3 March 2025", &["3 March 2025"]),
        ("2026-03-03", "March 2025", &["March 2025"]),
        ("March 31", "March 3", &["March 3"]),
        ("Q3 2026", "Q4", &["Q4"]),
        ("13.4.2026", "April 12", &["April 12"]),
    ]);
}

#[test]
fn phones_mails_links_and_codes_are_compared() {
    holds(&[
        ("+49 30 1234567", "030 1234567"),
        ("+49 (0)30 123-4567", "+49301234567"),
        ("0049 30 1234567", "+49 30 1234567"),
        ("555-123-4567", "(555) 123-4567"),
        ("Bob@Example.com", "bob@example.com"),
        ("mailto:bob@example.com", "bob@example.com."),
        ("see https://example.com/a.", "(https://example.com/a)"),
        ("inv-2024-117", "INV-2024-117"),
        ("version v2.5.1", "V2.5.1"),
    ]);
    finds(&[
        ("+49 30 1234567", "+49 30 1234568", &["+49 30 1234568"]),
        ("bob@example.com", "rob@example.com", &["rob@example.com"]),
        ("https://example.com/a", "https://example.com/ab", &["https://example.com/ab"]),
        ("https://example.com/a", "https://example.com/A.", &["https://example.com/A"]),
        ("INV-2024-117", "INV-2024-118", &["INV-2024-118"]),
    ]);
}

#[test]
fn citations_and_list_numbers_are_not_figures() {
    holds(&[
        ("", "It is new [1], and old [2, 3][4]."),
        ("", "1. Open it.\n2. Close it.\n  10) Lock it."),
        ("", "- **3.** bold\n(4) brackets\n## 5. Heading\nStep 6: go"),
    ]);
    finds(&[
        ("", "It costs [2024] or so.", &["2024"]),
        ("", "42.", &["42"]),
        ("", "It has 3. Not more.", &["3"]),
    ]);
}

#[test]
fn several_passages_hold_together_and_each_loose_figure_is_named_once() {
    let loose = loose_figures("10 of 20, then 30 and 30 again.", &["10 seats", "20 rooms"]);
    assert_eq!(loose, [Loose { text: "30".into(), kind: Number }]);
    assert_eq!(loose_figures("", &[]), []);
    assert_eq!(loose_figures("No figure at all.", &[]), []);
}

/// Figures and text that meet without mercy.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        " ",
        "\n",
        ". ",
        ", ",
        ",",
        ".",
        ":",
        "-",
        "–",
        "/",
        "+",
        "(",
        ")",
        "[",
        "]",
        "%",
        "€",
        "$",
        "#",
        "'",
        "@",
        "0",
        "1",
        "3",
        "5",
        "12",
        "17",
        "24",
        "30",
        "049",
        "100",
        "200",
        "1,200",
        "1.200",
        "2026",
        "2026-03-03",
        "March",
        "may",
        "May",
        "Mar.",
        "of",
        "the",
        "to",
        "and",
        "a",
        "st",
        "rd",
        "th",
        "am",
        "pm",
        "p.m.",
        "h",
        "k",
        "M",
        "m",
        "kg",
        "million",
        "percent",
        "per",
        "cent",
        "EUR",
        "euros",
        "US",
        "Q",
        "noon",
        "one",
        "two",
        "third",
        "twenty",
        "hundred",
        "INV",
        "v",
        "x",
        "T",
        "o'clock",
        "https://example.com/a",
        "bob@example.com",
        "word",
        "é",
        "24/7",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_figure_copied_from_known_text_is_never_loose(known in texts()) {
        prop_assert_eq!(loose_figures(&known, &[&known]), []);
        for figure in figures(&known, Side::Reply) {
            let reply = format!("It is {} then", figure.text);
            prop_assert_eq!(loose_figures(figure.text, &[&known]), [], "alone, of {:?}", &known);
            prop_assert_eq!(loose_figures(&reply, &[&known]), [], "{:?} of {:?}", reply, &known);
        }
    }

    #[test]
    fn no_text_makes_it_panic(reply in any::<String>(), known in any::<String>()) {
        loose_figures(&reply, &[&known]);
        prop_assert_eq!(loose_figures(&reply, &[&known, &reply]), []);
    }

    #[test]
    fn a_number_is_held_only_by_an_equal_one(asked in 2..3000_u32, known in 2..3000_u32) {
        let known_text = format!("There are {known} of them.");
        let loose = loose_figures(&format!("I count {asked} here."), &[&known_text]);
        prop_assert_eq!(loose.is_empty(), asked == known);
    }
}
