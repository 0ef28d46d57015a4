//! Tools of MCP servers (<https://modelcontextprotocol.io>): programs of others, which are not trusted.
//!
//! An admin names servers in a file. A tool of theirs is `server.tool`; it can be used only while its name, description
//! and schema are what an admin looked at (`understudy tools look`), which is asked again right before each call. What it
//! returns is labelled as a tool's and cut; how long it may take is limited. Each server gets its own secrets and no other
//! variable. A server is a process beside this one, or somewhere else by HTTP; one that dies is started or called again, slower
//! each time.

mod config;
mod connect;
mod server;
mod tool;

use std::{path::Path, sync::Arc};

pub use config::ServerConfig;
pub use server::{Seen, Server};
use tokio_util::sync::CancellationToken;

use super::Tool;
use crate::{error::Hint, store::Store};

/// The MCP servers of this installation.
#[derive(Default, Clone)]
pub struct Servers(Vec<Arc<Server>>);

impl Servers {
    /// Reads which there are; none when there is no file.
    ///
    /// # Errors
    /// When the file is malformed or names a variable that is not set.
    pub fn read(file: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Hint> {
        let configs = config::read(file, variable)?;
        Ok(Self(configs.into_iter().map(|config| Arc::new(Server::new(config))).collect()))
    }

    /// Every tool that may be used now: looked at, unchanged, and of a server that runs.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn Tool>> {
        self.0.iter().flat_map(|server| server.tools()).collect()
    }

    /// Each server.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.0.iter()
    }

    /// The server of a tool and the tool's own name.
    #[must_use]
    pub fn of_tool<'t>(&self, name: &'t str) -> Option<(&Arc<Server>, &'t str)> {
        let (server, tool) = name.split_once('.')?;
        Some((self.0.iter().find(|known| known.name() == server)?, tool))
    }

    /// Keeps every server running until `stop`.
    pub fn keep(
        &self,
        store: &Store,
        stop: &CancellationToken,
    ) -> Vec<impl Future<Output = ()> + Send + use<>> {
        let keep = |server: &Arc<Server>| {
            let (server, store, stop) = (Arc::clone(server), store.clone(), stop.clone());
            async move { server.keep(store, stop).await }
        };
        self.0.iter().map(keep).collect()
    }
}
