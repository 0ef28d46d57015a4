//! Whether a message asks for a verdict on a document, by its words alone.

/// What is done to a document, and stands before the word for it.
const VERBS: &[&str] = &[
    "review",
    "check",
    "look over",
    "look at",
    "look through",
    "go through",
    "read through",
    "go over",
    "judge",
];
/// Words for a document.
const DOCUMENTS: &[&str] = &[
    "this",
    "it",
    "these",
    "them",
    "attached",
    "attachment",
    "contract",
    "agreement",
    "offer",
    "draft",
    "document",
    "file",
    "paragraph",
    "clause",
    "clauses",
    "terms",
    "lease",
    "policy",
    "nda",
    "please",
];
/// Whatever holds one of these asks for a verdict.
const PHRASES: &[&str] = &[
    "compliant",
    "comply",
    "complies",
    "compliance check",
    "in line with",
    "conform",
    "fit our",
    "fits our",
    "against our",
    "break our",
    "breaks our",
    "violate",
    "anything wrong",
    "any problem",
    "any issue",
    "can we sign",
    "may we sign",
    "should we sign",
    "ok to sign",
    "okay to sign",
    "fine with us",
    "ok for us",
    "okay for us",
    "fine for us",
    "acceptable for us",
    "red flags",
    "is this ok",
    "is this okay",
    "is this fine",
    "clause by clause",
];
/// Between a verb and its document stand at most so many words: "check the new draft of the contract".
const BETWEEN: usize = 6;

/// "@eudora-bot review": with more words, a verb at the end is about something else.
const BARE_WORDS: usize = 3;

/// Whether `message` asks for a review of what came with it or stands before it.
pub(in crate::turn) fn asks_for_review(message: &str) -> bool {
    let plain: String =
        message.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let plain = format!(" {} ", words.join(" "));
    PHRASES.iter().any(|phrase| plain.contains(&format!(" {phrase}")))
        || VERBS.iter().any(|verb| {
            plain.split(&format!(" {verb} ")).skip(1).any(|rest| {
                let mut near = rest.split_whitespace().take(BETWEEN);
                let what = near.clone().next();
                // "Check when it ends" asks for a fact.
                !matches!(what, Some("when" | "what" | "who" | "how" | "if" | "whether" | "where" | "which"))
                    && (what
                        .map_or(words.len() <= BARE_WORDS, |_| near.any(|word| DOCUMENTS.contains(&word))))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_told_from_questions() {
        for asks in [
            "review this",
            "Is this compliant with our contract rules?",
            "Can you check this contract?",
            "Please look over the attached agreement.",
            "is this ok for us?",
            "Does this fit our rules?",
            "Could you go through this offer for me?",
            "check please",
            "Anything wrong with this paragraph?",
            "Please review the draft from legal.",
            "I got this from the supplier, fine with us?",
            "Can we sign that?",
            "@eudora review",
        ] {
            assert!(asks_for_review(asks), "{asks}");
        }
        for asks in [
            "How long is the notice period?",
            "What does page 3 say about parking?",
            "Please check when it ends.",
            "remember this",
            "Who wrote the offer?",
            "When do we review?",
            "",
        ] {
            assert!(!asks_for_review(asks), "{asks}");
        }
    }
}
