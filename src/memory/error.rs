//! What can go wrong with the notes, in words for the person who has to mend it.

/// The notes could not be read or written.
///
/// Every message is one sentence on what happened and one on what to do; [`std::error::Error::source`] has the
/// vendor's own words.
#[derive(Debug, thiserror::Error)]
pub enum NotesError {
    /// The store did not answer; the same call may work later.
    #[error("The notes are out of reach at {place}. {advice}")]
    Unreachable {
        /// Directory or address of the store.
        place: String,
        /// The next step.
        advice: String,
        /// What the store or the network said.
        #[source]
        source: anyhow::Error,
    },
    /// The store answered with something that is not ours or not whole.
    #[error("The notes at {place} can't be used. {advice}")]
    Corrupt {
        /// Directory or address of the store.
        place: String,
        /// The next step.
        advice: String,
        /// What is wrong with it.
        #[source]
        source: anyhow::Error,
    },
    /// The store or the file system refused.
    #[error("The notes at {place} refused access. {advice}")]
    Denied {
        /// Directory or address of the store.
        place: String,
        /// The next step.
        advice: String,
        /// What the store or the file system said.
        #[source]
        source: anyhow::Error,
    },
    /// The request itself does not fit the store, for example vectors of another model.
    #[error("The notes at {place} don't fit this request: {why}. {advice}")]
    Unfit {
        /// Directory or address of the store.
        place: String,
        /// What does not fit.
        why: String,
        /// The next step.
        advice: String,
    },
}

impl NotesError {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    pub(super) fn wrong_dimensions(place: &str, got: usize, want: usize) -> Self {
        Self::Unfit {
            place: place.to_owned(),
            why: format!("vectors have {got} numbers, the store was made for {want}"),
            advice: "If the embedding model was changed on purpose, move the store aside and add the notes \
                     again; otherwise set the former model."
                .to_owned(),
        }
    }
}
