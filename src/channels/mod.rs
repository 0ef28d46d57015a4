//! Where messages come from and replies go to; a vendor's types stop here.
//!
//! Architecture invariant: a channel knows inbox and outbox, never the turn.

pub mod email;
pub mod slack;

/// What `doctor` found out about one account of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It can work.
    Works(String),
    /// It can work, and something deserves a look.
    Look(String),
    /// It can't work before somebody does what this says.
    Broken(String),
}

/// A name that prompts may show: there, "You" is the understudy itself, so nobody else is called so.
fn shown_name(name: &str) -> String {
    let name = name.trim();
    if name.eq_ignore_ascii_case("you") { format!("{name} (somebody)") } else { name.to_owned() }
}
