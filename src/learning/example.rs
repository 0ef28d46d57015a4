//! One model call with the answer it should get.

use serde::{Deserialize, Serialize};

use crate::{domain::Verdict, mind::Scene};

/// Who is stood in for, as far as a prompt says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// The name to show.
    pub name: String,
    /// What they do, in a few words.
    pub role: String,
    /// One or two sentences on how they write.
    pub manner: String,
}

/// A passage as the prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Title of the note, with the heading of the section.
    pub title: String,
    /// The text.
    pub text: String,
}

/// A model call and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "call")]
pub enum Call {
    /// Queries for the notes: 1 to 4 short texts.
    Queries {
        /// The queries.
        queries: Vec<String>,
    },
    /// A reply from numbered notes, with citations such as `[1]`.
    Reply {
        /// What was found, best first.
        notes: Vec<Note>,
        /// The reply.
        reply: String,
    },
    /// Whether a sentence of the notes answers the message.
    Rerank {
        /// Title of the note and the sentence.
        note: String,
        /// Whether it does.
        answers: bool,
    },
    /// A verdict on one clause of a document; the message asks for it.
    Verdict {
        /// The rules that were found.
        notes: Vec<Note>,
        /// The clause.
        clause: String,
        /// The verdict.
        verdict: Verdict,
        /// The words of the clause that decide it, byte for byte; empty when it is ok.
        quote: String,
        /// One sentence, citing the note.
        why: String,
    },
    /// The next step: a reply, or one of the tools with its arguments.
    Step {
        /// The tools that may be proposed, one line each: `name(argument, argument): what it does`.
        tools: Vec<String>,
        /// `{"tool":"name","arguments":{…}}` or `{"tool":"reply"}`, without optional white space.
        step: String,
    },
}

/// A situation: who asks what in which thread, and the call that answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Who is stood in for.
    pub cast: Cast,
    /// The name of whoever wrote.
    pub requester: String,
    /// Earlier messages of the thread, oldest first, as (who, what); the understudy's own are by `You`.
    pub thread: Vec<(String, String)>,
    /// The message.
    pub message: String,
    /// The call and its answer.
    #[serde(flatten)]
    pub call: Call,
}

impl Example {
    /// What a prompt says of it.
    #[must_use]
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            name: &self.cast.name,
            role: &self.cast.role,
            manner: &self.cast.manner,
            requester: &self.requester,
            thread: &self.thread,
            message: &self.message,
        }
    }
}
