//! The one port: Web API, sockets, files, response URLs, control.

use std::{net::SocketAddr, ops::Deref};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
    serve::ListenerExt,
};
use tokio::{net::TcpListener, runtime::Handle, task::JoinHandle};

use crate::{World, api, control, files, link, state::Shared};

/// A running fake; it ends, with all its sockets, when this is dropped.
pub struct FakeSlack {
    world: World,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl FakeSlack {
    /// Starts on a free port of the loopback interface.
    ///
    /// # Panics
    /// When the loopback interface has no free port.
    pub async fn start() -> Self {
        Self::start_on(0).await.expect("loopback has a free port")
    }

    /// Starts on `port`, or on a free one for 0.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_on(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let shared = Shared::new(&format!("http://{address}"), Handle::current());
        let world = World(shared);
        let router = router(world.clone());
        // Frames that wait for each other's acknowledgement would be 40 ms late.
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("fake-slack: serve: {error}");
            }
        });
        Ok(Self { world, address, serving })
    }

    /// Where it listens, such as `http://127.0.0.1:40000`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a client takes instead of `https://slack.com/api`, without a slash at the end.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The world that it shows; clones may go to other tasks.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl Deref for FakeSlack {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.serving.abort();
        let mut state = self.world.0.lock();
        for app in state.apps.values_mut() {
            // Dropping the sender ends the socket's task.
            app.sockets.clear();
        }
    }
}

fn router(world: World) -> Router {
    Router::new()
        .route("/api/{method}", any(api::call))
        .route("/link", get(link::upgrade))
        .route("/files-pri/{file}/{name}", get(files::download))
        .route("/files-origin/{file}/{name}", get(files::download_origin))
        .route("/upload/{file}", post(files::upload))
        .route("/response/{key}", post(api::response_url))
        .nest("/_control", control::router())
        .layer(DefaultBodyLimit::max(20 * 1024 * 1024))
        .with_state(world)
}
