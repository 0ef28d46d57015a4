//! Approvals: who may give one, for what exactly, and how long it can be given.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::{ReaderId, Standing};

/// How long an approval can be given, in seconds: long enough for a lunch break, short enough to remember what for.
pub const EXPIRES_S: i64 = 4 * 3600;

/// Why somebody may not decide on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They are neither the owner nor an admin.
    #[error("Only the owner of this understudy or an admin can approve this. Ask one of them.")]
    NotTheirs,
    /// They asked for it themselves.
    #[error("You asked for this yourself, so somebody else has to approve it: the owner or an admin.")]
    OwnRequest,
}

/// Whether somebody may approve what `requester` asked for.
///
/// # Errors
/// [`Refusal`], which says who can.
pub fn may_approve(approver: &ReaderId, standing: Standing, requester: &ReaderId) -> Result<(), Refusal> {
    if standing > Standing::Admin {
        return Err(Refusal::NotTheirs);
    }
    if approver == requester {
        return Err(Refusal::OwnRequest);
    }
    Ok(())
}

/// What an approval is bound to: SHA-256 over person, tool and exact arguments, in hex.
///
/// Each part is preceded by its length, so no two requests share the bytes.
#[must_use]
pub fn fingerprint(person: &str, tool: &str, arguments: &Value) -> String {
    let arguments = arguments.to_string();
    let mut hash = Sha256::new();
    for part in [person, tool, &arguments] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
