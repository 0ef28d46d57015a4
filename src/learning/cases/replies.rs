//! Replies: each turn of the person that answers somebody, with the thread as it was.

use std::ops::RangeInclusive;

use crate::learning::{
    clean::{Thread, Turn, scrub::has_mark},
    event::ME,
    report::{Reason, Report},
};

/// Turns of the thread that go with a case.
const THREAD_TURNS: usize = 6;
/// Characters of a message in the thread; longer ones are cut.
const EARLIER_MAX_CHARS: usize = 600;
/// Characters of the message that is answered.
const MESSAGE_MAX_CHARS: usize = 2048;
/// Characters of an answer; what is longer is a document.
const REPLY_CHARS: RangeInclusive<usize> = 2..=1200;
/// Words below which an answer counts only when somebody asked.
const REPLY_MIN_WORDS: usize = 3;
/// How long after a message in a chat an answer still answers it.
const CHAT_S: i64 = 3 * 86_400;
/// The same for mail.
const MAIL_S: i64 = 30 * 86_400;

/// A question with the person's answer, before notes are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered {
    /// The turn that answers.
    pub id: String,
    /// The thread.
    pub thread_id: String,
    /// When it was written.
    pub t: i64,
    /// Who asked, by their mask.
    pub requester: String,
    /// What was said before, oldest first.
    pub thread: Vec<(String, String)>,
    /// The message.
    pub message: String,
    /// The answer.
    pub reply: String,
}

/// A turn of the person that answers nobody, such as a mail that they began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unasked {
    pub id: String,
    pub thread_id: String,
    pub t: i64,
    pub channel: String,
    pub to: Vec<String>,
    pub text: String,
}

/// Sorts the person's turns of a thread into answers and what they wrote unasked.
pub(super) fn of_thread(thread: &Thread, report: &mut Report) -> (Vec<Answered>, Vec<Unasked>) {
    let (mut answers, mut unasked) = (Vec::new(), Vec::new());
    if !thread.turns.iter().any(|turn| turn.author == ME) {
        return (answers, unasked);
    }
    for (n, turn) in thread.turns.iter().enumerate().filter(|(_, turn)| turn.author == ME) {
        if turn.channel == "steps" {
            report.leave_out(Reason::StepsOnly);
            continue;
        }
        let before = thread.turns.get(..n).unwrap_or_default();
        let Some(asked) = trigger(before, turn) else {
            unasked.push(Unasked {
                id: turn.id.clone(),
                thread_id: thread.id.clone(),
                t: turn.t,
                channel: turn.channel.clone(),
                to: turn.to.clone(),
                text: turn.text.clone(),
            });
            continue;
        };
        let asked_at = before.iter().position(|turn| std::ptr::eq(turn, asked)).unwrap_or(0);
        match answer(thread, before.get(..asked_at).unwrap_or_default(), asked, turn) {
            Ok(answer) => answers.push(answer),
            Err(why) => report.leave_out(why),
        }
    }
    (answers, unasked)
}

/// The turn that is answered: the one that is referred to, or the one just before.
fn trigger<'t>(before: &'t [Turn], turn: &Turn) -> Option<&'t Turn> {
    if turn.channel == "mail" {
        let parent = turn.reply_to.as_ref()?;
        let named = before.iter().rev().find(|earlier| earlier.id == *parent);
        // The parent may have been cut away, as an automatic reply or by the days of the consent.
        return named.or(before.last()).filter(|earlier| earlier.author != ME);
    }
    before.last().filter(|earlier| earlier.author != ME)
}

fn answer(thread: &Thread, earlier: &[Turn], asked: &Turn, turn: &Turn) -> Result<Answered, Reason> {
    let in_time = if turn.channel == "mail" { MAIL_S } else { CHAT_S };
    if turn.t - asked.last_t > in_time {
        return Err(Reason::TooLate);
    }
    let reply = speakable(&turn.text).ok_or(Reason::PersonalData)?;
    let words = reply.split_whitespace().count();
    if reply.chars().count() > *REPLY_CHARS.end() {
        return Err(Reason::TooLong);
    }
    if !REPLY_CHARS.contains(&reply.chars().count()) || (words < REPLY_MIN_WORDS && !asked.text.contains('?'))
    {
        return Err(Reason::TooShort);
    }
    let shown = earlier.iter().skip(earlier.len().saturating_sub(THREAD_TURNS));
    let name = |turn: &Turn| if turn.author == ME { "You".to_owned() } else { turn.author.clone() };
    Ok(Answered {
        id: turn.id.clone(),
        thread_id: thread.id.clone(),
        t: turn.t,
        requester: asked.author.clone(),
        thread: shown.map(|turn| (name(turn), cut(&turn.text, EARLIER_MAX_CHARS))).collect(),
        message: cut(&asked.text, MESSAGE_MAX_CHARS),
        reply,
    })
}

