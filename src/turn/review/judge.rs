//! The verdict on one clause: the model's, as far as it holds, and what code can tell besides.
//!
//! A problem names the rule that it breaks, or it is none: without a passage that it cites, the verdict is "unsure".
//! Quoted words stand in the clause, figures stand in the clause or in the rule; what does not is not said.

use serde::Deserialize;

use super::limits;
use crate::{
    domain::{Audience, Clause, Finding, Passage, Verdict},
    mind::Situation,
    turn::{
        answer::{self, Means},
        cites, figures,
    },
};

/// As the model writes it.
#[derive(Deserialize)]
struct Written {
    verdict: Verdict,
    quote: String,
    why: String,
}

/// Judges one clause by the notes that all of `audience` may read.
///
/// # Errors
/// When the model or the notes are out of reach.
pub(super) async fn judge(
    means: Means<'_>,
    situation: &Situation<'_>,
    clause: &Clause,
    audience: &Audience,
    now: i64,
) -> anyhow::Result<Finding> {
    let worded = clause.worded();
    // A clause is looked up by its own words; what was said before has nothing to do with it.
    let alone = Situation { message: &worded, thread: &[], ..*situation };
    let queries = answer::ask(means, &alone).await?;
    let asked = answer::Asked { person: &situation.person.id, message: &worded, queries: &queries };
    let rules = answer::recall(means.embed, means.notes, asked, audience, now).await?.excerpts;
    if rules.is_empty() {
        return Ok(Finding { queries, ..unsure(clause) });
    }
    let said = means.mind.verdict(&Situation { thread: &[], ..*situation }, &rules, &worded).await?;
    let written = said.and_then(|said| serde_json::from_str::<Written>(&said).ok());
    let finding = written.map_or_else(|| unsure(clause), |written| held(written, clause, &rules));
    let finding =
        if finding.mark == Verdict::Problem { None } else { broken(clause, &rules) }.unwrap_or(finding);
    Ok(Finding { queries, ..finding })
}

/// What code can tell: a limit that the clause goes beyond, or something in it that is refused.
fn broken(clause: &Clause, rules: &[Passage]) -> Option<Finding> {
    rules.iter().find_map(|rule| {
        let broken = limits::broken(&clause.text, &rule.title, &rule.text)?;
        let why = format!("The rule: {}", broken.rule);
        Some(Finding {
            mark: Verdict::Problem,
            quote: broken.quote,
            why,
            rule: Some(rule.clone()),
            queries: Vec::new(),
        })
    })
}

fn unsure(clause: &Clause) -> Finding {
    let why = "No rule in my notes is about this.".to_owned();
    Finding { mark: Verdict::Unsure, quote: opening(&clause.text), why, rule: None, queries: Vec::new() }
}

/// What of a verdict holds.
fn held(written: Written, clause: &Clause, rules: &[Passage]) -> Finding {
    let cited = cites::check_cites(&written.why, rules.len());
    let rule = cited.cites.first().and_then(|n| rules.get(n.checked_sub(1)?)).cloned();
    let quote = quoted(&written.quote, &clause.text).unwrap_or_else(|| opening(&clause.text));
    let why = without_cites(&cited.text);
    match (written.verdict, rule) {
        (Verdict::Unsure, _) if why.is_empty() => Finding { quote, ..unsure(clause) },
        (Verdict::Unsure, rule) => {
            let why = grounded(&why, clause, rules).unwrap_or_else(|| unsure(clause).why);
            Finding { mark: Verdict::Unsure, quote, why, rule, queries: Vec::new() }
        }
        // A verdict that rests on nothing is none.
        (_, None) => Finding { quote, ..unsure(clause) },
        (mark, Some(rule)) => {
            let why = grounded(&why, clause, rules)
                .unwrap_or_else(|| format!("The rule: {}", one_line(&rule.text)));
            let quote = if mark == Verdict::Ok { String::new() } else { quote };
            Finding { mark, quote, why, rule: Some(rule), queries: Vec::new() }
        }
    }
}

