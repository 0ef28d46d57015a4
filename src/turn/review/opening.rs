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

/// The verdict in the person's voice, or as code says it; that nothing was found is said by code alone, because a
/// word more or less would turn it round.
///
/// # Errors
/// When the model can't run.
pub(super) async fn voiced(
    mind: &dyn Mind,
    situation: &Situation<'_>,
    opening: &Opening,
) -> anyhow::Result<String> {
    if opening.problems == 0 {
        return Ok(opening.words.clone());
    }
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
    /// `said` as one sentence when it says what this verdict says: first how many break a rule, each count beside its
    /// word, no other figure.
    fn same_as(&self, said: &str) -> Option<String> {
        let words: Vec<&str> = said.split_whitespace().collect();
        let said = words.join(" ");
        let said = said.trim_end_matches(['.', '!']);
        let lower = said.to_lowercase();
        let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let denies = holds(&["no ", "not ", "n't", "none", "nothing", "fine", "never", "without"]);
        let accuses = holds(&["break", "broke", "problem", "violat", "against", "breach"]);
        let figures: Vec<usize> =
            lower.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.parse().ok()).collect();
        let is_first = figures.first() == Some(&self.problems);
        let before_unclear = lower.split("unclear").next().unwrap_or_default();
        let nearest = before_unclear
            .split(|c: char| !c.is_alphanumeric())
            .filter_map(|word| word.parse().ok())
            .next_back();
        let unclear_said = match self.unclear {
            0 => !lower.contains("unclear"),
            n => lower.contains("unclear") && nearest == Some(n) && figures.len() > 1,
        };
        let none_of_its_own = figures::loose_figures(said, &[&self.words]).is_empty();
        let is_short = said.chars().count() <= MOST_CHARS;
        let same = accuses && !denies && is_first && unclear_said && none_of_its_own && is_short;
        same.then(|| format!("{said}."))
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
            "3 of the 25 clauses break a rule, and 5 are unclear.",
            "5 of the 26 clauses break a rule, and 3 are unclear.",
            "no, 5 of 25 clauses break no rule, 3 are unclear.",
            "it's fine: 5 and 3.",
            "That's not in my notes.",
        ] {
            assert_eq!(broken.same_as(other), None, "{other}");
        }
        let clear = Opening {
            words: "1 of the 9 clauses of a.md breaks a rule.".to_owned(),
            problems: 1,
            unclear: 0,
        };
        assert_eq!(
            clear.same_as("1 of 9 clauses breaks a rule"),
            Some("1 of 9 clauses breaks a rule.".to_owned())
        );
        assert_eq!(clear.same_as("1 of 9 clauses breaks a rule, 1 is unclear"), None);
    }
}
