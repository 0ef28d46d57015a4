//! The console: people sign in with a browser, talk to an understudy, and see how each answer came about.
//!
//! While the model works they read what it is doing; the reply appears once it is committed and delivered. The
//! owner of an understudy also sees the draft forming, marked as draft, and decides on replies that wait.
//! Kept here: nothing but sessions and the hash of the sign-in token; a message is acknowledged after the inbox
//! has committed it, so after a crash a reload shows the same conversation. Every page works without JavaScript.
//!
//! Architecture invariant: the web knows inbox and outbox, never the turn.

mod approvals;
mod drafts;
mod events;
mod form;
mod guard;
mod home;
mod mail;
mod my_data;
mod page;
mod parked;
mod probes;
mod report;
mod reviews;
mod session;
mod sign_in;
mod stages;
mod talk;
mod tokens;
mod trouble;
mod turn_view;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};
use futures::future::BoxFuture;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use tokens::{first_sign_in_token, renew_sign_in_token};

use crate::{
    domain::{PersonId, Ruling},
    files::Files,
    inbox::{Inbox, Progress},
    learning::vault::Vault,
    people::People,
    store::Store,
    tools::Toolbox,
};
use sign_in::Attempts;
use stages::Stages;

/// How long open requests may take to end after a stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the console needs.
pub struct Web {
    /// The store.
    pub store: Store,
    /// Where learned words lie.
    pub vault: Vault,
    /// Where files of messages lie.
    pub files: Files,
    /// Where messages go in.
    pub inbox: Inbox,
    /// Everybody who is stood in for.
    pub people: Arc<People>,
    /// Mailboxes as the store knows them, each with its people.
    pub mailboxes: Vec<(String, Vec<PersonId>)>,
    /// How far turns are.
    pub progress: Progress,
    /// Says whether the installation can answer, for `/ready`.
    pub ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// Rung when a draft was approved and may leave.
    pub wake_outbox: Arc<Notify>,
    /// What understudies can do.
    pub toolbox: Arc<Toolbox>,
    /// Rung when a request was approved and can be done.
    pub approved: Arc<Notify>,
    /// Keeps a ruling among the notes.
    pub keep: Arc<dyn Fn(Ruling) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>,
    /// Prometheus text for `/metrics`.
    pub metrics: Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>,
}

/// Whether the installation can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether everything that a turn needs is there.
    pub ready: bool,
    /// Each part and the words on its state, such as `models` and `loaded`.
    pub parts: Vec<(String, String)>,
}

/// The console with what it holds itself.
struct Console {
    web: Web,
    attempts: Attempts,
    stages: Arc<Stages>,
    stop: CancellationToken,
}

type Shared = Arc<Console>;

/// Builds the console; must be called inside a Tokio runtime, because it follows the progress of turns.
pub fn router(web: Web) -> Router {
    routes(web, CancellationToken::new())
}

/// Serves the console on `listener` until `stop`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(web: Web, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let address = listener.local_addr().context("ask for the console's address")?;
    info!("The console listens on http://{address}");
    let serving = axum::serve(listener, routes(web, stop.clone()))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        served = async { serving.await } => served.context("serve the console"),
        // A browser that keeps its connection open must not keep the program from ending.
        () = async { stop.cancelled().await; tokio::time::sleep(FAREWELL).await } => Ok(()),
    }
}

fn routes(web: Web, stop: CancellationToken) -> Router {
    let stages = Stages::follow(&web.progress);
    let console = Arc::new(Console { web, attempts: sign_in::attempts(), stages, stop });
    Router::new()
        .route("/", get(home::home))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/talk/{person}", get(talk::conversation).post(talk::send))
        .route("/talk/{person}/turn/{inbox}", get(talk::turn))
        .route("/talk/{person}/turn/{inbox}/file", get(reviews::file))
        .route("/talk/{person}/turn/{inbox}/stop", post(reviews::stop))
        .route("/events/{person}", get(events::events))
        .route("/admin/inbox", get(parked::list))
        .route("/admin/inbox/{inbox}/{decision}", post(parked::decide))
        .route("/admin/mail", get(mail::list))
        .route("/admin/mail/{mail}/{decision}", post(mail::decide))
        .route("/admin/mail-notice/{notice}", post(mail::put_aside))
        .route("/admin/approvals", get(approvals::list))
        .route("/admin/approvals/{id}", post(approvals::decide))
        .route("/admin/reviews", get(reviews::list))
        .route("/admin/reviews/{inbox}", get(reviews::show))
        .route("/admin/reviews/{inbox}/{clause}", post(reviews::rule))
        .route("/admin/drafts", get(drafts::list))
        .route("/admin/drafts/{inbox}/{outbox}", post(drafts::decide))
        .route("/admin/draft-mode/{person}", post(drafts::set_mode))
        .route("/my-data", get(my_data::list))
        .route("/my-data/{person}", get(my_data::show))
        .route("/my-data/{person}/veto/{case}", post(my_data::veto))
        .route("/my-data/{person}/withdraw", post(my_data::withdraw))
        .route("/report/{person}", get(report::show))
        .route("/health", get(probes::health))
        .route("/ready", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .route("/assets/{name}", get(page::asset))
        .with_state(console)
        .layer(from_fn(guard::refuse_other_sites))
        .layer(from_fn(guard::catch_panics))
        .layer(from_fn(guard::dress_errors))
        .layer(from_fn(guard::protect))
}
