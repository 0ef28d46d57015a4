//! What `/metrics` shows a monitor: how much waits and for how long, how turns end, where their time goes.
//!
//! Events are counted where they happen, with the `metrics` macros; what is a state rather than an event is read
//! when a monitor asks. Nothing here is kept: counters start at zero with the process, as Prometheus expects.
//! Labels are a fixed few (states, outcomes, steps, channels); no name and no text becomes one.

use std::time::Duration;

use anyhow::Context;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::warn;

use crate::{
    app::App,
    store::{QueueDepths, now},
};

/// A step of a turn takes from less than a millisecond (manners) to minutes (a long draft on a slow processor).
const STEP_BUCKETS_S: [f64; 14] =
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];
/// How a turn can end.
const OUTCOMES: [&str; 6] = ["answered", "asked", "escalated", "refused", "needs_approval", "failed"];
/// How long a monitor waits for an engine that is busy; the figure before then stands.
const ENGINE_PATIENCE: Duration = Duration::from_secs(1);
/// Between rounds in which samples that no monitor fetched are summed up.
const UPKEEP: Duration = Duration::from_secs(10);

/// Collects what this process counts.
#[derive(Clone)]
pub struct Meter {
    collected: PrometheusHandle,
}

impl Meter {
    /// Starts counting for the whole process.
    ///
    /// # Errors
    /// When something else counts already.
    pub fn start() -> anyhow::Result<Self> {
        let step = Matcher::Full("understudy_turn_step_seconds".to_owned());
        let commit = Matcher::Full("understudy_slack_commit_seconds".to_owned());
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(step, &STEP_BUCKETS_S)
            .and_then(|builder| builder.set_buckets_for_metric(commit, &STEP_BUCKETS_S));
        let collected = builder.and_then(PrometheusBuilder::install_recorder).context("start to count")?;
        describe();
        // So that a rate exists before the first event.
        for outcome in OUTCOMES {
            counter!("understudy_turns_total", "outcome" => outcome).absolute(0);
        }
        for name in [
            "understudy_turn_failures_total",
            "understudy_notes_hits_dropped_total",
            "understudy_keys_kept_back_total",
        ] {
            counter!(name).absolute(0);
        }
        for result in ["done", "failed", "uncertain"] {
            counter!("understudy_actions_total", "result" => result).absolute(0);
        }
        for result in ["sent", "failed"] {
            counter!("understudy_deliveries_total", "result" => result).absolute(0);
        }
        Ok(Self { collected })
    }

    /// Keeps the memory of samples small while no monitor fetches them.
    pub async fn keep(&self, stop: tokio_util::sync::CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(UPKEEP) => self.collected.run_upkeep(),
                () = stop.cancelled() => return,
            }
        }
    }

    /// Reads the states of `app` and returns everything in the text format of Prometheus
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub async fn read(&self, app: &App) -> String {
        set("understudy_uptime_seconds", app.uptime().as_secs_f64());
        counter!("understudy_commits_total").absolute(app.store.commits());
        let is_ready = app.loaded_office().is_some() && !app.stop.is_cancelled();
        set("understudy_ready", if is_ready { 1.0 } else { 0.0 });
        match app.store.queue_depths(now()).await {
            Ok(depths) => show(&depths),
            Err(e) => warn!("Can't count the queues for a monitor: {e:#}"),
        }
        read_slack(app);
        self.read_engine(app).await;
        self.collected.render()
    }

    async fn read_engine(&self, app: &App) {
        let Some(brain) = app.loaded_office().and_then(|office| office.brain.as_ref()) else { return };
        set("understudy_model_memory_limit_bytes", whole(app.config.engine_memory_mb << 20));
        // The engine answers between two pieces of work.
        let Ok(Ok(usage)) = tokio::time::timeout(ENGINE_PATIENCE, brain.usage()).await else { return };
        set("understudy_model_memory_used_bytes", whole(usage.used_bytes));
        set("understudy_model_requests_waiting", whole(usage.waiting as u64));
        set("understudy_model_adapters_resident", whole(usage.adapters as u64));
    }
}

