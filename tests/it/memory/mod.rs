//! The notes: one contract for both stores, promise 2 against a brute-force oracle, folders, watching.

mod contract;
mod folders;
mod freshness;
mod oracle;
mod qdrant;
mod spelling;
mod stores;
mod support;
