//! What the asker may read and not everybody who listens: told to the asker alone, with a note where they asked.
//!
//! Only where the common answer rests on no note, and only when an answer for the asker cites a note that the others
//! may not read. The common audience learns that there is such an answer, and nothing of it.

use super::answer::{self, Answer, Asked, Means, Watch};
use crate::{domain::Audience, mind::Situation, people::Aside, store::NewReply};

/// Stands where the question was asked.
const NOTE: &str =
    "Not everybody here may read the notes that this rests on, so I have answered you in a direct message.";

/// The answer for the asker alone, when there is one that the common one is not.
///
/// # Errors
/// As for [`answer::answer`].
pub(super) async fn answer(
    means: Means<'_>,
    situation: &Situation<'_>,
    common: &Answer,
    (everybody, aside): (&Audience, &Aside),
    now: i64,
    watch: &dyn Watch,
) -> anyhow::Result<Option<Answer>> {
    if !common.cites.is_empty() || common.outcome == "escalated" {
        return Ok(None);
    }
    // The same queries again: is there anything at all that only the asker may read?
    let asked = Asked { person: &situation.person.id, message: situation.message, queries: &common.queries };
    let Means { embed, notes, .. } = means;
    let found = answer::recall(embed, notes, asked, &aside.audience, now).await?;
    let restricted = |passage: &crate::domain::Passage| !everybody.may_read(&passage.readers);
    if !found.passages.iter().any(restricted) {
        return Ok(None);
    }
    let apart = answer::answer(means, situation, &aside.audience, now, watch).await?;
    let cited = |passage: &&crate::domain::Passage| apart.cites.contains(&passage.n);
    let rests_on_more = apart.excerpts.iter().filter(cited).any(restricted);
    Ok(rests_on_more.then_some(apart))
}

/// What everybody reads.
pub(super) fn note() -> NewReply {
    NewReply { text: NOTE.to_owned(), cites: Vec::new(), file: None }
}
