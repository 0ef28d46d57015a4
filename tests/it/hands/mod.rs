//! What an understudy does: permission, approvals, audit, tools.

mod acting;
mod adapter;
mod approving;
mod audit;
mod binary;
mod injection;
mod mcp;
mod workshop;
