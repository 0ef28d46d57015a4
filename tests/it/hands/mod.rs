//! What an understudy does: permission, approvals, audit, tools.

mod acting;
mod approving;
mod audit;
mod binary;
mod injection;
mod workshop;
