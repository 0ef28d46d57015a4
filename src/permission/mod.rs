//! Permission: whether a tool may be used, for whom, and because of whose words.
//!
//! The model proposes; [`decide`] decides. A person notices that an understudy does what an admin has switched on, asks
//! before it does more, and never does anything because a stranger's text said so. Kept: grants, and each approval with
//! who gave it (in the store). Nothing here does I/O.
//!
//! Architecture invariant: no model is asked whether something is allowed.

mod approval;
#[cfg(test)]
mod tests;

pub use approval::{EXPIRES_S, Refusal, fingerprint, may_approve};

use crate::domain::{Channel, Effect, Grant, Integrity, Mode, PersonId, Recipients, Standing};

/// A proposed use of a tool, as far as permission depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal<'p> {
    /// Whose understudy acts.
    pub person: &'p PersonId,
    /// The tool.
    pub tool: &'p str,
    /// What it does.
    pub effect: Effect,
    /// Who asked for it.
    pub requester: Standing,
    /// How the request came.
    pub channel: Channel,
    /// The least trusted of all words that the model had read when it proposed this.
    pub label: Integrity,
    /// Whom the arguments name as receivers.
    pub recipients: Recipients,
}

/// Decides on a proposal by the grants; total, pure, and without any grant [`Mode::Deny`].
///
/// A covering `deny` wins. Otherwise the most that a covering row gives holds: whoever is trusted more may what the less
/// trusted may. Four things are never done without asking, whatever a row says: what came by mail, what a stranger's
/// words led to, what goes to somebody new, and what a stranger asks for.
#[must_use]
pub fn decide(proposal: &Proposal<'_>, grants: &[Grant]) -> Mode {
    let mut most = Mode::Deny;
    for grant in grants {
        if grant.person != *proposal.person || grant.tool != proposal.tool {
            continue;
        }
        match grant.mode {
            Mode::Deny if proposal.requester >= grant.class => return Mode::Deny,
            Mode::Deny => {}
            mode if proposal.requester <= grant.class => most = most.max(weakened(mode, grant, proposal)),
            Mode::Ask | Mode::Allow => {}
        }
    }
    most.min(ceiling(proposal))
}

/// Beyond the taint that a row was made for, it gives one step less.
fn weakened(mode: Mode, grant: &Grant, proposal: &Proposal<'_>) -> Mode {
    match mode {
        mode if proposal.label <= grant.highest_taint => mode,
        Mode::Allow => Mode::Ask,
        Mode::Ask | Mode::Deny => Mode::Deny,
    }
}

fn ceiling(proposal: &Proposal<'_>) -> Mode {
    let acts = proposal.effect > Effect::Read;
    let by_mail = proposal.channel == Channel::Mail;
    let strange = proposal.label == Integrity::External || proposal.requester == Standing::Unknown;
    if by_mail || (acts && (strange || proposal.recipients == Recipients::New)) {
        Mode::Ask
    } else {
        Mode::Allow
    }
}