/// `words` when each figure in them stands in the clause or in a rule.
fn grounded(words: &str, clause: &Clause, rules: &[Passage]) -> Option<String> {
    let known: Vec<&str> = rules
        .iter()
        .flat_map(|rule| [rule.title.as_str(), rule.text.as_str()])
        .chain([clause.text.as_str(), clause.heading.as_str()])
        .collect();
    (!words.is_empty() && figures::loose_figures(words, &known).is_empty()).then(|| words.to_owned())
}

/// The words of the clause that `quote` means, however it writes their spaces and letters.
fn quoted(quote: &str, clause: &str) -> Option<String> {
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let wanted: Vec<String> = quote.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    let words: Vec<&str> = clause.split_whitespace().collect();
    if wanted.is_empty() {
        return None;
    }
    let found =
        words.windows(wanted.len()).find(|window| window.iter().zip(&wanted).all(|(a, b)| plain(a) == *b));
    found.map(|words| words.join(" ").trim_end_matches(['.', ',', ';', ':']).to_owned())
}

/// The first words of a clause, where nothing shorter is known to decide it.
fn opening(clause: &str) -> String {
    const WORDS: usize = 12;
    let words: Vec<&str> = clause.split_whitespace().collect();
    let shown = words.get(..WORDS).map(|first| format!("{} …", first.join(" ")));
    shown.unwrap_or_else(|| words.join(" "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numbers of passages mean the rules of this clause alone; the report has its own.
fn without_cites(why: &str) -> String {
    cites::check_cites(why, 0).text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Integrity, Readers};

    fn rule() -> Passage {
        Passage {
            n: 1,
            source: "rules/payment-terms.md".to_owned(),
            title: "Payment terms".to_owned(),
            text: "We accept payment terms\nbetween 14 and 45 days.".to_owned(),
            score: 1.0,
            integrity: Integrity::Owner,
            readers: Readers::Everyone,
        }
    }

    fn clause() -> Clause {
        Clause {
            label: "clause 2.1".to_owned(),
            place: String::new(),
            heading: "Payment".to_owned(),
            text: "Invoices are payable within 60 days of receipt.".to_owned(),
        }
    }

    fn told(verdict: Verdict, quote: &str, why: &str) -> (Verdict, String, String, bool) {
        let written = Written { verdict, quote: quote.to_owned(), why: why.to_owned() };
        let finding = held(written, &clause(), &[rule()]);
        (finding.mark, finding.quote, finding.why, finding.rule.is_some())
    }

    #[test]
    fn a_verdict_rests_on_a_rule_and_says_no_figure_of_its_own() {
        let owned = |mark, quote: &str, why: &str, rule| (mark, quote.to_owned(), why.to_owned(), rule);
        assert_eq!(
            told(Verdict::Problem, "Payable within 60 days", "We pay after 45 days at most [1]."),
            owned(Verdict::Problem, "payable within 60 days", "We pay after 45 days at most.", true)
        );
        // 30 stands nowhere.
        assert_eq!(
            told(Verdict::Problem, "within 60 days", "We pay after 30 days [1]."),
            owned(
                Verdict::Problem,
                "within 60 days",
                "The rule: We accept payment terms between 14 and 45 days.",
                true
            )
        );
        // No rule, or one that was not shown: nobody is told that it is a problem.
        for why in ["We don't like it.", "We don't like it [7]."] {
            assert_eq!(told(Verdict::Problem, "within 60 days", why).0, Verdict::Unsure);
            assert_eq!(told(Verdict::Ok, "", why).0, Verdict::Unsure);
        }
        // Words that are not there are not quoted.
        assert_eq!(
            told(Verdict::Problem, "within 90 days", "We pay sooner [1].").1,
            "Invoices are payable within 60 days of receipt."
        );
        assert_eq!(
            told(Verdict::Ok, "within 60 days", "It fits [1]."),
            owned(Verdict::Ok, "", "It fits.", true)
        );
        assert_eq!(
            told(Verdict::Unsure, "", ""),
            owned(
                Verdict::Unsure,
                "Invoices are payable within 60 days of receipt.",
                "No rule in my notes is about this.",
                false
            )
        );
    }
}
