//! A document cut into clauses: what one verdict is about.
//!
//! By what contracts and policies look like: numbers at the beginning of a line, blank lines, headings. A heading is no
//! clause; it stands before the clauses below it, because "Payment" says what "within 60 days" is about.

use understudy_ears::Section;

use crate::domain::Clause;

/// Longer clauses are cut between sentences; about 250 tokens, which the prompt has room for.
const CLAUSE_MAX_CHARS: usize = 1000;
/// A line with more words is no heading, and with fewer when a colon ends it: "The supplier shall:".
const HEADING_MAX_WORDS: usize = 9;
/// See [`HEADING_MAX_WORDS`].
const COLON_MAX_WORDS: usize = 2;
/// A longer number at the beginning of a line counts things and no clauses.
const NUMBER_MAX_CHARS: usize = 12;

/// A line of a document and where it stands.
struct Line<'d> {
    place: &'d str,
    text: &'d str,
    is_markdown: bool,
}

/// Cuts the parts of a document, in their order.
pub(super) fn clauses(sections: &[Section]) -> Vec<Clause> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for Section { place, text, is_markdown } in sections {
        let of_section = visible(text, *is_markdown).map(str::trim).filter(|line| !is_ornament(line));
        // A part ends like a paragraph; what goes on over the page is one clause all the same.
        lines.extend(of_section.chain([""]).map(|text| Line { place, text, is_markdown: *is_markdown }));
    }
    let mut cutter = Cutter::default();
    let mut rest = lines.iter();
    while let Some(line) = rest.next() {
        let next = rest.clone().find(|next| !next.text.is_empty());
        cutter.line(line, next.is_some_and(|next| next.text.starts_with(char::is_lowercase)));
    }
    cutter.finish();
    cutter.done
}

/// The lines of a part, of Markdown without the comments, which no reader of it sees.
fn visible(text: &str, is_markdown: bool) -> impl Iterator<Item = &str> {
    let mut in_comment = false;
    text.lines().filter(move |line| {
        let begins = is_markdown && line.trim_start().starts_with("<!--");
        let hidden = in_comment || begins;
        in_comment = hidden && !line.contains("-->");
        !hidden
    })
}

#[derive(Default)]
struct Cutter {
    done: Vec<Clause>,
    /// The heading with its number.
    heading: (String, String),
    /// The number of the clause that is read, and its words.
    number: String,
    words: String,
    /// Where it began.
    began: String,
}

impl Cutter {
    /// Takes a line; `goes_on` says that the next one begins like the middle of a sentence.
    fn line(&mut self, line: &Line<'_>, goes_on: bool) {
        let text = line.text;
        if text.is_empty() {
            // A list goes on behind the blank line that follows "as follows:".
            if !(self.words.ends_with(':') || goes_on && self.is_open_ended()) {
                self.finish();
            }
            return;
        }
        if line.is_markdown
            && let Some(heading) = text.strip_prefix('#')
        {
            self.finish();
            let (number, words) = numbered(heading.trim_start_matches('#').trim());
            self.heading = (number.to_owned(), words.to_owned());
            return;
        }
        let (number, words) = numbered(text);
        let is_heading = !goes_on && is_heading(words);
        if !number.is_empty() {
            self.finish();
            if is_heading {
                self.heading = (number.to_owned(), words.to_owned());
                return;
            }
            number.clone_into(&mut self.number);
        } else if self.words.is_empty() && is_heading {
            self.heading = (String::new(), words.trim_end_matches(':').to_owned());
            return;
        }
        self.add(words, line.place);
    }

    fn add(&mut self, words: &str, place: &str) {
        if self.words.is_empty() {
            place.clone_into(&mut self.began);
        } else {
            self.words.push(' ');
        }
        self.words.push_str(words);
    }

    fn is_open_ended(&self) -> bool {
        self.words.ends_with(|c: char| c.is_alphanumeric() || c == ',')
    }

    fn finish(&mut self) {
        let (words, number) = (std::mem::take(&mut self.words), std::mem::take(&mut self.number));
        if words.is_empty() {
            return;
        }
        // "Clause 7" is the heading's number where the clause has none of its own.
        let number = if number.is_empty() { self.heading.0.clone() } else { number };
        for text in pieces(&words) {
            let label = if number.is_empty() {
                format!("paragraph {}", self.done.len() + 1)
            } else {
                format!("clause {number}")
            };
            let (place, heading) = (self.began.clone(), self.heading.1.clone());
            self.done.push(Clause { label, place, heading, text });
        }
    }
}

/// The number at the beginning of a line and what follows: "7.2", "§ 4", "Article 5", "(b)".
fn numbered(line: &str) -> (&str, &str) {
    let mut rest = line;
    for word in ["§", "Article ", "Section ", "Clause ", "Art. "] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    let led = rest.len() < line.len();
    let Some((head, tail)) = rest.split_once(char::is_whitespace) else {
        return if led && is_number(rest) {
            (rest.trim_end_matches(['.', ')', ':']), "")
        } else {
            ("", line)
        };
    };
    let marked = head.ends_with(['.', ')', ':']) || head.contains('.') || led;
    if marked && is_number(head) {
        (head.trim_end_matches(['.', ')', ':']).trim_start_matches('('), tail.trim())
    } else {
        ("", line)
    }
}

