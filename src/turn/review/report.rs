//! What is said of a reviewed document: one sentence, the findings that matter, what is unclear, what is not in it.

use std::fmt::Write as _;

use super::opening::Opening;
use crate::{
    domain::{Clause, Judged, Passage, Verdict},
    store::ReplyFile,
};

/// Findings that are told; the table has all of them.
const TOLD: usize = 6;
/// Names in a list of unclear clauses or missing topics.
const NAMED: usize = 8;
/// With more clauses, the whole table comes along as a file.
const LONG: usize = 12;
/// What a person reads of a quote.
const QUOTE_CHARS: usize = 120;

/// A review as it is said.
pub(super) struct Report {
    /// The words.
    pub text: String,
    /// The rules that were cited, under the numbers of the words.
    pub rules: Vec<Passage>,
    /// The whole table, when it is long.
    pub table: Option<ReplyFile>,
}

/// What a report is about.
pub(super) struct About<'a> {
    /// Verdicts on clauses, in the order of the documents.
    pub judged: &'a [Judged],
    /// Who decides what is unclear.
    pub owner: &'a str,
    /// How many clauses there are, judged or not.
    pub clauses: usize,
    /// Topics of rules that no clause is about.
    pub missing: &'a [String],
}

/// Puts a review into words, below its opening sentence.
pub(super) fn report(about: &About<'_>, opening: &str) -> Report {
    let of = |mark: Verdict| about.judged.iter().filter(move |judged| judged.finding.mark == mark);
    let mut problems: Vec<&Judged> = of(Verdict::Problem).collect();
    // Stable: equally grave ones stay in the order of the document.
    problems.sort_by_key(|judged| std::cmp::Reverse(gravity(judged)));
    let unclear: Vec<&Judged> = of(Verdict::Unsure).collect();
    let table = (about.judged.len() > LONG).then(|| table(about.judged));
    let mut rules = Vec::new();
    let mut text = opening.to_owned();
    // Writing to a string can't fail.
    for (n, judged) in (1..).zip(problems.iter().take(TOLD)) {
        let (place, quote) = (place(judged, about), short(&judged.finding.quote));
        let why = judged.finding.why.trim_end_matches('.');
        let cite = number(&mut rules, judged);
        let _written =
            write!(text, "\n{}{n}. {place}, “{quote}”: {why}{cite}.", if n == 1 { "\n" } else { "" });
    }
    if problems.len() > TOLD {
        let _written = write!(text, "\n{} more are in the table.", problems.len() - TOLD);
    }
    if !unclear.is_empty() {
        let names = listed(unclear.iter().map(|judged| place(judged, about)));
        let owner = about.owner;
        let _written = write!(text, "\n\nUnclear, so I pass it on to {owner}: {names}.");
    }
    if !about.missing.is_empty() {
        let _written = write!(text, "\n\nNothing in it about: {}.", listed(about.missing.iter().cloned()));
    }
    if about.judged.len() < about.clauses {
        let (judged, all) = (about.judged.len(), about.clauses);
        let _written = write!(
            text,
            "\n\nI judged the first {judged} of {all} clauses; send the rest as a file of its own."
        );
    }
    if table.is_some() {
        text.push_str("\n\nThe table has a line for each clause.");
    }
    // Measured: of the problems of the lessons code finds a sixth, and the shipped model few (docs/reviews.md).
    let _written =
        write!(text, "\n\nI overlook problems, so {} should read it before anybody signs.", about.owner);
    Report { text, rules, table }
}

/// The sentence that everybody reads.
pub(super) fn verdict(about: &About<'_>) -> Opening {
    let count = |mark: Verdict| about.judged.iter().filter(|judged| judged.finding.mark == mark).count();
    let (problems, unclear) = (count(Verdict::Problem), count(Verdict::Unsure));
    let mut names: Vec<&str> = about.judged.iter().map(|judged| judged.document.as_str()).collect();
    names.dedup();
    let (name, all) = (names.join(" and "), about.judged.len());
    let open = match unclear {
        0 => String::new(),
        1 => ", and 1 is unclear".to_owned(),
        n => format!(", and {n} are unclear"),
    };
    let words = match problems {
        0 => format!(
            "No clause of {name} breaks a rule in my notes, as far as I can tell{open} ({all} in all)."
        ),
        1 => format!("1 of the {all} clauses of {name} breaks a rule{open}."),
        n => format!("{n} of the {all} clauses of {name} break a rule{open}."),
    };
    Opening { words, problems, unclear }
}

/// How grave a problem is, by how its rule speaks: what is refused outweighs what has a limit, and that what needs
/// somebody's consent.
fn gravity(judged: &Judged) -> u8 {
    const REFUSED: &[&str] = &["refuse", "never", "must not", "not allowed", "forbidden", "nobody", "stops"];
    const LIMITED: &[&str] =
        &["at most", "most", "at least", "no more", "no longer", "only", "above", "within", "has to"];
    let rule = judged.finding.rule.as_ref().map(|rule| rule.text.to_lowercase()).unwrap_or_default();
    let holds = |words: &[&str]| words.iter().any(|word| rule.contains(word));
    if holds(REFUSED) { 2 } else { u8::from(holds(LIMITED)) }
}

