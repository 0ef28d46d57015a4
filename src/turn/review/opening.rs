//! The first sentence of a review: the verdict, as the person would say it.
//!
//! Code makes the verdict and the person's model says it; what does not say the same thing is not said.

use crate::{
    domain::{Integrity, Passage, Readers},
    mind::{Mind, Situation},
    turn::{cites, figures},
};

/// Longer than this it is no opening.
const MOST_CHARS: usize = 240;

/// The verdict of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    /// As code says it.
    pub words: String,
    /// Clauses that break a rule.
    pub problems: usize,
    /// Clauses that nobody can tell about.
    pub unclear: usize,
}

/// The verdict in the person's voice, or as code says it.
///
/// # Errors
/// When the model can't run.
pub(super) async fn voiced(
    mind: &dyn Mind,
    situation: &Situation<'_>,
    opening: &Opening,
) -> anyhow::Result<String> {
    let fact = Passage {
        n: 1,
        source: "review".to_owned(),
        title: "What the review came to".to_owned(),
        text: opening.words.clone(),
        score: 1.0,
        integrity: Integrity::Owner,
        readers: Readers::Everyone,
    };
    // The clauses were judged without what was said before.
    let alone = Situation { thread: &[], ..*situation };
    let draft = mind.reply(&alone, &[fact], None, &|_| {}).await?;
    let said = cites::check_cites(&draft.text, 0).text;
    Ok(opening.same_as(&said).unwrap_or_else(|| opening.words.clone()))
}

impl Opening {
    /// `said` as one sentence when it says what this verdict says: the same counts, no other figure, and whether
    /// anything is broken.
    fn same_as(&self, said: &str) -> Option<String> {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = said.trim_end_matches(['.', '!']);
        let lower = said.to_lowercase();
        let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let denies = holds(&["no ", "not ", "n't", "none", "nothing", "fine", "never"]);
        let accuses = holds(&["break", "broke", "problem", "violat", "against", "breach"]);
        let right = if self.problems > 0 { accuses && !denies } else { denies };
        let counts = [self.problems, self.unclear].into_iter().filter(|count| *count > 0);
        let all_said =
            counts.into_iter().all(|count| figures::loose_figures(&count.to_string(), &[said]).is_empty());
        let none_of_its_own = figures::loose_figures(said, &[&self.words]).is_empty();
        let is_short = !said.is_empty() && said.chars().count() <= MOST_CHARS;
        (right && all_said && none_of_its_own && is_short).then(|| format!("{said}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_verdict_is_said_in_other_words() {
        let broken = Opening {
            words: "5 of the 25 clauses of lease.docx break a rule, and 3 are unclear.".to_owned(),
            problems: 5,
            unclear: 3,
        };
        assert_eq!(
            broken.same_as("5 of 25 clauses in lease.docx break our rules,\n3 are unclear"),
            Some("5 of 25 clauses in lease.docx break our rules, 3 are unclear.".to_owned())
        );
        for other in [
            "",
            "5 clauses break a rule.",
            "3 are unclear and 4 break a rule.",
            "5 of the 26 clauses break a rule, and 3 are unclear.",
            "no, 5 of 25 clauses break no rule, 3 are unclear.",
            "it's fine: 5 and 3.",
            "That's not in my notes.",
        ] {
            assert_eq!(broken.same_as(other), None, "{other}");
        }
        let fine = Opening {
            words: "No clause of lease.docx breaks a rule in my notes, as far as I can tell (25 in all)."
                .to_owned(),
            problems: 0,
            unclear: 0,
        };
        assert_eq!(
            fine.same_as("yes, it's fine, all 25 clauses!"),
            Some("yes, it's fine, all 25 clauses.".to_owned())
        );
        assert_eq!(fine.same_as("all 25 clauses break a rule"), None);
        assert_eq!(fine.same_as("you wrote: is this compliant?"), None);
    }
}
