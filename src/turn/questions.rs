//! A message that asks several things, taken apart, so that each is looked up for itself.
//!
//! By punctuation and question words of English alone; what can't be told apart stays one question.

/// Words that a question begins with, perhaps behind a preposition.
const ASKING: &[&str] = &["who", "whom", "whose", "what", "when", "where", "which", "why", "how"];
/// Words that may stand before them.
const BEFORE: &[&str] = &["on", "in", "at", "by", "from", "for", "to", "until", "with", "since", "of"];
/// A shorter one leans on the one before: "and how early?".
const FEWEST_WORDS: usize = 4;
/// Nobody asks more in one breath, and each costs a search.
const MOST: usize = 4;

/// The questions of `message` when there are at least two, otherwise none.
#[must_use]
pub fn several(message: &str) -> Vec<String> {
    let mut questions: Vec<String> = Vec::new();
    for sentence in message.split_inclusive(['?', '!', '\n']).flat_map(|part| part.split_inclusive(". ")) {
        for (n, clause) in clauses(sentence).into_iter().enumerate() {
            let words = clause.split_whitespace().count();
            match questions.last_mut() {
                Some(before) if n > 0 && words < FEWEST_WORDS => {
                    before.push(' ');
                    before.push_str(&clause);
                }
                _ if words >= FEWEST_WORDS && asks(&clause) => questions.push(clause),
                _ => {}
            }
        }
    }
    if questions.len() < 2 {
        return Vec::new();
    }
    questions.truncate(MOST);
    questions
}

/// A sentence cut before each "and" that begins another question.
fn clauses(sentence: &str) -> Vec<String> {
    let mut clauses: Vec<Vec<&str>> = vec![Vec::new()];
    let words: Vec<&str> = sentence.split_whitespace().collect();
    for (n, word) in words.iter().enumerate() {
        let opens = plain(word) == "and" && begins_question(words.get(n + 1..).unwrap_or_default());
        match clauses.last_mut() {
            Some(clause) if !opens => clause.push(word),
            _ => clauses.push(vec![word]),
        }
    }
    clauses.into_iter().filter(|clause| !clause.is_empty()).map(|clause| clause.join(" ")).collect()
}

fn begins_question(words: &[&str]) -> bool {
    let word = |n: usize| words.get(n).map(|word| plain(word)).unwrap_or_default();
    let asking = |word: &str| ASKING.contains(&word);
    asking(&word(0)) || (BEFORE.contains(&word(0).as_str()) && asking(&word(1)))
}

fn asks(clause: &str) -> bool {
    clause.trim_end().ends_with('?')
        || clause.split_whitespace().any(|word| ASKING.contains(&plain(word).as_str()))
}

fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_questions_are_told_apart() {
        let both =
            |message: &str, one: &str, other: &str| assert_eq!(several(message), [one, other], "{message}");
        both(
            "What is the warden called? Who lends us the mural?",
            "What is the warden called?",
            "Who lends us the mural?",
        );
        both(
            "Who signs large orders, and on which day is the hack week in Girona? Thanks!",
            "Who signs large orders,",
            "and on which day is the hack week in Girona?",
        );
        both(
            "Small question. When was the lab checked and how long does the standby week take?",
            "When was the lab checked",
            "and how long does the standby week take?",
        );
        both(
            "What does the mayor get besides a lamp, and from whom? Which plumber do we call?",
            "What does the mayor get besides a lamp, and from whom?",
            "Which plumber do we call?",
        );
    }

    #[test]
    fn one_question_stays_whole() {
        for message in [
            "When is the fair?",
            "Who books flights, and how early?",
            "The plumber called. Who knows the stopcock, please?",
            "Are dogs and cats allowed on Fridays in the office?",
            "hello there, how are you?",
            "",
            "? ! . ?",
            "I wonder who it is. Thanks a lot for all the help!",
        ] {
            assert_eq!(several(message), [""; 0], "{message}");
        }
    }

    #[test]
    fn a_flood_of_questions_is_cut() {
        assert_eq!(several(&"Who opens the hall today? ".repeat(50)).len(), MOST);
    }
}
