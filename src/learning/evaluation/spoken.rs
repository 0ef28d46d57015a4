//! What an arm writes itself: whose style it has, and whether it minds its manners.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{arms::Contestant, style::Styles};
use crate::{
    domain::{Integrity, Passage, Readers},
    learning::{Call, Note, cases::Case, quality::Share},
    mind::{Mind, Situation},
    people::Person,
    turn::{answer, cites, manners},
};

/// What became of the replies that an arm wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Attributed to the person by their style; none of none when their style is not known.
    pub attributed: Share,
    /// Changed by the manners before anybody may read them.
    pub mended: Share,
    /// Stopped by the manners.
    pub stopped: Share,
    /// Kinds of changes, and in how many replies.
    pub changes: BTreeMap<String, usize>,
}

/// Lets the arm answer every situation with the notes it had.
pub(super) async fn measure(
    mind: &dyn Mind,
    person: &Person,
    contestant: &Contestant,
    cases: &[&Case],
    style: Option<&Styles>,
    follow: impl Fn(usize),
) -> anyhow::Result<Option<Spoken>> {
    let mut spoken = Spoken::default();
    for (n, case) in cases.iter().enumerate() {
        let Call::Reply { notes, .. } = &case.example.call else { continue };
        let (passages, thread) = (passages(notes), contestant.thread(&case.example));
        let situation = Situation {
            person,
            weights: &contestant.weights,
            requester: &case.example.requester,
            thread: &thread,
            message: &case.example.message,
        };
        let draft = mind.reply(&situation, &passages, None, &|_| {}).await?;
        let shown = passages.get(..draft.shown).unwrap_or(&passages);
        let cited = cites::check_cites(&draft.text, shown.len()).text;
        let known = answer::known_text(&situation, shown);
        spoken.count(&cited, manners::mend(&cited, &known, &manners::Manners::of(&person.voice)));
        if let Some(style) = style {
            spoken.attributed.count(style.is_theirs(&cited));
        }
        follow(n + 1);
    }
    Ok((spoken.mended.of > 0).then_some(spoken))
}

impl Spoken {
    fn count(&mut self, draft: &str, mended: Result<manners::Mended, manners::Unmendable>) {
        self.stopped.count(mended.is_err());
        self.mended.count(mended.as_ref().is_ok_and(|mended| mended.text != draft));
        for change in mended.map(|mended| mended.changes).unwrap_or_default() {
            *self.changes.entry(change.to_string()).or_default() += 1;
        }
    }
}

fn passages(notes: &[Note]) -> Vec<Passage> {
    let passage = |(n, note): (usize, &Note)| Passage {
        n,
        source: format!("note-{n}"),
        title: note.title.clone(),
        text: note.text.clone(),
        score: 0.0,
        integrity: Integrity::Internal,
        readers: Readers::Everyone,
    };
    (1..).zip(notes).map(passage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learning::evaluation::{
            arms::Arm,
            tests::{bob, case},
        },
        mind::{Scripted, Weights},
    };

    #[tokio::test]
    async fn what_the_manners_change_is_counted() {
        let cases = [case(1, "is the fair on?", "yes"), case(2, "fine \u{2014} thanks", "sure")];
        let contestant = Contestant { arm: Arm::Base, weights: Weights::base(), shots: Vec::new() };
        let cases: Vec<&Case> = cases.iter().collect();
        // The scripted mind repeats the message, dash and all.
        let spoken = measure(&Scripted, &bob(), &contestant, &cases, None, |_| {}).await.unwrap().unwrap();
        assert_eq!(spoken.mended, Share { hits: 1, of: 2 });
        assert_eq!(spoken.changes.get("dash rewritten"), Some(&1));
        assert_eq!((spoken.stopped.hits, spoken.attributed.of), (0, 0));
        assert_eq!(measure(&Scripted, &bob(), &contestant, &[], None, |_| {}).await.unwrap(), None);
    }
}
