//! Whether an adapter learns how one person writes, on two people's sent mails.
//!
//! Mail that somebody began shows how they write and nothing about what they decide, so no exam of a person holds
//! any (it is played back, marked synthetic, and trains only). Here it is all there is: the first four fifths of a
//! writer's mails are learnt, each as the answer to a made-up request for it, and the last fifth is predicted. A
//! prediction counts by the mail's bits per character, as in the exam of a person. Nothing of the mails is kept.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{
    Call, Cast, Example, clean, dataset,
    judge::{self, Cost, Estimate},
};
use crate::{
    error::Hint,
    mind::{Brain, Weights},
};

/// Fewest mails of a writer; the last fifth of fewer says nothing.
const LEAST: usize = 25;
/// Longest mail, in characters, so that each fits a step of the training.
const MAIL_MAX_CHARS: usize = 1200;
/// Lines of so many characters were wrapped by a mail program; shorter ones were ended by their author.
const WRAPPED_FROM_CHARS: usize = 60;
/// Words that a greeting begins with.
const GREETINGS: &[&str] = &["dear", "hi", "hello", "hey", "good", "greetings"];
/// Most words of a greeting.
const GREETING_MAX_WORDS: usize = 8;

/// A mail, as a line of a writer's file; oldest first.
#[derive(Debug, Deserialize)]
struct Sent {
    subject: String,
    email: String,
}

/// Somebody's mails, each as the answer to a request for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The name of their file.
    pub name: String,
    /// What is learnt.
    pub taught: Vec<Example>,
    /// What is predicted afterwards.
    pub sealed: Vec<Example>,
}

impl Writer {
    /// Reads a file of mails, one JSON object with `subject` and `email` a line, oldest first.
    ///
    /// Quotes, signatures, greetings and sign-offs are cut, from what is learnt and from what is predicted; a mail that
    /// then is empty or longer than 1,200 characters is left out.
    ///
    /// # Errors
    /// When the file can't be read; a [`Hint`] when it holds something else, or too few mails.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        let mut mails = Vec::new();
        for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let sent: Sent = serde_json::from_str(line).map_err(|e| {
                let what = format!("line {} of {} is no mail: {e}", n + 1, path.display());
                Hint::new(what, r#"give each mail as a line such as {"subject":"…","email":"…"}"#)
            })?;
            let body = own_words(&sent.email);
            if !body.is_empty() && body.chars().count() <= MAIL_MAX_CHARS {
                mails.push(request(&sent.subject, body));
            }
        }
        if mails.len() < LEAST {
            let what = format!("{} holds {} mails, and {LEAST} are the least", path.display(), mails.len());
            return Err(Hint::new(what, "add mails from a longer time").into());
        }
        let sealed = mails.split_off(mails.len() - mails.len() / 5);
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, taught: mails, sealed })
    }

    /// What each mail that was kept back costs.
    ///
    /// # Errors
    /// When the model can't run.
    pub async fn costs(&self, brain: &Brain, weights: &Weights) -> anyhow::Result<Vec<Cost>> {
        let mut costs = Vec::new();
        for (n, example) in self.sealed.iter().enumerate() {
            let lesson = dataset::lesson(brain.prompts(), Some(brain.base()), example);
            let nats = brain.cost(weights, &lesson.prompt, &lesson.answer).await?;
            costs.push(Cost { thread: n.to_string(), nats, chars: lesson.answer.chars().count() });
        }
        Ok(costs)
    }
}

/// How well one writer's mails are predicted; bits per character, less is better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predicted {
    /// Mails that were learnt.
    pub learnt: usize,
    /// Mails that were predicted.
    pub mails: usize,
    /// With the base alone.
    pub base: f64,
    /// With the starter.
    pub starter: f64,
    /// With the other writer's adapter.
    pub other: f64,
    /// With their own.
    pub own: f64,
    /// Their own less the starter.
    pub own_less_starter: Estimate,
    /// Their own less the other's.
    pub own_less_other: Estimate,
}

/// What each arm made of a writer's mails.
#[derive(Debug)]
pub struct Arms {
    /// The base alone.
    pub base: Vec<Cost>,
    /// The starter.
    pub starter: Vec<Cost>,
    /// The other writer's adapter.
    pub other: Vec<Cost>,
    /// Their own.
    pub own: Vec<Cost>,
}

impl Arms {
    /// Compares them, mail by mail, with 95 % intervals of a bootstrap over the mails.
    #[must_use]
    pub fn compare(&self, learnt: usize, seed: u64) -> Predicted {
        Predicted {
            learnt,
            mails: self.own.len(),
            base: judge::bits_per_char(&self.base),
            starter: judge::bits_per_char(&self.starter),
            other: judge::bits_per_char(&self.other),
            own: judge::bits_per_char(&self.own),
            own_less_starter: judge::difference(&self.own, &self.starter, seed),
            own_less_other: judge::difference(&self.own, &self.other, seed),
        }
    }
}

/// The same words for every writer, so that only the weights can tell them apart.
fn request(subject: &str, mail: String) -> Example {
    Example {
        cast: Cast { name: "Robin".into(), role: "colleague".into(), manner: "As in their mails.".into() },
        requester: "Alex".into(),
        thread: Vec::new(),
        message: format!("Write the mail about \"{}\".", subject.trim()),
        call: Call::Reply { notes: Vec::new(), reply: mail },
    }
}

