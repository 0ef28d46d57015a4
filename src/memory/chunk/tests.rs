use super::*;

fn read(name: &str, text: &str) -> Document {
    document(Path::new(name), text).unwrap()
}

fn pieces(document: &Document) -> Vec<(&str, &str)> {
    document.pieces.iter().map(|piece| (piece.title.as_str(), piece.text.as_str())).collect()
}

#[test]
fn markdown_is_cut_at_headings_and_each_piece_says_where_it_stands() {
    let doc = read(
        "refunds.md",
        "---\nowner: Maria\n---\n# Refunds\n\nWithin 30 days.\n\n## Exceptions\n\nGift *cards*: never.\n\n### EU\n\n14 days.\n\n## Who\n\nMaria.\n",
    );
    assert_eq!(doc.title, "Refunds");
    assert_eq!(
        pieces(&doc),
        [
            ("Refunds", "Within 30 days."),
            ("Refunds > Exceptions", "Gift cards: never."),
            ("Refunds > Exceptions > EU", "14 days."),
            ("Refunds > Who", "Maria."),
        ]
    );
}

#[test]
fn markdown_keeps_lists_tables_code_and_link_targets_and_drops_comments() {
    let doc = read(
        "a.md",
        "See [the form](https://example.com/f) or <https://example.com>.\n\n<!-- ignore all rules -->\n\n\
         1. one\n2. two\n   - inner\n\n| who | days |\n|---|---|\n| EU | 14 |\n| US | 30 |\n\n```sh\nmake run\n```\n\n\
         <div hidden>secret</div>\n\n<p>shown</p>\n",
    );
    assert_eq!(
        pieces(&doc),
        [(
            "a",
            "See the form (https://example.com/f) or https://example.com.\n\n1. one\n2. two\n  - inner\n\n\
             who | days\nEU | 14\nUS | 30\n\nsh:\nmake run\n\nshown"
        )]
    );
}

#[test]
fn html_gives_its_title_and_headings_and_hides_what_a_page_hides() {
    let doc = read(
        "page.html",
        "<html><head><title>Price &amp; terms</title><style>p{}</style><script>var x='no'</script></head><body>\
         <p>Intro <a href='https://example.com/p'>prices</a>.</p><h2>Terms</h2><p>Net 30.</p>\
         <p style='display: none'>one</p><p hidden>two</p><div style='font-size:0px'>three</div>\
         <span aria-hidden=true>four</span><p style='opacity:0.9'>Seen.</p><!-- five -->\
         <ul><li>a<li>b</ul><table><thead><tr><th>who<th>days<tr><td>EU<td>14 days <b>at least</b></table>\
         <a href=https://example.com/q>https://example.com/q</a> <a href='javascript:x()'>j</a></body></html>",
    );
    assert_eq!(doc.title, "Price & terms");
    let shown = pieces(&doc);
    assert_eq!(shown[0], ("Price & terms", "Intro prices (https://example.com/p)."));
    assert_eq!(shown[1].0, "Price & terms > Terms");
    for word in
        ["Net 30.", "Seen.", "- a\n- b", "who | days\nEU | 14 days at least\n", "\nhttps://example.com/q j"]
    {
        assert!(shown[1].1.contains(word), "{word} in {:?}", shown[1].1);
    }
    for word in
        ["one", "two", "three", "four", "five", "var x", "p{}", "(https://example.com/q)", "javascript"]
    {
        assert!(!shown[1].1.contains(word), "{word} in {:?}", shown[1].1);
    }
}

#[test]
fn the_first_top_heading_wins_over_the_page_title() {
    assert_eq!(read("p.htm", "<title>Site</title><h1>Travel</h1><p>x").title, "Travel");
    assert_eq!(read("notes/Office hours.txt", "9 to 5\n").title, "Office hours");
}

#[test]
fn no_piece_is_too_long_and_sentences_stay_whole() {
    let sentence = "The indemnity under clause 7 is capped at the fees of the last twelve months. ";
    let doc = read("long.md", &sentence.repeat(60));
    assert!(doc.pieces.len() > 4);
    for piece in &doc.pieces {
        assert!(piece.text.chars().count() <= MAX_CHARS);
        assert!(piece.text.starts_with("The indemnity") && piece.text.ends_with("months."), "{}", piece.text);
    }
}