/// An answer without the lines and sentences that hold a mark of personal data; `None` when too little is left.
///
/// The model must not learn to write marks, nor that a number belongs where it has none.
pub(super) fn speakable(text: &str) -> Option<String> {
    if !has_mark(text) {
        return Some(text.to_owned());
    }
    let mut kept = Vec::new();
    for line in text.lines() {
        let sentences: Vec<&str> =
            sentences(line).into_iter().filter(|sentence| !has_mark(sentence)).collect();
        let line = sentences.concat();
        if !line.trim().is_empty() {
            kept.push(line.trim().to_owned());
        }
    }
    let left = kept.join("\n");
    (left.split_whitespace().count() >= REPLY_MIN_WORDS).then_some(left)
}

/// Cuts a line after each full stop, question or exclamation mark that ends a sentence.
fn sentences(line: &str) -> Vec<&str> {
    let mut cut = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(". ").or_else(|| rest.find("? ")).or_else(|| rest.find("! ")) {
        let nearest = [". ", "? ", "! "].iter().filter_map(|end| rest.find(end)).min().unwrap_or(at);
        let Some((sentence, after)) = rest.split_at_checked(nearest + 2) else { break };
        cut.push(sentence);
        rest = after;
    }
    cut.push(rest);
    cut
}

pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    format!("{} […]", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(id: &str, author: &str, t: i64, channel: &str, text: &str) -> Turn {
        Turn {
            id: id.into(),
            author: author.into(),
            t,
            last_t: t,
            channel: channel.into(),
            to: Vec::new(),
            text: text.into(),
            reply_to: None,
        }
    }

    fn thread(turns: Vec<Turn>) -> Thread {
        Thread { id: "t".into(), turns }
    }

    #[test]
    fn an_answer_comes_with_its_question_and_the_thread() {
        let mut report = Report::default();
        let turns = vec![
            turn("1", "Robin", 0, "#events", "is the fair on?"),
            turn("2", ME, 300, "#events", "yes, all set"),
            turn("3", "Kim", 600, "#events", "may we bring the dog?"),
            turn("4", ME, 900, "#events", "no"),
            turn("5", ME, 9000, "#events", "by the way, tickets are out"),
        ];
        let (answers, unasked) = of_thread(&thread(turns), &mut report);
        assert_eq!(answers.len(), 2);
        assert_eq!(
            (&*answers[1].requester, &*answers[1].message, &*answers[1].reply),
            ("Kim", "may we bring the dog?", "no")
        );
        let earlier: Vec<(&str, &str)> =
            answers[1].thread.iter().map(|(who, what)| (&**who, &**what)).collect();
        assert_eq!(earlier, [("Robin", "is the fair on?"), ("You", "yes, all set")]);
        assert_eq!(unasked.len(), 1);
    }

    #[test]
    fn what_may_answer_something_else_is_left_out() {
        let mut report = Report::default();
        let long = "word ".repeat(400);
        for (gap, reply) in
            [(CHAT_S + 1, "yes, all set"), (9, "fine by"), (9, &*long), (9, "mail me: [mail address]")]
        {
            let turns = vec![turn("1", "Robin", 0, "dm", "the fair is on"), turn("2", ME, gap, "dm", reply)];
            assert!(of_thread(&thread(turns), &mut report).0.is_empty(), "{reply}");
        }
        for why in [Reason::TooLate, Reason::TooShort, Reason::TooLong, Reason::PersonalData] {
            assert_eq!(report.left_out_for(why), 1, "{why:?}");
        }
    }

    #[test]
    fn a_mail_answers_what_it_refers_to() {
        let mut report = Report::default();
        let mut reply = turn("3", ME, 9, "mail", "Yes, the second one is fine.");
        reply.reply_to = Some("1".into());
        let turns =
            vec![turn("1", "Robin", 0, "mail", "Which one?"), turn("2", "Kim", 5, "mail", "Me too."), reply];
        let (answers, _) = of_thread(&thread(turns), &mut report);
        assert_eq!(answers[0].requester, "Robin");
        let begun = vec![turn("1", ME, 0, "mail", "Subject: Fair\n\nIt is on.")];
        assert_eq!(of_thread(&thread(begun), &mut report).1.len(), 1);
    }

    #[test]
    fn sentences_with_personal_data_go_and_the_rest_stays() {
        assert_eq!(
            speakable("It is on. Call [phone]. See you there!").as_deref(),
            Some("It is on. See you there!")
        );
        assert_eq!(speakable("Call [phone]"), None);
        assert_eq!(speakable("fine").as_deref(), Some("fine"));
    }
}
