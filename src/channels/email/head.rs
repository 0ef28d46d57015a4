//! What a reply needs to know of the mail that it answers; kept with the mail's task.

use serde::{Deserialize, Serialize};
use understudy_ears::Letter;

use super::{account::Addressee, address::Address, quoted::Split};

/// Ids of a thread that are repeated: the first one and the newest of the rest.
const REFERENCES_MAX: usize = 20;
/// Most characters of a subject; longer ones would be lines that servers refuse.
const SUBJECT_CHARS: usize = 200;
/// Most characters that are kept of what the sender quoted.
const QUOTED_CHARS: usize = 6_000;
/// Most characters of the sender's own words that a reply quotes.
const OWN_CHARS: usize = 1_000;

/// What a reply needs to know of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Without brackets; empty when the mail has none that can be repeated.
    pub(super) message_id: String,
    /// The ids before it in its thread.
    pub(super) references: Vec<String>,
    pub(super) subject: String,
    pub(super) from: String,
    pub(super) from_name: String,
    /// The address that answers.
    pub(super) own: String,
    /// Who else gets the reply.
    #[serde(default)]
    pub(super) cc: Vec<String>,
    /// The beginning of what the sender wrote.
    pub(super) words: String,
    /// What the sender quoted.
    pub(super) quoted: String,
}

impl Head {
    pub(super) fn of(letter: &Letter, from: &Address, person: &Addressee, split: &Split) -> Self {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        Self {
            message_id: if is_id(&letter.message_id) { letter.message_id.clone() } else { String::new() },
            references: before(letter),
            subject: cut(&letter.subject, SUBJECT_CHARS),
            from: from.to_string(),
            from_name: cut(&letter.from_name, 100),
            own: person.mail.address.clone(),
            cc: Vec::new(),
            words: cut(&split.new, OWN_CHARS),
            quoted: cut(&split.quoted, QUOTED_CHARS),
        }
    }

    /// The References of the reply.
    pub(super) fn thread(&self) -> Vec<String> {
        let mut ids = self.references.clone();
        if !self.message_id.is_empty() {
            ids.push(self.message_id.clone());
        }
        if ids.len() > REFERENCES_MAX {
            ids.drain(1..=ids.len() - REFERENCES_MAX);
        }
        ids
    }

    /// The subject of the reply: the mail's own, with one `Re:` before it.
    pub(super) fn reply_subject(&self) -> String {
        format!("Re: {}", base(&self.subject)).trim_end().to_owned()
    }
}

/// The ids that a mail names as before it: References, or In-Reply-To when that is a single one.
fn before(letter: &Letter) -> Vec<String> {
    let usable = |ids: &[String]| ids.iter().filter(|id| is_id(id)).cloned().collect::<Vec<_>>();
    let references = usable(&letter.references);
    match letter.in_reply_to.as_slice() {
        [_] if references.is_empty() => usable(&letter.in_reply_to),
        _ => references,
    }
}

/// The ids of the thread that a mail says it belongs to, nearest first.
///
/// In-Reply-To counts whatever the subject; References only under the same one, because people start new threads
/// by answering old mails.
pub(super) fn parents(letter: &Letter) -> Vec<String> {
    let mut ids: Vec<String> = letter.in_reply_to.clone();
    if is_reply(&letter.subject) {
        ids.extend(letter.references.iter().rev().take(REFERENCES_MAX).cloned());
    }
    ids.retain(|id| is_id(id));
    ids
}

/// Whether a subject says that it answers.
pub(super) fn is_reply(subject: &str) -> bool {
    base(subject).len() < subject.trim().len()
}

/// A subject without the marks of replies and of forwarding before it.
pub(super) fn bare_subject(subject: &str) -> &str {
    let mut rest = base(subject);
    loop {
        let forwarded = ["fwd:", "fw:", "wg:", "tr:"].iter().find_map(|mark| {
            let start = rest.get(..mark.len())?;
            if start.eq_ignore_ascii_case(mark) { rest.get(mark.len()..) } else { None }
        });
        let Some(after) = forwarded else { return rest.trim() };
        rest = base(after);
    }
}

/// A subject without the marks of replies before it.
fn base(subject: &str) -> &str {
    const MARKS: [&str; 7] = ["re", "aw", "sv", "antw", "vs", "odp", "rif"];
    let mut rest = subject.trim();
    loop {
        let Some((mark, after)) = rest.split_once(':') else { return rest };
        let mark = mark.split('[').next().unwrap_or_default().trim();
        if !MARKS.iter().any(|known| known.eq_ignore_ascii_case(mark)) {
            return rest;
        }
        rest = after.trim();
    }
}

/// Whether an id can be repeated in a header without breaking it.
fn is_id(id: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
    id.len() <= 250
        && id.chars().all(is_sign)
        && id.split_once('@').is_some_and(|(l, r)| !l.is_empty() && !r.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: &str, references: &[&str], in_reply_to: &[&str]) -> Letter {
        let own = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        Letter {
            subject: subject.to_owned(),
            message_id: "m@x".to_owned(),
            references: own(references),
            in_reply_to: own(in_reply_to),
            ..Letter::default()
        }
    }

    #[test]
    fn a_subject_gets_one_mark() {
        for (subject, wanted) in [
            ("Fair", "Re: Fair"),
            ("Re: Fair", "Re: Fair"),
            ("AW: RE[2]: Re : Fair: when?", "Re: Fair: when?"),
            ("", "Re:"),
            ("Regarding: x", "Re: Regarding: x"),
        ] {
            let head = Head { subject: subject.to_owned(), ..head(&letter(subject, &[], &[])) };
            assert_eq!(head.reply_subject(), wanted);
        }
    }

    fn head(letter: &Letter) -> Head {
        Head {
            message_id: letter.message_id.clone(),
            references: before(letter),
            subject: letter.subject.clone(),
            from: String::new(),
            from_name: String::new(),
            own: String::new(),
            cc: Vec::new(),
            words: String::new(),
            quoted: String::new(),
        }
    }

    #[test]
    fn a_thread_keeps_its_first_id_and_the_newest() {
        assert_eq!(head(&letter("x", &["a@x", "b@x"], &["b@x"])).thread(), ["a@x", "b@x", "m@x"]);
        assert_eq!(head(&letter("x", &[], &["p@x"])).thread(), ["p@x", "m@x"]);
        assert_eq!(head(&letter("x", &[], &["p@x", "q@x"])).thread(), ["m@x"]);
        let many: Vec<String> = (0..50).map(|n| format!("{n}@x")).collect();
        let thread = head(&letter("x", &many.iter().map(String::as_str).collect::<Vec<_>>(), &[])).thread();
        assert_eq!(thread.len(), REFERENCES_MAX);
        assert_eq!((thread.first().unwrap().as_str(), thread.last().unwrap().as_str()), ("0@x", "m@x"));
        for odd in ["a@x\r\nBcc: y@z", "a b@x", "<a@x>", "", "@x", "a@"] {
            assert!(!is_id(odd), "{odd:?}");
        }
    }

    #[test]
    fn references_count_only_under_a_reply() {
        assert_eq!(parents(&letter("Re: x", &["a@x", "b@x"], &["c@x"])), ["c@x", "b@x", "a@x"]);
        assert_eq!(parents(&letter("new", &["a@x"], &["c@x"])), ["c@x"]);
    }
}