/// A mail without greeting, sign-off and the line ends of a mail program.
fn own_words(mail: &str) -> String {
    let text = clean::own_words(&mail.replace("\r\n", "\n"));
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let body = if is_greeting(first) { rest } else { &text };
    let mut paragraphs: Vec<String> = body.split("\n\n").map(unwrapped).collect();
    if paragraphs.len() > 1 && paragraphs.last().is_some_and(|last| is_name(last)) {
        paragraphs.pop();
    }
    paragraphs.join("\n\n").trim().to_owned()
}

fn unwrapped(paragraph: &str) -> String {
    let mut text = String::new();
    let mut before = 0;
    for line in paragraph.lines() {
        let is_item = line.trim_start().starts_with(|c: char| "-*\u{2022}".contains(c) || c.is_ascii_digit());
        if !text.is_empty() {
            text.push(if before >= WRAPPED_FROM_CHARS && !is_item { ' ' } else { '\n' });
        }
        text.push_str(line.trim_end());
        before = line.chars().count();
    }
    text
}

/// Whether a line is a greeting and nothing else, such as "Dear Robin,".
fn is_greeting(line: &str) -> bool {
    let line = line.trim();
    let words: Vec<&str> = line.split_whitespace().collect();
    let begins = words.first().is_some_and(|first| {
        let first = first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        GREETINGS.contains(&first.as_str())
    });
    // "Hi Robin, see you there!" says something; "Dear Robin, Kim, and dear Sam," does not.
    let is_name = |word: &&str| {
        word.starts_with(char::is_uppercase) || matches!(*word, "and") || GREETINGS.contains(word)
    };
    let says =
        line.split_once(", ").is_some_and(|(_, more)| !more.split_whitespace().all(|word| is_name(&word)));
    begins && words.len() <= GREETING_MAX_WORDS && line.ends_with([',', '!', '-']) && !says
}

/// Whether a paragraph is a name: whoever leaves out the sign-off still puts one below.
fn is_name(paragraph: &str) -> bool {
    let name = paragraph.trim();
    name.chars().all(char::is_alphabetic) && name.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tells_writers_apart_by_their_own_words_remains() {
        let mail = "Dear Robin,\r\n\r\nThe hall is booked for the whole of the week after next, as you had\r\nasked.\r\n\r\nSee you soon,\r\n\r\nAlex\r\n";
        assert_eq!(
            own_words(mail),
            "The hall is booked for the whole of the week after next, as you had asked."
        );
        assert_eq!(own_words("Sure, will do.\n\nAlex"), "Sure, will do.");
        assert_eq!(own_words("Hi Robin,\nThe hall is booked."), "The hall is booked.");
        assert_eq!(own_words("Dear Robin, Kim, and dear Sam,\n\nIt is."), "It is.");
        for whole in
            ["Hi Robin, the hall is booked.", "Good point, I'll do that!", "They are here:\n\nnorth\nsouth"]
        {
            assert_eq!(own_words(whole), whole);
        }
        let list = format!("- {}\n- the north hall", "the south hall, ".repeat(5).trim_end());
        assert_eq!(own_words(&list), list);
        assert_eq!(own_words("Hi!\n\nhalls:\nnorth\nsouth\n\nBest,\nAlex"), "halls:\nnorth\nsouth");
        assert_eq!(own_words("Thanks Robin, got it."), "Thanks Robin, got it.");
        assert_eq!(own_words("Hi,\n\nBest,\nAlex"), "");
    }

    #[test]
    fn the_last_fifth_is_kept_back_and_a_file_of_something_else_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alex.jsonl");
        let mail =
            |n: u32| format!("{{\"subject\":\"Plan {n}\",\"email\":\"Hi,\\n\\nthe plan {n} is on.\"}}\n");
        std::fs::write(&path, (0..50).map(mail).collect::<String>()).unwrap();
        let writer = Writer::read(&path).unwrap();
        assert_eq!((writer.name.as_str(), writer.taught.len(), writer.sealed.len()), ("alex", 40, 10));
        assert_eq!(writer.sealed.first().unwrap().message, "Write the mail about \"Plan 40\".");
        std::fs::write(&path, (0..20).map(mail).collect::<String>()).unwrap();
        assert!(Writer::read(&path).unwrap_err().to_string().contains("25 are the least"));
        std::fs::write(&path, "Dear all\n").unwrap();
        assert!(Writer::read(&path).unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn the_own_adapter_is_compared_mail_by_mail() {
        let costs = |nats: f64| -> Vec<Cost> {
            (0..20).map(|n| Cost { thread: n.to_string(), nats: nats + f64::from(n), chars: 100 }).collect()
        };
        let arms = Arms { base: costs(200.0), starter: costs(150.0), other: costs(140.0), own: costs(120.0) };
        let predicted = arms.compare(80, 1);
        assert!(predicted.own < predicted.other && predicted.other < predicted.starter);
        assert!(predicted.own_less_other.high < 0.0 && predicted.own_less_starter.high < 0.0);
        assert_eq!((predicted.learnt, predicted.mails), (80, 20));
    }
}