/// Where a clause is found: "Clause 2.1 (page 3)", with its document when there are several.
fn place(judged: &Judged, about: &About<'_>) -> String {
    let Clause { label, place, .. } = &judged.clause;
    let several = about.judged.iter().any(|other| other.document != judged.document);
    let document = if several { judged.document.as_str() } else { "" };
    let within: Vec<&str> = [document, place].into_iter().filter(|part| !part.is_empty()).collect();
    if within.is_empty() { label.clone() } else { format!("{label} ({})", within.join(", ")) }
}

/// The number of the rule of a finding, in brackets.
fn number(rules: &mut Vec<Passage>, judged: &Judged) -> String {
    let Some(rule) = &judged.finding.rule else { return String::new() };
    let same = |known: &Passage| (&known.source, &known.title) == (&rule.source, &rule.title);
    let at = rules.iter().position(same).unwrap_or_else(|| {
        rules.push(Passage { n: rules.len() + 1, ..rule.clone() });
        rules.len() - 1
    });
    format!(" [{}]", at + 1)
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

fn short(quote: &str) -> String {
    let mut chars = quote.chars();
    let head: String = chars.by_ref().take(QUOTE_CHARS).collect();
    if chars.next().is_none() { head } else { format!("{} …", head.trim_end()) }
}

/// Every clause with its verdict, for a spreadsheet (RFC 4180).
fn table(judged: &[Judged]) -> ReplyFile {
    // Spreadsheets take a text without this mark for an older encoding.
    let mut csv = String::from("\u{feff}document,clause,place,heading,verdict,quoted,why,rule,words\r\n");
    for Judged { document, clause, finding } in judged {
        let mark = match finding.mark {
            Verdict::Ok => "ok",
            Verdict::Problem => "problem",
            Verdict::Unsure => "unsure",
        };
        let rule = finding.rule.as_ref().map_or("", |rule| rule.title.as_str());
        let cells = [
            document,
            &clause.label,
            &clause.place,
            &clause.heading,
            mark,
            &finding.quote,
            &finding.why,
            rule,
            &clause.text,
        ];
        csv.push_str(&cells.map(cell).join(","));
        csv.push_str("\r\n");
    }
    ReplyFile { name: "review.csv".to_owned(), media_type: "text/csv".to_owned(), content: csv }
}

/// A cell that no spreadsheet takes for a formula (OWASP, "CSV injection").
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Finding, Integrity, Readers};

    fn judged(label: &str, mark: Verdict, rule: Option<(&str, &str)>) -> Judged {
        let rule = rule.map(|(title, text)| Passage {
            n: 9,
            source: format!("{title}.md"),
            title: title.to_owned(),
            text: text.to_owned(),
            score: 1.0,
            integrity: Integrity::Owner,
            readers: Readers::Everyone,
        });
        Judged {
            document: "lease.docx".to_owned(),
            clause: Clause {
                label: label.to_owned(),
                place: "page 2".to_owned(),
                heading: String::new(),
                text: "=HYPERLINK(\"x\")".to_owned(),
            },
            finding: Finding {
                mark,
                quote: "for 60 months".to_owned(),
                why: "It is too long.".to_owned(),
                rule,
                queries: Vec::new(),
            },
        }
    }

    #[test]
    fn the_gravest_comes_first_and_each_rule_has_one_number() {
        let all = [
            judged("clause 1", Verdict::Problem, Some(("Term", "At most 36 months."))),
            judged("clause 2", Verdict::Ok, Some(("Term", "At most 36 months."))),
            judged("clause 3", Verdict::Unsure, None),
            judged("clause 4", Verdict::Problem, Some(("Courts", "Arbitration abroad is refused."))),
            judged("clause 5", Verdict::Problem, Some(("Term", "At most 36 months."))),
        ];
        let missing = ["Data protection".to_owned()];
        let about = About { judged: &all, owner: "Eudora", clauses: 7, missing: &missing };
        let said = report(&about, &verdict(&about).words);
        assert_eq!(
            said.text,
            "3 of the 5 clauses of lease.docx break a rule, and 1 is unclear.\n\n\
             1. clause 4 (page 2), “for 60 months”: It is too long [1].\n\
             2. clause 1 (page 2), “for 60 months”: It is too long [2].\n\
             3. clause 5 (page 2), “for 60 months”: It is too long [2].\n\n\
             Unclear, so I pass it on to Eudora: clause 3 (page 2).\n\n\
             Nothing in it about: Data protection.\n\n\
             I judged the first 5 of 7 clauses; send the rest as a file of its own.\n\n\
             I overlook problems, so Eudora should read it before anybody signs."
        );
        let numbers: Vec<(usize, &str)> =
            said.rules.iter().map(|rule| (rule.n, rule.title.as_str())).collect();
        assert_eq!(numbers, [(1, "Courts"), (2, "Term")]);
        assert!(said.table.is_none());
    }

    #[test]
    fn a_long_review_comes_with_a_table_that_no_spreadsheet_runs() {
        let all: Vec<Judged> = (0..20).map(|_| judged("clause 1", Verdict::Ok, None)).collect();
        let about = About { judged: &all, owner: "Eudora", clauses: 20, missing: &[] };
        let said = report(&about, &verdict(&about).words);
        assert_eq!(
            said.text,
            "No clause of lease.docx breaks a rule in my notes, as far as I can tell (20 in all).\n\n\
             The table has a line for each clause.\n\nI overlook problems, so Eudora should read it before anybody signs."
        );
        let table = said.table.unwrap().content;
        assert_eq!(table.lines().count(), 21);
        assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{table}");
    }
}
