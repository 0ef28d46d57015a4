//! A Slack workspace on loopback, for tests of a coworker that lives in Slack.
//!
//! A client that takes another base URL finds here what it finds at Slack: Socket Mode, which sends events
//! again when nobody acknowledges them, and the Web API with its tokens, scopes, sizes and rates. A test
//! plays the people, breaks things on command, and in the end reads the journal, whose
//! [`World::invariants`] hold in every test.
//!
//! The rules are enforced, not recorded: a call without its scope gets `missing_scope`, a post to a channel
//! where the bot is not gets `not_in_channel`. Stock Bolt applications in `conformance/` are the judges of it.
//!
//! All state sits behind one lock, taken for one call or one act at a time; nothing survives the process.

mod api;
mod control;
mod delivery;
mod events;
mod faults;
mod files;
mod ids;
mod invariants;
mod journal;
mod link;
mod rates;
mod server;
mod settings;
mod state;
mod world;

pub use faults::Fault;
pub use ids::{AppId, ChannelId, FileId, TeamId, Ts, UserId};
pub use invariants::Violation;
pub use journal::{Entry, Place, Refused, What};
pub use server::FakeSlack;
pub use settings::{First, Rates, Settings};
pub use state::{FileHealth, Kind, Message, Modal, Room, Session};
pub use world::{Bot, COWORKER_SCOPES, Disconnect, Upload, World};
