//! The console: people sign in with a browser, talk to an understudy, and see how each answer came about.
//!
//! While the model works they read what it is doing; the reply appears once it is committed and delivered. The
//! owner of an understudy also sees the draft forming, marked as draft, and decides on replies that wait.
//! Kept here: nothing but sessions and the hash of the sign-in token; a message is acknowledged after the inbox
//! has committed it, so after a crash a reload shows the same conversation. Every page works without JavaScript.
//!
//! Architecture invariant: the web knows inbox and outbox, never the turn.

mod account;
mod accounts;
mod answers;
mod approvals;
mod audit;
mod curve;
mod drafts;
mod events;
mod form;
mod guard;
mod health;
mod home;
mod mail;
mod matrix;
mod my_data;
mod page;
mod parked;
mod passwords;
mod pausing;
mod persons;
mod probes;
mod report;
mod reviews;
mod session;
mod sign_in;
mod stages;
mod steward;
mod talk;
mod tokens;
mod tools;
mod training;
mod trouble;
mod turn_view;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    http::Method,
    middleware::from_fn,
    routing::{MethodRouter, get, post},
};
use futures::future::BoxFuture;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use steward::{Steward, Training};
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
    /// Looks after adapters, trainings and erasures.
    pub steward: Arc<dyn Steward>,
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
    let router = table().into_iter().fold(Router::new(), |router, (_, path, page)| router.route(path, page));
    router
        .with_state(console)
        .layer(from_fn(guard::refuse_other_sites))
        .layer(from_fn(guard::catch_panics))
        .layer(from_fn(guard::dress_errors))
        .layer(from_fn(guard::protect))
}

/// Every page and form, so that a test can hold each against each role.
#[must_use]
pub fn routes_of_all() -> Vec<(Method, &'static str)> {
    table().into_iter().map(|(method, path, _)| (method, path)).collect()
}

fn table() -> Vec<(Method, &'static str, MethodRouter<Shared>)> {
    vec![
        (Method::GET, "/", get(home::home)),
        (Method::GET, "/sign-in", get(sign_in::form)),
        (Method::POST, "/sign-in", post(sign_in::sign_in)),
        (Method::POST, "/sign-out", post(sign_in::sign_out)),
        (Method::GET, "/talk/{person}", get(talk::conversation)),
        (Method::POST, "/talk/{person}", post(talk::send)),
        (Method::GET, "/talk/{person}/turn/{inbox}", get(talk::turn)),
        (Method::GET, "/talk/{person}/turn/{inbox}/file", get(reviews::file)),
        (Method::POST, "/talk/{person}/turn/{inbox}/stop", post(reviews::stop)),
        (Method::GET, "/events/{person}", get(events::events)),
        (Method::GET, "/admin/inbox", get(parked::list)),
        (Method::POST, "/admin/inbox/{inbox}/{decision}", post(parked::decide)),
        (Method::GET, "/admin/mail", get(mail::list)),
        (Method::POST, "/admin/mail/{mail}/{decision}", post(mail::decide)),
        (Method::POST, "/admin/mail-notice/{notice}", post(mail::put_aside)),
        (Method::GET, "/admin/approvals", get(approvals::list)),
        (Method::POST, "/admin/approvals/{id}", post(approvals::decide)),
        (Method::GET, "/admin/reviews", get(reviews::list)),
        (Method::GET, "/admin/reviews/{inbox}", get(reviews::show)),
        (Method::POST, "/admin/reviews/{inbox}/{clause}", post(reviews::rule)),
        (Method::GET, "/admin/drafts", get(drafts::list)),
        (Method::POST, "/admin/drafts/{inbox}/{outbox}", post(drafts::decide)),
        (Method::POST, "/admin/draft-mode/{person}", post(drafts::set_mode)),
        (Method::GET, "/my-data", get(my_data::list)),
        (Method::GET, "/my-data/{person}", get(my_data::show)),
        (Method::POST, "/my-data/{person}/veto/{case}", post(my_data::veto)),
        (Method::POST, "/my-data/{person}/withdraw", post(my_data::withdraw)),
        (Method::GET, "/report/{person}", get(report::show)),
        (Method::GET, "/health", get(probes::health)),
        (Method::GET, "/ready", get(probes::ready)),
        (Method::GET, "/metrics", get(probes::metrics)),
        (Method::GET, "/assets/{name}", get(page::asset)),
        (Method::GET, "/account", get(account::show)),
        (Method::POST, "/account/password", post(account::set_password)),
        (Method::GET, "/confirm", get(account::confirm_form)),
        (Method::POST, "/confirm", post(account::confirm)),
        (Method::GET, "/invitation", get(accounts::invited)),
        (Method::POST, "/invitation", post(accounts::take_up)),
        (Method::GET, "/admin/accounts", get(accounts::list)),
        (Method::POST, "/admin/accounts", post(accounts::invite)),
        (Method::POST, "/admin/accounts/{reader}/{change}", post(accounts::change)),
        (Method::GET, "/admin/answers", get(answers::list)),
        (Method::GET, "/admin/answers/{person}", get(answers::show)),
        (Method::POST, "/admin/answers/{person}/{inbox}", post(answers::judge)),
        (Method::GET, "/admin/audit", get(audit::show)),
        (Method::POST, "/admin/audit/verify", post(audit::verify)),
        (Method::GET, "/admin/health", get(health::show)),
        (Method::GET, "/admin/health/parts", get(health::refresh)),
        (Method::POST, "/admin/outbox/{outbox}/{decision}", post(parked::decide_reply)),
        (Method::POST, "/admin/pause", post(pausing::set)),
        (Method::GET, "/admin/people", get(persons::list)),
        (Method::GET, "/admin/people/{person}", get(persons::show)),
        (Method::POST, "/admin/people/{person}/{change}", post(persons::change)),
        (Method::GET, "/admin/tools", get(tools::show)),
        (Method::POST, "/admin/tools", post(tools::switch)),
        (Method::GET, "/admin/tools/rows", get(tools::rows)),
        (Method::GET, "/admin/training", get(training::list)),
        (Method::GET, "/admin/training/{run}", get(training::show)),
    ]
}
