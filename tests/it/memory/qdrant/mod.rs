//! A Qdrant server for tests: the client's own generated server traits, over Qdrant Edge.
//!
//! It speaks real gRPC on a real port and understands what understudy sends; anything else is refused as
//! unimplemented, so a new kind of request cannot pass unnoticed. A search without a filter is refused as well.

mod service;
mod wire;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use qdrant_client::qdrant::{
    Filter, collections_server::CollectionsServer, points_server::PointsServer, qdrant_server::QdrantServer,
};
use service::Service;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Status, transport::Server};
use understudy::memory::server;

const API_KEY: &str = "test-key";

pub struct TestServer {
    address: SocketAddr,
    service: Arc<Service>,
    /// A runtime of its own: when it goes, open connections break as they do when a server is killed.
    running: Option<Runtime>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(false).await
    }

    /// A server that drops every filter of a search, as a bug in it or a man in the middle could.
    pub async fn start_careless() -> Self {
        Self::with(true).await
    }

    async fn with(ignores_filters: bool) -> Self {
        let service = Arc::new(Service {
            dir: TempDir::new().unwrap(),
            shards: Mutex::default(),
            rules: Mutex::default(),
            ignores_filters,
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { address, service, running: None }.restarted().await
    }

    /// Listens (again), on the same port if it had one.
    pub async fn restarted(mut self) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = self.address;
        let listening = runtime.spawn(async move { TcpListener::bind(address).await.unwrap() });
        let listener = listening.await.unwrap();
        self.address = listener.local_addr().unwrap();
        let shared = || Shared(Arc::clone(&self.service));
        let serving = Server::builder()
            .add_service(PointsServer::with_interceptor(shared(), authorised))
            .add_service(CollectionsServer::with_interceptor(shared(), authorised))
            .add_service(QdrantServer::with_interceptor(shared(), authorised))
            .serve_with_incoming(TcpListenerStream::new(listener));
        runtime.spawn(serving);
        self.running = Some(runtime);
        self
    }

    /// Kills the server; what was stored stays.
    pub fn stopped(mut self) -> Self {
        if let Some(runtime) = self.running.take() {
            runtime.shutdown_background();
        }
        self
    }

    pub fn address(&self) -> server::Server {
        server::Server {
            url: format!("http://{}", self.address),
            api_key: Some(API_KEY.to_owned()),
            collection: server::COLLECTION.to_owned(),
        }
    }

    /// The filters of all searches so far, one a leg.
    pub fn rules_seen(&self) -> Vec<Filter> {
        self.service.rules.lock().unwrap().clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.running.take() {
            runtime.shutdown_background();
        }
    }
}

fn authorised(request: Request<()>) -> Result<Request<()>, Status> {
    let key = request.metadata().get("api-key").and_then(|key| key.to_str().ok());
    if key == Some(API_KEY) { Ok(request) } else { Err(Status::unauthenticated("wrong API key")) }
}

/// One state behind three services.
#[derive(Clone)]
struct Shared(Arc<Service>);