/// How Slack's sockets are; nothing when nobody is in Slack.
fn read_slack(app: &App) {
    let connections = app.slack.connections();
    if connections.is_empty() {
        return;
    }
    set("understudy_slack_sockets", whole(connections.iter().map(|bot| bot.sockets as u64).sum()));
    let stopped = connections.iter().filter(|bot| bot.ended.is_some()).count();
    set("understudy_slack_bots_stopped", whole(stopped as u64));
    // Of the bot that has heard nothing for the longest time.
    if let Some(silent_s) = connections.iter().filter_map(|bot| bot.silent_s).max() {
        set("understudy_slack_last_frame_age_seconds", whole(silent_s));
    }
}

fn describe() {
    describe_gauge!("understudy_slack_sockets", "Open sockets to Slack, of all bots.");
    describe_gauge!(
        "understudy_slack_bots_stopped",
        "Bots that don't connect until a person changes something."
    );
    describe_gauge!(
        "understudy_slack_last_frame_age_seconds",
        "Time since the last frame of the bot that has heard nothing for longest; above 30 its sockets are dead."
    );
    describe_counter!("understudy_slack_frames_total", "Frames that came through Slack's sockets, by kind.");
    describe_counter!("understudy_mail_kept_total", "Mails that were kept before anybody read them.");
    describe_counter!("understudy_mail_total", "Mails by what became of them.");
    describe_counter!("understudy_slack_redelivered_total", "Envelopes that Slack sent again.");
    describe_counter!(
        "understudy_slack_over_limit_total",
        "Posts that were left out, because too many came."
    );
    describe_counter!("understudy_slack_read_back_total", "Posts that were read back after a silence.");
    describe_histogram!(
        "understudy_slack_commit_seconds",
        "From a frame to the commit that lets it be acknowledged."
    );
    describe_gauge!("understudy_uptime_seconds", "Time since the program started.");
    describe_gauge!("understudy_ready", "1 when messages can be answered, as /ready says.");
    describe_counter!("understudy_commits_total", "Database commits since the start.");
    describe_counter!("understudy_messages_accepted_total", "New messages that were taken in, by channel.");
    describe_counter!(
        "understudy_turns_total",
        "Messages whose turn ended with a committed result, by outcome."
    );
    describe_counter!(
        "understudy_turn_failures_total",
        "Turns that failed in an orderly way; the message is tried again or parked."
    );
    describe_histogram!("understudy_turn_step_seconds", "Time of each step of a committed turn.");
    describe_counter!(
        "understudy_keys_kept_back_total",
        "Replies and arguments of tools that held a key, a secret of this program or a canary and did not leave."
    );
    describe_counter!("understudy_actions_total", "Uses of tools, by result.");
    describe_counter!("understudy_deliveries_total", "Attempts to deliver a reply, by result.");
    describe_counter!(
        "understudy_notes_hits_dropped_total",
        "Search hits that the second look at their readers took out; more than none deserves a look."
    );
    describe_gauge!("understudy_inbox_messages", "Messages that are not finished, by state.");
    describe_gauge!(
        "understudy_inbox_oldest_due_age_seconds",
        "How long the oldest message that could be answered has waited for it."
    );
    describe_gauge!("understudy_outbox_replies", "Replies that have not left, by state.");
    describe_gauge!(
        "understudy_outbox_oldest_due_age_seconds",
        "How long the oldest reply that could leave has waited for it."
    );
    describe_gauge!("understudy_model_memory_used_bytes", "Weights, adapters, contexts and prefixes.");
    describe_gauge!("understudy_model_memory_limit_bytes", "What they may take together.");
    describe_gauge!("understudy_model_requests_waiting", "Requests that wait for a context.");
    describe_gauge!("understudy_model_adapters_resident", "Adapters in memory.");
}

fn show(depths: &QueueDepths) {
    for (state, n) in &depths.inbox {
        gauge!("understudy_inbox_messages", "state" => *state).set(whole(*n));
    }
    for (state, n) in &depths.outbox {
        gauge!("understudy_outbox_replies", "state" => *state).set(whole(*n));
    }
    set("understudy_inbox_oldest_due_age_seconds", whole(depths.inbox_oldest_due_s));
    set("understudy_outbox_oldest_due_age_seconds", whole(depths.outbox_oldest_due_s));
}

fn set(name: &'static str, value: f64) {
    gauge!(name).set(value);
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
fn whole(n: u64) -> f64 {
    n as f64
}