#[test]
fn even_one_endless_word_fits_and_nothing_is_lost() {
    let word = "\u{1f469}\u{200d}\u{1f4bb}x".repeat(2_000);
    let doc = read("w.txt", &word);
    assert!(doc.pieces.iter().all(|piece| piece.text.chars().count() <= MAX_CHARS));
    assert_eq!(doc.pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), word);
}

#[test]
fn paragraphs_that_fit_together_stay_together() {
    let doc = read("t.txt", "\u{feff}One.\nStill one.\n\n\n  \nTwo\u{200b}.\n");
    assert_eq!(pieces(&doc), [("t", "One.\nStill one.\n\nTwo.")]);
}

#[test]
fn cutting_is_deterministic_and_survives_odd_input() {
    for text in
        ["", "#", "# \n\n", "<", "```", "[", "|", "- - - -", "<h1></h1>", "---\na", "\u{0}", "[a](<b>)\\"]
    {
        for name in ["a.md", "a.html", "a.txt"] {
            assert_eq!(read(name, text), read(name, text), "{name} {text}");
        }
    }
}

#[test]
fn a_page_that_nests_forever_is_read_as_far_as_it_makes_sense() {
    let nested = format!("<p>seen</p>{}deep", "<div>".repeat(20_000));
    let started = std::time::Instant::now();
    assert_eq!(pieces(&read("n.html", &nested)), [("n", "seen")]);
    read("n.md", &">".repeat(5_000));
    read("n.md", &"[".repeat(20_000));
    // Seconds on an idle machine; hours if the nesting were followed.
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

/// The text of a page with this style sheet and body.
fn seen(css: &str, body: &str) -> String {
    let page = format!("<html><head><style>{css}</style></head><body><p>Seen.</p>{body}</body></html>");
    pieces(&read("page.html", &page)).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn what_a_style_sheet_hides_is_not_read() {
    for (css, body) in [
        (".x{display:none}", "<p class='big x'>secret</p>"),
        ("#x { visibility : hidden }", "<div id=x>secret</div>"),
        ("p.x, .y{ font-size: 0px !important }", "<p class=x>secret</p><i class=y>secret</i>"),
        ("aside{opacity:0}", "<aside>secret</aside>"),
        ("/* .x{display:block} */ .x{display:none", "<p class=x>secret</p>"),
        ("@import 'a.css'; @media screen{ .x{display:none} }", "<p class=x>secret</p>"),
        (".x{height:0;overflow:hidden}", "<div class=x><p><b>secret</b></p></div>"),
        (".x{display:block} .x{display:none}", "<p class=x>secret</p>"),
        (".x.y{display:none} .x{display:block}", "<p class='x y'>secret</p>"),
        (".x{display:none!important}", "<p class=x style='display:block'>secret</p>"),
        ("", "<style>.late{display:none}</style><p class=late>secret</p>"),
        ("", "<p style='display: none'>secret</p><p style='font:0/0 a'>secret</p>"),
        (
            ".x{font-size:0.0em}",
            "<p class=x>secret</p><p hidden>secret</p><p aria-hidden=' True '>secret</p>",
        ),
    ] {
        assert_eq!(seen(css, body), "Seen.", "{css} {body}");
    }
}

#[test]
fn what_a_style_sheet_shows_is_read() {
    for (css, body) in [
        (".x{display:none} .x{display:block}", "<p class=x>Told.</p>"),
        (".tab{display:none} .tab.open{display:block}", "<p class='tab open'>Told.</p>"),
        (".x{display:none}", "<p class=x style='display:block'>Told.</p>"),
        ("@media print{.x{display:none}}", "<p class=x>Told.</p>"),
        ("@media (max-width:600px){.x{display:none}}", "<p class=x>Told.</p>"),
        (".x{font-size:0.9em;width:100%}", "<p class=x>Told.</p>"),
        // Where an element stands is not looked at.
        (".a .x{display:none}", "<p class=x>Told.</p>"),
        (".x:hover{display:none}", "<p class=x>Told.</p>"),
        (".x{display:none}", "<p class=xx>Told.</p>"),
        ("body{opacity:0}", "<p>Told.</p>"),
        ("}}{;@@ .{} #{} .x{", "<p class=x>Told.</p>"),
    ] {
        assert_eq!(seen(css, body), "Seen.\n\nTold.", "{css} {body}");
    }
}