/// Digits with dots between them, or one letter or roman number in brackets.
fn is_number(word: &str) -> bool {
    let bare = word.trim_end_matches(['.', ')', ':']);
    let digits = bare.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    let bracketed = word.starts_with('(') && word.ends_with(')');
    let inner = bare.trim_start_matches('(');
    let lettered = bracketed && inner.len() <= 4 && inner.chars().all(|c| c.is_ascii_alphanumeric());
    bare.len() <= NUMBER_MAX_CHARS && (digits || lettered) && !inner.is_empty()
}

fn is_heading(words: &str) -> bool {
    let count = words.split_whitespace().count();
    count <= if words.ends_with(':') { COLON_MAX_WORDS } else { HEADING_MAX_WORDS }
        && !words.ends_with(['.', ';', ',', '!', '?'])
        && words.chars().next().is_none_or(|c| c.is_uppercase() || c.is_ascii_digit())
}

/// Whether a line is a page number or a rule.
fn is_ornament(line: &str) -> bool {
    !line.is_empty() && (is_page_number(line) || line.chars().all(|c| "_-=.* ".contains(c)))
}

fn is_page_number(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("Page" | "page" | "-") => words.all(|word| word == "of" || word == "-" || is_digits(word)),
        Some(word) => is_digits(word) && words.next().is_none(),
        None => false,
    }
}

fn is_digits(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || c == '/')
}

/// A clause of reasonable length, or several, cut between sentences.
fn pieces(words: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for sentence in words.split_inclusive(". ") {
        let fits = |piece: &String| piece.chars().count() + sentence.chars().count() <= CLAUSE_MAX_CHARS;
        match pieces.last_mut().filter(|piece| fits(piece)) {
            Some(piece) => piece.push_str(sentence),
            None => pieces.push(sentence.to_owned()),
        }
    }
    // A sentence without an end is cut where it has to be.
    pieces
        .iter()
        .flat_map(|piece| {
            let chars: Vec<char> = piece.trim().chars().collect();
            chars.chunks(2 * CLAUSE_MAX_CHARS).map(|part| part.iter().collect()).collect::<Vec<String>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(place: &str, text: &str, is_markdown: bool) -> Section {
        Section { place: place.to_owned(), text: text.to_owned(), is_markdown }
    }

    fn told(sections: &[Section]) -> Vec<String> {
        let told = clauses(sections).into_iter();
        told.map(|c| format!("{}|{}|{}|{}", c.label, c.place, c.heading, c.text)).collect()
    }

    #[test]
    fn numbers_begin_clauses_and_headings_stand_before_them() {
        let text = "SUPPLY AGREEMENT\n\n1. Parties\nThis agreement is made between the two firms.\n\n\
            2. Payment\n2.1 Invoices are payable\nwithin 60 days.\n2.2 Interest is 4 percent.\n\n\
            Article 3 Either party may end it for cause.\n(a) The seat is Saltmere.";
        assert_eq!(
            told(&[section("", text, false)]),
            [
                "clause 1||Parties|This agreement is made between the two firms.",
                "clause 2.1||Payment|Invoices are payable within 60 days.",
                "clause 2.2||Payment|Interest is 4 percent.",
                "clause 3||Payment|Either party may end it for cause.",
                "clause a||Payment|The seat is Saltmere.",
            ]
        );
    }

    #[test]
    fn a_clause_goes_on_over_the_page_and_page_numbers_are_none() {
        let pages = [
            section("page 1", "1. The supplier delivers the lamps to\n\nPage 1 of 2", false),
            section("page 2", "the warehouse in Saltmere.\n2. The price is 10 EUR.\n2", false),
        ];
        assert_eq!(
            told(&pages),
            [
                "clause 1|page 1||The supplier delivers the lamps to the warehouse in Saltmere.",
                "clause 2|page 2||The price is 10 EUR.",
            ]
        );
    }

    #[test]
    fn paragraphs_without_numbers_are_counted() {
        let text = "# Lease\n\nThe rent is 900 EUR.\n\n## Term\n\nIt runs for 24 months.\n\n- with notice\n\n\
            In 2026 the price rises.\n\n2026 was a good year for everybody in the trade.";
        assert_eq!(
            told(&[section("", text, true)]),
            [
                "paragraph 1||Lease|The rent is 900 EUR.",
                "paragraph 2||Term|It runs for 24 months.",
                "paragraph 3||Term|- with notice",
                "paragraph 4||Term|In 2026 the price rises.",
                "paragraph 5||Term|2026 was a good year for everybody in the trade.",
            ]
        );
    }

    #[test]
    fn a_list_stays_with_its_first_line_and_long_clauses_are_cut_between_sentences() {
        let listed = "4. The supplier shall:\n\n- deliver in time,\n- insure the goods.";
        assert_eq!(
            told(&[section("", listed, false)]),
            ["clause 4|||The supplier shall: - deliver in time, - insure the goods."]
        );
        let long = format!("5. {}", "The goods are checked on arrival by two people. ".repeat(50));
        let cut = clauses(&[section("", &long, false)]);
        assert!(
            cut.len() > 2 && cut.iter().all(|c| c.text.len() <= CLAUSE_MAX_CHARS && c.text.ends_with('.'))
        );
        let endless = clauses(&[section("", &"word ".repeat(10_000), false)]);
        assert!(endless.iter().all(|c| c.text.len() <= 2 * CLAUSE_MAX_CHARS), "{}", endless.len());
        assert!(clauses(&[section("", "\n \n____\n", false)]).is_empty());
    }
}
