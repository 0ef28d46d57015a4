//! One MCP server: what it offers, which of that may be used, and a call.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use anyhow::Context as _;
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult},
    service::{Peer, ServiceError},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{ServerConfig, connect::connect, tool::McpTool};
use crate::{store::Store, tools::Tool};

/// How long starting, and listing tools, may take.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// Between two starts at first, and at most.
const RESTART: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// How often it is looked whether its tools have changed.
const LOOK: Duration = Duration::from_secs(60);
/// Most tools of a server.
const TOOLS_MAX: usize = 200;

/// A tool as its server describes it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The server's own name for it.
    pub name: String,
    /// What the server says of it.
    pub description: String,
    /// Its arguments, as JSON Schema.
    pub schema: Map<String, Value>,
    /// Over all three, in hex.
    pub sha256: String,
    /// Whether an admin has looked at exactly this.
    pub pinned: Pinned,
}

/// Whether an admin has looked at a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// Nobody has.
    New,
    /// It has changed since.
    Changed,
    /// It is as it was.
    Same,
}

/// A server with what is known of it.
pub struct Server {
    config: ServerConfig,
    seen: RwLock<Vec<Seen>>,
    usable: RwLock<Vec<Arc<dyn Tool>>>,
    peer: Mutex<Option<Peer<RoleClient>>>,
    trouble: Mutex<Option<String>>,
    look: Notify,
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum CallError {
    /// It never left.
    NotSent(String),
    /// It may have been carried out.
    Unknown(String),
}

impl Server {
    /// Makes one that is not started yet.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self {
            config,
            seen: RwLock::default(),
            usable: RwLock::default(),
            peer: Mutex::default(),
            trouble: Mutex::default(),
            look: Notify::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its tools that may be used.
    #[must_use]
    pub fn tools(&self) -> Vec<Arc<dyn Tool>> {
        self.usable.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its tools as it describes them.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why it does not run, if it does not.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the pins again, after one was set.
    pub fn look_again(&self) {
        self.look.notify_one();
    }

    /// Runs the server and starts it again when it ends, until `stop`.
    pub(super) async fn keep(self: Arc<Self>, store: Store, stop: CancellationToken) {
        let mut pause = RESTART.0;
        while !stop.is_cancelled() {
            let started = tokio::time::Instant::now();
            let ended = tokio::select! {
                ended = Arc::clone(&self).live(&store) => ended,
                () = stop.cancelled() => return,
            };
            self.close();
            let why = ended.err().map_or_else(|| "it ended".to_owned(), |e| format!("{e:#}"));
            warn!("The MCP server {} does not run: {why}", self.name());
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
            if started.elapsed() > RESTART.1 {
                pause = RESTART.0;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
            pause = (pause * 2).min(RESTART.1);
        }
    }

    fn close(&self) {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.usable.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// One life of its process or connection.
    async fn live(self: Arc<Self>, store: &Store) -> anyhow::Result<()> {
        let running = tokio::time::timeout(START_PATIENCE, connect(&self.config))
            .await
            .with_context(|| format!("it did not answer within {} s", START_PATIENCE.as_secs()))??;
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(running.peer().clone());
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        loop {
            self.list(running.peer(), store).await?;
            tokio::select! {
                () = self.look.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = gone(running.peer()) => return Ok(()),
            }
        }
    }

    /// Asks for its tools and holds them against the pins.
    async fn list(self: &Arc<Self>, peer: &Peer<RoleClient>, store: &Store) -> anyhow::Result<()> {
        let pins = store.pins(self.name()).await?;
        let mut seen = described(peer).await?;
        for tool in &mut seen {
            tool.pinned = match pins.iter().find(|(name, _)| *name == tool.name) {
                None => Pinned::New,
                Some((_, sha256)) if *sha256 == tool.sha256 => Pinned::Same,
                Some(_) => Pinned::Changed,
            };
        }
        let usable: Vec<Arc<dyn Tool>> = seen
            .iter()
            .filter(|tool| tool.pinned == Pinned::Same)
            .filter_map(|tool| McpTool::new(Arc::clone(self), tool, &self.config))
            .map(|tool| Arc::new(tool) as Arc<dyn Tool>)
            .collect();
        info!("The MCP server {} has {} tools, {} can be used", self.name(), seen.len(), usable.len());
        *self.usable.write().unwrap_or_else(PoisonError::into_inner) = usable;
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }

    /// Calls a tool that still is what an admin looked at.
    pub(super) async fn call(
        &self,
        tool: &str,
        sha256: &str,
        arguments: Map<String, Value>,
    ) -> Result<CallToolResult, CallError> {
        let peer = self.peer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let peer = peer.ok_or_else(|| CallError::NotSent("its server does not run".to_owned()))?;
        let now = described(&peer).await.map_err(|e| CallError::NotSent(format!("{e:#}")))?;
        if !now.iter().any(|seen| seen.name == tool && seen.sha256 == sha256) {
            self.look_again();
            return Err(CallError::NotSent(
                "its description has changed since an admin looked at it".to_owned(),
            ));
        }
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let patience = self.config.patience;
        match tokio::time::timeout(patience, peer.call_tool(request)).await {
            Err(_) => Err(CallError::Unknown(format!("it did not answer within {} s", patience.as_secs()))),
            Ok(Ok(result)) => Ok(result),
            Ok(Err(ServiceError::McpError(e))) => {
                let message: String = e.message.chars().take(200).collect();
                Err(CallError::NotSent(format!("it refused: {message}")))
            }
            Ok(Err(e)) => Err(CallError::Unknown(e.to_string())),
        }
    }
}

/// Every tool, as the server describes it now.
async fn described(peer: &Peer<RoleClient>) -> anyhow::Result<Vec<Seen>> {
    let tools = tokio::time::timeout(START_PATIENCE, peer.list_all_tools())
        .await
        .with_context(|| format!("it did not list its tools within {} s", START_PATIENCE.as_secs()))??;
    anyhow::ensure!(tools.len() <= TOOLS_MAX, "it has more than {TOOLS_MAX} tools");
    let one = |tool: rmcp::model::Tool| {
        let (name, schema) = (tool.name.into_owned(), (*tool.input_schema).clone());
        let description = tool.description.unwrap_or_default().into_owned();
        let whole = json!({"name": name, "description": description, "schema": schema}).to_string();
        let sha256 = hex::encode(Sha256::digest(whole));
        Seen { name, description, schema, sha256, pinned: Pinned::New }
    };
    Ok(tools.into_iter().map(one).collect())
}

/// Waits until the connection is gone.
async fn gone(peer: &Peer<RoleClient>) {
    while !peer.is_transport_closed() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
